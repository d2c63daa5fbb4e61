//! An Ingress as a front.

use std::rc::Rc;

use super::{Entry, Front};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::controller::{self, Found};
use crate::diagnose::finding::Finding;
use crate::diagnose::ingress::{Class, Rule, backend_missing, class, port_missing, rival, without_certificate};
use crate::diagnose::{Objects, Scene, unread};
use crate::environment::{Blocked, Waiting};
use crate::fact::cluster::{Ingress, Service, ingresses};
use crate::report::{Evidence, Fact, Hop, HopId, Owner, RoadId, Source, Stage, State, Subject, Unobserved};

/// The Service that a rule leads to, as far as it is known.
pub enum Backend<'a> {
    /// Not read yet, or it could not be read.
    Unread,
    /// Read.
    Known(&'a Service),
    /// It is not there.
    Missing,
    /// The rule leads to something that is no Service.
    Other,
}

impl<'a> Backend<'a> {
    /// What a read of the Service brought; `None` where the rule leads to no Service.
    pub fn of(seen: Option<&'a Seen<Rc<Service>>>) -> Self {
        match seen {
            None => Self::Other,
            Some(Seen::Absent) => Self::Missing,
            Some(Seen::Known(service)) => Self::Known(service),
            Some(Seen::Pending | Seen::Unavailable(_)) => Self::Unread,
        }
    }
}

/// One rule of an Ingress as a front.
pub fn front(scene: &Scene, ingress: &Ingress, rule: &Rule, backend: &Backend) -> Front {
    let tls = ingress.tls_for(rule.host).is_some();
    let (also, secret) = without_certificate(scene, ingress, rule);
    let mut front = Front {
        road: RoadId::Ingress,
        route: rule.show(),
        page: rule.page(),
        tls,
        listener: None,
        entry: Entry::Unknown,
        hops: Vec::new(),
        blocked: None,
        also,
        others: Vec::new(),
        contested: None,
        unobserved: secret.into_iter().collect(),
    };
    controlled(&mut front, scene, ingress);
    routed(&mut front, scene, ingress, rule, backend);
    front
}

pub(super) fn hop(id: HopId, state: State, evidence: Vec<Evidence>) -> Hop {
    Hop { id, stage: Stage::Two, owner: Owner::Kubernetes, state, evidence, finding: None }
}

impl Front {
    /// Adds a hop that is missing; the first one is the cause.
    pub(super) fn missing(&mut self, id: HopId, evidence: Evidence, blocked: Blocked) {
        let mut hop = hop(id, State::Missing, vec![evidence]);
        if self.blocked.is_none() {
            hop.finding = Some(blocked.finding.code());
            self.blocked = Some(blocked);
        }
        self.hops.push(hop);
    }

    /// Whether it waits for a program outside of the cluster: it has no address, and its
    /// controller is such a program. Then that closes it, before the node.
    pub(super) fn is_left_to_outside(&mut self, scene: &Scene, waits: &Waiting) -> bool {
        let Some(blocked) = scene.place.and_then(|place| place.controller_outside(scene.asking, waits)) else {
            return false;
        };
        let fact = Fact::NoAddress { kind: waits.kind, name: waits.name.into() };
        let mut hop = Hop::way_in(State::Missing, Evidence::new(Source::Api(waits.kind), fact));
        hop.finding = Some(blocked.finding.code());
        self.entry = Entry::Nowhere(Box::new(hop));
        self.blocked = Some(blocked);
        true
    }

    /// Enters by the Service of a controller, and says so at the controller's hop.
    pub(super) fn served_by(&mut self, objects: Objects) {
        let meta = &objects.service.metadata;
        let pods = objects.pods.known();
        let count = pods.map_or(0, |pods| pods.iter().filter(|pod| pod.is_ready()).count());
        if let Some(hop) = self.hops.iter_mut().find(|hop| hop.id == HopId::Controller) {
            hop.state = if count > 0 { State::Present } else { State::Unknown };
            for seen in &mut hop.evidence {
                if let Fact::IngressController { service, ready, total, .. } = &mut seen.fact {
                    *service = Some(format!("{}/{}", meta.namespace, meta.name));
                    (*ready, *total) = (count, pods.map_or(0, Vec::len));
                }
            }
        }
        self.entry = Entry::Service(Box::new(objects));
    }
}

