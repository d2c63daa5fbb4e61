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
mod roads;

use std::net::IpAddr;
use std::rc::Rc;

use super::{Blocked, Environment, Place, Plan, Recognition, Situation, Wanted, shown};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::fact::engine::{Container, labelled};
use crate::fact::host::{Host, variable};
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Boundary, BoundaryKind, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Fact, Hop, HopId, Owner,
    Remedy, Source, Stage, State, Subject, Unobserved,
};
use crate::request::Viewer;

/// Label that kind puts on each node container, with the cluster's name.
const CLUSTER_LABEL: &str = "io.x-k8s.kind.cluster";
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
    host: Option<Rc<Host>>,
}

impl Environment for Kind {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        let provider = provider_id(situation);
        // Docker Desktop runs kind under its own name and hides the containers.
        if provider.as_ref().is_some_and(|provider| provider.cluster == "desktop") {
            return Recognition::No;
        }
        let named = situation.context.strip_prefix("kind-").filter(|_| situation.cluster == situation.context);
        let could_be = provider.is_some() || named.is_some() || situation.is_local();
        if !could_be {
            return if situation.nodes.is_pending() { Recognition::Pending } else { Recognition::No };
        }

        let mut asked = Vec::new();
        for engine in engines(asking, provider.as_ref()) {
            let containers = labelled(asking, engine, CLUSTER_LABEL);
            let found = containers.known().and_then(|all| publisher(all, situation));
            if let Some((cluster, evidence)) = found {
                let all = containers.known().expect("a publisher was found in it");
                return yes(
                    cluster.clone(),
                    engine,
                    Certainty::Certain,
                    vec![evidence(engine)],
                    Seen::Known(nodes_of(all, &cluster)),
                    situation,
                );
            }
            let pending = containers.is_pending();
            asked.push((engine, containers));
            if pending {
                break; // one engine after the other: the usual one nearly always knows
            }
        }
        let pending = asked.iter().any(|(_, containers)| containers.is_pending());

        // The API server itself says so, whatever the engine can tell.
        if let Some(provider) = provider {
            let index = asked.iter().position(|(engine, _)| Some(*engine) == provider.engine).unwrap_or(0);
            let (engine, containers) = &asked[index];
            // Without its ports every road would look closed for a moment, and the application
            // be asked through the API server for nothing.
            if containers.is_pending() {
                return Recognition::Pending;
            }
            let nodes = cluster_nodes(containers, &provider.cluster);
            let evidence = Evidence::new(Source::Api("Node"), Fact::ProviderId { id: provider.id });
            return yes(provider.cluster, *engine, Certainty::Certain, vec![evidence], nodes, situation);
        }
        if pending || situation.nodes.is_pending() {
            return Recognition::Pending;
        }
        // Only the name is left. An engine that answered without such a container makes
        // the cluster gone; one that could not be asked leaves it likely.
        let Some(cluster) = named.filter(|_| situation.nodes.known().is_none()) else { return Recognition::No };
        let (engine, containers) = asked
            .iter()
            .find(|(_, containers)| containers.known().is_some_and(|all| !nodes_of(all, cluster).is_empty()))
            .unwrap_or(&asked[0]);
        let nodes = cluster_nodes(containers, cluster);
        let mut because =
            vec![Evidence::new(Source::Kubeconfig, Fact::ContextName { name: situation.context.clone() })];
        because.push(match (&nodes, containers) {
            (Seen::Known(nodes), _) if !nodes.is_empty() => Evidence::new(
                Source::Engine(*engine),
                Fact::ClusterContainers { cluster: cluster.into(), count: nodes.len() },
            ),
            (Seen::Known(_), _) => {
                Evidence::new(Source::Engine(*engine), Fact::NoContainer { cluster: cluster.into() })
            }
            (_, Seen::Unavailable(why)) => {
                let fact = Fact::CouldNotLook { what: Subject::Engine(*engine), why: why.clone() };
                Evidence::new(Source::Engine(*engine), fact)
            }
            _ => return Recognition::Pending,
        });
        yes(cluster.into(), *engine, Certainty::Likely, because, nodes, situation)
    }
}

fn yes(
    name: String,
    engine: Engine,
    certainty: Certainty,
    because: Vec<Evidence>,
    nodes: Seen<Vec<Container>>,
    situation: &Situation,
) -> Recognition {
    let host = situation.host.known().cloned();
    let nodes = match nodes {
        // An API server that answers proves that its node runs: this engine is the wrong one.
        Seen::Known(nodes) if situation.nodes.known().is_some() && !nodes.iter().any(Container::is_running) => {
            let detail = "no running container of this cluster, whose API server answers: another engine has it";
            Seen::Unavailable(Why::Unreadable { detail: detail.into() })
        }
        nodes => nodes,
    };
    Recognition::Yes(Box::new(Cluster { name, engine, certainty, because, nodes, host }))
}

/// Which engines may hold the cluster, the most likely first. kind itself takes
/// `KIND_EXPERIMENTAL_PROVIDER` or the first of docker, nerdctl, podman
/// (`pkg/internal/runtime/runtime.go:29-44`, `pkg/cluster/provider.go:117-129`).
fn engines(asking: &Asking, provider: Option<&Provider>) -> Vec<Engine> {
    let chosen = variable(asking, "KIND_EXPERIMENTAL_PROVIDER");
    let by_name = |name: &str| match name {
        "docker" => Some(Engine::Docker),
        "podman" => Some(Engine::Podman),
        "nerdctl" => Some(Engine::Nerdctl),
        _ => None,
    };
    let first = provider.and_then(|provider| provider.engine).or_else(|| chosen.known().and_then(|name| by_name(name)));
    let mut engines = vec![Engine::Docker, Engine::Nerdctl, Engine::Podman];
    if let Some(first) = first {
        engines.retain(|engine| *engine != first);
        engines.insert(0, first);
        if provider.is_some() {
            engines.truncate(1); // the Node names its engine: no other can hold it
        }
    }
    engines
}

