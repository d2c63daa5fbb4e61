//! A Gateway: its class, its own conditions, its listeners.
//!
//! Findings go by the type of a condition and quote its reason and message. A condition
//! about an older version of the object proves nothing: its controller may be gone (seen
//! with Traefik 3.6: a Gateway that was moved to a class of nobody keeps Accepted=True).
//! Types and reasons: sigs.k8s.io/gateway-api v1.4.0, `apis/v1/gateway_types.go`.

use super::finding::Finding;
use super::similar::similar;
use super::{Scene, unread};
use crate::answers::Seen;
use crate::ask::Why;
use crate::environment::Blocked;
use crate::fact::cluster::{Condition, Gateway, GatewayCondition, Listener, ParentRef, gateway_classes, gateways};
use crate::remedy::Kubectl;
use crate::report::{Action, Argv, Evidence, Fact, Remedy, Source, Subject, Unobserved};

/// What netpath reads, as `apiVersion` names it.
const API: &str = "gateway.networking.k8s.io/v1";
const CRDS: &str = "https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.0/standard-install.yaml";

/// What is known of one part of the way.
pub enum Standing {
    /// Nothing stands against it.
    Good,
    /// It cannot be said.
    Unknown(Option<Evidence>, Option<Unobserved>),
    /// It is closed.
    Closed(Evidence, Box<Blocked>),
}

/// What a condition says.
pub(super) enum Said<'a> {
    /// True, of the present version as far as anybody can tell.
    True,
    /// False or Unknown.
    Not(&'a Condition),
    /// It is about an older version.
    Stale,
    /// There is none.
    Nothing,
}

/// Reads a condition by its type.
pub(super) fn said<'a>(conditions: &'a [GatewayCondition], kind: &str, generation: i64) -> Said<'a> {
    match conditions.iter().find(|condition| condition.said.kind == kind) {
        None => Said::Nothing,
        Some(found) if found.observed_generation.is_some_and(|observed| observed < generation) => Said::Stale,
        Some(found) if found.said.status == "True" => Said::True,
        Some(found) => Said::Not(&found.said),
    }
}

/// A condition as evidence.
pub(super) fn seen(kind: &'static str, name: &str, condition: &Condition) -> Evidence {
    let fact = Fact::Condition {
        of: name.into(),
        condition: condition.kind.clone(),
        status: condition.status.clone(),
        reason: condition.reason.clone(),
        message: condition.message.clone(),
    };
    Evidence::new(Source::Api(kind), fact)
}

/// A status of an older version: unknown, never a verdict.
pub(super) fn stale(kind: &'static str, name: &str, describe: Argv) -> Standing {
    let fact = Fact::StaleStatus { of: name.into() };
    let why = Why::OutOfDate { detail: format!("{kind} \"{name}\"") };
    let unobserved = Unobserved { what: Subject::Gateway, why, settle: vec![describe] };
    Standing::Unknown(Some(Evidence::new(Source::Api(kind), fact)), Some(unobserved))
}

/// kubectl in another namespace than the one that is asked about.
pub fn kubectl_in(scene: &Scene, namespace: &str) -> Kubectl {
    let mut kubectl = scene.kubectl.clone();
    if namespace != scene.namespace && !namespace.is_empty() {
        kubectl.namespace = Some(namespace.into());
    }
    kubectl
}

/// Whether a read failed because the server does not serve the Gateway API. For a group
/// that is not installed it answers a plain `404 page not found`, for an object that is
/// not there a Status (seen with Kubernetes 1.34).
pub fn not_served(why: &Why) -> bool {
    matches!(why, Why::ServerError { status: 404, .. })
}

/// The Gateway API is not installed.
pub fn crds_missing(scene: &Scene) -> (Evidence, Blocked) {
    let install = scene.kubectl.cluster(&["apply", "--server-side", "-f", CRDS]);
    let evidence = Evidence::new(Source::ApiServer, Fact::ApiNotServed { version: API.into() });
    let finding = Finding::GatewayCrdsMissing { version: API.into() };
    (evidence, Blocked { finding, remedies: vec![Remedy::new(Action::InstallGatewayApi, install)] })
}

