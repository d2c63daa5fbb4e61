//! What leads to a Service beside its own type: the Ingresses and HTTPRoutes that name it.

use super::ingress::{Backend, front};
use super::route::{self, walk_by};
use super::walk::walk;
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::ingress::{Class, class, rules};
use crate::diagnose::registry::Code;
use crate::diagnose::route::port as backend_port;
use crate::diagnose::{Objects, Scene, unread};
use crate::fact::cluster::{ServicePort, http_routes, ingresses};
use crate::path::Trip;
use crate::path::walk::{NO_BALANCER, Walked};
use crate::report::{Argv, Evidence, Fact, RoadId, Source, State, Subject, Unobserved, Verdict};

/// How many ways to one Service are walked.
const MAX_WAYS: usize = 3;

/// Ways to a port of a Service through a front.
#[derive(Default)]
pub struct Ways {
    /// Those that were walked.
    pub walked: Vec<Walked>,
    /// What could not be observed; as long as there is any, there may be a way.
    pub unobserved: Vec<Unobserved>,
    /// What leads to the Service and was not walked, by kind and name.
    pub named: Option<(&'static str, String)>,
    /// Too early to say that there is none.
    pub pending: bool,
    /// There are more, and they were not walked.
    skipped: bool,
}

impl Ways {
    /// The report on the port with these ways beside its own roads. A way that answers
    /// makes the port reachable, whatever closes the others; one that may exist leaves it
    /// open.
    pub fn beside(self, mut own: Walked, port: &ServicePort) -> Walked {
        // A load balancer that nobody serves is a road that is closed, not a choice.
        let unserved = |code: &str| NO_BALANCER.contains(&code);
        let by_type = own.report.root.map(Code::as_str).is_some_and(|code| code.starts_with('K') && !unserved(code));
        own.unobserved.extend(self.unobserved);
        let mut walked = self.walked.into_iter().collect::<Vec<_>>();
        walked.sort_by_key(|way| way.report.verdict.rank());
        let mut walked = walked.into_iter();
        let Some(mut best) = walked.next() else {
            if by_type || self.pending || self.named.is_some() {
                open(&mut own, by_type, self.named);
            } else {
                // Its own road is closed; whether an Ingress leads there could not be read.
                own.report.verdict = Verdict::Undetermined;
            }
            return own;
        };
        // One of those that were not walked may be open: what closes the others is no cause.
        if self.skipped && best.report.verdict == Verdict::Unreachable {
            best.report.verdict = Verdict::Undetermined;
            best.report.root = None;
            best.found.iter_mut().for_each(|found| found.root = false);
            best.report.roads.iter_mut().flat_map(|road| &mut road.hops).for_each(|hop| hop.finding = None);
        }
        best.report.roads.extend(walked.flat_map(|way| way.report.roads));
        best.report.port = Some(port.port);
        best.report.name.clone_from(&port.name);
        best.report.service = None;
        for found in &mut best.found {
            found.port = Some(port.port);
        }
        let works = matches!(best.report.verdict, Verdict::Reachable | Verdict::Degraded);
        if by_type || works {
            if !by_type {
                own.report.roads.iter_mut().flat_map(|road| &mut road.hops).for_each(|hop| hop.finding = None);
                best.report.roads.extend(own.report.roads);
            } else {
                best.report.roads.extend(own.report.roads.into_iter().filter(|road| road.id == RoadId::PortForward));
            }
            best.unobserved.extend(own.unobserved);
            return best;
        }
        // Closed all alike: the Service's own road is the one that was asked about.
        if best.report.verdict == Verdict::Undetermined {
            own.report.verdict = Verdict::Undetermined;
        }
        for road in best.report.roads.iter_mut().flat_map(|road| &mut road.hops) {
            road.finding = None;
        }
        own.report.roads.extend(best.report.roads);
        own.unobserved.extend(best.unobserved);
        own
    }

    /// Whether something is known to lead to the Service.
    pub fn leads(&self) -> bool {
        !self.walked.is_empty() || self.named.is_some()
    }

