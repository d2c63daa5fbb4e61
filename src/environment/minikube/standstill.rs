//! What stands still as a whole: a profile that is stopped, paused, deleted, or whose
//! kubeconfig entry leads to where it is not any more (I5).

use std::rc::Rc;

use super::Cluster;
use super::driver::{Made, Mode};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Standstill};
use crate::fact::minikube::{Status, status};
use crate::remedy::argv;
use crate::report::{Action, Evidence, Fact, Remedy, Source, State};

impl Cluster {
    /// Why the API server did not answer, as far as the profile tells.
    pub(super) fn stands_still(&self, asking: &Asking, api: &Why) -> Option<Standstill> {
        // `minikube delete` takes the certificates along: kubectl then fails before it
        // sends anything (seen).
        let lost = matches!(api, Why::Credentials { .. });
        if self.is_gone() && (lost || api.is_silence()) {
            return Some(self.deleted());
        }
        if !api.is_silence() {
            return None;
        }
        match self.made {
            Made::Container(engine) => self.container_stands_still(asking, engine, api),
            Made::Vm | Made::IsolatedVm => self.vm_stands_still(asking, api),
            Made::Host | Made::Remote | Made::Unknown => None,
        }
    }

    /// Whether the kubeconfig names a profile that minikube does not have, and no container
    /// of it is left either.
    pub(super) fn is_gone(&self) -> bool {
        let left = self.containers.as_ref().is_some_and(|containers| !containers.known().is_empty());
        self.config.is_absent() && self.has_directory && !self.api && !left
    }

    fn deleted(&self) -> Standstill {
        let finding = Finding::ProfileGone { profile: self.profile.clone(), home: self.home.0.clone() };
        let context = self.renamed.as_ref().unwrap_or(&self.profile);
        let forget = Remedy::new(Action::DeleteContext, argv(&["kubectl", "config", "delete-context", context]));
        let create = Remedy::new(Action::CreateProfile, self.minikube(&["start"]));
        Standstill { blocked: Blocked { finding, remedies: vec![forget, create] }, seen: Vec::new(), certain: true }
    }

    fn container_stands_still(&self, asking: &Asking, engine: Engine, api: &Why) -> Option<Standstill> {
        let containers = self.containers.as_ref()?;
        if let Some(stopped) = containers.stopped_wall() {
            return Some(stopped);
        }
        let nodes = containers.nodes.known()?;
        let Some(node) = nodes.first() else {
            // The profile is there and its container is not: somebody removed it by hand, or
            // docker is another one now.
            let mut remedies = Vec::new();
            if engine == Engine::Docker {
                remedies.push(Remedy::new(Action::ListEngineContexts, containers.command(&["context", "ls"])));
            }
            remedies.push(self.make_again());
            let finding = Finding::NodeGone { cluster: self.profile.clone(), engine };
            // Its address is in a network of this computer, where nobody answers: whichever
            // engine holds the cluster, it is not there.
            let address = self.server.address().filter(|ip| !ip.is_loopback());
            let certain = address.is_some_and(|ip| self.host.as_ref().is_some_and(|host| host.reaches(ip)));
            return Some(Standstill { blocked: Blocked { finding, remedies }, seen: Vec::new(), certain });
        };
        if !node.is_running() {
            return Some(containers.stopped(node, self).into());
        }
        // The kubeconfig has the node's own address, as minikube writes it for docker on
        // Linux, and this computer is not in its network: the engine is in a VM of its own.
        // The API server may be as well as can be.
        let ip = containers.address(node).filter(|ip| self.server.address() == Some(*ip));
        if self.mode == Mode::NodeIp && ip.is_some_and(|ip| self.way_to(&node.name, ip).0 == State::Missing) {
            return None;
        }
        self.running_stands_still(asking, &node.name, api)
    }

    /// minikube's own word, where it looks in the same directory.
    fn status(&self, asking: &Asking) -> Seen<Rc<Vec<Status>>> {
        if self.is_minikubes { status(asking, &self.profile) } else { Seen::Unavailable(Why::NotRecognised) }
    }

