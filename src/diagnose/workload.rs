//! A selector without Pods: nothing to run, not allowed to run, or the wrong labels.

use serde::Serialize;

use super::finding::Finding;
use super::near_miss::{near_miss, show};
use super::{Scene, unread};
use crate::answers::Seen;
use crate::ask::Why;
use crate::environment::Blocked;
use crate::fact::cluster::{
    Condition, DeploymentSpec, DeploymentStatus, Event, Labels, OwnerReference, Pod, Service, condition, daemonsets,
    deployments, events_about, jobs, replicasets, selects, some_pods, statefulsets,
};
use crate::fact::read::{PAGE, Shared};
use crate::report::{Action, Evidence, Fact, Remedy, Source, Unobserved};

/// Why a workload that wants Pods has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoPodsBecause {
    /// The API server refuses them: quota, admission, no such ServiceAccount.
    Refused,
    /// A Job that is suspended.
    Suspended,
    /// A Job that is done.
    Done,
    /// A DaemonSet that no node fits.
    NoNode,
}

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

/// What makes Pods, whatever its kind.
struct Workload<'a> {
    /// As in `kubectl get`.
    kind: &'static str,
    /// As in the API.
    api: &'static str,
    name: &'a str,
    labels: &'a Labels,
    /// How many Pods it wants now.
    wants: u32,
    conditions: &'a [Condition],
    /// Why it wants none, if that is not its number of replicas.
    idle: Option<NoPodsBecause>,
}

/// Explains a selector that matches no Pod. The labels are blamed last: a workload that
/// is scaled to zero, or whose Pods may not be made, has the right labels.
pub fn explain(scene: &Scene, service: &Service) -> NoPods {
    let selector = &service.spec.selector;
    let none = Fact::Selects { selector: show(selector), pods: 0 };
    let evidence = vec![Evidence::new(Source::Api("Pods"), none)];
    let (asking, namespace) = (scene.asking, scene.namespace);
    let deployments = deployments(asking, namespace);
    let stateful = statefulsets(asking, namespace);
    let daemons = or_none(daemonsets(asking, namespace));
    let bare = or_none(replicasets(asking, namespace));
    let jobs = or_none(jobs(asking, namespace));
    let all_pods = some_pods(asking, namespace);

    let mut workloads: Vec<Workload> = Vec::new();
    for one in deployments.known().into_iter().flatten() {
        workloads.push(Workload::replicated("deployment", "Deployment", &one.metadata.name, &one.spec, &one.status));
    }
    for one in stateful.known().into_iter().flatten() {
        workloads.push(Workload::replicated(
            "statefulset",
            "StatefulSet",
            &one.0.metadata.name,
            &one.0.spec,
            &one.0.status,
        ));
    }
    // A Deployment's own ReplicaSets of earlier versions want no Pods, by design.
    let of_deployment = |owner: &OwnerReference| owner.kind == "Deployment";
    for one in bare.known().into_iter().flatten().filter(|one| !one.metadata.owner_references.iter().any(of_deployment))
    {
        workloads.push(Workload::replicated("replicaset", "ReplicaSet", &one.metadata.name, &one.spec, &one.status));
    }
    for one in daemons.known().into_iter().flatten() {
        let wants = one.status.desired_number_scheduled;
        workloads.push(Workload {
            kind: "daemonset",
            api: "DaemonSet",
            name: &one.metadata.name,
            labels: &one.spec.template.metadata.labels,
            wants,
            conditions: &[],
            idle: (wants == 0).then_some(NoPodsBecause::NoNode),
        });
    }
    for one in jobs.known().into_iter().flatten() {
        let is = |kind| condition(&one.status.conditions, kind).is_some_and(|set| set.status == "True");
        let idle = match one.spec.suspend {
            true => Some(NoPodsBecause::Suspended),
            false => (is("Complete") || is("Failed")).then_some(NoPodsBecause::Done),
        };
        workloads.push(Workload {
            kind: "job",
            api: "Job",
            name: &one.metadata.name,
            labels: &one.spec.template.metadata.labels,
            wants: u32::from(idle.is_none()),
            conditions: &one.status.conditions,
            idle,
        });
    }
    // Of several, one that may not make its Pods explains more than one that wants none, and
    // that more than one that is about to.
    let fitting = workloads.iter().filter(|workload| selects(selector, workload.labels));
    let failing = |workload: &&Workload| condition(workload.conditions, "ReplicaFailure").is_none();
    if let Some(workload) = fitting.min_by_key(|workload| (failing(workload), workload.wants > 0)) {
        return workload.explain(scene, evidence);
    }
    // Without all lists the labels cannot be blamed.
    let unread: Vec<Unobserved> = [
        unread(scene, "deployments.apps", &deployments),
        unread(scene, "statefulsets.apps", &stateful),
        unread(scene, "daemonsets.apps", &daemons),
        unread(scene, "replicasets.apps", &bare),
        unread(scene, "jobs.batch", &jobs),
        unread(scene, "pods", &all_pods),
    ]
    .into_iter()
    .flatten()
    .collect();
    let pending = deployments.is_pending()
        || stateful.is_pending()
        || daemons.is_pending()
        || bare.is_pending()
        || jobs.is_pending()
        || all_pods.is_pending();
    match &all_pods {
        Seen::Known(all_pods) if unread.is_empty() && !pending => wrong_labels(scene, service, all_pods, evidence),
        _ => NoPods { blocked: None, evidence, unobserved: unread, pending },
    }
}

