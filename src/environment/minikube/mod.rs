//! minikube: every node is a container or a VM of one of thirteen drivers.
//!
//! Ways in: the node's own address where the driver gives this computer a route to it,
//! ports published when the container was created (`--ports`), the ssh of a live
//! `minikube service`, and `minikube tunnel` in its two modes.
//!
//! Facts: kubernetes/minikube @eb25dbc (2026-08-23), cited where a rule relies on one, and
//! a real minikube v1.38 with the docker driver on Linux ("seen"). What is said of macOS
//! and Windows rests on minikube's source and documents.

mod command;
mod driver;
mod nodes;
mod recognise;
mod roads;
mod running;
mod standstill;
mod tunnel;

use std::net::IpAddr;
use std::rc::Rc;

use self::driver::{Made, Mode};
pub use self::recognise::stopped_profile;
use super::containers::{Mender, NodeContainers};
use super::{Blocked, Place, Plan, Server, Standstill, Wanted, this_computer};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::fact::engine::Container;
use crate::fact::host::Host;
use crate::fact::minikube::{Home, Profile};
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Boundary, BoundaryKind, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Fact, Hop, Remedy,
    Source, State, Unobserved,
};

/// minikube.
pub struct Minikube;

/// One profile.
struct Cluster {
    /// Name of the profile.
    profile: String,
    /// The context's name, where it is not the profile's.
    renamed: Option<String>,
    /// minikube's own directory.
    home: Home,
    /// Whether minikube's commands look in it here, as opposed to a shell that lacks its
    /// `MINIKUBE_HOME`.
    is_minikubes: bool,
    /// The profile's `config.json`.
    config: Seen<Rc<Profile>>,
    /// The kubeconfig names the directory, as opposed to one that was guessed: only then
    /// does a missing file prove anything.
    has_directory: bool,
    /// The driver; empty when nothing tells it.
    driver: String,
    /// What it makes a node of.
    made: Made,
    /// How minikube's own commands work with it here.
    mode: Mode,
    certainty: Certainty,
    because: Vec<Evidence>,
    /// The nodes, where they are containers.
    containers: Option<NodeContainers>,
    /// The engine runs on another computer: the ssh of minikube's commands goes to this one
    /// all the same, and fails (`pkg/minikube/tunnel/kic/ssh_conn.go:52,125`).
    engine_elsewhere: bool,
    /// Names and addresses of the nodes, the first control plane first.
    machines: Vec<(String, Option<IpAddr>)>,
    /// The API server.
    server: Server,
    /// The address at which the API server just answered.
    answered: Option<IpAddr>,
    /// Whether it answered at all.
    api: bool,
    os: String,
    host: Option<Rc<Host>>,
    /// Whether probes may go there without asking.
    local: bool,
    /// What the driver could not be told from.
    unobserved: Vec<Unobserved>,
}

impl Mender for Cluster {
    fn publish(&self, wanted: &Wanted) -> Remedy {
        self.recreate(wanted)
    }

    fn restart(&self, _container: &str) -> Remedy {
        let mut remedy = Remedy::new(Action::RestartNode, self.minikube(&["stop"]));
        remedy.commands.push(self.minikube(&["start"]));
        remedy
    }

    fn start(&self, _node: &Container) -> Remedy {
        // `docker start` would leave the kubelet off: minikube never enables its unit (seen).
        self.start_profile()
    }

    fn open(&self, wanted: &Wanted) -> Vec<Remedy> {
        // A port of the node itself is an Ingress controller's: the tunnel forwards 80 and
        // 443 of the node, for as long as there is an Ingress.
        if matches!(wanted.port.node_port, 80 | 443) {
            return self.tunnel(wanted, &[wanted.port.node_port]).into_iter().collect();
        }
        self.service(wanted).into_iter().collect()
    }
}

impl Place for Cluster {
    fn info(&self) -> EnvironmentInfo {
        let boundaries = match (&self.containers, self.made) {
            (Some(containers), _) => containers.boundaries(),
            (None, made) if made.is_vm() => {
                let state = if self.api { "running" } else { "unknown" };
                let wall = |(name, _): &(String, _)| Boundary {
                    kind: BoundaryKind::Vm,
                    name: name.clone(),
                    state: state.into(),
                };
                self.machines.iter().map(wall).collect()
            }
            _ => Vec::new(),
        };
        EnvironmentInfo {
            id: EnvironmentId::Minikube,
            name: Some(self.profile.clone()),
            driver: Some(self.driver.clone()).filter(|driver| !driver.is_empty()),
            engine: self.made.engine(),
            certainty: self.certainty,
            because: self.because.clone(),
            boundaries,
        }
    }

