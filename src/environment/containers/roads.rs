//! Roads to a node port of a container: published on this host, or at the node's own address.

use std::net::{IpAddr, SocketAddr};

use super::stranger::entry;
use super::{Mender, NodeContainers};
use crate::answers::{Asking, Seen};
use crate::ask::Engine;
use crate::diagnose::finding::Finding;
use crate::environment::walls::viewer::{By, Offer, from_elsewhere};
use crate::environment::walls::{Opened, Port, through};
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::engine::{Binding, Container};
use crate::fact::host::Listener;
use crate::remedy::end_process;
use crate::report::{Action, Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, State, Subject};
use crate::request::Viewer;

impl NodeContainers {
    /// The road through a port that the engine publishes on this host.
    pub fn published(&self, asking: &Asking, wanted: &Wanted, mender: &dyn Mender) -> Plan {
        let mut plan = Plan::new(RoadId::PublishedPort, Vec::new(), None);
        if let Seen::Unavailable(why) = &self.nodes {
            let fact = Fact::CouldNotLook { what: Subject::Engine(self.engine), why: why.clone() };
            plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(self.source(), fact)));
            return plan;
        }
        let protocol = wanted.port.protocol.to_ascii_lowercase();
        let node_port = wanted.port.node_port;
        let running = self.publishers().filter(|container| container.is_running());
        let doors = running.flat_map(|container| container.published.iter().map(move |door| (container, door)));
        let (same, others): (Vec<_>, Vec<_>) = doors.partition(|(_, door)| door.container_port == node_port);
        let (fitting, wrong_protocol): (Vec<_>, Vec<_>) =
            same.into_iter().partition(|(_, door)| protocol.is_empty() || door.protocol == protocol);
        // Asked only where no node publishes the port itself.
        let forwarder = if fitting.is_empty() { self.forwarder(asking, wanted) } else { None };
        let forwarded = forwarder.iter().flat_map(|(forwarder, node)| {
            let doors = forwarder.published.iter().filter(|door| door.container_port == node_port);
            doors.map(|door| Door { node, container: &forwarder.name, binding: door })
        });
        let doors: Vec<Door> = fitting
            .iter()
            .map(|(node, binding)| Door { node, container: &node.name, binding })
            .chain(forwarded)
            .collect();

        if let Some(Door { node, container, binding: door }) = best(&doors, wanted) {
            let (container, at) = (container.to_owned(), shown_at(door, wanted.viewer));
            let fact = Fact::Published { container: container.clone(), at, container_port: node_port };
            plan.hops.push(Hop::way_in(State::Present, Evidence::new(self.source(), fact)));
            plan.node = self.node_of(node);
            if !self.walls.is_empty() {
                return self.past_walls(asking, wanted, door, mender.restart(&container), plan);
            }
            match wanted.viewer {
                Viewer::Here => {
                    plan.entry = entry(door);
                    // An address that this computer had once may be a stranger's by now.
                    let owns = |ip| self.host.as_ref().is_some_and(|host| host.owns(ip));
                    plan.stays_local = plan.entry.is_some_and(|at| at.ip().is_loopback() || owns(at.ip()));
                    if let Some(at) = plan.entry.filter(|at| at.ip().is_loopback() && wanted.port.is_tcp()) {
                        if let Some(other) = self.stranger(asking, at) {
                            self.taken(&mut plan, at.port(), &container, &other, mender);
                            return plan;
                        }
                        let note = self.at_localhost(asking, at);
                        plan.hops.last_mut().into_iter().for_each(|hop| hop.evidence.extend(note.clone()));
                    }
                }
                Viewer::Lan if door.is_loopback_only() => {
                    let address = door.host_ip.map(|ip| ip.to_string()).unwrap_or_default();
                    let finding = Finding::PublishedOnLoopbackOnly { host_port: door.host_port, address };
                    plan.block(finding, wanted.port_forward().into_iter().chain([mender.publish(wanted)]).collect());
                    plan.offered = entry(door).map(|at| Offer { at, by: By::Engine(self.engine) });
                    return plan;
                }
                Viewer::Lan | Viewer::Windows => {
                    plan.offered = entry(door).map(|at| Offer { at, by: By::Engine(self.engine) });
                    let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
                    plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Request, fact)));
                    return plan;
                }
            }
            // A forwarder is a program of its own.
            plan.passes = container == node.name && self.passes_packets(node);
            if plan.passes {
                return plan;
            }
            // Only used when the host refuses what the engine lists: seen with a
            // docker-proxy process that had died.
            let remedies = vec![mender.restart(&container)];
            let finding = Finding::PublishedPortRefuses { host_port: door.host_port, container, engine: self.engine };
            plan.blocked = Some(Blocked { finding, remedies });
            return plan;
        }
        if let Some((_, door)) = wrong_protocol.first() {
            let fact = Fact::PublishedOtherProtocol { node_port, protocol: door.protocol.clone() };
            plan.hops.push(Hop::way_in(State::Missing, Evidence::new(self.source(), fact)));
            let finding = Finding::PublishedWithOtherProtocol {
                node_port,
                wanted: protocol.to_ascii_uppercase(),
                published: door.protocol.to_ascii_uppercase(),
            };
            let around = mender.open(wanted).into_iter().chain(wanted.port_forward());
            plan.block(finding, around.chain([mender.publish(wanted)]).collect());
            return plan;
        }
        let idle = forwarder.map(|(forwarder, _)| forwarder);
        self.not_published(asking, plan, wanted, &others, mender, idle.as_ref())
    }

    /// What the engine publishes is a socket inside of its VM: from there on the walls decide.
    /// Where one of them should bring it out and nothing listens, a restart of the container
    /// takes the socket away and brings it back, which they act upon: Lima's guest agent
    /// reports what is added and removed (lima-vm/lima @183a60d7
    /// `pkg/guestagent/guestagent_linux.go:64-110`), podman asks for a port when a container
    /// starts (containers/podman#10488).
    fn past_walls(&self, asking: &Asking, wanted: &Wanted, door: &Binding, restart: Remedy, mut plan: Plan) -> Plan {
        let inside = door.host_ip.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let port = Port { number: door.host_port, opened: Opened::Socket(inside) };
        let outside = through(&self.walls, asking, wanted, port, &mut plan);
        if outside.is_some() {
            plan.blocked.iter_mut().for_each(|blocked| blocked.remedies.insert(0, restart.clone()));
        }
        from_elsewhere(wanted, outside, None, &mut plan);
        plan
    }

    /// Another program has the port: whatever it answers, it is not the Service's answer.
    fn taken(&self, plan: &mut Plan, host_port: u16, container: &str, other: &Listener, mender: &dyn Mender) {
        let (pid, name) = (other.pid, other.name.clone());
        let held = Evidence::new(Source::Processes, Fact::HeldBy { port: host_port, pid, name: name.clone() });
        plan.hops.last_mut().into_iter().for_each(|hop| hop.evidence.insert(0, held.clone()));
        plan.entry = None;
        // While the port is taken the node could not start again.
        let mut remedy = mender.restart(container);
        remedy.action = Action::FreePort { pid, name: name.clone() };
        let os = self.host.as_ref().map_or("", |host| host.os.as_str());
        remedy.commands.insert(0, end_process(os, pid));
        let container = container.to_owned();
        plan.block(Finding::PublishedPortTaken { host_port, pid, name, container, engine: self.engine }, vec![remedy]);
    }

    /// The running node that publishes a port on this host.
    pub fn publisher(&self, container_port: u16) -> Option<&Container> {
        self.running().find(|node| node.published.iter().any(|door| door.container_port == container_port))
    }

    /// The road to the node port at the node's own address.
    pub fn node_address(&self, wanted: &Wanted) -> Option<Plan> {
        // The engine's bridge is this computer's own; nobody else has a route to it.
        if wanted.viewer != Viewer::Here {
            return None;
        }
        if !wanted.service.spec.has_ipv4() {
            return None;
        }
        // With externalTrafficPolicy Local only a node that has an endpoint answers.
        let node = self
            .running()
            .find(|node| wanted.endpoint_nodes.contains(&node.name))
            .filter(|_| wanted.service.spec.is_local_only())
            .or_else(|| self.running().next())?;
        let ip = self.address(node)?;
        let (state, fact) = match (&self.host, self.address_fact(node)) {
            (_, Some(known)) => known,
            // Without this computer's interfaces nobody knows whether it is attached.
            (None, None) => (State::Unknown, Fact::NodeAt { ip }),
            (Some(_), None) => return None,
        };
        // An address in a network of this computer's may be asked, whoever that network is.
        let near = state != State::Missing && self.host.as_ref().is_some_and(|host| host.reaches(ip));
        let hop = Hop::way_in(state, Evidence::new(Source::Interfaces, fact));
        let mut plan = Plan::new(RoadId::NodeAddress, vec![hop], Some(node.name.clone()));
        if near {
            plan.open(SocketAddr::new(ip, wanted.port.node_port));
        }
        Some(plan)
    }

    /// Whether an address lies in the network of one of this host's own bridges, to which
    /// the nodes are attached.
    pub fn near(&self, ip: IpAddr) -> bool {
        let Some(host) = self.host.as_ref().filter(|_| self.shared != Some(false)) else { return false };
        let mut gateways = self.running().flat_map(|node| &node.networks).filter_map(|network| network.gateway);
        gateways.any(|gateway| host.owns(gateway) && host.interface_to(ip) == host.interface_to(gateway))
    }

    /// Whether this host is attached to the node's network: the network's gateway is one
    /// of this host's own addresses (seen with a rootful engine on Linux; kind
    /// `site/content/docs/user/configuration.md:310`). An attached subnet alone would not
    /// do, since an engine inside a VM may use the same range.
    pub fn address_fact(&self, node: &Container) -> Option<(State, Fact)> {
        let ip = self.address(node)?;
        let host = self.host.as_ref()?;
        let gateway = node.networks.iter().find(|network| network.ip == Some(ip)).and_then(|network| network.gateway);
        // nerdctl names no gateway (seen: 2.1.2), so nothing tells whose a network is that
        // both are in.
        let tells = !matches!(self.engine, Engine::Nerdctl | Engine::Finch) || self.shared.is_some();
        if gateway.is_none() && !tells && host.reaches(ip) {
            return Some((State::Unknown, Fact::NodeAt { ip }));
        }
        let shared = self.shared.unwrap_or_else(|| gateway.is_some_and(|gateway| host.owns(gateway)));
        let attached = shared && host.reaches(ip);
        Some(if attached {
            (State::Present, Fact::NodeRoutable { ip, interface: host.interface_to(ip).unwrap_or_default() })
        } else {
            (State::Missing, Fact::NodeNotRoutable { ip })
        })
    }
}

