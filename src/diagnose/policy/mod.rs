//! NetworkPolicies in front of the Pods.
//!
//! Read only after traffic got lost: a policy that nobody enforces is inert, and a plugin
//! that enforces one drops what it does not admit, so that the sender waits in vain. What
//! a policy says is never more than a candidate; a probe must agree, and the cluster must
//! run a plugin that is known to enforce it.

pub mod enforcement;
pub mod evaluate;

use std::net::IpAddr;

use self::enforcement::{Enforcement, enforcement};
use self::evaluate::{Answer, Origin, To, evaluate};
use super::endpoints::Backend;
use super::finding::Finding;
use super::{Objects, Scene, unread};
use crate::answers::Seen;
use crate::ask::Why;
use crate::environment::Blocked;
use crate::fact::cluster::{NetworkPolicy, Pod, PortRef, ServicePort, all_daemonsets, network_policies};
use crate::fact::read::Shared;
use crate::report::{
    Action, Argv, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State, Subject, Unobserved,
};

const POLICIES: &str = "networkpolicies.networking.k8s.io";

/// Whether the API server's own requests get to the Pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByApiServer {
    /// They do.
    GetsThrough,
    /// They get lost, and inside the Pod the application answers.
    GetsLost,
    /// Not known.
    Unknown,
}

/// What got lost.
#[derive(Debug, Clone, Copy)]
pub struct Loss<'a> {
    /// The node that the traffic enters.
    pub node: Option<&'a str>,
    /// The address of this computer that the node sees.
    pub from: Option<IpAddr>,
    /// What the API server says.
    pub api_server: ByApiServer,
}

/// What policies have to do with it.
#[derive(Default)]
pub struct Suspicion {
    /// A policy that would explain it.
    pub blocked: Option<(Blocked, Hop)>,
    /// It is the explanation, and not only a candidate.
    pub certain: bool,
    /// A look from inside the node decides nothing: policies spare the Pod's own node (S13).
    pub muddied: bool,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
}

/// What the policies of the namespace say about all endpoints and all plausible sources.
enum Ruling {
    /// Somebody may pass, as far as policies go.
    Open,
    /// These policies let nobody pass from outside to this port of this Pod.
    Shut(Vec<String>, String, u16),
    /// It depends: on the endpoint, or on an address that nobody knows.
    Depends(Vec<String>),
}

/// Looks for a policy that explains why traffic for a Service port got lost.
pub fn suspect(scene: &Scene, objects: &Objects, port: &ServicePort, ready: &[Backend], loss: Loss<'_>) -> Suspicion {
    let mut suspicion = Suspicion::default();
    let policies = network_policies(scene.asking, scene.namespace);
    let enforced = enforcement(scene.asking);
    let inert = matches!(enforced, Seen::Known(Enforcement::Nobody));
    if policies.is_pending() || enforced.is_pending() || inert {
        return suspicion;
    }
    suspicion.unobserved.extend(unread(scene, POLICIES, &policies));
    suspicion.muddied = policies.known().is_none();
    if let Seen::Known(Enforcement::By(plugin)) = enforced
        && !plugin.own_kinds.is_empty()
    {
        let settle = vec![scene.kubectl.cluster(&["get", &plugin.own_kinds.join(","), "-A"])];
        let what = Subject::OwnPolicies(plugin.name);
        suspicion.unobserved.push(Unobserved { what, why: Why::NotEvaluated, settle });
        suspicion.muddied = true;
    }
    match rule(policies.known().map_or(&[], Vec::as_slice), objects, port, ready, loss) {
        Ruling::Open => {}
        Ruling::Depends(names) => {
            let settle = vec![describe(scene, &names)];
            suspicion.unobserved.push(Unobserved { what: Subject::Resource(POLICIES), why: Why::Ambiguous, settle });
            suspicion.muddied = true;
        }
        Ruling::Shut(names, pod, number) => {
            let plugin = match enforced {
                Seen::Known(Enforcement::By(plugin)) => Some(plugin),
                _ => None,
            };
            suspicion.unobserved.extend(who_enforces(scene, &enforced));
            suspicion.certain = plugin.is_some_and(|plugin| plugin.drops) && agrees(objects, loss.api_server);
            let plugin = plugin.map(|plugin| plugin.name);
            suspicion.muddied = true;
            let remedies = vec![Remedy::new(Action::DescribePolicy, describe(scene, &names))];
            let finding = finding(names, pod, number, plugin, loss.api_server);
            let hop = hop(&finding, plugin, suspicion.certain);
            suspicion.blocked = Some((Blocked { finding, remedies }, hop));
        }
    }
    suspicion
}

/// Whether what the API server sees fits a policy that is enforced. It dials Pods from its
/// own node, which is the Pod's own where there is only one; from another node it is as
/// much a stranger as this computer.
fn agrees(objects: &Objects, api_server: ByApiServer) -> bool {
    let Some(nodes) = objects.nodes.known().map(Vec::len) else { return false };
    match api_server {
        ByApiServer::GetsThrough => nodes == 1,
        ByApiServer::GetsLost => nodes > 1,
        ByApiServer::Unknown => false,
    }
}

