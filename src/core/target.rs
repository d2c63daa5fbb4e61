//! One Service: reads what is needed, walks its ports, and says what stands in the way.

use super::{Frame, overall};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::{Objects, Scene, client, service};
use crate::environment::Blocked;
use crate::fact::cluster::{self, Service, pods_by, slices_of};
use crate::fact::read::Shared;
use crate::path::{Trip, walk};
use crate::report::{
    Evidence, Fact, Hop, HopId, Owner, PortReport, Remedy, Report, Road, RoadId, Source, Stage, State, Subject, Target,
    Unobserved, Verdict,
};
use crate::request::{Goal, Request};

/// Asks for the object that everything hangs on, so that it is the first request.
pub(super) fn first_read(asking: &Asking, request: &Request, namespace: &str) {
    if let Goal::Explain { service } = &request.goal {
        let _ = cluster::service(asking, namespace, service);
        let _ = slices_of(asking, namespace, service);
    }
}

/// The report on one Service.
pub(super) fn explain(frame: &Frame, name: &str) -> Report {
    let namespace = &frame.context.namespace;
    let scene = Scene { asking: frame.asking, place: frame.place.as_deref(), kubectl: &frame.kubectl, namespace };
    match cluster::service(frame.asking, namespace, name) {
        Seen::Known(service) => {
            let objects = objects(frame, Shared::from((*service).clone()));
            of_service(frame, &scene, &objects)
        }
        Seen::Absent => {
            let (evidence, blocked) = service::missing(&scene, name);
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Missing, vec![evidence]);
            stopped(frame, name, None, Verdict::Unreachable, hop, Some(blocked), Vec::new())
        }
        Seen::Unavailable(why) => unreadable(frame, &scene, name, &why),
        Seen::Pending => {
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Unknown, Vec::new());
            stopped(frame, name, None, Verdict::Undetermined, hop, None, Vec::new())
        }
    }
}

fn objects(frame: &Frame, service: Shared<Service>) -> Objects {
    let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
    let namespace = if namespace.is_empty() { &frame.context.namespace } else { namespace };
    let slices = slices_of(frame.asking, namespace, name);
    let pods = if service.spec.selector.is_empty() {
        Seen::Known(Vec::new())
    } else {
        pods_by(frame.asking, namespace, &service.spec.selector)
    };
    Objects { slices, pods, nodes: cluster::nodes(frame.asking), service }
}

/// The report on a Service that could be read.
pub(super) fn of_service(frame: &Frame, scene: &Scene, objects: &Objects) -> Report {
    let (name, kind) = (&objects.service.metadata.name, objects.service.spec.kind.clone());
    let ports = match service::ports(&objects.service, frame.request.port.as_deref()) {
        Ok(ports) => ports,
        Err(missing) => {
            let (evidence, blocked) = *missing;
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Missing, vec![evidence]);
            return stopped(frame, name, Some(kind), Verdict::Unreachable, hop, Some(blocked), Vec::new());
        }
    };
    if ports.is_empty() {
        // ExternalName and headless Services may have none.
        let blocked = service::without_road(scene, objects, None);
        let evidence = objects
            .service
            .spec
            .external_name
            .clone()
            .map(|name| Evidence::new(Source::Api("Service"), Fact::ExternalName { name }));
        let senseless = blocked.as_ref().is_some_and(|blocked| {
            matches!(blocked.finding, Finding::ExternalNameIsAddress { .. } | Finding::ExternalNameLoop { .. })
        });
        let state = if senseless { State::Missing } else { State::Present };
        let hop = hop(HopId::Service, Owner::Kubernetes, state, evidence.into_iter().collect());
        let verdict = if blocked.is_some() { Verdict::Unreachable } else { Verdict::Undetermined };
        return stopped(frame, name, Some(kind), verdict, hop, blocked, Vec::new());
    }
    let mut report = frame.blank(name, Some(kind));
    let Some(place) = frame.place.as_deref() else { return report };
    let trip =
        Trip { scene, place, viewer: frame.request.viewer, probing: frame.probing(), thorough: frame.is_thorough() };
    for port in ports {
        let walked = walk::port(&trip, objects, port);
        report.ports.push(walked.report);
        report.findings.extend(walked.found);
        report.unobserved.extend(walked.unobserved);
    }
    // What several ports share is said once, with the first of them.
    let mut seen: Vec<(Finding, Vec<Remedy>)> = Vec::new();
    report.findings.retain(|found| {
        let whole = (found.finding.clone(), found.remedies.clone());
        let first = !seen.contains(&whole);
        seen.push(whole);
        first
    });
    report.findings.sort_by_key(|found| !found.root);
    service::notes::mark_managed(&objects.service, &mut report.findings);
    report.verdict = overall(&report.ports);
    report.unobserved.extend(place.unobserved());
    dedup(&mut report.unobserved);
    report
}

