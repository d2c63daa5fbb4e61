//! The entry of a front: where it takes traffic, and the road to it.

use std::net::SocketAddr;
use std::rc::Rc;

use super::ingress::of_controller;
use super::{Entry, Front, placed};
use crate::answers::Seen;
use crate::ask::{Page, Speak};
use crate::diagnose::finding::Finding;
use crate::diagnose::{Objects, Scene, controller};
use crate::environment::Blocked;
use crate::fact::cluster::{LoadBalancerIngress, PortRef, Service, ServicePort};
use crate::fact::live::{Outcome, probe};
use crate::fact::read::Shared;
use crate::path::Trip;
use crate::path::walk::{Walked, port as walk_port};
use crate::remedy::Kubectl;
use crate::report::{Action, Fact, Owner, Remedy, Road, RoadId, Stage, State};

/// What the road to the front's own Service showed.
pub(super) struct Entered {
    pub(super) walked: Walked,
    /// The cause that closes it, said of the controller.
    pub(super) blocked: Option<Blocked>,
}

/// Brings the front's own Service to this computer.
pub(super) fn forward(trip: &Trip, front: &Front) -> Option<Remedy> {
    let Entry::Service(objects) = &front.entry else { return None };
    let port = door(front, objects)?;
    let meta = &objects.service.metadata;
    let kubectl = Kubectl { namespace: Some(meta.namespace.clone()), ..trip.scene.kubectl.clone() };
    let mut remedy = kubectl.port_forward(&meta.name, port.port);
    let local = remedy.commands.first()?.last()?.split(':').next()?.parse().ok()?;
    remedy.action = Action::ForwardToFront { url: url(front, SocketAddr::from(([127, 0, 0, 1], local))) };
    Some(remedy)
}

/// The port of the front's Service that a browser comes by.
pub(super) fn door<'a>(front: &Front, objects: &'a Objects) -> Option<&'a ServicePort> {
    match front.listener {
        Some(listener) => controller::listening(objects, listener, front.tls),
        None => controller::entry(&objects.service, front.tls),
    }
}

pub(super) fn url(front: &Front, at: SocketAddr) -> String {
    let scheme = if front.tls { "https" } else { "http" };
    let port = if at.port() == if front.tls { 443 } else { 80 } { String::new() } else { format!(":{}", at.port()) };
    match &front.page.host {
        Some(host) => format!("{scheme}://{host}{port}{}", front.page.path),
        None => format!("{scheme}://{at}{}", front.page.path),
    }
}

/// The road to the front, walked as to any Service: to its node port or load balancer,
/// else to a port that its Pods take on the node itself.
pub(super) fn enter(trip: &Trip, front: &Front) -> Option<Entered> {
    let objects = match &front.entry {
        Entry::Unknown | Entry::Nowhere(_) => return None,
        Entry::Service(objects) => (**objects).clone(),
        Entry::Address(ip) => addressed(front, *ip),
    };
    let port = door(front, &objects)?.clone();
    let namespace = objects.service.metadata.namespace.clone();
    let mut kubectl = trip.scene.kubectl.clone();
    kubectl.namespace = Some(namespace.clone());
    let scene = Scene { kubectl: &kubectl, namespace: &namespace, ..*trip.scene };
    let trip = Trip { scene: &scene, page: Some(&front.page), tls: front.tls, ..*trip };
    let own = || {
        let walked = walk_port(&trip, &objects, &port);
        let (namespace, name) = (&objects.service.metadata.namespace, &objects.service.metadata.name);
        entered(walked, &format!("{namespace}/{name}"), false)
    };
    let Some((host_port, service)) = on_the_node(&objects, &port) else { return Some(own()) };
    let on_node = Objects { service, ..objects.clone() };
    let walked = walk_port(&trip, &on_node, &host_port);
    let (namespace, name) = (&objects.service.metadata.namespace, &objects.service.metadata.name);
    let mut by_node = entered(walked, &format!("{namespace}/{name}"), true);
    if by_node.walked.answer.is_some() {
        return Some(by_node);
    }
    let own = own();
    if own.walked.answer.is_none()
        && let Some(blocked) = by_node
            .blocked
            .as_ref()
            .and_then(|blocked| placed::elsewhere(&objects, trip.scene.kubectl, host_port.node_port, blocked))
    {
        return Some(Entered { blocked: Some(blocked), ..by_node });
    }
    // The port of the node leads here, and only the controller is not there yet: whether its
    // Service has another way does not matter.
    if own.walked.answer.is_none() && by_node.is_open_to_the_node() {
        if let Some(blocked) = &mut by_node.blocked {
            let label = placed::unlabelled(&trip, &objects, host_port.node_port, blocked);
            blocked.remedies.splice(0..0, label);
        }
        return Some(by_node);
    }
    let unmapped = |entered: &Entered| {
        matches!(entered.blocked.as_ref().map(|blocked| &blocked.finding), Some(Finding::IngressEntryUnmapped { .. }))
    };
    // The port of the node is what the controller means to be reached by; its Service may
    // offer a cheaper way to open it.
    if unmapped(&by_node) && own.walked.answer.is_none() {
        let cheaper = own.blocked.into_iter().flat_map(|blocked| blocked.remedies);
        return Some(by_node.with_cheaper(cheaper.filter(|remedy| !remedy.destructive).collect()));
    }
    // A forward to that port may be there unseen: what closes the Service's own road is no cause.
    let unseen = |road: &Road| road.id == RoadId::SshForward && road.state == State::Unknown;
    if own.walked.answer.is_none() && by_node.walked.report.roads.iter().any(unseen) {
        return Some(by_node);
    }
    let offers = own
        .blocked
        .as_ref()
        .is_none_or(|blocked| !matches!(blocked.finding, Finding::IngressControllerInternal { .. }));
    Some(if offers { own } else { by_node })
}

