//! The verdict on one port: which hop is the earliest that is missing and a cause.

use super::{Tried, Trip, policy};
use crate::diagnose::Objects;
use crate::diagnose::app::App;
use crate::diagnose::finding::Finding;
use crate::diagnose::kube_proxy;
use crate::diagnose::service::load_balancer::source_ranges;
use crate::diagnose::stage_two::StageTwo;
use crate::environment::Blocked;
use crate::fact::cluster::ServicePort;
use crate::fact::live::{Outcome, through_pod};
use crate::report::{
    Action, Argv, Evidence, Fact, Hop, HopId, NotProbed, Owner, Remedy, RoadId, Source, Stage, State, Unobserved,
    Verdict,
};

/// How many endpoints are asked one by one.
const MAX_ENDPOINTS: usize = 5;

/// What was concluded about one port.
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The earliest missing hop that is a cause.
    pub root: Option<Blocked>,
    /// Other, independent causes: whoever opens the first hop meets them next.
    pub also: Vec<Blocked>,
    /// The node port's own hop, where something is known about it.
    pub node_port: Option<Hop>,
    /// The only road that the node port's hop is known of; each road's if there is none.
    pub node_port_of: Option<RoadId>,
    /// The Pod answers the API server, no road from here does, and it cannot be told on
    /// which side of the node the fault lies. Holds the command that would settle it.
    pub ambiguous: Option<Vec<Argv>>,
    /// What NetworkPolicies let through, where that may be the cause.
    pub policy: Option<Hop>,
    /// What could not be observed on the way to the verdict.
    pub unobserved: Vec<Unobserved>,
}

impl Judgement {
    /// A verdict and its root.
    pub fn new(verdict: Verdict, root: Option<Blocked>) -> Self {
        Self {
            verdict,
            root,
            also: Vec::new(),
            node_port: None,
            node_port_of: None,
            ambiguous: None,
            policy: None,
            unobserved: Vec::new(),
        }
    }

    /// The node port's hop as a road has it.
    pub fn node_port_on(&self, road: RoadId) -> Option<Hop> {
        self.node_port.clone().filter(|_| self.node_port_of.is_none_or(|only| only == road))
    }
}

/// Judges a port whose type offers roads. A road that is shut at its node is no root where
/// another one is open, and stands beside it then.
pub fn roads(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    two: &StageTwo,
    tried: &[Tried],
    app: &App,
) -> Judgement {
    let mut judgement = by_roads(trip, objects, port, two, tried, app);
    if !matches!(judgement.verdict, Verdict::Reachable | Verdict::Degraded) {
        judgement.also.extend(tried.iter().find_map(|tried| tried.shut.clone()));
    }
    judgement
}

