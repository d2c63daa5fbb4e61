//! Targets that are not Services: is there such an object, does a Service lead to it, and
//! which of several objects of one name is meant?

use std::net::IpAddr;

use super::finding::Finding;
use super::near_miss::{NearMiss, near_miss, show};
use super::service::namespace_missing;
use super::similar::similar;
use super::{Scene, pod};
use crate::answers::Seen;
use crate::ask::Why;
use crate::environment::Blocked;
use crate::fact::cluster::{Node, Pod, Service, Workload, names_of, namespace, pods_by};
use crate::fact::read::Shared;
use crate::remedy::plugin_first;
use crate::report::{
    Action, Argv, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State, Subject, Unobserved, Verdict,
};
use crate::request::Kind;

/// How many Services with a similar selector are looked at.
const MAX_NEAR: usize = 3;

/// A target that no Service leads to.
pub struct WithoutService {
    /// Whether that closes every way to it.
    pub verdict: Verdict,
    /// What the Service's hop says.
    pub evidence: Vec<Evidence>,
    /// The root.
    pub blocked: Blocked,
    /// The hop of the Pods.
    pub pods: Hop,
    /// What is wrong with the Pods themselves.
    pub also: Option<Blocked>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
}

/// Explains an object that is not there: the namespace first, since the API server
/// answers the same 404 for both.
pub fn missing(scene: &Scene, kind: Kind, name: &str, services: &Seen<Vec<Shared<Service>>>) -> (Evidence, Blocked) {
    if namespace(scene.asking, scene.namespace).is_absent() {
        return namespace_missing(scene);
    }
    let names = names_of(scene.asking, scene.namespace, kind);
    let names = names.known().map_or(&[][..], Vec::as_slice);
    let similar = similar(name, names.iter().map(String::as_str));
    let service = services.known().is_some_and(|all| all.iter().any(|service| service.metadata.name == name));
    let service_name = service.then(|| format!("svc/{name}"));
    let close = similar.iter().map(|close| format!("{}/{close}", kind.short()));
    let mut remedies: Vec<Remedy> =
        service_name.into_iter().chain(close).map(|target| ask_about(scene, &target)).collect();
    if remedies.is_empty() {
        remedies.push(Remedy::new(Action::ListKind { kind }, scene.kubectl.call(&["get", kind.plural()])));
    }
    let finding =
        Finding::TargetMissing { kind, name: name.into(), namespace: scene.namespace.into(), similar, service };
    let fact = Fact::TargetAbsent { kind, name: name.into() };
    (Evidence::new(Source::Api(kind.as_str()), fact), Blocked { finding, remedies })
}

/// Several objects of one name and no Service among them: which one is meant, nobody knows.
pub fn ambiguous(scene: &Scene, name: &str, kinds: &[Kind]) -> (Evidence, Blocked) {
    let candidates: Vec<String> = kinds.iter().map(|kind| format!("{}/{name}", kind.short())).collect();
    let remedies = candidates.iter().map(|target| ask_about(scene, target)).collect();
    let evidence = Evidence::new(Source::ApiServer, Fact::SameName { candidates: candidates.clone() });
    (evidence, Blocked { finding: Finding::TargetAmbiguous { name: name.into(), candidates }, remedies })
}

fn ask_about(scene: &Scene, target: &str) -> Remedy {
    let command = scene.kubectl.call(&["netpath", "explain", target]);
    Remedy::new(Action::UseName { name: target.into() }, plugin_first(command))
}

