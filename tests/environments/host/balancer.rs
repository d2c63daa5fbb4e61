//! LoadBalancer Services: ServiceLB of k3s, MetalLB, and nobody (2.5).

use netpath::report::{Owner, RoadId, State, Verdict};
use netpath::request::Viewer;
use serde_json::json;

use crate::host::machine::{Machine, NAME, OWN, URL, http_200, k0s, k3s, kubeadm, microk8s, report};
use crate::said::{reachable, reachable_at, shut, unsure};

const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const METALLB: &str = "microk8s enable metallb";
const ALLOCATE: &str = r#"kubectl patch service web -p {"spec":{"allocateLoadBalancerNodePorts":true}}"#;
const BALANCED: &str = "http://192.168.1.20:80/";

/// A Service of type LoadBalancer, with an address or without.
fn balanced(mut machine: Machine, address: Option<&str>) -> Machine {
    machine.service("LoadBalancer", "10.43.12.7", address);
    machine.no_servicelb();
    machine
}

/// 2.5: ServiceLB takes the Service's own port on this computer, and the status has its
/// address.
#[test]
fn servicelb_opens_the_services_own_port() {
    let mut machine = k3s();
    machine.servicelb(Some(NAME), "");
    let mut machine = balanced(machine, Some(OWN));
    machine.doors.push(("192.168.1.20:80", http_200()));
    let report = reachable_at("k3s-servicelb", &machine, &[BALANCED, URL]);
    assert_eq!(report.ports[0].roads[0].id, RoadId::LoadBalancer);
    // The status is a moment behind.
    let mut machine = balanced(machine, None);
    machine.servicelb(Some(NAME), "");
    reachable_at("k3s-servicelb-before-status", &machine, &[BALANCED, URL]);
}

/// 2.5, near-miss: the Pod of this Service is on another node. Whoever has the port here is a
/// stranger, and is not asked.
#[test]
fn servicelb_on_another_node_is_not_looked_for_here() {
    let mut machine = k3s();
    machine.second_node(true).servicelb(Some("desktop"), "");
    let mut machine = balanced(machine, Some(OWN));
    machine.doors.push(("192.168.1.20:80", http_200()));
    reachable("k3s-servicelb-elsewhere", &machine, URL);
}

/// K5: another Service has the port. That is Kubernetes', not a layer's.
#[test]
fn servicelb_without_its_port_is_kubernetes_own() {
    let mut machine = k3s();
    let taken = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
    machine.servicelb(None, taken);
    let mut machine = balanced(machine, None);
    // The node port opens it all the same.
    reachable("k3s-servicelb-taken-with-node-port", &machine, URL);
    machine.without_node_port();
    let patch =
        r#"kubectl patch service web --type=json -p [{"op":"replace","path":"/spec/ports/0/port","value":8080}]"#;
    let report = shut("k3s-servicelb-taken", &machine, "K114", &[patch, FORWARD]);
    assert_eq!(report.root().map(|found| found.finding.owner()), Some(Owner::Kubernetes));
}

/// 2.5: k3s with `--disable=servicelb`, and the others, which bring none along. The node port
/// opens it; without one, a program in the cluster is what is missing.
#[test]
fn without_a_program_no_load_balancer_has_an_address() {
    for (name, machine, opened_by) in [
        ("k3s-pending", k3s(), &[ALLOCATE, FORWARD][..]),
        ("microk8s-pending", microk8s(), &[ALLOCATE, METALLB, FORWARD]),
        ("k0s-pending", k0s(), &[ALLOCATE, FORWARD]),
        ("kubeadm-pending", kubeadm(), &[ALLOCATE, FORWARD]),
    ] {
        let mut machine = balanced(machine, None);
        reachable(&format!("{name}-with-node-port"), &machine, URL);
        machine.without_node_port();
        let report = shut(name, &machine, "K115", opened_by);
        assert_eq!(report.root().map(|found| found.finding.owner()), Some(Owner::Kubernetes), "{name}");
    }
}

/// Near-miss: MetalLB is there, and gives none. Its addresses are what to look at.
#[test]
fn metallb_that_gives_no_address_is_looked_at() {
    let mut machine = balanced(microk8s(), None);
    machine.without_node_port();
    let controller =
        json!({ "kind": "Deployment", "metadata": { "name": "controller", "namespace": "metallb-system" } });
    machine.api.insert("/apis/apps/v1/namespaces/metallb-system/deployments/controller".into(), controller);
    let pools = "kubectl -n metallb-system get ipaddresspools.metallb.io";
    shut("microk8s-metallb-pending", &machine, "K115", &[ALLOCATE, pools, FORWARD]);
}

/// Near-miss: a class of somebody else, whom no addon replaces.
#[test]
fn a_class_that_nobody_serves_is_named() {
    for (name, machine) in [("microk8s-class", microk8s()), ("k3s-class", k3s())] {
        let mut machine = machine;
        machine.servicelb(Some(NAME), "");
        let mut machine = balanced(machine, None);
        machine.without_node_port();
        machine.service_spec(|spec| spec["loadBalancerClass"] = json!("example.com/lb"));
        shut(name, &machine, "K115", &[ALLOCATE, FORWARD]);
    }
}

/// MetalLB's address in this computer's own network: a packet to it stays there.
#[test]
fn an_address_in_the_own_network_is_tried() {
    let mut machine = balanced(microk8s(), Some("192.168.1.240"));
    machine.doors.push(("192.168.1.240:80", http_200()));
    reachable_at("microk8s-metallb", &machine, &["http://192.168.1.240:80/", URL]);
    // Near-miss: one that no interface leads to is not asked.
    let machine = balanced(microk8s(), Some("10.64.140.43"));
    let report = reachable("microk8s-metallb-far", &machine, URL);
    let road = report.ports[0].roads.iter().find(|road| road.id == RoadId::LoadBalancer).expect("the road");
    assert_eq!((road.state, report.took.probes), (State::Unknown, 1));
}

/// Near-miss: 127.0.0.1 is what k3s without root says, and it listens at another port there.
#[test]
fn loopback_as_a_load_balancers_address_proves_nothing() {
    let mut machine = k3s();
    machine.servicelb(Some(NAME), "");
    let mut machine = balanced(machine, Some("127.0.0.1"));
    machine.doors = vec![("127.0.0.1:80", http_200())];
    let outcomes = machine.explain();
    assert_ne!(report(&outcomes).verdict, Verdict::Reachable);
    machine.doors.push(("192.168.1.20:30080", http_200()));
    reachable("k3s-rootless-address", &machine, URL);
}

/// A browser elsewhere: the address may be open to it, and that is not seen from here.
#[test]
fn another_computer_may_find_the_load_balancer() {
    let mut machine = k3s();
    machine.servicelb(Some(NAME), "");
    let mut machine = balanced(machine, Some(OWN));
    machine.viewer = Viewer::Lan;
    let report = unsure("k3s-servicelb-lan", &machine, None, &[]);
    assert!(report.ports[0].urls.is_empty());
}
