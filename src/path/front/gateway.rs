//! A Gateway as a front: its class, its listener, and where its controller takes traffic.

use super::ingress::hop;
use super::{Entry, Front};
use crate::answers::Seen;
use crate::ask::{Page, Why};
use crate::diagnose::controller::{self, Found};
use crate::diagnose::gateway::{self as judge, Standing};
use crate::diagnose::{Objects, Scene, unread};
use crate::environment::Waiting;
use crate::fact::cluster::{Gateway, Listener, services};
use crate::report::{Evidence, Fact, HopId, RoadId, Source, State, Subject, Unobserved};

/// The label of a Gateway's own Service, where its controller makes one per Gateway
/// (GEP-1762: Istio, Envoy Gateway, Cilium).
const LABEL: &str = "gateway.networking.k8s.io/gateway-name";

/// The Gateway alone: one of its listeners, which no route belongs to.
pub fn of_listener(scene: &Scene, gateway: &Gateway, listener: &Listener) -> Front {
    let mut front = blank(listener.hostname.clone(), "/", "/");
    controlled(&mut front, scene, gateway, listener);
    let (evidence, blocked) = judge::without_route(scene, gateway, listener);
    front.missing(HopId::Route, evidence, blocked);
    front
}

pub(super) fn blank(host: Option<String>, shown: &str, path: &str) -> Front {
    let host = host.filter(|host| !host.is_empty());
    let route = format!("{}{shown}", host.as_deref().unwrap_or("*"));
    // Any name below a wildcard will do.
    let host = host.map(|host| host.strip_prefix("*.").map_or_else(|| host.clone(), |rest| format!("any.{rest}")));
    Front {
        road: RoadId::Gateway,
        route,
        page: Page { host, path: path.into() },
        tls: false,
        listener: None,
        entry: Entry::Unknown,
        others: Vec::new(),
        hops: Vec::new(),
        blocked: None,
        also: None,
        contested: None,
        unobserved: Vec::new(),
    }
}

/// Class, Gateway, listener, and where the controller takes traffic.
pub(super) fn controlled(front: &mut Front, scene: &Scene, gateway: &Gateway, listener: &Listener) {
    front.tls = listener.protocol == "HTTPS";
    front.listener = Some(listener.port);
    let (controller, class) = judge::class(scene, gateway);
    if is_outside(front, scene, gateway, controller.as_deref()) {
        let seen = served_by(gateway, controller.as_deref(), None, 0, 0);
        return front.hops.push(hop(HopId::Controller, State::Unknown, vec![seen]));
    }
    let evidence = enter(front, scene, gateway, controller.as_deref());
    let port = match &front.entry {
        Entry::Service(objects) => {
            let port = controller::entry(&objects.service, front.tls);
            port.and_then(|port| controller::target(objects, port))
        }
        _ => None,
    };
    // A port that the controller does not listen on leads nowhere.
    if let Entry::Service(objects) = &front.entry
        && objects.pods.known().is_some()
        && controller::listening(objects, listener.port, front.tls).is_none()
    {
        front.entry = Entry::Unknown;
    }
    let standings = [class, judge::accepted(scene, gateway, listener), judge::listener(scene, gateway, listener, port)];
    let mut seen = Vec::new();
    let mut sure = true;
    for standing in standings {
        match standing {
            Standing::Good => {}
            Standing::Unknown(evidence, unobserved) => {
                sure = false;
                seen.extend(evidence);
                front.unobserved.extend(unobserved);
            }
            Standing::Closed(evidence, blocked) => return front.missing(HopId::Controller, evidence, *blocked),
        }
    }
    let ready = match &front.entry {
        Entry::Service(objects) => objects.pods.known().is_some_and(|pods| pods.iter().any(|pod| pod.is_ready())),
        _ => false,
    };
    let state = if sure && ready { State::Present } else { State::Unknown };
    seen.extend(evidence);
    front.hops.push(hop(HopId::Controller, state, seen));
}

/// Whether nobody has taken the Gateway, and its controller is a program outside of the cluster.
fn is_outside(front: &mut Front, scene: &Scene, gateway: &Gateway, controller: Option<&str>) -> bool {
    let (name, class) = (&gateway.metadata.name, &gateway.spec.gateway_class_name);
    let waits = controller.map(|controller| Waiting { kind: "Gateway", name, class, controller });
    let untaken = gateway.status.addresses.is_empty() && judge::is_untaken(gateway);
    waits.filter(|_| untaken).is_some_and(|waits| front.is_left_to_outside(scene, &waits))
}

/// Class and controller, with the controller's Service and its Pods where they are known.
fn served_by(
    gateway: &Gateway,
    controller: Option<&str>,
    service: Option<String>,
    ready: usize,
    total: usize,
) -> Evidence {
    let (class, controller) = (gateway.spec.gateway_class_name.clone(), controller.unwrap_or_default().into());
    let fact = Fact::IngressController { class, controller, service, ready, total };
    Evidence::new(Source::Api("GatewayClass"), fact)
}

/// Where the Gateway takes traffic: at its own Service, at its controller's, or at an
/// address in its status.
fn enter(front: &mut Front, scene: &Scene, gateway: &Gateway, controller: Option<&str>) -> Vec<Evidence> {
    let meta = &gateway.metadata;
    let evidence = |service, ready, total| vec![served_by(gateway, controller, service, ready, total)];
    let here = |front: &mut Front, objects: Objects| {
        let service = &objects.service.metadata;
        let shown = format!("{}/{}", service.namespace, service.name);
        let pods = objects.pods.known().map_or(&[][..], Vec::as_slice);
        let (ready, total) = (pods.iter().filter(|pod| pod.is_ready()).count(), pods.len());
        front.entry = Entry::Service(Box::new(objects));
        evidence(Some(shown), ready, total)
    };
    let own = services(scene.asking, Some(&meta.namespace), Some(&format!("{LABEL}={}", meta.name)));
    match &own {
        Seen::Pending => return Vec::new(),
        Seen::Known(own) => {
            if let Some(service) = own.iter().find(|service| !service.spec.selector.is_empty()) {
                return here(front, controller::objects(scene, service));
            }
        }
        Seen::Absent => {}
        Seen::Unavailable(_) => front.unobserved.extend(unread(scene, "services", &own)),
    }
    let address = || gateway.status.addresses.iter().find_map(|address| address.value.parse().ok());
    let near = Scene { namespace: &meta.namespace, ..*scene };
    let mut seen = evidence(None, 0, 0);
    let label = match controller.map(|controller| controller::find(&near, controller)) {
        Some(Found::Here(found)) => return here(front, found.objects),
        Some(Found::Pending) => return Vec::new(),
        Some(Found::Unread(unobserved)) => {
            front.unobserved.push(unobserved);
            None
        }
        Some(Found::NotByLabel(label)) => label,
        None => None,
    };
    if let Some(ip) = address() {
        front.entry = Entry::Address(ip);
        return seen;
    }
    let fact = label.map(|label| Fact::NoServiceWithLabel { label: label.into() });
    seen.extend(fact.map(|fact| Evidence::new(Source::Api("Service"), fact)));
    if controller.is_some() {
        let settle = scene.kubectl.cluster(&["get", "services", "-A", "-l", label.unwrap_or(LABEL)]);
        let why = Why::NotFollowed { detail: controller.unwrap_or_default().into() };
        front.unobserved.push(Unobserved { what: Subject::Controller, why, settle: vec![settle] });
    }
    seen
}
