//! Why a Pod is not ready: the first test that fits wins.

mod container;
mod image;
mod init;
pub mod remedy;
mod said;
mod schedule;
mod start;

pub use self::container::CrashCause;
pub use self::image::{DOCKER_HUB, PullCause};
pub use self::schedule::Unfit;
use super::Scene;
use super::finding::Finding;
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::{Node, Pod, condition};
use crate::fact::read::Shared;
use crate::report::{Action, Evidence, Fact, Remedy, Source, Unobserved};

/// One Pod that is not ready: why, and what that rests on.
pub struct NotReady {
    /// The cause and what helps.
    pub blocked: Blocked,
    /// What was seen.
    pub evidence: Evidence,
    /// What could not be read and might have told more.
    pub unobserved: Vec<Unobserved>,
}

impl NotReady {
    fn of(blocked: Blocked, evidence: Evidence) -> Self {
        Self { blocked, evidence, unobserved: Vec::new() }
    }
}

/// Explains why a Pod is not ready. `None` for a Pod that is. The order is that of a Pod's
/// life: a later step cannot be what an earlier one waits for.
pub fn explain(scene: &Scene, pod: &Pod, nodes: &Seen<Vec<Shared<Node>>>) -> Option<NotReady> {
    if let Some(sick) = on_sick_node(scene, pod, nodes) {
        return Some(sick);
    }
    let name = pod.metadata.name.clone();
    if pod.metadata.deletion_timestamp.is_some() {
        let finding = Finding::PodTerminating { pod: name };
        return Some(not_ready(scene, pod, finding, "Terminating", "", Action::DescribePod));
    }
    if pod.has_ended() {
        let (phase, reason) = (pod.status.phase.clone(), pod.status.reason.clone().unwrap_or_default());
        let message = pod.status.message.clone().unwrap_or_default();
        let finding = Finding::PodTerminal { pod: name, phase: phase.clone(), reason, message: message.clone() };
        return Some(not_ready(scene, pod, finding, &phase, &message, Action::DescribePod));
    }
    if pod.is_ready() {
        return None;
    }
    // One test after the other, each over all containers: a sidecar may be what fails.
    let any = |test: fn(&Scene, &Pod, &_) -> Option<NotReady>| {
        pod.container_statuses().find_map(|status| test(scene, pod, status))
    };
    schedule::explain(scene, pod)
        .or_else(|| start::sandbox(scene, pod))
        .or_else(|| init::explain(scene, pod))
        .or_else(|| any(image::explain))
        .or_else(|| any(container::config))
        .or_else(|| any(container::crash))
        .or_else(|| any(container::startup))
        .or_else(|| any(container::readiness))
        .or_else(|| gates(scene, pod))
        .or_else(|| (!may_be_stale(pod, nodes)).then(|| start::still(scene, pod)))
}

/// All containers are ready and the Pod is not: as if its node no longer reported, and the
/// Nodes could not be read.
fn may_be_stale(pod: &Pod, nodes: &Seen<Vec<Shared<Node>>>) -> bool {
    let statuses = &pod.status.container_statuses;
    nodes.unavailable().is_some() && !statuses.is_empty() && statuses.iter().all(|status| status.ready)
}

/// Its containers are ready, and somebody else (a load balancer's controller, say) has not
/// said so yet.
fn gates(scene: &Scene, pod: &Pod) -> Option<NotReady> {
    let conditions = &pod.status.conditions;
    condition(conditions, "ContainersReady").filter(|ready| ready.status == "True")?;
    let ready = condition(conditions, "Ready").filter(|ready| ready.reason == "ReadinessGatesNotReady")?;
    let open = |gate: &&String| condition(conditions, gate).is_none_or(|set| set.status != "True");
    let gates = pod.spec.readiness_gates.iter().map(|gate| &gate.condition_type).filter(open).cloned().collect();
    let finding = Finding::ReadinessGatePending { pod: pod.metadata.name.clone(), gates };
    Some(not_ready(scene, pod, finding, &ready.reason, &ready.message, Action::DescribePod))
}