/// The controller: class, Service, Pods.
fn controlled(front: &mut Front, scene: &Scene, ingress: &Ingress) {
    let status = ingress.status.load_balancer.ingress.first();
    let address = status.and_then(|status| status.ip.as_deref()).and_then(|ip| ip.parse().ok());
    let unknown = |evidence: Vec<Evidence>| hop(HopId::Controller, State::Unknown, evidence);
    let (name, named) = match class(scene, ingress) {
        Class::Served { name, controller } => (name, controller),
        Class::Pending => return front.hops.push(unknown(Vec::new())),
        Class::Unread(unobserved) => {
            let fact = Fact::CouldNotLook { what: unobserved.what, why: unobserved.why.clone() };
            front.unobserved.push(unobserved);
            return front.hops.push(unknown(vec![Evidence::new(Source::ApiServer, fact)]));
        }
        // Somebody wrote an address into the status: somebody serves it.
        Class::Nobody(evidence, _) if status.is_some() => {
            front.entry = address.map_or(Entry::Unknown, Entry::Address);
            return front.hops.push(unknown(vec![evidence]));
        }
        Class::Nobody(evidence, blocked) => return unserved(front, scene, evidence, *blocked),
    };
    let evidence = |service: Option<String>, ready, total| {
        let fact = Fact::IngressController { class: name.clone(), controller: named.clone(), service, ready, total };
        Evidence::new(Source::Api("IngressClass"), fact)
    };
    match controller::find(scene, &named) {
        Found::Here(controller) => {
            let addresses = || ingress.status.load_balancer.ingress.iter();
            let (first, others) = controller::chosen(scene, *controller, |service| {
                service.status.load_balancer.ingress.iter().any(|own| addresses().any(|address| address == own))
            });
            front.hops.push(unknown(vec![evidence(None, 0, 0)]));
            front.served_by(first);
            front.others = others;
        }
        Found::Pending => front.hops.push(unknown(Vec::new())),
        Found::Unread(unobserved) => {
            front.hops.push(unknown(vec![evidence(None, 0, 0)]));
            front.unobserved.push(unobserved);
        }
        Found::NotByLabel(label) => {
            front.entry = address.map_or(Entry::Unknown, Entry::Address);
            let mut seen = vec![evidence(None, 0, 0)];
            seen.extend(
                label.map(|label| {
                    Evidence::new(Source::Api("Service"), Fact::NoServiceWithLabel { label: label.into() })
                }),
            );
            front.hops.push(unknown(seen));
            if matches!(front.entry, Entry::Unknown) {
                let meta = &ingress.metadata;
                let waits = Waiting { kind: "Ingress", name: &meta.name, class: &name, controller: &named };
                if status.is_none() && front.is_left_to_outside(scene, &waits) {
                    return;
                }
                let settle =
                    scene.kubectl.cluster(&["get", "services", "-A", "-l", label.unwrap_or("app.kubernetes.io/name")]);
                front.unobserved.push(Unobserved {
                    what: Subject::Controller,
                    why: Why::NotFollowed { detail: named.clone() },
                    settle: vec![settle],
                });
            }
        }
    }
}

/// No class leads to a controller. One that is there may serve the Ingress all the same:
/// it is asked, and its answer counts for more.
fn unserved(front: &mut Front, scene: &Scene, evidence: Evidence, blocked: Blocked) {
    match controller::any(scene) {
        Found::Here(controller) => front.entry = Entry::Service(Box::new(controller.objects)),
        Found::Pending => {}
        Found::Unread(unobserved) => front.unobserved.push(unobserved),
        // Without a class, only a controller that netpath does not know could serve it.
        Found::NotByLabel(_) => {}
    }
    front.missing(HopId::Controller, evidence, blocked);
}