impl Entered {
    /// Where something took a connection that nothing came back on.
    pub(super) fn accepted(&self) -> Option<(SocketAddr, Outcome)> {
        let hops = self.walked.report.roads.iter().flat_map(|road| &road.hops);
        let seen = hops.filter(|hop| hop.stage == Stage::One).flat_map(|hop| &hop.evidence);
        seen.into_iter().find_map(|seen| match &seen.fact {
            Fact::Probed { to, outcome } if outcome.is_accepted() => Some((*to, outcome.clone())),
            _ => None,
        })
    }

    /// Whether a road leads to the node, and something behind it is missing.
    fn is_open_to_the_node(&self) -> bool {
        let open =
            |road: &Road| road.hops.iter().filter(|hop| hop.stage == Stage::One).all(|hop| hop.state == State::Present);
        let behind = |blocked: &Blocked| blocked.finding.owner() != Owner::VirtualizationLayer;
        let mut roads = self.walked.report.roads.iter().filter(|road| road.id == RoadId::PublishedPort);
        roads.any(open) && self.blocked.as_ref().is_some_and(behind)
    }

    /// Puts remedies in front of its own, each once.
    fn with_cheaper(mut self, mut remedies: Vec<Remedy>) -> Self {
        if let Some(blocked) = &mut self.blocked {
            for own in std::mem::take(&mut blocked.remedies) {
                if remedies.iter().all(|remedy| remedy.commands != own.commands) {
                    remedies.push(own);
                }
            }
            blocked.remedies = remedies;
        }
        self
    }
}

fn entered(mut walked: Walked, service: &str, host_port: bool) -> Entered {
    let at = walked.found.iter().position(|found| found.root);
    let mut root = at.map(|at| walked.found.remove(at));
    if let Some(found) = &mut root {
        // The URL that it prints is an address: a front knows its rules by the host name.
        found.remedies.retain(|remedy| !matches!(remedy.action, Action::RunMinikubeService { .. }));
    }
    let works = walked.answer.is_some();
    let blocked = root
        .filter(|_| !works)
        .map(|found| of_controller(Blocked { finding: found.finding, remedies: found.remedies }, service, host_port));
    Entered { walked, blocked }
}

/// A Service that stands for an address in a status.
fn addressed(front: &Front, ip: std::net::IpAddr) -> Objects {
    let mut service = Service::default();
    service.spec.kind = "LoadBalancer".into();
    let number = front.listener.unwrap_or(if front.tls { 443 } else { 80 });
    service.spec.ports = vec![ServicePort { port: number, protocol: "TCP".into(), ..ServicePort::default() }];
    service.status.load_balancer.ingress = vec![LoadBalancerIngress { ip: Some(ip.to_string()), ..Default::default() }];
    let pods = Seen::Known(Vec::new());
    Objects { service: Shared::from(service), slices: Seen::Pending, pods, nodes: Seen::Pending }
}

/// The port of the node that the controller's Pods take for themselves (hostPort), as a
/// Service of its own: the road to it is the same as to a node port.
fn on_the_node(objects: &Objects, port: &ServicePort) -> Option<(ServicePort, Shared<Service>)> {
    let target = |name: &str, number: u16| match &port.target_port {
        PortRef::Number(wanted) => number == *wanted,
        PortRef::Name(wanted) => name == wanted,
    };
    let pods = objects.pods.known()?;
    let mut declared = pods.iter().flat_map(|pod| &pod.spec.containers).flat_map(|container| &container.ports);
    let host_port = declared.find_map(|own| own.host_port.filter(|_| target(&own.name, own.container_port)))?;
    let port = ServicePort { node_port: host_port, ..port.clone() };
    let mut service = (*objects.service).clone();
    service.spec.kind = "NodePort".into();
    // Only the node that runs the Pod has the port.
    service.spec.external_traffic_policy = Some("Local".into());
    service.status = Default::default();
    service.spec.ports = vec![port.clone()];
    Some((port, Shared::from(service)))
}

/// Asks the same entry for a host and a path that nobody has: only the front itself can
/// answer that. The name is no more than a header; nobody looks it up.
pub(super) fn control(trip: &Trip, front: &Front, at: SocketAddr) -> Seen<Rc<Outcome>> {
    let page = Page { host: Some("no-such-host.netpath.invalid".into()), path: "/netpath-no-such-path".into() };
    let speak = if front.tls { Speak::Https } else { Speak::Http };
    probe(trip.scene.asking, at, speak, Some(&page))
}
