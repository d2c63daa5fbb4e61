//! kind: every node is a container of the local engine.
//!
//! Ways in: ports published when the cluster was created (`extraPortMappings`), the node's
//! own address where the engine's bridge is on this host (Linux, rootful engine), and the
//! address of cloud-provider-kind.
//!
//! Facts: kubernetes-sigs/kind @fed26882, `pkg/cluster/internal/providers/docker/`
//! (`constants.go:20-25` labels, `provision.go:105-111,390-431` published ports) and
//! `pkg/cluster/internal/kubeadm/config.go:553-554` (providerID).

mod balancer;
mod config;
mod provider;
mod recognise;

use super::containers::{Mender, NodeContainers};
use super::{Blocked, Place, Plan, Standstill, Waiting, Wanted};
use crate::answers::Asking;
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::fact::engine::Container;
use crate::remedy::argv;
use crate::report::{Action, Argv, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Hop, Remedy, Unobserved};

/// Label that kind puts on each node container, with the cluster's name.
const CLUSTER_LABEL: &str = "io.x-k8s.kind.cluster";
/// Label with the container's role.
const ROLE_LABEL: &str = "io.x-k8s.kind.role";
/// The role of the proxy in front of several control planes.
const BALANCER_ROLE: &str = "external-load-balancer";
/// Variable that tells kind which engine to use; without it, it takes the first that is
/// installed, docker before nerdctl before podman.
const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";
/// The port of the API server in a control-plane node.
const API_SERVER_PORT: u16 = 6443;

/// kind.
pub struct Kind;

/// One kind cluster.
struct Cluster {
    name: String,
    certainty: Certainty,
    because: Vec<Evidence>,
    /// Its nodes.
    containers: NodeContainers,
    /// The proxy in front of several control planes.
    balancer: Option<Container>,
    /// Whether probes may go there without asking.
    local: bool,
    /// The engine that [`PROVIDER`] names.
    chosen: Option<Engine>,
}

impl Cluster {
    /// A command of kind, for the engine that holds this cluster. For another one `delete`
    /// deletes nothing but the kubeconfig entry, and says that all went well (seen: v0.33.0,
    /// podman's cluster, docker installed).
    fn kind(&self, arguments: &[&str]) -> Argv {
        let engine = self.containers.engine;
        let mut command = Argv::new();
        if self.chosen.unwrap_or(Engine::Docker) != engine {
            command.extend(argv(&["env", &format!("{PROVIDER}={engine}")]));
        }
        command.extend(argv(&["kind"]));
        command.extend(argv(arguments));
        command
    }
}

impl Mender for Cluster {
    /// An engine cannot publish another port of a container that exists
    /// (kind#2720, #3668): the cluster has to be made again.
    fn publish(&self, wanted: &Wanted) -> Remedy {
        let node_port = wanted.port.node_port;
        let file = self.config(wanted, wanted.kubectl.local_port(node_port));
        let delete = self.kind(&["delete", "cluster", "--name", &self.name]);
        let create = self.kind(&["create", "cluster", "--name", &self.name, "--config", &file.name]);
        let mut remedy = Remedy::new(Action::RecreateWithMapping { node_port }, delete).destructive();
        remedy.commands.push(create);
        remedy.files.push(file);
        remedy
    }

    fn restart(&self, container: &str) -> Remedy {
        Remedy::new(Action::RestartNode, self.containers.command(&["restart", container]))
    }

    fn start(&self, node: &Container) -> Remedy {
        let mut start = vec!["start", node.name.as_str()];
        let others = self.containers.known().iter().chain(&self.balancer).filter(|other| other.name != node.name);
        start.extend(others.filter(|other| !other.is_running()).map(|other| other.name.as_str()));
        Remedy::new(Action::StartNode, self.containers.command(&start))
    }

    fn open(&self, wanted: &Wanted) -> Vec<Remedy> {
        self.door_node(wanted).and_then(|node| self.containers.run_forwarder(node, wanted)).into_iter().collect()
    }
}

