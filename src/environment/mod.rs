//! Where a context points: one file per environment, all of them pure.
//!
//! An environment recognises itself, names its boundaries, and lists the roads it offers
//! to a port of a Service, with the stage-1 hops of each and the remedies that open them.
//!
//! To add one: write `src/environment/NAME.rs` with a type that implements
//! [`Environment`], put it into [`ALL`] (order matters only where two could claim the same
//! context: the more specific one first), add its id to
//! [`EnvironmentId`](crate::report::EnvironmentId), and add scenarios: one that it must
//! recognise, and one look-alike that it must not. What the environment asks for, and how
//! raw output becomes a slim answer, stands in the same file or in `fact/` if another
//! environment asks the same.

pub mod containers;
pub mod docker_desktop;
pub mod elsewhere;
pub mod in_vm;
pub mod k0s;
pub mod k3d;
pub mod k3s;
pub mod kind;
pub mod kubeadm;
pub mod lima;
pub mod microk8s;
pub mod minikube;
pub mod multipass;
pub mod orbstack;
pub mod podman_machine;
pub mod rancher_desktop;
pub mod servicelb;
pub mod this_computer;
pub mod walls;

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use self::this_computer::OnThisComputer;
use self::walls::viewer::Offer;
use crate::answers::{Asking, Seen};
use crate::ask::{OwnAddress, Why};
use crate::diagnose::finding::Finding;
use crate::fact::cluster::{Node, Service, ServicePort};
use crate::fact::host::Host;
use crate::fact::read::Shared;
use crate::fact::wsl::traces;
use crate::remedy::Kubectl;
use crate::report::{Argv, EnvironmentInfo, Evidence, Fact, Found, Hop, Remedy, RoadId, Source, State, Unobserved};
use crate::request::Viewer;

/// Every environment that netpath can recognise.
pub const ALL: &[&dyn Environment] = &[
    &minikube::Minikube,
    &kind::Kind,
    &k3d::K3d,
    &docker_desktop::DockerDesktop,
    &orbstack::OrbStack,
    &multipass::Multipass,
    &rancher_desktop::RancherDesktop,
    &lima::Lima,
    &OnThisComputer(&k3s::K3s),
    &OnThisComputer(&microk8s::Microk8s),
    &OnThisComputer(&k0s::K0s),
    &OnThisComputer(&kubeadm::Kubeadm),
];

/// Node ports that Kubernetes gives out unless the API server is told otherwise.
pub const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

/// What is known before an environment is recognised.
pub struct Situation {
    /// Name of the context.
    pub context: String,
    /// Name of its cluster entry.
    pub cluster: String,
    /// The API server's URL.
    pub server: Server,
    /// The tools that wrote the context's entries, as far as they say so there.
    pub providers: Vec<String>,
    /// The file of the user's client certificate, as [`crate::ask::Ask::File`] writes paths.
    pub certificate: Option<String>,
    /// This computer.
    pub host: Seen<Rc<Host>>,
    /// Whether the API server said anything yet, be it to refuse.
    pub spoken: bool,
    /// The Nodes, as far as the API server tells.
    pub nodes: Seen<Vec<Shared<Node>>>,
    /// Where the browser is.
    pub viewer: Viewer,
}

