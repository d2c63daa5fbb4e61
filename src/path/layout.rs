//! One port's part of the report: its roads, hop by hop, and what was found on them.

use super::judge::{self, Judgement};
use super::walk::Walked;
use super::{Tried, Trip};
use crate::ask::Why;
use crate::diagnose::app::App;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::Code;
use crate::diagnose::stage_two::StageTwo;
use crate::environment::Blocked;
use crate::fact::cluster::ServicePort;
use crate::fact::live::Outcome;
use crate::remedy::argv;
use crate::report::{
    Evidence, Fact, Hop, HopId, NotProbed, Owner, PortReport, Road, RoadId, Source, Stage, State, Subject, Unobserved,
    Verdict,
};

/// Puts what was concluded about a port together.
pub(super) fn assemble(
    trip: &Trip,
    port: &ServicePort,
    two: StageTwo,
    tried: Vec<Tried>,
    app: App,
    judgement: Judgement,
) -> Walked {
    let mut unobserved = two.unobserved.clone();
    unobserved.extend(app.unobserved.iter().cloned());
    unobserved.extend(judgement.unobserved.iter().cloned());
    unobserved.extend(judgement.ambiguous.clone().map(|settle| Unobserved {
        what: Subject::Road,
        why: Why::Ambiguous,
        settle,
    }));
    unobserved.extend(tried.iter().filter_map(unasked));
    // A road that names no node is passed on by a proxy, and perhaps to another node.
    let lost = |tried: &Tried| {
        let unclear = tried.plan.hops.iter().all(|hop| hop.state == State::Unknown);
        let passed_on = tried.plan.id == RoadId::PublishedPort && tried.plan.node.is_none();
        passed_on && (tried.outcome.as_ref().is_some_and(Outcome::is_accepted) || unclear)
    };
    if judgement.verdict == Verdict::Undetermined && judgement.root.is_none() && tried.iter().any(lost) {
        unobserved.extend(trip.place.behind_proxy());
    }
    let works = matches!(judgement.verdict, Verdict::Reachable | Verdict::Degraded);
    let mut roads: Vec<Road> = if tried.is_empty() {
        vec![Road {
            id: RoadId::None,
            url: None,
            state: State::NotNeeded,
            hops: behind(&two, judgement.node_port.clone(), &judgement, &app, None, works),
        }]
    } else {
        tried.iter().map(|tried| road(trip, port, &two, &judgement, &app, tried, works)).collect()
    };
    for (at, second) in tried.iter().enumerate().filter(|(_, tried)| tried.is_second()) {
        beside_second(&mut roads[at - 1], second, works);
    }
    // What one road's probe met at the application holds for the roads that were not asked.
    let met = tried.iter().find_map(|tried| {
        tried.outcome.as_ref().filter(|outcome| outcome.is_accepted())?;
        tried.met()
    });
    for (road, _) in roads.iter_mut().zip(&tried).filter(|(_, tried)| tried.outcome.is_none()) {
        let silent = |hop: &&mut Hop| hop.id == HopId::App && hop.state == State::Missing && hop.evidence.is_empty();
        if let Some(app) = road.hops.last_mut().filter(silent) {
            app.evidence.extend(met.clone());
        }
    }
    // The road that explains the verdict comes first: the one that answered, else the one
    // whose hop is the root, else the one that got furthest.
    let root = judgement.root.as_ref().map(|root| root.finding.code());
    roads.sort_by_key(|road| {
        let explains = root.is_some() && road.hops.iter().any(|hop| hop.finding == root);
        let first = || road.hops.iter().filter(|hop| hop.stage == Stage::One);
        let open = first().all(|hop| matches!(hop.state, State::Present | State::NotNeeded));
        let closed = first().any(|hop| hop.state == State::Missing);
        (road.state != State::Present, !explains, closed, !open)
    });
    // By chance the next connection gets through, at the very road where this one did not.
    let lucky = |road: &&Road| app.by_chance && judgement.verdict == Verdict::Degraded && road.state == State::Unknown;
    let open = roads.iter().filter(|road| road.state == State::Present || lucky(road));
    let urls = open.filter_map(|road| road.url.clone()).collect();
    if port.is_tcp() && !two.hops.is_empty() {
        roads.push(Road { id: RoadId::PortForward, url: None, state: State::NotNeeded, hops: Vec::new() });
    }
    let number = Some(port.port);
    let also = judgement.also.into_iter().filter(|also| Some(also.finding.code()) != root);
    let found = judgement.root.map(|cause| cause.found(true, number));
    let found = found.into_iter().chain(also.map(|cause| cause.found(false, number))).collect();
    let report = PortReport {
        port: number,
        name: port.name.clone(),
        protocol: if port.protocol.is_empty() { "TCP".into() } else { port.protocol.clone() },
        route: None,
        service: None,
        verdict: judgement.verdict,
        root,
        urls,
        roads,
    };
    let answer = tried.iter().find_map(|tried| {
        let outcome = tried.outcome.clone().filter(Outcome::is_response)?;
        Some((tried.at()?, outcome))
    });
    Walked { report, found, unobserved, answer }
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
    // What fails here never came to the wall behind.
    if tried.outcome.is_some() && tried.plan.beyond.is_some() && !tried.from_windows {
        hops.pop();
    }
    if let (Some(met), Some(outcome), Some(hop)) = (tried.met(), &tried.outcome, hops.last_mut()) {
        if !answered {
            hop.evidence.push(met);
        }
        match outcome {
            // Where there is nothing to enter, the answer says nothing about a way in.
            _ if hop.state == State::NotNeeded => {}
            Outcome::Response { .. } => hop.state = State::Present,
            // Something accepted, and it may be no more than a forwarder whose other end is
            // gone: the door itself is in doubt.
            outcome if judgement.ambiguous.is_some() && outcome.is_accepted() => hop.state = State::Unknown,
            // What closes the first way does not explain this one.
            _ if tried.is_second() && tried.inside.is_some() => hop.state = State::Unknown,
            _ if tried.inside.is_some() => {
                let missing = *outcome == Outcome::Refused && judgement.verdict == Verdict::Unreachable;
                hop.state = if missing { State::Missing } else { State::Unknown };
                hop.finding = own_root(tried, judgement);
            }
            // The engine lists it and the host refuses: what was listed is not there.
            Outcome::Refused if tried.plan.id.is_of_this_host() && !tried.plan.passes => {
                hop.state = if works { State::Unknown } else { State::Missing };
                hop.finding = own_root(tried, judgement);
            }
            // What only the probe could tell: the road is closed for the plan's own reason.
            _ if own_root(tried, judgement).is_some() && judgement.node_port.is_none() => {
                let sure = judgement.verdict == Verdict::Unreachable;
                hop.state = if sure { State::Missing } else { State::Unknown };
                hop.finding = own_root(tried, judgement);
            }
            _ => {}
        }
    }
    if works && let Some(hop) = hops.iter_mut().find(|hop| hop.finding.is_some()) {
        hop.finding = None; // another road answers: no fault of the report
    }
    // What is only starting is not called missing.
    if judgement.verdict == Verdict::Undetermined
        && let Some(root) = own_root(tried, judgement)
    {
        hops.iter_mut().filter(|hop| hop.finding == Some(root)).for_each(|hop| hop.state = State::Unknown);
    }
    // Who serves a load balancer inside may be known before the way to it is.
    hops.sort_by_key(|hop| hop.stage == Stage::Two);
    let closed = hops.iter().any(|hop| hop.state == State::Missing);
    let own = if answered { tried.met() } else { tried.answered_inside() };
    if tried.unasked.is_some()
        && let Some(hop) = hops.last_mut()
    {
        let fact = Fact::NotProbed { why: NotProbed::WindowsNotAsked };
        hop.evidence.push(Evidence::new(Source::Request, fact));
    }
    // Windows was not asked, or somebody else answered there.
    if tried.inside.is_some()
        && tried.outcome.is_none()
        && let Some(hop) = hops.last_mut()
    {
        hop.finding = own_root(tried, judgement);
    }
    let node_port = tried.shut.as_ref().map(|blocked| shut_hop(tried, blocked, judgement));
    hops.extend(behind(two, node_port.or_else(|| judgement.node_port_on(tried.plan.id)), judgement, app, own, works));
    if let (true, Some(_), Some(last)) = (app.by_chance, &tried.outcome, hops.last_mut()) {
        last.evidence = vec![Evidence::new(Source::Inference, Fact::MetFailingEndpoint)];
    }
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
    let url = tried.at().map(|entry| format!("{scheme}://{entry}/"));
    Road { id: tried.plan.id, url, state, hops }
}

