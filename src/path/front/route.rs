//! A rule of an HTTPRoute at a Gateway as a front.

use std::rc::Rc;

use super::gateway::{blank, controlled};
use super::ingress::{Backend, hop};
use super::walk::walk;
use super::{Entry, Front};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::gateway::{self as judge, Standing};
use crate::diagnose::route::{self as rules, At};
use crate::diagnose::{Objects, Scene, rule, unread};
use crate::fact::cluster::{self, Gateway, HttpRoute, Listener, ParentRef, common_host};
use crate::path::Trip;
use crate::path::walk::Walked;
use crate::report::{Evidence, Fact, HopId, Source, State, Subject, Unobserved};

/// One way through an HTTPRoute: by a parent and a rule to a backend.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// The route.
    pub route: &'a HttpRoute,
    /// Row of the parent among its parents.
    pub parent: usize,
    /// Row of the rule.
    pub rule: usize,
    /// Row of the backend; `None` where the rule leads to none.
    pub backend: Option<usize>,
}

/// The ways through a route to what `leads` says of its backends, by parents that are
/// Gateways. A backend with the weight 0 gets no traffic.
pub fn ways<'a>(route: &'a HttpRoute, through: impl Fn(&ParentRef) -> bool) -> Vec<Way<'a>> {
    let mut found = Vec::new();
    let parents = route.spec.parent_refs.iter().enumerate().filter(|(_, parent)| parent.is_gateway());
    for (parent, _) in parents.filter(|(_, parent)| through(parent)) {
        for (rule, of_rule) in route.spec.rules.iter().enumerate() {
            let backends = of_rule.backend_refs.iter().enumerate().filter(|(_, backend)| backend.gets_traffic());
            let mut backends = backends.map(|(row, _)| Some(row)).collect::<Vec<_>>();
            if backends.is_empty() {
                backends.push(None);
            }
            found.extend(backends.into_iter().map(|backend| Way { route, parent, rule, backend }));
        }
    }
    found
}

impl Way<'_> {
    /// The parent.
    pub fn parent(&self) -> Option<&ParentRef> {
        self.route.spec.parent_refs.get(self.parent)
    }

    /// The backend.
    pub fn named(&self) -> Option<At<'_>> {
        let backend = self.backend?;
        let named = self.route.spec.rules.get(self.rule)?.backend_refs.get(backend)?;
        Some(At { rule: self.rule, backend, named })
    }

    /// Whether any controller says that it took the route at this parent, be it long ago.
    pub fn is_accepted(&self) -> bool {
        let status = self.parent().and_then(|parent| rules::status(self.route, parent, None));
        let conditions = status.map_or(&[][..], |status| &status.conditions);
        conditions.iter().any(|condition| condition.said.kind == "Accepted" && condition.said.status == "True")
    }

    /// The namespace of its backend.
    pub fn namespace(&self) -> &str {
        let own = &self.route.metadata.namespace;
        self.named().and_then(|at| at.named.namespace.as_deref()).unwrap_or(own)
    }
}

/// Walks one way. `objects` are those of the backend, as far as they were read.
pub fn walk_by(trip: &Trip, way: &Way, backend: &Backend, objects: Option<&Objects>) -> Walked {
    let front = of_route(trip.scene, way, backend);
    let port = way.named().zip(objects).and_then(|(at, objects)| rules::port(&objects.service, at.named));
    let namespace = way.namespace();
    let kubectl = judge::kubectl_in(trip.scene, namespace);
    let scene = Scene { kubectl: &kubectl, namespace, ..*trip.scene };
    walk(&Trip { scene: &scene, ..*trip }, front, objects.zip(port))
}

/// One way through an HTTPRoute as a front.
fn of_route(scene: &Scene, way: &Way, backend: &Backend) -> Front {
    let route = way.route;
    let rule = route.spec.rules.get(way.rule);
    let path = rule.and_then(rule::path);
    let (shown, asked) = path.clone().unwrap_or_else(|| ("/".into(), "/".into()));
    let first = route.spec.hostnames.first().cloned();
    let Some(parent) = way.parent() else { return blank(first, &shown, &asked) };
    let (front, gateway) = match cluster::gateway(scene.asking, parent.namespace(scene.namespace), &parent.name) {
        Seen::Known(gateway) => {
            let chosen = choose(&gateway, parent, route);
            let host = chosen.as_ref().map_or(first, |(_, host)| host.clone());
            let mut front = blank(host, &shown, &asked);
            match &chosen {
                Some((listener, _)) => controlled(&mut front, scene, &gateway, listener),
                None => front.hops.push(hop(HopId::Controller, State::Unknown, Vec::new())),
            }
            (front, Some(gateway))
        }
        Seen::Absent => {
            let mut front = blank(first, &shown, &asked);
            let (evidence, blocked) = judge::missing(scene, &route.metadata.name, way.parent, parent);
            front.missing(HopId::Controller, evidence, blocked);
            (front, None)
        }
        Seen::Pending => {
            let mut front = blank(first, &shown, &asked);
            front.hops.push(hop(HopId::Controller, State::Unknown, Vec::new()));
            (front, None)
        }
        seen @ Seen::Unavailable(_) => {
            let mut front = blank(first, &shown, &asked);
            front.hops.push(hop(HopId::Controller, State::Unknown, Vec::new()));
            front.unobserved.extend(unread(scene, "gateways.gateway.networking.k8s.io", &seen));
            (front, None)
        }
    };
    let mut front = front;
    routed(&mut front, scene, way, backend, gateway);
    if path.is_none() {
        // Only requests with a header, method or query of their own come by this rule.
        front.entry = Entry::Unknown;
        front.unobserved.push(Unobserved {
            what: Subject::Gateway,
            why: Why::NotFollowed { detail: "a match by header, method or query".into() },
            settle: vec![rules::describe(scene, route)],
        });
    }
    front
}