    /// Whether there is, or may be, a way.
    pub fn may_lead(&self) -> bool {
        self.pending || !self.walked.is_empty() || !self.unobserved.is_empty()
    }
}

/// Its own roads are closed, and whether something else leads to it is not known. A type
/// that offers no road is no fault then; a road that is closed stays closed beside it.
fn open(own: &mut Walked, by_type: bool, by: Option<(&'static str, String)>) {
    let code = own.report.root.take();
    own.report.verdict = Verdict::Undetermined;
    if by_type {
        own.found.retain(|found| !found.root);
    }
    own.found.iter_mut().for_each(|found| found.root = false);
    for hop in own.report.roads.iter_mut().flat_map(|road| &mut road.hops).filter(|hop| hop.finding == code) {
        hop.finding = None;
        if !by_type {
            continue;
        }
        hop.state = State::Unknown;
        if let Some((kind, name)) = &by {
            hop.evidence = vec![Evidence::new(Source::Api(kind), Fact::LedToBy { kind, name: name.clone() })];
        }
    }
}

/// Walks the ways to one port. In an overview they are only named: it does not call on
/// every front for every Service.
pub fn to_service(trip: &Trip, objects: &Objects, port: &ServicePort) -> Ways {
    let mut ways = Ways::default();
    by_ingresses(trip, objects, port, &mut ways);
    by_routes(trip, objects, port, &mut ways);
    ways
}

fn by_ingresses(trip: &Trip, objects: &Objects, port: &ServicePort, ways: &mut Ways) {
    let scene = trip.scene;
    let name = &objects.service.metadata.name;
    let seen = ingresses(scene.asking, scene.namespace);
    let Some(all) = ways.read(scene, "ingresses.networking.k8s.io", &seen) else { return };
    let mut leading = Vec::new();
    for ingress in all.iter().filter(|ingress| ingress.leads_to(name)) {
        if !trip.thorough {
            let name = &ingress.metadata.name;
            let settle = scene.kubectl.call(&["describe", "ingress", name]);
            return ways.name(Subject::Ingress, "Ingress", name, settle);
        }
        let served = !matches!(class(scene, ingress), Class::Nobody(..));
        for rule in rules(ingress) {
            let Some(behind) = rule.backend.service.as_ref().filter(|behind| behind.name == *name) else { continue };
            let found = behind.port.find(&objects.service.spec.ports);
            if found.is_none_or(|found| found == port) {
                leading.push((!(served && found.is_some()), ingress, rule, found.is_some()));
            }
        }
    }
    // Those that somebody serves, and that name a port which exists, before the others.
    leading.sort_by_key(|(last, ..)| *last);
    ways.skipped |= leading.len() > MAX_WAYS;
    for (_, ingress, rule, has_port) in leading.into_iter().take(MAX_WAYS) {
        let front = front(scene, ingress, &rule, &Backend::Known(&objects.service));
        ways.walked.push(walk(trip, front, has_port.then_some((objects, port))));
    }
}

fn by_routes(trip: &Trip, objects: &Objects, port: &ServicePort, ways: &mut Ways) {
    let scene = trip.scene;
    let name = &objects.service.metadata.name;
    let seen = http_routes(scene.asking, scene.namespace);
    let Some(all) = ways.read(scene, "httproutes.gateway.networking.k8s.io", &seen) else { return };
    let mut leading = Vec::new();
    for route in all.iter().filter(|route| route.leads_to(name)) {
        if !trip.thorough {
            let name = &route.metadata.name;
            let settle = scene.kubectl.call(&["describe", "httproute", name]);
            return ways.name(Subject::Gateway, "HTTPRoute", name, settle);
        }
        leading.extend(route::ways(route, |_| true).into_iter().filter(|way| {
            let here = way.namespace() == scene.namespace;
            let to = way.named().filter(|at| here && at.named.is_service() && at.named.name == *name);
            to.is_some_and(|at| backend_port(&objects.service, at.named).is_none_or(|found| found == port))
        }));
    }
    // Those that a controller took, and that name a port which exists, before the others.
    leading.sort_by_key(|way| {
        let fits = way.named().is_some_and(|at| backend_port(&objects.service, at.named).is_some());
        !(fits && way.is_accepted())
    });
    ways.skipped |= leading.len() > MAX_WAYS;
    for way in leading.iter().take(MAX_WAYS) {
        ways.walked.push(walk_by(trip, way, &Backend::Known(&objects.service), Some(objects)));
    }
}

impl Ways {
    /// What a list holds; what is not known about it is noted.
    fn read<'a, T>(&mut self, scene: &Scene, plural: &'static str, seen: &'a Seen<Vec<T>>) -> Option<&'a Vec<T>> {
        match seen {
            Seen::Known(all) => return Some(all),
            Seen::Pending => self.pending = true,
            // A server without that API has none of them either.
            Seen::Absent | Seen::Unavailable(Why::ServerError { status: 404, .. }) => {}
            Seen::Unavailable(_) => self.unobserved.extend(unread(scene, plural, seen)),
        }
        None
    }

    /// Only names a way.
    fn name(&mut self, what: Subject, kind: &'static str, name: &str, settle: Argv) {
        self.named.get_or_insert((kind, name.to_owned()));
        let detail = format!("{kind} \"{name}\"");
        self.unobserved.push(Unobserved { what, why: Why::NotFollowed { detail }, settle: vec![settle] });
    }
}