impl Place for Cluster {
    fn info(&self) -> EnvironmentInfo {
        EnvironmentInfo {
            id: EnvironmentId::Kind,
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
        // An API server that answers is proof enough that its node runs.
        let api = api.filter(|why| why.is_silence())?;
        if let Some(stopped) = self.containers.stopped_engine(asking) {
            return Some(stopped);
        }
        let nodes = self.containers.nodes.known()?;
        if let Some(proxy) = self.balancer.iter().find(|balancer| !balancer.is_running()) {
            let finding = Finding::ProxyStopped {
                container: proxy.name.clone(),
                engine: self.containers.engine,
                state: proxy.state.clone(),
                error: proxy.error.clone(),
                ports: false,
            };
            return Some(Blocked { finding, remedies: vec![self.start(proxy)] }.into());
        }
        let Some(node) = nodes.first() else {
            let finding = Finding::NodeGone { cluster: self.name.clone(), engine: self.containers.engine };
            let create = self.kind(&["create", "cluster", "--name", &self.name]);
            let mut remedies = Vec::new();
            if self.containers.engine == Engine::Docker {
                remedies.push(Remedy::new(Action::ListEngineContexts, self.containers.command(&["context", "ls"])));
            }
            remedies.push(Remedy::new(Action::CreateCluster, create));
            return Some(Blocked { finding, remedies }.into());
        };
        if !node.is_running() {
            return Some(self.containers.stopped(node, self).into());
        }
        if let Some(blocked) = self.containers.detached(node) {
            return Some(Standstill { certain: true, ..blocked.into() });
        }
        // Known by its name alone: no container publishes the API server's port, so it is
        // the kubeconfig that is not this cluster's any more.
        if self.certainty != Certainty::Certain {
            return None;
        }
        // The container that publishes the API server.
        let node = self.balancer.as_ref().unwrap_or(node);
        let container = node.name.clone();
        let mut restart = vec![self.restart(&node.name)];
        let passes = self.containers.passes_packets(node);
        if passes && self.containers.engine == Engine::Podman && *api == Why::TimedOut {
            // Its rules may be lost: then podman's own holder of the port accepts, and nothing
            // comes back. This makes them again, and changes nothing where they are there.
            let reload = self.containers.command(&["network", "reload", &node.name]);
            restart.insert(0, Remedy::new(Action::ReloadNetwork, reload));
        }
        let api_port = node.published.iter().find(|binding| binding.container_port == API_SERVER_PORT);
        let finding = match (api, api_port) {
            // The forwarder accepts before it dials: "refused" comes from this host, where
            // the engine says that the port is published.
            (Why::Refused, Some(binding)) if !passes => Finding::PublishedPortRefuses {
                host_port: binding.host_port,
                container,
                engine: self.containers.engine,
            },
            _ => Finding::ApiServerNotAnswering { container, tool: None, why: api.clone() },
        };
        Some(Blocked { finding, remedies: restart }.into())
    }

    fn node_host(&self, node: Option<&str>) -> Hop {
        self.containers.node_host(node)
    }

    fn roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut plans = Vec::new();
        if wanted.service.spec.kind == "LoadBalancer" {
            plans.push(self.load_balancer(asking, wanted));
        }
        if wanted.port.node_port != 0 {
            plans.push(self.containers.published(asking, wanted, self));
            plans.extend(self.containers.node_address(wanted));
        }
        plans
    }

    fn stopped_node(&self, node: &str) -> Option<Blocked> {
        self.containers.stopped_node(node, self)
    }

    fn start_kubelet(&self, node: &str) -> Option<Remedy> {
        self.containers.running().find(|container| container.name == node)?;
        let command = self.containers.command(&["exec", node, "systemctl", "restart", "kubelet"]);
        Some(Remedy::new(Action::StartKubelet { node: node.into() }, command))
    }

    fn free_node_port(&self, asking: &Asking, protocol: &str) -> Option<(u16, u16)> {
        self.containers.free_door(asking, protocol).map(|door| (door.container_port, door.host_port))
    }

    fn publishes(&self, container_port: u16) -> Option<String> {
        self.containers.publisher(container_port).map(|node| node.name.clone())
    }

    fn controller_outside(&self, asking: &Asking, waits: &Waiting) -> Option<Blocked> {
        self.not_taken(asking, waits)
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        let command = self.kind(&["export", "kubeconfig", "--name", &self.name]);
        Some(Remedy::new(Action::ExportKubeconfig, command))
    }

    fn load_image(&self, image: &str) -> Option<Remedy> {
        let command = self.kind(&["load", "docker-image", image, "--name", &self.name]);
        (self.containers.engine == Engine::Docker)
            .then(|| Remedy::new(Action::LoadImage { image: image.into() }, command))
    }

    fn look_inside(&self, node: Option<&str>, node_port: u16) -> Option<Argv> {
        self.containers.look_inside(node, node_port)
    }

    fn host_ports(&self) -> Vec<u16> {
        self.containers.host_ports()
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        self.containers.unobserved()
    }

    fn doors(&self) -> Vec<Hop> {
        self.containers.doors()
    }
}
