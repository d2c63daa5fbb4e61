//! Walks through a front to one port of one Service.

use std::net::SocketAddr;

use super::ingress::of_controller;
use super::judge::{Said, said};
use super::name::{self, Name};
use super::{Entry, Front};
use crate::answers::Seen;
use crate::diagnose::app::{self, App};
use crate::diagnose::finding::Finding;
use crate::diagnose::stage_two::{self, StageTwo};
use crate::diagnose::{Objects, Scene, controller};
use crate::environment::Blocked;
use crate::fact::cluster::{LoadBalancerIngress, PortRef, Service, ServicePort};
use crate::fact::live::{Outcome, Proxied, through_service_to};
use crate::fact::read::Shared;
use crate::path::walk::{Walked, port as walk_port};
use crate::path::{Trip, judge};
use crate::remedy::Kubectl;
use crate::report::{
    Action, Evidence, Fact, Hop, HopId, Owner, PortReport, Remedy, Road, Source, Stage, State, Subject, Unobserved,
    Verdict,
};

/// What the road to the front's own Service showed.
struct Entered {
    walked: Walked,
    /// The cause that closes it, said of the controller.
    blocked: Option<Blocked>,
}

/// What came back from the front, and whose it is.
struct Answer {
    at: SocketAddr,
    outcome: Outcome,
    said: Said,
    /// What the application says when the API server asks it for the same path.
    direct: Option<Proxied>,
}

/// Walks through a front. `backend` is the port that its rule leads to, if there is one.
///
/// A rule with TLS that does not answer may still answer without: Traefik 3 serves plain
/// HTTP where the certificate's Secret is missing, and nothing by TLS.
pub fn walk(trip: &Trip, mut front: Front, backend: Option<(&Objects, &ServicePort)>) -> Walked {
    let walked = by(trip, &front, backend);
    // A Gateway's listener speaks its one protocol.
    if !front.tls || front.listener.is_some() || walked.report.verdict == Verdict::Reachable {
        return walked;
    }
    front.tls = false;
    let mut plain = by(trip, &front, backend);
    let works = plain.report.verdict == Verdict::Reachable && !plain.redirects();
    match front.also.filter(|_| works) {
        Some(also) => {
            let number = plain.report.port;
            plain.report.verdict = Verdict::Degraded;
            plain.report.root = Some(also.finding.code());
            let rules = plain.report.roads.iter_mut().flat_map(|road| &mut road.hops);
            for rule in rules.filter(|hop| hop.id == HopId::Route) {
                rule.finding = Some(also.finding.code());
            }
            plain.found = vec![also.found(true, number)];
            plain
        }
        None if works => plain,
        None => walked,
    }
}

impl Walked {
    /// Whether the answer only sends the browser elsewhere, as controllers do from HTTP to
    /// HTTPS.
    fn redirects(&self) -> bool {
        matches!(self.answer, Some((_, Outcome::Response { status: Some(300..=399), .. })))
    }
}

