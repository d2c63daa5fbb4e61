//! externalTrafficPolicy and internalTrafficPolicy Local: a node gives traffic only to
//! endpoints of its own and drops it where it has none (S11, S12). What is configured
//! decides it: no probe is needed.

use std::collections::BTreeSet;

use crate::diagnose::endpoints::{Backend, Backends, backends};
use crate::diagnose::finding::Finding;
use crate::diagnose::{Objects, Scene};
use crate::environment::Blocked;
use crate::fact::cluster::ServicePort;
use crate::report::{Action, Remedy};

/// Endpoints that a node itself has for the port: ready ones, or, where none of its own is
/// ready, those on their way out that still serve (kubernetes `pkg/proxy/topology.go`,
/// CategorizeEndpoints). An endpoint that names no node is nobody's own.
fn of_node<'a>(found: &'a Backends, node: &str) -> Vec<&'a Backend> {
    let own = || found.all.iter().filter(|backend| backend.node.as_deref() == Some(node));
    let ready: Vec<_> = own().filter(|backend| backend.ready).collect();
    if ready.is_empty() { own().filter(|backend| backend.serving_out).collect() } else { ready }
}

/// Whether any endpoint takes traffic at all: where none does, something else is missing.
fn anybody(found: &Backends) -> bool {
    found.all.iter().any(|backend| backend.ready || backend.serving_out)
}

fn nodes_of(found: &Backends) -> Vec<String> {
    let usable = found.all.iter().filter(|backend| backend.ready || backend.serving_out);
    let nodes: BTreeSet<String> = usable.filter_map(|backend| backend.node.clone()).collect();
    nodes.into_iter().collect()
}

/// What closes a road that enters at a node: the policy is Local and the node has no
/// endpoint of its own.
pub fn external(scene: &Scene, objects: &Objects, port: &ServicePort, node: &str) -> Option<Blocked> {
    let service = &objects.service;
    let found = backends(objects.slices.known().filter(|_| service.spec.is_local_only())?, port);
    if !anybody(&found) || !of_node(&found, node).is_empty() {
        return None;
    }
    let patch = r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#;
    let command = scene.kubectl.call(&["patch", "service", &service.metadata.name, "-p", patch]);
    let finding = Finding::ExternalPolicyLocalNoEndpoint { node: node.to_owned(), endpoint_nodes: nodes_of(&found) };
    Some(Blocked { finding, remedies: vec![Remedy::new(Action::SetTrafficPolicyCluster, command)] })
}

/// The nodes whose own Pods alone can use the Service's cluster address, if its
/// internalTrafficPolicy is Local. Nothing that comes from outside meets it.
pub fn internal_nodes(objects: &Objects, found: Option<&Backends>) -> Option<Vec<String>> {
    let local = objects.service.spec.internal_traffic_policy.as_deref() == Some("Local");
    found.filter(|found| local && anybody(found)).map(nodes_of)
}

/// What an Ingress controller on one of the other nodes meets. Not for certain: it may use
/// the endpoints themselves instead of the cluster address.
pub fn internal(scene: &Scene, objects: &Objects, port: &ServicePort) -> Option<Blocked> {
    let found = backends(objects.slices.known()?, port);
    let endpoint_nodes = internal_nodes(objects, Some(&found))?;
    let all = objects.nodes.known()?.iter().map(|node| node.metadata.name.clone());
    let nodes: Vec<String> = all.filter(|node| of_node(&found, node).is_empty()).collect();
    if nodes.is_empty() {
        return None;
    }
    let patch = r#"{"spec":{"internalTrafficPolicy":"Cluster"}}"#;
    let command = scene.kubectl.call(&["patch", "service", &objects.service.metadata.name, "-p", patch]);
    let finding = Finding::InternalPolicyLocalNoEndpoint { nodes, endpoint_nodes };
    Some(Blocked { finding, remedies: vec![Remedy::new(Action::SetInternalPolicyCluster, command)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Is {
        Ready,
        ServingOut,
        NotReady,
    }

    fn backend(node: Option<&str>, is: Is) -> Backend {
        Backend {
            pod: None,
            ip: None,
            port: 8080,
            node: node.map(str::to_owned),
            ready: is == Is::Ready,
            serving_out: is == Is::ServingOut,
            terminating: is == Is::ServingOut,
        }
    }

    /// Every mix of up to three endpoints on two nodes: a node takes traffic if and only if
    /// one of its own endpoints takes traffic, and never by another node's.
    #[test]
    fn a_node_has_what_is_its_own_and_nothing_else() {
        let kinds: Vec<(Option<&str>, Is)> = [Some("a"), Some("b"), None]
            .into_iter()
            .flat_map(|node| [Is::Ready, Is::ServingOut, Is::NotReady].map(|is| (node, is)))
            .collect();
        let mut mixes: Vec<Vec<(Option<&str>, Is)>> = vec![Vec::new()];
        for _ in 0..3 {
            let longer = mixes.iter().flat_map(|mix| kinds.iter().map(|kind| [mix.clone(), vec![*kind]].concat()));
            mixes = mixes.iter().cloned().chain(longer.collect::<Vec<_>>()).collect();
        }
        for mix in mixes {
            let all = mix.iter().map(|(node, is)| backend(*node, *is)).collect();
            let found = Backends { all, ..Backends::default() };
            for node in ["a", "b"] {
                let takes = |is: Is| mix.contains(&(Some(node), is));
                let own = of_node(&found, node);
                assert_eq!(!own.is_empty(), takes(Is::Ready) || takes(Is::ServingOut), "{mix:?} {node}");
                assert!(own.iter().all(|backend| backend.node.as_deref() == Some(node)), "{mix:?} {node}");
                // Those on their way out count only where nothing is ready.
                assert!(!takes(Is::Ready) || own.iter().all(|backend| backend.ready), "{mix:?} {node}");
            }
            let some = mix.iter().any(|(_, is)| *is != Is::NotReady);
            assert_eq!(anybody(&found), some, "{mix:?}");
        }
    }
}
