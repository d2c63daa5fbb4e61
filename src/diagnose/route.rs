//! An HTTPRoute: whether its Gateway took it, and what its rules lead to.
//!
//! Conditions and reasons: sigs.k8s.io/gateway-api v1.4.0, `apis/v1/shared_types.go` and
//! `httproute_types.go`.

use super::Scene;
use super::finding::Finding;
use super::gateway::{Said, Standing, kubectl_in, said, seen, stale};
use super::similar::{is_meant, similar};
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::{
    BackendRef, Condition, Gateway, HttpRoute, ParentRef, RouteParentStatus, Service, ServicePort, reference_grants,
    services,
};
use crate::report::{Action, Argv, Evidence, Fact, Remedy, Source};

/// What a controller wrote about a route at one parent. The status must name a parent
/// that the spec still has, and be of the class's own controller.
pub fn status<'a>(route: &'a HttpRoute, parent: &ParentRef, controller: Option<&str>) -> Option<&'a RouteParentStatus> {
    let own = &route.metadata.namespace;
    route.status.parents.iter().find(|status| {
        status.parent_ref.is_same(parent, own) && controller.is_none_or(|name| status.controller_name == name)
    })
}

/// Whether the Gateway took the route.
pub fn attached(
    scene: &Scene,
    route: &HttpRoute,
    at: usize,
    parent: &ParentRef,
    gateway: &Gateway,
    controller: Option<&str>,
) -> Standing {
    let meta = &route.metadata;
    let finding = |reason: Option<String>, message: String| Finding::RouteNotAttached {
        route: meta.name.clone(),
        gateway: gateway.metadata.name.clone(),
        reason,
        message,
    };
    let look = Remedy::new(Action::DescribeRoute, describe(scene, route));
    let Some(status) = status(route, parent, controller) else {
        // Nobody reconciles it, or not yet: that alone is no proof.
        let fact = Fact::NoParentStatus { route: meta.name.clone(), gateway: parent.name.clone() };
        let blocked = Blocked { finding: finding(None, String::new()), remedies: vec![look] };
        return Standing::Closed(Evidence::new(Source::Api("HTTPRoute"), fact), Box::new(blocked));
    };
    match said(&status.conditions, "Accepted", meta.generation) {
        Said::True | Said::Nothing => Standing::Good,
        Said::Stale => stale("HTTPRoute", &meta.name, describe(scene, route)),
        Said::Not(condition) if condition.status != "False" => {
            Standing::Unknown(Some(seen("HTTPRoute", &meta.name, condition)), None)
        }
        Said::Not(condition) => {
            let repair = attach(scene, route, at, parent, gateway, &condition.reason);
            let finding = finding(Some(condition.reason.clone()), condition.message.clone());
            let blocked = Blocked { finding, remedies: repair.into_iter().chain([look]).collect() };
            Standing::Closed(seen("HTTPRoute", &meta.name, condition), Box::new(blocked))
        }
    }
}

