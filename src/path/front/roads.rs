//! The roads of one port behind a front, hop by hop.

use std::net::SocketAddr;

use super::entry::{Entered, url};
use super::judge::Said;
use super::name::is_this_computer;
use super::walk::{Answer, Conclusion};
use super::{Entry, Front};
use crate::diagnose::app::App;
use crate::diagnose::finding::Finding;
use crate::diagnose::stage_two::StageTwo;
use crate::environment::Blocked;
use crate::path::Trip;
use crate::report::{Evidence, Fact, Hop, HopId, Owner, Road, RoadId, Source, Stage, State, Verdict};

/// The roads to the front, each with what is behind it. The one that was asked comes first.
pub(super) fn roads(
    trip: &Trip,
    front: &Front,
    entered: Option<&Entered>,
    two: &StageTwo,
    answer: Option<&Answer>,
    end: &Conclusion,
    name: Option<(Hop, Option<Blocked>)>,
) -> Vec<Road> {
    let root = end.root.as_ref();
    let ways: Vec<Road> = match entered {
        Some(entered) => entered.walked.report.roads.iter().filter(|road| !road.hops.is_empty()).cloned().collect(),
        None => Vec::new(),
    };
    let fallback = || {
        let mut hops = vec![trip.place.node_host(None)];
        if let Entry::Nowhere(way_in) = &front.entry {
            hops.push((**way_in).clone());
        }
        vec![Road { id: front.road, url: None, state: State::Unknown, hops }]
    };
    let ways = if ways.is_empty() { fallback() } else { ways };
    let behind = behind(front, entered, two, answer, end);
    let mut roads: Vec<(bool, Road)> = ways
        .into_iter()
        .map(|way| {
            let entry: Option<SocketAddr> =
                way.url.as_deref().and_then(|url| url.split('/').nth(2)).and_then(|at| at.parse().ok());
            let mut hops: Vec<Hop> = way.hops.into_iter().filter(|hop| hop.stage == Stage::One).collect();
            for hop in &mut hops {
                let closed = entered.map_or(front.blocked.as_ref(), |entered| entered.blocked.as_ref());
                let said = closed.map(|blocked| blocked.finding.code());
                hop.finding =
                    hop.finding.and(said).filter(|code| root.is_some_and(|root| root.finding.code() == *code));
            }
            if let Entry::Address(_) = front.entry {
                name_the_object(front, &mut hops);
            }
            let answers = answer.is_some_and(|answer| entry == Some(answer.at));
            if let (true, Some(Said::Nothing { entered: true }), Some(door)) =
                (answers, answer.map(|answer| answer.said), hops.last_mut())
                && door.state != State::NotNeeded
            {
                door.state = State::Present;
            }
            if let Some((hop, blocked)) = name.as_ref().filter(|_| answers) {
                let finding = blocked.as_ref().map(|blocked| blocked.finding.code());
                hops.insert(0, Hop { finding, ..hop.clone() });
            }
            hops.extend(behind.iter().cloned());
            // A name below localhost leads to no other address.
            let local = front.page.host.as_deref().is_some_and(is_this_computer);
            let url = entry.filter(|at| !local || at.ip().is_loopback()).map(|at| url(front, at));
            let state = match answer.map(|answer| answer.said) {
                Some(Said::App) if url.is_some() => way.state,
                Some(Said::App | Said::Stranger) => State::Unknown,
                Some(Said::Nothing { .. }) if answers && end.verdict != Verdict::Unreachable => State::Unknown,
                _ if way.state == State::Present => State::Missing,
                _ => way.state,
            };
            (answers, Road { id: front.road, url, state, hops })
        })
        .collect();
    roads.sort_by_key(|(answers, _)| !answers);
    roads.into_iter().map(|(_, road)| road).collect()
}

/// An address of the front's own stood for a Service on the way: it is the front's status
/// that has it.
fn name_the_object(front: &Front, hops: &mut [Hop]) {
    let kind = if front.road == RoadId::Gateway { "Gateway" } else { "Ingress" };
    for seen in hops.iter_mut().flat_map(|hop| &mut hop.evidence) {
        if let Fact::LoadBalancerAddress { address } = &seen.fact {
            *seen = Evidence::new(Source::Api(kind), Fact::StatusAddress { kind, address: address.clone() });
        }
    }
}