/// The rule and what it leads to.
fn routed(front: &mut Front, scene: &Scene, ingress: &Ingress, rule: &Rule, backend: &Backend) {
    let named = rule.backend.service.as_ref();
    let leads_to = named.map(|service| format!("svc/{}:{}", service.name, service.port.as_ref()));
    let fact = Fact::Route {
        kind: "Ingress",
        name: ingress.metadata.name.clone(),
        route: rule.show(),
        backend: leads_to.unwrap_or_default(),
    };
    let mut evidence = vec![Evidence::new(Source::Api("Ingress"), fact)];
    // First: that is what is to be looked at.
    evidence.splice(0..0, contested(front, scene, ingress, rule));
    match (backend, named) {
        (Backend::Missing, Some(service)) => {
            let (evidence, blocked) = backend_missing(scene, ingress, rule, &service.name);
            front.missing(HopId::Route, evidence, blocked);
        }
        // A name for something else may do without ports: ingress-nginx takes the number as it is.
        (Backend::Known(service), Some(named))
            if service.spec.kind != "ExternalName" && named.port.find(&service.spec.ports).is_none() =>
        {
            let (evidence, blocked) = port_missing(scene, ingress, rule, service);
            front.missing(HopId::Route, evidence, blocked);
        }
        (Backend::Unread | Backend::Other, _) | (_, None) => {
            front.hops.push(hop(HopId::Route, State::Unknown, evidence));
        }
        (Backend::Known(_), Some(_)) => {
            let state = if front.contested.is_some() { State::Unknown } else { State::Present };
            front.hops.push(hop(HopId::Route, state, evidence));
        }
    }
}

/// Looks whether another rule may take the requests meant for this one. The list is one
/// read, and the same for all rules of a namespace.
fn contested(front: &mut Front, scene: &Scene, ingress: &Ingress, rule: &Rule) -> Option<Evidence> {
    let subject = |why, settle| Unobserved { what: Subject::Ingress, why, settle: vec![settle] };
    let all = ingresses(scene.asking, scene.namespace);
    if let Seen::Pending = all {
        front.contested = Some(subject(Why::Deadline, scene.kubectl.call(&["get", "ingresses"])));
        return None;
    }
    front.unobserved.extend(unread(scene, "ingresses.networking.k8s.io", &all));
    let rival = rival(ingress, rule, all.known().map_or(&[][..], Vec::as_slice))?;
    let name = &rival.ingress.metadata.name;
    front.contested = Some(subject(Why::Ambiguous, scene.kubectl.call(&["describe", "ingress", name])));
    let by = rival.rule.show();
    let fact = if *name == ingress.metadata.name {
        Fact::RouteShadowed { by }
    } else {
        Fact::RouteContested { ingress: name.clone(), by }
    };
    Some(Evidence::new(Source::Api("Ingress"), fact))
}

/// What is wrong with a controller, said of the controller: by itself the cause names a
/// Service or a Pod that nobody asked about.
pub(super) fn of_controller(blocked: Blocked, service: &str, host_port: bool) -> Blocked {
    // An address in a status belongs to no Service that is known.
    let named = || Some(service.to_owned()).filter(|service| service != "/");
    let finding = match blocked.finding {
        Finding::InternalOnly { .. } => Finding::IngressControllerInternal { service: service.into() },
        Finding::NodePortNotPublished { node_port, container, engine, published, .. } if host_port => {
            Finding::IngressEntryUnmapped { port: node_port, container, engine, published }
        }
        Finding::NodePortNotPublished { node_port, container, engine, published, .. } => {
            Finding::NodePortNotPublished { node_port, service: named(), container, engine, published }
        }
        Finding::PublishedPortIsNotTheNodePort { node_port, published, host_port, container, .. } => {
            Finding::PublishedPortIsNotTheNodePort { node_port, service: named(), published, host_port, container }
        }
        finding if finding.code().as_str().starts_with("K2") || finding.owner() == Owner::Application => {
            Finding::IngressControllerDown { service: service.into(), cause: finding.code() }
        }
        finding => finding,
    };
    Blocked { finding, remedies: blocked.remedies }
}