/// The listener that a browser would come by, and the host that it asks for: one that
/// works before one that does not. `None` if the parent has no such listener for HTTP.
fn choose<'a>(
    gateway: &'a Gateway,
    parent: &'a ParentRef,
    route: &HttpRoute,
) -> Option<(&'a Listener, Option<String>)> {
    let names = &route.spec.hostnames;
    let hosts = || -> Vec<Option<&str>> {
        if names.is_empty() { vec![None] } else { names.iter().map(|name| Some(name.as_str())).collect() }
    };
    let mut found: Vec<_> = parent
        .listeners(gateway)
        .chain(&gateway.spec.listeners)
        .filter(|listener| matches!(listener.protocol.as_str(), "HTTP" | "HTTPS"))
        .map(|listener| {
            let named = parent.listeners(gateway).any(|other| other.name == listener.name);
            let host = hosts().into_iter().find_map(|host| common_host(listener.hostname.as_deref(), host));
            let rank = (!named, host.is_none(), !judge::works(gateway, listener));
            (rank, listener, host.unwrap_or_else(|| names.first().cloned()))
        })
        .collect();
    found.sort_by_key(|(rank, ..)| *rank);
    found.into_iter().next().map(|(_, listener, host)| (listener, host))
}

/// The rule, whether the Gateway took it, and what it leads to.
fn routed(front: &mut Front, scene: &Scene, way: &Way, backend: &Backend, gateway: Option<Rc<Gateway>>) {
    let route = way.route;
    let meta = &route.metadata;
    let leads_to = way.named().filter(|at| at.named.is_service());
    let fact = Fact::Route {
        kind: "HTTPRoute",
        name: meta.name.clone(),
        route: front.route.clone(),
        backend: leads_to.map(|at| rules::show(at.named, &meta.namespace)).unwrap_or_default(),
    };
    let mut seen = vec![Evidence::new(Source::Api("HTTPRoute"), fact)];
    let shadow = rule::shadow(route, way.rule, &front.page);
    let sure = shadow.is_none() && !matches!(backend, Backend::Unread | Backend::Other);
    front.contested = shadow.as_ref().map(|_| Unobserved {
        what: Subject::Gateway,
        why: Why::Ambiguous,
        settle: vec![rules::describe(scene, route)],
    });
    seen.extend(shadow.map(|by| Evidence::new(Source::Api("HTTPRoute"), Fact::RouteShadowed { by })));
    let mut state = if sure { State::Present } else { State::Unknown };

    let controller = gateway.as_ref().and_then(|gateway| judge::class(scene, gateway).0);
    let parent = way.parent();
    let mut standings = Vec::new();
    if let (Some(gateway), Some(parent)) = (&gateway, parent) {
        standings.push(rules::attached(scene, route, way.parent, parent, gateway, controller.as_deref()));
    }
    let status = parent.and_then(|parent| rules::status(route, parent, controller.as_deref()));
    if let Some(at) = way.named() {
        let service = match backend {
            Backend::Known(service) => Seen::Known(*service),
            Backend::Missing => Seen::Absent,
            Backend::Unread | Backend::Other => Seen::Pending,
        };
        standings.push(rules::resolved(scene, route, at, &service, status));
    }
    for standing in standings {
        match standing {
            Standing::Good => {}
            Standing::Unknown(evidence, unobserved) => {
                state = State::Unknown;
                seen.extend(evidence);
                front.unobserved.extend(unobserved);
            }
            Standing::Closed(evidence, blocked) => {
                // That nobody says anything is no absence that was seen.
                let silent = matches!(blocked.finding, Finding::RouteNotAttached { reason: None, .. });
                front.missing(HopId::Route, evidence, *blocked);
                if let Some(last) = front.hops.last_mut().filter(|_| silent) {
                    last.state = State::Unknown;
                }
                return;
            }
        }
    }
    front.hops.push(hop(HopId::Route, state, seen));
}
