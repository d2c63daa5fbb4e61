//! The verdict on one port: which hop is the earliest that is missing and a cause.

use super::{Tried, Trip};
use crate::diagnose::Objects;
use crate::diagnose::app::App;
use crate::diagnose::finding::Finding;
use crate::diagnose::stage_two::StageTwo;
use crate::environment::Blocked;
use crate::fact::cluster::{ServicePort, kube_proxy};
use crate::fact::live::{Outcome, through_pod};
use crate::report::{Action, Argv, Evidence, Fact, Hop, HopId, Owner, Remedy, RoadId, Source, Stage, State, Verdict};

/// How many endpoints are asked one by one.
const MAX_ENDPOINTS: usize = 5;

/// What was concluded about one port.
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The earliest missing hop that is a cause.
    pub root: Option<Blocked>,
    /// A second, independent cause behind it.
    pub also: Option<Blocked>,
    /// The node port's own hop, where something is known about it.
    pub node_port: Option<Hop>,
    /// The Pod answers the API server, no road from here does, and it cannot be told on
    /// which side of the node the fault lies. Holds the command that would settle it.
    pub ambiguous: Option<Vec<Argv>>,
}

impl Judgement {
    /// A verdict and its root.
    pub fn new(verdict: Verdict, root: Option<Blocked>) -> Self {
        Self { verdict, root, also: None, node_port: None, ambiguous: None }
    }
}

/// Judges a port whose type offers roads.
pub fn roads(
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
    let open: Vec<&Tried> = tried.iter().filter(|tried| tried.plan.entry.is_some()).collect();
    let closed = tried.iter().all(is_closed);
    if closed && let Some(first) = tried.iter().find_map(|tried| tried.plan.blocked.clone()) {
        let also = two.cause.clone().or_else(|| app.blocked.clone().filter(|_| app.state == State::Missing));
        return Judgement { also, ..Judgement::new(Verdict::Unreachable, Some(first)) };
    }
    if let Some(cause) = two.cause.clone() {
        return Judgement::new(verdict_of(&cause), Some(cause));
    }
    // An application that answers the API server proves stage 2, whatever could not be read.
    let proven = two.is_whole() || app.state == State::Present;
    if open.iter().all(|tried| tried.outcome.is_none()) || !proven {
        return undecided(trip, port, app, &open);
    }
    match app.state {
        State::Present => in_front_of_pod(trip, objects, port, two, &open),
        _ => undecided(trip, port, app, &open),
    }
}

/// A Service that was made this moment has no slices yet either, and a route no status:
/// whether its controller runs, one look cannot tell.
pub fn verdict_of(cause: &Blocked) -> Verdict {
    match cause.finding {
        Finding::EndpointSliceControllerNotRunning { .. } | Finding::RouteNotAttached { reason: None, .. } => {
            Verdict::Undetermined
        }
        _ => Verdict::Unreachable,
    }
}

fn is_closed(tried: &Tried) -> bool {
    tried.plan.entry.is_none() && tried.plan.hops.iter().any(|hop| hop.state == State::Missing)
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
    if judgement.root.is_none() && open.iter().any(|tried| tried.outcome.is_some()) {
        let node = open.iter().find_map(|tried| tried.plan.node.as_deref());
        judgement.ambiguous = Some(trip.place.look_inside(node, port.node_port).into_iter().collect());
    }
    judgement
}

