//! An HTTPRoute: every rule of it, from the browser to the Pod.

use super::service::{objects, unreadable};
use super::{Frame, Stop, finish, hop, overall};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::{Scene, gateway, route};
use crate::environment::Blocked;
use crate::fact::cluster::{self, HttpRoute};
use crate::fact::read::Shared;
use crate::path::Trip;
use crate::path::front::ingress::Backend;
use crate::path::front::route::{Way, walk_by, ways};
use crate::report::{
    Action, Evidence, Fact, HopId, Owner, Remedy, Report, Source, State, Subject, Target, Unobserved, Verdict,
};
use crate::request::Kind;

/// How many ways are walked, each to its own Service.
const MAX_WAYS: usize = 10;

/// The report on one HTTPRoute.
pub(super) fn explain(frame: &Frame, scene: &Scene, name: &str) -> Report {
    let target = frame.target(Kind::HttpRoute, name);
    match cluster::http_route(frame.asking, scene.namespace, name) {
        Seen::Known(route) => of_route(frame, scene, &route, target),
        Seen::Unavailable(why) if gateway::not_served(&why) => no_api(frame, scene, target),
        Seen::Unavailable(why) => unreadable(frame, scene, target, &why),
        Seen::Absent => super::missing(frame, scene, target),
        Seen::Pending => super::unknown(frame, target),
    }
}

/// The API server does not serve the Gateway API at all.
pub(super) fn no_api(frame: &Frame, scene: &Scene, target: Target) -> Report {
    let (evidence, blocked) = gateway::crds_missing(scene);
    let hop = hop(HopId::Controller, Owner::Kubernetes, State::Missing, vec![evidence]);
    Stop { verdict: Verdict::Unreachable, hop, blocked: Some(blocked), unobserved: Vec::new() }.report(frame, target)
}

fn of_route(frame: &Frame, scene: &Scene, found: &HttpRoute, target: Target) -> Report {
    let name = &found.metadata.name;
    if !found.spec.parent_refs.iter().any(cluster::ParentRef::is_gateway) {
        let fact = Fact::NoParentStatus { route: name.clone(), gateway: String::new() };
        let hop =
            hop(HopId::Route, Owner::Kubernetes, State::Missing, vec![Evidence::new(Source::Api("HTTPRoute"), fact)]);
        let look = Remedy::new(Action::DescribeRoute, route::describe(scene, found));
        let finding = Finding::RouteNotAttached {
            route: name.clone(),
            gateway: String::new(),
            reason: Some("NoParentRefs".into()),
            message: String::new(),
        };
        let blocked = Some(Blocked { finding, remedies: vec![look] });
        return Stop { verdict: Verdict::Unreachable, hop, blocked, unobserved: Vec::new() }.report(frame, target);
    }
    let mut report = frame.blank(target);
    let describe = route::describe(scene, found);
    walk_all(frame, scene, &mut report, &ways(found, |_| true), &describe);
    report.verdict = overall(&report.ports);
    finish(frame, report)
}

/// Walks ways, up to a number that fits a report.
pub(super) fn walk_all(frame: &Frame, scene: &Scene, report: &mut Report, ways: &[Way], describe: &[String]) {
    let Some(place) = frame.place.as_deref() else { return };
    let trip = Trip::to(frame, scene, place);
    let wanted = frame.request.port.as_deref();
    for way in ways.iter().take(MAX_WAYS) {
        let named = way.named().map(|at| at.named).filter(|named| named.is_service());
        let seen = named.map(|named| cluster::service(frame.asking, way.namespace(), &named.name));
        let known = seen.as_ref().and_then(Seen::known);
        let backend = Backend::of(seen.as_ref());
        if let Some(Seen::Unavailable(why)) = &seen {
            let kubectl = gateway::kubectl_in(scene, way.namespace());
            report.unobserved.push(Unobserved {
                what: Subject::Resource("services"),
                why: why.clone(),
                settle: vec![kubectl.call(&["auth", "can-i", "get", "services"])],
            });
        }
        let objects = known.map(|service| objects(frame, Shared::from((**service).clone())));
        let port = known.zip(named).and_then(|(service, named)| route::port(service, named));
        let asked =
            wanted.is_none_or(|wanted| port.is_some_and(|port| port.name == wanted || port.port.to_string() == wanted));
        if asked {
            let walked = walk_by(&trip, way, &backend, objects.as_ref());
            report.ports.push(walked.report);
            report.findings.extend(walked.found);
            report.unobserved.extend(walked.unobserved);
        }
    }
    if ways.len() > MAX_WAYS {
        let why = Why::NotFollowed { detail: format!("{} more rules", ways.len() - MAX_WAYS) };
        report.unobserved.push(Unobserved { what: Subject::Gateway, why, settle: vec![describe.to_vec()] });
    }
}
