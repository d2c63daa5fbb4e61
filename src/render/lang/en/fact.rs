//! What was seen, in words. No full stops: these stand in a column.

use super::super::{Language, Numbers};
use super::{English, plural, why};
use crate::fact::live::{Forwarded, Outcome, Proxied};
use crate::report::{Fact, NotProbed};

pub(super) fn text(fact: &Fact, numbers: &Numbers) -> String {
    match fact {
        Fact::IngressClasses { wanted, known } => {
            let known = if known.is_empty() {
                "there is no IngressClass".into()
            } else {
                format!("classes: {}", known.join(", "))
            };
            match wanted {
                Some(wanted) => format!("no IngressClass \"{wanted}\"; {known}"),
                None => format!("the Ingress names no class; {known}"),
            }
        }
        Fact::IngressController { class, controller, service: None, .. } if controller.is_empty() => {
            format!("class {class}")
        }
        Fact::IngressController { class, controller, service: None, .. } => format!("class {class} ({controller})"),
        Fact::IngressController { class, service: Some(service), ready, total, .. } => {
            format!("class {class}: svc/{service}, {ready} of {} ready", plural(*total, "Pod"))
        }
        Fact::NoServiceWithLabel { label } => format!("no Service has the label {label}"),
        Fact::Route { kind, name, route, .. } if route.is_empty() => format!("{kind} \"{name}\" has no rules"),
        Fact::Route { kind, name, route, backend } if backend.is_empty() => {
            format!("{kind} \"{name}\": {route} leads to something that is no Service")
        }
        Fact::Route { kind, name, route, backend } => format!("{kind} \"{name}\": {route} -> {backend}"),
        Fact::RouteShadowed { by } => format!("the rule {by} takes the same requests first"),
        Fact::Condition { of, condition, status, reason, message } => {
            let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            with_message(&format!("{of} {condition}={status}{reason}"), message)
        }
        Fact::StaleStatus { of } => format!("the status of {of} is about an older version of it"),
        Fact::NoParentStatus { route, gateway } => {
            format!("no controller says anything about {route} at the Gateway {gateway}")
        }
        Fact::ApiNotServed { version } => format!("the API server does not know {version}"),
        Fact::GatewayClasses { wanted, known } if known.is_empty() => {
            format!("no GatewayClass \"{wanted}\"; there is none at all")
        }
        Fact::GatewayClasses { wanted, known } => {
            format!("no GatewayClass \"{wanted}\"; classes: {}", known.join(", "))
        }
        Fact::GatewayAbsent { name } => format!("there is no Gateway \"{name}\""),
        Fact::NoRoute { gateway, listener } => format!("no route belongs to {gateway}, listener {listener}"),
        Fact::HostLeadsTo { host, found, .. } if found.is_empty() => format!("no address is found for {host}"),
        Fact::HostLeadsTo { host, found, wanted } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            format!("{host} leads to {}, not to {wanted}", found.join(", "))
        }
        Fact::NoRoadByType { kind } => format!("type {kind} offers none"),
        Fact::Container { name, state, ip } => match ip {
            // The name stands in the diagram above.
            Some(ip) => format!("container {}, {ip}", container_state(state)),
            None => format!("container \"{name}\" {}", container_state(state)),
        },
        Fact::NoContainer { cluster } => format!("no container of cluster \"{cluster}\""),
        Fact::PublishesApiServer { container, port, label } => {
            format!("container \"{container}\" publishes the API server's port {port} and has the label {label}")
        }
        Fact::ClusterContainers { cluster, count } => {
            format!("{} of cluster \"{cluster}\", none publishes the API server's port", plural(*count, "container"))
        }
        Fact::ProviderId { id } => format!("providerID {id}"),
        Fact::ContextName { name } => format!("the context is named {name}"),
        Fact::ServerAddress { address, local: true } => format!("the API server is {address}, on this computer"),
        Fact::ServerAddress { address, local: false } => format!("the API server is {address}, not on this computer"),
        Fact::Published { container, at, container_port } => format!("{at} -> {container}:{container_port}"),
        Fact::NotPublished { node_port, published } => {
            let list: Vec<_> = published.iter().map(|(host, container)| format!("{host}->{container}")).collect();
            match list.is_empty() {
                true => format!("node port {node_port} is not published, no port is"),
                false => format!("node port {node_port} is not published, only {}", list.join(", ")),
            }
        }
        Fact::PublishedOtherProtocol { node_port, protocol } => {
            format!("node port {node_port} is published for {protocol} only")
        }
        Fact::NodeRoutable { ip, interface } => format!("{ip} is in the network of interface {interface}"),
        Fact::NodeNotRoutable { ip } => format!("{ip} is not routable from here"),
        Fact::LoadBalancerAddress { address } => format!("the load balancer's address is {address}"),
        Fact::LoadBalancerPending => "the load balancer has no address yet".into(),
        Fact::ProviderRunning { container } => format!("container \"{container}\" serves this Service"),
        Fact::ProviderGone => "no load-balancer container serves this Service".into(),
        Fact::Probed { to, outcome } => format!("{to} {}", probed(outcome)),
        Fact::ServicePort { kind, port, node_port, target, protocol } => {
            let protocol = if protocol == "TCP" { String::new() } else { format!("/{protocol}") };
            match node_port {
                0 => format!("{kind}, port {port}{protocol}, targetPort {target}"),
                _ => format!("nodePort {node_port}, port {port}{protocol}, targetPort {target}"),
            }
        }
        Fact::ServiceAbsent { name } => format!("there is no Service \"{name}\""),
        Fact::NamespaceAbsent { name } => format!("there is no namespace \"{name}\""),
        Fact::PortsAre { ports } if ports.is_empty() => "the Service has no ports".into(),
        Fact::PortsAre { ports } => format!("the Service's ports: {}", ports.join(", ")),
        Fact::ExternalName { name } => format!("ExternalName, stands for {name}"),
        Fact::Selects { selector, pods } => format!("{selector} matches {}", plural(*pods, "Pod")),
        Fact::NearMiss { pair, closest, pods } => {
            format!("no Pod has {pair}; closest: {closest}, {}", plural(*pods, "Pod"))
        }
        Fact::NoSelector => "none: endpoints are made by hand".into(),
        Fact::Workload { name, replicas } => format!("{name} wants {}", plural(*replicas as usize, "Pod")),
        Fact::Endpoints { total: 0, .. } => "none".into(),
        Fact::Endpoints { ready, total, first: Some(first) } => format!("{ready} of {total} ready, {first}"),
        Fact::Endpoints { ready, total, first: None } => format!("{ready} of {total} ready"),
        Fact::NoSlices => "there is no EndpointSlice".into(),
        Fact::PortNotInSlices { target, declared } => {
            let list: Vec<_> = declared.iter().map(|(name, port)| format!("{name} ({port})")).collect();
            match list.is_empty() {
                true => format!("no Pod has a port named {target}"),
                false => format!("no Pod has a port named {target}; declared: {}", list.join(", ")),
            }
        }
        Fact::PodsReady { ready: 1, total: 1, name } => format!("{name} Ready"),
        Fact::PodsReady { ready, total, .. } => format!("{ready} of {total} Ready"),
        Fact::PodState { pod, reason, message } => with_message(&format!("{pod} {reason}"), message),
        Fact::NodeState { node, ready: true, .. } => format!("Node {node} Ready"),
        Fact::NodeState { node, reason, ready: false } => with_message(&format!("Node {node} not Ready"), reason),
        Fact::KubeProxy { desired, ready } => {
            format!("kube-proxy: {ready} of {} ready", plural(*desired as usize, "Pod"))
        }
        Fact::Proxied { target, outcome } => format!("{target} {}", proxied(outcome)),
        Fact::Forwarded { outcome, port, .. } => format!("inside the Pod, localhost:{port} {}", forwarded(outcome)),
        Fact::Behind { hop } => match numbers.of(*hop) {
            Some(number) => format!("not checked, because of hop {number}"),
            None => format!("not checked, because of the hop \"{}\"", English.hop(*hop)),
        },
        Fact::NoLocalEndpoint { node } => format!("no endpoint on Node {node}, where the traffic enters"),
        Fact::CouldNotLook { what, why } => format!("{}: {}", why::subject(*what), why::text(why)),
        Fact::NotProbed { why } => not_probed(*why).into(),
        Fact::Skipped => "this road does not use it".into(),
    }
}

