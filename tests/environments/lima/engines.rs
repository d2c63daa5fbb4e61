//! kind in an engine in a VM of the family: R5 and R33.

use netpath::ask::{Engine, Why};
use netpath::report::BoundaryKind;
use netpath::request::Viewer;
use serde_json::json;

use super::{COLIMA_HOME, colimas_rules, instance, over_ride, rule};
use crate::machine::{Container, Machine, http_200, report};
use crate::said::{reachable, remedies, shut, unsure};

/// 8080 is the cluster's own.
const FORWARD: &str = "kubectl port-forward service/web 8081:80 [blocks]";
const NODE: &str = "172.18.0.2";
const GATEWAY: &str = "172.18.0.1";

/// A kind cluster in colima's docker, with published ports.
fn kind(os: &'static str, published: &[(&str, &str, u16)]) -> Machine {
    let mut machine = Machine::bare("lima", os, "kind-dev", "https://127.0.0.1:41000", ("dev-control-plane", NODE));
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["spec"]["providerID"] = json!("kind://docker/dev/dev-control-plane");
    });
    let published = [&[("6443/tcp", "127.0.0.1", 41000)], published].concat();
    let labels = [("io.x-k8s.kind.cluster", "dev"), ("io.x-k8s.kind.role", "control-plane")];
    let (name, network) = ("dev-control-plane", ("kind", NODE, GATEWAY));
    machine.add_container(
        Engine::Docker,
        &Container { name, labels: &labels, state: "running", published: &published, network },
    );
    machine.engine_socket = Some("~/.colima/default/docker.sock");
    machine.files.insert(format!("{COLIMA_HOME}/colima/colima.yaml"), "portForwarder: ssh\n".into());
    machine.limas =
        vec![(Some(COLIMA_HOME), Ok(instance("colima", "Running", &json!({ "portForwards": colimas_rules() }))))];
    machine
}

const MAPPED: (&str, &str, u16) = ("30080/tcp", "127.0.0.1", 8080);

/// R5: the published port goes through the VM; both walls are named, the outer one first.
#[test]
fn r5_a_published_port_goes_through_the_vm() {
    let mut machine = kind("macos", &[MAPPED]);
    machine.doors.push(("127.0.0.1:8080", http_200()));
    let said = reachable("kind", &machine, "http://127.0.0.1:8080/");
    let kinds: Vec<_> = said.environment.boundaries.iter().map(|wall| (wall.kind, wall.name.as_str())).collect();
    assert_eq!(kinds, [(BoundaryKind::Vm, "colima"), (BoundaryKind::Container, "dev-control-plane")]);
    shut("kind-refused", &kind("macos", &[MAPPED]), "V120", &["docker restart dev-control-plane", FORWARD]);
}

/// R16 and R13 behind an engine: the VM's rules decide about its socket.
#[test]
fn r5_the_rules_of_the_vm_count() {
    let mut machine = kind("macos", &[("30080/tcp", "0.0.0.0", 8080)]);
    let rules = json!({ "portForwards": [rule(("0.0.0.0", 1, 65535), ("127.0.0.1", 1, 65535), true)] });
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Running", &rules)))];
    machine.doors.push(("127.0.0.1:8080", http_200()));
    let moved = over_ride(COLIMA_HOME, 8080, "colima stop && colima start");
    shut("kind-ignored", &machine, "V122", &[&moved, FORWARD]);
    let rules = json!({ "portForwards": [rule(("127.0.0.1", 8080, 8080), ("127.0.0.1", 9080, 9080), false)] });
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Running", &rules)))];
    machine.doors = vec![("127.0.0.1:9080", http_200())];
    reachable("kind-moved", &machine, "http://127.0.0.1:9080/");
}

/// 2.3: an address of the VM's own does not come out.
#[test]
fn a_socket_at_another_address_stays_inside() {
    let mut machine = kind("macos", &[("30080/tcp", "172.17.0.1", 8080)]);
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Running", &json!({}))))];
    shut("kind-address", &machine, "V124", &[FORWARD]);
}

/// R33: on Linux too the node's address is in the VM, even where this computer has a network
/// of the same range and its gateway's address.
#[test]
fn r33_the_nodes_address_is_in_the_vm() {
    let mut machine = kind("linux", &[]);
    machine.interfaces.push(("br-18", GATEWAY, 16));
    machine.doors.push(("172.18.0.2:30080", http_200()));
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V101"), "{:?}", remedies(&said));
    // Near-miss: the system's own engine.
    machine.engine_socket = Some("/var/run/docker.sock");
    reachable("r33-native", &machine, "http://172.18.0.2:30080/");
}

/// The VM could not be asked: its usual way out is tried, and nothing is claimed.
#[test]
fn a_blind_limactl_leaves_the_usual_way() {
    let mut machine = kind("macos", &[MAPPED]);
    machine.limas = vec![(Some(COLIMA_HOME), Err(Why::ToolNotFound { tool: "limactl".into() }))];
    machine.doors.push(("127.0.0.1:8080", http_200()));
    reachable("kind-blind", &machine, "http://127.0.0.1:8080/");
}

/// What is published on the VM's loopback is for this computer alone, what is published for all
/// is the whole network's with colima.
#[test]
fn who_else_can_see_it() {
    let mut machine = kind("macos", &[MAPPED]);
    machine.viewer = Viewer::Lan;
    let lan = "kubectl port-forward --address 0.0.0.0 service/web 8081:80 [blocks]";
    shut("kind-lan", &machine, "V104", &[lan]);
    let mut machine = kind("macos", &[("30080/tcp", "0.0.0.0", 8080)]);
    machine.viewer = Viewer::Lan;
    unsure("kind-lan-all", &machine, None, &[]);
}

/// R7 behind an engine: docker does not answer, because the VM around it is stopped.
/// Near-miss: the VM runs, and then nobody knows.
#[test]
fn r7_the_vm_of_the_engine_is_stopped() {
    let mut machine = kind("macos", &[MAPPED]);
    machine.api_down = Some(Why::Refused);
    machine.containers.clear();
    assert_ne!(report(&machine.explain()).root().map(|found| found.finding.code().as_str()), Some("V311"));
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Stopped", &json!({}))))];
    shut("kind-stopped", &machine, "V311", &["colima start"]);
}
