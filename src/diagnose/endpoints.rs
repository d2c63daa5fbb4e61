//! From Service port to Pod: EndpointSlices and their readiness.
//!
//! Semantics S1-S10: kubernetes/endpointslice @daa4d01 (`reconciler.go:265-283`,
//! `utils.go:38-46,76-101,381-406`) and k8s.io/api v0.36.2 `discovery/v1/types.go`.

use std::net::IpAddr;

use crate::fact::cluster::{Endpoint, EndpointSlice, Pod, ServicePort};
use crate::fact::read::Shared;
use crate::report::{Evidence, Fact, Source};

/// One endpoint of a Service port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Its Pod, unless it was made by hand.
    pub pod: Option<String>,
    /// Its address.
    pub ip: Option<IpAddr>,
    /// The port on the Pod.
    pub port: u16,
    /// Its node.
    pub node: Option<String>,
    /// Whether traffic goes there.
    pub ready: bool,
    /// Terminating but still serving.
    pub serving_out: bool,
    /// On its way out.
    pub terminating: bool,
}

/// What the slices say about one Service port.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Backends {
    /// Endpoints that carry the port.
    pub all: Vec<Backend>,
    /// How many endpoints there are whatever their ports.
    pub whatever_port: usize,
    /// Pods that are ready and do not carry the port (S6): its name means nothing to them.
    pub without: Vec<String>,
}

impl Backends {
    /// Endpoints that traffic goes to.
    pub fn ready(&self) -> impl Iterator<Item = &Backend> {
        self.all.iter().filter(|backend| backend.ready)
    }
}

/// Joins a Service port with its slices: by name, and by protocol (S8).
pub fn backends(slices: &[Shared<EndpointSlice>], port: &ServicePort) -> Backends {
    let mut found = Backends::default();
    for slice in of_addresses(slices) {
        found.whatever_port += slice.endpoints.len();
        let protocol = |protocol: &str| if protocol.is_empty() { "TCP".to_owned() } else { protocol.to_owned() };
        let carried = slice
            .ports
            .iter()
            .find(|carried| carried.name == port.name && protocol(&carried.protocol) == protocol(&port.protocol));
        let Some(carried) = carried else {
            let ready = slice.endpoints.iter().filter(|endpoint| endpoint.is_ready());
            found.without.extend(ready.filter_map(Endpoint::pod).map(str::to_owned));
            continue;
        };
        found.all.extend(slice.endpoints.iter().map(|endpoint| backend(endpoint, carried.port)));
    }
    // With two address families, a Pod is in two slices.
    found.without.sort();
    found.without.dedup();
    found
}

/// Names of the ports that the slices do carry.
pub fn port_names(slices: &[Shared<EndpointSlice>]) -> Vec<String> {
    let mut names: Vec<String> =
        of_addresses(slices).flat_map(|slice| &slice.ports).map(|port| port.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// FQDN slices are of no use to kube-proxy.
fn of_addresses(slices: &[Shared<EndpointSlice>]) -> impl Iterator<Item = &EndpointSlice> {
    slices.iter().map(|slice| &**slice).filter(|slice| slice.address_type != "FQDN")
}

fn backend(endpoint: &Endpoint, port: u16) -> Backend {
    Backend {
        pod: endpoint.pod().map(str::to_owned),
        ip: endpoint.addresses.first().and_then(|address| address.parse().ok()),
        port,
        node: endpoint.node_name.clone(),
        ready: endpoint.is_ready(),
        serving_out: endpoint.is_serving_out(),
        terminating: endpoint.is_terminating(),
    }
}

/// The ports that Pods declare, by name and number, each once.
pub fn declared(pods: &[Shared<Pod>]) -> Vec<(String, u16)> {
    let mut ports: Vec<(String, u16)> = pods
        .iter()
        .flat_map(|pod| pod.port_owners())
        .flat_map(|container| &container.ports)
        .map(|port| (port.name.clone(), port.container_port))
        .collect();
    ports.sort();
    ports.dedup();
    ports
}

/// The protocols for which Pods declare a port number.
pub fn declared_protocols(pods: &[Shared<Pod>], number: u16) -> Vec<String> {
    let ports = pods.iter().flat_map(|pod| pod.port_owners()).flat_map(|container| &container.ports);
    let protocol = |protocol: &str| if protocol.is_empty() { "TCP".to_owned() } else { protocol.to_owned() };
    ports.filter(|port| port.container_port == number).map(|port| protocol(&port.protocol)).collect()
}

/// The port is in no container's list. That is no fault (S5), and a hint where nothing
/// listens.
pub fn undeclared(pod: &Pod, port: u16) -> Option<Evidence> {
    let declared: Vec<u16> = pod.port_owners().flat_map(|owner| &owner.ports).map(|port| port.container_port).collect();
    let hint = !declared.is_empty() && !declared.contains(&port);
    hint.then(|| Evidence::new(Source::Api("Pod"), Fact::Undeclared { port, declared }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(json: &str) -> Vec<Shared<EndpointSlice>> {
        vec![Shared::from(serde_json::from_str::<EndpointSlice>(json).unwrap())]
    }

    fn port(name: &str) -> ServicePort {
        ServicePort { name: name.into(), port: 80, protocol: "TCP".into(), ..ServicePort::default() }
    }

    #[test]
    fn conditions_that_are_not_set_mean_ready() {
        let slices =
            slice(r#"{"addressType":"IPv4","ports":[{"port":8080}],"endpoints":[{"addresses":["10.0.0.1"]}]}"#);
        let found = backends(&slices, &port(""));
        assert_eq!(found.ready().count(), 1);
        assert_eq!(found.all[0].port, 8080);
    }

    #[test]
    fn a_port_is_joined_by_name_and_protocol() {
        let slices = slice(
            r#"{"addressType":"IPv4","ports":[{"name":"http","port":8080,"protocol":"TCP"}],
                "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true}}]}"#,
        );
        assert_eq!(backends(&slices, &port("http")).all.len(), 1);
        let other = backends(&slices, &port("web"));
        assert_eq!((other.all.len(), other.whatever_port), (0, 1));
        assert_eq!(port_names(&slices), ["http"]);
        let udp = ServicePort { protocol: "UDP".into(), ..port("http") };
        assert_eq!(backends(&slices, &udp).all.len(), 0);
    }

    #[test]
    fn null_lists_are_empty() {
        let slices = slice(r#"{"addressType":"IPv4","ports":null,"endpoints":null}"#);
        assert_eq!(backends(&slices, &port("")), Backends::default());
    }

    #[test]
    fn terminating_but_serving_is_not_ready() {
        let slices = slice(
            r#"{"addressType":"IPv4","ports":[{"port":1}],"endpoints":[{"addresses":["10.0.0.1"],
                "conditions":{"ready":false,"serving":true,"terminating":true}}]}"#,
        );
        let found = backends(&slices, &port(""));
        assert_eq!(found.ready().count(), 0);
        assert!(found.all[0].serving_out);
    }
}
