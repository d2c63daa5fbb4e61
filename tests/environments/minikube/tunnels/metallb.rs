//! R13: addresses that MetalLB, or somebody else, gives.

use netpath::report::State;
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
