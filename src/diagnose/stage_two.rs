//! Stage 2 of one Service port, from what is configured: Service, selector, endpoints,
//! Pods, in this order. The first hop that is missing is the cause; later ones follow
//! from it.

use super::endpoints::{Backend, Backends, backends, port_names};
use super::finding::Finding;
use super::left_out::left_out;
use super::near_miss::show;
use super::partial::partial;
use super::service::{manual::misfit, notes};
use super::target_port::unresolved;
use super::{Objects, Scene, pod, unread, workload};
use crate::answers::Seen;
use crate::environment::Blocked;
use crate::fact::cluster::{Pod, PortRef, ServicePort};
use crate::fact::read::{PAGE, Shared};
use crate::report::{Action, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State, Subject, Unobserved};

/// How many Pods that are not ready are asked why.
const MAX_REASONS: usize = 3;

/// What is configured between the node port and the application.
#[derive(Default)]
pub struct StageTwo {
    /// Its hops, without the application itself.
    pub hops: Vec<Hop>,
    /// The earliest missing hop that is a cause.
    pub cause: Option<Blocked>,
    /// No Pod says that it is ready, and an endpoint takes traffic all the same: why the Pod
    /// says so. One of the two is late, and only a request tells which.
    pub doubt: Option<Blocked>,
    /// Some endpoints do not take traffic.
    pub partial: Option<Blocked>,
    /// Endpoints that take traffic.
    pub ready: Vec<Backend>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// An answer that may name the cause is still to come.
    pub pending: bool,
    /// A hop is missing, and what could be read does not say why.
    pub unexplained: bool,
}

impl StageTwo {
    /// Says what is wrong with the Pods, as the hop that it is.
    pub fn blame_pods(&mut self, blocked: &Blocked, state: State) {
        if let Some(hop) = self.hops.iter_mut().find(|hop| hop.id == HopId::Pods) {
            hop.state = state;
            hop.finding = Some(blocked.finding.code());
        }
    }

    /// Whether every hop is present.
    pub fn is_whole(&self) -> bool {
        self.hops.iter().all(|hop| matches!(hop.state, State::Present | State::NotNeeded))
    }
}

/// Builds the hops one after the other.
#[derive(Default)]
struct Walk {
    /// What was seen so far.
    two: StageTwo,
    /// The first missing hop.
    broken_at: Option<HopId>,
}

impl Walk {
    fn hop(&mut self, id: HopId, state: State, evidence: Vec<Evidence>) {
        self.two.hops.push(Hop { id, stage: Stage::Two, owner: Owner::Kubernetes, state, evidence, finding: None });
    }

    /// Adds a missing hop. The first one with a reason is the cause.
    fn missing(&mut self, id: HopId, mut evidence: Vec<Evidence>, blocked: Option<Blocked>) {
        if let Some(hop) = self.broken_at {
            evidence.push(Evidence::new(Source::Inference, Fact::Behind { hop }));
        }
        self.hop(id, State::Missing, evidence);
        if self.two.cause.is_none()
            && let Some(blocked) = blocked
        {
            if let Some(hop) = self.two.hops.last_mut() {
                hop.finding = Some(blocked.finding.code());
                hop.owner = blocked.finding.owner();
            }
            self.two.cause = Some(blocked);
        }
        self.broken_at.get_or_insert(id);
    }

    fn behind(&mut self, id: HopId) {
        let hop = self.broken_at.unwrap_or(HopId::Endpoints);
        self.hop(id, State::NotNeeded, vec![Evidence::new(Source::Inference, Fact::Behind { hop })]);
    }

    fn unknown<T>(&mut self, id: HopId, scene: &Scene, plural: &'static str, seen: &Seen<T>) {
        let evidence = seen.unavailable().map(|why| {
            let fact = Fact::CouldNotLook { what: Subject::Resource(plural), why: why.clone() };
            Evidence::new(Source::ApiServer, fact)
        });
        self.hop(id, State::Unknown, evidence.into_iter().collect());
        let known: Vec<_> = self.two.unobserved.iter().map(|unobserved| unobserved.what).collect();
        self.two.unobserved.extend(unread(scene, plural, seen).filter(|unobserved| !known.contains(&unobserved.what)));
    }
}

