//! A Service that works, and not with all of its Pods.

use super::endpoints::{Backend, Backends};
use super::finding::Finding;
use super::near_miss::show;
use super::{Objects, Scene, pod};
use crate::environment::Blocked;
use crate::fact::cluster::{ContainerStatus, Pod, PortRef, ServicePort};
use crate::fact::read::Shared;
use crate::report::{Action, Remedy};

/// How many Pods are named.
const NAMED: usize = 3;

/// What is wrong with the rest of the Pods, if traffic goes to some of them.
pub fn partial(scene: &Scene, objects: &Objects, port: &ServicePort, found: &Backends) -> Option<Blocked> {
    if found.ready().next().is_none() {
        return only_terminating(scene, objects, found);
    }
    unnamed(scene, objects, port, found).or_else(|| not_ready(scene, objects, found))
}

/// All endpoints are on their way out. kube-proxy uses those that still serve when it has
/// no other (ProxyTerminatingEndpoints, on since Kubernetes 1.26), for as long as their
/// Pods take to end.
fn only_terminating(scene: &Scene, objects: &Objects, found: &Backends) -> Option<Blocked> {
    let serving = found.all.iter().filter(|backend| backend.serving_out).count();
    if serving == 0 {
        return None;
    }
    let next = objects.pods.known().and_then(|pods| pods.iter().find(|pod| !pod.is_gone()));
    let reason = next.and_then(|next| pod::explain(scene, next, &objects.nodes)).map(|reason| reason.blocked);
    let selector = show(&objects.service.spec.selector);
    let list = Remedy::new(Action::ShowPods, scene.kubectl.call(&["get", "pods", "-l", &selector]));
    let (reason, mut remedies) = split(reason);
    if remedies.is_empty() {
        remedies.push(list);
    }
    Some(Blocked { finding: Finding::OnlyTerminatingEndpoints { serving, reason }, remedies })
}

/// Ready Pods that have no port of the target port's name: no traffic for them.
fn unnamed(scene: &Scene, objects: &Objects, port: &ServicePort, found: &Backends) -> Option<Blocked> {
    let PortRef::Name(target) = &port.target_port else { return None };
    if found.without.is_empty() || objects.service.spec.selector.is_empty() {
        return None;
    }
    let selector = show(&objects.service.spec.selector);
    // Short: one word is not broken, and a line has 80 columns.
    let columns = "custom-columns=POD:.metadata.name,PORTS:..ports[*].name";
    let list = scene.kubectl.call(&["get", "pods", "-l", &selector, "-o", columns]);
    let finding = Finding::NamedTargetPortPartial {
        port: port.port,
        target: target.clone(),
        with: found.ready().count(),
        without: found.without.iter().take(NAMED).cloned().collect(),
    };
    Some(Blocked { finding, remedies: vec![Remedy::new(Action::ShowPods, list)] })
}

fn not_ready(scene: &Scene, objects: &Objects, found: &Backends) -> Option<Blocked> {
    let pods = objects.pods.known().map_or(&[][..], Vec::as_slice);
    let of = |backend: &Backend| pods.iter().find(|pod| Some(&pod.metadata.name) == backend.pod.as_ref());
    // Endpoints on their way out belong to every rollout, and so do the new ones. A Pod that
    // has ended (a Job's, or one that was evicted) will not come back, and it stays in the
    // slice, not ready (seen on 1.34.4).
    let passing = |pod: &Shared<Pod>| pod.has_ended() || is_rolling_out(pod, pods);
    let staying: Vec<&Backend> = found
        .all
        .iter()
        .filter(|backend| !backend.terminating)
        .filter(|backend| backend.ready || !of(backend).is_some_and(passing))
        .collect();
    let ready = staying.iter().filter(|backend| backend.ready).count();
    if ready == staying.len() {
        return None;
    }
    let others: Vec<&&Backend> = staying.iter().filter(|backend| !backend.ready).collect();
    let reason = others.iter().find_map(|backend| pod::explain(scene, of(backend)?, &objects.nodes));
    let pods: Vec<String> = others.iter().filter_map(|backend| backend.pod.clone()).take(NAMED).collect();
    let (reason, mut remedies) = split(reason.map(|reason| reason.blocked));
    if remedies.is_empty() {
        let describe = pods.first().map(|pod| scene.kubectl.call(&["describe", "pod", pod]));
        remedies.extend(describe.map(|command| Remedy::new(Action::DescribePod, command)));
    }
    Some(Blocked { finding: Finding::EndpointsPartiallyReady { ready, total: staying.len(), pods, reason }, remedies })
}

fn split(reason: Option<Blocked>) -> (Option<Box<Finding>>, Vec<Remedy>) {
    match reason {
        Some(Blocked { finding, remedies }) => (Some(Box::new(finding)), remedies),
        None => (None, Vec::new()),
    }
}

/// Whether a Pod that is not ready is the next version of one that is still there: of the
/// same workload, of another template (`pod-template-hash`), made later, and nothing about
/// it has failed yet. Pods of its own template may be ready before it: a rollout starts
/// them one after the other. The Deployment waits for each before it takes an old Pod away,
/// so all the traffic is served meanwhile. What time it is nobody tells the rules, so "has taken
/// too long" is left to `kubectl rollout status`; a Pod that crashes or lacks its image
/// has failed, however young. Decided without a read: there may be hundreds.
fn is_rolling_out(pod: &Pod, pods: &[Shared<Pod>]) -> bool {
    let (Some(hash), Some(maker)) = (pod.template_hash(), pod.made_by()) else { return false };
    let of_another = |other: &&Shared<Pod>| {
        !other.has_ended() && other.template_hash() != Some(hash) && other.made_by().as_ref() == Some(&maker)
    };
    let mut others = pods.iter().filter(of_another).peekable();
    let is_next = |other: &Shared<Pod>| pod.metadata.creation_timestamp > other.metadata.creation_timestamp;
    let waits = |reason: &str| matches!(reason, "ContainerCreating" | "PodInitializing");
    let unharmed = |status: &ContainerStatus| {
        let state = &status.state;
        status.restart_count == 0
            && state.waiting.as_ref().is_none_or(|waiting| waits(&waiting.reason))
            && state.terminated.as_ref().is_none_or(|ended| ended.exit_code == 0)
    };
    others.peek().is_some() && others.all(is_next) && pod.statuses().all(unharmed)
}