    /// The node runs, and its API server does not answer at the kubeconfig's address. What
    /// docker cannot tell, minikube can.
    fn running_stands_still(&self, asking: &Asking, node: &str, api: &Why) -> Option<Standstill> {
        let seen = self.status(asking);
        if seen.is_pending() {
            return None;
        }
        let status = seen.known().and_then(|all| all.first());
        let standstill = |blocked| Standstill { blocked, seen: status.map(said).into_iter().collect(), certain: false };
        let is = |field: fn(&Status) -> &String, word: &str| status.is_some_and(|status| field(status) == word);
        // "Paused" stops the control plane only: node ports work on (seen).
        if is(|status| &status.api_server, "Paused") {
            let finding = Finding::ControlPlanePaused { profile: self.profile.clone() };
            let unpause = Remedy::new(Action::UnpauseMinikube, self.minikube(&["unpause"]));
            return Some(standstill(Blocked { finding, remedies: vec![unpause] }));
        }
        let moved = is(|status| &status.kubeconfig, "Misconfigured") || self.is_moved();
        if moved && is(|status| &status.api_server, "Running") {
            return Some(standstill(self.stale()));
        }
        // Nobody says whether it runs. Whether or not, nothing is at the kubeconfig's address;
        // a start mends both.
        if status.is_none() && self.is_moved() {
            return Some(standstill(Blocked { remedies: vec![self.start_profile()], ..self.stale() }));
        }
        // minikube has just reached the API server by the very address: what keeps netpath
        // from it lies on this computer.
        if is(|status| &status.api_server, "Running") {
            return None;
        }
        let (container, why) = (node.to_owned(), api.clone());
        let finding = Finding::ApiServerNotAnswering { container, tool: None, why };
        Some(standstill(Blocked { finding, remedies: vec![self.start_profile()] }))
    }

    /// Whether the engine publishes the API server elsewhere than the kubeconfig says. Its
    /// ports are drawn anew whenever the container starts (seen).
    fn is_moved(&self) -> bool {
        let Some(node) = self.containers.as_ref().and_then(|containers| containers.control_plane()) else {
            return false;
        };
        let here = node.published.iter().any(|door| door.host_port == self.server.port);
        self.server.is_loopback() && !here
    }

    /// The kubeconfig entry is from before. `update-context` loses embedded certificates
    /// (`pkg/minikube/kubeconfig/kubeconfig.go:158-178`), so those are written again by a start.
    fn stale(&self) -> Blocked {
        let finding = Finding::KubeconfigStale { profile: self.profile.clone(), server: self.server.url.clone() };
        Blocked { finding, remedies: vec![self.renew()] }
    }

    pub(super) fn renew(&self) -> Remedy {
        // In QEMU's own network it is an ssh that is missing, which only a start makes again.
        if self.made == Made::IsolatedVm || self.config.known().is_some_and(|config| config.embed_certs) {
            return self.start_profile();
        }
        Remedy::new(Action::UpdateMinikubeContext, self.minikube(&["update-context"]))
    }

    /// Only minikube can tell what a VM does.
    fn vm_stands_still(&self, asking: &Asking, api: &Why) -> Option<Standstill> {
        let seen = self.status(asking);
        // Where minikube knows no such profile, it looks in another directory than the one
        // that the profile was just read from.
        let status = seen.known()?.first()?;
        let standstill = |blocked| Standstill { blocked, seen: vec![said(status)], certain: false };
        let is_running = status.host == "Running";
        if !is_running {
            let (name, driver, state) = (self.profile.clone(), self.driver.clone(), status.host.clone());
            let finding = Finding::MachineStopped { name, driver, state };
            return Some(standstill(Blocked { finding, remedies: vec![self.start_profile()] }));
        }
        // The API server of QEMU's own network is reached by an ssh that minikube left in
        // the background (`pkg/minikube/node/start.go:602-630`).
        if self.made == Made::IsolatedVm && *api == Why::Refused && status.kubeconfig != "Misconfigured" {
            let finding = Finding::ApiForwardGone { profile: self.profile.clone(), port: self.server.port };
            return Some(standstill(Blocked { finding, remedies: vec![self.start_profile()] }));
        }
        // A terminal without the right gets EHOSTUNREACH for every address of a local
        // network, while minikube may have it (macOS 15; minikube#23691, PR #23712).
        if self.os == "macos" && matches!(api, Why::Unreachable { .. }) {
            let finding =
                Finding::LocalNetworkDenied { address: self.server.host.clone(), driver: self.driver.clone() };
            let settings = "x-apple.systempreferences:com.apple.preference.security";
            let open = Remedy::new(Action::AllowLocalNetwork, argv(&["open", settings]));
            return Some(standstill(Blocked { finding, remedies: vec![open] }));
        }
        self.running_stands_still(asking, &self.profile, api)
    }
}

fn said(status: &Status) -> Evidence {
    let Status { host, kubelet, api_server, kubeconfig, .. } = status.clone();
    Evidence::new(Source::MinikubeStatus, Fact::MinikubeStatus { host, kubelet, api_server, kubeconfig })
}