/// Explains a workload or Pod that no Service selects.
pub fn without_service(
    scene: &Scene,
    target: &Workload,
    services: &[Shared<Service>],
    nodes: &Seen<Vec<Shared<Node>>>,
) -> WithoutService {
    let pods = match &target.pod {
        Some(pod) => Seen::Known(vec![Shared::from((**pod).clone())]),
        None if target.labels.is_empty() => Seen::Known(Vec::new()),
        None => pods_by(scene.asking, scene.namespace, &target.labels),
    };
    let near = near(scene, target, services);
    let labels = show(&target.lasting_labels());
    let fact = Fact::NoServiceSelects { services: services.len(), labels: labels.clone() };
    let mut evidence = vec![Evidence::new(Source::Api("Service"), fact)];
    evidence.extend(near.as_ref().map(|(service, _)| {
        let fact =
            Fact::SelectorNear { service: service.metadata.name.clone(), selector: show(&service.spec.selector) };
        Evidence::new(Source::Api("Service"), fact)
    }));

    let (host_network, host_ports) = (target.host_network, target.host_ports());
    let of_node = host_network || !host_ports.is_empty();
    let mut unobserved = Vec::new();
    if of_node {
        let fact = Fact::HostPorts { host_network, ports: host_ports.clone(), node: node_of(&pods, nodes) };
        evidence.push(Evidence::new(Source::Api(target.kind.as_str()), fact));
        let detail = if host_network { "the Pod's hostNetwork" } else { "the Pod's hostPort" };
        unobserved.push(Unobserved {
            what: Subject::HostPort,
            why: Why::NotFollowed { detail: detail.into() },
            settle: vec![scene.kubectl.cluster(&["get", "nodes", "-o", "wide"])],
        });
    }
    unobserved.extend(super::unread(scene, "pods", &pods));
    let (hop, also) = pods_hop(scene, target, &pods, nodes);
    let pair = |(key, value): &(String, String)| format!("{key}={value}");
    let finding = Finding::NoServiceSelectsWorkload {
        workload: format!("{}/{}", target.kind.short(), target.name),
        labels,
        service: near.as_ref().map(|(service, _)| service.metadata.name.clone()),
        pair: near.as_ref().map(|(_, miss)| pair(&miss.pair)),
        closest: near.as_ref().map(|(_, miss)| pair(&miss.closest)),
        host_network,
        host_ports,
    };
    let up = hop.state == State::Present;
    let remedies = remedies(scene, target, services, &pods, near.as_ref(), up);
    WithoutService {
        // Where the node's own port leads to the Pods, a Service is not the only way.
        verdict: if of_node { Verdict::Undetermined } else { Verdict::Unreachable },
        evidence,
        blocked: Blocked { finding, remedies },
        pods: hop,
        also,
        unobserved,
    }
}

/// The address of the node that one of the Pods is on.
fn node_of(pods: &Seen<Vec<Shared<Pod>>>, nodes: &Seen<Vec<Shared<Node>>>) -> Option<IpAddr> {
    let on = pods.known()?.iter().find_map(|pod| pod.spec.node_name.as_deref())?;
    nodes.known()?.iter().find(|node| node.metadata.name == on)?.internal_ip()
}

/// The Service that was probably meant for it: its selector comes close, and selects no
/// Pod of its own.
fn near<'a>(
    scene: &Scene,
    target: &Workload,
    services: &'a [Shared<Service>],
) -> Option<(&'a Shared<Service>, NearMiss)> {
    let lasting = target.lasting_labels();
    let selecting = services.iter().filter(|service| service.spec.kind != "ExternalName");
    let close = selecting.filter_map(|service| {
        let miss = near_miss(&service.spec.selector, &[&lasting], &service.metadata.name)?;
        Some((service, miss))
    });
    let idle = |service: &Service| {
        let pods = pods_by(scene.asking, scene.namespace, &service.spec.selector);
        pods.known().is_some_and(Vec::is_empty)
    };
    let mut close: Vec<_> = close.collect();
    close.sort_by_key(|(service, _)| service.metadata.name != target.name);
    // All at once: the first that fits may not be the first that is answered.
    let idle: Vec<bool> = close.iter().take(MAX_NEAR).map(|(service, _)| idle(service)).collect();
    close.into_iter().zip(idle).find_map(|(close, idle)| idle.then_some(close))
}

fn pods_hop(
    scene: &Scene,
    target: &Workload,
    pods: &Seen<Vec<Shared<Pod>>>,
    nodes: &Seen<Vec<Shared<Node>>>,
) -> (Hop, Option<Blocked>) {
    let hop = |state: State, evidence: Vec<Evidence>| Hop {
        id: HopId::Pods,
        stage: Stage::Two,
        owner: Owner::Kubernetes,
        state,
        evidence,
        finding: None,
    };
    let could_not_look = pods.unavailable().map(|why| {
        let fact = Fact::CouldNotLook { what: Subject::Resource("pods"), why: why.clone() };
        Evidence::new(Source::ApiServer, fact)
    });
    let Some(all) = pods.known() else {
        return (hop(State::Unknown, could_not_look.into_iter().collect()), None);
    };
    if let Some(ready) = all.iter().find(|pod| pod.is_ready()) {
        let count = all.iter().filter(|pod| pod.is_ready()).count();
        let fact = Fact::PodsReady { ready: count, total: all.len(), name: ready.metadata.name.clone() };
        return (hop(State::Present, vec![Evidence::new(Source::Api("Pod"), fact)]), None);
    }
    if let Some(reason) = all.iter().find_map(|pod| pod::explain(scene, pod, nodes)) {
        let mut hop = hop(State::Missing, vec![reason.evidence]);
        hop.finding = Some(reason.blocked.finding.code());
        hop.owner = reason.blocked.finding.owner();
        return (hop, Some(reason.blocked));
    }
    let Some(replicas) = target.replicas else { return (hop(State::Unknown, Vec::new()), None) };
    let fact = Fact::Workload { name: target.name.clone(), replicas };
    let name = format!("{}/{}", target.kind.singular(), target.name);
    let none = (replicas == 0).then(|| {
        let scale = scene.kubectl.call(&["scale", &name, "--replicas=1"]);
        let remedies = vec![Remedy::new(Action::Scale { name: target.name.clone() }, scale)];
        Blocked { finding: Finding::WorkloadScaledToZero { workload: name }, remedies }
    });
    let mut hop = hop(State::Missing, vec![Evidence::new(Source::Api(target.kind.as_str()), fact)]);
    hop.finding = none.as_ref().map(|none| none.finding.code());
    (hop, none)
}