fn by_roads(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    two: &StageTwo,
    tried: &[Tried],
    app: &App,
) -> Judgement {
    if tried.iter().any(|tried| tried.outcome.as_ref().is_some_and(Outcome::is_response)) {
        let verdict = if two.partial.is_some() { Verdict::Degraded } else { Verdict::Reachable };
        return Judgement::new(verdict, two.partial.clone());
    }
    // It answers in front of the wall to Windows: nothing behind can be what is missing.
    let at_wall = tried.iter().find(|tried| tried.inside.is_some());
    if let Some((tried, beyond)) = at_wall.and_then(|tried| Some((tried, tried.plan.beyond.as_ref()?))) {
        // Not seen from Windows: only what is configured may speak.
        let says = tried.outcome.is_some() || !matches!(beyond.blocked.finding, Finding::WslPortNotForwarded { .. });
        let root = Some(beyond.blocked.clone()).filter(|_| says && !tried.pending);
        let verdict = match (&tried.outcome, &root) {
            (Some(_), Some(root)) => verdict_of(root),
            _ => Verdict::Undetermined,
        };
        return Judgement::new(verdict, root);
    }
    let open: Vec<&Tried> = tried.iter().filter(|tried| tried.plan.entry.is_some() && tried.shut.is_none()).collect();
    let closed = tried.iter().all(is_closed);
    // A road that leads to its node and is shut there got furthest.
    let shut = || tried.iter().find_map(|tried| tried.shut.clone());
    let first = || shut().or_else(|| tried.iter().find_map(|tried| tried.plan.blocked.clone()));
    if closed && let Some(first) = first() {
        let also = two.cause.clone().or_else(|| app.blocked.clone().filter(|_| app.state == State::Missing));
        let verdict = verdict_of(&first);
        return Judgement { also: also.into_iter().collect(), ..Judgement::new(verdict, Some(first)) };
    }
    if let Some(cause) = two.cause.clone() {
        return Judgement::new(verdict_of(&cause), Some(cause));
    }
    // The next connection may be lucky: the road is there, and so is an endpoint behind it.
    if app.by_chance {
        return Judgement::new(Verdict::Degraded, app.blocked.clone());
    }
    // An application that answers the API server proves stage 2, whatever could not be read.
    let proven = two.is_whole() || app.state == State::Present;
    // Whoever answers there may be a stranger: then what the road waits for is the likeliest.
    let doubted = open.iter().find(|tried| tried.not_probed == Some(NotProbed::MaybeStranger));
    if let Some(blocked) = doubted.and_then(|tried| tried.plan.blocked.clone()).filter(|_| proven) {
        return Judgement::new(Verdict::Undetermined, Some(blocked));
    }
    if open.iter().all(|tried| tried.outcome.is_none()) || !proven {
        return undecided(trip, port, app, &open);
    }
    let judgement = match app.state {
        State::Present => in_front_of_pod(trip, objects, port, two, &open),
        _ => undecided(trip, port, app, &open),
    };
    policy::weigh(trip, objects, port, two, &open, app, judgement)
}

/// A Service that was made this moment has no slices yet either, a Pod neither node nor
/// endpoint, a route no status, a tunnel no address: whether its controller runs, one look
/// cannot tell.
pub fn verdict_of(cause: &Blocked) -> Verdict {
    match cause.finding {
        Finding::EndpointSliceControllerNotRunning { .. }
        | Finding::SchedulerNotRunning { .. }
        | Finding::EndpointMissingForPod { .. }
        | Finding::TunnelStarting { .. }
        | Finding::PortNotBroughtOut { sure: false, .. }
        | Finding::VmServiceNotForwarded { .. }
        | Finding::VmHostPortNotForwarded { .. }
        | Finding::WslSeesNoSocket { sure: false, .. }
        | Finding::WslAddressNotForwarded { sure: false, .. }
        | Finding::WslPortNotForwarded { refused: false, .. }
        | Finding::WslAnotherAnswers { .. }
        | Finding::DockerInMirroredWsl { .. }
        | Finding::WslFirewall { .. }
        | Finding::RouteNotAttached { reason: None, .. } => Verdict::Undetermined,
        _ => Verdict::Unreachable,
    }
}

fn is_closed(tried: &Tried) -> bool {
    tried.shut.is_some() || tried.plan.entry.is_none() && tried.plan.hops.iter().any(|hop| hop.state == State::Missing)
}

/// What remains when no probe decided: the application's own fault, or nothing certain.
fn undecided(trip: &Trip, port: &ServicePort, app: &App, open: &[&Tried]) -> Judgement {
    let mut judgement = Judgement::new(Verdict::Undetermined, app.blocked.clone());
    if app.state == State::Missing && app.blocked.is_some() {
        // An application that closes may simply not speak HTTP. Where the port says
        // nothing about HTTP, that is no fault.
        let closes = matches!(app.blocked.as_ref().map(|b| &b.finding), Some(Finding::AppClosesConnection { .. }));
        if !closes || port.says_http() {
            judgement.verdict = Verdict::Unreachable;
        }
    }
    // Only a second way is left, and nobody went it.
    if judgement.root.is_none() && open.iter().all(|tried| tried.is_second() && tried.outcome.is_none()) {
        let beyond = open.first().and_then(|tried| tried.plan.beyond.as_ref());
        judgement.root = beyond.map(|beyond| beyond.blocked.clone());
    }
    if judgement.root.is_none() && port.node_port != 0 && open.iter().any(|tried| tried.outcome.is_some()) {
        let node = open.iter().find_map(|tried| tried.plan.node.as_deref());
        judgement.ambiguous = Some(trip.place.look_inside(node, port.node_port).into_iter().collect());
    }
    judgement
}