fn by(trip: &Trip, front: &Front, backend: Option<(&Objects, &ServicePort)>) -> Walked {
    let mut unobserved = front.unobserved.clone();
    let entered = enter(trip, front);
    let two = backend.map(|(objects, port)| stage_two::walk(trip.scene, objects, port)).unwrap_or_default();
    unobserved.extend(two.unobserved.iter().cloned());
    let answer = entered.as_ref().and_then(|entered| answer(trip, front, entered, backend));
    let pending = two.pending || entered.is_none() && matches!(front.entry, Entry::Service(_));

    let cause = front.blocked.clone().or_else(|| two.cause.clone());
    let mut also: Vec<Blocked> = front.also.iter().cloned().collect();
    let mut name = None;
    let (mut verdict, mut root) = match (&answer, &entered) {
        // Nobody of this Service can have said it: another rule took the request.
        (Some(Answer { said: Said::App, .. }), _) if (backend.is_none() || two.cause.is_some()) && cause.is_some() => {
            (cause.as_ref().map_or(Verdict::Undetermined, judge::verdict_of), cause.clone())
        }
        (Some(Answer { said: Said::App, .. }), _) if backend.is_none() => (Verdict::Undetermined, None),
        (Some(Answer { said: Said::App, at, .. }), _) => {
            let page = url(front, *at);
            let forward = forward(trip, front);
            match name::find(trip, front.page.host.as_deref(), *at, &page, forward) {
                Name::Fits => {}
                Name::Pending => name = Some(None),
                Name::Unread(entry) => unobserved.push(entry),
                Name::Astray(hop, blocked) => name = Some(Some((hop, blocked))),
            }
            match (&name, &two.partial) {
                (Some(Some((_, blocked))), _) => (Verdict::Unreachable, Some(blocked.clone())),
                (Some(None), _) => (Verdict::Undetermined, None),
                (None, Some(partial)) => (Verdict::Degraded, Some(partial.clone())),
                (None, None) => (Verdict::Reachable, None),
            }
        }
        // The front answers by itself, and a hop behind it is missing: that is why.
        (Some(Answer { said: Said::Front(_) | Said::Either(_), .. }), _) if cause.is_some() => {
            (cause.as_ref().map_or(Verdict::Undetermined, judge::verdict_of), cause.clone())
        }
        (Some(Answer { said: Said::Front(status), direct, .. }), _) => {
            // The application may be at fault: its own rules know more than the front says.
            let broken = backend.and_then(|(objects, port)| application(trip, objects, port, &two, direct.as_ref()));
            match broken.or_else(|| front.also.clone()) {
                // Seen with Traefik 3: a rule whose certificate is missing is not served at all.
                Some(broken) => (Verdict::Unreachable, Some(broken)),
                None => (Verdict::Undetermined, Some(answers_itself(front, *status, direct.as_ref()))),
            }
        }
        (Some(Answer { said: Said::Either(_), .. }), _) => {
            unobserved.push(Unobserved { what: Subject::Road, why: crate::ask::Why::Ambiguous, settle: Vec::new() });
            (Verdict::Undetermined, None)
        }
        (None, Some(entered)) if entered.blocked.is_some() => {
            also.extend(cause.clone());
            (entered.walked.report.verdict, entered.blocked.clone())
        }
        _ if cause.is_some() => (cause.as_ref().map_or(Verdict::Undetermined, judge::verdict_of), cause.clone()),
        _ => (Verdict::Undetermined, None),
    };
    if pending && verdict != Verdict::Reachable {
        (verdict, root) = (Verdict::Undetermined, root.filter(|_| verdict == Verdict::Unreachable));
    }
    if let Some(entered) = &entered {
        unobserved.extend(entered.walked.unobserved.iter().cloned());
    }
    let works = matches!(verdict, Verdict::Reachable | Verdict::Degraded);
    let roads = roads(trip, front, entered.as_ref(), &two, answer.as_ref(), root.as_ref(), works, name.flatten());
    let number = backend.map(|(_, port)| port.port);
    let code = root.as_ref().map(|root| root.finding.code());
    also.retain(|also| Some(also.finding.code()) != code);
    let found = root.map(|root| root.found(true, number)).into_iter();
    let found = found.chain(also.into_iter().map(|also| also.found(false, number))).collect();
    let urls = roads.iter().filter(|road| road.state == State::Present && works).filter_map(|road| road.url.clone());
    let report = PortReport {
        port: number,
        name: backend.map(|(_, port)| port.name.clone()).unwrap_or_default(),
        protocol: "TCP".into(),
        route: Some(front.route.clone()),
        service: backend.map(|(objects, _)| objects.service.metadata.name.clone()),
        verdict,
        root: code,
        urls: urls.collect(),
        roads,
    };
    let answer = answer.map(|answer| (answer.at, answer.outcome));
    Walked { report, found, unobserved, answer }
}

/// Brings the front's own Service to this computer.
fn forward(trip: &Trip, front: &Front) -> Option<Remedy> {
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
fn door<'a>(front: &Front, objects: &'a Objects) -> Option<&'a ServicePort> {
    match front.listener {
        Some(listener) => controller::listening(objects, listener, front.tls),
        None => controller::entry(&objects.service, front.tls),
    }
}

fn url(front: &Front, at: SocketAddr) -> String {
    let scheme = if front.tls { "https" } else { "http" };
    let port = if at.port() == if front.tls { 443 } else { 80 } { String::new() } else { format!(":{}", at.port()) };
    match &front.page.host {
        Some(host) => format!("{scheme}://{host}{port}{}", front.page.path),
        None => format!("{scheme}://{at}{}", front.page.path),
    }
}

