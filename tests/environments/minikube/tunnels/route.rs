//! R3: `minikube tunnel` by a route.

use netpath::fact::live::Outcome;
use netpath::report::State;
use netpath::request::Viewer;
use serde_json::json;

use super::{BY_NODE, BY_ROUTE, CLUSTER_IP, TUNNEL, load_balancer};
use crate::minikube::machine::{Machine, http_200, linux_docker, linux_kvm2, macos_vfkit};
use crate::minikube::truth::{KUBE_PROXY, PORT_FORWARD};
use crate::said::{reachable, reachable_at, shut, unsure};

/// A load balancer on this Linux, with the address that a tunnel gave it, if any.
fn linux(address: Option<&str>) -> Machine {
    let mut machine = linux_docker();
    machine.service("LoadBalancer", CLUSTER_IP, address);
    machine
}

/// The same without a node port: only the tunnel is left.
fn linux_only(address: Option<&str>) -> Machine {
    let mut machine = linux(address);
    machine.service_spec(|spec| spec["allocateLoadBalancerNodePorts"] = json!(false));
    machine.port(|port| {
        port.as_object_mut().expect("a port").remove("nodePort");
    });
    machine
}

/// A tunnel's route, and what answers behind it.
fn routed(mut machine: Machine, gateway: &'static str) -> Machine {
    machine.routes.push((CLUSTER_IP, Some("192.168.49.1"), Some(gateway)));
    machine.doors.push(("10.105.244.12:80", http_200()));
    machine
}

/// R3: without a tunnel the node port works at once (section A).
#[test]
fn r3_without_a_tunnel_the_node_port_works() {
    let report = reachable("r3-pending", &linux(None), BY_NODE);
    assert_eq!(load_balancer(&report).state, State::Missing);
    // Near-miss: without a node port the tunnel is what is missing.
    shut("r3-pending-only", &linux_only(None), "V201", &[TUNNEL, PORT_FORWARD]);
    let mut machine = linux_kvm2();
    machine.service("LoadBalancer", CLUSTER_IP, None);
    reachable("r3-pending-kvm2", &machine, "http://192.168.39.47:30080/");
    // Near-miss: the refused node port is Kubernetes's, and no tunnel would help.
    machine.doors.clear();
    unsure("r3-pending-refused", &machine, Some("K501"), &[KUBE_PROXY]);
}

/// R3: the route leads to the node.
#[test]
fn r3_a_tunnel_by_route_is_open() {
    let mut machine = routed(linux(Some(CLUSTER_IP)), "192.168.49.2");
    machine.process(4700, "minikube|tunnel");
    reachable_at("r3-route", &machine, &[BY_ROUTE, BY_NODE]);
}

/// Nobody may read the Nodes, and the profile's file is not readable either: the gateway may be
/// the node, so the address is not called stale.
#[test]
fn r3_a_gateway_that_nobody_knows_may_be_the_node() {
    let mut machine = routed(linux(Some(CLUSTER_IP)), "192.168.49.2");
    machine.doors.clear();
    machine.containers.clear();
    machine.server = "https://127.0.0.1:51000".into();
    machine.api.remove("/api/v1/nodes");
    machine.unreadable.extend(machine.files.keys().cloned());
    let said = machine.explain();
    let road = load_balancer(crate::machine::report(&said));
    assert_eq!(road.state, State::Unknown, "{road:?}");
}

/// R3, finding 1 of the real runs: a killed tunnel leaves a road that works. What
/// `tunnels.json` and the lock say of it changes nothing (traps 1 and 2).
#[test]
fn r3_a_killed_tunnel_leaves_a_road_that_works() {
    let mut machine = routed(linux(Some(CLUSTER_IP)), "192.168.49.2");
    let entry = r#"[{"Route":{"Gateway":"192.168.49.2","DestCIDR":{"IP":"10.96.0.0","Mask":"//AAAA=="}},
        "MachineName":"minikube","Pid":29815}]"#;
    machine.files.insert("~/.minikube/tunnels.json".into(), entry.into());
    machine.files.insert("~/.minikube/profiles/minikube/.tunnel_lock".into(), String::new());
    reachable_at("r3-killed", &machine, &[BY_ROUTE, BY_NODE]);
}

/// R3, trap 3: the address is still written and the route is lost (a reboot). The packet
/// would leave by the default route, so it is not sent.
#[test]
fn r3_a_lost_route_leaves_a_stale_address() {
    let mut machine = linux_only(Some(CLUSTER_IP));
    machine.doors.push(("10.105.244.12:80", Outcome::Response { status: Some(404), tls: false, ms: 9 }));
    shut("r3-route-lost", &machine, "V202", &[TUNNEL, PORT_FORWARD]);
    // Near-miss: with a node port the Service is reachable all the same.
    let mut machine = linux(Some(CLUSTER_IP));
    machine.doors.push(("10.105.244.12:80", Outcome::Response { status: Some(404), tls: false, ms: 9 }));
    reachable("r3-route-lost-node-port", &machine, BY_NODE);
}