/// The Pod answers the API server, and no road from this host does: the fault lies
/// between the host and the Pod. The node's own address tells on which side of the node.
fn in_front_of_pod(trip: &Trip, objects: &Objects, port: &ServicePort, two: &StageTwo, open: &[&Tried]) -> Judgement {
    let by = |id: RoadId| open.iter().copied().find(|tried| tried.plan.id == id);
    let outcome = |tried: Option<&Tried>| tried.and_then(|tried| tried.outcome.clone());
    let direct = by(RoadId::NodeAddress).or_else(|| open.iter().copied().find(|tried| tried.plan.passes));
    // A forwarder accepts before it dials, whoever made it.
    let forwarder = by(RoadId::PublishedPort)
        .filter(|tried| !tried.plan.passes)
        .or(by(RoadId::ForwardedPort))
        .or(by(RoadId::SshForward));
    let node = direct.or(forwarder).and_then(|tried| tried.plan.node.clone());

    match (outcome(direct), outcome(forwarder)) {
        // Nothing at all comes back from a VM, whose own reasons the plan knows.
        (Some(Outcome::TimedOut | Outcome::Unreachable { .. }), None)
            if direct.is_some_and(|tried| tried.plan.blocked.is_some()) =>
        {
            let blocked = direct.and_then(|tried| tried.plan.blocked.clone());
            Judgement::new(Verdict::Undetermined, blocked)
        }
        // A refusal may be one bad endpoint's own: kube-proxy and the API server pick by chance.
        (Some(Outcome::Refused), _) if all_answer(trip, port, two) => match direct {
            Some(tried) => not_served(trip, objects, port, node.unwrap_or_default(), tried),
            None => Judgement::new(Verdict::Undetermined, None),
        },
        (None, Some(Outcome::Refused)) => {
            let blocked = forwarder.and_then(|tried| tried.plan.blocked.clone());
            let verdict = blocked.as_ref().map_or(Verdict::Undetermined, verdict_of);
            Judgement::new(verdict, blocked)
        }
        (None, None) => {
            // Only a load balancer was asked. Its provider is gone if none of its
            // containers is left; else it cannot be told what it waits for.
            let asked = by(RoadId::LoadBalancer);
            let silent = asked.filter(|tried| tried.outcome == Some(Outcome::TimedOut));
            let to = silent.and_then(|tried| tried.plan.entry).map(|entry| entry.ip());
            let turned_away = to.and_then(|to| source_ranges(trip.scene, &objects.service, to));
            // The way in is there; what the node has for it is not. A node port may well be
            // open: neither the ranges nor a provider's nodes count for it.
            let at_node = |blocked: Blocked| {
                let ranges = match &blocked.finding {
                    Finding::LbSourceRangesBlock { ranges, .. } => Some(Fact::SourceRanges { ranges: ranges.clone() }),
                    _ => None,
                };
                let ranges = ranges.map(|ranges| Evidence::new(Source::Api("Service"), ranges));
                let hop =
                    node_port_hop(ranges.or(asked.and_then(probed)).into_iter().collect(), Some(&blocked.finding));
                let node_port_of = Some(RoadId::LoadBalancer);
                Judgement { node_port: Some(hop), node_port_of, ..Judgement::new(Verdict::Unreachable, Some(blocked)) }
            };
            match turned_away.or_else(|| asked.and_then(|tried| tried.plan.blocked.clone())) {
                Some(blocked) if blocked.finding.owner() == Owner::Kubernetes => at_node(blocked),
                Some(blocked) => Judgement::new(Verdict::Unreachable, Some(blocked)),
                None => between(trip, port, asked.and_then(|tried| tried.plan.node.as_deref()), open),
            }
        }
        (None, Some(outcome)) if outcome.is_closed() => {
            let explained = forwarder.and_then(|tried| closed_behind(trip, objects, port, two, tried));
            explained.unwrap_or_else(|| between(trip, port, node.as_deref(), open))
        }
        _ => between(trip, port, node.as_deref(), open),
    }
}

