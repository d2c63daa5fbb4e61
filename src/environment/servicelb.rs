//! k3s's own load balancer, ServiceLB: a DaemonSet per Service of type LoadBalancer, whose
//! Pods take the Service's own ports on their nodes (hostPort). No other environment's file
//! says how k3s serves such a Service: k3d and a bare k3s share this one.
//!
//! Facts: k3s-io/k3s @0821db5a, `pkg/cloudprovider/servicelb.go`: newDaemonSet (labels,
//! hostPort, node selector), podIPs (the status has the addresses of the nodes with a ready
//! Pod). A Service that names a loadBalancerClass never comes here: the controller that all
//! cloud providers share leaves it alone.

use std::net::IpAddr;

use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::{Finding, LbBecause};
use crate::diagnose::{Scene, pod};
use crate::environment::{Blocked, Wanted};
use crate::fact::cluster::{
    DaemonSet, Labels, Node, Pod, Service, ServicePort, daemonsets, nodes, pods_by, some_services,
};
use crate::fact::read::Shared;
use crate::remedy::Kubectl;
use crate::report::{Action, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State, Subject};

/// Where its DaemonSets are, unless k3s was started with `--servicelb-namespace`.
const NAMESPACE: &str = "kube-system";
/// Name and namespace of the Service, on each of its Pods.
const NAME_LABEL: &str = "svccontroller.k3s.cattle.io/svcname";
const NAMESPACE_LABEL: &str = "svccontroller.k3s.cattle.io/svcnamespace";

/// What ServiceLB makes of a Service.
pub enum ServiceLb {
    /// Too early to say.
    Pending,
    /// Its Pods could not be read.
    Unread(Why),
    /// Nothing of it is there for this Service: it is turned off, or leaves the Service to
    /// somebody else.
    Absent,
    /// It is there, and takes the Service's ports on no node.
    Down {
        /// What was seen.
        evidence: Evidence,
        /// Why; `None` while it may only be starting.
        blocked: Option<Box<Blocked>>,
    },
    /// Its Pods take the Service's ports on these nodes.
    Ready {
        /// The nodes.
        nodes: Vec<String>,
        /// How many Pods there are.
        total: usize,
    },
}

impl ServiceLb {
    /// Whether the Service's own port is taken for this very Service on a node. Elsewhere the
    /// same port may be another Service's: whoever answers there is a stranger.
    pub fn takes_on(&self, node: &str) -> bool {
        matches!(self, Self::Ready { nodes, .. } if nodes.iter().any(|own| own == node))
    }

    /// The hop "the node takes traffic for the Service at its own port", with what closes it.
    pub fn hop(&self, port: u16) -> (Hop, Option<Blocked>) {
        let hop = |state, evidence: Vec<Evidence>, finding| {
            let (id, stage, owner) = (HopId::NodePort, Stage::Two, Owner::Kubernetes);
            Hop { id, stage, owner, state, evidence, finding }
        };
        match self {
            Self::Pending => (hop(State::Unknown, Vec::new(), None), None),
            Self::Unread(why) => {
                let fact = Fact::CouldNotLook { what: Subject::Resource("pods"), why: why.clone() };
                (hop(State::Unknown, vec![Evidence::new(Source::ApiServer, fact)], None), None)
            }
            Self::Absent => {
                (hop(State::Unknown, vec![Evidence::new(Source::Api("Pods"), Fact::ServiceLbAbsent)], None), None)
            }
            Self::Down { evidence, blocked } => {
                let state = if blocked.is_some() { State::Missing } else { State::Unknown };
                let code = blocked.as_ref().map(|blocked| blocked.finding.code());
                (hop(state, vec![evidence.clone()], code), blocked.as_deref().cloned())
            }
            Self::Ready { nodes, total } => {
                let fact = Fact::ServiceLbReady { port, ready: nodes.len(), total: *total };
                (hop(State::Present, vec![Evidence::new(Source::Api("Pods"), fact)], None), None)
            }
        }
    }
}

