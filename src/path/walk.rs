//! Walks every road to one port of the Service.

use std::net::SocketAddr;

use super::front::ways;
use super::judge::{self, Judgement};
use super::layout::assemble;
use super::{Tried, Trip, attempt, retry_with_tls};
use crate::diagnose::Objects;
use crate::diagnose::app::{self, App};
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::{Code, code};
use crate::diagnose::replicas;
use crate::diagnose::service::{self, traffic_policy};
use crate::diagnose::stage_two::{self, StageTwo};
use crate::environment::walls::viewer::to_viewer;
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::cluster::ServicePort;
use crate::fact::live::Outcome;
use crate::report::{
    Evidence, Fact, Found, Hop, HopId, NotProbed, Owner, PortReport, Road, RoadId, Source, Stage, State, Unobserved,
    Verdict,
};

/// One port: its part of the report, and what was found.
pub struct Walked {
    /// Its part of the report.
    pub report: PortReport,
    /// What was found, root first.
    pub found: Vec<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// The first answer of any road, and where it came from.
    pub answer: Option<(SocketAddr, Outcome)>,
}

/// Walks to one port: by the roads that the Service's own type offers, and where those
/// are closed in front of the node, by what else leads to it.
pub fn port(trip: &Trip, objects: &Objects, port: &ServicePort) -> Walked {
    let walked = own_roads(trip, objects, port);
    let code = walked.report.root.map(Code::as_str);
    let in_front = code.is_some_and(|code| {
        code.starts_with("V1") || code.starts_with("V2") || BY_TYPE.contains(&code) || NO_BALANCER.contains(&code)
    });
    // Nor is anything open for certain where nobody sees whether the cluster address is served.
    let unseen = |road: &Road| road.id == RoadId::ClusterAddress && road.state == State::Unknown;
    let in_front = in_front || walked.report.roads.iter().any(unseen);
    // A front is walked to by its own roads only.
    if !in_front || !port.is_tcp() || trip.page.is_some() {
        return walked;
    }
    let ways = ways::to_service(trip, objects, port);
    if !ways.may_lead() {
        return walked;
    }
    // An Ingress controller may be a client of the cluster address.
    let inside = if ways.leads() { traffic_policy::internal(trip.scene, objects, port) } else { None };
    let mut walked = ways.beside(walked, port);
    if walked.report.verdict != Verdict::Reachable {
        walked.found.extend(inside.map(|inside| inside.found(false, Some(port.port))));
    }
    walked
}

/// Types that offer no road, or none for this port.
const BY_TYPE: [&str; 3] = ["K104", "K106", "K107"];
/// A load balancer that no program in the cluster serves: Kubernetes' own, and in front of the
/// node.
pub const NO_BALANCER: [&str; 3] = ["K114", "K115", "K116"];

