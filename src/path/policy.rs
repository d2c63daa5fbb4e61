//! What NetworkPolicies add to a verdict: asked only where traffic got lost on the way to
//! a Pod, and nothing else explains it.

use super::judge::Judgement;
use super::{Tried, Trip};
use crate::diagnose::Objects;
use crate::diagnose::app::App;
use crate::diagnose::policy::{ByApiServer, Loss, suspect};
use crate::diagnose::stage_two::StageTwo;
use crate::fact::cluster::{Node, ServicePort};
use crate::fact::host::host;
use crate::fact::live::{Forwarded, Outcome, Proxied};
use crate::report::{Fact, RoadId, State, Verdict};

/// Adds what policies have to do with it to a judgement.
pub fn weigh(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    two: &StageTwo,
    open: &[&Tried],
    app: &App,
    mut judgement: Judgement,
) -> Judgement {
    // What the application says may still explain it otherwise.
    let heard = !app.evidence.is_empty() || !app.unobserved.is_empty();
    if judgement.root.is_some() || !heard || !got_lost(open, app) {
        return judgement;
    }
    let road = open.iter().find(|tried| tried.plan.id != RoadId::LoadBalancer);
    let node = road.and_then(|tried| tried.plan.node.as_deref());
    let loss = Loss { node, from: seen_as(trip, objects, open, node), api_server: by_api_server(app) };
    let suspicion = suspect(trip.scene, objects, port, &two.ready, loss);
    judgement.unobserved.extend(suspicion.unobserved);
    if suspicion.muddied
        && let Some(settle) = &mut judgement.ambiguous
    {
        settle.clear();
    }
    if let Some((blocked, hop)) = suspicion.blocked {
        judgement.root = Some(blocked);
        judgement.policy = Some(hop);
        if suspicion.certain {
            judgement.verdict = Verdict::Unreachable;
            judgement.ambiguous = None;
            judgement.node_port = None;
        }
    }
    judgement
}

/// Whether packets vanish as they do before a plugin that enforces a policy. At the node's
/// own address nothing accepts in the Pod's place, so anything but a connect that is never
/// answered shows that packets reach it; a published port is accepted by a forwarder.
fn got_lost(open: &[&Tried], app: &App) -> bool {
    let vanished = |outcome: &Outcome| matches!(outcome, Outcome::TimedOut | Outcome::Silent);
    let at_node = open.iter().find(|tried| tried.plan.passes);
    match at_node.and_then(|tried| tried.outcome.as_ref()) {
        Some(outcome) => *outcome == Outcome::TimedOut,
        None => {
            let by_road = open.iter().filter_map(|tried| tried.outcome.as_ref()).any(vanished);
            by_road || by_api_server(app) == ByApiServer::GetsLost
        }
    }
}

fn by_api_server(app: &App) -> ByApiServer {
    let seen = |wanted: fn(&Fact) -> bool| app.evidence.iter().any(|seen| wanted(&seen.fact));
    let lost = seen(|fact| matches!(fact, Fact::Proxied { outcome: Proxied::TimedOut, .. }));
    let answers = seen(|fact| matches!(fact, Fact::Forwarded { outcome: Forwarded::Response, .. }));
    match app.state {
        State::Present => ByApiServer::GetsThrough,
        _ if lost && answers => ByApiServer::GetsLost,
        _ => ByApiServer::Unknown,
    }
}

/// The address of this computer that a node sees: known only where the node's own network
/// is attached, whose gateway this computer is.
fn seen_as(trip: &Trip, objects: &Objects, open: &[&Tried], node: Option<&str>) -> Option<std::net::IpAddr> {
    let attached = open.iter().any(|tried| tried.plan.id == RoadId::NodeAddress && tried.plan.stays_local);
    let nodes = objects.nodes.known().filter(|_| attached)?;
    let node = nodes
        .iter()
        .find(|found| Some(found.metadata.name.as_str()) == node)
        .and_then(|node| Node::internal_ip(node))?;
    host(trip.scene.asking).known()?.address_to(node)
}