fn rule(
    policies: &[Shared<NetworkPolicy>],
    objects: &Objects,
    port: &ServicePort,
    ready: &[Backend],
    loss: Loss<'_>,
) -> Ruling {
    let Some(pods) = objects.pods.known() else { return Ruling::Open };
    let mut shut: Option<(Vec<String>, String, u16)> = None;
    let (mut open, mut doubtful) = (false, Vec::new());
    for backend in ready {
        let named = |pod: &&Shared<Pod>| Some(pod.metadata.name.as_str()) == backend.pod.as_deref();
        let Some(pod) = pods.iter().find(named) else { return Ruling::Open };
        let number = PortRef::Number(backend.port);
        let to = To { port: &number, protocol: &port.protocol };
        for origin in origins(backend, loss) {
            match evaluate(policies.iter().map(|policy| &**policy), pod, to, origin) {
                Answer::NotIsolated | Answer::OwnNode | Answer::Allowed(_) => open = true,
                Answer::Unknown(names) => doubtful = names,
                Answer::Denied(names) => {
                    shut.get_or_insert((names, pod.metadata.name.clone(), backend.port));
                }
            }
        }
    }
    match shut {
        Some((names, ..)) if open || !doubtful.is_empty() => Ruling::Depends(names),
        Some((names, pod, number)) => Ruling::Shut(names, pod, number),
        None if !doubtful.is_empty() => Ruling::Depends(doubtful),
        None => Ruling::Open,
    }
}

/// Whom the Pod may see as the sender. On the node that the traffic enters, a plugin sees
/// it as it came in, or as the Pod's own node, which is always let in and loses nothing.
/// On another node it comes from the first one, by an address that depends on the plugin
/// (S14).
fn origins(backend: &Backend, loss: Loss<'_>) -> Vec<Origin<'static>> {
    let somewhere = Origin::Somewhere { ipv6: backend.ip.is_some_and(|ip| ip.is_ipv6()) };
    let mut origins = vec![loss.from.map_or(somewhere, Origin::Address)];
    if loss.from.is_some() && backend.node.as_deref() != loss.node {
        origins.push(somewhere);
    }
    origins
}

fn finding(policies: Vec<String>, pod: String, port: u16, plugin: Option<&str>, api_server: ByApiServer) -> Finding {
    let plugin = plugin.map(str::to_owned);
    match api_server {
        ByApiServer::GetsThrough => Finding::NetpolAdmitsNodeOnly { policies, pod, port, plugin },
        _ => Finding::NetpolBlocksIngress { policies, pod, port, plugin },
    }
}

fn hop(finding: &Finding, plugin: Option<&'static str>, certain: bool) -> Hop {
    let mut evidence = Vec::new();
    if let Finding::NetpolBlocksIngress { policies, port, .. } | Finding::NetpolAdmitsNodeOnly { policies, port, .. } =
        finding
    {
        let fact = Fact::PolicyAdmitsNobody { policies: policies.clone(), port: *port };
        evidence.push(Evidence::new(Source::Api("NetworkPolicy"), fact));
    }
    evidence.extend(plugin.map(|plugin| Evidence::new(Source::Api("DaemonSet"), Fact::PolicyEnforced { plugin })));
    Hop {
        id: HopId::Policy,
        stage: Stage::Two,
        owner: Owner::Kubernetes,
        state: if certain { State::Missing } else { State::Unknown },
        evidence,
        finding: Some(finding.code()),
    }
}

/// An entry where nobody knows whether policies are enforced.
fn who_enforces(scene: &Scene, enforced: &Seen<Enforcement>) -> Option<Unobserved> {
    let why = match enforced {
        Seen::Known(Enforcement::By(_) | Enforcement::Nobody) => return None,
        Seen::Unavailable(why) => why.clone(),
        _ => Why::NotRecognised,
    };
    // Which plugin runs is known, and whether it may read policies is not.
    let role = enforced.unavailable().is_some() && all_daemonsets(scene.asking).known().is_some();
    let words: &[&str] = match &why {
        Why::Forbidden { .. } if role => &["auth", "can-i", "get", "clusterroles.rbac.authorization.k8s.io"],
        Why::Forbidden { .. } => &["auth", "can-i", "list", "daemonsets.apps", "-A"],
        _ => &["get", "daemonsets", "-A", "-o", "wide"],
    };
    Some(Unobserved { what: Subject::Enforcement, why, settle: vec![scene.kubectl.cluster(words)] })
}

fn describe(scene: &Scene, names: &[String]) -> Argv {
    let mut words = vec!["describe", "networkpolicy"];
    words.extend(names.iter().map(String::as_str));
    scene.kubectl.call(&words)
}
