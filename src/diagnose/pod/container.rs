//! A container that cannot be made, ends again and again, or does not pass its probes.

use serde::Serialize;

use super::said::Said;
use super::{NotReady, not_ready, state};
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::Blocked;
use crate::fact::cluster::{ContainerStatus, Pod, Probe, Running};
use crate::report::{Action, Remedy};

/// Waiting reasons that mean "the container cannot be made as it is configured".
const CONFIG_REASONS: [&str; 4] =
    ["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PostStartHookError"];
/// How a container ends that was lost with its node or its sandbox, seen after a node's
/// container was stopped and started: "Unknown", exit code 255. Nothing crashed.
const LOST_REASONS: [&str; 2] = ["Unknown", "ContainerStatusUnknown"];
/// How a container ends that never ran: it has no log.
const START_REASONS: [&str; 2] = ["StartError", "ContainerCannotRun"];

/// Why a container ends again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrashCause {
    /// It used more memory than its limit.
    OutOfMemory,
    /// The kubelet ended it: its liveness probe failed.
    LivenessProbe,
    /// The kubelet ended it: its startup probe failed too often.
    StartupProbe,
    /// It ended by itself.
    Ended,
}

/// It cannot be made as it is configured.
pub fn config(scene: &Scene, pod: &Pod, status: &ContainerStatus) -> Option<NotReady> {
    let waiting = status.state.waiting.as_ref().filter(|waiting| CONFIG_REASONS.contains(&waiting.reason.as_str()))?;
    let finding = Finding::ContainerConfigError {
        pod: pod.metadata.name.clone(),
        container: status.name.clone(),
        reason: waiting.reason.clone(),
        message: waiting.message.clone(),
    };
    Some(not_ready(scene, pod, finding, &waiting.reason, &waiting.message, Action::DescribePod))
}

/// It ends again and again.
pub fn crash(scene: &Scene, pod: &Pod, status: &ContainerStatus) -> Option<NotReady> {
    if status.ready {
        return None;
    }
    let (name, container) = (pod.metadata.name.clone(), status.name.clone());
    let waiting = status.state.waiting.as_ref().map(|waiting| waiting.reason.as_str());
    let ended = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
    let ended = ended.filter(|ended| !LOST_REASONS.contains(&ended.reason.as_str()));
    let out_of_memory = ended.is_some_and(|ended| ended.reason == "OOMKilled");
    let killed = if status.restart_count > 0 && !out_of_memory { killed(scene, pod, &container) } else { None };
    // A container that runs now may have been restarted once upon a time, or told to end
    // (143 is SIGTERM): that is no loop, unless the kubelet says it was its own doing.
    let own_fault = killed.is_some() || ended.is_some_and(|ended| ended.exit_code != 143);
    let again = own_fault && status.restart_count > u32::from(status.state.running.is_some());
    if waiting != Some("CrashLoopBackOff") && !again {
        return None;
    }
    if status.state.running.as_ref().is_some_and(|running| fails_now(scene, pod, running, killed.as_ref())) {
        return None;
    }
    let reason = ended.map(|ended| ended.reason.clone()).unwrap_or_default();
    let shown = waiting.unwrap_or(&reason).to_owned();
    let (cause, message) = match killed {
        _ if out_of_memory => (CrashCause::OutOfMemory, String::new()),
        Some((cause, message)) => (cause, message),
        None => (CrashCause::Ended, String::new()),
    };
    let remedy = if START_REASONS.contains(&reason.as_str()) {
        Remedy::new(Action::DescribePod, scene.kubectl.call(&["describe", "pod", &name]))
    } else {
        // While it has only just ended, the one before it is already gone (seen).
        let previous: &[&str] = if status.state.terminated.is_some() { &[] } else { &["--previous"] };
        let logs = scene.kubectl.call(&[&["logs", &name, "-c", &container], previous].concat());
        Remedy::new(Action::ReadPreviousLogs, logs)
    };
    let evidence = state(pod, &shown, &message);
    let finding = Finding::ContainerCrashLoop {
        pod: name,
        container,
        exit_code: ended.map(|ended| ended.exit_code),
        reason,
        restarts: status.restart_count,
        cause,
        message,
    };
    Some(NotReady::of(Blocked { finding, remedies: vec![remedy] }, evidence))
}

/// Whether what is in the way of a container that runs is a probe that fails now, whatever
/// ended it once upon a time. Not where that very probe is what ends it: then it fails in
/// every run, and is the reason for the next end as well.
fn fails_now(scene: &Scene, pod: &Pod, running: &Running, killed: Option<&(CrashCause, String)>) -> bool {
    let said = Said::about(scene, pod);
    let fails = |probe: &str| said.failed_since(probe, running.since());
    let ends_it = match killed {
        Some((CrashCause::LivenessProbe, _)) => fails("Liveness"),
        Some((CrashCause::StartupProbe, _)) => fails("Startup"),
        _ => false,
    };
    !ends_it && (fails("Readiness") || fails("Startup"))
}

/// Whether the kubelet ended the container because of a probe, and what that probe said.
/// Its words: "Container app failed liveness probe, will be restarted" (kubernetes
/// `pkg/kubelet/kuberuntime/kuberuntime_manager.go`; seen on 1.34.4).
fn killed(scene: &Scene, pod: &Pod, container: &str) -> Option<(CrashCause, String)> {
    let said = Said::about(scene, pod);
    let by = |probe: &str| format!("Container {container} failed {probe} probe");
    let (liveness, startup) = (by("liveness"), by("startup"));
    let newest = said.newest(|event| {
        event.reason == "Killing" && (event.message.starts_with(&liveness) || event.message.starts_with(&startup))
    })?;
    Some(match newest.message.starts_with(&liveness) {
        true => (CrashCause::LivenessProbe, said.probe("Liveness")),
        false => (CrashCause::StartupProbe, said.probe("Startup")),
    })
}

/// It runs, and its startup probe has not passed.
pub fn startup(scene: &Scene, pod: &Pod, status: &ContainerStatus) -> Option<NotReady> {
    if status.ready || status.state.running.is_none() || status.started != Some(false) {
        return None;
    }
    let said = Said::about(scene, pod);
    let message = said.probe("Startup");
    let finding = Finding::StartupProbePending {
        pod: pod.metadata.name.clone(),
        container: status.name.clone(),
        message: message.clone(),
    };
    let unobserved = said.unobserved.into_iter().collect();
    Some(NotReady {
        unobserved,
        ..not_ready(scene, pod, finding, "Running, not started", &message, Action::DescribePod)
    })
}

/// It runs, started, and is not ready: its readiness probe fails.
pub fn readiness(scene: &Scene, pod: &Pod, status: &ContainerStatus) -> Option<NotReady> {
    if status.ready || status.state.running.is_none() {
        return None;
    }
    let owner = pod.port_owners().find(|owner| owner.name == status.name);
    let asked = owner.and_then(|owner| owner.readiness_probe.as_ref()).and_then(Probe::asked);
    let said = Said::about(scene, pod);
    let message = said.probe("Readiness");
    let finding = Finding::ReadinessProbeFailing {
        pod: pod.metadata.name.clone(),
        container: status.name.clone(),
        message: message.clone(),
        probe_port: asked.and_then(|asked| pod.port_number(&asked.port)),
        probe_path: asked.map(|asked| asked.path.clone()).filter(|path| !path.is_empty()),
        target_port: None,
    };
    let unobserved = said.unobserved.into_iter().collect();
    Some(NotReady { unobserved, ..not_ready(scene, pod, finding, "Running, not ready", &message, Action::DescribePod) })
}
