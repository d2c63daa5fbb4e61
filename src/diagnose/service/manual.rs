//! EndpointSlices that somebody made by hand, and that do not fit the Service.

use crate::diagnose::finding::Finding;
use crate::fact::cluster::{EndpointSlice, ServicePort};
use crate::fact::read::Shared;

/// Why no hand-made slice serves the port, where something more exact can be said than
/// that its name is another: kube-proxy joins by name and protocol (S8), and uses addresses
/// only (`addressType: FQDN` has no consumer in Kubernetes, k8s.io/api `discovery/v1`).
pub fn misfit(slices: &[Shared<EndpointSlice>], port: &ServicePort) -> Option<Finding> {
    let of = |protocol: &str| if protocol.is_empty() { "TCP".to_owned() } else { protocol.to_owned() };
    let wanted = of(&port.protocol);
    if !slices.is_empty() && slices.iter().all(|slice| slice.address_type == "FQDN") {
        let names = slices.iter().flat_map(|slice| &slice.endpoints).filter_map(|end| end.addresses.first().cloned());
        return Some(Finding::EndpointsAreNames { names: names.take(3).collect() });
    }
    let usable = slices.iter().filter(|slice| slice.address_type != "FQDN" && !slice.endpoints.is_empty());
    let named: Vec<String> = usable
        .flat_map(|slice| &slice.ports)
        .filter(|own| own.name == port.name)
        .map(|own| of(&own.protocol))
        .collect();
    let found = named.first().filter(|_| !named.contains(&wanted))?.clone();
    Some(Finding::ManualEndpointProtocol { port: port.port, wanted, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(slice: &str) -> Option<&'static str> {
        let slice: EndpointSlice = serde_json::from_str(slice).unwrap();
        let port = ServicePort { name: "dns".into(), port: 53, protocol: "UDP".into(), ..ServicePort::default() };
        misfit(&[Shared::from(slice)], &port).map(|finding| finding.code().as_str())
    }

    #[test]
    fn name_protocol_and_kind_of_address() {
        let slice = |kind: &str, port: &str| {
            found(&format!(r#"{{"addressType":"{kind}","ports":[{port}],"endpoints":[{{"addresses":["10.0.0.1"]}}]}}"#))
        };
        assert_eq!(slice("IPv4", r#"{"name":"dns","port":53,"protocol":"TCP"}"#), Some("K112"));
        assert_eq!(slice("IPv4", r#"{"name":"dns","port":53}"#), Some("K112"));
        assert_eq!(slice("IPv4", r#"{"name":"dns","port":53,"protocol":"UDP"}"#), None);
        assert_eq!(slice("IPv4", r#"{"name":"other","port":53,"protocol":"TCP"}"#), None);
        assert_eq!(slice("FQDN", r#"{"name":"dns","port":53,"protocol":"UDP"}"#), Some("K113"));
        assert_eq!(found(r#"{"addressType":"IPv4","ports":[{"name":"dns","port":53}],"endpoints":[]}"#), None);
    }

    #[test]
    fn the_same_name_for_both_protocols_is_no_misfit() {
        let both = r#"{"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"]}],
            "ports":[{"name":"dns","port":53,"protocol":"TCP"},{"name":"dns","port":53,"protocol":"UDP"}]}"#;
        assert_eq!(found(both), None);
    }
}