/// The kubelet of the Pod's node no longer reports: whatever the Pod says is stale. The
/// endpoint goes first (seen: `kubectl get pods` stays 1/1 Running).
fn on_sick_node(scene: &Scene, pod: &Pod, nodes: &Seen<Vec<Shared<Node>>>) -> Option<NotReady> {
    let on = pod.spec.node_name.as_deref()?;
    let node = nodes.known()?.iter().find(|node| node.metadata.name == on)?;
    let sick = node.not_ready()?;
    let finding = Finding::NodeNotReady { node: on.into(), reason: sick.reason.clone(), message: sick.message.clone() };
    let describe = Remedy::new(Action::DescribeNode, scene.kubectl.cluster(&["describe", "node", on]));
    let fact = Fact::NodeState { node: on.into(), reason: sick.reason.clone(), ready: false };
    // A kubelet without its node cannot report either: then the node is what is missing.
    if let Some(blocked) = scene.place.and_then(|place| place.stopped_node(on)) {
        return Some(NotReady::of(blocked, Evidence::new(Source::Api("Node"), fact)));
    }
    // Any other reason is what a kubelet that runs says of itself.
    let silent = sick.reason == "NodeStatusUnknown";
    let start = scene.place.filter(|_| silent).and_then(|place| place.start_kubelet(on));
    let blocked = Blocked { finding, remedies: start.into_iter().chain([describe]).collect() };
    Some(NotReady::of(blocked, Evidence::new(Source::Api("Node"), fact)))
}

fn not_ready(scene: &Scene, pod: &Pod, finding: Finding, reason: &str, message: &str, action: Action) -> NotReady {
    let describe = scene.kubectl.call(&["describe", "pod", &pod.metadata.name]);
    let blocked = Blocked { finding, remedies: vec![Remedy::new(action, describe)] };
    NotReady::of(blocked, state(pod, reason, message))
}

fn state(pod: &Pod, reason: &str, message: &str) -> Evidence {
    Evidence::new(
        Source::Api("Pod"),
        Fact::PodState { pod: pod.metadata.name.clone(), reason: reason.into(), message: message.into() },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::{Answers, Asking};
    use crate::remedy::Kubectl;

    /// The code for a Pod with one container in this state.
    fn code(status: &str) -> &'static str {
        said(status).finding.code().as_str()
    }

    /// What is said of a Pod with one container in this state.
    fn said(status: &str) -> Blocked {
        let pod = format!(
            r#"{{"metadata":{{"name":"web"}},"spec":{{"containers":[{{"name":"app","image":"app"}}]}},
                "status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"False"}}],
                "containerStatuses":[{{"name":"app","ready":false,{status}}}]}}}}"#
        );
        let pod: Pod = serde_json::from_str(&pod).unwrap();
        let (answers, kubectl) = (Answers::default(), Kubectl::default());
        let asking = Asking::new(&answers);
        let scene = Scene { asking: &asking, place: None, kubectl: &kubectl, namespace: "web" };
        explain(&scene, &pod, &Seen::Pending).unwrap().blocked
    }

    /// The kubelet keeps one ended container: that of before the one that has just ended is
    /// gone (seen: "unable to retrieve container logs").
    #[test]
    fn the_logs_that_are_still_there_are_read() {
        let ended = r#"{"terminated":{"reason":"Error","exitCode":1}}"#;
        for (status, previous) in [
            (format!(r#""restartCount":2,"state":{ended},"lastState":{ended}"#), false),
            (format!(r#""restartCount":2,"state":{{"running":{{}}}},"lastState":{ended}"#), true),
            (
                format!(
                    r#""restartCount":2,"state":{{"waiting":{{"reason":"CrashLoopBackOff"}}}},"lastState":{ended}"#
                ),
                true,
            ),
        ] {
            let command = &said(&status).remedies[0].commands[0];
            assert_eq!(command.last().is_some_and(|word| word == "--previous"), previous, "{status}");
        }
    }

    #[test]
    fn only_a_container_that_ends_more_than_once_is_in_a_crash_loop() {
        let ended = |reason: &str, code: u8| format!(r#"{{"terminated":{{"reason":"{reason}","exitCode":{code}}}}}"#);
        let (error, lost) = (ended("Error", 1), ended("Unknown", 255));
        for (status, expected) in [
            (r#""restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}}"#.to_owned(), "K213"),
            (format!(r#""restartCount":2,"state":{error}"#), "K213"),
            (format!(r#""restartCount":2,"state":{{"running":{{}}}},"lastState":{error}"#), "K213"),
            // The first time: it is about to be started again.
            (format!(r#""restartCount":0,"state":{error}"#), "K216"),
            // The node was stopped under it.
            (format!(r#""restartCount":0,"state":{lost}"#), "K216"),
            (format!(r#""restartCount":1,"state":{{"running":{{}}}},"lastState":{lost}"#), "K215"),
            (r#""restartCount":0,"state":{"running":{}}"#.to_owned(), "K215"),
        ] {
            assert_eq!(code(&status), expected, "{status}");
        }
    }
}
