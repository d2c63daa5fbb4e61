//! A selector without Pods: nothing to run, not allowed to run, or the wrong labels.

use super::finding::Finding;
use super::near_miss::{near_miss, show};
use super::{Scene, unread};
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::{
    Deployment as Workload, Labels, Service, condition, deployments, pods, selects, statefulsets,
};
use crate::report::{Action, Evidence, Fact, Remedy, Source, Unobserved};

/// Why a selector matches no Pod, once that is known.
pub struct NoPods {
    /// The cause; `None` while or where it cannot be told.
    pub blocked: Option<Blocked>,
    /// What it rests on, to be shown at the selector's hop.
    pub evidence: Vec<Evidence>,
    /// What could not be read and might have told.
    pub unobserved: Vec<Unobserved>,
    /// A list is still to come.
    pub pending: bool,
}

/// Explains a selector that matches no Pod. The labels are blamed last: a workload that
/// is scaled to zero, or whose Pods may not be made, has the right labels.
pub fn explain(scene: &Scene, service: &Service) -> NoPods {
    let selector = &service.spec.selector;
    let none = Fact::Selects { selector: show(selector), pods: 0 };
    let mut evidence = vec![Evidence::new(Source::Api("Pods"), none)];
    let deployments = deployments(scene.asking, scene.namespace);
    let stateful = statefulsets(scene.asking, scene.namespace);
    let all_pods = pods(scene.asking, Some(scene.namespace));
    let of_deployments = deployments.known().into_iter().flatten().map(|one| ("deployment", &**one));
    let of_sets = stateful.known().into_iter().flatten().map(|one| ("statefulset", &one.0));
    let mut workloads = of_deployments.chain(of_sets);
    let fitting = workloads.find(|(_, workload)| selects(selector, &workload.spec.template.metadata.labels));
    if let Some((kind, workload)) = fitting {
        return of_workload(scene, kind, workload, evidence);
    }
    // Without all lists the labels cannot be blamed.
    let (Seen::Known(_), Seen::Known(_), Seen::Known(all_pods)) = (&deployments, &stateful, &all_pods) else {
        let unread = [
            unread(scene, "deployments.apps", &deployments),
            unread(scene, "statefulsets.apps", &stateful),
            unread(scene, "pods", &all_pods),
        ];
        let pending = deployments.is_pending() || stateful.is_pending() || all_pods.is_pending();
        return NoPods { blocked: None, evidence, unobserved: unread.into_iter().flatten().collect(), pending };
    };
    let labels: Vec<&Labels> = all_pods.iter().map(|pod| &pod.metadata.labels).collect();
    let miss = near_miss(selector, &labels, &service.metadata.name);
    let mut remedies = Vec::new();
    if let Some(miss) = &miss {
        evidence.push(Evidence::new(
            Source::Api("Pods"),
            Fact::NearMiss {
                pair: format!("{}={}", miss.pair.0, miss.pair.1),
                closest: format!("{}={}", miss.closest.0, miss.closest.1),
                pods: miss.pods,
            },
        ));
        let corrected = show(&miss.corrected(selector));
        let set = scene.kubectl.call(&["set", "selector", "service", &service.metadata.name, &corrected]);
        remedies.push(Remedy::new(Action::SetSelector, set));
    } else {
        remedies.push(Remedy::new(Action::ShowLabels, scene.kubectl.call(&["get", "pods", "--show-labels"])));
    }
    let finding = Finding::SelectorMatchesNoPods {
        selector: show(selector),
        pair: miss.as_ref().map(|miss| format!("{}={}", miss.pair.0, miss.pair.1)),
        closest: miss.as_ref().map(|miss| format!("{}={}", miss.closest.0, miss.closest.1)),
        closest_pods: miss.as_ref().map_or(0, |miss| miss.pods),
        pods: all_pods.len(),
    };
    NoPods { blocked: Some(Blocked { finding, remedies }), evidence, unobserved: Vec::new(), pending: false }
}

/// A workload whose Pods the selector would match: it makes none.
fn of_workload(scene: &Scene, kind: &str, workload: &Workload, mut evidence: Vec<Evidence>) -> NoPods {
    let name = workload.metadata.name.clone();
    let replicas = workload.spec.replicas.unwrap_or(1);
    let source = Source::Api(if kind == "deployment" { "Deployment" } else { "StatefulSet" });
    evidence.push(Evidence::new(source, Fact::Workload { name: name.clone(), replicas }));
    let target = format!("{kind}/{name}");
    let failure = condition(&workload.status.conditions, "ReplicaFailure").filter(|failure| failure.status == "True");
    let blocked = if replicas == 0 {
        let scale = scene.kubectl.call(&["scale", &target, "--replicas=1"]);
        let remedies = vec![Remedy::new(Action::Scale { name }, scale)];
        Some(Blocked { finding: Finding::WorkloadScaledToZero { workload: target }, remedies })
    } else {
        let describe = scene.kubectl.call(&["describe", "replicasets"]);
        failure.map(|failure| Blocked {
            finding: Finding::WorkloadCannotCreatePods {
                workload: target,
                reason: failure.reason.clone(),
                message: failure.message.clone(),
            },
            remedies: vec![Remedy::new(Action::DescribeWorkload, describe)],
        })
    };
    NoPods { blocked, evidence, unobserved: Vec::new(), pending: false }
}
