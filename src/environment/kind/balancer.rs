//! LoadBalancer Services on kind: the road through the container that cloud-provider-kind
//! makes for each, or to an address of MetalLB.

use std::net::{IpAddr, SocketAddr};

use super::Cluster;
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::diagnose::service::load_balancer::{no_node, port_error};
use crate::environment::walls::viewer::{By, Offer};
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::cluster::metallb;
use crate::fact::engine::{Binding, Container};
use crate::report::{Action, Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, State, Subject};
use crate::request::Viewer;

impl Cluster {
    /// The road to the address that a load-balancer provider gave the Service.
    pub(super) fn load_balancer(&self, asking: &Asking, wanted: &Wanted) -> Plan {
        let mut plan = Plan::new(RoadId::LoadBalancer, Vec::new(), None);
        let Some(address) = wanted.service.status.load_balancer.address() else {
            return self.pending(asking, wanted, plan);
        };
        let ip: Option<IpAddr> = address.parse().ok();
        let fact = match ip {
            Some(_) => Fact::LoadBalancerAddress { address: address.into() },
            None => Fact::LoadBalancerName { name: address.into() },
        };
        let mut hop = Hop::way_in(State::Unknown, Evidence::new(Source::Api("Service"), fact));
        let ranges = &wanted.service.spec.load_balancer_source_ranges;
        if !ranges.is_empty() {
            hop.evidence.push(Evidence::new(Source::Api("Service"), Fact::SourceRanges { ranges: ranges.clone() }));
        }
        plan.blocked = self.port_error(asking, wanted, &mut hop);
        match self.provided(asking) {
            Seen::Known(all) => match self.serving(&all, wanted, ip) {
                Some(container) => self.through(asking, wanted, plan, hop, (container, ip)),
                None => self.without_container(asking, wanted, plan, hop, (address, ip)),
            },
            Seen::Unavailable(why) => {
                let fact = Fact::CouldNotLook { what: Subject::Engine(self.containers.engine), why };
                hop.evidence.push(Evidence::new(self.containers.source(), fact));
                plan.hops.push(hop);
                plan
            }
            Seen::Pending | Seen::Absent => {
                plan.hops.push(hop);
                plan
            }
        }
    }

    /// No address: nobody serves the Service, or its container could not start.
    fn pending(&self, asking: &Asking, wanted: &Wanted, mut plan: Plan) -> Plan {
        let evidence = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
        plan.hops.push(Hop::way_in(State::Missing, evidence));
        if let Some(class) = &wanted.service.spec.load_balancer_class {
            // Every provider must leave a Service with a class to the provider of that
            // class (kubernetes/cloud-provider `controllers/service/controller.go`,
            // wantsLoadBalancer), cloud-provider-kind among them.
            let finding = Finding::LoadBalancerClassUnserved { class: class.clone() };
            plan.block(finding, self.around_provider(asking, wanted));
            return plan;
        }
        // Seen: two Services with one port, published both; the second container stays
        // `created`, and the Event about it is cut off before the reason.
        let provided = self.provided(asking);
        let own = provided.known().and_then(|all| self.serving(all, wanted, None));
        if let Some(container) = own.filter(|own| !own.error.is_empty()) {
            self.failed(asking, wanted, container, &mut plan);
            return plan;
        }
        plan.block(Finding::LoadBalancerPending { class: None }, self.without_provider(asking, wanted));
        plan
    }

    /// Its container could not start, for example because the port is taken: nor would it now.
    fn failed(&self, asking: &Asking, wanted: &Wanted, container: &Container, plan: &mut Plan) {
        let error = container.error.clone();
        if let Some(hop) = plan.hops.last_mut() {
            let fact = Fact::LoadBalancerPortError { error: error.clone() };
            hop.evidence.push(Evidence::new(self.containers.source(), fact));
        }
        let finding = Finding::LoadBalancerPortError { port: wanted.port.port, error };
        plan.block(finding, self.around_provider(asking, wanted));
    }

    /// What the provider says of the port; it counts if the probe does not get through.
    fn port_error(&self, asking: &Asking, wanted: &Wanted, hop: &mut Hop) -> Option<Blocked> {
        let error = port_error(wanted.service, wanted.port)?;
        let fact = Fact::LoadBalancerPortError { error: error.clone() };
        hop.evidence.push(Evidence::new(Source::Api("Service"), fact));
        let finding = Finding::LoadBalancerPortError { port: wanted.port.port, error };
        Some(Blocked { finding, remedies: self.around_provider(asking, wanted) })
    }

    /// Why cloud-provider-kind's proxy has nowhere to send to, if that is so.
    fn nowhere(asking: &Asking, wanted: &Wanted) -> Option<Blocked> {
        // Its proxy sends to node ports (`pkg/loadbalancer/proxy.go:236-256`), and there is none
        // (seen: it is configured with port 0, accepts and closes).
        if wanted.port.node_port == 0 && !wanted.service.metadata.name.is_empty() {
            let turned_off = wanted.service.spec.allocate_load_balancer_node_ports == Some(false);
            let remedies = turned_off.then(|| wanted.kubectl.allocate_node_ports(wanted.service)).into_iter().collect();
            let finding = Finding::NodePortNotAllocated { port: wanted.port.port, turned_off };
            return Some(Blocked { finding, remedies });
        }
        no_node(asking, wanted)
    }

