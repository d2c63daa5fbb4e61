//! Walks every road to one port of the Service and puts the result into words of the
//! report.

use super::judge::{self, Judgement};
use super::{Tried, Trip, attempt, retry_with_tls};
use crate::ask::Why;
use crate::diagnose::app::{self, App};
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::{Code, code};
use crate::diagnose::stage_two::{self, StageTwo};
use crate::diagnose::{Objects, replicas, service};
use crate::environment::{Blocked, Wanted};
use crate::fact::cluster::ServicePort;
use crate::fact::live::Outcome;
use crate::report::{
    Evidence, Fact, Found, Hop, HopId, NotProbed, Owner, PortReport, Road, RoadId, Source, Stage, State, Subject,
    Unobserved, Verdict,
};

/// One port: its part of the report, and what was found.
pub struct Walked {
    /// Its part of the report.
    pub report: PortReport,
    /// What was found, root first.
    pub found: Vec<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
}

/// Walks to one port.
pub fn port(trip: &Trip, objects: &Objects, port: &ServicePort) -> Walked {
    let by_type = service::without_road(trip.scene, &objects.service, Some(port));
    if objects.service.spec.kind == "ExternalName" {
        return no_road(trip, objects, port, None, by_type);
    }
    let mut two = stage_two::walk(trip.scene, objects, port);
    let mut endpoint_nodes: Vec<String> = two.ready.iter().filter_map(|backend| backend.node.clone()).collect();
    endpoint_nodes.sort();
    endpoint_nodes.dedup();
    let wanted = Wanted {
        service: &objects.service,
        port,
        endpoint_nodes: &endpoint_nodes,
        kubectl: trip.scene.kubectl,
        viewer: trip.viewer,
    };
    let plans = trip.place.roads(trip.scene.asking, &wanted);
    // A static fact that decides makes every probe needless, and a black hole free.
    let decided = two.cause.is_some() || two.pending;
    let tried: Vec<Tried> = plans
        .into_iter()
        .map(|plan| {
            if decided {
                Tried { plan, outcome: None, not_probed: None, pending: false }
            } else {
                attempt(trip, port, plan)
            }
        })
        .collect();
    let answered = tried.iter().any(|tried| tried.outcome.as_ref().is_some_and(Outcome::is_response));
    let waiting = decided || tried.iter().any(|tried| tried.pending);
    let direct =
        tried.iter().find(|tried| tried.plan.id == RoadId::NodeAddress).and_then(|tried| tried.outcome.clone());
    let silent = tried.iter().any(|tried| tried.outcome == Some(Outcome::Silent));
    // Without a road the application is asked only where one target is explained: an
    // overview does not call on every application of a namespace.
    let worth_asking = !tried.is_empty() || trip.thorough;
    let app = match trip.probing {
        _ if answered || waiting => App::unasked(),
        _ if !port.is_tcp() => App::not_probed(NotProbed::NotTcp),
        Err(why) => App::not_probed(why),
        Ok(()) if !worth_asking => App { state: State::NotNeeded, ..App::unasked() },
        Ok(()) => app::ask(trip.scene, objects, port, &two.ready, direct.as_ref(), silent),
    };
    let mut app = app;
    if trip.thorough && trip.probing.is_ok() && port.is_tcp() && (answered || app.is_asked()) {
        // What answered once by chance may fail the next time, and what failed may work.
        if let Some(found) = replicas::one_by_one(trip.scene, objects, port, &two.ready) {
            found.tell(&mut two, &mut app, answered);
        }
    }
    // A server that speaks TLS may close on plain HTTP without a word.
    let closes = app.blocked.as_ref().map(|blocked| blocked.finding.code()) == Some(code::A102);
    let tried: Vec<Tried> =
        if closes { tried.into_iter().map(|tried| retry_with_tls(trip, port, tried)).collect() } else { tried };
    if tried.is_empty() {
        return no_road(trip, objects, port, Some((two, app)), by_type);
    }
    let judgement = judge::roads(trip, objects, port, &two, &tried, &app);
    assemble(trip, port, two, tried, app, judgement)
}