/// R3: two clusters with one range of addresses; the route is the other one's (section D).
#[test]
fn r3_the_route_of_another_cluster_is_a_conflict() {
    let conflict = |address| {
        let mut machine = routed(linux_only(address), "192.168.58.2");
        let entry = r#"[{"Route":{"Gateway":"192.168.58.2","DestCIDR":{"IP":"10.96.0.0","Mask":"//AAAA=="}},
            "MachineName":"dev","Pid":29815}]"#;
        machine.files.insert("~/.minikube/tunnels.json".into(), entry.into());
        machine
    };
    // The other tunnel is gone: what it left, an own one cleans up.
    let tunnel = "minikube -p minikube tunnel [blocks, privileged]";
    shut("r3-conflict", &conflict(Some(CLUSTER_IP)), "V208", &[tunnel, PORT_FORWARD]);
    // It runs, and has to be ended first.
    let mut machine = conflict(Some(CLUSTER_IP));
    machine.process(29815, "minikube|-p|dev|tunnel");
    let instead = "kill -INT 29815 && minikube -p minikube tunnel [blocks, privileged]";
    shut("r3-conflict-alive", &machine, "V208", &[instead, PORT_FORWARD]);
    // The own tunnel stays pending then, and only says so in its terminal.
    let mut machine = conflict(None);
    machine.process(4700, "minikube|tunnel");
    let instead = "kill -INT 4700 && minikube -p minikube tunnel [blocks, privileged]";
    shut("r3-conflict-pending", &machine, "V208", &[instead, PORT_FORWARD]);
    // Whoever starts an own one meets the same.
    shut("r3-conflict-no-tunnel", &conflict(None), "V208", &[tunnel, PORT_FORWARD]);
}

/// R3, near-miss: a VPN has all of 10.0.0.0/8. The address is stale, and a tunnel's narrower
/// route would win; what answers now is a stranger.
#[test]
fn r3_the_route_of_a_vpn_is_no_conflict() {
    let machine = routed(linux_only(Some(CLUSTER_IP)), "10.8.0.1");
    shut("r3-vpn", &machine, "V202", &[TUNNEL, PORT_FORWARD]);
}

/// R3, finding 3: nothing is written in the first five seconds.
#[test]
fn r3_a_tunnel_that_starts_is_waited_for() {
    let mut machine = linux_only(None);
    machine.process(4700, "minikube|tunnel");
    unsure("r3-starting", &machine, Some("V209"), &["kubectl netpath explain svc/web", PORT_FORWARD]);
    // Near-miss: the tunnel of another profile.
    let mut machine = linux_only(None);
    machine.process(4700, "minikube|-p|dev|tunnel");
    shut("r3-pending-only", &machine, "V201", &[TUNNEL, PORT_FORWARD]);
    // Near-miss: without `-p` it is the active profile's.
    let mut machine = linux_only(None);
    machine.process(4700, "minikube|tunnel");
    machine.files.insert("~/.minikube/config/config.json".into(), r#"{"profile":"dev"}"#.into());
    shut("r3-pending-only", &machine, "V201", &[TUNNEL, PORT_FORWARD]);
}

/// R3 on macOS: the system tells the own address that a packet would carry, and no gateway.
#[test]
fn r3_a_route_is_told_by_the_own_address() {
    let mut machine = macos_vfkit();
    machine.service("LoadBalancer", CLUSTER_IP, Some(CLUSTER_IP));
    machine.routes.push((CLUSTER_IP, Some("192.168.64.1"), None));
    machine.doors.push(("10.105.244.12:80", http_200()));
    reachable_at("r3-macos", &machine, &[BY_ROUTE, "http://192.168.64.3:30080/"]);
    // Near-miss: the address of the default route.
    machine.routes[0].1 = Some("192.168.1.10");
    reachable("r3-macos-default-route", &machine, "http://192.168.64.3:30080/");
}

/// R16: a route is this computer's own; another one may have none.
#[test]
fn r16_from_the_lan_a_route_is_not_known() {
    let mut machine = routed(linux_only(Some(CLUSTER_IP)), "192.168.49.2");
    machine.viewer = Viewer::Lan;
    let report = unsure("r16-route", &machine, None, &[]);
    assert_eq!(load_balancer(&report).state, State::Unknown);
}