/// What ServiceLB makes of the Service that a road is wanted to.
pub fn look(asking: &Asking, wanted: &Wanted) -> ServiceLb {
    let meta = &wanted.service.metadata;
    if meta.name.is_empty() {
        return ServiceLb::Absent; // it stands for an address in a status
    }
    let of = [(NAME_LABEL, &meta.name), (NAMESPACE_LABEL, &meta.namespace)];
    let of: Labels = of.into_iter().map(|(label, value)| (label.to_owned(), value.clone())).collect();
    let pods = match pods_by(asking, NAMESPACE, &of) {
        Seen::Known(pods) => pods,
        Seen::Pending => return ServiceLb::Pending,
        Seen::Absent => Vec::new(),
        Seen::Unavailable(why) => return ServiceLb::Unread(why),
    };
    let ready = |pod: &&Shared<Pod>| pod.is_ready() && !pod.is_gone();
    let on: Vec<String> = pods.iter().filter(ready).filter_map(|pod| pod.spec.node_name.clone()).collect();
    if !on.is_empty() {
        return ServiceLb::Ready { nodes: on, total: pods.len() };
    }
    match pods.iter().find(|pod| !pod.is_gone()).or(pods.first()) {
        Some(pod) => waiting(asking, wanted, pod),
        None => without_pods(asking, wanted, &of),
    }
}

/// A Pod that is not ready. Like any other Pod it says why itself; that its host port is
/// taken has a meaning of its own here (k3s#436).
fn waiting(asking: &Asking, wanted: &Wanted, pod: &Pod) -> ServiceLb {
    let kubectl = Kubectl { namespace: Some(NAMESPACE.into()), ..wanted.kubectl.clone() };
    let scene = Scene { asking, place: None, kubectl: &kubectl, namespace: NAMESPACE };
    let Some(reason) = pod::explain(&scene, pod, &nodes(asking)) else { return ServiceLb::Pending };
    let (evidence, name) = (reason.evidence, pod.metadata.name.clone());
    let taken = matches!(&reason.blocked.finding,
        Finding::PodUnschedulable { reasons, .. } if reasons.contains(&pod::Unfit::HostPort));
    let blocked = match reason.blocked.finding {
        _ if taken => Some(port_taken(asking, wanted, name)),
        // It may be ready in a second.
        Finding::PodStarting { .. } | Finding::SchedulerNotRunning { .. } => None,
        finding => {
            let because = LbBecause::Pod { pod: name, cause: finding.code() };
            Some(Blocked { finding: not_ready(wanted, because), remedies: reason.blocked.remedies })
        }
    };
    ServiceLb::Down { evidence, blocked: blocked.map(Box::new) }
}

