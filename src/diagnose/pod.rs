//! Why a Pod is not ready: the first test that fits wins.

use super::Scene;
use super::finding::Finding;
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::{ContainerStatus, Node, Pod, condition, events_of};
use crate::fact::read::Shared;
use crate::report::{Action, Evidence, Fact, Remedy, Source};

/// Waiting reasons that mean "the image cannot be had".
const IMAGE_REASONS: [&str; 5] =
    ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"];
/// Waiting reasons that mean "the container cannot be made as it is configured".
const CONFIG_REASONS: [&str; 4] =
    ["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PostStartHookError"];
/// How a container ends that was lost with its node or its sandbox, seen after a node's
/// container was stopped and started: "Unknown", exit code 255. Nothing crashed.
const LOST_REASONS: [&str; 2] = ["Unknown", "ContainerStatusUnknown"];

/// One Pod that is not ready: why, and what that rests on.
pub struct NotReady {
    /// The cause and what helps.
    pub blocked: Blocked,
    /// What was seen.
    pub evidence: Evidence,
}

/// Explains why a Pod is not ready. `None` for a Pod that is.
pub fn explain(scene: &Scene, pod: &Pod, nodes: &Seen<Vec<Shared<Node>>>) -> Option<NotReady> {
    if let Some(sick) = on_sick_node(scene, pod, nodes) {
        return Some(sick);
    }
    let name = pod.metadata.name.clone();
    if pod.metadata.deletion_timestamp.is_some() {
        return Some(not_ready(
            scene,
            pod,
            Finding::PodTerminating { pod: name },
            "Terminating",
            "",
            Action::DescribePod,
        ));
    }
    if matches!(pod.status.phase.as_str(), "Failed" | "Succeeded") {
        let (phase, reason) = (pod.status.phase.clone(), pod.status.reason.clone().unwrap_or_default());
        let finding = Finding::PodTerminal { pod: name, phase: phase.clone(), reason };
        return Some(not_ready(scene, pod, finding, &phase, "", Action::DescribePod));
    }
    if pod.is_ready() {
        return None;
    }
    if let Some(unscheduled) =
        condition(&pod.status.conditions, "PodScheduled").filter(|scheduled| scheduled.status == "False")
    {
        let message = unscheduled.message.clone();
        let finding = Finding::PodUnschedulable { pod: name, message: message.clone() };
        return Some(not_ready(scene, pod, finding, &unscheduled.reason, &message, Action::DescribePod));
    }
    if let Some(stuck) = init_container(scene, pod) {
        return Some(stuck);
    }
    pod.status
        .container_statuses
        .iter()
        .find_map(|status| container(scene, pod, status))
        .or_else(|| Some(starting(scene, pod)))
}

/// The kubelet of the Pod's node no longer reports: whatever the Pod says is stale. The
/// endpoint goes first (seen: `kubectl get pods` stays 1/1 Running).
fn on_sick_node(scene: &Scene, pod: &Pod, nodes: &Seen<Vec<Shared<Node>>>) -> Option<NotReady> {
    let on = pod.spec.node_name.as_deref()?;
    let node = nodes.known()?.iter().find(|node| node.metadata.name == on)?;
    let sick = node.not_ready()?;
    let finding = Finding::NodeNotReady { node: on.into(), reason: sick.reason.clone(), message: sick.message.clone() };
    let describe = Remedy::new(Action::DescribeNode, scene.kubectl.cluster(&["describe", "node", on]));
    let start = scene.place.and_then(|place| place.start_kubelet(on));
    let fact = Fact::NodeState { node: on.into(), reason: sick.reason.clone(), ready: false };
    Some(NotReady {
        blocked: Blocked { finding, remedies: start.into_iter().chain([describe]).collect() },
        evidence: Evidence::new(Source::Api("Node"), fact),
    })
}

fn init_container(scene: &Scene, pod: &Pod) -> Option<NotReady> {
    let initialized = condition(&pod.status.conditions, "Initialized")?;
    if initialized.status != "False" {
        return None;
    }
    let status = pod
        .status
        .init_container_statuses
        .iter()
        .find(|status| status.state.terminated.as_ref().is_none_or(|ended| ended.exit_code != 0))?;
    // An image or configuration error is told the same way as for any container.
    if let Some(waiting) = &status.state.waiting
        && (IMAGE_REASONS.contains(&waiting.reason.as_str()) || CONFIG_REASONS.contains(&waiting.reason.as_str()))
    {
        return container(scene, pod, status);
    }
    let reason = status
        .state
        .waiting
        .as_ref()
        .map(|waiting| waiting.reason.clone())
        .or_else(|| status.state.terminated.as_ref().map(|ended| ended.reason.clone()))
        .unwrap_or_else(|| "Running".into());
    let finding = Finding::InitContainerFailed {
        pod: pod.metadata.name.clone(),
        container: status.name.clone(),
        reason: reason.clone(),
    };
    let logs = scene.kubectl.call(&["logs", &pod.metadata.name, "-c", &status.name]);
    Some(NotReady {
        blocked: Blocked { finding, remedies: vec![Remedy::new(Action::ReadLogs, logs)] },
        evidence: state(pod, &reason, ""),
    })
}