/// The Pod answers the API server, and no road from this host does: the fault lies
/// between the host and the Pod. The node's own address tells on which side of the node.
fn in_front_of_pod(trip: &Trip, objects: &Objects, port: &ServicePort, two: &StageTwo, open: &[&Tried]) -> Judgement {
    let by = |id: RoadId| open.iter().copied().find(|tried| tried.plan.id == id);
    let outcome = |id: RoadId| by(id).and_then(|tried| tried.outcome.clone());
    let node = by(RoadId::NodeAddress).or(by(RoadId::PublishedPort)).and_then(|tried| tried.plan.node.clone());
    let away = away_from_endpoints(objects, two, node.as_deref());

    match (outcome(RoadId::NodeAddress), outcome(RoadId::PublishedPort)) {
        // A refusal may be one bad endpoint's own: kube-proxy and the API server pick by chance.
        (Some(Outcome::Refused), _) if all_answer(trip, port, two) => {
            let seen = by(RoadId::NodeAddress).and_then(probed);
            not_served(trip, port, node.unwrap_or_default(), seen)
        }
        (Some(Outcome::TimedOut | Outcome::Silent), _) if away.is_some() => local_policy(trip, objects, two, away),
        (None, Some(Outcome::Silent)) if away.is_some() => local_policy(trip, objects, two, away),
        (None, Some(Outcome::Refused)) => {
            let blocked = by(RoadId::PublishedPort).and_then(|tried| tried.plan.blocked.clone());
            Judgement::new(Verdict::Unreachable, blocked)
        }
        (None, None) => {
            // Only a load balancer was asked. Its provider is gone if none of its
            // containers is left; else it cannot be told what it waits for.
            let blocked = by(RoadId::LoadBalancer).and_then(|tried| tried.plan.blocked.clone());
            let verdict = if blocked.is_some() { Verdict::Unreachable } else { Verdict::Undetermined };
            Judgement::new(verdict, blocked)
        }
        _ => {
            let settle = trip.place.look_inside(node.as_deref(), port.node_port);
            let seen = open.iter().copied().filter_map(probed).collect();
            let hop = Hop { state: State::Unknown, ..node_port_hop(seen, None) };
            Judgement {
                ambiguous: Some(settle.into_iter().collect()),
                node_port: Some(hop),
                ..Judgement::new(Verdict::Undetermined, None)
            }
        }
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
    let (to, outcome) = tried.plan.entry.zip(tried.outcome.clone())?;
    Some(Evidence::new(Source::Probe, Fact::Probed { to, outcome }))
}

/// With externalTrafficPolicy Local, the node that traffic enters must have an endpoint;
/// kube-proxy drops the rest (S11, S12).
fn away_from_endpoints(objects: &Objects, two: &StageTwo, node: Option<&str>) -> Option<String> {
    let local = objects.service.spec.external_traffic_policy.as_deref() == Some("Local");
    let node = node.filter(|_| local)?;
    let here = two.ready.iter().any(|backend| backend.node.as_deref() == Some(node));
    (!here).then(|| node.to_owned())
}

fn local_policy(trip: &Trip, objects: &Objects, two: &StageTwo, node: Option<String>) -> Judgement {
    let node = node.unwrap_or_default();
    let mut endpoint_nodes: Vec<String> = two.ready.iter().filter_map(|backend| backend.node.clone()).collect();
    endpoint_nodes.dedup();
    let patch = r#"{"spec":{"externalTrafficPolicy":"Cluster"}}"#;
    let command = trip.scene.kubectl.call(&["patch", "service", &objects.service.metadata.name, "-p", patch]);
    let finding = Finding::ExternalPolicyLocalNoEndpoint { node: node.clone(), endpoint_nodes };
    let evidence = Evidence::new(Source::Api("EndpointSlice"), Fact::NoLocalEndpoint { node });
    let hop = node_port_hop(vec![evidence], Some(&finding));
    let remedies = vec![Remedy::new(Action::SetTrafficPolicyCluster, command)];
    let root = Blocked { finding, remedies };
    Judgement { node_port: Some(hop), ..Judgement::new(Verdict::Unreachable, Some(root)) }
}

/// The node refuses the node port although endpoints are ready and the Pod answers:
/// kube-proxy has not programmed it. Where all of its Pods are ready, it may still do so:
/// it follows a change within a second or so (seen right after `kubectl expose`), and one
/// look cannot tell that from rules that are gone.
fn not_served(trip: &Trip, port: &ServicePort, node: String, seen: Option<Evidence>) -> Judgement {
    let proxy = kube_proxy(trip.scene.asking);
    let mut evidence: Vec<Evidence> = seen.into_iter().collect();
    let mut remedies = Vec::new();
    let mut selector = None;
    if let Some(proxy) = proxy.known() {
        let (desired, ready) = (proxy.status.desired_number_scheduled, proxy.status.number_ready);
        evidence.push(Evidence::new(Source::Api("DaemonSet"), Fact::KubeProxy { desired, ready }));
        // kubeadm's own selector is kubernetes.io/os; any other label keeps kube-proxy
        // away from nodes that lack it.
        let foreign = proxy.spec.template.spec.node_selector.iter().find(|(key, _)| *key != "kubernetes.io/os");
        if let Some((key, value)) = foreign.filter(|_| desired == 0) {
            selector = Some(format!("{key}={value}"));
            let patch = format!(r#"{{"spec":{{"template":{{"spec":{{"nodeSelector":{{"{key}":null}}}}}}}}}}"#);
            let words = ["-n", "kube-system", "patch", "daemonset", "kube-proxy", "--type=merge", "-p", &patch];
            let action = Action::UnselectKubeProxy { label: selector.clone().unwrap_or_default() };
            remedies.push(Remedy::new(action, trip.scene.kubectl.cluster(&words)));
        } else {
            let words = ["-n", "kube-system", "rollout", "restart", "daemonset/kube-proxy"];
            remedies.push(Remedy::new(Action::RestartKubeProxy, trip.scene.kubectl.cluster(&words)));
        }
    }
    let may_follow = proxy.known().is_some_and(|proxy| {
        let status = &proxy.status;
        status.desired_number_scheduled > 0 && status.number_ready >= status.desired_number_scheduled
    });
    let verdict = if may_follow { Verdict::Undetermined } else { Verdict::Unreachable };
    let kube_proxy_desired = proxy.known().map(|proxy| proxy.status.desired_number_scheduled);
    let finding = Finding::NodePortNotServed { node_port: port.node_port, node, kube_proxy_desired, selector };
    let mut hop = node_port_hop(evidence, Some(&finding));
    if may_follow {
        hop.state = State::Unknown;
    }
    Judgement { node_port: Some(hop), ..Judgement::new(verdict, Some(Blocked { finding, remedies })) }
}

fn node_port_hop(evidence: Vec<Evidence>, finding: Option<&Finding>) -> Hop {
    Hop {
        id: HopId::NodePort,
        stage: Stage::Two,
        owner: Owner::Kubernetes,
        state: State::Missing,
        evidence,
        finding: finding.map(Finding::code),
    }
}