/// The front's own hops and all behind it.
fn behind(
    front: &Front,
    entered: Option<&Entered>,
    two: &StageTwo,
    answer: Option<&Answer>,
    end: &Conclusion,
) -> Vec<Hop> {
    let root = end.root.as_ref();
    let works = matches!(end.verdict, Verdict::Reachable | Verdict::Degraded);
    let code = root.map(|root| root.finding.code());
    let mut hops = front.hops.clone();
    if let Some(controller) = hops.iter_mut().find(|hop| hop.id == HopId::Controller) {
        let closed = entered.and_then(|entered| entered.blocked.as_ref());
        let own = closed
            .filter(|blocked| blocked.finding.owner() == Owner::Kubernetes && Some(blocked.finding.code()) == code);
        match (answer, own) {
            (Some(answer), own) if !(answer.said == Said::Nothing { entered: false } && own.is_some()) => {
                let entered = answer.said != Said::Nothing { entered: false };
                if entered && controller.state == State::Unknown {
                    controller.state = State::Present;
                }
                if answer.said != Said::App {
                    let fact = Fact::Probed { to: answer.at, outcome: answer.outcome.clone() };
                    controller.evidence.push(Evidence::new(Source::Probe, fact));
                }
            }
            (_, Some(blocked)) => {
                controller.state = State::Missing;
                controller.finding = Some(blocked.finding.code());
                let walked = entered.map(|entered| &entered.walked.report.roads);
                let inside = walked.into_iter().flatten().flat_map(|road| &road.hops);
                let missing = inside.filter(|hop| hop.stage == Stage::Two && hop.state == State::Missing);
                controller.evidence.extend(missing.flat_map(|hop| hop.evidence.first()).next().cloned());
            }
            (_, None) => {}
        }
    }
    hops.extend(two.hops.iter().cloned());
    if works {
        for hop in hops.iter_mut().filter(|hop| hop.state == State::Missing) {
            hop.state = State::Unknown;
            hop.finding = None;
        }
    }
    let mut last = last(two, &hops, answer, end.app.as_ref());
    if let Some(root) = root {
        let at = stands_at(root, two, end);
        let hop = if at == Some(HopId::App) { Some(&mut last) } else { hops.iter_mut().find(|hop| Some(hop.id) == at) };
        if let Some(hop) = hop {
            if !works || at == Some(HopId::Route) {
                hop.state = if certain(root, end.verdict) { State::Missing } else { State::Unknown };
            }
            hop.finding = code;
        }
    }
    hops.push(last);
    // Only the root is a cause.
    for hop in hops.iter_mut().filter(|hop| hop.finding.is_some() && hop.finding != code) {
        hop.finding = None;
    }
    hops
}

/// Where a root belongs that no hop carries by itself.
fn stands_at(root: &Blocked, two: &StageTwo, end: &Conclusion) -> Option<HopId> {
    let code = root.finding.code();
    let is = |blocked: Option<&Blocked>| blocked.is_some_and(|blocked| blocked.finding.code() == code);
    match &root.finding {
        Finding::IngressAnswersItself { .. } | Finding::IngressTlsSecretMissing { .. } => Some(HopId::Route),
        // The target port is the Service's own line: that is where the mistake stands.
        Finding::WrongTargetPort { .. } => Some(HopId::Service),
        _ if is(two.partial.as_ref()) && end.verdict == Verdict::Degraded => Some(HopId::Endpoints),
        _ if is(end.app.as_ref().and_then(|app| app.blocked.as_ref())) => Some(HopId::App),
        _ => None,
    }
}

/// Whether it is missing for certain.
fn certain(root: &Blocked, verdict: Verdict) -> bool {
    matches!(root.finding, Finding::IngressTlsSecretMissing { .. }) || verdict == Verdict::Unreachable
}

/// The application's hop.
fn last(two: &StageTwo, hops: &[Hop], answer: Option<&Answer>, app: Option<&App>) -> Hop {
    let mut evidence = app.map(|app| app.evidence.clone()).unwrap_or_default();
    let state = app.map_or(State::Unknown, |app| app.state);
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
        _ if app.is_some() => {}
        Some(Answer { direct: Some(outcome), target, .. }) if two.cause.is_none() => {
            let fact = Fact::Proxied { target: target.clone(), outcome: outcome.clone() };
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