/// Walks stage 2 of one port as it is configured.
pub fn walk(scene: &Scene, objects: &Objects, port: &ServicePort) -> StageTwo {
    let service = &objects.service;
    let mut walk = Walk::default();
    let found = objects.slices.known().map(|slices| backends(slices, port));
    let mut own = vec![service_port(objects, port)];
    own.extend(notes::of(objects, found.as_ref()));
    walk.hop(HopId::Service, State::Present, own);

    if service.spec.selector.is_empty() {
        walk.hop(HopId::Selector, State::NotNeeded, vec![Evidence::new(Source::Api("Service"), Fact::NoSelector)]);
        manual(&mut walk, scene, objects, port, found.as_ref());
    } else {
        // Endpoints made by hand serve as well: then the selector is not what is missing.
        let served = found.as_ref().is_some_and(|found| found.ready().count() > 0);
        selector(&mut walk, scene, objects, served);
        endpoints(&mut walk, scene, objects, port, found.as_ref());
    }
    let partial = found.as_ref().and_then(|found| partial(scene, objects, port, found));
    let ready = found.map(taking_traffic).unwrap_or_default();
    let undecided = ready.is_empty() && walk.two.cause.is_none();
    let pending = objects.slices.is_pending() || (undecided && (objects.pods.is_pending() || walk.two.pending));
    let broken = walk.two.hops.iter().any(|hop| hop.state == State::Missing);
    let unexplained = broken && walk.two.cause.is_none() && !pending;
    StageTwo { partial, ready, pending, unexplained, ..walk.two }
}

/// The ready ones; where there are none, those on their way out that still serve.
fn taking_traffic(found: Backends) -> Vec<Backend> {
    let any_ready = found.ready().next().is_some();
    found.all.into_iter().filter(|backend| if any_ready { backend.ready } else { backend.serving_out }).collect()
}

fn service_port(objects: &Objects, port: &ServicePort) -> Evidence {
    Evidence::new(
        Source::Api("Service"),
        Fact::ServicePort {
            kind: objects.service.spec.kind.clone(),
            port: port.port,
            node_port: port.node_port,
            target: port.target_port.to_string(),
            protocol: port.protocol.clone(),
        },
    )
}

fn selector(walk: &mut Walk, scene: &Scene, objects: &Objects, served: bool) {
    match &objects.pods {
        Seen::Known(pods) if pods.is_empty() && served => {
            let fact = Fact::Selects { selector: show(&objects.service.spec.selector), pods: 0 };
            walk.hop(HopId::Selector, State::NotNeeded, vec![Evidence::new(Source::Api("Pods"), fact)]);
        }
        // Nor is it known to be where nobody could look for such endpoints.
        Seen::Known(pods) if pods.is_empty() && objects.slices.unavailable().is_some() => {
            let none = workload::explain(scene, &objects.service);
            walk.two.unobserved.extend(none.unobserved);
            walk.two.pending = none.pending;
            walk.hop(HopId::Selector, State::Unknown, none.evidence);
        }
        Seen::Known(pods) if pods.is_empty() => {
            let none = workload::explain(scene, &objects.service);
            walk.two.unobserved.extend(none.unobserved);
            walk.two.pending = none.pending;
            walk.missing(HopId::Selector, none.evidence, none.blocked);
        }
        Seen::Known(pods) => {
            let fact = Fact::Selects { selector: show(&objects.service.spec.selector), pods: pods.len() };
            walk.hop(HopId::Selector, State::Present, vec![Evidence::new(Source::Api("Pods"), fact)]);
        }
        other => walk.unknown(HopId::Selector, scene, "pods", other),
    }
}

