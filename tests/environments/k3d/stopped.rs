//! What stands still: the cluster, its proxy alone, or this client's way to it (K4, K6, D2).

use netpath::ask::Why;
use netpath::report::{EnvironmentReport, Outcomes, Verdict};
use netpath::request::Goal;
use serde_json::json;

use super::machine::{AGENT, API, Machine, PROXY, SERVER, bare, behind_a_wall, linux};
use crate::said::{shut, unsure};
use crate::says;

fn mac() -> Machine {
    behind_a_wall("macos", &[("30080/tcp", "", 8080)])
}

/// `k3d cluster stop`: every container is stopped (seen), and k3d starts them in order.
#[test]
fn a_stopped_cluster_is_started_by_k3d() {
    let mut machine = mac();
    for name in [SERVER.0, AGENT.0, PROXY.0] {
        machine.stop(name, "exited", "");
    }
    machine.api_down = Some(Why::Refused);
    shut("stopped", &machine, "V301", &["k3d cluster start demo"]);
}

/// K4: the proxy alone is stopped: the nodes run on, and nobody here gets in.
#[test]
fn k4_the_proxy_alone_is_started_by_docker() {
    let mut machine = mac();
    machine.stop(PROXY.0, "exited", "");
    machine.api_down = Some(Why::Refused);
    unsure("k4", &machine, Some("V109"), &["docker start k3d-demo-serverlb"]);
    // What `k3d cluster edit` leaves behind where the new port is taken (seen).
    let error = "driver failed programming external connectivity on endpoint k3d-demo-serverlb: Bind for \
                 127.0.0.1:8080 failed: port is already allocated";
    machine.stop(PROXY.0, "created", error);
    unsure("k4-port-taken", &machine, Some("V109"), &["docker start k3d-demo-serverlb"]);
    // Near-miss: a server is stopped as well, and starting the proxy would not do.
    machine.stop(SERVER.0, "exited", "");
    let report = super::machine::report(&machine.explain()).clone();
    assert_eq!(report.root().map(|found| found.finding.code().as_str()), Some("V301"));
}

/// The nodes are stopped, and the proxy still accepts: nobody gets through to none.
#[test]
fn without_any_node_the_proxy_leads_nowhere() {
    let mut machine = mac();
    machine.stop(SERVER.0, "exited", "").stop(AGENT.0, "exited", "");
    machine.api_down = Some(Why::ConnectionClosed { detail: "tls handshake eof".into() });
    shut("nodes-stopped", &machine, "V301", &["k3d cluster start demo"]);
}

/// K4: a published port that a stopped proxy had is not "not published".
#[test]
fn k4_a_port_of_a_stopped_proxy_is_the_proxys_fault() {
    let mut machine = mac();
    // The API server is reached at a port of the server itself.
    machine.containers.clear();
    machine.k3d_node(SERVER, "server", "running", &[("6443/tcp", "0.0.0.0", 41111)]);
    machine.proxy("exited", &[API, ("30080/tcp", "", 8080)]);
    shut("k4-published", &machine, "V109", &["docker start k3d-demo-serverlb"]);
}

/// All runs, and the API server does not answer: seen for some seconds after a start.
#[test]
fn an_api_server_that_does_not_answer_is_a_nodes() {
    let mut machine = mac();
    machine.api_down = Some(Why::ConnectionClosed { detail: "tls handshake eof".into() });
    let remedies = ["", "docker restart k3d-demo-serverlb", "docker restart k3d-demo-server-0"];
    unsure("api-silent", &machine, Some("K503"), &remedies);
    machine.api_down = Some(Why::Refused);
    unsure("api-refused", &machine, Some("V105"), &["docker restart k3d-demo-serverlb"]);
}

/// The proxy cannot start while a node on its list is missing (state l of the real runs).
#[test]
fn a_proxy_that_misses_a_node_takes_the_api_server_along() {
    let logs = "docker logs --tail 20 k3d-demo-serverlb";
    let mut machine = mac();
    machine.api_down = Some(Why::ConnectionClosed { detail: "tls handshake eof".into() });
    machine.stop(AGENT.0, "exited", "");
    unsure("misses-agent", &machine, Some("V110"), &["k3d cluster start demo", logs]);
    // The agent was removed: the proxy falls and is started again.
    let mut machine = bare("macos");
    machine.k3d_node(SERVER, "server", "running", &[]).proxy("running", &[API]);
    machine.api_down = Some(Why::ConnectionClosed { detail: "tls handshake eof".into() });
    assert_eq!(code(&machine), Some("K503"));
    let restarts = |machine: &mut Machine, state: &str, count: u32| {
        let proxy = machine.containers[0].1.last_mut().expect("the proxy");
        proxy["RestartCount"] = json!(count);
        proxy["State"]["Status"] = json!(state);
    };
    restarts(&mut machine, "running", 7);
    unsure("misses-removed", &machine, Some("V110"), &[logs]);
    machine.api_down = Some(Why::Refused);
    restarts(&mut machine, "restarting", 7);
    assert_eq!(code(&machine), Some("V110"));
    // Near-miss: it is stopped for good.
    restarts(&mut machine, "exited", 7);
    assert_eq!(code(&machine), Some("V109"));
}