/// The first way from Windows, where the second one met the application in front of the wall,
/// or met nothing behind it.
fn beside_second(first: &mut Road, second: &Tried, works: bool) {
    let failed = second.met().filter(|_| second.from_windows && !works);
    let wall = first.hops.iter_mut().rfind(|hop| hop.stage == Stage::One);
    wall.into_iter().for_each(|hop| hop.evidence.extend(failed.clone()));
    let app = first.hops.last_mut().filter(|hop| hop.id == HopId::App && hop.state != State::Present);
    if let Some((app, answered)) = app.zip(second.answered_inside()) {
        app.state = State::Present;
        app.evidence = vec![answered];
        app.finding = None;
    }
}

/// That Windows could not be asked, and the command that asks.
fn unasked(tried: &Tried) -> Option<Unobserved> {
    let why = tried.unasked.clone()?;
    let tls = matches!(tried.inside, Some(Outcome::Response { tls: true, .. }));
    let scheme = if tls { "https" } else { "http" };
    let settle = vec![argv(&["curl.exe", "-sS", "-m", "3", &format!("{scheme}://{}/", tried.at()?)])];
    Some(Unobserved { what: Subject::Windows, why, settle })
}

/// The node port of a road that is shut there. Its finding is named where the report has it.
fn shut_hop(tried: &Tried, blocked: &Blocked, judgement: &Judgement) -> Hop {
    let node = tried.plan.node.clone().unwrap_or_default();
    let evidence = Evidence::new(Source::Api("EndpointSlice"), Fact::NoLocalEndpoint { node });
    let named = judgement.root.iter().chain(&judgement.also).any(|said| said.finding.code() == blocked.finding.code());
    judge::node_port_hop(vec![evidence], Some(&blocked.finding).filter(|_| named))
}

