//! Containers that must be done, or have started, before the application's own.

use super::said::Said;
use super::{NotReady, container, image, state};
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::Blocked;
use crate::fact::cluster::{ContainerStatus, Pod, condition};
use crate::report::{Action, Remedy};

/// The init container or sidecar that everything waits for.
pub fn explain(scene: &Scene, pod: &Pod) -> Option<NotReady> {
    let initialized = condition(&pod.status.conditions, "Initialized")?;
    if initialized.status != "False" {
        return None;
    }
    let sidecar =
        |name: &str| pod.spec.init_containers.iter().any(|container| container.name == name && container.is_sidecar());
    // A sidecar need not end: it must have started (it passed its startup probe, if it has one).
    let done = |status: &ContainerStatus| match sidecar(&status.name) {
        true => status.started == Some(true),
        false => status.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0),
    };
    let status = pod.status.init_container_statuses.iter().find(|status| !done(status))?;
    let is_sidecar = sidecar(&status.name);
    // An image or configuration error is told the same way as for any container.
    if let Some(refused) = image::explain(scene, pod, status).or_else(|| container::config(scene, pod, status)) {
        return Some(refused);
    }
    let (name, container) = (pod.metadata.name.clone(), status.name.clone());
    let ended = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
    let waiting = status.state.waiting.as_ref().map(|waiting| waiting.reason.clone());
    let failed = status.state.terminated.is_some()
        || waiting.as_deref() == Some("CrashLoopBackOff")
        || (status.restart_count > 1 && ended.is_some_and(|ended| ended.exit_code != 0));
    let logs = |previous: &[&str]| {
        let command = scene.kubectl.call(&[&["logs", &name, "-c", &container], previous].concat());
        vec![Remedy::new(Action::ReadLogs, command)]
    };
    if failed {
        let reason = ended.map(|ended| ended.reason.clone()).or(waiting).unwrap_or_default();
        let exit_code = ended.map(|ended| ended.exit_code);
        let finding = Finding::InitContainerFailed {
            pod: name.clone(),
            container: container.clone(),
            sidecar: is_sidecar,
            reason: reason.clone(),
            exit_code,
        };
        let previous: &[&str] = if status.state.terminated.is_some() { &[] } else { &["--previous"] };
        return Some(NotReady::of(Blocked { finding, remedies: logs(previous) }, state(pod, &reason, "")));
    }
    // Not begun: the Pod itself is still being made.
    status.state.running.as_ref()?;
    let message = Said::about(scene, pod).probe("Startup");
    let finding = Finding::InitContainerWaiting {
        pod: name.clone(),
        container: container.clone(),
        sidecar: is_sidecar,
        message: message.clone(),
    };
    let evidence = state(pod, &initialized.reason, &initialized.message);
    Some(NotReady::of(Blocked { finding, remedies: logs(&[]) }, evidence))
}
