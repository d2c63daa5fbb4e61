//! The way in to a node port: the proxy's published ports, a node's own, a node's address
//! (K1, K2, K3 and the published ports of section 6).

use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use netpath::request::Viewer;
use serde_json::json;

use super::machine::{AGENT, API, Machine, SERVER, behind_a_wall, http_200, linux};
use crate::said::{reachable, remedies, shut, unsure};

const PORT_FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const ADD: &str = "k3d cluster edit demo --port-add 127.0.0.1:8080:30080@loadbalancer";

fn mac(ports: &[(&str, &str, u16)]) -> Machine {
    behind_a_wall("macos", ports)
}

/// K1: the proxy passes its port on to the same port of the nodes, the node port.
#[test]
fn k1_a_port_of_the_proxy_leads_to_the_node_port() {
    let mut machine = mac(&[("30080/tcp", "", 8080)]);
    machine.doors.push(("127.0.0.1:8080", http_200()));
    let report = reachable("k1-node-port", &machine, "http://127.0.0.1:8080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::PublishedPort);
}

/// K1, trap 9: `@agent:0:direct` publishes at the node itself, and that node is entered.
#[test]
fn k1_a_port_of_a_node_itself_leads_there_too() {
    let direct = |policy: &str| {
        let mut machine = super::machine::bare("macos");
        machine.k3d_node(SERVER, "server", "running", &[]).proxy("running", &[API]);
        machine.k3d_node(AGENT, "agent", "running", &[("30080/tcp", "", 8083)]);
        machine.doors.push(("127.0.0.1:8083", http_200()));
        machine.service_spec(|spec| spec["externalTrafficPolicy"] = json!(policy));
        machine
    };
    let report = reachable("k1-direct", &direct("Cluster"), "http://127.0.0.1:8083/");
    let entered = report.ports[0].roads[0].hops[0].evidence[0].clone();
    assert!(format!("{entered:?}").contains(AGENT.0), "{entered:?}");
    // Near-miss: the Pod is on the server, and the agent keeps what comes to it.
    let report = shut(
        "k1-direct-local",
        &direct("Local"),
        "K504",
        &[r#"kubectl patch service web -p '{"spec":{"externalTrafficPolicy":"Cluster"}}'"#.replace('\'', "").as_str()],
    );
    assert_eq!(report.ports[0].roads.len(), 3);
}

/// K1, N2: where docker's bridge is this host's, the node's own address leads in, and a port
/// that nobody published is no missing hop.
#[test]
fn n2_the_nodes_address_leads_in_on_linux() {
    let report = reachable("n2-linux", &linux(&[]), "http://172.19.0.2:30080/");
    assert!(report.ports[0].roads.iter().all(|road| road.id != RoadId::PublishedPort));
    // NetworkMode says "bridge": another network of the engine, which this host is in, is not
    // the cluster's.
    let mut machine = mac(&[]);
    machine.interfaces.push(("docker0", "172.17.0.1", 16));
    shut("k2", &machine, "V101", &[ADD, PORT_FORWARD]);
}

/// K2: nothing leads to the node port, and the cluster can be told to change that.
#[test]
fn k2_k3d_adds_a_port_to_a_cluster_that_exists() {
    shut("k2", &mac(&[]), "V101", &[ADD, PORT_FORWARD]);
    // A port that something is seen to listen on would leave the cluster without its proxy.
    let mut machine = mac(&[]);
    machine.listeners = vec![("127.0.0.1:8080", 1234, "java")];
    let other = "k3d cluster edit demo --port-add 127.0.0.1:8081:30080@loadbalancer";
    shut("k2-port-in-use", &machine, "V101", &[other, PORT_FORWARD]);
    // One of another cluster's is taken even while that is stopped.
    let mut machine = mac(&[]);
    machine.of_cluster("b", "k3d-b-serverlb", "loadbalancer", "exited", &[("80/tcp", "", 8080)], "172.20.0.2");
    let forward = "kubectl port-forward service/web 8081:80 [blocks]";
    shut("k2-port-of-another", &machine, "V101", &[other, forward]);
}

/// K2: for another device the new port is to be open to it; UDP says so.
#[test]
fn k2_the_new_port_fits_the_viewer_and_the_protocol() {
    let mut machine = mac(&[]);
    machine.viewer = Viewer::Lan;
    let lan = "k3d cluster edit demo --port-add 8080:30080@loadbalancer";
    let forward = "kubectl port-forward --address 0.0.0.0 service/web 8080:80 [blocks]";
    shut("k2-lan", &machine, "V101", &[lan, forward]);
    let mut machine = mac(&[]);
    machine.port(|port| port["protocol"] = json!("UDP"));
    let udp = "k3d cluster edit demo --port-add 127.0.0.1:8080:30080/udp@loadbalancer";
    unsure_or_shut_udp(&machine, udp);
}

#[track_caller]
fn unsure_or_shut_udp(machine: &Machine, opened_by: &str) {
    let outcomes = machine.explain();
    let report = super::machine::report(&outcomes);
    let found = report.root().expect("a cause");
    assert_eq!(found.remedies[0].commands[0].join(" "), opened_by);
}

/// K2: without a proxy `k3d cluster edit` crashes (seen): then only a new cluster has the port.
#[test]
fn k2_without_a_proxy_the_cluster_is_made_again() {
    let mut machine = super::machine::bare("macos");
    machine.k3d_node(SERVER, "server", "running", &[("6443/tcp", "0.0.0.0", 41111)]);
    machine.k3d_node(AGENT, "agent", "running", &[]);
    let again = "k3d cluster delete demo && k3d cluster create demo --port 127.0.0.1:8080:30080@loadbalancer \
                 [destructive]";
    shut("k2-no-lb", &machine, "V101", &[PORT_FORWARD, again]);
    machine.port(|port| port["protocol"] = json!("UDP"));
    let said = remedies(super::machine::report(&machine.explain()));
    assert_eq!(said, [again.replace("30080@", "30080/udp@")]);
}

/// 8.1, wasmCloud#1141: the Service's port is mapped, where Traefik answers 404; this
/// Service is at its node port.
#[test]
fn a_mapping_to_the_services_port_is_not_one_to_the_node_port() {
    let mut machine = mac(&[("80/tcp", "", 8088)]);
    machine.doors.push(("127.0.0.1:8088", Outcome::Response { status: Some(404), tls: false, ms: 2 }));
    shut("mapped-to-80", &machine, "V102", &[ADD, PORT_FORWARD]);
}

/// The proxy publishes a node port that no Service has: the Service may move there.
#[test]
fn a_published_node_port_that_is_free_is_offered_first() {
    let machine = mac(&[("30090/tcp", "127.0.0.1", 8090)]);
    let moved = r#"kubectl patch service web -p {"spec":{"ports":[{"port":80,"nodePort":30090}]}}"#;
    shut("free-door", &machine, "V101", &[moved, ADD, PORT_FORWARD]);
}

/// K1: a TCP connect to the proxy always succeeds, and it closes for ten seconds after a
/// failure (seen): an end of the connection says nothing about which side is at fault.
#[test]
fn an_end_of_the_connection_behind_the_proxy_is_unknown() {
    let seen = [("k3-eof", Outcome::Eof), ("k3-reset", Outcome::Reset), ("k3-silent", Outcome::Silent)];
    for (name, outcome) in seen {
        let mut machine = mac(&[("30080/tcp", "", 8080)]);
        machine.doors.push(("127.0.0.1:8080", outcome));
        let report = unsure(name, &machine, None, &[]);
        let settle: Vec<String> =
            report.unobserved.iter().flat_map(|entry| &entry.settle).map(|argv| argv.join(" ")).collect();
        // K3: which nodes the proxy passes on to would settle it; nobody runs that by itself.
        assert_eq!(
            settle,
            [
                "docker exec k3d-demo-serverlb wget -qO- -T 3 http://k3d-demo-server-0:30080/",
                "docker exec k3d-demo-serverlb cat /etc/confd/values.yaml",
            ]
        );
        // Near-miss: a port of a node itself passes through no proxy.
        let mut machine = super::machine::bare("macos");
        machine.k3d_node(SERVER, "server", "running", &[("30080/tcp", "", 8080)]).proxy("running", &[API]);
        machine.doors.push(("127.0.0.1:8080", Outcome::Eof));
        let outcomes = machine.explain();
        let report = super::machine::report(&outcomes);
        assert!(!format!("{:?}", report.unobserved).contains("values.yaml"));
    }
}

/// docker lists the proxy's port, and this computer refuses it: its forwarder died.
#[test]
fn a_port_of_the_proxy_that_refuses_is_the_engines_fault() {
    let machine = mac(&[("30080/tcp", "", 8080)]);
    shut("refuses", &machine, "V105", &["docker restart k3d-demo-serverlb"]);
}

/// Nobody asks docker: then nothing is missing.
#[test]
fn without_the_engine_nothing_is_known_of_the_proxy() {
    let mut machine = mac(&[]);
    machine.containers.clear();
    unsure("no-docker", &machine, None, &[]);
}