fn endpoints(walk: &mut Walk, scene: &Scene, objects: &Objects, port: &ServicePort, found: Option<&Backends>) {
    let Some(found) = found else {
        walk.unknown(HopId::Endpoints, scene, "endpointslices.discovery.k8s.io", &objects.slices);
        pods(walk, scene, objects, port, false);
        return;
    };
    let ready = found.ready().count();
    let serving_out = found.all.iter().any(|backend| backend.serving_out);
    let no_slices = objects.slices.known().is_some_and(Vec::is_empty);
    let counted = counted(found);
    if ready > 0 || serving_out {
        walk.hop(HopId::Endpoints, State::Present, vec![counted]);
    } else if no_slices && walk.broken_at.is_none() {
        // The controller leaves an empty slice even when nothing matches (S4).
        let finding = Finding::EndpointSliceControllerNotRunning { name: objects.service.metadata.name.clone() };
        let command =
            scene.kubectl.cluster(&["-n", "kube-system", "get", "pods", "-l", "component=kube-controller-manager"]);
        let remedies = vec![Remedy::new(Action::ShowControllerManager, command)];
        let evidence = vec![Evidence::new(Source::Api("EndpointSlice"), Fact::NoSlices)];
        walk.missing(HopId::Endpoints, evidence, Some(Blocked { finding, remedies }));
        // Not for certain: see the judge.
        if let Some(hop) = walk.two.hops.last_mut() {
            hop.state = State::Unknown;
        }
    } else if found.all.is_empty() && found.whatever_port > 0 && matches!(port.target_port, PortRef::Name(_)) {
        let (evidence, blocked) = unresolved(scene, objects, port);
        walk.missing(HopId::Endpoints, vec![evidence], Some(blocked));
    } else if walk.broken_at.is_some() {
        walk.missing(HopId::Endpoints, vec![counted], None);
    } else if let Some(blocked) = left_out(scene, objects, found) {
        walk.missing(HopId::Endpoints, vec![counted], Some(blocked));
        // It may be there in a second: see the judge.
        if let Some(hop) = walk.two.hops.last_mut() {
            hop.state = State::Unknown;
        }
    } else {
        // Pods match and none of them takes traffic: the Pods say why.
        let reason = first_not_ready(scene, objects, port);
        let by_node =
            reason.as_ref().is_some_and(|reason| matches!(reason.blocked.finding, Finding::NodeNotReady { .. }));
        if reason.is_some() && !by_node {
            walk.hop(
                HopId::Endpoints,
                State::Missing,
                vec![counted, Evidence::new(Source::Inference, Fact::Behind { hop: HopId::Pods })],
            );
        } else {
            let evidence = reason.iter().map(|reason| reason.evidence.clone());
            let evidence = evidence.chain([counted]).collect();
            walk.missing(HopId::Endpoints, evidence, reason.map(|reason| reason.blocked));
        }
    }
    pods(walk, scene, objects, port, ready > 0);
}