/// The road to the front, walked as to any Service: to its node port or load balancer,
/// else to a port that its Pods take on the node itself.
fn enter(trip: &Trip, front: &Front) -> Option<Entered> {
    let objects = match &front.entry {
        Entry::Unknown => return None,
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
    let by_node = entered(walked, &format!("{namespace}/{name}"), true);
    if by_node.walked.answer.is_some() {
        return Some(by_node);
    }
    let own = own();
    let unmapped = |entered: &Entered| {
        matches!(entered.blocked.as_ref().map(|blocked| &blocked.finding), Some(Finding::IngressEntryUnmapped { .. }))
    };
    // The port of the node is what the controller means to be reached by; its Service may
    // offer a cheaper way to open it.
    if unmapped(&by_node) && own.walked.answer.is_none() {
        let cheaper = own.blocked.into_iter().flat_map(|blocked| blocked.remedies);
        return Some(by_node.with_cheaper(cheaper.filter(|remedy| !remedy.destructive).collect()));
    }
    let offers = own
        .blocked
        .as_ref()
        .is_none_or(|blocked| !matches!(blocked.finding, Finding::IngressControllerInternal { .. }));
    Some(if offers { own } else { by_node })
}

impl Entered {
    /// Puts remedies in front of its own, each once.
    fn with_cheaper(mut self, mut remedies: Vec<Remedy>) -> Self {
        if let Some(blocked) = &mut self.blocked {
            let own = std::mem::take(&mut blocked.remedies);
            remedies.extend(own.into_iter().filter(|remedy| remedy.destructive));
            blocked.remedies = remedies;
        }
        self
    }
}

fn entered(mut walked: Walked, service: &str, host_port: bool) -> Entered {
    let at = walked.found.iter().position(|found| found.root);
    let root = at.map(|at| walked.found.remove(at));
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

/// What the front answered, and who said it.
fn answer(trip: &Trip, front: &Front, entered: &Entered, backend: Option<(&Objects, &ServicePort)>) -> Option<Answer> {
    let (at, outcome) = entered.walked.answer.clone()?;
    let Outcome::Response { status, .. } = outcome else { return None };
    let mut direct = None;
    let said = said(status, || {
        let Some((objects, port)) = backend else { return Seen::Absent };
        let name = &objects.service.metadata.name;
        let seen = through_service_to(trip.scene.asking, trip.scene.namespace, name, port, &front.page.path);
        let seen = seen.map(|outcome| (*outcome).clone());
        direct = seen.known().cloned();
        seen
    });
    // Not yet: as long as it is open, either may have said it.
    let said = said.unwrap_or(Said::Either(status.unwrap_or_default()));
    Some(Answer { at, outcome, said, direct })
}

/// What is wrong with an application that does not answer the API server either.
fn application(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    two: &StageTwo,
    direct: Option<&Proxied>,
) -> Option<Blocked> {
    if direct.is_none_or(Proxied::is_answer) {
        return None;
    }
    let app = app::ask(trip.scene, objects, port, &two.ready, None, false);
    app.blocked.filter(|_| app.state == State::Missing)
}

/// Everything is there, and the front answers in its own name all the same.
fn answers_itself(front: &Front, status: u16, direct: Option<&Proxied>) -> Blocked {
    let own = match direct {
        Some(Proxied::Response { status }) => Some(*status),
        _ => None,
    };
    Blocked {
        finding: Finding::IngressAnswersItself { route: front.route.clone(), status, direct: own },
        remedies: Vec::new(),
    }
}

#[allow(clippy::too_many_arguments, reason = "the parts of one report, each once")]
fn roads(
    trip: &Trip,
    front: &Front,
    entered: Option<&Entered>,
    two: &StageTwo,
    answer: Option<&Answer>,
    root: Option<&Blocked>,
    works: bool,
    astray: Option<(Hop, Blocked)>,
) -> Vec<Road> {
    let ways: Vec<Road> = match entered {
        Some(entered) => entered.walked.report.roads.iter().filter(|road| !road.hops.is_empty()).cloned().collect(),
        None => Vec::new(),
    };
    let fallback = || {
        let hops = vec![trip.place.node_host(None)];
        vec![Road { id: front.road, url: None, state: State::Unknown, hops }]
    };
    let ways = if ways.is_empty() { fallback() } else { ways };
    let behind = behind(front, entered, two, answer, root, works);
    ways.into_iter()
        .map(|way| {
            let entry: Option<SocketAddr> =
                way.url.as_deref().and_then(|url| url.split('/').nth(2)).and_then(|at| at.parse().ok());
            let mut hops: Vec<Hop> = way.hops.into_iter().filter(|hop| hop.stage == Stage::One).collect();
            for hop in &mut hops {
                let said = entered.and_then(|entered| entered.blocked.as_ref()).map(|blocked| blocked.finding.code());
                hop.finding =
                    hop.finding.and(said).filter(|code| root.is_some_and(|root| root.finding.code() == *code));
            }
            let answers = answer.is_some_and(|answer| entry == Some(answer.at));
            if let Some((hop, blocked)) = astray.as_ref().filter(|_| answers) {
                hops.insert(0, Hop { finding: Some(blocked.finding.code()), ..hop.clone() });
            }
            hops.extend(behind.iter().cloned());
            // A name below localhost leads to no other address.
            let local = front.page.host.as_deref().is_some_and(|host| host.ends_with("localhost"));
            let url = entry.filter(|at| !local || at.ip().is_loopback()).map(|at| url(front, at));
            let state = match answer.map(|answer| answer.said) {
                Some(Said::App) if url.is_some() => way.state,
                Some(Said::App) => State::Unknown,
                _ if way.state == State::Present => State::Missing,
                _ => way.state,
            };
            Road { id: front.road, url, state, hops }
        })
        .collect()
}

/// The front's own hops and all behind it.
fn behind(
    front: &Front,
    entered: Option<&Entered>,
    two: &StageTwo,
    answer: Option<&Answer>,
    root: Option<&Blocked>,
    works: bool,
) -> Vec<Hop> {
    let code = root.map(|root| root.finding.code());
    let mut hops = front.hops.clone();
    if let Some(controller) = hops.iter_mut().find(|hop| hop.id == HopId::Controller) {
        let closed = entered.and_then(|entered| entered.blocked.as_ref());
        let own = closed
            .filter(|blocked| blocked.finding.owner() == Owner::Kubernetes && Some(blocked.finding.code()) == code);
        match (answer, own) {
            (Some(answer), _) => {
                if controller.state == State::Unknown {
                    controller.state = State::Present;
                }
                if answer.said != Said::App {
                    let fact = Fact::Probed { to: answer.at, outcome: answer.outcome.clone() };
                    controller.evidence.push(Evidence::new(Source::Probe, fact));
                }
            }
            (None, Some(blocked)) => {
                controller.state = State::Missing;
                controller.finding = Some(blocked.finding.code());
                let walked = entered.map(|entered| &entered.walked.report.roads);
                let inside = walked.into_iter().flatten().flat_map(|road| &road.hops);
                let missing = inside.filter(|hop| hop.stage == Stage::Two && hop.state == State::Missing);
                controller.evidence.extend(missing.flat_map(|hop| hop.evidence.first()).next().cloned());
            }
            (None, None) => {}
        }
    }
    hops.extend(two.hops.iter().cloned());
    if works {
        for hop in hops.iter_mut().filter(|hop| hop.state == State::Missing) {
            hop.state = State::Unknown;
            hop.finding = None;
        }
    }
    // The target port is the Service's own line, as on every other road.
    let mistaken = root.map(|root| &root.finding).filter(|finding| matches!(finding, Finding::WrongTargetPort { .. }));
    if let (Some(finding), Some(hop)) = (mistaken, hops.iter_mut().find(|hop| hop.id == HopId::Service)) {
        hop.state = State::Missing;
        hop.finding = Some(finding.code());
    }
    let at_rule = root.map(|root| &root.finding).filter(|finding| {
        matches!(finding, Finding::IngressAnswersItself { .. } | Finding::IngressTlsSecretMissing { .. })
    });
    if let (Some(finding), Some(rule)) = (at_rule, hops.iter_mut().find(|hop| hop.id == HopId::Route)) {
        let certain = matches!(finding, Finding::IngressTlsSecretMissing { .. });
        rule.state = if certain { State::Missing } else { State::Unknown };
        rule.finding = Some(finding.code());
    }
    hops.push(last(two, &hops, answer));
    let at_app = root.map(|root| &root.finding).filter(|finding| !works && finding.owner() == Owner::Application);
    if let (Some(finding), Some(hop)) = (at_app, hops.last_mut()) {
        // One that is silent may only be slow.
        hop.state = if matches!(finding, Finding::AppSilent { .. }) { State::Unknown } else { State::Missing };
        hop.finding = Some(finding.code());
    }
    // Only the root is a cause.
    for hop in hops.iter_mut().filter(|hop| hop.finding.is_some() && hop.finding != code) {
        hop.finding = None;
    }
    hops
}

/// The application's hop.
fn last(two: &StageTwo, hops: &[Hop], answer: Option<&Answer>) -> Hop {
    let App { state, mut evidence, .. } = App::unasked();
    let mut hop = Hop {
        id: HopId::App,
        stage: Stage::Two,
        owner: Owner::Application,
        state,
        evidence: Vec::new(),
        finding: None,
    };
    match answer {
        Some(Answer { said: Said::App, at, outcome, .. }) => {
            hop.state = State::Present;
            evidence.push(Evidence::new(Source::Probe, Fact::Probed { to: *at, outcome: outcome.clone() }));
        }
        Some(Answer { direct: Some(outcome), .. }) if two.cause.is_none() => {
            let fact = Fact::Proxied { target: "the Service".into(), outcome: outcome.clone() };
            evidence.push(Evidence::new(Source::ServiceProxy, fact));
        }
        _ => {
            if let Some(first) = hops.iter().find(|hop| hop.state == State::Missing) {
                hop.state = State::NotNeeded;
                evidence.push(Evidence::new(Source::Inference, Fact::Behind { hop: first.id }));
            }
        }
    }
    hop.evidence = evidence;
    hop
}
