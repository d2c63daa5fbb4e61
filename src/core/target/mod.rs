//! One target: reads what is needed, walks its ports, and says what stands in the way.

mod bare;
mod gateway;
mod ingress;
mod route;
mod service;
mod workload;

use super::{Frame, overall};
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::diagnose::{self, Scene};
use crate::environment::{Blocked, Place};
use crate::fact::cluster::{self, slices_of};
use crate::path::Trip;
use crate::report::{
    Evidence, Hop, HopId, Owner, PortReport, Remedy, Report, Road, RoadId, Stage, State, Target, Unobserved, Verdict,
};
use crate::request::{Goal, Kind, Named, Request};

pub(super) use self::service::of_service;

/// Asks for the object that everything hangs on, so that it is the first request.
pub(super) fn first_read(asking: &Asking, request: &Request, namespace: &str) {
    let Goal::Explain { target } = &request.goal else { return };
    match target.kind {
        Some(Kind::Service) | None => {
            let _ = cluster::service(asking, namespace, &target.name);
            let _ = slices_of(asking, namespace, &target.name);
        }
        Some(Kind::Ingress | Kind::Gateway | Kind::HttpRoute) => {}
        Some(kind) => {
            let _ = cluster::workload(asking, namespace, kind, &target.name);
            let _ = cluster::services(asking, Some(namespace), None);
        }
    }
}

/// The report on one target.
pub(super) fn explain(frame: &Frame, named: &Named) -> Report {
    let namespace = &frame.context.namespace;
    let scene = Scene { asking: frame.asking, place: frame.place.as_deref(), kubectl: &frame.kubectl, namespace };
    match named.kind {
        None => bare::of_name(frame, &scene, &named.name),
        Some(Kind::Ingress) => ingress::explain(frame, &scene, &named.name),
        Some(Kind::Service) => service::explain(frame, &scene, &named.name),
        Some(Kind::Gateway) => gateway::explain(frame, &scene, &named.name),
        Some(Kind::HttpRoute) => route::explain(frame, &scene, &named.name),
        Some(kind) => workload::explain(frame, &scene, kind, &named.name),
    }
}

impl<'a> Trip<'a> {
    fn to(frame: &'a Frame, scene: &'a Scene<'a>, place: &'a dyn Place) -> Self {
        Self {
            scene,
            place,
            viewer: frame.situation.viewer,
            wsl: frame.wsl.as_deref(),
            host: frame.situation.host.known().map(std::rc::Rc::as_ref),
            probing: frame.probing(),
            thorough: frame.is_thorough(),
            page: None,
            tls: false,
            os: &frame.context.os,
        }
    }
}

/// Puts the parts of a report in order: what several ports share is said once, with the
/// first of them.
fn finish(frame: &Frame, mut report: Report) -> Report {
    // Roots first: what is the root of one port may stand beside the root of another.
    report.findings.sort_by_key(|found| !found.root);
    place(&mut report);
    let mut seen: Vec<(Finding, Vec<Remedy>)> = Vec::new();
    report.findings.retain(|found| {
        let whole = (found.finding.clone(), found.remedies.clone());
        let first = !seen.contains(&whole);
        seen.push(whole);
        first
    });
    report.unobserved.extend(frame.place.as_deref().map(Place::unobserved).unwrap_or_default());
    dedup(&mut report.unobserved);
    report
}

/// Gives each root its port, and takes every code from the hops that no finding explains:
/// what closes a second road is nothing to act on.
fn place(report: &mut Report) {
    let mut taken = vec![false; report.ports.len()];
    for found in report.findings.iter_mut().filter(|found| found.root) {
        let code = Some(found.finding.code());
        let own = |port: &PortReport| port.root == code && port.port == found.port;
        found.at = report.ports.iter().enumerate().position(|(at, port)| !taken[at] && own(port));
        if let Some(at) = found.at {
            taken[at] = true;
        }
    }
    let codes: Vec<_> = report.findings.iter().map(|found| found.finding.code()).collect();
    let hops = report.ports.iter_mut().flat_map(|port| &mut port.roads).flat_map(|road| &mut road.hops);
    for hop in hops.filter(|hop| hop.finding.is_some_and(|code| !codes.contains(&code))) {
        hop.finding = None;
    }
}

/// There is no such target: the namespace is looked for first, and what comes close.
fn missing(frame: &Frame, scene: &Scene, target: Target) -> Report {
    let services = cluster::services(frame.asking, Some(scene.namespace), None);
    let (evidence, blocked) = diagnose::target::missing(scene, target.kind, &target.name, &services);
    let hop = hop(HopId::Service, Owner::Kubernetes, State::Missing, vec![evidence]);
    Stop { verdict: Verdict::Unreachable, hop, blocked: Some(blocked), unobserved: Vec::new() }.report(frame, target)
}

/// The target is still being read.
fn unknown(frame: &Frame, target: Target) -> Report {
    let hop = hop(HopId::Service, Owner::Kubernetes, State::Unknown, Vec::new());
    Stop { verdict: Verdict::Undetermined, hop, blocked: None, unobserved: Vec::new() }.report(frame, target)
}

/// Where a path ends before there is anything to walk.
struct Stop {
    verdict: Verdict,
    hop: Hop,
    blocked: Option<Blocked>,
    unobserved: Vec<Unobserved>,
}

impl Stop {
    /// The report that ends at one hop.
    fn report(self, frame: &Frame, target: Target) -> Report {
        let Self { verdict, mut hop, blocked, mut unobserved } = self;
        let code = blocked.as_ref().map(|blocked| blocked.finding.code());
        hop.finding = code;
        let state = hop.state;
        let mut report = frame.blank(target);
        report.verdict = verdict;
        report.ports = vec![PortReport {
            port: None,
            name: String::new(),
            protocol: "TCP".into(),
            route: None,
            service: None,
            verdict,
            root: code,
            urls: Vec::new(),
            roads: vec![Road { id: RoadId::None, url: None, state, hops: vec![hop] }],
        }];
        report.findings.extend(blocked.map(|blocked| blocked.found(true, None)));
        if let Some(place) = frame.place.as_deref() {
            unobserved.extend(place.unobserved());
        }
        dedup(&mut unobserved);
        report.unobserved = unobserved;
        report
    }
}

fn dedup(unobserved: &mut Vec<Unobserved>) {
    let mut seen = Vec::new();
    unobserved.retain(|entry| {
        let first = !seen.contains(&(entry.what, entry.why.clone()));
        seen.push((entry.what, entry.why.clone()));
        first
    });
}

fn hop(id: HopId, owner: Owner, state: State, evidence: Vec<Evidence>) -> Hop {
    Hop { id, stage: Stage::Two, owner, state, evidence, finding: None }
}

impl Frame<'_> {
    fn target(&self, kind: Kind, name: &str) -> Target {
        Target {
            kind,
            namespace: self.context.namespace.clone(),
            name: name.into(),
            service: None,
            service_type: None,
            port: self.request.port.clone(),
        }
    }

    fn blank(&self, target: Target) -> Report {
        Report {
            verdict: Verdict::Undetermined,
            target,
            viewer: self.situation.viewer,
            context: self.context.clone(),
            environment: self.environment(),
            ports: Vec::new(),
            services: Vec::new(),
            findings: Vec::new(),
            unobserved: Vec::new(),
            took: self.took(),
        }
    }
}
