//! MicroK8s in a Multipass VM: R32 of `lima-colima.md`, and its row of the truth table.
//! Composed from public outputs.

use netpath::report::{EnvironmentId, RoadId};
use serde_json::json;

use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, unsure};

const VM: &str = "192.168.64.5";

fn mac() -> Machine {
    let server = "https://192.168.64.5:16443";
    let mut machine = Machine::bare("multipass", "macos", "microk8s", server, ("microk8s-vm", VM));
    machine.interfaces.push(("bridge100", "192.168.64.1", 24));
    machine
}

/// R32: at the VM's own address, and never at localhost.
#[test]
fn r32_a_node_port_is_at_the_vms_address() {
    let mut machine = mac();
    machine.doors.push(("192.168.64.5:30080", http_200()));
    machine.doors.push(("127.0.0.1:30080", http_200()));
    let said = reachable("node-port", &machine, "http://192.168.64.5:30080/");
    assert_eq!(said.environment.id, EnvironmentId::Microk8s);
    assert!(said.ports[0].roads.iter().all(|road| road.id != RoadId::ForwardedPort), "{said:?}");
    assert!(!said.environment.is_this_computer());
}

/// The API server answered at the VM's address, and this computer is in no such network: it
/// may be another computer's VM, so nothing is sent there without being asked for.
#[test]
fn r32_an_address_that_is_not_near_is_not_asked() {
    let mut machine = mac();
    machine.interfaces.pop();
    machine.doors.push(("192.168.64.5:30080", http_200()));
    unsure("not-near", &machine, None, &[]);
}

/// A load balancer needs an addon, and has an address in the VM's network then.
#[test]
fn a_load_balancer_needs_somebody_in_the_cluster() {
    let mut machine = mac();
    machine.service("LoadBalancer", "10.152.183.7", None);
    machine.service_spec(|spec| {
        spec["allocateLoadBalancerNodePorts"] = json!(false);
        spec["ports"][0].as_object_mut().expect("a port").remove("nodePort");
    });
    let said = report(&machine.explain()).clone();
    assert!(said.findings.iter().any(|found| found.finding.code().as_str() == "K115"), "{said:?}");
    machine.service("LoadBalancer", "10.152.183.7", Some("192.168.64.50"));
    machine.doors.push(("192.168.64.50:80", http_200()));
    reachable("load-balancer", &machine, "http://192.168.64.50:80/");
}

/// Near-miss: a node of another name is not the installer's VM.
#[test]
fn another_node_is_no_vm_of_multipass() {
    let mut machine = mac();
    machine.object("/api/v1/nodes", |nodes| nodes["items"][0]["metadata"]["name"] = json!("laptop"));
    assert_ne!(report(&machine.explain()).environment.id, EnvironmentId::Microk8s);
}
