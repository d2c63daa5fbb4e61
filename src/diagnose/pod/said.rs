//! What the events say about one Pod.

use crate::answers::Seen;
use crate::diagnose::{Scene, unread};
use crate::fact::cluster::{Event, Pod, events_of};
use crate::fact::read::Shared;
use crate::report::Unobserved;

/// The events about one Pod, oldest first.
pub struct Said {
    events: Vec<Shared<Event>>,
    /// They could not be read.
    pub unobserved: Option<Unobserved>,
}

impl Said {
    /// Reads them. An event of an earlier Pod of the same name (StatefulSets use names
    /// again) is not about this one.
    pub fn about(scene: &Scene, pod: &Pod) -> Self {
        let seen = events_of(scene.asking, scene.namespace, &pod.metadata.name);
        let unobserved = unread(scene, "events", &seen);
        let own = |event: &Shared<Event>| {
            let (uid, of) = (&pod.metadata.uid, &event.involved_object.uid);
            uid.is_empty() || of.is_empty() || uid == of
        };
        let mut events: Vec<_> = match seen {
            Seen::Known(events) => events.into_iter().filter(own).collect(),
            _ => Vec::new(),
        };
        // The API server sorts by name, and a name begins with the Pod's.
        events.sort_by(|a, b| a.at().cmp(b.at()));
        Self { events, unobserved }
    }

    /// The newest of all.
    pub fn last(&self) -> Option<&Event> {
        self.events.last().map(|event| &**event)
    }

    /// The newest one that fits.
    pub fn newest(&self, fits: impl Fn(&Event) -> bool) -> Option<&Event> {
        self.events.iter().rev().map(|event| &**event).find(|event| fits(event))
    }

    /// What a probe of the kubelet said when it failed last. `probe` is Readiness, Liveness
    /// or Startup (kubernetes `pkg/kubelet/prober/prober.go`: "%s probe failed", "%s probe
    /// errored").
    pub fn probe(&self, probe: &str) -> String {
        self.failed(probe).map(|event| event.message.trim().to_owned()).unwrap_or_default()
    }

    /// Whether a probe has failed since then. Kubernetes writes all times in UTC, so they
    /// compare as text; an event of the same second may be about the run before.
    pub fn failed_since(&self, probe: &str, since: &str) -> bool {
        !since.is_empty() && self.failed(probe).is_some_and(|event| event.at() > since)
    }

    fn failed(&self, probe: &str) -> Option<&Event> {
        let begins = format!("{probe} probe ");
        self.newest(|event| event.reason == "Unhealthy" && event.message.starts_with(&begins))
    }
}
