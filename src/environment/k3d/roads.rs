//! k3d's roads to a port: what the proxy or a node publishes, the nodes' own addresses, and
//! the addresses of a LoadBalancer Service.
//!
//! The proxy passes a connection on to the *same* port of a node (`proxy/templates/nginx.tmpl`):
//! to a node port, or to the Service's own port, which k3s's load balancer takes there. It
//! accepts whatever is behind it, and after a failure it closes at once for ten seconds, so
//! nothing is open by a connect and nothing is missing by an end of the connection (seen).

use std::net::{IpAddr, SocketAddr};

use super::Cluster;
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::servicelb::{self, ServiceLb};
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::cluster::{ServicePort, metallb, nodes};
use crate::fact::host::listeners;
use crate::report::{Action, Evidence, Fact, Hop, Remedy, RoadId, Source, State};
use crate::request::Viewer;

/// How many ports of this host are looked at, until one is free.
const MAX_PORTS: usize = 5;

impl Cluster {
    /// The roads of a port, whatever the Service's type.
    pub(super) fn all_roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let balanced = wanted.service.spec.kind == "LoadBalancer";
        let balancer =
            (balanced && wanted.service.spec.load_balancer_class.is_none()).then(|| servicelb::look(asking, wanted));
        let address = (wanted.port.node_port != 0).then(|| self.containers.node_address(wanted)).flatten();
        let mut plans = Vec::new();
        if balanced {
            plans.extend(self.load_balancer(asking, wanted, balancer.as_ref()));
        }
        let direct = plans.iter().chain(&address).any(|plan| plan.entry.is_some());
        // Where a node's address leads in, a port that nobody published is no missing hop.
        let published = self.published(asking, wanted, balancer.as_ref());
        plans.extend(published.filter(|plan| !direct || plan.blocked.is_none() || plan.entry.is_some()));
        plans.extend(address);
        // Of those that are closed the first one is the cause; what may be open is told first.
        plans.sort_by_key(|plan| plan.blocked.is_some() && plan.entry.is_none());
        for plan in &mut plans {
            self.choose_free_ports(asking, wanted, plan);
        }
        plans
    }

    /// The road through a published port: to the node port, else to the Service's own port.
    fn published(&self, asking: &Asking, wanted: &Wanted, balancer: Option<&ServiceLb>) -> Option<Plan> {
        let by_node_port = (wanted.port.node_port != 0).then(|| self.containers.published(asking, wanted, self));
        if by_node_port.as_ref().is_some_and(|plan| plan.blocked.is_none() || plan.entry.is_some()) {
            return by_node_port;
        }
        balancer.and_then(|balancer| self.at_service_port(asking, wanted, balancer)).or(by_node_port)
    }

    /// The road through a published port to the Service's own port on the nodes. It is this
    /// Service's only where its own Pod of the load balancer is ready: on another node, or
    /// while that Pod waits, the port may be another Service's, Traefik's for one.
    fn at_service_port(&self, asking: &Asking, wanted: &Wanted, balancer: &ServiceLb) -> Option<Plan> {
        // Nobody takes the port for a Service that ServiceLB has nothing for.
        if matches!(balancer, ServiceLb::Absent) && wanted.service.status.load_balancer.ingress.is_empty() {
            return None;
        }
        let port = ServicePort { node_port: wanted.port.port, ..wanted.port.clone() };
        let mut plan = self.containers.published(asking, &Wanted { port: &port, ..*wanted }, self);
        let missing = plan.blocked.as_ref().map(|blocked| &blocked.finding);
        if missing.is_some_and(|finding| {
            use Finding as F;
            matches!(
                finding,
                F::NodePortNotPublished { .. }
                    | F::PublishedPortIsNotTheNodePort { .. }
                    | F::PublishedWithOtherProtocol { .. }
            )
        }) {
            return None;
        }
        if plan.hops.iter().any(|hop| hop.state == State::Missing) {
            return Some(plan); // for this computer only, or its container is stopped
        }
        let mut running = self.containers.running().peekable();
        let everywhere = running.peek().is_some() && running.all(|node| balancer.takes_on(&node.name));
        let own = plan.node.as_deref().map_or(everywhere, |node| balancer.takes_on(node));
        let (mut hop, blocked) = balancer.hop(port.port);
        if own {
            plan.hops.iter_mut().for_each(|way_in| way_in.evidence.append(&mut hop.evidence));
            return Some(plan);
        }
        plan.entry = None;
        plan.blocked = blocked;
        if hop.state == State::Present {
            // On some nodes, and not known to be on the one that the proxy chooses.
            for way_in in &mut plan.hops {
                way_in.state = State::Unknown;
                way_in.evidence.append(&mut hop.evidence);
            }
        } else {
            plan.hops.push(hop);
        }
        Some(plan)
    }

    /// The road to an address of the Service's load balancer: with k3s's own that is a
    /// node's, and as near or far as the node itself (K7).
    fn load_balancer(&self, asking: &Asking, wanted: &Wanted, balancer: Option<&ServiceLb>) -> Option<Plan> {
        let service = wanted.service;
        let mut plan = Plan::new(RoadId::LoadBalancer, Vec::new(), None);
        let way_in = |state, fact| Hop::way_in(state, Evidence::new(Source::Api("Service"), fact));
        let addresses = servicelb::addresses(service, &nodes(asking));
        let (hop, blocked) = balancer.map(|balancer| balancer.hop(wanted.port.port)).unzip();
        if let Some(Some(blocked)) = blocked {
            plan.hops.extend(hop);
            plan.blocked = Some(blocked);
            return Some(plan);
        }
        if service.status.load_balancer.ingress.is_empty() {
            match (balancer, &service.spec.load_balancer_class) {
                (_, Some(class)) => {
                    plan.hops.push(way_in(State::Missing, Fact::LoadBalancerPending));
                    plan.block(Finding::LoadBalancerClassUnserved { class: class.clone() }, self.around(wanted));
                }
                (Some(ServiceLb::Absent), _) => {
                    let mut pending = way_in(State::Missing, Fact::LoadBalancerPending);
                    pending.evidence.extend(hop.into_iter().flat_map(|hop| hop.evidence));
                    plan.hops.push(pending);
                    plan.block(Finding::LoadBalancerPending { class: None }, self.around(wanted));
                }
                _ => {
                    plan.hops.push(way_in(State::Unknown, Fact::LoadBalancerPending));
                    plan.hops.extend(hop);
                }
            }
            return Some(plan);
        }
        // The engine's bridge is this computer's own; nobody else has a route to it.
        if wanted.viewer != Viewer::Here {
            return None;
        }
        let own = |(ip, node): &(IpAddr, Option<String>)| {
            let node = self.containers.running().find(|own| Some(&own.name) == node.as_ref())?;
            let taken = balancer.is_some_and(|balancer| balancer.takes_on(&node.name));
            (taken && self.containers.address(node) == Some(*ip)).then_some((*ip, node))
        };
        let shown = service.status.load_balancer.address().unwrap_or_default().to_owned();
        let Some((ip, node)) = addresses.iter().find_map(own) else {
            // A name, an address of no node, or of one that does not take the port: whoever
            // answers there may be a stranger.
            let named = addresses.is_empty();
            let fact = if named {
                Fact::LoadBalancerName { name: shown }
            } else {
                Fact::LoadBalancerAddress { address: shown }
            };
            let mut entry = way_in(State::Unknown, fact);
            if addresses.first().is_some_and(|(_, node)| node.is_none()) {
                entry.evidence.push(Evidence::new(Source::Api("Node"), Fact::AddressOfNoNode));
            }
            plan.hops.push(entry);
            plan.hops.extend(hop.filter(|hop| hop.state != State::Present));
            let near = addresses.first().map(|(ip, _)| *ip).filter(|ip| self.containers.near(*ip));
            if let (Some(ip), Seen::Known(_)) = (near, metallb(asking)) {
                plan.open(SocketAddr::new(ip, wanted.port.port));
            }
            return Some(plan);
        };
        let mut entry = way_in(State::Unknown, Fact::LoadBalancerAddress { address: ip.to_string() });
        entry.evidence.extend(hop.into_iter().flat_map(|hop| hop.evidence));
        let route = self.containers.address_fact(node);
        if let Some((state, fact)) = route {
            entry.state = state;
            entry.evidence.insert(1, Evidence::new(Source::Interfaces, fact));
        }
        plan.hops.push(entry);
        match plan.hops[0].state {
            State::Present => plan.open(SocketAddr::new(ip, wanted.port.port)),
            State::Missing => {
                let finding = Finding::LoadBalancerAddressUnreachable { address: ip.to_string() };
                plan.block(finding, self.around(wanted));
            }
            State::Unknown | State::NotNeeded => {}
        }
        Some(plan)
    }

    /// Ways that need no route to the nodes. While the load balancer takes the Service's own
    /// port, that is the one to publish: it stays the same when the Service is made again.
    fn around(&self, wanted: &Wanted) -> Vec<Remedy> {
        let host_port = wanted.kubectl.local_port(wanted.port.port);
        let served = wanted.service.spec.load_balancer_class.is_none()
            && !wanted.service.status.load_balancer.ingress.is_empty();
        let port = if served { wanted.port.port } else { wanted.port.node_port };
        let publish = (self.containers.proxy.is_some() && port != 0).then(|| self.add_port(wanted, host_port, port));
        publish.into_iter().chain(wanted.port_forward()).collect()
    }

    /// Chooses another port of this host for k3d where a program is seen to listen on it: a
    /// proxy that cannot have its port does not come up again (seen with k3d v5).
    fn choose_free_ports(&self, asking: &Asking, wanted: &Wanted, plan: &mut Plan) {
        let Some(Blocked { remedies, .. }) = &mut plan.blocked else { return };
        let known = |port: &u16| !wanted.kubectl.taken.contains(port);
        let free = |port: &u16| listeners(asking, *port).known().is_none_or(|seen| seen.is_empty());
        remedies.retain_mut(|remedy| {
            let Action::AddPort { host_port, port } = remedy.action else { return true };
            let chosen = (host_port..u16::MAX).filter(known).take(MAX_PORTS).find(free);
            chosen.map(|chosen| *remedy = self.add_port(wanted, chosen, port)).is_some()
        });
    }
}
