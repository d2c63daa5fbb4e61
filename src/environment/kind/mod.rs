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
mod recognise;
mod roads;

use std::net::IpAddr;
use std::rc::Rc;

use super::{Blocked, Place, Plan, Wanted};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::fact::engine::Container;
use crate::fact::host::Host;
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Boundary, BoundaryKind, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Fact, Hop, HopId, Owner,
    Remedy, Source, Stage, State, Subject, Unobserved,
};
use crate::request::Viewer;

/// Label that kind puts on each node container, with the cluster's name.
const CLUSTER_LABEL: &str = "io.x-k8s.kind.cluster";
/// Label with the container's role.
const ROLE_LABEL: &str = "io.x-k8s.kind.role";
/// The role of the proxy in front of several control planes.
const BALANCER_ROLE: &str = "external-load-balancer";
/// The port of the API server in a control-plane node.
const API_SERVER_PORT: u16 = 6443;

/// kind.
pub struct Kind;

/// One kind cluster.
struct Cluster {
    name: String,
    engine: Engine,
    certainty: Certainty,
    because: Vec<Evidence>,
    /// Its node containers, control plane first.
    nodes: Seen<Vec<Container>>,
    /// The proxy in front of several control planes.
    balancer: Option<Container>,
    host: Option<Rc<Host>>,
    /// Whether probes may go there without asking.
    local: bool,
}

impl Cluster {
    fn source(&self) -> Source {
        Source::Engine(self.engine)
    }

    fn known_nodes(&self) -> &[Container] {
        self.nodes.known().map_or(&[], Vec::as_slice)
    }

    fn running(&self) -> impl Iterator<Item = &Container> {
        self.known_nodes().iter().filter(|node| node.is_running())
    }

    /// The node that decides whether the cluster lives: the first control plane.
    fn control_plane(&self) -> Option<&Container> {
        self.known_nodes().first()
    }

    /// A container that does not run, and how to make it run.
    fn stopped(&self, node: &Container) -> Blocked {
        let (container, engine) = (node.name.clone(), self.engine);
        if node.state == "paused" {
            let unpause = Remedy::new(Action::UnpauseNode, self.engine_command(&["unpause", &node.name]));
            return Blocked { finding: Finding::NodePaused { container, engine }, remedies: vec![unpause] };
        }
        let mut start = vec!["start", node.name.as_str()];
        let others = self.known_nodes().iter().chain(&self.balancer).filter(|other| other.name != node.name);
        start.extend(others.filter(|other| !other.is_running()).map(|other| other.name.as_str()));
        let (state, error) = (node.state.clone(), node.error.clone());
        Blocked {
            finding: Finding::NodeStopped { container, engine, state, error },
            remedies: vec![Remedy::new(Action::StartNode, self.engine_command(&start))],
        }
    }

    fn engine_command(&self, arguments: &[&str]) -> Argv {
        let mut command = argv(&[self.engine.command()]);
        command.extend(argv(arguments));
        command
    }

    /// The node's address in the engine's network. A node on several networks has
    /// several; the one in kind's own network counts.
    fn address(node: &Container) -> Option<IpAddr> {
        let kind = node.networks.iter().find(|network| network.name == "kind");
        kind.into_iter().chain(&node.networks).find_map(|network| network.ip)
    }
}

impl Place for Cluster {
    fn info(&self) -> EnvironmentInfo {
        let boundary = |node: &Container| Boundary {
            kind: BoundaryKind::Container,
            name: node.name.clone(),
            state: node.state.clone(),
        };
        let mut boundaries: Vec<_> = self.known_nodes().iter().map(boundary).collect();
        if boundaries.is_empty() {
            let state = if self.nodes.known().is_some() { "absent" } else { "unknown" };
            let name = format!("{}-control-plane", self.name);
            boundaries.push(Boundary { kind: BoundaryKind::Container, name, state: state.into() });
        }
        EnvironmentInfo {
            id: EnvironmentId::Kind,
            name: Some(self.name.clone()),
            driver: None,
            engine: Some(self.engine),
            certainty: self.certainty,
            because: self.because.clone(),
            boundaries,
        }
    }

    fn is_local(&self) -> bool {
        self.local
    }

