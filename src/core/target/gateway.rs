//! A Gateway: the routes of its own namespace that belong to it, and its listeners.

use super::route::{no_api, walk_all};
use super::service::unreadable;
use super::{Frame, finish, overall};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::gateway::{Standing, kubectl_in, listener, not_served, without_route};
use crate::diagnose::{Scene, unread};
use crate::fact::cluster::{self, Gateway, HttpRoute, Listener, http_routes};
use crate::fact::read::Shared;
use crate::path::Trip;
use crate::path::front::gateway::of_listener;
use crate::path::front::route::ways;
use crate::path::front::walk::walk;
use crate::report::{Report, Subject, Unobserved};
use crate::request::Kind;

/// The report on one Gateway.
pub(super) fn explain(frame: &Frame, scene: &Scene, name: &str) -> Report {
    let target = frame.target(Kind::Gateway, name);
    let routes = http_routes(frame.asking, scene.namespace);
    match cluster::gateway(frame.asking, scene.namespace, name) {
        Seen::Known(gateway) => {
            let mut report = frame.blank(target);
            of_gateway(frame, scene, &gateway, &routes, &mut report);
            report.verdict = overall(&report.ports);
            finish(frame, report)
        }
        Seen::Unavailable(why) if not_served(&why) => no_api(frame, scene, target),
        Seen::Unavailable(why) => unreadable(frame, scene, target, &why),
        Seen::Absent => super::missing(frame, scene, target),
        Seen::Pending => super::unknown(frame, target),
    }
}

fn of_gateway(
    frame: &Frame,
    scene: &Scene,
    gateway: &Gateway,
    routes: &Seen<Vec<Shared<HttpRoute>>>,
    report: &mut Report,
) {
    let name = &gateway.metadata.name;
    report.unobserved.extend(unread(scene, "httproutes.gateway.networking.k8s.io", routes));
    let all = routes.known().map_or(&[][..], Vec::as_slice);
    let mine = |parent: &cluster::ParentRef| {
        parent.is_gateway() && parent.name == *name && parent.namespace(scene.namespace) == scene.namespace
    };
    let through: Vec<_> = all.iter().flat_map(|route| ways(route, mine)).collect();
    let describe = kubectl_in(scene, scene.namespace).call(&["describe", "gateway", name]);
    walk_all(frame, scene, report, &through, &describe);
    if routes.known().is_none() {
        return;
    }
    // Routes of other namespaces are counted by the controller only.
    let count = |listener: &Listener| gateway.status_of(&listener.name).map(|status| status.attached_routes);
    let named = |wanted: &Listener| {
        let parents = all.iter().flat_map(|route| &route.spec.parent_refs).filter(|parent| mine(parent));
        parents.into_iter().any(|parent| parent.listeners(gateway).any(|listener| listener.name == wanted.name))
    };
    let bare: Vec<_> = gateway.spec.listeners.iter().filter(|listener| !named(listener)).collect();
    if let Some(count) = bare.iter().filter_map(|listener| count(listener)).find(|count| *count > 0) {
        let why = Why::NotFollowed { detail: format!("a route of another namespace ({count} in all)") };
        let settle = vec![scene.kubectl.cluster(&["get", "httproutes", "-A"])];
        report.unobserved.push(Unobserved { what: Subject::Gateway, why, settle });
    }
    let bare = bare.into_iter().filter(|listener| count(listener).unwrap_or(0) == 0);
    if !through.is_empty() {
        // Beside listeners that are in use, one without a route is no fault by itself.
        report.findings.extend(bare.map(|listener| without_route(scene, gateway, listener).1.found(false, None)));
    } else if let Some(place) = frame.place.as_deref() {
        let trip = Trip::to(frame, scene, place);
        for listener in bare {
            let walked = walk(&trip, of_listener(scene, gateway, listener), None);
            report.ports.push(walked.report);
            report.findings.extend(walked.found);
            report.unobserved.extend(walked.unobserved);
        }
    }
    // A listener that does not work closes nothing where another one does.
    for broken in &gateway.spec.listeners {
        if let Standing::Closed(_, blocked) = listener(scene, gateway, broken, None)
            && !report.findings.iter().any(|found| found.finding == blocked.finding)
        {
            report.findings.push(blocked.found(false, None));
        }
    }
}
