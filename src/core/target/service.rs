//! A Service: its objects, its ports, and what stops a path at it.

use std::net::SocketAddr;

use super::{Frame, Stop, finish, hop, overall};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::sides::Sides;
use crate::diagnose::{Objects, Scene, client, service};
use crate::environment::Standstill;
use crate::fact::cluster::{self, Service, pods_by, slices_of};
use crate::fact::host::{Listener, listeners};
use crate::fact::read::Shared;
use crate::path::{Trip, walk};
use crate::report::{Evidence, Fact, Hop, HopId, Owner, Report, Source, State, Subject, Target, Unobserved, Verdict};
use crate::request::Kind;

/// The report on one Service.
pub(super) fn explain(frame: &Frame, scene: &Scene, name: &str) -> Report {
    match cluster::service(frame.asking, scene.namespace, name) {
        Seen::Known(service) => {
            let objects = objects(frame, Shared::from((*service).clone()));
            of_service(frame, scene, &objects)
        }
        Seen::Absent => {
            let (evidence, blocked) = service::missing(scene, name);
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Missing, vec![evidence]);
            let stop = Stop { verdict: Verdict::Unreachable, hop, blocked: Some(blocked), unobserved: Vec::new() };
            stop.report(frame, frame.target(Kind::Service, name))
        }
        Seen::Unavailable(why) => unreadable(frame, scene, frame.target(Kind::Service, name), &why),
        Seen::Pending => {
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Unknown, Vec::new());
            let stop = Stop { verdict: Verdict::Undetermined, hop, blocked: None, unobserved: Vec::new() };
            stop.report(frame, frame.target(Kind::Service, name))
        }
    }
}

pub(super) fn objects(frame: &Frame, service: Shared<Service>) -> Objects {
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
pub(in crate::core) fn of_service(frame: &Frame, scene: &Scene, objects: &Objects) -> Report {
    let name = &objects.service.metadata.name;
    let target = Target {
        service: Some(name.clone()),
        service_type: Some(objects.service.spec.kind.clone()),
        ..frame.target(Kind::Service, name)
    };
    let ports = match service::ports(&objects.service, frame.request.port.as_deref()) {
        Ok(ports) => ports,
        Err(missing) => {
            let (evidence, blocked) = *missing;
            let hop = hop(HopId::Service, Owner::Kubernetes, State::Missing, vec![evidence]);
            let stop = Stop { verdict: Verdict::Unreachable, hop, blocked: Some(blocked), unobserved: Vec::new() };
            return stop.report(frame, target);
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
        return Stop { verdict, hop, blocked, unobserved: Vec::new() }.report(frame, target);
    }
    let mut report = frame.blank(target);
    let Some(place) = frame.place.as_deref() else { return report };
    let trip = Trip::to(frame, scene, place);
    for port in ports {
        let walked = walk::port(&trip, objects, port);
        report.ports.push(walked.report);
        report.findings.extend(walked.found);
        report.unobserved.extend(walked.unobserved);
    }
    report.verdict = overall(&report.ports);
    service::notes::mark_managed(&objects.service, &mut report.findings);
    finish(frame, report)
}

/// The target could not be read: the environment may know why; else it is this client's
/// or the server's trouble. Never a statement about the target.
pub(super) fn unreadable(frame: &Frame, scene: &Scene, target: Target, why: &Why) -> Report {
    let place = frame.place.as_deref();
    let standstill = place.and_then(|place| place.standstill(frame.asking, Some(why)));
    let resource = target.kind.resource();
    let mut unobserved = vec![Unobserved {
        what: Subject::Resource(resource),
        why: why.clone(),
        settle: vec![scene.kubectl.call(&["get", target.kind.singular(), &target.name])],
    }];
    let fact = Fact::CouldNotLook { what: Subject::Resource(resource), why: why.clone() };
    let mut api = hop(HopId::ApiServer, Owner::Client, State::Unknown, vec![Evidence::new(Source::ApiServer, fact)]);
    let side = frame.wrong_side(why);
    // Whatever stands still on this side is another cluster.
    if let Some(Standstill { blocked, seen, certain }) = standstill.filter(|_| side.is_none()) {
        // The same read would fail the same way until that is mended.
        unobserved.iter_mut().for_each(|entry| entry.settle.clear());
        let mut node = place.map(|place| place.node_host(None)).unwrap_or_else(|| api.clone());
        let alone = place.is_some_and(|place| place.info().boundaries.len() == 1);
        // Only the tool that made a VM can tell that it is stopped; the node is where that belongs.
        let machine = matches!(blocked.finding, Finding::MachineStopped { .. }) && alone;
        if machine || matches!(blocked.finding, Finding::EngineMachineStopped { .. }) {
            node.state = State::Missing;
            node.evidence = seen.clone();
        }
        if node.state != State::Missing {
            api.evidence.extend(seen);
        }
        // Another node may still run and serve; and an engine without the cluster is no
        // proof while the API server's port is not refused.
        let all_stopped = place.is_some_and(|place| {
            place.info().boundaries.iter().all(|boundary| boundary.state != "running" && boundary.state != "absent")
        });
        if node.state == State::Missing && (certain || all_stopped || matches!(why, Why::Refused)) {
            node.finding = Some(blocked.finding.code());
            let stop = Stop { verdict: Verdict::Unreachable, hop: node, blocked: Some(blocked), unobserved };
            let mut report = stop.report(frame, target);
            behind_node(&mut report, api);
            return report;
        }
        // The node runs, its API server does not answer: the target may still be
        // reachable, and nobody can say.
        api.owner = blocked.finding.owner();
        let stop = Stop { verdict: Verdict::Undetermined, hop: api, blocked: Some(blocked), unobserved };
        return stop.report(frame, target);
    }
    if matches!(why, Why::Certificate { .. }) {
        api.evidence.extend(answering(frame));
    }
    let blocked = match side {
        Some(Sides { blocked, seen, .. }) => {
            api.owner = blocked.finding.owner();
            api.evidence.extend(seen);
            Some(blocked)
        }
        None => client::blocked(scene, &frame.context.server, resource, why),
    };
    Stop { verdict: Verdict::Undetermined, hop: api, blocked, unobserved }.report(frame, target)
}

/// Who has the API server's port on this computer: with a certificate of its own, it may be
/// another cluster's.
fn answering(frame: &Frame) -> Vec<Evidence> {
    let server = &frame.situation.server;
    let Some(ip) = server.address().filter(|ip| ip.is_loopback()) else { return Vec::new() };
    let seen = listeners(frame.asking, server.port);
    let here = seen.known().into_iter().flat_map(|all| all.iter());
    let here = here.filter(|listener| listener.surely_takes(SocketAddr::new(ip, server.port)));
    let held = |listener: &Listener| Fact::HeldBy { port: server.port, pid: listener.pid, name: listener.name.clone() };
    here.map(|listener| Evidence::new(Source::Processes, held(listener))).collect()
}

fn behind_node(report: &mut Report, mut api: Hop) {
    api.owner = Owner::Kubernetes;
    api.evidence.push(Evidence::new(Source::Inference, Fact::Behind { hop: HopId::NodeHost }));
    if let Some(road) = report.ports.first_mut().and_then(|port| port.roads.first_mut()) {
        road.hops.push(api);
    }
}