/// Another Pod has the host port: nearly always that of another LoadBalancer Service with
/// the same port, Traefik's 80 and 443 first of all.
fn port_taken(asking: &Asking, wanted: &Wanted, pod: String) -> Blocked {
    let own = &wanted.service.metadata;
    let services = some_services(asking);
    let balanced = || {
        let all = services.known().into_iter().flatten();
        all.filter(|service| service.spec.kind == "LoadBalancer")
            .filter(|service| (&service.metadata.namespace, &service.metadata.name) != (&own.namespace, &own.name))
    };
    // One Pod takes all ports of the Service: any of them may be the one.
    let ports = &wanted.service.spec.ports;
    let clash = balanced().find_map(|service| {
        let same = |own: &ServicePort| {
            service.spec.ports.iter().any(|other| other.port == own.port && other.is_tcp() == own.is_tcp())
        };
        Some((format!("{}/{}", service.metadata.namespace, service.metadata.name), ports.iter().position(same)?))
    });
    let index = clash.as_ref().map(|(_, index)| *index).or((ports.len() == 1).then_some(0));
    let used = |number: u16| balanced().flat_map(|service| &service.spec.ports).any(|port| port.port == number);
    let move_to = index.filter(|_| services.known().is_some()).and_then(|index| {
        let number = ports[index].port;
        let first = if number < 1024 { number + 8000 } else { number.checked_add(1)? };
        let free = (first..u16::MAX).find(|number| !used(*number))?;
        let patch = format!(r#"[{{"op":"replace","path":"/spec/ports/{index}/port","value":{free}}}]"#);
        let command = wanted.kubectl.call(&["patch", "service", &own.name, "--type=json", "-p", &patch]);
        Some(Remedy::new(Action::SetServicePort { from: number, to: free }, command))
    });
    let remedies = move_to.into_iter().chain(wanted.port_forward()).collect();
    let by = clash.map(|(by, _)| by);
    Blocked { finding: not_ready(wanted, LbBecause::PortTaken { pod, by }), remedies }
}

/// No Pod at all: no node may have one, or there is no DaemonSet for the Service.
fn without_pods(asking: &Asking, wanted: &Wanted, of: &Labels) -> ServiceLb {
    let all = match daemonsets(asking, NAMESPACE) {
        Seen::Known(all) => all,
        Seen::Pending => return ServiceLb::Pending,
        Seen::Absent => return ServiceLb::Absent,
        Seen::Unavailable(why) => return ServiceLb::Unread(why),
    };
    let own = |set: &&Shared<DaemonSet>| {
        let labels = &set.spec.template.metadata.labels;
        of.iter().all(|(label, value)| labels.get(label) == Some(value))
    };
    let Some(set) = all.iter().find(own) else { return ServiceLb::Absent };
    let selector = &set.spec.template.spec.node_selector;
    let pairs: Vec<String> = selector.iter().map(|(label, value)| format!("{label}={value}")).collect();
    let fact = Fact::ServiceLbNoPod { name: set.metadata.name.clone(), selector: pairs.join(",") };
    let evidence = Evidence::new(Source::Api("DaemonSet"), fact);
    // Without a selector a DaemonSet comes to every node that no taint closes: it may be
    // about to.
    if set.status.desired_number_scheduled > 0 || selector.is_empty() {
        return ServiceLb::Down { evidence, blocked: None };
    }
    let nodes = nodes(asking);
    let first = nodes.known().and_then(|nodes| nodes.first());
    let label = first.map(|node| {
        let mut words = vec!["label", "node", &node.metadata.name];
        words.extend(pairs.iter().map(String::as_str));
        words.push("--overwrite");
        let action = Action::LabelNode { node: node.metadata.name.clone(), label: pairs.join(",") };
        Remedy::new(action, wanted.kubectl.cluster(&words))
    });
    let finding = not_ready(wanted, LbBecause::NoNode { selector: pairs.join(",") });
    let remedies = label.into_iter().chain(wanted.port_forward()).collect();
    ServiceLb::Down { evidence, blocked: Some(Box::new(Blocked { finding, remedies })) }
}

fn not_ready(wanted: &Wanted, because: LbBecause) -> Finding {
    let meta = &wanted.service.metadata;
    let service = format!("{}/{}", meta.namespace, meta.name);
    Finding::ServiceLbNotReady { service, port: wanted.port.port, because }
}

/// The addresses of a Service's load balancer, each with the node whose own address it is:
/// the external ones of the nodes with a ready Pod, or, where no node has any, the internal
/// ones; 127.0.0.1 where k3s runs without root. An address of no node is somebody else's:
/// another provider's, or that of a node which has another one by now.
pub fn addresses(service: &Service, nodes: &Seen<Vec<Shared<Node>>>) -> Vec<(IpAddr, Option<String>)> {
    let all = service.status.load_balancer.ingress.iter().filter_map(|ingress| ingress.ip.as_deref()?.parse().ok());
    let has = |node: &&Shared<Node>, ip: IpAddr| {
        let mut own = node.status.addresses.iter().filter(|own| own.kind.ends_with("IP"));
        own.any(|own| own.address.parse() == Ok(ip))
    };
    let node_at = |ip| {
        let node = nodes.known()?.iter().find(|node| has(node, ip))?;
        Some(node.metadata.name.clone())
    };
    all.map(|ip| (ip, node_at(ip))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answers;
    use crate::ask::{Ask, Raw};
    use crate::request::Viewer;
    use serde_json::{Value, json};

    const OF_WEB: &str =
        "labelSelector=svccontroller.k3s.cattle.io%2Fsvcname%3Dweb%2Csvccontroller.k3s.cattle.io%2Fsvcnamespace%3Dshop";

    /// What is made of the Service shop/web with port 80.
    fn looked<T>(pods: Value, sets: Value, services: Value, read: impl FnOnce(ServiceLb) -> T) -> T {
        let mut answers = Answers::default();
        let service: Service = serde_json::from_value(json!({ "metadata": { "name": "web", "namespace": "shop" },
            "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] } }))
        .unwrap();
        let kubectl = Kubectl::default();
        let wanted = Wanted {
            service: &service,
            port: &service.spec.ports[0],
            endpoint_nodes: &[],
            kubectl: &kubectl,
            viewer: Viewer::Here,
            host_port: false,
        };
        loop {
            let asking = Asking::new(&answers);
            let seen = look(&asking, &wanted);
            let wants = asking.into_wants();
            if wants.is_empty() {
                return read(seen);
            }
            for want in wants {
                let Ask::Api(path) = &want.ask else { panic!("asks {:?}", want.ask) };
                let list = |kind: &str, items: &Value| json!({ "kind": kind, "items": items });
                let body = match path.as_str() {
                    path if path.contains("/pods") => {
                        assert!(path.contains("/namespaces/kube-system/") && path.contains(OF_WEB), "{path}");
                        list("PodList", &pods)
                    }
                    path if path.contains("/events") => list("EventList", &json!([])),
                    path if path.contains("/daemonsets") => list("DaemonSetList", &sets),
                    path if path.contains("/services") => list("ServiceList", &services),
                    path if path.contains("/nodes") => list("NodeList", &json!([{ "metadata": { "name": "n0" } }])),
                    path => panic!("asks {path}"),
                };
                let observed = Ok(Some(Raw::Http { status: 200, body: body.to_string().into() }));
                answers.insert(want.ask.clone(), want.distil(observed));
            }
        }
    }

    fn pod(node: &str, ready: bool, message: &str) -> Value {
        let mut conditions = vec![json!({ "type": "Ready", "status": if ready { "True" } else { "False" } })];
        if !message.is_empty() {
            let reason = "Unschedulable";
            conditions.push(json!({ "type": "PodScheduled", "status": "False", "reason": reason, "message": message }));
        }
        json!({ "metadata": { "name": format!("svclb-web-{node}") },
            "spec": { "nodeName": if message.is_empty() { json!(node) } else { json!(null) }, "containers": [{ "name": "lb-tcp-80" }] },
            "status": { "phase": if ready { "Running" } else { "Pending" }, "conditions": conditions } })
    }

    fn set(desired: u32, selector: Value) -> Value {
        json!({ "metadata": { "name": "svclb-web-0a1b2c3d" },
            "spec": { "template": { "metadata": { "labels": { NAME_LABEL: "web", NAMESPACE_LABEL: "shop" } },
                "spec": { "nodeSelector": selector } } },
            "status": { "desiredNumberScheduled": desired, "numberReady": 0 } })
    }

    fn code(seen: &ServiceLb) -> Option<&'static str> {
        match seen {
            ServiceLb::Down { blocked, .. } => Some(blocked.as_ref()?.finding.code().as_str()),
            _ => None,
        }
    }

    /// The scheduler's words for a host port that another Pod has, as it says them of the
    /// Pod of a DaemonSet on two nodes.
    const TAKEN: &str = "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 \
                         node(s) didn't satisfy plugin(s) [NodeAffinity].";

    /// K1, 2.5: the port is open where a Pod of this Service is ready, and only there.
    #[test]
    fn the_port_is_taken_where_a_pod_is_ready() {
        let pods = json!([pod("n0", true, ""), pod("n1", false, "")]);
        looked(pods, json!([]), json!([]), |seen| {
            assert!(seen.takes_on("n0") && !seen.takes_on("n1"));
            let (hop, blocked) = seen.hop(80);
            assert_eq!((hop.state, hop.owner, blocked), (State::Present, Owner::Kubernetes, None));
        });
    }

    /// K5: the Pod waits for a port that another LoadBalancer Service has; one with another
    /// port is not named, nor is one for UDP.
    #[test]
    fn a_host_port_of_another_service_is_named() {
        let service = |namespace: &str, name: &str, kind: &str, port: u16, protocol: &str| {
            json!({ "metadata": { "name": name, "namespace": namespace },
                "spec": { "type": kind, "ports": [{ "port": port, "protocol": protocol }] } })
        };
        let own = service("shop", "web", "LoadBalancer", 80, "TCP");
        let traefik = service("kube-system", "traefik", "LoadBalancer", 80, "TCP");
        for (other, by) in [
            (traefik, Some("kube-system/traefik")),
            (service("kube-system", "traefik", "LoadBalancer", 443, "TCP"), None),
            (service("kube-system", "traefik", "LoadBalancer", 80, "UDP"), None),
            (service("kube-system", "traefik", "ClusterIP", 80, "TCP"), None),
        ] {
            let taken = service("x", "y", "LoadBalancer", 8080, "TCP");
            looked(json!([pod("n0", false, TAKEN)]), json!([]), json!([own, other, taken]), |seen| {
                assert_eq!(code(&seen), Some("K114"));
                let (hop, blocked) = seen.hop(80);
                assert_eq!((hop.state, hop.owner), (State::Missing, Owner::Kubernetes));
                let blocked = blocked.unwrap();
                let Finding::ServiceLbNotReady { because: LbBecause::PortTaken { by: named, .. }, .. } =
                    &blocked.finding
                else {
                    panic!("{:?}", blocked.finding);
                };
                assert_eq!(named.as_deref(), by);
                // 8080 is taken as well.
                let patch = blocked.remedies[0].commands[0].last().unwrap();
                assert_eq!(patch, r#"[{"op":"replace","path":"/spec/ports/0/port","value":8081}]"#);
            });
        }
    }

    /// A Pod that waits for something else says so, and one that only starts is no fault.
    #[test]
    fn another_trouble_of_the_pod_is_its_own() {
        let cpu = "0/1 nodes are available: 1 Insufficient cpu.";
        looked(json!([pod("n0", false, cpu)]), json!([]), json!([]), |seen| {
            let (_, blocked) = seen.hop(80);
            let Finding::ServiceLbNotReady { because: LbBecause::Pod { cause, .. }, .. } = blocked.unwrap().finding
            else {
                panic!("another reason");
            };
            assert_eq!(cause.as_str(), "K211");
        });
        let mut starting = pod("n0", false, "");
        starting["status"]["containerStatuses"] =
            json!([{ "name": "lb-tcp-80", "state": { "waiting": { "reason": "ContainerCreating" } } }]);
        looked(json!([starting]), json!([]), json!([]), |seen| {
            assert_eq!(code(&seen), None);
            assert_eq!(seen.hop(80).0.state, State::Unknown);
        });
    }

    /// K5: once any node has the label enablelb, only those with the value true are served.
    #[test]
    fn a_selector_that_no_node_has_excludes_all_of_them() {
        let enabled = json!({ "svccontroller.k3s.cattle.io/enablelb": "true" });
        looked(json!([]), json!([set(0, enabled.clone())]), json!([]), |seen| {
            assert_eq!(code(&seen), Some("K114"));
            let (_, blocked) = seen.hop(80);
            let command = blocked.unwrap().remedies[0].commands[0].join(" ");
            assert_eq!(command, "kubectl label node n0 svccontroller.k3s.cattle.io/enablelb=true --overwrite");
        });
        // About to be scheduled, or not told by a selector.
        for sets in [json!([set(1, enabled)]), json!([set(0, json!({}))])] {
            looked(json!([]), sets, json!([]), |seen| {
                assert!(matches!(seen, ServiceLb::Down { blocked: None, .. }));
            });
        }
        looked(json!([]), json!([]), json!([]), |seen| assert!(matches!(seen, ServiceLb::Absent)));
    }

    /// K7: an address is a node's, or nobody knows whose.
    #[test]
    fn an_address_of_the_status_is_a_nodes() {
        let service: Service = serde_json::from_value(
            json!({ "status": { "loadBalancer": { "ingress": [{ "ip": "172.19.0.3" }, { "ip": "172.19.0.9" },
                { "hostname": "lb.example.com" }] } } }),
        )
        .unwrap();
        let node = json!({ "metadata": { "name": "n0" }, "status": { "addresses": [
            { "type": "InternalIP", "address": "172.19.0.3" }, { "type": "Hostname", "address": "172.19.0.9" }] } });
        let nodes = Seen::Known(vec![Shared::from(serde_json::from_value::<Node>(node).unwrap())]);
        let (node, other): (IpAddr, IpAddr) = ("172.19.0.3".parse().unwrap(), "172.19.0.9".parse().unwrap());
        assert_eq!(addresses(&service, &nodes), [(node, Some("n0".into())), (other, None)]);
        assert_eq!(addresses(&service, &Seen::Pending), [(node, None), (other, None)]);
    }

    /// An answer that is not there: then nobody says that it is down.
    #[test]
    fn what_cannot_be_read_is_unknown() {
        let seen = ServiceLb::Unread(Why::Forbidden { detail: "pods is forbidden".into() });
        let (hop, blocked) = seen.hop(80);
        assert_eq!((hop.state, blocked), (State::Unknown, None));
    }
}
