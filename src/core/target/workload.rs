//! A workload or a Pod: the Services that select it, and the path through the best of them.

use super::service::{objects, of_service, unreadable};
use super::{Frame, Stop, hop};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::{Code, code};
use crate::diagnose::{Scene, pod, target, unread};
use crate::environment::Blocked;
use crate::fact::cluster::{self, Endpoint, Pod, Service, Workload};
use crate::fact::read::Shared;
use crate::report::{
    Action, Evidence, Fact, HopId, OtherService, Owner, Remedy, Report, RoadId, Source, State, Subject, Target,
    Unobserved, Verdict,
};
use crate::request::Kind;

/// How many Services in front of one workload are walked.
const MAX_SERVICES: usize = 8;

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
    let mut through: Vec<_> = all.iter().filter(|service| workload.is_selected_by(service)).collect();
    // Those that offer a road first: not all of them may be walked.
    through.sort_by_key(|service| (service.spec.is_headless(), service.spec.kind == "ClusterIP"));
    let skipped = through.len().saturating_sub(MAX_SERVICES);
    through.truncate(MAX_SERVICES);
    let Some(mut report) = best(frame, scene, &through) else { return alone(frame, scene, workload, all) };
    if skipped > 0 {
        let detail = format!("{skipped} more Services");
        let settle = vec![scene.kubectl.call(&["get", "services"])];
        report.unobserved.push(Unobserved {
            what: Subject::Resource("services"),
            why: Why::NotFollowed { detail },
            settle,
        });
    }
    let service = through.iter().find(|service| Some(&service.metadata.name) == report.target.service.as_ref());
    if let Some(idle) = service.and_then(|service| idle(frame, scene, workload, service, &report)) {
        return idle;
    }
    report.target = Target { kind: workload.kind, name: workload.name.clone(), ..report.target };
    if let Some(pod) = &workload.pod {
        own_trouble(frame, scene, pod, &mut report);
    }
    report
}

/// The report where the Service answers, or would, and none of the traffic goes to this
/// workload: other Pods take it all.
fn idle(
    frame: &Frame,
    scene: &Scene,
    workload: &Workload,
    service: &Shared<Service>,
    report: &Report,
) -> Option<Report> {
    let choice = root(report).is_some_and(|code| code == code::K104 || code == code::K106);
    if report.verdict == Verdict::Unreachable && !choice {
        return None;
    }
    let behind = objects(frame, service.clone());
    let (pods, slices) = (behind.pods.known()?, behind.slices.known()?);
    let own: Vec<&Shared<Pod>> = pods.iter().filter(|pod| is_own(workload, pod)).collect();
    let mut endpoints = slices.iter().flat_map(|slice| &slice.endpoints);
    let takes = |endpoint: &Endpoint| endpoint.is_ready() || endpoint.is_serving_out();
    if endpoints.any(|endpoint| takes(endpoint) && own.iter().any(|pod| endpoint.pod() == Some(&pod.metadata.name))) {
        return None;
    }
    let reason = own.iter().find_map(|pod| pod::explain(scene, pod, &behind.nodes));
    let (evidence, blocked) = match reason {
        Some(reason) => (reason.evidence, reason.blocked),
        None if own.is_empty() && workload.replicas == Some(0) => scaled_to_zero(scene, workload),
        // Ready and no endpoint: the Service's own report knows more about that.
        None => return None,
    };
    let hop = hop(HopId::Pods, Owner::Kubernetes, State::Missing, vec![evidence]);
    let stop = Stop { verdict: Verdict::Unreachable, hop, blocked: Some(blocked), unobserved: Vec::new() };
    let mut idle = stop.report(frame, frame.target(workload.kind, &workload.name));
    let through = OtherService { name: service.metadata.name.clone(), verdict: report.verdict, root: root(report) };
    idle.services = std::iter::once(through).chain(report.services.iter().cloned()).collect();
    Some(idle)
}

/// Whether a Pod is the workload's own: another one may have the same labels.
fn is_own(workload: &Workload, pod: &Pod) -> bool {
    match workload.kind {
        Kind::Pod => pod.metadata.name == workload.name,
        Kind::ReplicaSet => pod.metadata.owner_references.iter().any(|owner| owner.name == workload.name),
        kind => pod.made_by() == Some((kind.as_str().to_owned(), workload.name.clone())),
    }
}

fn scaled_to_zero(scene: &Scene, workload: &Workload) -> (Evidence, Blocked) {
    let target = format!("{}/{}", workload.kind.singular(), workload.name);
    let scale = scene.kubectl.call(&["scale", &target, "--replicas=1"]);
    let remedies = vec![Remedy::new(Action::Scale { name: workload.name.clone() }, scale)];
    let fact = Fact::Workload { name: workload.name.clone(), replicas: 0 };
    let evidence = Evidence::new(Source::Api(workload.kind.as_str()), fact);
    (evidence, Blocked { finding: Finding::WorkloadScaledToZero { workload: target }, remedies })
}

/// The report on the Service with the best verdict; the others in one line each.
fn best(frame: &Frame, scene: &Scene, services: &[&Shared<Service>]) -> Option<Report> {
    let report = |service: &&Shared<Service>| of_service(frame, scene, &objects(frame, (*service).clone()));
    let mut reports: Vec<Report> = services.iter().map(report).collect();
    reports.sort_by_cached_key(|report| {
        let has_port = root(report) != Some(code::K103);
        let roads = || report.ports.iter().flat_map(|port| &port.roads).map(|road| road.id);
        let front = |road| matches!(road, RoadId::Ingress | RoadId::Gateway);
        let own = roads().any(|road| !front(road) && !matches!(road, RoadId::None | RoadId::PortForward));
        let headless = root(report) == Some(code::K106);
        (report.verdict.rank(), !has_port, !own, !roads().any(front), headless, report.target.name.clone())
    });
    let mut reports = reports.into_iter();
    let mut first = reports.next()?;
    let mut others: Vec<OtherService> = reports
        .map(|other| OtherService { root: root(&other), verdict: other.verdict, name: other.target.name })
        .collect();
    // What is broken is what somebody may be looking for.
    others.sort_by_key(|other| std::cmp::Reverse(other.verdict.rank()));
    first.services = others;
    Some(first)
}

fn root(report: &Report) -> Option<Code> {
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
