//! LoadBalancer Services on kind: cloud-provider-kind and its container per Service.
//!
//! kubernetes-sigs/cloud-provider-kind @57084484: labels `pkg/constants/constants.go`; on
//! exit it deletes its containers and leaves the Service's status as it is
//! (`pkg/controller/controller.go:397-417,465-482`), so an address proves nothing.

use std::net::{IpAddr, SocketAddr};

use super::Cluster;
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::diagnose::service::load_balancer::port_error;
use crate::environment::containers::move_node_port;
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::cluster::metallb;
use crate::fact::engine::{Container, labelled};
use crate::remedy::argv;
use crate::report::{Action, Evidence, Fact, Hop, Remedy, RoadId, Source, State, Subject};
use crate::request::Viewer;

const PROVIDER_LABEL: &str = "io.x-k8s.cloud-provider-kind.cluster";
const SERVICE_LABEL: &str = "io.x-k8s.cloud-provider-kind.loadbalancer.name";

impl Cluster {
    /// The road to the address that a load-balancer provider gave the Service.
    pub(super) fn load_balancer(&self, asking: &Asking, wanted: &Wanted) -> Plan {
        let mut plan = Plan::new(RoadId::LoadBalancer, Vec::new(), None);
        let address = wanted.service.status.load_balancer.address();
        let Some(address) = address else {
            let evidence = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
            plan.hops.push(Hop::way_in(State::Missing, evidence));
            match &wanted.service.spec.load_balancer_class {
                None => {
                    plan.block(Finding::LoadBalancerPending { class: None }, self.without_provider(asking, wanted));
                }
                // Every provider must leave a Service with a class to the provider of that
                // class (kubernetes/cloud-provider `controllers/service/controller.go`,
                // wantsLoadBalancer), cloud-provider-kind among them.
                Some(class) => {
                    let finding = Finding::LoadBalancerClassUnserved { class: class.clone() };
                    plan.block(finding, self.around_provider(asking, wanted));
                }
            }
            return plan;
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
        // Only used when the probe does not get through.
        if let Some(error) = port_error(wanted.service, wanted.port) {
            let fact = Fact::LoadBalancerPortError { error: error.clone() };
            hop.evidence.push(Evidence::new(Source::Api("Service"), fact));
            let finding = Finding::LoadBalancerPortError { port: wanted.port.port, error };
            plan.blocked = Some(Blocked { finding, remedies: self.around_provider(asking, wanted) });
        }

        let containers = labelled(asking, self.containers.engine, PROVIDER_LABEL);
        let service = format!("{}/{}/{}", self.name, wanted.service.metadata.namespace, wanted.service.metadata.name);
        let provider = match &containers {
            Seen::Known(all) => Some(
                all.iter().find(|container| container.label(SERVICE_LABEL) == Some(&service) && container.is_running()),
            ),
            Seen::Unavailable(why) => {
                let fact = Fact::CouldNotLook { what: Subject::Engine(self.containers.engine), why: why.clone() };
                hop.evidence.push(Evidence::new(self.containers.source(), fact));
                None
            }
            _ => None,
        };
        match provider {
            Some(Some(container)) => {
                let fact = Fact::ProviderRunning { container: container.name.clone() };
                hop.evidence.push(Evidence::new(self.containers.source(), fact));
                hop.state = State::Present;
                plan.entry = self.balancer_entry(container, ip, wanted);
                plan.stays_local = plan.entry.is_some();
                // A name is not resolved here: what it leads to is not known.
                if plan.entry.is_none() && ip.is_some() {
                    let finding = Finding::LoadBalancerAddressUnreachable { address: address.into() };
                    plan.hops.push(hop);
                    plan.block(finding, self.without_provider(asking, wanted));
                    return plan;
                }
            }
            Some(None) => {
                hop.evidence.push(Evidence::new(self.containers.source(), Fact::ProviderGone));
                // MetalLB gives addresses without a container of its own.
                match metallb(asking) {
                    Seen::Known(_) => {
                        plan.entry =
                            ip.filter(|ip| self.containers.near(*ip)).map(|ip| SocketAddr::new(ip, wanted.port.port));
                        plan.stays_local = plan.entry.is_some();
                    }
                    // Whatever answers there now may be a stranger: another cluster's load
                    // balancer gets the address next. So it is not asked.
                    Seen::Absent => {
                        plan.hops.push(hop);
                        let finding = Finding::LoadBalancerStaleStatus { address: address.into(), tunnel: None };
                        plan.block(finding, self.without_provider(asking, wanted));
                        return plan;
                    }
                    Seen::Pending | Seen::Unavailable(_) => {}
                }
            }
            None => {}
        }
        plan.hops.push(hop);
        if wanted.viewer != Viewer::Here {
            plan.entry = None;
        }
        plan
    }

    /// Where the provider's container is reached: at its address where this host is
    /// attached to the network, else at the port it publishes. Port 10000 is Envoy's
    /// admin port and never meant (`pkg/loadbalancer/server.go:249-252`).
    fn balancer_entry(&self, container: &Container, ip: Option<IpAddr>, wanted: &Wanted) -> Option<SocketAddr> {
        let own = |ip: &IpAddr| container.networks.iter().any(|network| network.ip == Some(*ip));
        if let Some(ip) = ip.filter(own).filter(|ip| self.containers.near(*ip)) {
            return Some(SocketAddr::new(ip, wanted.port.port));
        }
        let door = container.published.iter().find(|door| door.container_port == wanted.port.port)?;
        Some(SocketAddr::new(door.loopback()?, door.host_port))
    }

    fn without_provider(&self, asking: &Asking, wanted: &Wanted) -> Vec<Remedy> {
        let provider = Remedy::new(Action::RunLoadBalancerProvider, argv(&["cloud-provider-kind"])).blocking();
        [vec![provider], self.around_provider(asking, wanted)].concat()
    }

    /// Ways that need no provider.
    fn around_provider(&self, asking: &Asking, wanted: &Wanted) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        if let Some(door) =
            self.containers.free_door(asking, &wanted.port.protocol).filter(|_| wanted.port.node_port != 0)
        {
            remedies.push(move_node_port(wanted, door));
        }
        remedies.extend(wanted.port_forward());
        remedies
    }
}