fn container_state(state: &str) -> &str {
    match state {
        "running" => "running",
        other => other,
    }
}

fn with_message(text: &str, message: &str) -> String {
    if message.is_empty() { text.to_owned() } else { format!("{text}: {message}") }
}

fn probed(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response { status: Some(400), tls: true, .. } => "answered HTTP 400: it wants https".into(),
        Outcome::Response { status: Some(status), ms, .. } if *status >= 500 => {
            format!("answered HTTP {status} in {ms} ms: the application's own error")
        }
        Outcome::Response { status: Some(status), ms, .. } => format!("answered HTTP {status} in {ms} ms"),
        Outcome::Response { status: None, tls: true, ms } => format!("answered with TLS in {ms} ms"),
        Outcome::Response { status: None, tls: false, ms } => format!("answered in {ms} ms, not with HTTP"),
        Outcome::Eof => "accepted, then closed".into(),
        Outcome::Reset => "accepted, then reset".into(),
        Outcome::Silent => "accepted, then silent".into(),
        Outcome::Refused => "refused".into(),
        Outcome::TimedOut => "timed out".into(),
        Outcome::Unreachable { detail } => with_message("could not be reached", detail),
    }
}

fn proxied(outcome: &Proxied) -> String {
    match outcome {
        Proxied::Response { status } => format!("answered HTTP {status}"),
        Proxied::NotHttp => "answered, not with plain HTTP".into(),
        Proxied::NoEndpoints => "has no ready endpoint".into(),
        Proxied::Refused => "refused".into(),
        Proxied::Closed => "closed without an answer".into(),
        Proxied::TimedOut => "did not answer in time".into(),
        Proxied::Error { detail } => with_message("could not be asked", detail),
    }
}

fn forwarded(outcome: &Forwarded) -> String {
    match outcome {
        Forwarded::Response => "answered".into(),
        Forwarded::Silent => "accepted, then silent".into(),
        Forwarded::Closed => "accepted, then closed".into(),
        Forwarded::Refused => "refused".into(),
        Forwarded::Error { detail } => with_message("could not be asked", detail),
    }
}

fn not_probed(why: NotProbed) -> &'static str {
    match why {
        NotProbed::Forbidden => "not probed: --no-probe",
        NotProbed::NotLocal => "not probed: the cluster is not known to be local (--probe allows it)",
        NotProbed::NotProvenLocal => "not probed: the address is not proven to stay on this computer",
        NotProbed::NotTcp => "not probed: only TCP can be probed",
        NotProbed::OtherViewer => "not probed: the browser is on another computer",
    }
}
