//! What a Service says of itself that changes how its traffic goes, and is no fault.

use super::traffic_policy::internal_nodes;
use crate::diagnose::Scene;
use crate::diagnose::endpoints::{Backends, declared_protocols};
use crate::diagnose::finding::Finding;
use crate::diagnose::{Objects, pod};
use crate::environment::Blocked;
use crate::fact::cluster::{PortRef, Service, ServicePort};
use crate::remedy::argv;
use crate::report::{Action, Evidence, Fact, Found, Remedy, Source};

/// The finalizer with which a cloud controller holds a Service until its load balancer is
/// gone (kubernetes/cloud-provider `service/helpers`).
const CLEANUP: &str = "service.kubernetes.io/load-balancer-cleanup";

/// Information for the Service's own hop.
pub fn of(objects: &Objects, found: Option<&Backends>) -> Vec<Evidence> {
    let service = &objects.service;
    let spec = &service.spec;
    let mut facts = Vec::new();
    if service.metadata.deletion_timestamp.is_some() {
        facts.push(Fact::BeingDeleted { finalizers: service.metadata.finalizers.clone() });
    }
    let not_serving = published_not_ready(objects);
    if not_serving > 0 {
        facts.push(Fact::PublishedNotReady { count: not_serving });
    }
    let several = found.is_some_and(|found| found.ready().count() > 1);
    if several && spec.session_affinity.as_deref() == Some("ClientIP") {
        facts.push(Fact::SessionAffinity);
    }
    if let Some(nodes) = internal_nodes(objects, found) {
        facts.push(Fact::InternalPolicyLocal { nodes });
    }
    if !spec.external_ips.is_empty() {
        facts.push(Fact::ExternalIps { ips: spec.external_ips.clone() });
    }
    facts.into_iter().map(|fact| Evidence::new(Source::Api("Service"), fact)).collect()
}

/// How many endpoints take traffic although their Pods are not ready. "ready" says nothing
/// about such a Pod, "serving" does (S1).
fn published_not_ready(objects: &Objects) -> usize {
    let slices = objects.slices.known().filter(|_| objects.service.spec.publish_not_ready_addresses);
    let endpoints = slices.into_iter().flatten().flat_map(|slice| &slice.endpoints);
    endpoints.filter(|endpoint| endpoint.is_ready() && !endpoint.is_serving()).count()
}

/// The Pod that keeps such a Service from answering: all of its endpoints are published and
/// none is ready. A readiness probe that fails is no reason here: traffic comes all the same.
pub fn not_running(scene: &Scene, objects: &Objects) -> Option<Blocked> {
    let all: usize = objects.slices.known()?.iter().map(|slice| slice.endpoints.len()).sum();
    if all == 0 || published_not_ready(objects) < all {
        return None;
    }
    let reason = objects.pods.known()?.iter().find_map(|pod| pod::explain(scene, pod, &objects.nodes))?;
    Some(reason.blocked).filter(|blocked| !matches!(blocked.finding, Finding::ReadinessProbeFailing { .. }))
}

/// The containers declare the target port for another protocol only. They need not declare
/// anything, so this proves nothing; where nothing answers it is worth a look.
pub fn other_protocol(objects: &Objects, port: &ServicePort) -> Option<Evidence> {
    let PortRef::Number(target) = port.target_port else { return None };
    let wanted = if port.protocol.is_empty() { "TCP" } else { &port.protocol };
    let declared = declared_protocols(objects.pods.known()?, target);
    let other = declared.first().filter(|_| !declared.iter().any(|protocol| protocol == wanted))?.clone();
    Some(Evidence::new(Source::Api("Pod"), Fact::DeclaredProtocol { port: target, protocol: other }))
}

/// A Service that somebody deleted and that is still there.
pub fn leaving(scene: &Scene, service: &Service) -> Option<Blocked> {
    service.metadata.deletion_timestamp.as_ref()?;
    let (name, finalizers) = (service.metadata.name.clone(), service.metadata.finalizers.clone());
    let mut remedies = Vec::new();
    if finalizers.iter().any(|finalizer| finalizer == CLEANUP) {
        remedies.push(Remedy::new(Action::RunLoadBalancerProvider, argv(&["cloud-provider-kind"])).blocking());
    }
    if !finalizers.is_empty() {
        let patch = r#"{"metadata":{"finalizers":null}}"#;
        let command = scene.kubectl.call(&["patch", "service", &name, "--type=merge", "-p", patch]);
        remedies.push(Remedy::new(Action::FinishDeletion, command).destructive());
    }
    Some(Blocked { finding: Finding::ServiceTerminating { name, finalizers }, remedies })
}

/// Marks the remedies that change a Service which a tool writes from a source of its own.
pub fn mark_managed(service: &Service, found: &mut [Found]) {
    let Some(manager) = service.metadata.labels.manager() else { return };
    let name = &service.metadata.name;
    let changes = |command: &[String]| {
        let verb = command.iter().any(|word| matches!(word.as_str(), "patch" | "set" | "edit"));
        let target = command.windows(2).any(|pair| pair[0] == "service" && pair[1] == *name);
        verb && (target || command.contains(&format!("service/{name}")))
    };
    for remedy in found.iter_mut().flat_map(|found| &mut found.remedies) {
        if remedy.commands.iter().any(|command| changes(command)) {
            remedy.managed_by = Some(manager);
        }
    }
}