/// The API server's URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// As the kubeconfig has it.
    pub url: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Server {
    /// Takes a URL apart. What is not there gets the scheme's default.
    pub fn parse(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        let default = if scheme == "http" { 80 } else { 443 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(default)),
            _ => (authority, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Self { url: url.into(), host: host.into(), port }
    }

    /// Its address, if the URL has one instead of a name. `localhost` is 127.0.0.1.
    pub fn address(&self) -> Option<IpAddr> {
        if self.host == "localhost" {
            return Some(IpAddr::from([127, 0, 0, 1]));
        }
        self.host.parse().ok()
    }

    /// Whether it is on this computer: loopback, or all of its addresses.
    pub fn is_loopback(&self) -> bool {
        self.address().is_some_and(|ip| ip.is_loopback() || ip.is_unspecified())
    }
}

impl Situation {
    /// The operating system of this computer; empty while it is not known.
    pub fn os(&self) -> String {
        self.host.known().map(|host| host.os.clone()).unwrap_or_default()
    }

    /// Whether the API server is on this computer or in a network that it is attached to.
    /// Only then can a container of this computer's engine be what the context points at.
    pub fn is_near(&self) -> bool {
        let attached = || Some(self.host.known()?.reaches(self.server.address()?));
        self.server.is_loopback() || attached().unwrap_or(false)
    }

    /// Whether the API server spoke, be it to refuse.
    pub fn api_answers(&self) -> bool {
        self.spoken
    }
}

/// A kind of environment.
pub trait Environment: Sync {
    /// Whether the context points at one, and which.
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition;
}

/// What an environment says of a context.
pub enum Recognition {
    /// Not one of mine.
    No,
    /// Too early to say.
    Pending,
    /// One of mine, and too early to say which: nobody else need be asked meanwhile.
    Claimed,
    /// One of mine.
    Yes(Box<dyn Place>),
}

/// One recognised environment.
pub trait Place {
    /// What it is, and how that is known.
    fn info(&self) -> EnvironmentInfo;

    /// Whether it is on this computer, so that probes are allowed without asking.
    fn is_local(&self) -> bool;

    /// What stands still as a whole: a stopped, paused or vanished node. `api` is why
    /// nothing could be read from the API server, or `None` if something was.
    fn standstill(&self, asking: &Asking, api: Option<&Why>) -> Option<Standstill>;

    /// The hop "the node runs", for the node that traffic enters.
    fn node_host(&self, node: Option<&str>) -> Hop;

    /// The roads that it offers to one port of a Service.
    fn roads(&self, asking: &Asking, want: &Wanted) -> Vec<Plan>;

    /// Its own ways to bring a Service to this computer, whatever the Service's type.
    fn open(&self, _wanted: &Wanted) -> Vec<Remedy> {
        Vec::new()
    }

    /// What a node waits for whose container or machine is seen not to run.
    fn stopped_node(&self, _node: &str) -> Option<Blocked> {
        None
    }

    /// How to make one of its nodes' kubelet run again.
    fn start_kubelet(&self, node: &str) -> Option<Remedy>;

    /// A node port and the host port that leads to it, published and used by no Service.
    fn free_node_port(&self, _asking: &Asking, _protocol: &str) -> Option<(u16, u16)> {
        None
    }

    /// The node whose port of this number is published on this computer.
    fn publishes(&self, _container_port: u16) -> Option<String> {
        None
    }

    /// Whether a Service of type NodePort is open here by that alone. Where only ports that
    /// were published count, [`Self::free_node_port`] tells of one.
    fn opens_node_ports(&self) -> bool {
        true
    }

    /// How to write the kubeconfig entry again after the cluster was recreated.
    fn renew_kubeconfig(&self) -> Option<Remedy>;

    /// How to put a local image into its nodes.
    fn load_image(&self, image: &str) -> Option<Remedy>;

    /// A command that asks the node port from inside the node: it tells the two stages
    /// apart when nothing else does.
    fn look_inside(&self, node: Option<&str>, node_port: u16) -> Option<Argv>;

    /// What an Ingress or a Gateway waits for that nobody has taken, where the controller of
    /// its class is a program outside of the cluster.
    fn controller_outside(&self, _asking: &Asking, _waits: &Waiting) -> Option<Blocked> {
        None
    }

    /// To which nodes a proxy in front of them passes a connection on, where only a command
    /// inside the proxy would tell.
    fn behind_proxy(&self) -> Option<Unobserved> {
        None
    }

    /// Ports of this host that it is known to use: a port-forward cannot have them.
    fn host_ports(&self) -> Vec<u16>;

    /// What it could not observe.
    fn unobserved(&self) -> Vec<Unobserved>;

    /// Ways in that exist whatever the Service, for `env`.
    fn doors(&self) -> Vec<Hop>;
}

/// What stands still as a whole, and how that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Standstill {
    /// What it is, and what ends it.
    pub blocked: Blocked,
    /// What was seen beside the state of the node itself.
    pub seen: Vec<Evidence>,
    /// Nothing can get through to a node that is missing, whatever the API server's silence
    /// may mean by itself.
    pub certain: bool,
}

