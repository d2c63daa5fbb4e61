//! cloud-provider-kind: the containers that it makes, and what lets it serve.
//!
//! A program on this computer that gives every LoadBalancer Service, and every Gateway and
//! Ingress of its class, a container with a proxy. Seen with v0.11.1 and v0.10.0: a container
//! serves on without the program, and the program does not notice that a container is gone,
//! stopped or at another address until the Service changes. So neither tells of the other.

use std::net::IpAddr;
use std::rc::Rc;

use super::Cluster;
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::containers::move_node_port;
use crate::environment::{Blocked, Waiting, Wanted};
use crate::fact::engine::{Container, labelled};
use crate::fact::host::variable;
use crate::remedy::argv;
use crate::report::{Action, Argv, Remedy, State};

/// Label of its containers, with the cluster's name (`pkg/constants/constants.go`).
const CLUSTER_LABEL: &str = "io.x-k8s.cloud-provider-kind.cluster";
/// Label with `CLUSTER/NAMESPACE/SERVICE`. The containers of Gateways and Ingresses have
/// another one.
const SERVICE_LABEL: &str = "io.x-k8s.cloud-provider-kind.loadbalancer.name";
/// What its classes call it (`pkg/gateway/controller.go:65-66`, `pkg/ingress/controller.go:39-46`).
const CONTROLLERS: [&str; 2] = ["kind.sigs.k8s.io/ingress-controller", "kind.sigs.k8s.io/gateway-controller"];

impl Cluster {
    /// Its containers, of all clusters.
    pub(super) fn provided(&self, asking: &Asking) -> Seen<Rc<Vec<Container>>> {
        labelled(asking, self.containers.engine, CLUSTER_LABEL)
    }

    /// The container that serves a Service, whatever its state. An address in the status of a
    /// Gateway or an Ingress stands for a Service without a name: there the container's own
    /// address tells.
    pub(super) fn serving<'a>(
        &self,
        all: &'a [Container],
        wanted: &Wanted,
        address: Option<IpAddr>,
    ) -> Option<&'a Container> {
        let meta = &wanted.service.metadata;
        let name = format!("{}/{}/{}", self.name, meta.namespace, meta.name);
        let of_cluster = |container: &&Container| container.label(CLUSTER_LABEL) == Some(self.name.as_str());
        let mut own = all.iter().filter(of_cluster);
        if meta.name.is_empty() {
            let ip = address?;
            return own.find(|container| container.networks.iter().any(|network| network.ip == Some(ip)));
        }
        own.find(|container| container.label(SERVICE_LABEL) == Some(&name))
    }

    /// Runs it, the way that leads to this computer: it makes a tunnel on macOS, Windows and
    /// in WSL2, which takes an administrator, and elsewhere leaves its addresses in the
    /// engine's network unless it is told to publish them (`cmd/app.go:164-177`).
    fn command(&self, asking: &Asking) -> (Argv, bool) {
        let os = self.containers.host.as_ref().map_or("linux", |host| host.os.as_str());
        let wsl = variable(asking, "WSL_DISTRO_NAME").known().is_some();
        match os {
            "windows" => (argv(&["cloud-provider-kind"]), true),
            "linux" if !wsl && !self.is_attached() => {
                (argv(&["cloud-provider-kind", "--enable-lb-port-mapping"]), false)
            }
            "linux" if !wsl => (argv(&["cloud-provider-kind"]), false),
            _ => (argv(&["sudo", "cloud-provider-kind"]), true),
        }
    }

    /// Whether this computer is in the nodes' network.
    fn is_attached(&self) -> bool {
        let present = |node| matches!(self.containers.address_fact(node), Some((State::Present, _)));
        self.containers.running().any(present)
    }

    fn run(&self, asking: &Asking, action: Action) -> Remedy {
        let (command, privileged) = self.command(asking);
        Remedy { privileged, ..Remedy::new(action, command).blocking() }
    }

    /// Nothing serves the Service: the program does not run, or it has not noticed.
    pub(super) fn without_provider(&self, asking: &Asking, wanted: &Wanted) -> Vec<Remedy> {
        let run = self.run(asking, Action::RunLoadBalancerProvider);
        [vec![run], self.around_provider(asking, wanted)].concat()
    }

    /// It has not taken an Ingress or a Gateway of its class. While it runs that takes seconds
    /// (seen); the class, which it makes itself, stays when it ends.
    pub(super) fn not_taken(&self, asking: &Asking, waits: &Waiting) -> Option<Blocked> {
        let finding = Finding::FrontProviderSilent {
            kind: waits.kind,
            name: waits.name.into(),
            class: waits.class.into(),
            program: "cloud-provider-kind".into(),
        };
        let run = || vec![self.run(asking, Action::RunLoadBalancerProvider)];
        CONTROLLERS.contains(&waits.controller).then(|| Blocked { finding, remedies: run() })
    }

    /// It runs, or ran, and does not publish the port on this computer. It makes its
    /// containers anew when it is ended with Ctrl-C and started again.
    pub(super) fn publishing(&self, asking: &Asking, wanted: &Wanted) -> Vec<Remedy> {
        let again = self.run(asking, Action::RestartLoadBalancerProvider);
        [vec![again], self.around_provider(asking, wanted)].concat()
    }

    /// Lets a running one look at the Service again. The annotation has the address that is
    /// wrong: the next one is another, and a value that stays the same changes nothing.
    pub(super) fn touch(&self, wanted: &Wanted, address: &str) -> Remedy {
        let name = &wanted.service.metadata.name;
        let pair = format!("netpath/not-at={address}");
        let command = wanted.kubectl.call(&["annotate", "service", name, &pair, "--overwrite"]);
        Remedy::new(Action::TouchService, command)
    }

    /// Ways that need no provider.
    pub(super) fn around_provider(&self, asking: &Asking, wanted: &Wanted) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        let door = self.containers.free_door(asking, &wanted.port.protocol).filter(|_| wanted.port.node_port != 0);
        remedies.extend(door.map(|door| move_node_port(wanted, door)));
        remedies.extend(wanted.port_forward());
        remedies
    }
}
