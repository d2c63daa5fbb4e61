//! Roads to a node port of a container: published on this host, or at the node's own address.

use std::net::{IpAddr, SocketAddr};

use super::stranger::entry;
use super::{Mender, NodeContainers};
use crate::answers::{Asking, Seen};
use crate::ask::Engine;
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::cluster::{PortRef, some_services};
use crate::fact::engine::{Binding, Container};
use crate::fact::host::Listener;
use crate::report::{Action, Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, State, Subject};
use crate::request::Viewer;

/// Node ports that Kubernetes gives out unless the API server is told otherwise.
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

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
                    return plan;
                }
                Viewer::Lan | Viewer::Windows => {
                    let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
                    plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Request, fact)));
                    return plan;
                }
            }
            plan.passes = self.passes_packets(node);
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

    /// Another program has the port: whatever it answers, it is not the Service's answer.
    fn taken(&self, plan: &mut Plan, host_port: u16, container: &str, other: &Listener, mender: &dyn Mender) {
        let (pid, name) = (other.pid, other.name.clone());
        let held = Evidence::new(Source::Processes, Fact::HeldBy { port: host_port, pid, name: name.clone() });
        plan.hops.last_mut().into_iter().for_each(|hop| hop.evidence.insert(0, held.clone()));
        plan.entry = None;
        let restart = mender.restart(container);
        let remedy = Remedy { action: Action::FreePort { pid, name: name.clone() }, ..restart };
        let container = container.to_owned();
        plan.block(Finding::PublishedPortTaken { host_port, pid, name, container, engine: self.engine }, vec![remedy]);
    }

    fn not_published(
        &self,
        asking: &Asking,
        mut plan: Plan,
        wanted: &Wanted,
        doors: &[(&Container, &Binding)],
        mender: &dyn Mender,
        idle_forwarder: Option<&Container>,
    ) -> Plan {
        let node_port = wanted.port.node_port;
        let protocol = wanted.port.protocol.to_ascii_lowercase();
        let open: Vec<_> = doors.iter().filter(|(_, door)| !self.reserved.contains(&door.container_port)).collect();
        let published = open.iter().map(|(_, door)| (door.host_port, door.container_port)).collect();
        let fact = Fact::NotPublished { node_port, published };
        let mut hop = Hop::way_in(State::Missing, Evidence::new(self.source(), fact));
        hop.evidence.extend(idle_forwarder.map(|forwarder| {
            let (name, state) = (forwarder.name.clone(), forwarder.state.clone());
            Evidence::new(self.source(), Fact::Forwarder { name, state })
        }));
        plan.hops.push(hop);

        // A stopped node publishes nothing; what it had asked for tells that it would.
        let asleep = self.publishers().filter(|node| !node.is_running()).find(|node| {
            node.requested.iter().any(|door| door.container_port == node_port && door.protocol == protocol)
        });
        if let Some(node) = asleep {
            plan.node = self.node_of(node);
            let blocked = self.stopped(node, mender);
            plan.block(blocked.finding, blocked.remedies);
            return plan;
        }

        if let Some((node, blocked)) = self.not_in_effect(wanted, mender) {
            plan.node = Some(node);
            plan.block(blocked.finding, blocked.remedies);
            return plan;
        }

        // "containerPort must be the nodePort": kind#808, #1523.
        let target = match &wanted.port.target_port {
            PortRef::Number(number) => Some(*number),
            PortRef::Name(_) => None,
        };
        let mistaken = open.iter().find(|(_, door)| {
            door.protocol == "tcp" && (door.container_port == wanted.port.port || Some(door.container_port) == target)
        });
        // Where a proxy publishes for all nodes, the port is missing there.
        let publisher = self.proxy.as_ref().or(self.control_plane());
        let container = publisher.map(|container| container.name.clone()).unwrap_or_default();
        let finding = match mistaken {
            Some((node, door)) => Finding::PublishedPortIsNotTheNodePort {
                node_port,
                service: None,
                published: door.container_port,
                host_port: door.host_port,
                container: node.name.clone(),
            },
            None => Finding::NodePortNotPublished {
                node_port,
                service: None,
                container,
                engine: self.engine,
                published: open.iter().map(|(_, door)| door.host_port).collect(),
            },
        };
        let mut remedies: Vec<Remedy> =
            idle_forwarder.map(|forwarder| self.start_forwarder(forwarder)).into_iter().collect();
        if let Some(door) = self.free_door(asking, &wanted.port.protocol) {
            remedies.push(move_node_port(wanted, door));
        }
        remedies.extend(mender.open(wanted).into_iter().filter(|remedy| {
            !(idle_forwarder.is_some() && matches!(remedy.action, Action::RunForwarder { .. })) // its name is taken
        }));
        let publish = mender.publish(wanted);
        let at = if publish.destructive { remedies.len() + 1 } else { remedies.len() };
        remedies.extend(wanted.port_forward());
        remedies.insert(at.min(remedies.len()), publish);
        plan.block(finding, remedies);
        plan
    }

    /// A node that runs and was asked to publish the port, and does not: it left its network,
    /// or the engine failed.
    fn not_in_effect(&self, wanted: &Wanted, mender: &dyn Mender) -> Option<(String, Blocked)> {
        let protocol = wanted.port.protocol.to_ascii_lowercase();
        let asked = |node: &&Container| {
            let mut doors = node.requested.iter();
            doors.any(|door| door.container_port == wanted.port.node_port && door.protocol == protocol)
        };
        let node = self.running().find(asked)?;
        let blocked = self.detached(node).unwrap_or_else(|| {
            let (container, engine, node_port) = (node.name.clone(), self.engine, wanted.port.node_port);
            let finding = Finding::PublishedPortNotInEffect { node_port, container, engine };
            Blocked { finding, remedies: vec![mender.restart(&node.name)] }
        });
        Some((node.name.clone(), blocked))
    }

    /// A published port in the node-port range that no Service uses. When the Services
    /// cannot be listed, the API server's own check remains: it refuses a node port that
    /// is taken.
    pub fn free_door(&self, asking: &Asking, protocol: &str) -> Option<&Binding> {
        let protocol = if protocol.is_empty() { "tcp".into() } else { protocol.to_ascii_lowercase() };
        let mut doors = self
            .publishers()
            .filter(|container| container.is_running())
            .flat_map(|container| &container.published)
            .filter(|door| NODE_PORTS.contains(&door.container_port) && !self.reserved.contains(&door.container_port))
            .filter(|door| door.protocol == protocol && door.loopback().is_some())
            .peekable();
        doors.peek()?;
        let services = some_services(asking);
        let used = |door: &Binding| {
            services.known().is_some_and(|services| {
                services
                    .iter()
                    .flat_map(|service| &service.spec.ports)
                    .any(|port| port.node_port == door.container_port)
            })
        };
        doors.find(|door| !used(door))
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
        let Some(host) = &self.host else { return false };
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
        (away, binding.loopback().is_none(), binding.host_ip.is_some_and(|ip| ip.is_ipv6()))
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

/// Moves the Service's node port onto a published one.
pub fn move_node_port(wanted: &Wanted, door: &Binding) -> Remedy {
    let value = door.container_port.to_string();
    let command = wanted.kubectl.patch_port(wanted.service, wanted.port, ("nodePort", &value), None);
    let action = Action::MoveNodePort { node_port: door.container_port, host_port: door.host_port };
    Remedy::new(action, command)
}
