//! Several endpoints, asked one by one: every second request fails where one of two does
//! not answer, and a single probe sees that by chance only.

use std::rc::Rc;

use super::app::App;
use super::endpoints::Backend;
use super::finding::Finding;
use super::near_miss::show;
use super::pod::remedy::read_logs;
use super::stage_two::StageTwo;
use super::{Objects, Scene};
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::ServicePort;
use crate::fact::live::{Outcome, Proxied, through_pod};
use crate::report::{Action, Evidence, Fact, HopId, Remedy, RoadId, Source, State};

/// How many endpoints are asked one by one.
const MAX_ENDPOINTS: usize = 5;

/// A Pod's name and the port on it.
type Port<'a> = (&'a str, u16);

/// Endpoints that do not answer where others do.
pub struct Inconsistent {
    /// What is wrong.
    pub blocked: Blocked,
    /// What each of them did.
    pub evidence: Vec<Evidence>,
    /// Every node sends traffic to all of the endpoints, not to its own alone.
    pub spread: bool,
}

impl Inconsistent {
    /// Puts it where it belongs, by what the roads saw: they work in part, or nobody knows
    /// which endpoint they met.
    pub fn tell(self, two: &mut StageTwo, app: &mut App, roads: &[(RoadId, Outcome)]) {
        let answered = roads.iter().any(|(_, outcome)| outcome.is_response());
        // kube-proxy picks an endpoint for every connection. What was turned away at once met
        // one of those that turn away here; what was lost may be lost for another reason.
        // A published port that refuses is itself not there: docker's proxy accepts first.
        let turned_away = |(road, outcome): &(RoadId, Outcome)| {
            outcome.is_closed() || (*road == RoadId::NodeAddress && *outcome == Outcome::Refused)
        };
        let by_chance = self.spread && !answered && !roads.is_empty() && roads.iter().all(turned_away);
        if let Some(hop) = two.hops.iter_mut().find(|hop| hop.id == HopId::Endpoints) {
            hop.evidence.extend(self.evidence);
        }
        if answered {
            two.partial = Some(self.blocked);
        } else {
            app.state = State::Unknown;
            app.blocked = Some(self.blocked);
            app.by_chance = by_chance;
        }
    }
}

/// Asks each of a few ready endpoints through the API server's pod proxy. Only a refusal
/// or a connection closed without an answer counts, and only if another endpoint answers
/// the same question: a time-out may be the network's.
pub fn one_by_one(scene: &Scene, objects: &Objects, port: &ServicePort, ready: &[Backend]) -> Option<Inconsistent> {
    // With two address families, a Pod has two endpoints, and the proxy takes the first.
    let mut pods: Vec<Port> = Vec::new();
    for backend in ready {
        let pod = (backend.pod.as_deref()?, backend.port);
        if !pods.contains(&pod) {
            pods.push(pod);
        }
    }
    if !(2..=MAX_ENDPOINTS).contains(&pods.len()) {
        return None;
    }
    let ask = |(pod, number): Port| through_pod(scene.asking, scene.namespace, pod, number, port.speak());
    // All of them at once, before any is looked at.
    let seen: Vec<(Port, Seen<Rc<Proxied>>)> = pods.into_iter().map(|pod| (pod, ask(pod))).collect();
    let said = |seen: &Seen<Rc<Proxied>>| seen.known().map(|outcome| (**outcome).clone());
    let answering: Vec<&str> = seen
        .iter()
        .filter(|(_, seen)| said(seen).is_some_and(|outcome| outcome.is_answer()))
        .map(|((pod, _), _)| *pod)
        .collect();
    let failing: Vec<(Port, Proxied)> = seen
        .iter()
        .filter_map(|(pod, seen)| Some((*pod, said(seen)?)))
        .filter(|(_, outcome)| matches!(outcome, Proxied::Refused | Proxied::Closed))
        .collect();
    let ((_, number), _) = failing.first().filter(|_| !answering.is_empty())?;
    let pods: Vec<String> = failing.iter().map(|((pod, _), _)| (*pod).to_owned()).collect();
    let evidence = failing
        .iter()
        .map(|((pod, number), outcome)| {
            let fact = Fact::Proxied { target: format!("pod/{pod}:{number}"), outcome: outcome.clone() };
            Evidence::new(Source::PodProxy, fact)
        })
        .collect();
    let blocked = strangers(scene, objects, &pods, &answering, *number).unwrap_or_else(|| {
        let logs = pods.first().map(|pod| read_logs(scene, objects, pod, *number));
        let finding = Finding::EndpointInconsistent { pods, answering: answering.len(), port: *number };
        Blocked { finding, remedies: logs.into_iter().collect() }
    });
    Some(Inconsistent { blocked, evidence, spread: !objects.service.spec.is_local_only() })
}

/// The Pods that do not answer are another workload's: the selector takes in too much.
fn strangers(scene: &Scene, objects: &Objects, failing: &[String], answering: &[&str], port: u16) -> Option<Blocked> {
    let pods = objects.pods.known()?;
    let maker = |name: &str| {
        let (kind, name) = pods.iter().find(|pod| pod.metadata.name == name)?.made_by()?;
        Some(format!("{}/{name}", kind.to_lowercase()))
    };
    let workload = maker(failing.first()?)?;
    let mut others: Vec<String> = answering.iter().map(|pod| maker(pod)).collect::<Option<_>>()?;
    others.sort();
    others.dedup();
    if others.contains(&workload) || failing.iter().any(|pod| maker(pod).as_ref() != Some(&workload)) {
        return None;
    }
    let selector = show(&objects.service.spec.selector);
    let list = scene.kubectl.call(&["get", "pods", "-l", &selector, "--show-labels"]);
    let finding = Finding::SelectorOvermatches { pods: failing.to_vec(), workload, others, port };
    Some(Blocked { finding, remedies: vec![Remedy::new(Action::ShowPods, list)] })
}
