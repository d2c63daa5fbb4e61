//! A workload or a Pod: the Services that select it, and the path through the best of them.

use super::service::{objects, of_service, unreadable};
use super::{Frame, Stop, hop};
use crate::answers::Seen;
use crate::diagnose::registry::code;
use crate::diagnose::{Scene, pod, target, unread};
use crate::fact::cluster::{self, Pod, Service, Workload};
use crate::fact::read::Shared;
use crate::report::{
    Evidence, Fact, HopId, OtherService, Owner, Report, RoadId, Source, State, Subject, Target, Verdict,
};
use crate::request::Kind;

/// The report on one workload or Pod.
pub(super) fn explain(frame: &Frame, scene: &Scene, kind: Kind, name: &str) -> Report {
    let found = cluster::workload(frame.asking, scene.namespace, kind, name);
    let services = cluster::services(frame.asking, Some(scene.namespace), None);
    let own = frame.target(kind, name);
    match found {
        Seen::Known(workload) => behind(frame, scene, &workload, &services),
        Seen::Absent => super::missing(frame, scene, own),
        Seen::Unavailable(why) => unreadable(frame, scene, own, &why),
        Seen::Pending => unknown(frame, own, Vec::new()),
    }
}

/// Nothing can be said (yet) about the Services in front of it.
fn unknown(frame: &Frame, target: Target, evidence: Vec<Evidence>) -> Report {
    let hop = hop(HopId::Service, Owner::Kubernetes, State::Unknown, evidence);
    Stop { verdict: Verdict::Undetermined, hop, blocked: None, unobserved: Vec::new() }.report(frame, target)
}

fn behind(frame: &Frame, scene: &Scene, workload: &Workload, services: &Seen<Vec<Shared<Service>>>) -> Report {
    let own = frame.target(workload.kind, &workload.name);
    let Some(all) = services.known() else {
        let fact = |why: &crate::ask::Why| Fact::CouldNotLook { what: Subject::Resource("services"), why: why.clone() };
        let evidence = services.unavailable().map(|why| Evidence::new(Source::ApiServer, fact(why)));
        let mut report = unknown(frame, own, evidence.into_iter().collect());
        report.unobserved.extend(unread(scene, "services", services));
        return report;
    };
    let through: Vec<_> = all.iter().filter(|service| workload.is_selected_by(service)).collect();
    let Some(mut report) = best(frame, scene, &through) else { return alone(frame, scene, workload, all) };
    report.target = Target { kind: workload.kind, name: workload.name.clone(), ..report.target };
    if let Some(pod) = &workload.pod {
        own_trouble(frame, scene, pod, &mut report);
    }
    report
}

/// The report on the Service with the best verdict; the others in one line each.
fn best(frame: &Frame, scene: &Scene, services: &[&Shared<Service>]) -> Option<Report> {
    let report = |service: &&Shared<Service>| of_service(frame, scene, &objects(frame, (*service).clone()));
    let mut reports: Vec<Report> = services.iter().map(report).collect();
    reports.sort_by_cached_key(|report| {
        let verdict = match report.verdict {
            Verdict::Reachable => 0,
            Verdict::Degraded => 1,
            Verdict::Undetermined => 2,
            Verdict::Unreachable => 3,
        };
        let has_port = root(report) != Some(code::K103);
        let mut roads = report.ports.iter().flat_map(|port| &port.roads);
        let from_outside = roads.any(|road| !matches!(road.id, RoadId::None | RoadId::PortForward));
        (verdict, !has_port, !from_outside, report.target.name.clone())
    });
    let mut reports = reports.into_iter();
    let mut first = reports.next()?;
    first.services = reports
        .map(|other| OtherService { root: root(&other), verdict: other.verdict, name: other.target.name })
        .collect();
    Some(first)
}

fn root(report: &Report) -> Option<crate::diagnose::registry::Code> {
    report.root().map(|found| found.finding.code())
}

/// The Service may work while this very Pod takes no traffic: that is said beside it.
fn own_trouble(frame: &Frame, scene: &Scene, pod: &Pod, report: &mut Report) {
    let Some(reason) = pod::explain(scene, pod, &cluster::nodes(frame.asking)) else { return };
    let roads = report.ports.iter_mut().flat_map(|port| &mut port.roads);
    for hop in roads.flat_map(|road| &mut road.hops).filter(|hop| hop.id == HopId::Pods) {
        if !hop.evidence.contains(&reason.evidence) {
            hop.evidence.push(reason.evidence.clone());
        }
    }
    if !report.findings.iter().any(|found| found.finding == reason.blocked.finding) {
        report.findings.push(reason.blocked.found(false, None));
    }
}

/// No Service selects it.
fn alone(frame: &Frame, scene: &Scene, workload: &Workload, services: &[Shared<Service>]) -> Report {
    let none = target::without_service(scene, workload, services, &cluster::nodes(frame.asking));
    let hop = hop(HopId::Service, Owner::Kubernetes, State::Missing, none.evidence);
    let stop = Stop { verdict: none.verdict, hop, blocked: Some(none.blocked), unobserved: none.unobserved };
    let mut report = stop.report(frame, frame.target(workload.kind, &workload.name));
    if let Some(road) = report.ports.first_mut().and_then(|port| port.roads.first_mut()) {
        road.hops.push(none.pods);
    }
    report.findings.extend(none.also.map(|also| also.found(false, None)));
    report
}