/// A type that offers no road from outside. If stage 2 is broken as well, that comes
/// first: opening a road would lead nowhere.
fn no_road(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    seen: Option<(StageTwo, App)>,
    by_type: Option<Blocked>,
) -> Walked {
    let (two, app) = seen.unwrap_or_else(|| (StageTwo::default(), App::unasked()));
    let app_broken = app.blocked.clone().filter(|_| app.state == State::Missing);
    let broken = two.cause.clone().or(app_broken);
    // Not for an ExternalName, behind which there is nothing of this cluster.
    let other = if two.hops.is_empty() { None } else { service::another_way(trip.scene, &objects.service) };
    let root = broken.or_else(|| by_type.clone().filter(|_| other.is_none()));
    let verdict = root.as_ref().map_or(Verdict::Undetermined, judge::verdict_of);
    let mut walked = assemble(trip, port, two, Vec::new(), app, Judgement::new(verdict, root));
    let open = other.is_some();
    walked.unobserved.extend(other);
    if let (Some(by_type), Some(road)) = (by_type, walked.report.roads.first_mut()) {
        let kind = if objects.service.spec.is_headless() { "headless" } else { &objects.service.spec.kind };
        let way_in = Hop {
            id: HopId::WayIn,
            stage: Stage::One,
            owner: Owner::Kubernetes,
            state: if open { State::Unknown } else { State::NotNeeded },
            evidence: vec![Evidence::new(Source::Api("Service"), Fact::NoRoadByType { kind: kind.to_owned() })],
            finding: (!open).then(|| by_type.finding.code()),
        };
        road.hops.splice(0..0, [trip.place.node_host(None), way_in]);
    }
    walked
}

fn assemble(
    trip: &Trip,
    port: &ServicePort,
    two: StageTwo,
    tried: Vec<Tried>,
    app: App,
    judgement: Judgement,
) -> Walked {
    let mut unobserved = two.unobserved.clone();
    unobserved.extend(app.unobserved.iter().cloned());
    unobserved.extend(judgement.ambiguous.clone().map(|settle| Unobserved {
        what: Subject::Road,
        why: Why::Ambiguous,
        settle,
    }));
    let works = matches!(judgement.verdict, Verdict::Reachable | Verdict::Degraded);
    let mut roads: Vec<Road> = if tried.is_empty() {
        vec![Road {
            id: RoadId::None,
            url: None,
            state: State::NotNeeded,
            hops: behind(&two, &judgement, &app, None, works),
        }]
    } else {
        tried.iter().map(|tried| road(trip, port, &two, &judgement, &app, tried, works)).collect()
    };
    // The road that explains the verdict comes first: the one that answered, else the one
    // whose hop is the root, else the one that got furthest.
    let root = judgement.root.as_ref().map(|root| root.finding.code());
    roads.sort_by_key(|road| {
        let explains = root.is_some() && road.hops.iter().any(|hop| hop.finding == root);
        let open = road.hops.iter().filter(|hop| hop.stage == Stage::One).all(|hop| hop.state == State::Present);
        (road.state != State::Present, !explains, !open)
    });
    let urls = roads.iter().filter(|road| road.state == State::Present).filter_map(|road| road.url.clone()).collect();
    if port.is_tcp() && !two.hops.is_empty() {
        roads.push(Road { id: RoadId::PortForward, url: None, state: State::NotNeeded, hops: Vec::new() });
    }
    let number = Some(port.port);
    // Independent of the root: whoever opens the first hop meets it next.
    let also = judgement.also.filter(|also| Some(also.finding.code()) != root);
    let found = judgement.root.map(|cause| cause.found(true, number));
    let found = found.into_iter().chain(also.map(|cause| cause.found(false, number))).collect();
    let report = PortReport {
        port: number,
        name: port.name.clone(),
        protocol: if port.protocol.is_empty() { "TCP".into() } else { port.protocol.clone() },
        verdict: judgement.verdict,
        root,
        urls,
        roads,
    };
    Walked { report, found, unobserved }
}