/// The Service could not be read: the environment may know why; else it is this client's
/// or the server's trouble. Never a statement about the Service.
fn unreadable(frame: &Frame, scene: &Scene, name: &str, why: &Why) -> Report {
    let transport = why.is_transport();
    let place = frame.place.as_deref();
    let standstill = place.filter(|_| transport).and_then(|place| place.standstill(Some(why)));
    let unobserved = vec![Unobserved {
        what: Subject::Resource("services"),
        why: why.clone(),
        settle: vec![scene.kubectl.call(&["get", "service", name])],
    }];
    let fact = Fact::CouldNotLook { what: Subject::Resource("services"), why: why.clone() };
    let mut api = hop(HopId::ApiServer, Owner::Client, State::Unknown, vec![Evidence::new(Source::ApiServer, fact)]);
    if let Some(blocked) = standstill {
        let mut node = place.map(|place| place.node_host(None)).unwrap_or_else(|| api.clone());
        // Another node may still run and serve; and an engine without the cluster is no
        // proof while the API server's port is not refused.
        let all_stopped = place.is_some_and(|place| {
            place.info().boundaries.iter().all(|boundary| boundary.state != "running" && boundary.state != "absent")
        });
        if node.state == State::Missing && (all_stopped || matches!(why, Why::Refused)) {
            node.finding = Some(blocked.finding.code());
            let mut report = stopped(frame, name, None, Verdict::Unreachable, node, Some(blocked), unobserved);
            behind_node(&mut report, api);
            return report;
        }
        // The node runs, its API server does not answer: the Service may still be
        // reachable, and nobody can say.
        api.owner = blocked.finding.owner();
        return stopped(frame, name, None, Verdict::Undetermined, api, Some(blocked), unobserved);
    }
    let blocked = client::blocked(scene, &frame.context.server, "services", why);
    stopped(frame, name, None, Verdict::Undetermined, api, blocked, unobserved)
}

fn behind_node(report: &mut Report, mut api: Hop) {
    api.owner = Owner::Kubernetes;
    api.evidence.push(Evidence::new(Source::Inference, Fact::Behind { hop: HopId::NodeHost }));
    if let Some(road) = report.ports.first_mut().and_then(|port| port.roads.first_mut()) {
        road.hops.push(api);
    }
}

/// A report that ends at one hop.
fn stopped(
    frame: &Frame,
    name: &str,
    kind: Option<String>,
    verdict: Verdict,
    mut hop: Hop,
    blocked: Option<Blocked>,
    mut unobserved: Vec<Unobserved>,
) -> Report {
    let code = blocked.as_ref().map(|blocked| blocked.finding.code());
    hop.finding = code;
    let state = hop.state;
    let mut report = frame.blank(name, kind);
    report.verdict = verdict;
    report.ports = vec![PortReport {
        port: None,
        name: String::new(),
        protocol: "TCP".into(),
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
    fn blank(&self, name: &str, kind: Option<String>) -> Report {
        Report {
            verdict: Verdict::Undetermined,
            target: Target {
                namespace: self.context.namespace.clone(),
                name: name.into(),
                kind,
                port: self.request.port.clone(),
            },
            viewer: self.request.viewer,
            context: self.context.clone(),
            environment: self.environment(),
            ports: Vec::new(),
            findings: Vec::new(),
            unobserved: Vec::new(),
            took: self.took(),
        }
    }
}