/// The Node's `providerID`, taken apart.
struct Provider {
    id: String,
    engine: Option<Engine>,
    cluster: String,
}

/// Reads `kind://ENGINE/CLUSTER/NODE`; with an external cloud provider it is
/// `kind://CLUSTER/kind/NODE` (cloud-provider-kind @57084484 `pkg/provider/instances.go:54`).
fn provider_id(situation: &Situation) -> Option<Provider> {
    let nodes = situation.nodes.known()?;
    nodes.iter().find_map(|node| {
        let id = &node.spec.provider_id;
        let mut parts = id.strip_prefix("kind://")?.splitn(3, '/');
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        if third != node.metadata.name {
            return None;
        }
        let engine = match first {
            "docker" => Some(Engine::Docker),
            "podman" => Some(Engine::Podman),
            "nerdctl" => Some(Engine::Nerdctl),
            _ => None,
        };
        let cluster = if engine.is_some() { second } else { first };
        Some(Provider { id: id.clone(), engine, cluster: cluster.into() })
    })
}

type Explain = Box<dyn Fn(Engine) -> Evidence>;

/// Finds the container that publishes the API server's port, and the cluster it names.
/// A stopped node publishes nothing; what it had asked for still tells whose it is.
fn publisher(containers: &[Container], situation: &Situation) -> Option<(String, Explain)> {
    if !situation.is_local() {
        return None;
    }
    let port = situation.server.port;
    let publishes = |container: &&Container| container.publishes_at(port).is_some();
    // A running container's claim is stronger than that of a stopped one.
    let container = containers
        .iter()
        .filter(publishes)
        .max_by_key(|container| (container.is_running() || container.state == "paused", container.published.len()))?;
    let cluster = container.label(CLUSTER_LABEL)?.to_owned();
    let name = container.name.clone();
    let explain = move |engine| {
        let fact = Fact::PublishesApiServer { container: name.clone(), port, label: CLUSTER_LABEL };
        Evidence::new(Source::Engine(engine), fact)
    };
    Some((cluster, Box::new(explain)))
}

fn cluster_nodes(containers: &Seen<Rc<Vec<Container>>>, cluster: &str) -> Seen<Vec<Container>> {
    match containers {
        Seen::Known(all) => Seen::Known(nodes_of(all, cluster)),
        Seen::Pending => Seen::Pending,
        Seen::Absent => Seen::Absent,
        Seen::Unavailable(why) => Seen::Unavailable(why.clone()),
    }
}

/// The cluster's nodes, control plane first. The external load balancer of a cluster with
/// several control planes is no node.
fn nodes_of(containers: &[Container], cluster: &str) -> Vec<Container> {
    let role = |container: &Container| container.label("io.x-k8s.kind.role").unwrap_or_default().to_owned();
    let mut nodes: Vec<Container> = containers
        .iter()
        .filter(|container| container.label(CLUSTER_LABEL) == Some(cluster))
        .filter(|container| role(container) != "external-load-balancer")
        .cloned()
        .collect();
    nodes.sort_by_key(|container| (role(container) != "control-plane", container.name.clone()));
    nodes
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
        true
    }

    fn standstill(&self, api: Option<&Why>) -> Option<Blocked> {
        // An API server that answers is proof enough that its node runs.
        let api = api?;
        let nodes = self.nodes.known()?;
        let Some(node) = nodes.first() else {
            let finding = Finding::NodeGone { cluster: self.name.clone(), engine: self.engine };
            let create = argv(&["kind", "create", "cluster", "--name", &self.name]);
            let mut remedies = Vec::new();
            if self.engine == Engine::Docker {
                remedies.push(Remedy::new(Action::ListEngineContexts, self.engine_command(&["context", "ls"])));
            }
            remedies.push(Remedy::new(Action::CreateCluster, create));
            return Some(Blocked { finding, remedies });
        };
        let (container, engine) = (node.name.clone(), self.engine);
        Some(match node.state.as_str() {
            // Known by its name alone: no container publishes the API server's port, so
            // it is the kubeconfig that is not this cluster's any more.
            "running" if self.certainty != Certainty::Certain => return None,
            "running" => Blocked {
                finding: Finding::ApiServerNotAnswering { container, why: api.clone() },
                remedies: vec![Remedy::new(Action::RestartNode, self.engine_command(&["restart", &node.name]))],
            },
            "paused" => Blocked {
                finding: Finding::NodePaused { container, engine },
                remedies: vec![Remedy::new(Action::UnpauseNode, self.engine_command(&["unpause", &node.name]))],
            },
            state => {
                let mut start = vec!["start"];
                start.extend(nodes.iter().filter(|node| !node.is_running()).map(|node| node.name.as_str()));
                let (state, error) = (state.to_owned(), node.error.clone());
                Blocked {
                    finding: Finding::NodeStopped { container, engine, state, error },
                    remedies: vec![Remedy::new(Action::StartNode, self.engine_command(&start))],
                }
            }
        })
    }

    fn node_host(&self) -> Hop {
        let (state, evidence) = match (&self.nodes, self.control_plane()) {
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
            evidence: shown(evidence),
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
                doors.push(self.way_in(State::Present, Evidence::new(self.source(), fact)));
            }
            let address = self.address_fact(node);
            doors.extend(address.map(|(state, fact)| self.way_in(state, Evidence::new(Source::Interfaces, fact))));
        }
        doors
    }
}
