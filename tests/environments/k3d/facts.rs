//! What a real k3d made of docker's containers, as inputs: `facts/README.md` says what was
//! recorded. The objects of the cluster are composed; the nodes were stand-ins.

use netpath::ask::{Engine, Why};
use netpath::report::{Certainty, EnvironmentReport, Outcomes};
use netpath::request::Goal;
use serde_json::Value;

use super::machine::{Machine, http_200};
use crate::said::{reachable, shut, unsure};

/// A computer with these containers, and a context of the cluster. No route leads to them.
fn recorded(file: &str, cluster: &str, port: u16, nodes: &[(&str, &str)]) -> Machine {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/environments/k3d/facts").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let containers: Vec<Value> = serde_json::from_str(&text).expect("what docker prints");
    let (context, server) = (format!("k3d-{cluster}"), format!("https://0.0.0.0:{port}"));
    let mut machine = Machine::bare("k3d", "linux", &context, &server, nodes[0]);
    nodes[1..].iter().for_each(|(name, ip)| machine.add_node_object(name, ip));
    machine.k3s();
    machine.containers = vec![(Engine::Docker, containers)];
    machine
}

const B: [(&str, &str); 2] = [("k3d-b-server-0", "172.21.0.2"), ("k3d-b-agent-0", "172.21.0.3")];

fn environment(machine: &Machine) -> EnvironmentReport {
    match machine.run(Goal::Environment) {
        Outcomes::Environment(report) => *report,
        other => panic!("not an environment: {other:?}"),
    }
}

fn walls(machine: &Machine) -> Vec<String> {
    let report = environment(machine);
    assert_eq!(report.environment.certainty, Certainty::Certain);
    report.environment.boundaries.iter().map(|wall| format!("{} {}", wall.name, wall.state)).collect()
}

/// K1: a port without a host address is published at all of them, and the API server's key has
/// no protocol (trap 7).
#[test]
fn the_ports_of_a_real_proxy_are_read() {
    let mut machine = recorded("port-of-the-proxy.json", "b", 44361, &B);
    assert_eq!(walls(&machine), ["k3d-b-serverlb running", "k3d-b-server-0 running", "k3d-b-agent-0 running"]);
    machine.balanced(&B).doors.push(("127.0.0.1:8081", http_200()));
    reachable("real-service-port", &machine, "http://127.0.0.1:8081/");
    // Trap 6: the network is not the "bridge" that NetworkMode says.
    machine.interfaces.push(("br-21", "172.21.0.1", 16));
    machine.doors = vec![("172.21.0.2:80", http_200())];
    let report = super::machine::report(&machine.explain()).clone();
    assert_eq!(report.ports[0].urls, ["http://172.21.0.2:80/"]);
}

/// K2: the remedy, and what it made of the proxy.
#[test]
fn a_port_that_was_really_added_leads_to_the_node_port() {
    let before = recorded("port-of-the-proxy.json", "b", 44361, &B);
    let add = "k3d cluster edit b --port-add 127.0.0.1:8080:30080@loadbalancer";
    let forward = "kubectl port-forward service/web 8080:80 [blocks]";
    // 8081 leads to port 80, which is the Service's number and not its node port.
    shut("real-before", &before, "V102", &[add, forward]);
    let mut after = recorded("port-added.json", "b", 44361, &B);
    after.doors.push(("127.0.0.1:8085", http_200()));
    reachable("real-after", &after, "http://127.0.0.1:8085/");
}

/// K1: a port of one node, and of a cluster without a proxy (80/tcp is null where the image
/// only exposes it).
#[test]
fn real_ports_of_the_nodes_themselves_are_read() {
    let nodes = [("k3d-d-server-0", "172.25.0.2"), ("k3d-d-agent-0", "172.25.0.3")];
    let mut machine = recorded("direct.json", "d", 41051, &nodes);
    machine.doors.push(("127.0.0.1:8083", http_200()));
    reachable("real-direct", &machine, "http://127.0.0.1:8083/");
    let mut machine = recorded("no-lb.json", "e", 45173, &[("k3d-e-server-0", "172.26.0.2")]);
    assert_eq!(walls(&machine), ["k3d-e-server-0 running"]);
    machine.doors.push(("127.0.0.1:8084", http_200()));
    reachable("real-no-lb", &machine, "http://127.0.0.1:8084/");
}

/// K4: a stopped cluster, the proxy alone, and one that never started.
#[test]
fn real_stopped_containers_are_told_apart() {
    let stopped = |file: &str, cluster: &str, port: u16, nodes: &[(&str, &str)]| {
        let mut machine = recorded(file, cluster, port, nodes);
        machine.api_down = Some(Why::Refused);
        machine
    };
    shut("real-stopped", &stopped("stopped.json", "b", 44361, &B), "V301", &["k3d cluster start b"]);
    let proxy = stopped("proxy-stopped.json", "b", 44361, &B);
    unsure("real-proxy-stopped", &proxy, Some("V109"), &["docker start k3d-b-serverlb"]);
    let nodes = [("k3d-jj-server-0", "172.23.0.2")];
    let taken = stopped("port-taken.json", "jj", 37241, &nodes);
    unsure("real-port-taken", &taken, Some("V109"), &["docker start k3d-jj-serverlb"]);
}

/// V110: "running" most of the time, with every port published, and nothing passed on.
#[test]
fn a_real_proxy_that_misses_a_node_is_running() {
    let mut machine = recorded("agent-removed.json", "l", 33505, &[("k3d-l-server-0", "172.29.0.2")]);
    machine.api_down = Some(Why::ConnectionClosed { detail: "tls handshake eof".into() });
    unsure("real-agent-removed", &machine, Some("V110"), &["docker logs --tail 20 k3d-l-serverlb"]);
}

/// A node that was added later has the cluster's name in its label only.
#[test]
fn a_node_that_was_really_added_belongs_to_the_cluster() {
    let mut nodes = B.to_vec();
    nodes.push(("k3d-extra-0", "172.21.0.5"));
    let walls = walls(&recorded("node-added.json", "b", 44361, &nodes));
    assert_eq!(walls.len(), 4);
    assert!(walls.contains(&"k3d-extra-0 running".to_owned()), "{walls:?}");
}