/// What would make the Gateway take the route, by the reason that it does not.
fn attach(
    scene: &Scene,
    route: &HttpRoute,
    at: usize,
    parent: &ParentRef,
    gateway: &Gateway,
    reason: &str,
) -> Option<Remedy> {
    let (own, listeners) = (&route.metadata, &gateway.spec.listeners);
    let first = || parent.listeners(gateway).next();
    match reason {
        "NoMatchingParent" => {
            let wanted = parent.section_name.as_deref()?;
            let close = similar(wanted, listeners.iter().map(|listener| listener.name.as_str()));
            let only = listeners.first().filter(|_| listeners.len() == 1).map(|only| only.name.clone());
            let name = close.first().cloned().or(only).filter(|name| name != wanted)?;
            let command =
                patch(scene, route, "replace", &format!("/spec/parentRefs/{at}/sectionName"), &format!("\"{name}\""));
            Some(Remedy::new(Action::SetListener { name }, command))
        }
        "NoMatchingListenerHostname" => {
            let host = first()?.hostname.clone().filter(|host| !host.starts_with('*'))?;
            let command = patch(scene, route, "replace", "/spec/hostnames", &format!("[\"{host}\"]"));
            Some(Remedy::new(Action::SetRouteHost { host }, command))
        }
        "NotAllowedByListeners" if own.namespace != gateway.metadata.namespace => {
            let allowed = &first()?.allowed_routes.namespaces;
            // The selector is for labels of the Namespace, not of the route.
            if allowed.from == "Selector" {
                let labels = allowed.selector.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
                let labels: Vec<String> = labels.collect();
                let mut words = vec!["label", "namespace", own.namespace.as_str()];
                words.extend(labels.iter().map(String::as_str));
                let command = scene.kubectl.cluster(&words);
                let action = Action::LabelNamespace { namespace: own.namespace.clone() };
                return (!labels.is_empty()).then(|| Remedy::new(action, command));
            }
            let row = listeners.iter().position(|listener| first().is_some_and(|first| first.name == listener.name))?;
            let path = format!("/spec/listeners/{row}/allowedRoutes/namespaces");
            let patch = format!(r#"[{{"op":"replace","path":"{path}","value":{{"from":"All"}}}}]"#);
            let kubectl = kubectl_in(scene, &gateway.metadata.namespace);
            let command = kubectl.call(&["patch", "gateway", &gateway.metadata.name, "--type=json", "-p", &patch]);
            Some(Remedy::new(Action::AllowAllNamespaces, command))
        }
        _ => None,
    }
}

/// Where a backend stands in its route.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// Row of the rule.
    pub rule: usize,
    /// Row of the backend in it.
    pub backend: usize,
    /// The backend.
    pub named: &'a BackendRef,
}

/// Whether a rule's backend is what the rule says. `service` is what was read of it:
/// `Absent` and known are facts, whatever the status says.
pub fn resolved(
    scene: &Scene,
    route: &HttpRoute,
    at: At,
    service: &Seen<&Service>,
    status: Option<&RouteParentStatus>,
) -> Standing {
    let (meta, named) = (&route.metadata, at.named);
    let condition = match status.map(|status| said(&status.conditions, "ResolvedRefs", meta.generation)) {
        Some(Said::Stale) => return stale("HTTPRoute", &meta.name, describe(scene, route)),
        Some(Said::Not(condition)) => Some(condition),
        _ => None,
    };
    let namespace = named.namespace.as_deref().unwrap_or(&meta.namespace);
    let far = namespace != meta.namespace;
    let reason = condition.map_or("", |condition| condition.reason.as_str());
    // Two causes in one condition cannot be told apart: it is for the whole route.
    let several = route.spec.rules.iter().map(|rule| rule.backend_refs.len()).sum::<usize>() > 1;
    match (service, condition) {
        (_, Some(condition)) if far && reason == "RefNotPermitted" => {
            if reference_grants(scene.asking, namespace)
                .known()
                .is_some_and(|grants| grants.iter().any(|grant| grant.lets(&meta.namespace, &named.name)))
            {
                return Standing::Unknown(Some(seen("HTTPRoute", &meta.name, condition)), None);
            }
            let list = kubectl_in(scene, namespace).call(&["get", "referencegrants"]);
            let remedies = vec![Remedy::new(Action::ListReferenceGrants, list)];
            closed(route, named, condition, remedies)
        }
        (Seen::Absent, _) => {
            let evidence = Evidence::new(Source::Api("Service"), Fact::ServiceAbsent { name: named.name.clone() });
            let remedies = other_service(scene, route, at, namespace);
            not_found(route, named, condition, evidence, remedies)
        }
        (Seen::Known(service), _) if named.is_service() && port(service, named).is_none() => {
            let ports = &service.spec.ports;
            let only = ports.first().filter(|_| ports.len() == 1).map(|port| {
                let path = format!("/spec/rules/{}/backendRefs/{}/port", at.rule, at.backend);
                let command = patch(scene, route, "replace", &path, &port.port.to_string());
                Remedy::new(Action::SetBackend { backend: format!("{}:{}", named.name, port.port) }, command)
            });
            let show = kubectl_in(scene, namespace).call(&["get", "service", &named.name]);
            let ports = ports.iter().map(|port| port.port.to_string()).collect();
            let evidence = Evidence::new(Source::Api("Service"), Fact::PortsAre { ports });
            let remedies = only.into_iter().chain([Remedy::new(Action::ListServices, show)]).collect();
            not_found(route, named, condition, evidence, remedies)
        }
        (_, None) => Standing::Good,
        // Another backend's trouble, or of a moment ago: what was read here is in order.
        (Seen::Known(_), Some(condition)) if several || matches!(reason, "BackendNotFound" | "RefNotPermitted") => {
            Standing::Unknown(Some(seen("HTTPRoute", &meta.name, condition)), None)
        }
        (_, Some(condition)) if several => Standing::Unknown(Some(seen("HTTPRoute", &meta.name, condition)), None),
        (_, Some(condition)) => {
            closed(route, named, condition, vec![Remedy::new(Action::DescribeRoute, describe(scene, route))])
        }
    }
}

