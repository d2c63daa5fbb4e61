//! k3d: every node is a container that runs k3s, and a proxy (nginx, `k3d-NAME-serverlb`)
//! in front of them publishes the API server and all ports.
//!
//! Ways in: ports of the proxy or of a single node, the nodes' own addresses where the
//! engine's bridge is on this host, and the addresses of a LoadBalancer Service, which are
//! those of the nodes. The engine is docker: with podman k3d speaks docker's API through a
//! socket, so that the docker command sees the same containers.
//!
//! Facts: k3d-io/k3d @46f3480d, `pkg/types/types.go:78-101` (labels),
//! `pkg/client/ports.go:46-100` (which container publishes what), `pkg/client/cluster.go`
//! ClusterEditChangesetSimple (adds a port to a cluster that exists), and what v5 really did
//! on Linux with stand-ins for its nodes.

mod recognise;
mod roads;
mod standstill;

use super::containers::{Mender, NodeContainers};
use super::{Blocked, Place, Plan, Standstill, Wanted};
use crate::answers::Asking;
use crate::ask::{Engine, Why};
use crate::fact::engine::Container;
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Hop, Remedy, Subject, Unobserved,
};
use crate::request::Viewer;

/// The engine that k3d talks to.
const ENGINE: Engine = Engine::Docker;
/// Label with the cluster's name, on every container of it.
const CLUSTER_LABEL: &str = "k3d.cluster";
/// Label with the container's role.
const ROLE_LABEL: &str = "k3d.role";
/// The role of the proxy.
const PROXY_ROLE: &str = "loadbalancer";
/// The port of the API server in a server node and in the proxy (`pkg/types/defaults.go`).
const API_SERVER_PORT: u16 = 6443;

/// k3d.
pub struct K3d;

/// One k3d cluster.
struct Cluster {
    name: String,
    certainty: Certainty,
    because: Vec<Evidence>,
    /// Its nodes, and the proxy in front of them unless it was made without one.
    containers: NodeContainers,
    /// Ports of this host that other k3d clusters have, or had before they were stopped.
    others: Vec<u16>,
    /// The kubeconfig's entry of the cluster, and the host in its URL.
    entry: (String, String),
    /// linux, macos or windows.
    os: String,
    /// Whether probes may go there without asking.
    local: bool,
}

impl Cluster {
    /// Lets the proxy publish one more port of the nodes: k3d makes the proxy again, and the
    /// nodes stay as they are (seen: 21 seconds, 9 of them without any port). The filter is mandatory (`pkg/util/filter.go:53-56`). A host
    /// port that is taken leaves the cluster without its proxy (seen), so one is chosen that
    /// nobody is known to have.
    fn add_port(&self, wanted: &Wanted, host_port: u16, port: u16) -> Remedy {
        let command =
            argv(&["k3d", "cluster", "edit", &self.name, "--port-add", &through_proxy(wanted, host_port, port)]);
        Remedy::new(Action::AddPort { host_port, port }, command)
    }

    /// The container is the proxy.
    fn is_proxy(&self, container: &str) -> bool {
        self.containers.proxy.as_ref().is_some_and(|proxy| proxy.name == container)
    }
}

/// A port of the nodes at a port of this host, as k3d's flags want it.
fn through_proxy(wanted: &Wanted, host_port: u16, port: u16) -> String {
    let from = if wanted.viewer == Viewer::Here { "127.0.0.1:" } else { "" };
    let protocol = if wanted.port.is_tcp() { String::new() } else { format!("/{}", wanted.port.protocol) };
    format!("{from}{host_port}:{port}{}@loadbalancer", protocol.to_ascii_lowercase())
}

impl Mender for Cluster {
    /// Without a proxy there is nothing that k3d could edit (`k3d cluster edit` crashes then:
    /// seen): the cluster has to be made again.
    fn publish(&self, wanted: &Wanted) -> Remedy {
        let node_port = wanted.port.node_port;
        let host_port = wanted.kubectl.local_port(wanted.port.port);
        if self.containers.proxy.is_some() {
            return self.add_port(wanted, host_port, node_port);
        }
        let delete = argv(&["k3d", "cluster", "delete", &self.name]);
        let mapping = through_proxy(wanted, host_port, node_port);
        let create = argv(&["k3d", "cluster", "create", &self.name, "--port", &mapping]);
        let mut remedy = Remedy::new(Action::RecreateProfile { node_port }, delete).destructive();
        remedy.commands.push(create);
        remedy
    }