/// The door to use: one that loopback reaches, at a node that has an endpoint if the
/// Service insists on that.
fn best<'a>(doors: &[Door<'a>], wanted: &Wanted) -> Option<Door<'a>> {
    let local = wanted.service.spec.is_local_only();
    doors.iter().copied().min_by_key(|Door { node, binding, .. }| {
        let away = local && !wanted.endpoint_nodes.contains(&node.name);
        let shut = match wanted.viewer {
            Viewer::Lan => binding.is_loopback_only(),
            Viewer::Here | Viewer::Windows => binding.loopback().is_none(),
        };
        (away, shut, binding.host_ip.is_some_and(|ip| ip.is_ipv6()))
    })
}

/// A port of this host that leads to a node port.
#[derive(Clone, Copy)]
struct Door<'a> {
    /// The node that it leads to.
    node: &'a Container,
    /// The container that publishes it: the node itself, or a forwarder.
    container: &'a str,
    binding: &'a Binding,
}

/// `127.0.0.1:8080`, as the viewer would write it.
pub fn shown_at(door: &Binding, viewer: Viewer) -> String {
    let ip = match viewer {
        Viewer::Here => door.loopback().or(door.host_ip),
        Viewer::Windows | Viewer::Lan => door.host_ip,
    };
    SocketAddr::new(ip.unwrap_or(IpAddr::from([0, 0, 0, 0])), door.host_port).to_string()
}