fn closed(route: &HttpRoute, named: &BackendRef, said: &Condition, remedies: Vec<Remedy>) -> Standing {
    let finding = refs(route, named, &said.reason, &said.message);
    Standing::Closed(seen("HTTPRoute", &route.metadata.name, said), Box::new(Blocked { finding, remedies }))
}

fn not_found(
    route: &HttpRoute,
    named: &BackendRef,
    said: Option<&Condition>,
    evidence: Evidence,
    remedies: Vec<Remedy>,
) -> Standing {
    let said = said.filter(|said| said.reason == "BackendNotFound");
    let message = said.map_or("", |said| said.message.as_str());
    let finding = refs(route, named, "BackendNotFound", message);
    Standing::Closed(evidence, Box::new(Blocked { finding, remedies }))
}

fn refs(route: &HttpRoute, named: &BackendRef, reason: &str, message: &str) -> Finding {
    Finding::RouteRefsUnresolved {
        route: route.metadata.name.clone(),
        backend: show(named, &route.metadata.namespace),
        reason: reason.into(),
        message: message.into(),
    }
}

fn other_service(scene: &Scene, route: &HttpRoute, at: At, namespace: &str) -> Vec<Remedy> {
    let all = services(scene.asking, Some(namespace), None);
    let names = all.known().map_or(&[][..], Vec::as_slice);
    let close = similar(&at.named.name, names.iter().map(|service| service.metadata.name.as_str()));
    let replace = close.iter().find(|close| is_meant(&at.named.name, close)).map(|close| {
        let path = format!("/spec/rules/{}/backendRefs/{}/name", at.rule, at.backend);
        let command = patch(scene, route, "replace", &path, &format!("\"{close}\""));
        Remedy::new(Action::SetBackend { backend: close.clone() }, command)
    });
    let list = kubectl_in(scene, namespace).call(&["get", "services"]);
    replace.into_iter().chain([Remedy::new(Action::ListServices, list)]).collect()
}

/// The port of the Service that a backend means.
pub fn port<'a>(service: &'a Service, named: &BackendRef) -> Option<&'a ServicePort> {
    service.spec.ports.iter().find(|port| Some(port.port) == named.port)
}

fn patch(scene: &Scene, route: &HttpRoute, op: &str, path: &str, value: &str) -> Argv {
    let patch = format!(r#"[{{"op":"{op}","path":"{path}","value":{value}}}]"#);
    scene.kubectl.call(&["patch", "httproute", &route.metadata.name, "--type=json", "-p", &patch])
}

/// How to look at a route.
pub fn describe(scene: &Scene, route: &HttpRoute) -> Argv {
    scene.kubectl.call(&["describe", "httproute", &route.metadata.name])
}

/// `svc/web:80`, with the namespace where it is another one.
pub fn show(named: &BackendRef, own: &str) -> String {
    let port = named.port.map(|port| format!(":{port}")).unwrap_or_default();
    match named.namespace.as_deref().filter(|namespace| *namespace != own) {
        Some(namespace) => format!("svc/{}{port} in namespace {namespace}", named.name),
        None => format!("svc/{}{port}", named.name),
    }
}