/// The class of a Gateway: the name of its controller, and whether it serves the class.
pub fn class(scene: &Scene, gateway: &Gateway) -> (Option<String>, Standing) {
    let wanted = &gateway.spec.gateway_class_name;
    let classes = match gateway_classes(scene.asking) {
        Seen::Known(classes) => classes,
        seen @ Seen::Unavailable(_) => {
            let unobserved = unread(scene, "gatewayclasses.gateway.networking.k8s.io", &seen);
            return (None, Standing::Unknown(None, unobserved));
        }
        Seen::Pending | Seen::Absent => return (None, Standing::Unknown(None, None)),
    };
    let list = Remedy::new(Action::ListGatewayClasses, scene.kubectl.cluster(&["get", "gatewayclasses"]));
    let known: Vec<&str> = classes.iter().map(|class| class.metadata.name.as_str()).collect();
    let served = classes
        .iter()
        .filter(|class| matches!(said(&class.status.conditions, "Accepted", class.metadata.generation), Said::True));
    let served: Vec<&str> = served.map(|class| class.metadata.name.as_str()).collect();
    let close = similar(wanted, served.iter().copied());
    let only = served.first().filter(|_| served.len() == 1).map(|only| (*only).to_owned());
    let choose = close.first().cloned().or(only).filter(|class| class != wanted).map(|class| {
        let patch = format!(r#"{{"spec":{{"gatewayClassName":"{class}"}}}}"#);
        Remedy::new(Action::SetGatewayClass { class }, patch_gateway(scene, gateway, "merge", &patch))
    });
    let Some(found) = classes.iter().find(|class| class.metadata.name == *wanted) else {
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        let fact = Fact::GatewayClasses { wanted: wanted.clone(), known: known.clone() };
        let finding = Finding::GatewayClassMissing { name: wanted.clone(), known };
        let blocked = Blocked { finding, remedies: choose.into_iter().chain([list]).collect() };
        return (None, Standing::Closed(Evidence::new(Source::Api("GatewayClass"), fact), Box::new(blocked)));
    };
    let controller = found.spec.controller_name.clone();
    let describe = scene.kubectl.cluster(&["describe", "gatewayclass", wanted]);
    let standing = match said(&found.status.conditions, "Accepted", found.metadata.generation) {
        Said::True => Standing::Good,
        Said::Nothing => Standing::Unknown(None, None),
        Said::Stale => stale("GatewayClass", wanted, describe),
        Said::Not(condition) => {
            let finding = Finding::GatewayClassNotAccepted {
                name: wanted.clone(),
                controller: controller.clone(),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
            };
            let remedies = choose.into_iter().chain([list]).collect();
            Standing::Closed(seen("GatewayClass", wanted, condition), Box::new(Blocked { finding, remedies }))
        }
    };
    (Some(controller), standing)
}

/// The Gateway that a route names is not there.
pub fn missing(scene: &Scene, route: &str, at: usize, parent: &ParentRef) -> (Evidence, Blocked) {
    let namespace = parent.namespace(scene.namespace);
    let all = gateways(scene.asking, namespace);
    let names = all.known().map_or(&[][..], Vec::as_slice);
    let similar = similar(&parent.name, names.iter().map(|gateway| gateway.metadata.name.as_str()));
    let only = names.first().filter(|_| names.len() == 1).map(|only| only.metadata.name.clone());
    let replace = similar.first().cloned().or(only).map(|gateway| {
        let patch = format!(r#"[{{"op":"replace","path":"/spec/parentRefs/{at}/name","value":"{gateway}"}}]"#);
        let command = scene.kubectl.call(&["patch", "httproute", route, "--type=json", "-p", &patch]);
        Remedy::new(Action::SetParent { gateway }, command)
    });
    let list = Remedy::new(Action::ListGateways, scene.kubectl.cluster(&["get", "gateways", "-A"]));
    let finding = Finding::GatewayMissing {
        route: route.into(),
        name: parent.name.clone(),
        namespace: namespace.into(),
        similar: similar.clone(),
    };
    let evidence = Evidence::new(Source::Api("Gateway"), Fact::GatewayAbsent { name: parent.name.clone() });
    (evidence, Blocked { finding, remedies: replace.into_iter().chain([list]).collect() })
}

fn patch_gateway(scene: &Scene, gateway: &Gateway, how: &str, patch: &str) -> Argv {
    let kubectl = kubectl_in(scene, &gateway.metadata.namespace);
    kubectl.call(&["patch", "gateway", &gateway.metadata.name, &format!("--type={how}"), "-p", patch])
}

fn describe(scene: &Scene, gateway: &Gateway) -> Argv {
    kubectl_in(scene, &gateway.metadata.namespace).call(&["describe", "gateway", &gateway.metadata.name])
}

/// Whether the controller took the Gateway, as far as one listener of it is concerned: a
/// good listener among bad ones works (seen with Traefik 3.6: Accepted=False with the
/// reason ListenersNotValid, and 200).
pub fn accepted(scene: &Scene, gateway: &Gateway, listener: &Listener) -> Standing {
    let (meta, conditions) = (&gateway.metadata, &gateway.status.conditions);
    let own = gateway.status_of(&listener.name);
    let of_listeners =
        |condition: &Condition| own.is_some() && matches!(condition.reason.as_str(), "ListenersNotValid" | "Invalid");
    let look = || vec![Remedy::new(Action::DescribeGateway, describe(scene, gateway))];
    let closed = |condition: &Condition, finding| {
        let blocked = Blocked { finding, remedies: look() };
        Standing::Closed(seen("Gateway", &meta.name, condition), Box::new(blocked))
    };
    let (name, said_of) = (meta.name.clone(), |kind| said(conditions, kind, meta.generation));
    match said_of("Accepted") {
        Said::Stale => return stale("Gateway", &meta.name, describe(scene, gateway)),
        Said::Not(condition) if !of_listeners(condition) => {
            let (reason, message) = (condition.reason.clone(), condition.message.clone());
            return closed(condition, Finding::GatewayNotAccepted { name, reason, message });
        }
        Said::Nothing => return Standing::Unknown(None, None),
        Said::True | Said::Not(_) => {}
    }
    match said_of("Programmed") {
        Said::Stale => stale("Gateway", &meta.name, describe(scene, gateway)),
        Said::Not(condition) if !of_listeners(condition) => {
            let (reason, message) = (condition.reason.clone(), condition.message.clone());
            closed(condition, Finding::GatewayNotProgrammed { name, reason, message })
        }
        // Traefik 3.6 leaves it out where a listener is not valid.
        Said::Nothing | Said::True | Said::Not(_) => Standing::Good,
    }
}

/// Whether no controller said anything: the conditions are those that the CRD starts with
/// (`apis/v1/gateway_types.go`: Accepted and Programmed are Unknown, reason Pending).
pub fn is_untaken(gateway: &Gateway) -> bool {
    gateway.status.conditions.iter().all(|condition| condition.said.status == "Unknown")
}

/// Whether nothing is said against a listener: one that works is the way to come by.
pub fn works(gateway: &Gateway, listener: &Listener) -> bool {
    let conditions = gateway.status_of(&listener.name).map_or(&[][..], |status| &status.conditions);
    let of = |kind| said(conditions, kind, gateway.metadata.generation);
    ["Accepted", "ResolvedRefs", "Programmed"].into_iter().all(|kind| !matches!(of(kind), Said::Not(_)))
}

/// Whether a listener works. `port` is one that the controller is known to listen on.
pub fn listener(scene: &Scene, gateway: &Gateway, listener: &Listener, port: Option<u16>) -> Standing {
    let Some(status) = gateway.status_of(&listener.name) else { return Standing::Good };
    let of = |kind| said(&status.conditions, kind, gateway.metadata.generation);
    let programmed = matches!(of("Programmed"), Said::True);
    let of_name = format!("{}, listener {}", gateway.metadata.name, listener.name);
    for kind in ["Accepted", "ResolvedRefs", "Programmed"] {
        match of(kind) {
            Said::Stale => return stale("Gateway", &gateway.metadata.name, describe(scene, gateway)),
            // One reference of several, or one kind of routes: the rest is served.
            Said::Not(_) if kind == "ResolvedRefs" && programmed => {}
            Said::Not(condition) if condition.status == "False" => {
                return Standing::Closed(
                    seen("Gateway", &of_name, condition),
                    Box::new(invalid(scene, gateway, listener, condition, port)),
                );
            }
            Said::Not(condition) => return Standing::Unknown(Some(seen("Gateway", &of_name, condition)), None),
            Said::True | Said::Nothing => {}
        }
    }
    match status.conditions.iter().find(|condition| condition.said.kind == "Conflicted") {
        Some(found) if found.said.status == "True" => Standing::Closed(
            seen("Gateway", &of_name, &found.said),
            Box::new(invalid(scene, gateway, listener, &found.said, port)),
        ),
        _ => Standing::Good,
    }
}

fn invalid(scene: &Scene, gateway: &Gateway, listener: &Listener, said: &Condition, port: Option<u16>) -> Blocked {
    let row = gateway.spec.listeners.iter().position(|other| other.name == listener.name).unwrap_or_default();
    let mut remedies = Vec::new();
    match said.reason.as_str() {
        "PortUnavailable" => remedies.extend(port.filter(|port| *port != listener.port).map(|port| {
            let patch = format!(r#"[{{"op":"replace","path":"/spec/listeners/{row}/port","value":{port}}}]"#);
            Remedy::new(Action::SetListenerPort { port }, patch_gateway(scene, gateway, "json", &patch))
        })),
        "InvalidCertificateRef" => {
            let kubectl = kubectl_in(scene, &gateway.metadata.namespace);
            let list = kubectl.call(&["get", "secrets", "--field-selector=type=kubernetes.io/tls"]);
            remedies.push(Remedy::new(Action::ListSecrets, list));
        }
        _ => {}
    }
    remedies.push(Remedy::new(Action::DescribeGateway, describe(scene, gateway)));
    let finding = Finding::ListenerInvalid {
        gateway: gateway.metadata.name.clone(),
        listener: listener.name.clone(),
        reason: said.reason.clone(),
        message: said.message.clone(),
    };
    Blocked { finding, remedies }
}

/// No route leads on from a listener.
pub fn without_route(scene: &Scene, gateway: &Gateway, listener: &Listener) -> (Evidence, Blocked) {
    let list = scene.kubectl.cluster(&["get", "httproutes", "-A"]);
    let (name, listener) = (gateway.metadata.name.clone(), listener.name.clone());
    let fact = Fact::NoRoute { gateway: name.clone(), listener: listener.clone() };
    let finding = Finding::GatewayNoRoute { name, listener };
    (
        Evidence::new(Source::Api("HTTPRoute"), fact),
        Blocked { finding, remedies: vec![Remedy::new(Action::ListRoutes, list)] },
    )
}