fn container(scene: &Scene, pod: &Pod, status: &ContainerStatus) -> Option<NotReady> {
    let (name, container) = (pod.metadata.name.clone(), status.name.clone());
    if let Some(waiting) = &status.state.waiting {
        let (reason, message) = (waiting.reason.clone(), waiting.message.clone());
        if IMAGE_REASONS.contains(&reason.as_str()) {
            return Some(image(scene, pod, &container, reason, message));
        }
        if CONFIG_REASONS.contains(&reason.as_str()) {
            let finding = Finding::ContainerConfigError {
                pod: name,
                container,
                reason: reason.clone(),
                message: message.clone(),
            };
            return Some(not_ready(scene, pod, finding, &reason, &message, Action::DescribePod));
        }
    }
    if status.ready {
        return None;
    }
    let waiting = status.state.waiting.as_ref().map(|waiting| waiting.reason.as_str());
    let ended = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
    let ended = ended.filter(|ended| !LOST_REASONS.contains(&ended.reason.as_str()));
    // A container that runs now may have been restarted once upon a time, or told to end
    // (143 is SIGTERM): that is no loop.
    let own_fault = ended.is_some_and(|ended| ended.exit_code != 143);
    let again = own_fault && status.restart_count > u32::from(status.state.running.is_some());
    if waiting == Some("CrashLoopBackOff") || again {
        let reason = ended.map(|ended| ended.reason.clone()).unwrap_or_default();
        let shown = waiting.unwrap_or(&reason).to_owned();
        let finding = Finding::ContainerCrashLoop {
            pod: name.clone(),
            container: container.clone(),
            exit_code: ended.map(|ended| ended.exit_code),
            reason,
            restarts: status.restart_count,
        };
        let previous = scene.kubectl.call(&["logs", &name, "-c", &container, "--previous"]);
        return Some(NotReady {
            blocked: Blocked { finding, remedies: vec![Remedy::new(Action::ReadPreviousLogs, previous)] },
            evidence: state(pod, &shown, ""),
        });
    }
    // It runs, started, and is not ready: its readiness probe fails.
    if status.state.running.is_some() && status.started != Some(false) {
        let message = kubelet_says(scene, pod, "Unhealthy");
        let finding = Finding::ReadinessProbeFailing { pod: name, container, message: message.clone() };
        return Some(not_ready(scene, pod, finding, "Running, not ready", &message, Action::DescribePod));
    }
    None
}

/// The image is not in the node and cannot be pulled. It may well be in the host's
/// engine: the node is a container of its own and does not see those images.
fn image(scene: &Scene, pod: &Pod, container: &str, reason: String, message: String) -> NotReady {
    let image =
        pod.port_owners().find(|owner| owner.name == container).map(|owner| owner.image.clone()).unwrap_or_default();
    let load = scene.place.and_then(|place| place.load_image(&image));
    let describe = scene.kubectl.call(&["describe", "pod", &pod.metadata.name]);
    let finding = Finding::ImagePullFailed {
        pod: pod.metadata.name.clone(),
        container: container.into(),
        image,
        reason: reason.clone(),
        message,
    };
    NotReady {
        blocked: Blocked {
            finding,
            remedies: load.into_iter().chain([Remedy::new(Action::DescribePod, describe)]).collect(),
        },
        evidence: state(pod, &reason, ""),
    }
}

fn starting(scene: &Scene, pod: &Pod) -> NotReady {
    let states = || pod.status.container_statuses.iter().map(|status| &status.state);
    let waiting = states().find_map(|state| state.waiting.as_ref()).map(|waiting| waiting.reason.clone());
    let ended = || states().find_map(|state| state.terminated.as_ref()).map(|ended| ended.reason.clone());
    let reason = waiting.or_else(ended).unwrap_or_else(|| pod.status.phase.clone());
    let message = kubelet_says(scene, pod, "Failed");
    let finding =
        Finding::PodStarting { pod: pod.metadata.name.clone(), reason: reason.clone(), message: message.clone() };
    not_ready(scene, pod, finding, &reason, &message, Action::DescribePod)
}

/// The newest event about the Pod whose reason starts with a word, in the kubelet's words.
fn kubelet_says(scene: &Scene, pod: &Pod, reason: &str) -> String {
    let events = events_of(scene.asking, scene.namespace, &pod.metadata.name);
    let newest = events.known().and_then(|events| events.iter().rev().find(|event| event.reason.starts_with(reason)));
    newest.map(|event| event.message.trim().to_owned()).unwrap_or_default()
}

fn not_ready(scene: &Scene, pod: &Pod, finding: Finding, reason: &str, message: &str, action: Action) -> NotReady {
    let describe = scene.kubectl.call(&["describe", "pod", &pod.metadata.name]);
    NotReady {
        blocked: Blocked { finding, remedies: vec![Remedy::new(action, describe)] },
        evidence: state(pod, reason, message),
    }
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
        let pod = format!(
            r#"{{"metadata":{{"name":"web"}},"spec":{{"containers":[{{"name":"app","image":"app"}}]}},
                "status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"False"}}],
                "containerStatuses":[{{"name":"app","ready":false,{status}}}]}}}}"#
        );
        let pod: Pod = serde_json::from_str(&pod).unwrap();
        let (answers, kubectl) = (Answers::default(), Kubectl::default());
        let asking = Asking::new(&answers);
        let scene = Scene { asking: &asking, place: None, kubectl: &kubectl, namespace: "web" };
        explain(&scene, &pod, &Seen::Pending).unwrap().blocked.finding.code().as_str()
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