    fn standstill(&self, api: Option<&Why>) -> Option<Blocked> {
        // An API server that answers is proof enough that its node runs; our own deadline
        // and a name that does not resolve say nothing about it.
        let api = api.filter(|why| !matches!(why, Why::Deadline | Why::NameNotResolved { .. }))?;
        let nodes = self.nodes.known()?;
        let stopped = self.balancer.iter().find(|balancer| !balancer.is_running());
        let Some(node) = stopped.or(nodes.first()) else {
            let finding = Finding::NodeGone { cluster: self.name.clone(), engine: self.engine };
            let create = argv(&["kind", "create", "cluster", "--name", &self.name]);
            let mut remedies = Vec::new();
            if self.engine == Engine::Docker {
                remedies.push(Remedy::new(Action::ListEngineContexts, self.engine_command(&["context", "ls"])));
            }
            remedies.push(Remedy::new(Action::CreateCluster, create));
            return Some(Blocked { finding, remedies });
        };
        if !node.is_running() {
            return Some(self.stopped(node));
        }
        // Known by its name alone: no container publishes the API server's port, so it is
        // the kubeconfig that is not this cluster's any more.
        if self.certainty != Certainty::Certain {
            return None;
        }
        let container = node.name.clone();
        let restart = vec![Remedy::new(Action::RestartNode, self.engine_command(&["restart", &node.name]))];
        let api_port = node.published.iter().find(|binding| binding.container_port == API_SERVER_PORT);
        let finding = match (api, api_port) {
            // The forwarder accepts before it dials: "refused" comes from this host, where
            // the engine says that the port is published.
            (Why::Refused, Some(binding)) => {
                Finding::PublishedPortRefuses { host_port: binding.host_port, container, engine: self.engine }
            }
            _ => Finding::ApiServerNotAnswering { container, why: api.clone() },
        };
        Some(Blocked { finding, remedies: restart })
    }

    fn node_host(&self, node: Option<&str>) -> Hop {
        let named = node.and_then(|name| self.known_nodes().iter().find(|node| node.name == name));
        let (state, evidence) = match (&self.nodes, named.or(self.control_plane())) {
            (Seen::Known(_), Some(node)) => {
                let state = if node.is_running() { State::Present } else { State::Missing };
                let (name, status) = (node.name.clone(), node.state.clone());
                (state, Evidence::new(self.source(), Fact::Container { name, state: status, ip: Self::address(node) }))
            }
            (Seen::Known(_), None) => {
                (State::Missing, Evidence::new(self.source(), Fact::NoContainer { cluster: self.name.clone() }))
            }
            (Seen::Unavailable(why), _) => {
                let fact = Fact::CouldNotLook { what: Subject::Engine(self.engine), why: why.clone() };
                (State::Unknown, Evidence::new(self.source(), fact))
            }
            _ => (State::Unknown, Evidence::new(self.source(), Fact::Skipped)),
        };
        Hop {
            id: HopId::NodeHost,
            stage: Stage::One,
            owner: Owner::VirtualizationLayer,
            state,
            evidence: vec![evidence],
            finding: None,
        }
    }

    fn roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut plans = Vec::new();
        if wanted.service.spec.kind == "LoadBalancer" {
            plans.push(self.load_balancer(asking, wanted));
        }
        if wanted.port.node_port != 0 {
            plans.push(self.published(asking, wanted));
            plans.extend(self.node_address(wanted));
        }
        plans
    }

    fn start_kubelet(&self, node: &str) -> Option<Remedy> {
        self.running().find(|container| container.name == node)?;
        let command = self.engine_command(&["exec", node, "systemctl", "restart", "kubelet"]);
        Some(Remedy::new(Action::StartKubelet { node: node.into() }, command))
    }

    fn free_node_port(&self, asking: &Asking, protocol: &str) -> Option<(u16, u16)> {
        self.free_door(asking, protocol).map(|door| (door.container_port, door.host_port))
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        let command = argv(&["kind", "export", "kubeconfig", "--name", &self.name]);
        Some(Remedy::new(Action::ExportKubeconfig, command))
    }

    fn load_image(&self, image: &str) -> Option<Remedy> {
        let command = argv(&["kind", "load", "docker-image", image, "--name", &self.name]);
        (self.engine == Engine::Docker).then(|| Remedy::new(Action::LoadImage { image: image.into() }, command))
    }

    fn look_inside(&self, node: Option<&str>, node_port: u16) -> Option<Argv> {
        let node = self.running().find(|container| node.is_none_or(|name| container.name == name))?;
        // The node's own address, not 127.0.0.1: in nftables mode kube-proxy does not
        // serve node ports on loopback.
        let url = format!("http://{}:{node_port}/", Self::address(node)?);
        Some(self.engine_command(&["exec", &node.name, "curl", "-sS", "-m", "3", &url]))
    }

    fn host_ports(&self) -> Vec<u16> {
        self.running().flat_map(|node| &node.published).map(|binding| binding.host_port).collect()
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        let Seen::Unavailable(why) = &self.nodes else { return Vec::new() };
        let settle = vec![self.engine_command(&["container", "ls", "--all"])];
        vec![Unobserved { what: Subject::Engine(self.engine), why: why.clone(), settle }]
    }

    fn doors(&self) -> Vec<Hop> {
        let mut doors: Vec<Hop> = Vec::new();
        for node in self.running() {
            for binding in node.published.iter().filter(|binding| binding.container_port != API_SERVER_PORT) {
                let fact = Fact::Published {
                    container: node.name.clone(),
                    at: roads::shown_at(binding, Viewer::Here),
                    container_port: binding.container_port,
                };
                doors.push(Hop::way_in(State::Present, Evidence::new(self.source(), fact)));
            }
            let address = self.address_fact(node);
            doors.extend(address.map(|(state, fact)| Hop::way_in(state, Evidence::new(Source::Interfaces, fact))));
        }
        doors
    }
}