fn remedies(
    scene: &Scene,
    target: &Workload,
    services: &[Shared<Service>],
    pods: &Seen<Vec<Shared<Pod>>>,
    near: Option<&(&Shared<Service>, NearMiss)>,
    up: bool,
) -> Vec<Remedy> {
    let name = format!("{}/{}", target.kind.short(), target.name);
    let select = near.map(|(service, miss)| {
        let corrected = show(&miss.corrected(&service.spec.selector));
        let command = scene.kubectl.call(&["set", "selector", "service", &service.metadata.name, &corrected]);
        Remedy::new(Action::SetSelector, command)
    });
    // What has ended takes no traffic, with or without a Service.
    let ended = pods.known().is_some_and(|pods| !pods.is_empty() && pods.iter().all(|pod| pod.is_gone()));
    let Some(port) = target.declared_port().filter(|_| !ended) else {
        let describe = scene.kubectl.call(&["describe", target.kind.singular(), &target.name]);
        let describe = Remedy::new(Action::DescribeWorkload, describe);
        return select.into_iter().chain([describe]).collect();
    };
    // A port-forward needs a Pod that runs.
    let runs = |pods: &Vec<Shared<Pod>>| pods.iter().any(|pod| pod.status.phase == "Running");
    let forward = pods.known().is_none_or(runs).then(|| scene.kubectl.port_forward_to(&name, port));
    let expose = expose(scene, target, services, pods, port, up).filter(|_| select.is_none());
    select.into_iter().chain(expose).chain(forward).collect()
}

/// Makes a Service. `kubectl expose` takes Deployments, ReplicaSets and Pods alone, and
/// refuses StatefulSets, DaemonSets and Jobs (tried with kubectl v1.34.4): for those one of
/// their Pods is exposed, by the labels that all of them have.
fn expose(
    scene: &Scene,
    target: &Workload,
    services: &[Shared<Service>],
    pods: &Seen<Vec<Shared<Pod>>>,
    port: u16,
    up: bool,
) -> Option<Remedy> {
    let labels = target.lasting_labels();
    let taken = services.iter().any(|service| service.metadata.name == target.name);
    let service = if taken { format!("{}-nodeport", target.name) } else { target.name.clone() };
    let door = scene.place.and_then(|place| place.free_node_port(scene.asking, "TCP"));
    let what = format!("{}/{}", target.kind.short(), target.name);
    let remedy = |host_port: Option<u16>, commands: Vec<Argv>| Remedy {
        commands,
        ..Remedy::new(Action::ExposeWorkload { target: what.clone(), host_port }, Vec::new())
    };
    // `kubectl create service` selects app=NAME, and alone can choose the node port.
    let by_name = labels.len() == 1 && labels.get("app") == Some(&service);
    if let Some((node_port, host_port)) = door.filter(|_| by_name) {
        let (tcp, node_port) = (format!("--tcp=80:{port}"), format!("--node-port={node_port}"));
        let create = scene.kubectl.call(&["create", "service", "nodeport", &service, &tcp, &node_port]);
        // Nothing answers there while the Pods themselves are not up.
        return Some(remedy(Some(host_port).filter(|_| up), vec![create]));
    }
    let named = format!("--name={service}");
    let selector = format!("--selector={}", show(&labels));
    let target_port = format!("--target-port={port}");
    let tail = ["--type=NodePort", "--port=80", &target_port];
    let mut words: Vec<&str> = vec!["expose"];
    let pod;
    match target.kind {
        Kind::Deployment | Kind::ReplicaSet => words.extend([target.kind.singular(), &target.name]),
        _ if labels.is_empty() => {
            let (label, selector) = (format!("app={}", target.name), format!("--selector=app={}", target.name));
            let mark = scene.kubectl.call(&["label", "pod", &target.name, &label]);
            let words = [&["expose", "pod", &target.name, &selector, &named], &tail[..]].concat();
            let named_pod = target.kind == Kind::Pod;
            return named_pod.then(|| remedy(None, vec![mark, scene.kubectl.call(&words)]));
        }
        _ => {
            pod = pods.known()?.first()?.metadata.name.clone();
            words.extend(["pod", &pod]);
            if labels != target.labels || target.kind != Kind::Pod {
                words.push(&selector);
            }
        }
    }
    if service != *words[2] {
        words.push(&named);
    }
    words.extend(tail);
    Some(remedy(None, vec![scene.kubectl.call(&words)]))
}