/// D2: no container has the cluster's label: deleted, or in another engine.
#[test]
fn a_deleted_cluster_is_gone() {
    let mut machine = bare("macos");
    machine.of_cluster("b", "k3d-b-server-0", "server", "running", &[], "172.20.0.3");
    machine.api_down = Some(Why::Refused);
    shut("gone", &machine, "V303", &["docker context ls", "k3d cluster create demo"]);
}

const SET: &str = "kubectl config set-cluster k3d-demo --server=https://127.0.0.1:41111";

/// K6: Windows does not connect to 0.0.0.0.
#[test]
fn k6_windows_needs_another_address_than_0_0_0_0() {
    let mut machine = behind_a_wall("windows", &[]);
    machine.api_down = Some(Why::Unreachable { detail: "The requested address is not valid (os error 10049)".into() });
    unsure("k6-windows", &machine, Some("C113"), &[SET]);
    // Near-misses: Linux connects to it, and an address that is none of that is no fault.
    let mut near = behind_a_wall("linux", &[]);
    near.api_down.clone_from(&machine.api_down);
    assert_eq!(code(&near), Some("K503"));
    machine.server = "https://127.0.0.1:41111".into();
    assert_eq!(code(&machine), Some("K503"));
}

/// K6: a proxy of the environment took the request to 0.0.0.0.
#[test]
fn k6_no_proxy_does_not_name_0_0_0_0() {
    let mut machine = mac();
    let url = "http://proxy.example.com:3128/".to_owned();
    machine.api_down = Some(Why::Proxy { url, detail: "503 Service Unavailable".into() });
    unsure("k6-proxy", &machine, Some("C113"), &[SET]);
    // Near-miss: localhost by a proxy is another fault.
    machine.server = "https://127.0.0.1:41111".into();
    assert_ne!(code(&machine), Some("C113"));
}

/// K6: a name that only Docker Desktop knows, and that does not resolve.
#[test]
fn k6_docker_desktops_name_does_not_resolve() {
    for os in ["macos", "windows", "linux"] {
        let mut machine = behind_a_wall(os, &[]);
        machine.server = "https://host.docker.internal:41111".into();
        machine.api_down = Some(Why::NameNotResolved { host: "host.docker.internal".into() });
        unsure(&format!("k6-name-{os}"), &machine, Some("C113"), &[SET]);
    }
    // Near-miss: no container publishes that port.
    let mut machine = behind_a_wall("macos", &[]);
    machine.server = "https://host.docker.internal:42222".into();
    machine.api_down = Some(Why::NameNotResolved { host: "host.docker.internal".into() });
    assert_ne!(code(&machine), Some("C113"));
}

fn code(machine: &Machine) -> Option<&'static str> {
    let outcomes = machine.explain();
    super::machine::report(&outcomes).root().map(|found| found.finding.code().as_str())
}

#[track_caller]
fn environment(name: &str, machine: &Machine) -> EnvironmentReport {
    let outcomes = machine.run(Goal::Environment);
    says(&format!("k3d/{name}"), &outcomes);
    match outcomes {
        Outcomes::Environment(report) => *report,
        other => panic!("not an environment: {other:?}"),
    }
}

/// `env`: nodes and proxy are the walls, published ports and node addresses the ways in.
#[test]
fn env_tells_walls_and_ways_in() {
    let names = |report: &EnvironmentReport| {
        report.environment.boundaries.iter().map(|wall| wall.name.clone()).collect::<Vec<_>>()
    };
    let report = environment("env-mac", &mac());
    assert_eq!(names(&report), [PROXY.0, SERVER.0, AGENT.0]);
    assert_eq!(report.doors.len(), 3);
    let report = environment("env-linux", &linux(&[]));
    assert_eq!(report.doors.len(), 2); // the proxy's own address is no node's
    let mut machine = mac();
    machine.stop(PROXY.0, "exited", "");
    machine.api_down = Some(Why::Refused);
    let report = environment("env-k4", &machine);
    let blocked = report.blocked.expect("what stands still");
    assert_eq!(blocked.finding.code().as_str(), "V109");
}

/// An overview tells the same, in a line.
#[test]
fn an_overview_tells_the_wall_as_well() {
    let machine = behind_a_wall("macos", &[]);
    let outcomes = machine.run(Goal::Overview { all_namespaces: false, selector: None });
    says("k3d/overview", &outcomes);
    let Outcomes::Overview(overview) = outcomes else { panic!("not an overview") };
    assert_eq!(overview.items[0].verdict, Verdict::Unreachable);
}
