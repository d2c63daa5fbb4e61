//! Why Pods do not run, in words.

use super::quote;
use crate::diagnose::pod::{CrashCause, DOCKER_HUB, PullCause, Unfit};
use crate::diagnose::workload::NoPodsBecause;

/// A workload that should have Pods and has none.
pub(super) fn no_pods(workload: &str, why: NoPodsBecause, said: &str) -> String {
    match why {
        NoPodsBecause::Refused => format!("{workload} cannot create its Pods{said}"),
        NoPodsBecause::Suspended => format!("{workload} is suspended, so the Service has no Pod"),
        NoPodsBecause::Done => format!("{workload} has ended, and its Pods are gone"),
        NoPodsBecause::NoNode => {
            format!("{workload} makes no Pod, because no node fits it (nodeSelector, affinity or taints)")
        }
    }
}

/// The scheduler's reasons in plain words; what it said itself stands in the evidence.
pub(super) fn unschedulable(pod: &str, reasons: &[Unfit], message: &str) -> String {
    let reasons: Vec<&str> = reasons.iter().map(|reason| unfit(*reason)).collect();
    // The scheduler's first sentence says why; the second is about preemption.
    let first = message.split(". ").next().unwrap_or(message).trim_end_matches('.');
    match (reasons.is_empty(), first.is_empty()) {
        (false, _) => format!("no node can run the Pod \"{pod}\": {}", reasons.join("; ")),
        (true, false) => format!("no node can run the Pod \"{pod}\": {}", quote(first)),
        (true, true) => format!("no node can run the Pod \"{pod}\""),
    }
}

fn unfit(reason: Unfit) -> &'static str {
    match reason {
        Unfit::Cpu => "it requests more CPU than a node has left",
        Unfit::Memory => "it requests more memory than a node has left",
        Unfit::Resource => "it requests more of a resource than a node has left",
        Unfit::TooManyPods => "a node runs as many Pods as it may",
        Unfit::Cordoned => "a node was told to take no more Pods (cordoned)",
        Unfit::Taint => "a node has a taint that keeps it away",
        Unfit::NodeSelector => "its nodeSelector or node affinity fits no node",
        Unfit::PodAffinity => "its rules about other Pods (affinity, spread) fit no node",
        Unfit::Volume => "its volume claim does not exist or is not bound",
        Unfit::HostPort => "the host port that it wants is taken",
    }
}

/// An image that cannot be had.
pub(super) fn image(image: &str, reason: &str, cause: PullCause, registry: &str) -> String {
    let hub = registry == DOCKER_HUB;
    let registry = if hub { "Docker Hub" } else { registry };
    let why = match cause {
        PullCause::NotFound => format!(": {registry} has no such image"),
        PullCause::NotFoundOrPrivate => format!(": {registry} has no such image, or it is private"),
        PullCause::CredentialsNeeded => format!(": {registry} wants credentials (imagePullSecrets)"),
        PullCause::RateLimited => format!(": {registry} allows no more pulls for now"),
        PullCause::RegistryUnreachable => format!(": the node cannot reach {registry}"),
        PullCause::OtherPlatform => ": it is made for another kind of processor".into(),
        PullCause::InvalidName => ": that is no valid name of an image".into(),
        PullCause::Unknown => String::new(),
    };
    // A name without a registry is mostly one that was built here.
    let built =
        hub && matches!(cause, PullCause::NotFound | PullCause::NotFoundOrPrivate | PullCause::RegistryUnreachable);
    let hint = if built { ". An image that was built on this computer must be copied into the node" } else { "" };
    format!("the Pod cannot start, because its image {image} cannot be pulled ({reason}){why}{hint}")
}

pub(super) fn crash_title(cause: CrashCause) -> &'static str {
    match cause {
        CrashCause::OutOfMemory => "the container runs out of memory",
        CrashCause::LivenessProbe => "the liveness probe fails, and ends the container",
        CrashCause::StartupProbe => "the startup probe fails, and ends the container",
        CrashCause::Ended => "the container keeps crashing",
    }
}

/// A container that ends again and again.
pub(super) fn crash(pod: &str, container: &str, cause: CrashCause, how: &str, said: &str) -> String {
    let container = format!("the container \"{container}\" of the Pod \"{pod}\"");
    match cause {
        CrashCause::OutOfMemory => {
            format!("{container} is killed again and again, because it uses more memory than its limit ({how})")
        }
        CrashCause::LivenessProbe => {
            format!("{container} is restarted again and again, because its liveness probe fails ({how}){said}")
        }
        CrashCause::StartupProbe => {
            format!("{container} is restarted again and again, because its startup probe fails ({how}){said}")
        }
        CrashCause::Ended => format!("{container} ends again and again ({how})"),
    }
}

/// What a probe met; the sentence around it says already which probe it was.
pub(super) fn probe(message: &str) -> &str {
    message.split_once(" probe failed: ").map_or(message, |(_, met)| met)
}

/// Why the API server refuses a Pod, without the name that it would have had.
pub(super) fn refusal(message: &str) -> &str {
    message.split_once(" is forbidden: ").map_or(message, |(_, why)| why)
}
