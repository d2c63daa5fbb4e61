//! Roads to a node port of a container: published on this host, or at the node's own address.

use std::net::{IpAddr, SocketAddr};

use super::{Mender, NodeContainers};
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::cluster::{PortRef, some_services};
use crate::fact::engine::{Binding, Container};
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

        if let Some((node, door)) = best(&fitting, wanted) {
            let (container, at) = (node.name.clone(), shown_at(door, wanted.viewer));
            let fact = Fact::Published { container: container.clone(), at, container_port: node_port };
            plan.hops.push(Hop::way_in(State::Present, Evidence::new(self.source(), fact)));
            plan.node = self.node_of(node);
            match wanted.viewer {
                Viewer::Here => {
                    let ip = door.loopback().or(door.host_ip);
                    plan.entry = ip.map(|ip| SocketAddr::new(ip, door.host_port));
                    // An address that this computer had once may be a stranger's by now.
                    let owns = |ip| self.host.as_ref().is_some_and(|host| host.owns(ip));
                    plan.stays_local = ip.is_some_and(|ip| ip.is_loopback() || owns(ip));
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
            plan.block(finding, vec![mender.publish(wanted)]);
            return plan;
        }
        self.not_published(asking, plan, wanted, &others, mender)
    }

    fn not_published(
        &self,
        asking: &Asking,
        mut plan: Plan,
        wanted: &Wanted,
        doors: &[(&Container, &Binding)],
        mender: &dyn Mender,
    ) -> Plan {
        let node_port = wanted.port.node_port;
        let protocol = wanted.port.protocol.to_ascii_lowercase();
        let open: Vec<_> = doors.iter().filter(|(_, door)| !self.reserved.contains(&door.container_port)).collect();
        let published = open.iter().map(|(_, door)| (door.host_port, door.container_port)).collect();
        let fact = Fact::NotPublished { node_port, published };
        plan.hops.push(Hop::way_in(State::Missing, Evidence::new(self.source(), fact)));

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
        let mut remedies = Vec::new();
        if let Some(door) = self.free_door(asking, &wanted.port.protocol) {
            remedies.push(move_node_port(wanted, door));
        }
        remedies.extend(mender.open(wanted));
        let publish = mender.publish(wanted);
        let at = if publish.destructive { remedies.len() + 1 } else { remedies.len() };
        remedies.extend(wanted.port_forward());
        remedies.insert(at.min(remedies.len()), publish);
        plan.block(finding, remedies);
        plan
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
        let near = state == State::Present;
        Some(Plan {
            id: RoadId::NodeAddress,
            hops: vec![Hop::way_in(state, Evidence::new(Source::Interfaces, fact))],
            entry: near.then(|| SocketAddr::new(ip, wanted.port.node_port)),
            stays_local: near,
            node: Some(node.name.clone()),
            blocked: None,
        })
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
fn best<'a>(doors: &[(&'a Container, &'a Binding)], wanted: &Wanted) -> Option<(&'a Container, &'a Binding)> {
    let local = wanted.service.spec.is_local_only();
    doors.iter().copied().min_by_key(|(node, door)| {
        let away = local && !wanted.endpoint_nodes.contains(&node.name);
        (away, door.loopback().is_none(), door.host_ip.is_some_and(|ip| ip.is_ipv6()))
    })
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
