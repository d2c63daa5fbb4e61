//! What a Service of type LoadBalancer says about its own load balancer.

use std::net::IpAddr;

use crate::answers::Asking;
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Wanted};
use crate::fact::cluster::{Service, ServicePort, nodes};
use crate::fact::host::{holds, host};
use crate::report::{Action, Remedy};

/// What the provider says went wrong with a port (k8s.io/api `core/v1` PortStatus.Error).
pub fn port_error(service: &Service, port: &ServicePort) -> Option<String> {
    let of = |protocol: &str| if protocol.is_empty() { "TCP".to_owned() } else { protocol.to_owned() };
    let all = service.status.load_balancer.ingress.iter().flat_map(|ingress| &ingress.ports);
    let mut own = all.filter(|status| status.port == port.port && of(&status.protocol) == of(&port.protocol));
    own.find_map(|status| status.error.clone()).filter(|error| !error.is_empty())
}

/// The load balancer's address did not answer: the Service may admit other networks only.
/// kube-proxy drops the rest for addresses that are its own business, which those of mode
/// Proxy are not (kubernetes `pkg/proxy/nftables/README.md` @121460d). Only where the
/// address that this computer sends from is known and in none of the ranges.
pub fn source_ranges(scene: &Scene, service: &Service, to: IpAddr) -> Option<Blocked> {
    let ranges = &service.spec.load_balancer_source_ranges;
    let shown = to.to_string();
    let entry = service.status.load_balancer.ingress.iter().find(|ingress| ingress.ip.as_deref() == Some(&shown))?;
    if ranges.is_empty() || entry.ip_mode.as_deref() == Some("Proxy") {
        return None;
    }
    let source = host(scene.asking).known()?.address_to(to)?;
    let inside: Option<Vec<bool>> = ranges.iter().map(|range| holds(range.trim(), source)).collect();
    if inside?.contains(&true) {
        return None;
    }
    let width = if source.is_ipv4() { 32 } else { 128 };
    let mut wider: Vec<String> = ranges.iter().map(|range| format!("\"{range}\"")).collect();
    wider.push(format!("\"{source}/{width}\""));
    let patch = format!(r#"{{"spec":{{"loadBalancerSourceRanges":[{}]}}}}"#, wider.join(","));
    let command = scene.kubectl.call(&["patch", "service", &service.metadata.name, "-p", &patch]);
    let finding = Finding::LbSourceRangesBlock { address: to.to_string(), source, ranges: ranges.clone() };
    Some(Blocked { finding, remedies: vec![Remedy::new(Action::AllowSource { source }, command)] })
}

/// The load balancer has no node to send to: each carries the label that keeps load balancers
/// away, as kind gives it to the control planes of several nodes
/// (`pkg/cluster/internal/create/actions/kubeadminit/init.go:159-168`), or those that do not
/// have no endpoint where only their own count. Seen with cloud-provider-kind v0.11.1: its
/// proxy accepts and closes then.
pub fn no_node(asking: &Asking, wanted: &Wanted) -> Option<Blocked> {
    let nodes = nodes(asking);
    let nodes = nodes.known().filter(|nodes| !nodes.is_empty())?;
    let local = wanted.service.spec.is_local_only();
    let serves = |name: &String| !local || wanted.endpoint_nodes.contains(name);
    let names = |excluded: bool| {
        let such = nodes.iter().filter(move |node| node.is_excluded_from_load_balancers() == excluded);
        such.map(|node| node.metadata.name.clone()).collect::<Vec<_>>()
    };
    let excluded = names(true);
    if excluded.is_empty() || names(false).iter().any(serves) {
        return None;
    }
    // The node that would serve; a worker before a control plane, which comes first.
    let node = excluded.iter().rfind(|name| serves(name))?.clone();
    let label = "node.kubernetes.io/exclude-from-external-load-balancers-".to_owned();
    let command = wanted.kubectl.cluster(&["label", "node", &node, &label]);
    let finding = Finding::LoadBalancerNoNode { excluded, local };
    Some(Blocked { finding, remedies: vec![Remedy::new(Action::IncludeNode { node }, command)] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answers;
    use crate::ask::{Ask, Observation};
    use crate::remedy::Kubectl;

    fn service(status: &str) -> Service {
        serde_json::from_str(&format!(r#"{{"status":{{"loadBalancer":{{"ingress":[{{"ports":[{status}]}}]}}}}}}"#))
            .unwrap()
    }

    #[test]
    fn the_error_of_the_port_itself_counts() {
        let port = ServicePort { port: 80, protocol: "TCP".into(), ..ServicePort::default() };
        for (status, wanted) in [
            (r#"{"port":80,"protocol":"TCP","error":"PortInUse"}"#, Some("PortInUse")),
            (r#"{"port":80,"error":"PortInUse"}"#, Some("PortInUse")),
            (r#"{"port":80,"protocol":"UDP","error":"PortInUse"}"#, None),
            (r#"{"port":81,"protocol":"TCP","error":"PortInUse"}"#, None),
            (r#"{"port":80,"protocol":"TCP"}"#, None),
            (r#"{"port":80,"protocol":"TCP","error":""}"#, None),
        ] {
            assert_eq!(port_error(&service(status), &port).as_deref(), wanted, "{status}");
        }
    }

    fn turned_away(spec: &str, mode: &str) -> Option<Blocked> {
        let mut answers = Answers::default();
        let bridge = serde_json::json!({ "os": "linux",
            "interfaces": [{ "name": "br0", "ip": "172.18.0.1", "prefix": 16 }] });
        answers.insert(Ask::Host, Observation::Known(bridge.into()));
        let asking = Asking::new(&answers);
        let kubectl = Kubectl::default();
        let scene = Scene { asking: &asking, place: None, kubectl: &kubectl, namespace: "web" };
        let status = format!(r#"{{"ip":"172.18.255.1","ipMode":"{mode}"}}"#);
        let json = format!(
            r#"{{"metadata":{{"name":"web"}},"spec":{{"loadBalancerSourceRanges":[{spec}]}},
                "status":{{"loadBalancer":{{"ingress":[{status}]}}}}}}"#
        );
        source_ranges(&scene, &serde_json::from_str(&json).unwrap(), "172.18.255.1".parse().unwrap())
    }

    #[test]
    fn only_a_range_that_leaves_this_computer_out_blocks_it() {
        let blocked = turned_away(r#""10.0.0.0/8""#, "VIP").unwrap();
        assert_eq!(blocked.finding.code().as_str(), "K108");
        let patch = blocked.remedies[0].commands[0].last().unwrap();
        assert_eq!(patch, r#"{"spec":{"loadBalancerSourceRanges":["10.0.0.0/8","172.18.0.1/32"]}}"#);
        for (spec, mode) in [
            ("", "VIP"),
            (r#""10.0.0.0/8"," 172.18.0.0/16 ""#, "VIP"),
            (r#""0.0.0.0/0""#, "VIP"),
            (r#""somewhere""#, "VIP"),
            // A provider's proxy in front of the nodes does what it likes.
            (r#""10.0.0.0/8""#, "Proxy"),
        ] {
            assert_eq!(turned_away(spec, mode), None, "{spec} {mode}");
        }
    }
}