impl From<Blocked> for Standstill {
    fn from(blocked: Blocked) -> Self {
        Self { blocked, seen: Vec::new(), certain: false }
    }
}

/// A finding with what opens it.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocked {
    /// What it is.
    pub finding: Finding,
    /// What opens it.
    pub remedies: Vec<Remedy>,
}

impl Blocked {
    /// The finding as it stands in the report, a root or a cause beside it, with the port
    /// it belongs to.
    pub fn found(self, root: bool, port: Option<u16>) -> Found {
        Found { finding: self.finding, root, because: None, port, at: None, remedies: self.remedies }
    }
}

/// What a road is wanted for.
pub struct Wanted<'a> {
    /// The Service.
    pub service: &'a Service,
    /// Its port.
    pub port: &'a ServicePort,
    /// Nodes with a ready endpoint for the port.
    pub endpoint_nodes: &'a [String],
    /// How kubectl is called for it.
    pub kubectl: &'a Kubectl,
    /// Where the browser is.
    pub viewer: Viewer,
    /// The node port is one that a Pod takes for itself (hostPort), as no Service has it.
    pub host_port: bool,
}

impl Wanted<'_> {
    /// `kubectl port-forward` to the port, so that the viewer can use it; nothing for what it
    /// does not carry.
    pub fn port_forward(&self) -> Option<Remedy> {
        let mut remedy = self.kubectl.port_forward(&self.service.metadata.name, self.port.port);
        if self.viewer == Viewer::Lan {
            // Loopback alone would be this computer's own.
            let command = remedy.commands.first_mut()?;
            let at = command.iter().position(|word| word == "port-forward")? + 1;
            command.splice(at..at, ["--address".to_owned(), "0.0.0.0".to_owned()]);
        }
        self.port.is_tcp().then_some(remedy)
    }

    /// The same, where a port of this computer is seen to be taken.
    pub fn port_forward_beside(&self, taken: u16) -> Option<Remedy> {
        let mut kubectl = self.kubectl.clone();
        kubectl.taken.push(taken);
        Wanted { kubectl: &kubectl, ..*self }.port_forward()
    }
}

/// An Ingress or a Gateway that nobody has taken.
pub struct Waiting<'a> {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Its class.
    pub class: &'a str,
    /// The controller that the class names.
    pub controller: &'a str,
}

/// A road before it was probed: stage 1 only.
pub struct Plan {
    /// Which one.
    pub id: RoadId,
    /// Its stage-1 hops.
    pub hops: Vec<Hop>,
    /// Where the browser would go.
    pub entry: Option<SocketAddr>,
    /// Whether a packet to the entry provably stays local.
    pub stays_local: bool,
    /// The node that traffic enters.
    pub node: Option<String>,
    /// Whether the entry passes packets on to the node, so that an outcome there is the
    /// node's own, as at its address. A forwarder accepts by itself.
    pub passes: bool,
    /// What closes it, if it is closed; if the entry is set, what closes it when the
    /// probe does not get through.
    pub blocked: Option<Blocked>,
    /// Where it ends on this computer for a browser that is elsewhere: what is between the two
    /// is not the place's own.
    pub offered: Option<Offer>,
    /// The last step, from this computer to Windows around it.
    pub beyond: Option<Beyond>,
}