fn pods(walk: &mut Walk, scene: &Scene, objects: &Objects, port: &ServicePort, served: bool) {
    if matches!(walk.broken_at, Some(HopId::Selector)) || walk.two.cause.is_some() {
        walk.behind(HopId::Pods);
        return;
    }
    let Seen::Known(all) = &objects.pods else {
        walk.unknown(HopId::Pods, scene, "pods", &objects.pods);
        return;
    };
    // A Pod that is on its way out says Ready for a while; where no endpoint takes traffic,
    // it is why.
    let no_endpoint = walk.two.hops.iter().any(|hop| hop.id == HopId::Endpoints && hop.state == State::Missing);
    let is_up = |pod: &&Shared<Pod>| pod.is_ready() && !(no_endpoint && pod.metadata.deletion_timestamp.is_some());
    let ready = all.iter().filter(is_up).count();
    if ready > 0 {
        let name = all.iter().find(is_up).map(|pod| pod.metadata.name.clone()).unwrap_or_default();
        // What has ended (a Job's Pod, say) is no part of the Service any more.
        let total = all.iter().filter(|pod| !pod.has_ended()).count();
        let fact = Fact::PodsReady { ready, total, name };
        walk.hop(HopId::Pods, State::Present, vec![Evidence::new(Source::Api("Pod"), fact)]);
        return;
    }
    // Those that take the traffic may be on a page that was not read.
    if served && all.len() >= PAGE {
        walk.hop(HopId::Pods, State::Unknown, Vec::new());
        return;
    }
    match first_not_ready(scene, objects, port) {
        // Endpoints are there all the same: publishNotReadyAddresses.
        Some(reason) if objects.service.spec.publish_not_ready_addresses => {
            walk.hop(HopId::Pods, State::Unknown, vec![reason.evidence]);
        }
        // The slice is what decides where traffic goes.
        Some(reason) if served => {
            walk.two.unobserved.extend(reason.unobserved);
            walk.hop(HopId::Pods, State::Unknown, vec![reason.evidence]);
            walk.two.doubt = Some(reason.blocked);
        }
        Some(reason) => {
            walk.two.unobserved.extend(reason.unobserved);
            walk.missing(HopId::Pods, vec![reason.evidence], Some(reason.blocked));
            // No scheduler has spoken: it may do so in a second.
            let cause = walk.two.cause.as_ref();
            let unsure = cause.is_some_and(|cause| matches!(cause.finding, Finding::SchedulerNotRunning { .. }));
            if let Some(hop) = walk.two.hops.last_mut().filter(|_| unsure) {
                hop.state = State::Unknown;
            }
        }
        None if objects.nodes.unavailable().is_some() => walk.unknown(HopId::Pods, scene, "nodes", &objects.nodes),
        None => walk.hop(HopId::Pods, State::Unknown, Vec::new()),
    }
}

/// How many endpoints there are for the port, and the first that takes traffic.
fn counted(found: &Backends) -> Evidence {
    let first = found.ready().next().and_then(|backend| Some(format!("{}:{}", backend.ip?, backend.port)));
    let fact = Fact::Endpoints { ready: found.ready().count(), total: found.all.len(), first };
    Evidence::new(Source::Api("EndpointSlice"), fact)
}

fn first_not_ready(scene: &Scene, objects: &Objects, port: &ServicePort) -> Option<pod::NotReady> {
    let pods = objects.pods.known()?;
    // A Pod that has ended or is going away explains nothing while another one lives.
    let (gone, alive): (Vec<_>, Vec<_>) = pods.iter().partition(|pod| pod.is_gone());
    let found = |pod: &&Shared<Pod>| Some((**pod).clone()).zip(pod::explain(scene, pod, &objects.nodes));
    // One that only starts explains less than one that fails.
    let reasons = alive.into_iter().chain(gone).filter_map(|pod| found(&pod)).take(MAX_REASONS);
    let (pod, mut reason) =
        reasons.min_by_key(|(_, reason)| matches!(reason.blocked.finding, Finding::PodStarting { .. }))?;
    // A probe that asks another port than the traffic goes to is no fault of its own; where
    // that port refuses, it is what to look at first.
    if let Finding::ReadinessProbeFailing { message, probe_port, target_port, .. } = &mut reason.blocked.finding
        && message.contains("connection refused")
    {
        let target = pod.port_number(&port.target_port);
        *target_port = target.filter(|target| probe_port.is_some_and(|asked| asked != *target));
    }
    Some(reason)
}

/// Patches one port of the Service to another target port.
pub fn set_target_port(scene: &Scene, objects: &Objects, port: &ServicePort, to: &str) -> Remedy {
    let quoted = if to.parse::<u16>().is_ok() { to.to_owned() } else { format!("\"{to}\"") };
    let command = scene.kubectl.patch_port(&objects.service, port, ("targetPort", &quoted), None);
    Remedy::new(Action::SetTargetPort { port: to.into() }, command)
}

