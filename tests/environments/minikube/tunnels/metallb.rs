//! R13: addresses that MetalLB, or somebody else, gives.

use netpath::fact::live::Outcome;
use netpath::report::{HopId, State};
use serde_json::json;

use super::{BY_NODE, CLUSTER_IP, load_balancer};
use crate::minikube::machine::{Machine, http_200, linux_docker, macos_docker};
use crate::minikube::truth::{PORT_FORWARD, SERVICE};
use crate::said::{reachable_at, shut, unsure};

/// R13: MetalLB's addresses are of the nodes' network: open where a node's address is.
#[test]
fn r13_metallb_is_as_open_as_its_nodes() {
    let metallb = |mut machine: Machine| {
        machine.config(|config| config["Addons"]["metallb"] = json!(true));
        machine.service("LoadBalancer", CLUSTER_IP, Some("192.168.49.100"));
        machine.doors.push(("192.168.49.100:80", http_200()));
        machine
    };
    reachable_at("r13-linux", &metallb(linux_docker()), &["http://192.168.49.100:80/", BY_NODE]);
    // Behind forwards it is shut by design; a tunnel would overwrite the address (5).
    let configure = "minikube -p minikube addons configure metallb";
    shut("r13-macos", &metallb(macos_docker()), "V203", &[SERVICE, PORT_FORWARD]);
    // Near-miss: MetalLB without a pool gives no address: its configuration is what is missing.
    let mut machine = metallb(macos_docker());
    machine.service("LoadBalancer", CLUSTER_IP, None);
    shut("r13-no-pool", &machine, "V201", &[configure, SERVICE, PORT_FORWARD]);
}

/// R13, near-miss: an address of a network that this computer is in by chance is not probed:
/// the node itself is not in it.
#[test]
fn r13_an_address_of_another_network_is_not_probed() {
    let mut machine = macos_docker();
    machine.interfaces.push(("en0", "192.168.1.10", 24));
    machine.service("LoadBalancer", CLUSTER_IP, Some("192.168.1.240"));
    machine.doors.push(("192.168.1.240:80", http_200()));
    let report = unsure("r13-stranger", &machine, None, &[]);
    assert_eq!(load_balancer(&report).state, State::Unknown);
}

/// K108: kube-proxy drops who is in none of the ranges (kubernetes `pkg/proxy/nftables`), and
/// this computer sends from 192.168.49.1. Without a node port there is no other road.
#[test]
fn k108_ranges_that_leave_this_computer_out() {
    let mut machine = linux_docker();
    machine.config(|config| config["Addons"]["metallb"] = json!(true));
    machine.service("LoadBalancer", CLUSTER_IP, Some("192.168.49.100"));
    machine.port(|port| drop(port.as_object_mut().expect("a port").remove("nodePort")));
    machine.service_spec(|spec| {
        spec["allocateLoadBalancerNodePorts"] = json!(false);
        spec["loadBalancerSourceRanges"] = json!(["10.0.0.0/8"]);
    });
    machine.doors.push(("192.168.49.100:80", Outcome::TimedOut));
    let patch = r#"{"spec":{"loadBalancerSourceRanges":["10.0.0.0/8","192.168.49.1/32"]}}"#;
    let admit = format!("kubectl patch service web -p {patch}");
    let report = shut("k108-ranges", &machine, "K108", &[&admit]);
    let hop = load_balancer(&report).hops.iter().find(|hop| hop.finding.is_some()).expect("a hop with K108");
    assert_eq!((hop.id, hop.state), (HopId::NodePort, State::Missing));
    // Near-miss: the same silence, and this computer is admitted.
    machine.service_spec(|spec| spec["loadBalancerSourceRanges"] = json!(["192.168.49.0/24"]));
    unsure("k108-admitted", &machine, None, &[]);
}
