//! Clusters that run directly on this computer: k3s, MicroK8s, k0s and kubeadm, and
//! minikube with its driver none.
//!
//! Nothing is between here and the node, so stage 1 is not needed. What proves that is an
//! address: the Node's own is one of this computer's interfaces. A fingerprint alone proves
//! nothing, since a VM's k3s, a remote one and a tunnel to either look the same.
//!
//! [`OnThisComputer`] recognises a [`Tool`] and walks its roads; what differs between the
//! tools stands in the file of each.

mod balancer;
mod place;
mod recognise;
mod roads;

use std::net::IpAddr;

use super::{Plan, Situation, Wanted};
use crate::answers::{Asking, Seen};
use crate::fact::cluster::Node;
use crate::report::{Argv, EnvironmentId, Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, State};
use crate::request::Viewer;

/// A tool that makes this computer a node.
pub trait Tool: Sync {
    /// The environment's id.
    fn id(&self) -> EnvironmentId;

    /// What it is called.
    fn name(&self) -> &'static str;

    /// The service whose stop stops the API server.
    fn service(&self) -> &'static str {
        self.name()
    }

    /// What says that a Node is one of its own. Absent: it is not.
    fn fingerprint(&self, asking: &Asking, node: &Node) -> Seen<Evidence>;

    /// Whether the kubeconfig's entries have the names and the port that it writes. They are
    /// everybody's names: worth something only while nobody can ask the cluster itself.
    fn is_named(&self, situation: &Situation) -> bool;

    /// A file that is there where it is installed as a service.
    fn trace(&self) -> &'static str;

    /// Starts what is stopped.
    fn start(&self) -> Vec<Argv>;

    /// Starts everything of it again, the kubelet included.
    fn restart(&self) -> Vec<Argv>;

    /// Shows the last lines of its log.
    fn log(&self) -> Argv;

    /// Prints the kubeconfig that it keeps.
    fn kubeconfig(&self) -> Argv;

    /// Copies an image out of an archive into the store of the container runtime of a node.
    fn import(&self, node: Option<&str>, archive: &str) -> Option<Argv>;

    /// Whether it brings ServiceLB along.
    fn has_servicelb(&self) -> bool {
        false
    }

    /// What gives load balancers addresses, where the tool has something to switch on.
    fn load_balancer(&self) -> Option<Remedy> {
        None
    }
}

/// A cluster that a tool runs directly on this computer.
pub struct OnThisComputer(pub &'static dyn Tool);

/// The hop "the node runs", where the node is this computer. `source` is who says so.
pub fn node_host(source: Source) -> Hop {
    Hop::node_host(State::NotNeeded, Evidence::new(source, Fact::NodeIsThisComputer))
}

/// The hop "way in" at an address of this computer itself: there is nothing to enter.
pub fn own_address(ip: IpAddr) -> Hop {
    Hop::way_in(State::NotNeeded, Evidence::new(Source::Interfaces, Fact::OwnAddress { ip }))
}

/// The cluster address of a Service. kube-proxy serves it on the node, which is this
/// computer. Nobody sees whether it does, and without it a probe would leave by the default
/// route: so it is named, and not tried.
pub fn cluster_address(wanted: &Wanted, node: String) -> Option<Plan> {
    let ip: IpAddr = wanted.service.spec.cluster_ip.parse().ok()?;
    if wanted.viewer != Viewer::Here {
        return None;
    }
    let at = std::net::SocketAddr::new(ip, wanted.port.port);
    let mut hop = Hop::way_in(State::Unknown, Evidence::new(Source::Api("Service"), Fact::ClusterAddressHere { at }));
    let why = NotProbed::NotProvenLocal;
    hop.evidence.push(Evidence::new(Source::Request, Fact::NotProbed { why }));
    Some(Plan { entry: Some(at), ..Plan::new(RoadId::ClusterAddress, vec![hop], Some(node)) })
}
