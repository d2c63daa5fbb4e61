//! An Ingress: every rule of it, from the browser to the Pod.

use super::service::{objects, unreadable};
use super::{Frame, Stop, finish, hop, overall};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::diagnose::ingress::rules;
use crate::environment::Blocked;
use crate::fact::cluster::{self, Ingress};
use crate::fact::read::Shared;
use crate::path::Trip;
use crate::path::front::ingress::{Backend, front};
use crate::path::front::walk::walk;
use crate::report::{
    Action, Evidence, Fact, HopId, Owner, Remedy, Report, Source, State, Subject, Unobserved, Verdict,
};
use crate::request::Kind;

/// How many rules are walked, each to its own Service.
const MAX_RULES: usize = 10;

/// The report on one Ingress.
pub(super) fn explain(frame: &Frame, scene: &Scene, name: &str) -> Report {
    let target = frame.target(Kind::Ingress, name);
    match cluster::ingress(frame.asking, scene.namespace, name) {
        Seen::Known(ingress) => of_ingress(frame, scene, &ingress),
        Seen::Absent => super::missing(frame, scene, target),
        Seen::Unavailable(why) => unreadable(frame, scene, target, &why),
        Seen::Pending => super::unknown(frame, target),
    }
}

fn of_ingress(frame: &Frame, scene: &Scene, ingress: &Ingress) -> Report {
    let name = &ingress.metadata.name;
    let rules = rules(ingress);
    let target = frame.target(Kind::Ingress, name);
    if rules.is_empty() {
        let fact = Fact::Route { kind: "Ingress", name: name.clone(), route: String::new(), backend: String::new() };
        let edit = Remedy::new(Action::EditIngress, scene.kubectl.call(&["edit", "ingress", name]));
        let blocked = Blocked { finding: Finding::IngressPathNoMatch { name: name.clone() }, remedies: vec![edit] };
        let hop =
            hop(HopId::Route, Owner::Kubernetes, State::Missing, vec![Evidence::new(Source::Api("Ingress"), fact)]);
        let stop = Stop { verdict: Verdict::Unreachable, hop, blocked: Some(blocked), unobserved: Vec::new() };
        return stop.report(frame, target);
    }
    let mut report = frame.blank(target);
    let Some(place) = frame.place.as_deref() else { return report };
    let trip = Trip::to(frame, scene, place);
    let wanted = frame.request.port.as_deref();
    let (mut ports, mut unread) = (Vec::new(), false);
    for rule in rules.iter().take(MAX_RULES) {
        let service = rule.backend.service.as_ref();
        let seen = service.map(|service| cluster::service(frame.asking, scene.namespace, &service.name));
        let known = seen.as_ref().and_then(Seen::known);
        let backend = Backend::of(seen.as_ref());
        unread |= matches!(backend, Backend::Unread);
        if let Some(Seen::Unavailable(why)) = &seen {
            report.unobserved.push(Unobserved {
                what: Subject::Resource("services"),
                why: why.clone(),
                settle: vec![scene.kubectl.call(&["auth", "can-i", "get", "services"])],
            });
        }
        let objects = known.map(|service| objects(frame, Shared::from((**service).clone())));
        let port = service.zip(objects.as_ref());
        let port = port.and_then(|(backend, objects)| backend.port.find(&objects.service.spec.ports));
        // A rule names its port even where the Service is missing.
        let named = service.map(|service| service.port.as_ref().to_string());
        let shown = match port {
            Some(port) if port.name.is_empty() => Some(port.port.to_string()),
            Some(port) => Some(format!("{} ({})", port.port, port.name)),
            None => named.clone(),
        };
        if let Some(shown) = shown.filter(|shown| !ports.contains(shown)) {
            ports.push(shown);
        }
        let asked = wanted.is_none_or(|wanted| {
            let by_service = port.is_some_and(|port| port.name == wanted || port.port.to_string() == wanted);
            by_service || named.as_deref() == Some(wanted)
        });
        if asked {
            let front = front(scene, ingress, rule, &backend);
            let walked = walk(&trip, front, objects.as_ref().zip(port));
            report.ports.push(walked.report);
            report.findings.extend(walked.found);
            report.unobserved.extend(walked.unobserved);
        }
    }
    if rules.len() > MAX_RULES {
        let detail = format!("{} more rules", rules.len() - MAX_RULES);
        let settle = vec![scene.kubectl.call(&["describe", "ingress", name])];
        report.unobserved.push(Unobserved { what: Subject::Ingress, why: Why::NotFollowed { detail }, settle });
    }
    if let Some(wanted) = wanted.filter(|_| report.ports.is_empty() && rules.len() <= MAX_RULES) {
        return no_such_port(frame, report, wanted, ports, unread);
    }
    report.verdict = overall(&report.ports);
    finish(frame, report)
}

/// No rule leads to the port that was asked for. As long as a Service could not be read, or
/// was not yet, its ports may have that name.
fn no_such_port(frame: &Frame, report: Report, wanted: &str, ports: Vec<String>, unread: bool) -> Report {
    let evidence = vec![Evidence::new(Source::Api("Ingress"), Fact::PortsAre { ports: ports.clone() })];
    let (verdict, state) =
        if unread { (Verdict::Undetermined, State::Unknown) } else { (Verdict::Unreachable, State::Missing) };
    let finding = Finding::ServicePortMissing { wanted: wanted.into(), ports };
    let blocked = Some(Blocked { finding, remedies: Vec::new() }).filter(|_| !unread);
    let hop = hop(HopId::Route, Owner::Kubernetes, state, evidence);
    Stop { verdict, hop, blocked, unobserved: report.unobserved }.report(frame, report.target)
}
