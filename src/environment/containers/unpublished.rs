//! What closes a node port that is not published, and what opens it.

use super::{Mender, NodeContainers};
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, NODE_PORTS, Plan, Wanted};
use crate::fact::cluster::{PortRef, some_services};
use crate::fact::engine::{Binding, Container};
use crate::report::{Action, Evidence, Fact, Hop, Remedy, State};

/// How many of the ports that are published instead are named, for each port that is not.
const NAMED: usize = 20;

impl NodeContainers {
    /// The road through a published port where none leads to the node port, and why.
    pub(super) fn not_published(
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
        let published = open.iter().map(|(_, door)| (door.host_port, door.container_port)).take(NAMED).collect();
        let fact = Fact::NotPublished { node_port, published, more: open.len().saturating_sub(NAMED) };
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
                published: open.iter().map(|(_, door)| door.host_port).take(NAMED).collect(),
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
}

/// Moves the Service's node port onto a published one.
pub fn move_node_port(wanted: &Wanted, door: &Binding) -> Remedy {
    let value = door.container_port.to_string();
    let command = wanted.kubectl.patch_port(wanted.service, wanted.port, ("nodePort", &value), None);
    let action = Action::MoveNodePort { node_port: door.container_port, host_port: door.host_port };
    Remedy::new(action, command)
}