    /// A container serves the Service.
    fn through(
        &self,
        asking: &Asking,
        wanted: &Wanted,
        mut plan: Plan,
        mut hop: Hop,
        (container, ip): (&Container, Option<IpAddr>),
    ) -> Plan {
        let (name, state) = (container.name.clone(), container.state.clone());
        if !container.is_running() {
            let fact = Fact::Container { name: name.clone(), state: state.clone(), ip: None };
            hop.evidence.push(Evidence::new(self.containers.source(), fact));
            closing_first(&mut hop);
            plan.hops.push(hop);
            if !container.error.is_empty() {
                self.failed(asking, wanted, container, &mut plan);
                return plan;
            }
            let verb = if state == "paused" { "unpause" } else { "start" };
            let command = self.containers.command(&[verb, &name]);
            let start = Remedy::new(Action::StartLoadBalancerContainer, command);
            let finding = Finding::LoadBalancerContainerStopped { container: name, state };
            plan.block(finding, [vec![start], self.around_provider(asking, wanted)].concat());
            return plan;
        }
        hop.evidence.push(Evidence::new(self.containers.source(), Fact::ProviderRunning { container: name.clone() }));
        hop.state = State::Present;
        plan.blocked = plan.blocked.or_else(|| Self::nowhere(asking, wanted));
        let own = |ip: &IpAddr| container.networks.iter().any(|network| network.ip == Some(*ip));
        let doors = container.published.iter().filter(|door| door.container_port == wanted.port.port);
        let at = |door: &Binding| Some(SocketAddr::new(door.loopback()?, door.host_port));
        // Of a port without a fixed number each family has its own (seen).
        let door = doors.clone().filter_map(at).min_by_key(SocketAddr::is_ipv6);
        // The container's own address is the engine's, whoever is in the engine's network.
        let to_others = || doors.filter(|door| wanted.viewer == Viewer::Windows || !door.is_loopback_only());
        if wanted.viewer != Viewer::Here
            && let Some(door) = to_others().filter_map(at).min_by_key(SocketAddr::is_ipv6)
        {
            let fact = Fact::Published { container: name, at: door.to_string(), container_port: wanted.port.port };
            hop.evidence.push(Evidence::new(self.containers.source(), fact));
            plan.hops.push(hop);
            let elsewhere = Fact::NotProbed { why: NotProbed::OtherViewer };
            plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Request, elsewhere)));
            plan.offered = Some(Offer { at: door, by: By::Engine(self.containers.engine) });
            return plan;
        }
        match (ip.filter(|ip| self.containers.near(*ip)), door) {
            (Some(ip), _) if own(&ip) => plan.open(SocketAddr::new(ip, wanted.port.port)),
            (_, Some(door)) => {
                let fact = Fact::Published { container: name, at: door.to_string(), container_port: wanted.port.port };
                hop.evidence.push(Evidence::new(self.containers.source(), fact));
                plan.open(door);
            }
            // Of a container only its IPv4 address is known.
            (Some(ip), None) if ip.is_ipv6() => {
                hop.state = State::Unknown;
                plan.hops.push(hop);
                return plan;
            }
            // Seen after `docker restart`: the container has another address, and the status
            // the old one, which may be a stranger's by now.
            (Some(ip), None) => {
                let now = container.networks.iter().find_map(|network| network.ip);
                hop.evidence.pop();
                hop.evidence.push(Evidence::new(self.containers.source(), Fact::ContainerAt { name, ip: now }));
                closing_first(&mut hop);
                plan.hops.push(hop);
                let finding = Finding::LoadBalancerAddressMoved { address: ip, now };
                plan.block(
                    finding,
                    [vec![self.touch(wanted, &ip.to_string())], self.around_provider(asking, wanted)].concat(),
                );
                return plan;
            }
            // A name is not resolved here: what it leads to is not known.
            (None, None) => {
                plan.hops.push(hop);
                if let Some(ip) = ip {
                    let finding = Finding::LoadBalancerAddressUnreachable { address: ip.to_string() };
                    plan.block(finding, self.publishing(asking, wanted));
                }
                return plan;
            }
        }
        plan.hops.push(hop);
        if wanted.viewer != Viewer::Here {
            plan.entry = None;
        }
        plan
    }

    /// No container of cloud-provider-kind serves the address.
    fn without_container(
        &self,
        asking: &Asking,
        wanted: &Wanted,
        mut plan: Plan,
        mut hop: Hop,
        (address, ip): (&str, Option<IpAddr>),
    ) -> Plan {
        hop.evidence.push(Evidence::new(self.containers.source(), Fact::ProviderGone));
        // MetalLB gives addresses without a container of its own.
        let metallb = metallb(asking);
        if let Seen::Absent = metallb {
            closing_first(&mut hop);
        }
        plan.hops.push(hop);
        match metallb {
            Seen::Known(_) => {
                let near = ip.filter(|ip| self.containers.near(*ip) && wanted.viewer == Viewer::Here);
                near.into_iter().for_each(|ip| plan.open(SocketAddr::new(ip, wanted.port.port)));
            }
            // Whatever answers there now may be a stranger: another cluster's load balancer
            // gets the address next (seen). So it is not asked.
            Seen::Absent if ip.is_some_and(|ip| ip.is_ipv6()) && wanted.service.metadata.name.is_empty() => {}
            Seen::Absent => {
                let finding = Finding::LoadBalancerStaleStatus { address: address.into(), tunnel: None };
                let mut remedies = self.without_provider(asking, wanted);
                if !wanted.service.metadata.name.is_empty() {
                    remedies.insert(1, self.touch(wanted, address));
                }
                plan.block(finding, remedies);
            }
            Seen::Pending | Seen::Unavailable(_) => {}
        }
        plan
    }
}

/// What closes it comes before the address: where another road is open, it is all that is shown.
fn closing_first(hop: &mut Hop) {
    hop.evidence.reverse();
}
