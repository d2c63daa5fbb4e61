//! The roads of a cluster whose node is this computer.

use std::net::{IpAddr, SocketAddr};

use super::place::{Cluster, Member};
use super::{cluster_address, own_address};
use crate::answers::Asking;
use crate::ask::Why;
use crate::environment::walls::viewer::{By, Offer};
use crate::environment::{Plan, Wanted};
use crate::report::{Evidence, Fact, Hop, NotProbed, Owner, RoadId, Source, State, Subject};
use crate::request::Viewer;

impl Cluster {
    /// The roads of a port, whatever the Service's type.
    pub(super) fn all_roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut plans = Vec::new();
        if wanted.service.spec.kind == "LoadBalancer" {
            plans.push(self.load_balancer(asking, wanted));
        }
        if wanted.port.node_port != 0 {
            plans.extend(self.node_ports(wanted));
        }
        if wanted.service.spec.kind == "ClusterIP" {
            plans.extend(self.own().and_then(|own| cluster_address(wanted, own.name.clone())));
        }
        plans
    }

    /// The node port, at this computer's own address. It is not looked for at 127.0.0.1:
    /// kube-proxy serves it there in its iptables mode only (kubernetes.io, "Virtual IPs and
    /// Service Proxies": migration to nftables), and another program may have that port.
    fn node_ports(&self, wanted: &Wanted) -> Vec<Plan> {
        let Some(own) = self.own() else { return vec![self.unseen()] };
        let mut plans = Vec::new();
        // With externalTrafficPolicy Local only a node that has an endpoint answers.
        let serves = |member: &Member| wanted.endpoint_nodes.contains(&member.name);
        if wanted.service.spec.is_local_only() && !serves(own) {
            plans.extend(self.members().iter().find(|member| serves(member)).and_then(|far| self.other(wanted, far)));
        }
        plans.extend(own.ip.filter(|ip| served(wanted, *ip)).map(|ip| {
            let at = SocketAddr::new(ip, wanted.port.node_port);
            let mut plan = Plan::new(RoadId::NodeAddress, Vec::new(), Some(own.name.clone()));
            if wanted.viewer == Viewer::Here {
                plan.hops.push(own_address(ip));
                plan.open(at);
            } else {
                plan.hops.push(open_to_others(at));
                plan.offered = Some(Offer { at, by: By::Here });
            }
            plan
        }));
        plans
    }

    /// The node port of another computer of the cluster.
    fn other(&self, wanted: &Wanted, member: &Member) -> Option<Plan> {
        let ip = member.ip.filter(|ip| served(wanted, *ip))?;
        let at = SocketAddr::new(ip, wanted.port.node_port);
        let mut plan = Plan::new(RoadId::NodeAddress, Vec::new(), Some(member.name.clone()));
        if wanted.viewer != Viewer::Here {
            plan.hops.push(open_to_others(at));
            return Some(plan);
        }
        let interface = self.host.as_ref().and_then(|host| host.interface_to(ip));
        let (state, fact) = match interface {
            Some(interface) => (State::Present, Fact::NodeRoutable { ip, interface }),
            None => (State::Unknown, Fact::NodeAt { ip }),
        };
        plan.hops.push(network(state, Evidence::new(Source::Interfaces, fact)));
        plan.entry = Some(at);
        plan.stays_local = state == State::Present;
        Some(plan)
    }

    /// The way to a node port where the Nodes could not be read.
    fn unseen(&self) -> Plan {
        let why = self.members.unavailable().cloned().unwrap_or(Why::NotRecorded);
        let fact = Fact::CouldNotLook { what: Subject::Resource("nodes"), why };
        let hop = network(State::Unknown, Evidence::new(Source::ApiServer, fact));
        Plan::new(RoadId::NodeAddress, vec![hop], None)
    }
}

/// Whether a Service is served in the family of an address.
fn served(wanted: &Wanted, ip: IpAddr) -> bool {
    !ip.is_ipv4() || wanted.service.spec.has_ipv4()
}

/// A way in that no virtualization layer is part of.
pub(super) fn network(state: State, evidence: Evidence) -> Hop {
    Hop { owner: Owner::Kubernetes, ..Hop::way_in(state, evidence) }
}

/// An address of this cluster, for a browser on another computer. What is in between is not
/// seen from here.
pub(super) fn open_to_others(at: SocketAddr) -> Hop {
    let mut hop = network(State::Unknown, Evidence::new(Source::Interfaces, Fact::OpenToOthers { at }));
    hop.evidence.push(Evidence::new(Source::Request, Fact::NotProbed { why: NotProbed::OtherViewer }));
    hop
}