/// A Service without a selector: somebody else makes the slices (S10).
fn manual(walk: &mut Walk, scene: &Scene, objects: &Objects, port: &ServicePort, found: Option<&Backends>) {
    let Some(found) = found else {
        walk.unknown(HopId::Endpoints, scene, "endpointslices.discovery.k8s.io", &objects.slices);
        walk.hop(HopId::Pods, State::NotNeeded, vec![Evidence::new(Source::Api("Service"), Fact::NoSelector)]);
        return;
    };
    let name = objects.service.metadata.name.clone();
    let label = format!("kubernetes.io/service-name={name}");
    let show = || {
        let command = scene.kubectl.call(&["get", "endpointslices", "-l", &label, "-o", "yaml"]);
        vec![Remedy::new(Action::ShowSlices, command)]
    };
    let ready = found.ready().count();
    let counted = counted(found);
    if ready > 0 {
        walk.hop(HopId::Endpoints, State::Present, vec![counted]);
    } else if let Some(finding) = objects.slices.known().and_then(|slices| misfit(slices, port)) {
        walk.missing(HopId::Endpoints, vec![counted], Some(Blocked { finding, remedies: show() }));
    } else if found.all.is_empty() && found.whatever_port > 0 {
        let slice_names = objects.slices.known().map(|slices| port_names(slices)).unwrap_or_default();
        let finding = Finding::ManualEndpointPortName { port_name: port.name.clone(), slice_names };
        walk.missing(HopId::Endpoints, vec![counted], Some(Blocked { finding, remedies: show() }));
    } else {
        let finding = Finding::ManualEndpointsMissing { name };
        walk.missing(HopId::Endpoints, vec![counted], Some(Blocked { finding, remedies: show() }));
    }
    walk.hop(HopId::Pods, State::NotNeeded, vec![Evidence::new(Source::Api("Service"), Fact::NoSelector)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::{Answers, Asking};
    use crate::ask::Why;
    use crate::remedy::Kubectl;

    /// Stage 2 of a Service whose only endpoint, if any, takes no traffic.
    fn walked(endpoints: &str, pods: Seen<Vec<Shared<Pod>>>) -> StageTwo {
        let service = r#"{"metadata":{"name":"web"},"spec":{"type":"ClusterIP","selector":{"app":"web"},
            "ports":[{"port":80,"targetPort":8080}]}}"#;
        let slice =
            format!(r#"{{"addressType":"IPv4","ports":[{{"name":"","port":8080}}],"endpoints":[{endpoints}]}}"#);
        let service: crate::fact::cluster::Service = serde_json::from_str(service).unwrap();
        let slice: crate::fact::cluster::EndpointSlice = serde_json::from_str(&slice).unwrap();
        let port = service.spec.ports[0].clone();
        let (slices, nodes) = (Seen::Known(vec![slice.into()]), Seen::Pending);
        let objects = Objects { service: service.into(), slices, pods, nodes };
        let (answers, kubectl) = (Answers::default(), Kubectl::default());
        let asking = Asking::new(&answers);
        let scene = Scene { asking: &asking, place: None, kubectl: &kubectl, namespace: "web" };
        walk(&scene, &objects, &port)
    }

    #[test]
    fn endpoints_that_are_missing_without_a_reason_are_not_explained() {
        let forbidden = || Seen::Unavailable(Why::TimedOut);
        let idle = r#"{"addresses":["10.244.0.5"],"conditions":{"ready":false}}"#;
        for endpoints in ["", idle] {
            let two = walked(endpoints, forbidden());
            let hop = two.hops.iter().find(|hop| hop.id == HopId::Endpoints).unwrap();
            assert_eq!((hop.state, hop.finding), (State::Missing, None));
            assert!(two.cause.is_none() && two.unexplained && !two.pending, "{endpoints}");
        }
        // Whole, as far as it could be read; explained; or not yet known.
        let taking = r#"{"addresses":["10.244.0.5"],"conditions":{"ready":true}}"#;
        assert!(!walked(taking, forbidden()).unexplained);
        let pod: Pod = serde_json::from_str(r#"{"metadata":{"name":"web"},"status":{"phase":"Failed"}}"#).unwrap();
        let two = walked(idle, Seen::Known(vec![pod.into()]));
        assert!(two.cause.is_some() && !two.unexplained);
        assert!(!walked(idle, Seen::Pending).unexplained);
    }
}
