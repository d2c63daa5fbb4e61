//! Roads into a VM: what its walls bring out, and the node's own address where this
//! computer is in that network.

use std::net::{IpAddr, SocketAddr};

use super::InVm;
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::environment::walls::viewer::{By, from_elsewhere};
use crate::environment::walls::{Opened, Port, through};
use crate::environment::{Plan, Wanted};
use crate::report::{Evidence, Fact, Hop, NotProbed, Owner, RoadId, Source, Stage, State};
use crate::request::Viewer;

impl InVm {
    pub(super) fn all_roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut plans = Vec::new();
        let is_balanced = wanted.service.spec.kind == "LoadBalancer";
        let has_walls = !self.walls.is_empty();
        if has_walls && is_balanced {
            let port = Port { number: wanted.port.port, opened: Opened::LoadBalancer };
            plans.push(self.forwarded(asking, wanted, port));
        } else if has_walls && wanted.port.node_port != 0 {
            let opened = if wanted.host_port { Opened::HostPort } else { Opened::NodePort };
            let port = Port { number: wanted.port.node_port, opened };
            plans.push(self.forwarded(asking, wanted, port));
        }
        if is_balanced {
            plans.extend(self.load_balancer(wanted, has_walls));
        }
        if wanted.port.node_port != 0 {
            plans.extend(self.node_address(wanted));
        }
        if wanted.service.spec.kind == "ClusterIP" && self.vm.is_routed() {
            plans.extend(self.cluster_address(wanted));
        }
        plans
    }

    /// The address that a load balancer of the cluster gave, where this computer is in its
    /// network.
    fn load_balancer(&self, wanted: &Wanted, has_walls: bool) -> Option<Plan> {
        let node = self.nodes().first().map(|(name, _)| name.clone());
        let mut plan = Plan::new(RoadId::LoadBalancer, Vec::new(), node);
        let all = &wanted.service.status.load_balancer.ingress;
        let mut addresses = all.iter().filter_map(|entry| entry.ip.as_deref()?.parse::<IpAddr>().ok());
        let host = self.host.as_ref()?;
        let reached = |ip: &IpAddr| !ip.is_loopback() && host.reaches(*ip);
        let Some(ip) = addresses.clone().find(reached).or_else(|| addresses.next()) else {
            // Where walls bring it out, whether it has an address does not matter.
            if has_walls || wanted.service.status.load_balancer.address().is_some() {
                return None;
            }
            let pending = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
            let (stage, owner) = (Stage::Two, Owner::Kubernetes);
            plan.hops.push(Hop { stage, owner, ..Hop::way_in(State::Missing, pending) });
            let class = wanted.service.spec.load_balancer_class.clone();
            let finding = Finding::LoadBalancerNoProvider { class, metallb: false };
            plan.block(finding, wanted.port_forward().into_iter().collect());
            return Some(plan);
        };
        let given = Evidence::new(Source::Api("Service"), Fact::LoadBalancerAddress { address: ip.to_string() });
        let mut hop = Hop::way_in(State::Unknown, given);
        let (state, evidence) = self.seen_from_here(ip);
        hop.state = state;
        hop.evidence.push(evidence);
        plan.hops.push(hop);
        if state == State::Present && wanted.viewer == Viewer::Here {
            plan.open(SocketAddr::new(ip, wanted.port.port));
        }
        Some(plan)
    }

    /// What an address inside is to this computer.
    fn seen_from_here(&self, ip: IpAddr) -> (State, Evidence) {
        // It has just answered there.
        if self.nodes.known().is_some() && self.server.address() == Some(ip) {
            return (State::Present, Evidence::new(Source::ApiServer, Fact::ApiServerAt { ip }));
        }
        let attached = self.host.as_ref().and_then(|host| host.interface_to(ip));
        let (state, fact) = match attached.filter(|_| !self.vm.is_inside(ip)) {
            Some(interface) => (State::Present, Fact::NodeRoutable { ip, interface }),
            None if self.vm.is_routed() => (State::Unknown, Fact::NodeAt { ip }),
            None => (State::Missing, Fact::NodeNotRoutable { ip }),
        };
        (state, Evidence::new(Source::Interfaces, fact))
    }

    /// The cluster address, which the product routes to this computer. Nobody sees that it
    /// does, and without it a probe would leave by the default route.
    fn cluster_address(&self, wanted: &Wanted) -> Option<Plan> {
        let ip: IpAddr = wanted.service.spec.cluster_ip.parse().ok()?;
        if wanted.viewer != Viewer::Here {
            return None;
        }
        let fact = Fact::RoutedByProduct { product: self.product, ip };
        let mut hop = Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact));
        let why = NotProbed::NotProvenLocal;
        hop.evidence.push(Evidence::new(Source::Request, Fact::NotProbed { why }));
        let node = self.nodes().first().map(|(name, _)| name.clone());
        let mut plan = Plan::new(RoadId::ClusterAddress, vec![hop], node);
        plan.entry = Some(SocketAddr::new(ip, wanted.port.port));
        Some(plan)
    }

    /// Through the walls, to a port of this computer.
    fn forwarded(&self, asking: &Asking, wanted: &Wanted, port: Port) -> Plan {
        let node = self.nodes().first().map(|(name, _)| name.clone());
        let mut plan = Plan::new(RoadId::ForwardedPort, Vec::new(), node);
        if let Some((hop, blocked)) = self.vm.balancer(asking, wanted).filter(|_| port.opened == Opened::LoadBalancer) {
            plan.hops.push(hop);
            if blocked.is_some() {
                plan.blocked = blocked;
                return plan;
            }
        }
        let outside = through(&self.walls, asking, wanted, port, &mut plan);
        let by = if self.vm.is_beside() { By::Product(self.product) } else { By::Here };
        from_elsewhere(wanted, outside, Some(by), &mut plan);
        plan
    }

    /// The node port at an address that the VM has in a network of this computer's.
    fn node_address(&self, wanted: &Wanted) -> Option<Plan> {
        if wanted.viewer != Viewer::Here || !wanted.service.spec.has_ipv4() {
            return None;
        }
        let (name, ip) = self.nodes().first()?;
        self.host.as_ref()?;
        let ip = (*ip)?;
        let mut plan = Plan::new(RoadId::NodeAddress, Vec::new(), Some(name.clone()));
        let (state, evidence) = self.seen_from_here(ip);
        plan.hops.push(Hop::way_in(state, evidence));
        if state == State::Present {
            plan.open(SocketAddr::new(ip, wanted.port.node_port));
        }
        Some(plan)
    }
}
