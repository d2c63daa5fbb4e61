//! OrbStack's own Kubernetes: R3, R12, R15 and R30 of `lima-colima.md`, and its row of the
//! truth table. Composed from public outputs; it is closed source and was not run.

use netpath::ask::{Engine, Why};
use netpath::report::{EnvironmentId, RoadId, State};
use serde_json::json;

use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, remedies, unsure};

const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";

fn mac() -> Machine {
    let node = ("orbstack", "192.168.139.2");
    let mut machine = Machine::bare("orbstack", "macos", "orbstack", "https://127.0.0.1:26443", node);
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["status"]["nodeInfo"] =
            json!({ "kubeletVersion": "v1.33.3+orb1", "osImage": "OrbStack", "bootID": "b" });
    });
    machine.containers.push((Engine::Docker, Vec::new()));
    machine.engine_info = json!({ "OperatingSystem": "OrbStack", "SecurityOptions": [] });
    machine
}

/// R3: a node port is at localhost, as reported; where nothing listens there, it is not known
/// whether it should.
#[test]
fn r3_a_node_port_is_probably_at_localhost() {
    let mut machine = mac();
    machine.doors.push(("127.0.0.1:30080", http_200()));
    let said = reachable("node-port", &machine, "http://127.0.0.1:30080/");
    assert_eq!(said.environment.id, EnvironmentId::Orbstack);
    unsure("node-port-refused", &mac(), Some("V120"), &[FORWARD]);
    // R26: another program's answer is none.
    machine.listeners.push(("127.0.0.1:30080", 77, "node"));
    unsure("node-port-taken", &machine, None, &[]);
    machine.listeners[0].2 = "OrbStack Helper";
    reachable("node-port-own", &machine, "http://127.0.0.1:30080/");
}

/// The node's own address, where the Mac has an interface in that network.
#[test]
fn the_nodes_address_leads_in_where_the_mac_is_in_its_network() {
    let mut machine = mac();
    machine.interfaces.push(("bridge100", "192.168.139.1", 23));
    machine.doors.push(("192.168.139.2:30080", http_200()));
    reachable("node-address", &machine, "http://192.168.139.2:30080/");
    // Without one nothing is sent there, and it is not called shut: OrbStack routes it.
    let said = report(&mac().explain()).clone();
    let road = said.ports[0].roads.iter().find(|road| road.id == RoadId::NodeAddress).expect("a road");
    assert!(road.hops.iter().all(|hop| hop.state != State::Missing), "{road:?}");
}

/// R12: the cluster address is routed to the Mac, so a ClusterIP Service is not internal.
#[test]
fn r12_a_cluster_ip_is_not_called_internal() {
    let mut machine = mac();
    machine.service("ClusterIP", "10.43.7.7", None);
    unsure("cluster-ip", &machine, None, &[]);
}

/// R15, R30: load balancers are at a name; at localhost it was not seen.
#[test]
fn r15_a_load_balancer_has_a_name() {
    let mut machine = mac();
    machine.service("LoadBalancer", "10.43.7.7", Some("192.168.139.2"));
    let name = "curl http://k8s.orb.local:80/";
    unsure("load-balancer", &machine, Some("V120"), &[name, FORWARD]);
    machine.interfaces.push(("bridge100", "192.168.139.1", 23));
    machine.doors.push(("192.168.139.2:80", http_200()));
    reachable("load-balancer-address", &machine, "http://192.168.139.2:80/");
}

/// Its Kubernetes is off, or all of it.
#[test]
fn what_is_stopped_is_started() {
    let mut machine = mac();
    machine.api_down = Some(Why::Refused);
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V310"));
    assert_eq!(remedies(&said), ["orb start k8s"]);
    // Near-miss: another engine answers, and tells nothing of OrbStack.
    machine.engine_info = json!({ "OperatingSystem": "Docker Desktop", "SecurityOptions": [] });
    let said = report(&machine.explain()).clone();
    assert!(said.root().is_none_or(|found| found.finding.code().as_str() != "V310"), "{said:?}");
}

/// Near-miss: a k3s of somebody else's at a context of that name.
#[test]
fn a_name_alone_does_not_make_a_node_its_own() {
    let mut machine = mac();
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["status"]["nodeInfo"] =
            json!({ "kubeletVersion": "v1.33.3+k3s1", "osImage": "Ubuntu 24.04 LTS", "bootID": "b" });
    });
    assert_ne!(report(&machine.explain()).environment.id, EnvironmentId::Orbstack);
}