/// The step from this computer to Windows around it.
pub struct Beyond {
    /// Where the browser would go.
    pub at: OwnAddress,
    /// What is wrong if nothing answers there that answers here.
    pub blocked: Blocked,
    /// Nothing of it is on this computer: only Windows can be asked.
    pub direct: bool,
    /// It is a second way, past what closes the first one, whose reason `blocked` is: what is
    /// wrong if nobody answers here is not known.
    pub second: bool,
}

impl Plan {
    /// A road of these hops, which nothing is known to open or to close yet.
    pub fn new(id: RoadId, hops: Vec<Hop>, node: Option<String>) -> Self {
        let passes = id == RoadId::NodeAddress;
        Self { id, hops, entry: None, stays_local: false, node, passes, blocked: None, offered: None, beyond: None }
    }

    /// Opens the road at an address to which a packet provably stays local.
    pub fn open(&mut self, entry: SocketAddr) {
        self.entry = Some(entry);
        self.stays_local = true;
    }

    /// Closes the road for a reason; the last hop carries its code.
    pub fn block(&mut self, finding: Finding, remedies: Vec<Remedy>) {
        if let Some(hop) = self.hops.last_mut() {
            hop.state = State::Missing;
            hop.finding = Some(finding.code());
        }
        self.blocked = Some(Blocked { finding, remedies });
    }
}

/// A node with the kernel of WSL2, seen from a computer that has none: it is at the other end
/// of a tunnel, whatever the kubeconfig's address says, and whatever runs here under the same
/// name is another cluster. Containers have the kernel of their WSL.
fn on_another_windows(asking: &Asking, situation: &Situation) -> Seen<Evidence> {
    let nodes = situation.nodes.known().into_iter().flatten();
    let mut in_wsl = nodes.filter(|node| node.status.node_info.kernel_version.ends_with("WSL2"));
    let (Some(node), Some(host)) = (in_wsl.next(), situation.host.known()) else { return Seen::Absent };
    let seen = || {
        let (node, kernel) = (node.metadata.name.clone(), node.status.node_info.kernel_version.clone());
        Seen::Known(Evidence::new(Source::Api("Node"), Fact::NodeKernel { node, kernel }))
    };
    match (host.os.as_str(), traces(asking)) {
        ("macos", _) | ("linux", Seen::Absent) => seen(),
        ("linux", Seen::Pending) => Seen::Pending,
        ("linux", Seen::Known(traces)) if !traces.kernel.to_ascii_lowercase().contains("microsoft") => seen(),
        _ => Seen::Absent,
    }
}

/// Finds the environment that a context points at. `None` while it is too early to say.
pub fn recognise(asking: &Asking, situation: &Situation) -> Option<Box<dyn Place>> {
    match on_another_windows(asking, situation) {
        Seen::Pending => return None,
        Seen::Known(seen) => return Some(elsewhere::far(situation, seen)),
        Seen::Absent | Seen::Unavailable(_) => {}
    }
    let mut pending = false;
    for environment in ALL {
        match environment.recognise(asking, situation) {
            Recognition::Yes(place) => return Some(place),
            Recognition::Claimed => return None,
            Recognition::Pending => pending = true,
            Recognition::No => {}
        }
    }
    (!pending).then(|| elsewhere::place(situation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_taken_apart() {
        for (url, host, port, loopback) in [
            ("https://127.0.0.1:41483", "127.0.0.1", 41483, true),
            ("https://[::1]:6443/", "::1", 6443, true),
            ("https://[fd00::2]", "fd00::2", 443, false),
            ("https://localhost:6443", "localhost", 6443, true),
            ("http://0.0.0.0:8001", "0.0.0.0", 8001, true),
            ("https://api.example.com/k8s/clusters/x", "api.example.com", 443, false),
            ("http://kube", "kube", 80, false),
        ] {
            let server = Server::parse(url);
            assert_eq!((server.host.as_str(), server.port, server.is_loopback()), (host, port, loopback), "{url}");
        }
    }
}
