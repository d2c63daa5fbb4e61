//! Nodes that are containers of a local engine, whatever tool made them: what they
//! publish on this host, and whether this host has a route to them.
//!
//! A tool's own file says which containers are its nodes, and what its remedies are.

mod engine;
mod forwarder;
pub mod holder;
mod roads;
mod silent;
mod stranger;
mod unpublished;

use std::net::IpAddr;
use std::rc::Rc;

use self::engine::networks;
pub use self::engine::{networks_of, shares_networks, walls_of};
pub use self::roads::shown_at;
pub use self::unpublished::move_node_port;
use super::walls::Wall;
use super::{Blocked, Wanted};
use crate::answers::Seen;
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::fact::engine::Container;
use crate::fact::host::Host;
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Boundary, BoundaryKind, Evidence, Fact, Hop, Remedy, Source, State, Subject, Unobserved,
};
use crate::request::Viewer;

/// The node containers of one cluster.
pub struct NodeContainers {
    /// Whose containers they are.
    pub engine: Engine,
    /// Name of the cluster.
    pub cluster: String,
    /// The nodes, the first control plane first.
    pub nodes: Seen<Vec<Container>>,
    /// What the first node's container is called, if there is one.
    pub first: String,
    /// The engine's network that the nodes share.
    pub network: String,
    /// Ports that are published for the tool itself: no road to an application.
    pub reserved: &'static [u16],
    /// This computer.
    pub host: Option<Rc<Host>>,
    /// Whether the engine itself says that its networks are this computer's or are not;
    /// `None` where the addresses have to tell.
    pub shared: Option<bool>,
    /// The walls around the engine itself, from the inside out: where it is in a VM, what it
    /// publishes is published inside.
    pub walls: Vec<Rc<dyn Wall>>,
    /// A container that publishes ports for all nodes, passes them on, and is no node itself.
    pub proxy: Option<Container>,
}

/// What only the tool that made the nodes knows how to mend.
pub trait Mender {
    /// Publishes the node port of a cluster that exists. An engine cannot: unless the tool has
    /// a proxy that it can replace, the cluster is made again.
    fn publish(&self, wanted: &Wanted) -> Remedy;

    /// Makes a node forward again what it lists.
    fn restart(&self, container: &str) -> Remedy;

    /// How to make a node run that is not only paused.
    fn start(&self, node: &Container) -> Remedy;

    /// The tool's own ways to a Service, past the engine's published ports.
    fn open(&self, wanted: &Wanted) -> Vec<Remedy>;
}

impl NodeContainers {
    /// Where it is known from.
    pub fn source(&self) -> Source {
        Source::Engine(self.engine)
    }

    /// The nodes, as far as they are known.
    pub fn known(&self) -> &[Container] {
        self.nodes.known().map_or(&[], Vec::as_slice)
    }

    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = &Container> {
        self.known().iter().filter(|node| node.is_running())
    }

    /// The containers that publish ports, whether they run or not: the nodes, and the proxy in
    /// front of them.
    pub fn publishers(&self) -> impl Iterator<Item = &Container> {
        self.known().iter().chain(&self.proxy)
    }

    /// The node that a published port leads to, if the container is one: where a proxy passes
    /// a connection on to is not seen from here.
    fn node_of(&self, container: &Container) -> Option<String> {
        let is_proxy = self.proxy.as_ref().is_some_and(|proxy| proxy.name == container.name);
        (!is_proxy).then(|| container.name.clone())
    }

    /// What the node of this name waits for, if it does not run or nothing reaches it.
    pub fn stopped_node(&self, name: &str, mender: &dyn Mender) -> Option<Blocked> {
        let node = self.known().iter().find(|node| node.name == name)?;
        if node.is_running() { self.detached(node) } else { Some(self.stopped(node, mender)) }
    }

    /// A node that runs in no network: nothing reaches it until it is attached again (seen
    /// with docker 20.10, where `network disconnect` empties `NetworkSettings.Ports` as well,
    /// and with podman 4.3.1, where the ports stay in the list and a connection is accepted
    /// and silent). nerdctl has no such command.
    pub fn detached(&self, node: &Container) -> Option<Blocked> {
        let attachable = matches!(self.engine, Engine::Docker | Engine::Podman);
        let detached = node.is_running() && node.networks.is_empty() && attachable;
        let command = self.command(&["network", "connect", &self.network, &node.name]);
        detached.then(|| Blocked {
            finding: Finding::NodeDetached { container: node.name.clone(), engine: self.engine },
            remedies: vec![Remedy::new(Action::ConnectNode { network: self.network.clone() }, command)],
        })
    }

    /// The node that decides whether the cluster lives: the first control plane.
    pub fn control_plane(&self) -> Option<&Container> {
        self.known().first()
    }

    /// A node that does not run, and how to make it run: the engine goes on with a paused one.
    pub fn stopped(&self, node: &Container, mender: &dyn Mender) -> Blocked {
        let (container, engine) = (node.name.clone(), self.engine);
        if node.state == "paused" {
            let unpause = Remedy::new(Action::UnpauseNode, self.command(&["unpause", &node.name]));
            return Blocked { finding: Finding::NodePaused { container, engine }, remedies: vec![unpause] };
        }
        let (state, error) = (node.state.clone(), node.error.clone());
        let finding = match self.node_of(node) {
            Some(_) => Finding::NodeStopped { container, engine, state, error },
            None => Finding::ProxyStopped { container, engine, state, error, ports: true },
        };
        Blocked { finding, remedies: vec![mender.start(node)] }
    }

