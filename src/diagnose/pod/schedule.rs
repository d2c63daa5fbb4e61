//! A Pod that no node runs yet.

use serde::Serialize;

use super::{NotReady, not_ready, state};
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::Blocked;
use crate::fact::cluster::{Pod, condition};
use crate::report::{Action, Remedy};

/// Why a node does not fit, as the scheduler counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unfit {
    /// Not enough CPU left for the request.
    Cpu,
    /// Not enough memory left for the request.
    Memory,
    /// Not enough of another resource.
    Resource,
    /// The node runs as many Pods as it may.
    TooManyPods,
    /// The node was told to take no more Pods.
    Cordoned,
    /// A taint keeps the Pod away.
    Taint,
    /// nodeSelector or node affinity.
    NodeSelector,
    /// Rules about other Pods.
    PodAffinity,
    /// A volume claim is not bound, does not exist, or is elsewhere.
    Volume,
    /// Another Pod has the host port.
    HostPort,
}

/// The scheduler's words (kubernetes v1.34 `pkg/scheduler/framework/plugins/*`, the
/// `ErrReason` constants; cpu, memory, host port and claim seen on 1.34.4).
const WORDS: [(&str, Unfit); 18] = [
    ("Insufficient cpu", Unfit::Cpu),
    ("Insufficient memory", Unfit::Memory),
    ("Insufficient ", Unfit::Resource),
    ("Too many pods", Unfit::TooManyPods),
    // The taint of a node that was cordoned comes before other taints.
    ("were unschedulable", Unfit::Cordoned),
    ("node.kubernetes.io/unschedulable", Unfit::Cordoned),
    ("had untolerated taint", Unfit::Taint),
    ("node affinity/selector", Unfit::NodeSelector),
    ("node selector", Unfit::NodeSelector),
    ("pod affinity", Unfit::PodAffinity),
    ("anti-affinity", Unfit::PodAffinity),
    ("topology spread", Unfit::PodAffinity),
    ("PersistentVolumeClaim", Unfit::Volume),
    ("persistentvolumeclaim", Unfit::Volume),
    ("persistent volumes", Unfit::Volume),
    ("volume node affinity", Unfit::Volume),
    ("max volume count", Unfit::Volume),
    ("free ports", Unfit::HostPort),
];

/// Reads the scheduler's message: "0/2 nodes are available: 1 Insufficient cpu, 1 node(s)
/// ...". What it says of preemption is no reason of its own.
pub fn read(message: &str) -> Vec<Unfit> {
    let nodes = message.split("preemption:").next().unwrap_or(message);
    let mut reasons: Vec<Unfit> = Vec::new();
    for part in nodes.split(", ") {
        let reason = WORDS.iter().find(|(words, _)| part.contains(words)).map(|(_, unfit)| *unfit);
        reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
    }
    reasons
}

/// Why the Pod has no node, if that is what it waits for.
pub fn explain(scene: &Scene, pod: &Pod) -> Option<NotReady> {
    let name = pod.metadata.name.clone();
    let Some(scheduled) = condition(&pod.status.conditions, "PodScheduled") else {
        // Neither a node nor a word about one: no scheduler has looked at it (yet).
        let waits = pod.spec.node_name.is_none() && pod.status.phase == "Pending";
        return waits.then(|| {
            let words = ["-n", "kube-system", "get", "pods", "-l", "component=kube-scheduler"];
            let remedies = vec![Remedy::new(Action::ShowScheduler, scene.kubectl.cluster(&words))];
            NotReady::of(
                Blocked { finding: Finding::SchedulerNotRunning { pod: name }, remedies },
                state(pod, "Pending", ""),
            )
        });
    };
    if scheduled.status != "False" {
        return None;
    }
    let message = scheduled.message.clone();
    if scheduled.reason == "SchedulingGated" {
        let gates = pod.spec.scheduling_gates.iter().map(|gate| gate.name.clone()).collect();
        // `kubectl describe pod` does not print gates (kubectl 1.34).
        let show = scene.kubectl.call(&["get", "pod", &name, "-o", "jsonpath={.spec.schedulingGates}"]);
        let remedies = vec![Remedy::new(Action::DescribePod, show)];
        let blocked = Blocked { finding: Finding::PodSchedulingGated { pod: name, gates }, remedies };
        return Some(NotReady::of(blocked, state(pod, &scheduled.reason, &message)));
    }
    let finding = Finding::PodUnschedulable { pod: name, reasons: read(&message), message: message.clone() };
    Some(not_ready(scene, pod, finding, &scheduled.reason, &message, Action::DescribePod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedulers_words_are_told_apart() {
        use Unfit::*;
        let preemption = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
        for (message, reasons) in [
            (format!("0/1 nodes are available: 1 Insufficient cpu. {preemption}"), vec![Cpu]),
            (format!("0/1 nodes are available: 1 Insufficient memory. {preemption}"), vec![Memory]),
            ("0/2 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.".into(), vec![Cpu, Memory]),
            ("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.".into(), vec![Resource]),
            (
                "0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }."
                    .into(),
                vec![Taint],
            ),
            (
                "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.".into(),
                vec![Cordoned],
            ),
            ("0/1 nodes are available: 1 node(s) were unschedulable.".into(), vec![Cordoned]),
            (
                "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.".into(),
                vec![NodeSelector],
            ),
            ("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.".into(), vec![PodAffinity]),
            ("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.".into(), vec![Volume]),
            (r#"0/1 nodes are available: persistentvolumeclaim "nowhere" not found. not found"#.into(), vec![Volume]),
            (
                "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.".into(),
                vec![HostPort],
            ),
            ("0/1 nodes are available: 1 Too many pods.".into(), vec![TooManyPods]),
            ("0/1 nodes are available".into(), vec![]),
        ] {
            assert_eq!(read(&message), reasons, "{message}");
        }
    }
}