    fn is_local(&self) -> bool {
        self.local
    }

    fn standstill(&self, asking: &Asking, api: Option<&Why>) -> Option<Standstill> {
        self.stands_still(asking, api?)
    }

    fn node_host(&self, node: Option<&str>) -> Hop {
        if let Some(containers) = &self.containers {
            return containers.node_host(node);
        }
        let named = node.and_then(|node| self.machines.iter().find(|(name, _)| name == node));
        let (name, ip) = named.or(self.machines.first()).cloned().unwrap_or_default();
        if self.made == Made::Host && !self.is_gone() {
            return this_computer::node_host(Source::MinikubeProfile);
        }
        let (state, source, fact) = match self.made {
            _ if self.is_gone() => {
                let (profile, home) = (self.profile.clone(), self.home.0.clone());
                (State::Missing, Source::MinikubeProfile, Fact::NoProfile { profile, home })
            }
            Made::Unknown => {
                let address = format!("{}:{}", self.server.host, self.server.port);
                (State::Unknown, Source::Kubeconfig, Fact::ServerAddress { address, local: self.local })
            }
            _ if self.api => {
                (State::Present, Source::ApiServer, Fact::Machine { name, driver: self.driver.clone(), ip })
            }
            _ => (State::Unknown, Source::MinikubeProfile, Fact::Machine { name, driver: self.driver.clone(), ip }),
        };
        Hop::node_host(state, Evidence::new(source, fact))
    }

    fn roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        self.all_roads(asking, wanted)
    }

    fn open(&self, wanted: &Wanted) -> Vec<Remedy> {
        self.service(wanted).into_iter().collect()
    }

    fn stopped_node(&self, node: &str) -> Option<Blocked> {
        self.containers.as_ref()?.stopped_node(node, self)
    }

    fn start_kubelet(&self, node: &str) -> Option<Remedy> {
        Some(Remedy::new(Action::StartKubelet { node: node.into() }, self.minikube(&["start"])))
    }

    fn free_node_port(&self, asking: &Asking, protocol: &str) -> Option<(u16, u16)> {
        let door = self.containers.as_ref()?.free_door(asking, protocol)?;
        Some((door.container_port, door.host_port))
    }

    fn opens_node_ports(&self) -> bool {
        self.made != Made::IsolatedVm && self.is_reached()
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        // With an engine at another address minikube writes that address, whether or not the
        // API server is published there or its certificate is for it (both seen).
        (!self.engine_elsewhere).then(|| self.renew())
    }

    fn load_image(&self, image: &str) -> Option<Remedy> {
        let command = self.minikube(&["image", "load", image]);
        Some(Remedy::new(Action::LoadImage { image: image.into() }, command))
    }

    fn look_inside(&self, node: Option<&str>, node_port: u16) -> Option<Argv> {
        if let Some(containers) = &self.containers {
            return containers.look_inside(node, node_port);
        }
        let (name, ip) = node
            .and_then(|node| self.machines.iter().find(|(name, _)| name == node))
            .or(self.machines.first())
            .and_then(|(name, ip)| Some((name, (*ip)?)))?;
        if !self.made.is_vm() {
            return None;
        }
        let url = format!("http://{ip}:{node_port}/");
        let mut command = self.minikube(&["ssh", "-n", name, "--"]);
        command.extend(argv(&["curl", "-sS", "-m", "3", &url]));
        Some(command)
    }

    fn host_ports(&self) -> Vec<u16> {
        self.containers.as_ref().map(NodeContainers::host_ports).unwrap_or_default()
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        let containers = self.containers.iter().flat_map(NodeContainers::unobserved);
        self.unobserved.iter().cloned().chain(containers).collect()
    }

    fn doors(&self) -> Vec<Hop> {
        if let Some(containers) = &self.containers {
            return containers.doors();
        }
        let way = |(name, ip): &(String, Option<IpAddr>)| {
            let ip = (*ip)?;
            if self.made == Made::IsolatedVm {
                let evidence = Evidence::new(Source::MinikubeProfile, Fact::UserModeNetwork { ip });
                return Some(Hop::way_in(State::Missing, evidence));
            }
            let (state, evidence) = self.way_to(name, ip);
            Some(Hop::way_in(state, evidence))
        };
        self.machines.iter().filter_map(way).collect()
    }
}
