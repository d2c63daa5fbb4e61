//! Whether the NetworkPolicies of a namespace let one source into one port of one Pod.
//!
//! Rules S13: k8s.io/api v0.36.2 `networking/v1/types.go:61-226`. Policies add up: what
//! one of them admits is admitted, whatever the others say.

use std::net::IpAddr;

use crate::fact::cluster::{IngressAllow, IpBlock, Labels, NetworkPolicy, Peer, Pod, PolicyPort, PortRef};

/// Where traffic comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// The node that the Pod runs on: no policy can shut it out.
    OwnNode,
    /// Another Pod.
    Pod {
        /// Its labels.
        labels: &'a Labels,
        /// Its namespace.
        namespace: &'a str,
        /// The labels of that namespace, if they were read.
        namespace_labels: Option<&'a Labels>,
    },
    /// An address that is no Pod's: the browser, an engine's gateway, another node.
    Address(IpAddr),
    /// Such an address, and nobody knows which.
    Somewhere {
        /// Of this family.
        ipv6: bool,
    },
}

/// The port of the Pod that the traffic goes to.
#[derive(Debug, Clone, Copy)]
pub struct To<'a> {
    /// Its number, or its name in the Pod.
    pub port: &'a PortRef,
    /// TCP, UDP or SCTP; empty means TCP.
    pub protocol: &'a str,
}

/// What the policies say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No policy selects the Pod, or none can: everything is let in.
    NotIsolated,
    /// Comes from the Pod's own node, which is always let in.
    OwnNode,
    /// This policy lets it in.
    Allowed(String),
    /// These policies isolate the Pod, and none of them lets it in.
    Denied(Vec<String>),
    /// These policies isolate the Pod, and whether one of them lets it in depends on what
    /// is not known about the source.
    Unknown(Vec<String>),
}

/// Evaluates the policies of the Pod's namespace.
pub fn evaluate<'p>(
    policies: impl IntoIterator<Item = &'p NetworkPolicy>,
    pod: &Pod,
    to: To<'_>,
    from: Origin<'_>,
) -> Answer {
    // A Pod in its node's network has no address of its own that a plugin could filter (S17).
    if pod.spec.host_network {
        return Answer::NotIsolated;
    }
    let isolating: Vec<&NetworkPolicy> = policies.into_iter().filter(|policy| isolates(policy, pod)).collect();
    if isolating.is_empty() {
        return Answer::NotIsolated;
    }
    if matches!(from, Origin::OwnNode) {
        return Answer::OwnNode;
    }
    let number = resolve(pod, to.port, to.protocol);
    let says = |policy: &NetworkPolicy| {
        let open = policy.spec.ingress.iter().filter(|rule| opens(rule, pod, number, to.protocol));
        open.map(|rule| fits_any(&rule.from, &pod.metadata.namespace, from)).max().unwrap_or(Fits::No)
    };
    let names = |wanted: Option<Fits>| {
        let named = isolating.iter().filter(|policy| wanted.is_none_or(|wanted| says(policy) == wanted));
        let mut names: Vec<String> = named.map(|policy| policy.metadata.name.clone()).collect();
        names.sort();
        names
    };
    match isolating.iter().map(|policy| says(policy)).max() {
        Some(Fits::Yes) => Answer::Allowed(names(Some(Fits::Yes)).swap_remove(0)),
        Some(Fits::Maybe) => Answer::Unknown(names(None)),
        Some(Fits::No) | None => Answer::Denied(names(None)),
    }
}

/// Whether something fits; what is not known lies in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fits {
    No,
    Maybe,
    Yes,
}

fn isolates(policy: &NetworkPolicy, pod: &Pod) -> bool {
    let types = &policy.spec.policy_types;
    let ingress = types.is_empty() || types.iter().any(|kind| kind == "Ingress");
    ingress && policy.spec.pod_selector.selects(&pod.metadata.labels)
}

/// Whether a rule speaks of the port at all. It is the port of the Pod, never the one of
/// the Service.
fn opens(rule: &IngressAllow, pod: &Pod, number: Option<u16>, protocol: &str) -> bool {
    rule.ports.is_empty() || rule.ports.iter().any(|port| is_port(port, pod, number, protocol))
}

fn is_port(port: &PolicyPort, pod: &Pod, number: Option<u16>, protocol: &str) -> bool {
    if or_tcp(&port.protocol) != or_tcp(protocol) {
        return false;
    }
    let Some(wanted) = &port.port else { return true };
    let (Some(first), Some(number)) = (resolve(pod, wanted, protocol), number) else { return false };
    (first..=port.end_port.unwrap_or(first)).contains(&number)
}

/// The number of a port; a name is looked up in the Pod, by name and protocol.
fn resolve(pod: &Pod, port: &PortRef, protocol: &str) -> Option<u16> {
    match port {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => {
            let mut declared = pod.port_owners().flat_map(|owner| &owner.ports);
            let found = declared.find(|port| port.name == *name && or_tcp(&port.protocol) == or_tcp(protocol));
            found.map(|port| port.container_port)
        }
    }
}

fn or_tcp(protocol: &str) -> &str {
    if protocol.is_empty() { "TCP" } else { protocol }
}

fn fits_any(peers: &[Peer], own_namespace: &str, from: Origin<'_>) -> Fits {
    if peers.is_empty() {
        return Fits::Yes;
    }
    peers.iter().map(|peer| fits(peer, own_namespace, from)).max().unwrap_or(Fits::No)
}

fn fits(peer: &Peer, own_namespace: &str, from: Origin<'_>) -> Fits {
    match (&peer.ip_block, from) {
        (_, Origin::OwnNode) => Fits::Yes,
        (Some(block), Origin::Address(ip)) => known(block.holds(ip)),
        (Some(block), Origin::Somewhere { ipv6 }) => somewhere(block, ipv6),
        // Whether a block is held against the addresses of Pods is left to the plugin
        // (kubernetes.io, "Network Policies", on ipBlock).
        (Some(_), Origin::Pod { .. }) => Fits::Maybe,
        // Selectors select Pods, and nothing else.
        (None, Origin::Address(_) | Origin::Somewhere { .. }) => Fits::No,
        (None, Origin::Pod { labels, namespace, namespace_labels }) => {
            let there = match &peer.namespace_selector {
                None => known(namespace == own_namespace),
                Some(selector) if selector.is_empty() => Fits::Yes,
                Some(selector) => namespace_labels.map_or(Fits::Maybe, |labels| known(selector.selects(labels))),
            };
            let selected = peer.pod_selector.as_ref().is_none_or(|selector| selector.selects(labels));
            let says_anything = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
            there.min(known(selected && says_anything))
        }
    }
}

fn somewhere(block: &IpBlock, ipv6: bool) -> Fits {
    match block.is_ipv6() {
        Some(family) if family != ipv6 => Fits::No,
        _ if block.holds_all() => Fits::Yes,
        _ => Fits::Maybe,
    }
}

fn known(fits: bool) -> Fits {
    if fits { Fits::Yes } else { Fits::No }
}

#[cfg(test)]
mod tests;
