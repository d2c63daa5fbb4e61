//! A selector without Pods: nothing to run, not allowed to run, or the wrong labels.

use super::finding::Finding;
use super::near_miss::{near_miss, show};
use super::{Scene, unread};
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::{Labels, Service, condition, deployments, pods, selects};
use crate::report::{Action, Evidence, Fact, Remedy, Source, Unobserved};

/// Why a selector matches no Pod, once that is known.
pub struct NoPods {
    /// The cause; `None` while or where it cannot be told.
    pub blocked: Option<Blocked>,
    /// What it rests on, to be shown at the selector's hop.
    pub evidence: Vec<Evidence>,
    /// What could not be read and would have told the cause.
    pub unobserved: Vec<Unobserved>,
}

/// Explains a selector that matches no Pod. The labels are blamed last: a workload that
/// is scaled to zero, or whose Pods may not be made, has the right labels.
pub fn explain(scene: &Scene, service: &Service) -> NoPods {
    let selector = &service.spec.selector;
    let none = Fact::Selects { selector: show(selector), pods: 0 };
    let mut evidence = vec![Evidence::new(Source::Api("Pods"), none)];
    let deployments = deployments(scene.asking, scene.namespace);
    let all_pods = pods(scene.asking, Some(scene.namespace));
    let fitting = deployments
        .known()
        .and_then(|all| all.iter().find(|deployment| selects(selector, &deployment.spec.template.metadata.labels)));
    if let Some(deployment) = fitting {
        let name = deployment.metadata.name.clone();
        let replicas = deployment.spec.replicas.unwrap_or(1);
        evidence.push(Evidence::new(Source::Api("Deployment"), Fact::Workload { name: name.clone(), replicas }));
        let target = format!("deployment/{name}");
        if replicas == 0 {
            let scale = scene.kubectl.call(&["scale", &target, "--replicas=1"]);
            let remedies = vec![Remedy::new(Action::Scale { name: name.clone() }, scale)];
            let finding = Finding::WorkloadScaledToZero { workload: target };
            return NoPods { blocked: Some(Blocked { finding, remedies }), evidence, unobserved: Vec::new() };
        }
        let failure =
            condition(&deployment.status.conditions, "ReplicaFailure").filter(|failure| failure.status == "True");
        let describe = scene.kubectl.call(&["describe", "replicasets"]);
        let blocked = failure.map(|failure| Blocked {
            finding: Finding::WorkloadCannotCreatePods {
                workload: target,
                reason: failure.reason.clone(),
                message: failure.message.clone(),
            },
            remedies: vec![Remedy::new(Action::DescribeWorkload, describe)],
        });
        return NoPods { blocked, evidence, unobserved: Vec::new() };
    }
    // Without both lists the labels cannot be blamed.
    let (Seen::Known(_), Seen::Known(all_pods)) = (&deployments, &all_pods) else {
        let unread = [unread(scene, "deployments.apps", &deployments), unread(scene, "pods", &all_pods)];
        return NoPods { blocked: None, evidence, unobserved: unread.into_iter().flatten().collect() };
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
    NoPods { blocked: Some(Blocked { finding, remedies }), evidence, unobserved: Vec::new() }
}