/// The root's code, if it is what closes this very road when its probe gets no answer.
fn own_root(tried: &Tried, judgement: &Judgement) -> Option<Code> {
    if tried.is_second() {
        return None;
    }
    let beyond = tried.plan.beyond.as_ref().filter(|_| tried.inside.is_some());
    let blocked = beyond.map(|beyond| &beyond.blocked).or(tried.plan.blocked.as_ref())?.finding.code();
    judgement.root.as_ref().map(|root| root.finding.code()).filter(|code| *code == blocked)
}

/// Stage 2 and the application, as this road sees them.
fn behind(
    two: &StageTwo,
    node_port: Option<Hop>,
    judgement: &Judgement,
    app: &App,
    answered: Option<Evidence>,
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
    let shut = node_port.as_ref().is_some_and(|hop| hop.state == State::Missing && judgement.node_port.is_none());
    if let Some(node_port) = node_port {
        hops.insert(0, node_port);
    }
    hops.extend(judgement.policy.clone());
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
    if let Some(answered) = answered {
        last.state = State::Present;
        last.evidence = vec![answered];
        last.finding = None;
    } else if broken {
        last.state = State::NotNeeded;
        let hop = two.hops.iter().find(|hop| hop.state == State::Missing).map_or(HopId::Endpoints, |hop| hop.id);
        last.evidence = vec![Evidence::new(Source::Inference, Fact::Behind { hop })];
    } else if shut {
        last.state = State::NotNeeded;
        last.finding = None;
        last.evidence = vec![Evidence::new(Source::Inference, Fact::Behind { hop: HopId::NodePort })];
    } else if works {
        last.state = State::Unknown;
        last.finding = None;
        last.evidence = vec![Evidence::new(Source::Inference, Fact::Skipped)];
    }
    hops.push(last);
    hops
}