/// It cannot be told from here on which side of the node the fault lies.
fn between(trip: &Trip, port: &ServicePort, node: Option<&str>, open: &[&Tried]) -> Judgement {
    let settle = trip.place.look_inside(node, port.node_port).filter(|_| port.node_port != 0);
    let seen = open.iter().copied().filter_map(probed).collect();
    let hop = Hop { state: State::Unknown, ..node_port_hop(seen, None) };
    Judgement {
        ambiguous: Some(settle.into_iter().collect()),
        node_port: (port.node_port != 0).then_some(hop),
        ..Judgement::new(Verdict::Undetermined, None)
    }
}

/// Whether each of the first endpoints answers the API server.
fn all_answer(trip: &Trip, port: &ServicePort, two: &StageTwo) -> bool {
    let (asking, namespace) = (trip.scene.asking, trip.scene.namespace);
    two.ready.len() == 1
        || two.ready.iter().take(MAX_ENDPOINTS).all(|backend| {
            let pod = backend.pod.as_deref().unwrap_or_default();
            let seen = through_pod(asking, namespace, pod, backend.port, port.speak());
            seen.known().is_some_and(|outcome| outcome.is_answer())
        })
}

/// What a probe saw, as evidence.
fn probed(tried: &Tried) -> Option<Evidence> {
    tried.met()
}

/// The node refuses the node port although endpoints are ready and the Pod answers:
/// kube-proxy has not programmed it. Where nothing says why, it may still do so: it follows
/// a change within a second or so (seen right after `kubectl expose`), and one look cannot
/// tell that from rules that are gone.
fn not_served(trip: &Trip, objects: &Objects, port: &ServicePort, node: String, tried: &Tried) -> Judgement {
    // The address at which the node was asked, where it is the node's own.
    let address = tried.plan.entry.filter(|_| tried.plan.id == RoadId::NodeAddress).map(|entry| entry.ip());
    let look = kube_proxy::look(trip.scene, objects, port, &node, address);
    let mut evidence: Vec<Evidence> = probed(tried).into_iter().collect();
    evidence.extend(look.evidence);
    if let Some(cause) = look.cause {
        let hop = node_port_hop(evidence, Some(&cause.finding));
        return Judgement { node_port: Some(hop), ..Judgement::new(Verdict::Unreachable, Some(cause)) };
    }
    let restart = ["-n", "kube-system", "rollout", "restart", "daemonset/kube-proxy"];
    let restart = Remedy::new(Action::RestartKubeProxy, trip.scene.kubectl.cluster(&restart));
    let remedies = look.desired.map(|_| restart).into_iter().collect();
    let finding = Finding::NodePortNotServed {
        node_port: port.node_port,
        node,
        kube_proxy_desired: look.desired,
        selector: None,
    };
    let hop = Hop { state: State::Unknown, ..node_port_hop(evidence, Some(&finding)) };
    Judgement {
        node_port: Some(hop),
        unobserved: look.unobserved,
        ..Judgement::new(Verdict::Undetermined, Some(Blocked { finding, remedies }))
    }
}

/// Behind an engine without a route to its nodes a refusal looks like any other end. What
/// kube-proxy's own objects say may explain it all the same.
fn closed_behind(
    trip: &Trip,
    objects: &Objects,
    port: &ServicePort,
    two: &StageTwo,
    tried: &Tried,
) -> Option<Judgement> {
    let node = tried.plan.node.as_deref()?;
    let look = kube_proxy::look(trip.scene, objects, port, node, None);
    let cause = look.cause.filter(|_| all_answer(trip, port, two))?;
    let evidence = probed(tried).into_iter().chain(look.evidence).collect();
    let hop = node_port_hop(evidence, Some(&cause.finding));
    Some(Judgement { node_port: Some(hop), ..Judgement::new(Verdict::Unreachable, Some(cause)) })
}

/// The hop "node port", missing.
pub(super) fn node_port_hop(evidence: Vec<Evidence>, finding: Option<&Finding>) -> Hop {
    Hop {
        id: HopId::NodePort,
        stage: Stage::Two,
        owner: Owner::Kubernetes,
        state: State::Missing,
        evidence,
        finding: finding.map(Finding::code),
    }
}
