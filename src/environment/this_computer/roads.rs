//! The roads of a cluster whose node is this computer.

use std::net::{IpAddr, SocketAddr};

use super::place::{Cluster, Member};
use super::{cluster_address, own_address};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::service::load_balancer::port_error;
use crate::environment::{Plan, Wanted};
use crate::fact::cluster::metallb;
use crate::report::{Action, Evidence, Fact, Hop, NotProbed, Owner, Remedy, RoadId, Source, Stage, State, Subject};
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
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::ApiServer, fact));
        Plan::new(RoadId::NodeAddress, vec![hop], None)
    }

    /// The road to the address that a load balancer of the cluster gave.
    fn load_balancer(&self, asking: &Asking, wanted: &Wanted) -> Plan {
        let own = self.own().map(|own| own.name.clone());
        let mut plan = Plan::new(RoadId::LoadBalancer, Vec::new(), own);
        let status = &wanted.service.status.load_balancer;
        let Some(first) = status.address() else {
            self.pending(asking, wanted, &mut plan);
            return plan;
        };
        let addresses = status.ingress.iter().filter_map(|entry| entry.ip.as_deref()?.parse::<IpAddr>().ok());
        // ServiceLB lists all nodes: this computer is one of them.
        let is_own = |ip: &IpAddr| self.host.as_ref().is_some_and(|host| host.owns(*ip));
        let Some(ip) = addresses.clone().find(is_own).or_else(|| addresses.clone().next()) else {
            // A name is not resolved here: what it leads to is not known.
            let fact = Fact::LoadBalancerName { name: first.into() };
            plan.hops.push(network(State::Unknown, Evidence::new(Source::Api("Service"), fact)));
            return plan;
        };
        let at = SocketAddr::new(ip, wanted.port.port);
        let given = Evidence::new(Source::Api("Service"), Fact::LoadBalancerAddress { address: ip.to_string() });
        let mut hop = self.balancer_at(wanted, ip, at, &mut plan);
        hop.evidence.insert(0, given);
        let ranges = &wanted.service.spec.load_balancer_source_ranges;
        if !ranges.is_empty() {
            hop.evidence.push(Evidence::new(Source::Api("Service"), Fact::SourceRanges { ranges: ranges.clone() }));
        }
        if let Some(error) = port_error(wanted.service, wanted.port) {
            hop.evidence.push(Evidence::new(Source::Api("Service"), Fact::LoadBalancerPortError { error }));
        }
        plan.hops.push(hop);
        plan
    }

    /// Whether a load balancer's address is reached from here, and how that is known.
    fn balancer_at(&self, wanted: &Wanted, ip: IpAddr, at: SocketAddr, plan: &mut Plan) -> Hop {
        if wanted.viewer != Viewer::Here {
            return open_to_others(at);
        }
        // An Ingress's status may have 127.0.0.1 (MicroK8s' addon up to 1.35:
        // `--publish-status-address=127.0.0.1`); its walk tells a stranger from the controller.
        // In the status of a Service it is the word of k3s without root, which listens at
        // another port there.
        let of_front = wanted.service.metadata.name.is_empty();
        let host = self.host.as_ref();
        if ip.is_loopback() && !of_front {
            return network(State::Unknown, Evidence::new(Source::Request, not_proven()));
        }
        if ip.is_loopback() || host.is_some_and(|host| host.owns(ip)) {
            plan.open(at);
            return own_address(ip);
        }
        let interface = host.and_then(|host| host.interface_to(ip));
        match interface {
            Some(interface) => {
                plan.open(at);
                network(State::Present, Evidence::new(Source::Interfaces, Fact::NodeRoutable { ip, interface }))
            }
            None => {
                plan.entry = Some(at);
                network(State::Unknown, Evidence::new(Source::Interfaces, Fact::NodeNotRoutable { ip }))
            }
        }
    }

    /// No address: on a computer of one's own nothing but a program in the cluster gives one.
    /// That is no layer in front of the node, so the hop is Kubernetes' own.
    fn pending(&self, asking: &Asking, wanted: &Wanted, plan: &mut Plan) {
        let pending = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
        let hop = Hop { stage: Stage::Two, ..network(State::Missing, pending) };
        plan.hops.push(hop);
        let class = wanted.service.spec.load_balancer_class.clone();
        let metallb = matches!(metallb(asking), Seen::Known(_));
        let mut remedies = Vec::new();
        if metallb {
            let pools = ["-n", "metallb-system", "get", "ipaddresspools.metallb.io"];
            remedies.push(Remedy::new(Action::ListAddressPools, wanted.kubectl.cluster(&pools)));
        } else if class.is_none() {
            remedies.extend(self.tool.load_balancer());
        }
        remedies.extend(wanted.port_forward());
        plan.block(Finding::LoadBalancerNoProvider { class, metallb }, remedies);
    }
}

/// Whether a Service is served in the family of an address.
fn served(wanted: &Wanted, ip: IpAddr) -> bool {
    !ip.is_ipv4() || wanted.service.spec.has_ipv4()
}

/// A way in that no virtualization layer is part of.
fn network(state: State, evidence: Evidence) -> Hop {
    Hop { owner: Owner::Kubernetes, ..Hop::way_in(state, evidence) }
}

/// An address of this cluster, for a browser on another computer. What is in between is not
/// seen from here.
fn open_to_others(at: SocketAddr) -> Hop {
    let mut hop = network(State::Unknown, Evidence::new(Source::Interfaces, Fact::OpenToOthers { at }));
    hop.evidence.push(Evidence::new(Source::Request, Fact::NotProbed { why: NotProbed::OtherViewer }));
    hop
}

fn not_proven() -> Fact {
    Fact::NotProbed { why: NotProbed::NotProvenLocal }
}