fn own_roads(trip: &Trip, objects: &Objects, port: &ServicePort) -> Walked {
    let by_type = service::without_road(trip.scene, objects, Some(port));
    if objects.service.spec.kind == "ExternalName" {
        return no_road(trip, objects, port, None, by_type);
    }
    // An address in a status stands for a Service without a name: nothing is known behind it.
    let nameless = objects.service.metadata.name.is_empty();
    let mut two = if nameless { StageTwo::default() } else { stage_two::walk(trip.scene, objects, port) };
    let mut endpoint_nodes: Vec<String> = two.ready.iter().filter_map(|backend| backend.node.clone()).collect();
    endpoint_nodes.sort();
    endpoint_nodes.dedup();
    let wanted = Wanted {
        service: &objects.service,
        port,
        endpoint_nodes: &endpoint_nodes,
        kubectl: trip.scene.kubectl,
        viewer: trip.viewer,
        host_port: objects.takes(port.node_port),
    };
    let plans = trip.place.roads(trip.scene.asking, &wanted);
    let beyond = |plan| to_viewer(trip.scene.asking, &wanted, trip.host, trip.wsl, plan);
    let plans: Vec<(Plan, Option<Plan>)> = plans.into_iter().map(beyond).collect();
    // A static fact that decides makes every probe needless, and a black hole free.
    let decided = two.cause.is_some() || two.pending;
    let go = |plan: Plan| match shut(trip, objects, port, &plan).filter(|_| !decided) {
        _ if decided => Tried::unprobed(plan),
        Some(blocked) => Tried { shut: Some(blocked), ..Tried::unprobed(plan) },
        None => attempt(trip, port, plan),
    };
    let mut tried = Vec::new();
    for (plan, second) in plans {
        let first = go(plan);
        // A program of Windows starts slowly: it is sent a second time only where that may help.
        let second = second.filter(|_| first.fails_at_wall()).map(go);
        tried.push(first);
        tried.extend(second);
    }
    let answers = |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(Outcome::is_response);
    let answered = tried.iter().any(|tried| answers(&tried.outcome) || answers(&tried.inside));
    let waiting = decided || tried.iter().any(|tried| tried.pending);
    let direct = tried.iter().find(|tried| tried.plan.passes).and_then(|tried| tried.outcome.clone());
    let silent = tried.iter().any(|tried| tried.outcome == Some(Outcome::Silent));
    // Without a road the application is asked only where one target is explained: an
    // overview does not call on every application of a namespace.
    let worth_asking = !tried.is_empty() || trip.thorough;
    let app = match trip.probing {
        _ if answered || waiting || nameless => App::unasked(),
        _ if !port.is_tcp() => App::not_probed(NotProbed::NotTcp),
        Err(why) => App::not_probed(why),
        Ok(()) if !worth_asking => App { state: State::NotNeeded, ..App::unasked() },
        Ok(()) => app::ask(trip.scene, objects, port, &two.ready, direct.as_ref(), silent),
    };
    let mut app = app;
    if trip.thorough && trip.probing.is_ok() && port.is_tcp() && (answered || app.is_asked()) {
        // What answered once by chance may fail the next time, and what failed may work.
        if let Some(found) = replicas::one_by_one(trip.scene, objects, port, &two.ready) {
            let seen = |tried: &Tried| Some((tried.plan.id, tried.outcome.clone()?));
            let roads: Vec<(RoadId, Outcome)> = tried.iter().filter_map(seen).collect();
            found.tell(&mut two, &mut app, &roads);
        }
    }
    // A server that speaks TLS may close on plain HTTP without a word.
    let closes = app.blocked.as_ref().map(|blocked| blocked.finding.code()) == Some(code::A102);
    let tried: Vec<Tried> =
        if closes { tried.into_iter().map(|tried| retry_with_tls(trip, port, tried)).collect() } else { tried };
    if tried.is_empty() {
        return no_road(trip, objects, port, Some((two, app)), by_type);
    }
    let mut judgement = judge::roads(trip, objects, port, &two, &tried, &app);
    let works = matches!(judgement.verdict, Verdict::Reachable | Verdict::Degraded);
    // Some providers need node ports, and so does everybody without a provider.
    let no_node_port = by_type.filter(|blocked| blocked.finding.code() == code::K107 && !works);
    judgement.also.extend(no_node_port.into_iter().chain(service::notes::leaving(trip.scene, &objects.service)));
    let (mut two, mut app) = (two, app);
    let failed = !answered && tried.iter().any(|tried| tried.outcome.is_some());
    if failed
        && port.is_tcp()
        && let Some(hop) = two.hops.iter_mut().find(|hop| hop.id == HopId::Service)
    {
        hop.evidence.extend(service::notes::other_protocol(objects, port));
    }
    let stops = tried.iter().any(|tried| tried.plan.entry.is_some() && tried.shut.is_none());
    if !answered && !waiting && two.cause.is_none() && stops {
        let found = match two.doubt.clone().filter(|_| app.state != State::Present) {
            // Nobody asked: then one word stands against the other.
            Some(doubt) if !failed => Some((doubt, Verdict::Undetermined)),
            // A readiness probe that fails keeps nobody from answering.
            Some(doubt) => Some((doubt, Verdict::Unreachable))
                .filter(|(doubt, _)| !matches!(doubt.finding, Finding::ReadinessProbeFailing { .. })),
            // Published without being ready, and nothing answers: the Pod comes before the way to it.
            None => service::notes::not_running(trip.scene, objects).map(|blocked| (blocked, Verdict::Unreachable)),
        };
        if let Some((blocked, verdict)) = found {
            let behind = Evidence::new(Source::Inference, Fact::Behind { hop: HopId::Pods });
            app = App { state: State::NotNeeded, evidence: vec![behind], ..App::unasked() };
            let state = if verdict == Verdict::Unreachable { State::Missing } else { State::Unknown };
            two.blame_pods(&blocked, state);
            judgement = Judgement { also: judgement.also, ..Judgement::new(verdict, Some(blocked)) };
        }
    }
    assemble(trip, port, two, tried, app, judgement)
}

/// What closes a road at the node that it enters, by what is configured.
fn shut(trip: &Trip, objects: &Objects, port: &ServicePort, plan: &Plan) -> Option<Blocked> {
    let enters = matches!(plan.id, RoadId::PublishedPort | RoadId::NodeAddress | RoadId::WslAddress);
    let open = plan.hops.iter().all(|hop| hop.state != State::Missing);
    let node = plan.node.as_deref().filter(|_| enters && open)?;
    traffic_policy::external(trip.scene, objects, port, node)
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
    let (mut two, app) = seen.unwrap_or_else(|| (StageTwo::default(), App::unasked()));
    let app_broken = app.blocked.clone().filter(|_| app.state == State::Missing);
    let doubt = two.doubt.clone().filter(|_| app.state != State::Present && app_broken.is_none());
    if let Some(doubt) = &doubt {
        two.blame_pods(doubt, State::Unknown);
    }
    let broken = two.cause.clone().or(app_broken).or(doubt.clone());
    // Something is missing, and why could not be seen: then nobody may say that all is well
    // but for the type.
    let root = broken.or_else(|| by_type.clone().filter(|_| !two.unexplained));
    let sure = root.as_ref().filter(|_| doubt.is_none());
    let verdict = sure.map_or(Verdict::Undetermined, judge::verdict_of);
    let mut judgement = Judgement::new(verdict, root);
    judgement.also.extend(service::notes::leaving(trip.scene, &objects.service));
    judgement.also.extend(two.partial.clone());
    judgement.also.extend(app.blocked.clone().filter(|_| app.state != State::Missing));
    let mut walked = assemble(trip, port, two, Vec::new(), app, judgement);
    if let (Some(by_type), Some(road)) = (by_type, walked.report.roads.first_mut()) {
        let kind = if objects.service.spec.is_headless() { "headless" } else { &objects.service.spec.kind };
        let way_in = Hop {
            id: HopId::WayIn,
            stage: Stage::One,
            owner: Owner::Kubernetes,
            state: State::NotNeeded,
            evidence: vec![Evidence::new(Source::Api("Service"), Fact::NoRoadByType { kind: kind.to_owned() })],
            finding: Some(by_type.finding.code()),
        };
        road.hops.splice(0..0, [trip.place.node_host(None), way_in]);
    }
    walked
}
