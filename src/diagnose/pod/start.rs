//! A Pod that has a node, and no container yet.

use super::said::Said;
use super::{NotReady, not_ready};
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::fact::cluster::{Event, Pod, condition};
use crate::report::Action;

/// Its network or a volume cannot be made. Volumes come first, then the sandbox with its
/// network; only after both is an image pulled.
pub fn sandbox(scene: &Scene, pod: &Pod) -> Option<NotReady> {
    let made = condition(&pod.status.conditions, "PodReadyToStartContainers").map(|made| made.status.as_str());
    let waits = |reason: &str| matches!(reason, "ContainerCreating" | "PodInitializing");
    let mut states = pod.statuses().filter_map(|status| status.state.waiting.as_ref());
    if made == Some("True") || !states.any(|waiting| waits(&waiting.reason)) {
        return None;
    }
    let said = Said::about(scene, pod);
    let newest = said.newest(Event::is_warning)?;
    // Without that condition (Kubernetes before 1.29) a warning may be of a step long done.
    if made.is_none()
        && said.last().is_some_and(|last| matches!(last.reason.as_str(), "Pulling" | "Pulled" | "Created"))
    {
        return None;
    }
    let (name, message) = (pod.metadata.name.clone(), newest.message.trim().to_owned());
    let finding = match newest.reason.as_str() {
        "FailedCreatePodSandBox" => Finding::PodSandboxFailed { pod: name, message: message.clone() },
        "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" => {
            Finding::VolumeMountFailed { pod: name, message: message.clone() }
        }
        _ => return None,
    };
    Some(not_ready(scene, pod, finding, &newest.reason, &message, Action::DescribePod))
}

/// On its way, as far as anybody can tell.
pub fn still(scene: &Scene, pod: &Pod) -> NotReady {
    let states = || pod.status.container_statuses.iter().map(|status| &status.state);
    let waiting = states().find_map(|state| state.waiting.as_ref()).map(|waiting| waiting.reason.clone());
    let ended = || states().find_map(|state| state.terminated.as_ref()).map(|ended| ended.reason.clone());
    let reason = waiting.or_else(ended).unwrap_or_else(|| pod.status.phase.clone());
    let said = Said::about(scene, pod);
    let newest = said.last().filter(|event| event.is_warning() || event.reason == "Pulling");
    let message = newest.map(|event| event.message.trim().to_owned()).unwrap_or_default();
    let finding =
        Finding::PodStarting { pod: pod.metadata.name.clone(), reason: reason.clone(), message: message.clone() };
    let not_ready = not_ready(scene, pod, finding, &reason, &message, Action::DescribePod);
    // The events would say whether it is stuck.
    NotReady { unobserved: said.unobserved.into_iter().collect(), ..not_ready }
}
