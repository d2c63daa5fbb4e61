//! The truth table of drivers and hosts (3.2): what can be reached from where.

use netpath::ask::Engine;
use netpath::report::Verdict;

use crate::machine::{Machine, http_200, report};
use crate::says;

/// docker, rootful, on this Linux: the node's address leads in (3.2, row 1; seen).
fn linux_docker() -> Machine {
    let mut machine = Machine::new("linux", "docker", "", "192.168.49.2", "https://192.168.49.2:8443");
    machine.interfaces.push(("br-49", "192.168.49.1", 24));
    machine.container(
        Engine::Docker,
        "running",
        &[("22/tcp", "127.0.0.1", 32777), ("8443/tcp", "127.0.0.1", 32774)],
        "192.168.49.2",
        "192.168.49.1",
    );
    machine.doors.push(("192.168.49.2:30080", http_200()));
    machine
}

#[test]
fn linux_docker_rootful_by_the_nodes_address() {
    let outcomes = linux_docker().explain();
    assert_eq!(report(&outcomes).verdict, Verdict::Reachable);
    says("linux-docker", &outcomes);
}

/// docker on macOS: nothing is published, and the node is in a VM (3.2, row macOS docker).
#[test]
fn macos_docker_is_shut_at_the_virtualization_layer() {
    let mut machine = Machine::new("macos", "docker", "", "192.168.49.2", "https://127.0.0.1:51000");
    machine.container(
        Engine::Docker,
        "running",
        &[("22/tcp", "127.0.0.1", 51001), ("8443/tcp", "127.0.0.1", 51000)],
        "192.168.49.2",
        "192.168.49.1",
    );
    let outcomes = machine.explain();
    assert_eq!(report(&outcomes).root().map(|found| found.finding.code().as_str()), Some("V101"));
    says("macos-docker", &outcomes);
}