    /// A command of the engine.
    pub fn command(&self, arguments: &[&str]) -> Argv {
        let mut command = argv(&[self.engine.command()]);
        command.extend(argv(arguments));
        command
    }

    /// The node's address in the engine's network. A node on several networks has
    /// several; the one in the cluster's own network counts.
    pub fn address(&self, node: &Container) -> Option<IpAddr> {
        let own = node.networks.iter().find(|network| network.name == self.network);
        own.into_iter().chain(&node.networks).find_map(|network| network.ip)
    }

    /// The walls between here and the nodes.
    pub fn boundaries(&self) -> Vec<Boundary> {
        let boundary = |node: &Container| Boundary {
            kind: BoundaryKind::Container,
            name: node.name.clone(),
            state: node.state.clone(),
        };
        let outer = self.walls.iter().rev().map(|wall| wall.boundary());
        if !self.known().is_empty() {
            return outer.chain(self.proxy.iter().chain(self.known()).map(boundary)).collect();
        }
        let state = if self.nodes.known().is_some() { "absent" } else { "unknown" };
        let first = Boundary { kind: BoundaryKind::Container, name: self.first.clone(), state: state.into() };
        outer.chain([first]).collect()
    }

    /// The hop "the node runs".
    pub fn node_host(&self, node: Option<&str>) -> Hop {
        let named = node.and_then(|name| self.known().iter().find(|node| node.name == name));
        let (state, fact) = match (&self.nodes, named.or(self.control_plane())) {
            (Seen::Known(_), Some(node)) if self.detached(node).is_some() => {
                (State::Missing, Fact::ContainerDetached { name: node.name.clone() })
            }
            (Seen::Known(_), Some(node)) => {
                let state = if node.is_running() { State::Present } else { State::Missing };
                let (name, status) = (node.name.clone(), node.state.clone());
                (state, Fact::Container { name, state: status, ip: self.address(node) })
            }
            (Seen::Known(_), None) => (State::Missing, Fact::NoContainer { cluster: self.cluster.clone() }),
            (Seen::Unavailable(why), _) => {
                (State::Unknown, Fact::CouldNotLook { what: Subject::Engine(self.engine), why: why.clone() })
            }
            _ => (State::Unknown, Fact::Skipped),
        };
        Hop::node_host(state, Evidence::new(self.source(), fact))
    }

    /// A command that asks a node port from the engine's network, behind the wall: from
    /// another node, where there is one. A node that asks itself passes by whatever filters
    /// what comes in (seen: a rule in PREROUTING that drops, and the node is answered 200).
    pub fn look_inside(&self, node: Option<&str>, node_port: u16) -> Option<Argv> {
        let node = self.running().find(|container| node.is_none_or(|name| container.name == name))?;
        let other = self.running().find(|other| other.name != node.name && self.address(other).is_some());
        let from = &other.unwrap_or(node).name;
        // The node's own address, not 127.0.0.1: in nftables mode kube-proxy does not
        // serve node ports on loopback.
        let url = format!("http://{}:{node_port}/", self.address(node)?);
        Some(self.command(&["exec", from, "curl", "-sS", "-m", "3", &url]))
    }

    /// Ports of this host that the nodes take.
    pub fn host_ports(&self) -> Vec<u16> {
        self.publishers().flat_map(|container| &container.published).map(|binding| binding.host_port).collect()
    }

    /// What the engine did not tell.
    pub fn unobserved(&self) -> Vec<Unobserved> {
        let Seen::Unavailable(why) = &self.nodes else { return Vec::new() };
        let mut settle = self.command(&["container", "ls", "--all"]);
        if self.engine == Engine::Podman && matches!(why, Why::PermissionDenied { .. }) {
            settle.insert(0, "sudo".into());
        }
        let settle = vec![settle];
        vec![Unobserved { what: Subject::Engine(self.engine), why: why.clone(), settle }]
    }

    /// Ways in that exist whatever the Service. Whether the walls around the engine bring a
    /// published port out, its list does not tell.
    pub fn doors(&self) -> Vec<Hop> {
        let state = if self.walls.is_empty() { State::Present } else { State::Unknown };
        let mut doors: Vec<Hop> = Vec::new();
        for container in self.publishers().filter(|container| container.is_running()) {
            for binding in container.published.iter().filter(|binding| !self.reserved.contains(&binding.container_port))
            {
                let fact = Fact::Published {
                    container: container.name.clone(),
                    at: shown_at(binding, Viewer::Here),
                    container_port: binding.container_port,
                };
                doors.push(Hop::way_in(state, Evidence::new(self.source(), fact)));
            }
            let address = self.node_of(container).and_then(|_| self.address_fact(container));
            doors.extend(address.map(|(state, fact)| Hop::way_in(state, Evidence::new(Source::Interfaces, fact))));
        }
        doors
    }
}