    fn restart(&self, container: &str) -> Remedy {
        let action = if self.is_proxy(container) { Action::RestartProxy } else { Action::RestartNode };
        Remedy::new(action, self.containers.command(&["restart", container]))
    }

    /// k3d starts all that does not run, in the right order; the proxy alone needs only itself.
    fn start(&self, node: &Container) -> Remedy {
        if self.is_proxy(&node.name) {
            return Remedy::new(Action::StartProxy, self.containers.command(&["start", &node.name]));
        }
        Remedy::new(Action::StartNode, argv(&["k3d", "cluster", "start", &self.name]))
    }

    fn open(&self, _wanted: &Wanted) -> Vec<Remedy> {
        Vec::new()
    }
}

impl Place for Cluster {
    fn info(&self) -> EnvironmentInfo {
        EnvironmentInfo {
            id: EnvironmentId::K3d,
            name: Some(self.name.clone()),
            driver: None,
            engine: Some(self.containers.engine),
            certainty: self.certainty,
            because: self.because.clone(),
            boundaries: self.containers.boundaries(),
        }
    }

    fn is_local(&self) -> bool {
        self.local
    }

    fn standstill(&self, asking: &Asking, api: Option<&Why>) -> Option<Standstill> {
        self.stands_still(asking, api?)
    }

    fn node_host(&self, node: Option<&str>) -> Hop {
        self.containers.node_host(node)
    }

    fn roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        self.all_roads(asking, wanted)
    }

    fn stopped_node(&self, node: &str) -> Option<Blocked> {
        self.containers.stopped_node(node, self)
    }

    /// The kubelet is a part of k3s, which is the container.
    fn start_kubelet(&self, node: &str) -> Option<Remedy> {
        self.containers.running().find(|container| container.name == node)?;
        Some(self.restart(node))
    }

    fn free_node_port(&self, asking: &Asking, protocol: &str) -> Option<(u16, u16)> {
        self.containers.free_door(asking, protocol).map(|door| (door.container_port, door.host_port))
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        let command = argv(&["k3d", "kubeconfig", "merge", &self.name, "--kubeconfig-merge-default"]);
        Some(Remedy::new(Action::ExportKubeconfig, command))
    }

    fn load_image(&self, image: &str) -> Option<Remedy> {
        let command = argv(&["k3d", "image", "import", image, "--cluster", &self.name]);
        Some(Remedy::new(Action::LoadImage { image: image.into() }, command))
    }

    /// Asks from the proxy, whose image (nginx on Alpine, `proxy/Dockerfile`) has wget: what
    /// the image of a node has, nobody promises.
    fn look_inside(&self, node: Option<&str>, node_port: u16) -> Option<Argv> {
        let proxy = self.containers.proxy.as_ref().filter(|proxy| proxy.is_running())?;
        let node = self.containers.running().find(|container| node.is_none_or(|name| container.name == name))?;
        let url = format!("http://{}:{node_port}/", node.name);
        Some(self.containers.command(&["exec", &proxy.name, "wget", "-qO-", "-T", "3", &url]))
    }

    /// The proxy's upstreams are no answer that netpath asks for: that would run a command
    /// inside a container. They are the ones that were chosen when the port was added: a
    /// node that came later is not among them (`pkg/client/node.go:283-291`).
    fn behind_proxy(&self) -> Option<Unobserved> {
        let proxy = self.containers.proxy.as_ref().filter(|proxy| proxy.is_running())?;
        let settle = vec![self.containers.command(&["exec", &proxy.name, "cat", "/etc/confd/values.yaml"])];
        Some(Unobserved { what: Subject::ProxyTargets, why: Why::NotEvaluated, settle })
    }

    fn host_ports(&self) -> Vec<u16> {
        [self.containers.host_ports(), self.others.clone()].concat()
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        self.containers.unobserved()
    }

    fn doors(&self) -> Vec<Hop> {
        self.containers.doors()
    }
}
