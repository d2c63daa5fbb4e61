//! LoadBalancer Services of a cluster whose node is this computer. What gives them an
//! address runs in the cluster, if anything does: no layer is in front of the node.

use std::net::{IpAddr, SocketAddr};

use super::own_address;
use super::place::Cluster;
use super::roads::{network, open_to_others};
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::diagnose::service::load_balancer::port_error;
use crate::environment::servicelb::{self, ServiceLb};
use crate::environment::walls::viewer::{By, Offer};
use crate::environment::{Plan, Wanted};
use crate::fact::cluster::metallb;
use crate::report::{Action, Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, Stage, State};
use crate::request::Viewer;

impl Cluster {
    /// The road to the address that a load balancer of the cluster gave.
    pub(super) fn load_balancer(&self, asking: &Asking, wanted: &Wanted) -> Plan {
        let own = self.own().map(|own| own.name.clone());
        let mut plan = Plan::new(RoadId::LoadBalancer, Vec::new(), own);
        // Every provider must leave a Service with a class to the provider of that class.
        let is_servicelbs = self.tool.has_servicelb() && wanted.service.spec.load_balancer_class.is_none();
        let servicelb = if is_servicelbs { servicelb::look(asking, wanted) } else { ServiceLb::Absent };
        match wanted.service.status.load_balancer.address() {
            Some(address) => self.addressed(wanted, &servicelb, address, &mut plan),
            None if matches!(servicelb, ServiceLb::Absent) => self.unprovided(asking, wanted, &mut plan),
            None => self.pending(wanted, &servicelb, &mut plan),
        }
        plan
    }

    /// Somebody gave the Service an address.
    fn addressed(&self, wanted: &Wanted, servicelb: &ServiceLb, first: &str, plan: &mut Plan) {
        let all = &wanted.service.status.load_balancer.ingress;
        let mut addresses = all.iter().filter_map(|entry| entry.ip.as_deref()?.parse::<IpAddr>().ok());
        // ServiceLB lists every node that has its Pod: this computer may be one of them.
        let Some(ip) = addresses.clone().find(|ip| self.owns(*ip)).or_else(|| addresses.next()) else {
            // A name is not resolved here: what it leads to is not known.
            let fact = Fact::LoadBalancerName { name: first.into() };
            plan.hops.push(network(State::Unknown, Evidence::new(Source::Api("Service"), fact)));
            return;
        };
        let given = Evidence::new(Source::Api("Service"), Fact::LoadBalancerAddress { address: ip.to_string() });
        let mut hop = self.at(wanted, ip, plan);
        hop.evidence.insert(0, given);
        let ranges = &wanted.service.spec.load_balancer_source_ranges;
        if !ranges.is_empty() {
            hop.evidence.push(Evidence::new(Source::Api("Service"), Fact::SourceRanges { ranges: ranges.clone() }));
        }
        if let Some(error) = port_error(wanted.service, wanted.port) {
            hop.evidence.push(Evidence::new(Source::Api("Service"), Fact::LoadBalancerPortError { error }));
        }
        plan.hops.push(hop);
        // Without ServiceLB it is another provider's address.
        if matches!(servicelb, ServiceLb::Absent) {
            return;
        }
        let (mut hop, blocked) = servicelb.hop(wanted.port.port);
        // The status is from before: here the port may be another Service's by now.
        let elsewhere = matches!(servicelb, ServiceLb::Ready { .. }) && self.owns(ip) && !self.takes(servicelb);
        if elsewhere {
            hop.state = State::Unknown;
        }
        plan.hops.push(hop);
        if blocked.is_some() || elsewhere {
            plan.entry = None;
            plan.offered = None;
            plan.stays_local = false;
            plan.blocked = blocked;
        }
    }

    /// Whether a load balancer's address is reached from here, and how that is known.
    fn at(&self, wanted: &Wanted, ip: IpAddr, plan: &mut Plan) -> Hop {
        let at = SocketAddr::new(ip, wanted.port.port);
        if wanted.viewer != Viewer::Here {
            plan.offered = self.owns(ip).then_some(Offer { at, by: By::Here });
            return open_to_others(at);
        }
        // It is the word of k3s without root, which listens at another port there, and of an
        // Ingress's status (the nginx addon of MicroK8s: `--publish-status-address=127.0.0.1`):
        // whoever answers on this computer's loopback may be a stranger.
        if ip.is_loopback() {
            let fact = Fact::NotProbed { why: NotProbed::MaybeStranger };
            return network(State::Unknown, Evidence::new(Source::Request, fact));
        }
        if self.owns(ip) {
            plan.open(at);
            return own_address(ip);
        }
        if let Some(interface) = self.host.as_ref().and_then(|host| host.interface_to(ip)) {
            plan.open(at);
            return network(State::Present, Evidence::new(Source::Interfaces, Fact::NodeRoutable { ip, interface }));
        }
        plan.entry = Some(at);
        network(State::Unknown, Evidence::new(Source::Interfaces, Fact::NodeNotRoutable { ip }))
    }

    /// ServiceLB is there, and no address yet.
    fn pending(&self, wanted: &Wanted, servicelb: &ServiceLb, plan: &mut Plan) {
        let waits = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
        // A Pod that took the port serves it, whatever the status says by now.
        let ready =
            self.own().and_then(|own| own.ip).filter(|_| self.takes(servicelb) && wanted.viewer == Viewer::Here);
        if let Some(ip) = ready {
            let mut hop = own_address(ip);
            hop.evidence.insert(0, waits);
            plan.hops.push(hop);
            plan.hops.push(servicelb.hop(wanted.port.port).0);
            plan.open(SocketAddr::new(ip, wanted.port.port));
            return;
        }
        let (mut hop, blocked) = servicelb.hop(wanted.port.port);
        hop.evidence.push(waits);
        plan.hops.push(hop);
        plan.blocked = blocked;
    }

    /// Nobody gives it an address. The hop is Kubernetes' own: what is missing is a program
    /// in the cluster.
    fn unprovided(&self, asking: &Asking, wanted: &Wanted, plan: &mut Plan) {
        let pending = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
        plan.hops.push(Hop { stage: Stage::Two, ..network(State::Missing, pending) });
        let class = wanted.service.spec.load_balancer_class.clone();
        let metallb = matches!(metallb(asking), Seen::Known(_));
        let mut remedies = Vec::new();
        if wanted.port.node_port == 0 {
            remedies.push(wanted.kubectl.allocate_node_ports(wanted.service));
        }
        if metallb {
            let pools = ["-n", "metallb-system", "get", "ipaddresspools.metallb.io"];
            remedies.push(Remedy::new(Action::ListAddressPools, wanted.kubectl.cluster(&pools)));
        } else if class.is_none() {
            remedies.extend(self.tool.load_balancer());
        }
        remedies.extend(wanted.port_forward());
        plan.block(Finding::LoadBalancerNoProvider { class, metallb }, remedies);
    }

    /// Whether ServiceLB took the Service's port on this computer.
    fn takes(&self, servicelb: &ServiceLb) -> bool {
        self.own().is_some_and(|own| servicelb.takes_on(&own.name))
    }

    fn owns(&self, ip: IpAddr) -> bool {
        self.host.as_ref().is_some_and(|host| host.owns(ip))
    }
}