fn road(
    trip: &Trip,
    port: &ServicePort,
    two: &StageTwo,
    judgement: &Judgement,
    app: &App,
    tried: &Tried,
    works: bool,
) -> Road {
    let answered = tried.outcome.as_ref().is_some_and(Outcome::is_response);
    let mut hops = vec![trip.place.node_host(tried.plan.node.as_deref())];
    hops.extend(tried.plan.hops.iter().cloned());
    if let (Some(entry), Some(outcome), Some(hop)) = (tried.plan.entry, &tried.outcome, hops.last_mut()) {
        if !answered {
            let evidence = Evidence::new(Source::Probe, Fact::Probed { to: entry, outcome: outcome.clone() });
            hop.evidence.push(evidence);
        }
        match outcome {
            Outcome::Response { .. } => hop.state = State::Present,
            // Something accepted, and it may be no more than a forwarder whose other end is
            // gone: the door itself is in doubt.
            outcome if judgement.ambiguous.is_some() && outcome.is_accepted() => hop.state = State::Unknown,
            // The engine lists it and the host refuses: what was listed is not there.
            Outcome::Refused if tried.plan.id == RoadId::PublishedPort => {
                hop.state = if works { State::Unknown } else { State::Missing };
                hop.finding = own_root(tried, judgement);
            }
            // What only the probe could tell: the road is closed for the plan's own reason.
            _ if own_root(tried, judgement).is_some() => {
                hop.state = State::Missing;
                hop.finding = own_root(tried, judgement);
            }
            _ => {}
        }
    }
    if works && let Some(hop) = hops.iter_mut().find(|hop| hop.finding.is_some()) {
        hop.finding = None; // another road answers: no fault of the report
    }
    let closed = hops.iter().any(|hop| hop.state == State::Missing);
    let own = if answered { tried.outcome.clone().zip(tried.plan.entry) } else { None };
    hops.extend(behind(two, judgement, app, own, works));
    let not_probed = tried.not_probed.map(|why| Evidence::new(Source::Request, Fact::NotProbed { why }));
    if let (Some(why), Some(hop)) = (not_probed, hops.last_mut())
        && !hop.evidence.contains(&why)
    {
        hop.evidence.push(why);
    }
    if closed && let Some(last) = hops.last_mut().filter(|hop| hop.evidence.is_empty()) {
        last.evidence.push(Evidence::new(Source::Inference, Fact::Behind { hop: HopId::WayIn }));
    }
    let state = if answered {
        State::Present
    } else if hops.iter().any(|hop| hop.state == State::Missing) {
        State::Missing
    } else {
        State::Unknown
    };
    // What was spoken counts for more than what the port says of itself.
    let tls = match &tried.outcome {
        Some(Outcome::Response { tls, .. }) => *tls,
        _ => port.says_tls(),
    };
    let scheme = if tls { "https" } else { "http" };
    let url = tried.plan.entry.map(|entry| format!("{scheme}://{entry}/"));
    Road { id: tried.plan.id, url, state, hops }
}

/// The root's code, if it is what closes this very road when its probe gets no answer.
fn own_root(tried: &Tried, judgement: &Judgement) -> Option<Code> {
    let blocked = tried.plan.blocked.as_ref()?.finding.code();
    judgement.root.as_ref().map(|root| root.finding.code()).filter(|code| *code == blocked)
}

/// Stage 2 and the application, as this road sees them.
fn behind(
    two: &StageTwo,
    judgement: &Judgement,
    app: &App,
    answered: Option<(Outcome, std::net::SocketAddr)>,
    works: bool,
) -> Vec<Hop> {
    let mut hops = two.hops.clone();
    if hops.is_empty() {
        return hops;
    }
    if works {
        // The probe contradicts what looked missing: it works, and it is not clear how.
        for hop in hops.iter_mut().filter(|hop| hop.state == State::Missing) {
            hop.state = State::Unknown;
            hop.finding = None;
        }
        if let Some(partial) = &judgement.root
            && let Some(hop) = hops.iter_mut().find(|hop| hop.id == HopId::Endpoints)
        {
            hop.finding = Some(partial.finding.code());
        }
    }
    if let Some(node_port) = &judgement.node_port {
        hops.insert(0, node_port.clone());
    }
    // The target port is the Service's own line: that is where the mistake stands.
    let mistaken = app.blocked.as_ref().map(|blocked| &blocked.finding);
    let mistaken = mistaken.filter(|finding| matches!(finding, Finding::WrongTargetPort { .. }));
    if let (Some(finding), Some(hop)) = (mistaken, hops.iter_mut().find(|hop| hop.id == HopId::Service)) {
        hop.state = State::Missing;
        hop.finding = Some(finding.code());
    }
    let broken = two.cause.is_some();
    let mut last = Hop {
        id: HopId::App,
        stage: Stage::Two,
        owner: Owner::Application,
        state: app.state,
        evidence: app.evidence.clone(),
        finding: app.blocked.as_ref().map(|blocked| blocked.finding.code()),
    };
    if mistaken.is_some() {
        last.owner = Owner::Kubernetes;
        last.finding = None;
    }
    if let Some((outcome, to)) = answered {
        last.state = State::Present;
        last.evidence = vec![Evidence::new(Source::Probe, Fact::Probed { to, outcome })];
        last.finding = None;
    } else if broken {
        last.state = State::NotNeeded;
        let hop = two.hops.iter().find(|hop| hop.state == State::Missing).map_or(HopId::Endpoints, |hop| hop.id);
        last.evidence = vec![Evidence::new(Source::Inference, Fact::Behind { hop })];
    } else if works {
        last.state = State::Unknown;
        last.finding = None;
        last.evidence = vec![Evidence::new(Source::Inference, Fact::Skipped)];
    }
    hops.push(last);
    hops
}
