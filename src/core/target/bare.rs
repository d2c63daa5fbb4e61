//! A name alone: a Service first; only where there is none, what else has that name.

use super::{Frame, Stop, explain, hop, service};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::{Scene, target};
use crate::fact::cluster::{self, exists};
use crate::report::{HopId, Owner, Report, State, Subject, Unobserved, Verdict};
use crate::request::{Kind, Named};

/// The report on whatever has the name.
pub(super) fn of_name(frame: &Frame, scene: &Scene, name: &str) -> Report {
    if !cluster::service(frame.asking, scene.namespace, name).is_absent() {
        return service::explain(frame, scene, name);
    }
    let others = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Service);
    // Collected first: all of them are asked at once.
    let seen: Vec<(Kind, Seen<()>)> =
        others.map(|kind| (kind, exists(frame.asking, scene.namespace, kind, name))).collect();
    let unread: Vec<Unobserved> =
        seen.iter().filter_map(|(kind, seen)| could_not_look(scene, *kind, name, seen)).collect();
    let found: Vec<Kind> = seen.iter().filter(|(_, seen)| seen.known().is_some()).map(|(kind, _)| *kind).collect();
    let mut report = match found[..] {
        _ if seen.iter().any(|(_, seen)| seen.is_pending()) => {
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Unknown, Vec::new());
            Stop { verdict: Verdict::Undetermined, hop, blocked: None, unobserved: Vec::new() }
                .report(frame, frame.target(Kind::Service, name))
        }
        [] => {
            let mut report = service::explain(frame, scene, name);
            // There is no such Service; whether there is something else, nobody said.
            if !unread.is_empty() {
                report.verdict = Verdict::Undetermined;
                report.ports.iter_mut().for_each(|port| port.verdict = Verdict::Undetermined);
            }
            report
        }
        [kind] => explain(frame, &Named { kind: Some(kind), name: name.into() }),
        _ => {
            let (evidence, blocked) = target::ambiguous(scene, name, &found);
            let hop = hop(HopId::Service, Owner::Client, State::Unknown, vec![evidence]);
            Stop { verdict: Verdict::Undetermined, hop, blocked: Some(blocked), unobserved: Vec::new() }
                .report(frame, frame.target(Kind::Service, name))
        }
    };
    report.unobserved.extend(unread);
    report
}

/// A kind that may have the name, for all that is known.
fn could_not_look(scene: &Scene, kind: Kind, name: &str, seen: &Seen<()>) -> Option<Unobserved> {
    let why = seen.unavailable()?.clone();
    let resource = kind.resource();
    let settle = match why {
        Why::Forbidden { .. } => scene.kubectl.call(&["auth", "can-i", "get", resource]),
        _ => scene.kubectl.call(&["get", kind.singular(), name]),
    };
    Some(Unobserved { what: Subject::Resource(resource), why, settle: vec![settle] })
}