/// A kind that the server does not serve has no objects.
fn or_none<T>(seen: Seen<Vec<Shared<T>>>) -> Seen<Vec<Shared<T>>> {
    match seen {
        Seen::Unavailable(Why::ServerError { status: 404, .. }) => Seen::Known(Vec::new()),
        other => other,
    }
}

fn wrong_labels(scene: &Scene, service: &Service, all_pods: &[Shared<Pod>], mut evidence: Vec<Evidence>) -> NoPods {
    let selector = &service.spec.selector;
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
                more: all_pods.len() >= PAGE,
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

impl<'a> Workload<'a> {
    fn replicated(
        kind: &'static str,
        api: &'static str,
        name: &'a str,
        spec: &'a DeploymentSpec,
        status: &'a DeploymentStatus,
    ) -> Self {
        let labels = &spec.template.metadata.labels;
        Self { kind, api, name, labels, wants: spec.replicas.unwrap_or(1), conditions: &status.conditions, idle: None }
    }

    /// The selector would match its Pods: it makes none.
    fn explain(&self, scene: &Scene, mut evidence: Vec<Evidence>) -> NoPods {
        let name = self.name.to_owned();
        evidence
            .push(Evidence::new(Source::Api(self.api), Fact::Workload { name: name.clone(), replicas: self.wants }));
        let workload = format!("{}/{name}", self.kind);
        let mut pending = false;
        let blocked = if let Some(why) = self.idle {
            let (reason, message) = (String::new(), String::new());
            let finding = Finding::WorkloadCannotCreatePods { workload: workload.clone(), why, reason, message };
            Some(Blocked { finding, remedies: vec![self.wake(scene, &workload, why)] })
        } else if self.wants == 0 {
            let scale = scene.kubectl.call(&["scale", &workload, "--replicas=1"]);
            let remedies = vec![Remedy::new(Action::Scale { name }, scale)];
            Some(Blocked { finding: Finding::WorkloadScaledToZero { workload }, remedies })
        } else {
            let (refused, waits) = self.refused(scene);
            pending = waits;
            refused.map(|(reason, message)| {
                // A Deployment's own events do not have it: its ReplicaSet makes the Pods.
                let words = if self.kind == "deployment" {
                    vec!["describe", "replicasets"]
                } else {
                    vec!["describe", &workload]
                };
                let remedies = vec![Remedy::new(Action::DescribeWorkload, scene.kubectl.call(&words))];
                let why = NoPodsBecause::Refused;
                let finding = Finding::WorkloadCannotCreatePods { workload: workload.clone(), why, reason, message };
                Blocked { finding, remedies }
            })
        };
        NoPods { blocked, evidence, unobserved: Vec::new(), pending }
    }

    /// Why its Pods are refused: reason and message. Deployments and ReplicaSets say it in a
    /// condition, StatefulSets, DaemonSets and Jobs in events alone (seen on 1.34.4).
    fn refused(&self, scene: &Scene) -> (Option<(String, String)>, bool) {
        let failure = condition(self.conditions, "ReplicaFailure").filter(|failure| failure.status == "True");
        if let Some(failure) = failure {
            return (Some((failure.reason.clone(), failure.message.clone())), false);
        }
        if self.kind == "deployment" {
            return (None, false);
        }
        let events = events_about(scene.asking, scene.namespace, self.api, self.name);
        let failed = |event: &&Shared<Event>| event.reason == "FailedCreate" && event.is_warning();
        let newest =
            events.known().and_then(|events| events.iter().filter(failed).max_by_key(|event| event.at().to_owned()));
        (newest.map(|event| (event.reason.clone(), event.message.trim().to_owned())), events.is_pending())
    }

    fn wake(&self, scene: &Scene, workload: &str, why: NoPodsBecause) -> Remedy {
        match why {
            NoPodsBecause::Suspended => {
                let resume = scene.kubectl.call(&["patch", workload, "-p", r#"{"spec":{"suspend":false}}"#]);
                Remedy::new(Action::ResumeJob, resume)
            }
            _ => Remedy::new(Action::DescribeWorkload, scene.kubectl.call(&["describe", workload])),
        }
    }
}
