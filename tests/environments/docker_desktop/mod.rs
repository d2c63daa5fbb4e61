//! Docker Desktop's own Kubernetes: D1 to D6 of `wsl2-docker-desktop.md`, its first block.
//! All composed from public outputs and from the source of its controllers.

use netpath::ask::{Engine, Why};
use netpath::fact::live::Outcome;
use netpath::fact::wsl::Traces;
use netpath::report::EnvironmentId;
use netpath::request::Viewer;
use serde_json::json;

use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, remedies, shut, unsure};

const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const NODE_PORT: &str = "127.0.0.1:30080";

/// The one node of the cluster that kubeadm makes.
pub fn kubeadm(os: &'static str) -> Machine {
    let node = ("docker-desktop", "192.168.65.3");
    let mut machine = Machine::bare("docker-desktop", os, "docker-desktop", "https://127.0.0.1:6443", node);
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["status"]["nodeInfo"] =
            json!({ "kubeletVersion": "v1.34.1", "osImage": "Docker Desktop", "bootID": "b" });
    });
    machine.containers.push((Engine::Docker, Vec::new()));
    machine.engine_info = json!({ "OperatingSystem": "Docker Desktop", "SecurityOptions": [] });
    machine
}

/// The nodes of the cluster that kind makes.
fn kind() -> Machine {
    let node = ("desktop-control-plane", "172.18.0.2");
    let mut machine = Machine::bare("docker-desktop", "macos", "docker-desktop", "https://127.0.0.1:51234", node);
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["spec"]["providerID"] = json!("kind://docker/desktop/desktop-control-plane");
    });
    machine.containers.push((Engine::Docker, Vec::new()));
    machine
}

fn balanced(mut machine: Machine, address: Option<&str>) -> Machine {
    machine.service("LoadBalancer", "10.96.7.7", address);
    machine
}

/// D1: a node port is on this computer, under its own number, and never at the node's address.
#[test]
fn d1_a_node_port_is_at_localhost() {
    for os in ["macos", "windows", "linux"] {
        let mut machine = kubeadm(os);
        machine.doors.push((NODE_PORT, http_200()));
        reachable(&format!("d1-{os}"), &machine, "http://127.0.0.1:30080/");
    }
    shut("d1-refused", &kubeadm("macos"), "V120", &[FORWARD]);
}

/// D3: a Pod's hostPort was reported not to come out, and nobody proved it. Near-miss: it does.
#[test]
fn d3_a_host_port_may_not_come_out() {
    let mut machine = kubeadm("windows");
    machine.object("/api/v1/namespaces/default/pods", |pods| {
        pods["items"][0]["spec"]["containers"][0]["ports"][0]["hostPort"] = json!(30080);
    });
    unsure("d3", &machine, Some("V120"), &[FORWARD]);
    machine.doors.push((NODE_PORT, http_200()));
    reachable("d3-after-all", &machine, "http://127.0.0.1:30080/");
}

/// D6: it accepts, and nothing comes back: the way in is there.
#[test]
fn d6_an_empty_reply_is_not_the_products() {
    let mut machine = kubeadm("macos");
    machine.doors.push((NODE_PORT, Outcome::Eof));
    let said = unsure("d6-closes", &machine, None, &[]);
    assert!(said.root().is_none());
}

/// C4: a kernel of WSL2, seen from a Mac or from a Linux without it: the address on loopback is
/// a tunnel's. Near-misses: on Windows, and inside of a WSL distribution.
#[test]
fn c4_a_kernel_of_windows_is_another_computers() {
    let kernel = |os: &'static str| {
        let mut machine = kubeadm(os);
        machine.object("/api/v1/nodes", |nodes| {
            nodes["items"][0]["status"]["nodeInfo"]["kernelVersion"] = json!("6.6.87.2-microsoft-standard-WSL2");
        });
        machine.doors.push((NODE_PORT, http_200()));
        machine
    };
    for os in ["macos", "linux"] {
        let said = unsure(&format!("c4-{os}"), &kernel(os), None, &[]);
        assert_eq!(said.environment.id, EnvironmentId::Remote, "{os}");
    }
    reachable("c4-windows", &kernel("windows"), "http://127.0.0.1:30080/");
    let mut inside = kernel("linux");
    inside.wsl = Some(Traces { kernel: "6.6.87.2-microsoft-standard-WSL2".into(), run: true, ..Traces::default() });
    inside.viewer = Viewer::Here;
    let said = inside.explain();
    assert_eq!(report(&said).environment.id, EnvironmentId::DockerDesktop);
}

/// D2: a load balancer is at its own port, not at its node port.
#[test]
fn d2_a_load_balancer_is_at_its_own_port() {
    let mut machine = balanced(kubeadm("macos"), None);
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("d2", &machine, "http://127.0.0.1:80/");
    let mut machine = balanced(kubeadm("macos"), None);
    machine.doors.push((NODE_PORT, http_200()));
    shut("d2-not-the-node-port", &machine, "V120", &[FORWARD]);
}

/// D5: with kind inside the status has an address of a container; the port is at localhost.
#[test]
fn d5_the_address_of_the_container_does_not_count() {
    let mut machine = balanced(kind(), Some("172.18.0.5"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("d5", &machine, "http://127.0.0.1:80/");
}

/// D4: whether a node port comes out with kind inside was not seen: a probe tells.
#[test]
fn d4_node_ports_of_its_kind_are_not_known() {
    unsure("d4", &kind(), Some("V120"), &[FORWARD]);
    let mut machine = kind();
    machine.doors.push((NODE_PORT, http_200()));
    reachable("d4-after-all", &machine, "http://127.0.0.1:30080/");
}

/// The browser is on another computer: it listens on all addresses.
#[test]
fn another_computer_is_not_probed_for() {
    let mut machine = kubeadm("macos");
    machine.viewer = Viewer::Lan;
    machine.doors.push((NODE_PORT, http_200()));
    unsure("lan", &machine, None, &[]);
}

/// Stopped, or without its Kubernetes.
#[test]
fn a_product_that_is_stopped_is_started() {
    let mut machine = kubeadm("macos");
    machine.api_down = Some(Why::Refused);
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V310"));
    machine.containers.clear();
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V309"));
    assert_eq!(remedies(&said), ["docker desktop start"]);
}

/// Near-misses: a context of that name that leads elsewhere, and kind clusters of a user's own.
#[test]
fn only_its_own_nodes_make_it_docker_desktop() {
    let mut machine = kubeadm("macos");
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["metadata"]["name"] = json!("worker-1");
        nodes["items"][0]["status"]["nodeInfo"]["osImage"] = json!("Ubuntu 24.04.1 LTS");
    });
    assert_ne!(report(&machine.explain()).environment.id, EnvironmentId::DockerDesktop);
}

/// lc R26, for every product that listens on this computer: an answer of another program is
/// none of the Service's. Near-miss: its own program.
#[test]
fn another_programs_answer_does_not_count() {
    for (os, end) in [("macos", "kill 77"), ("windows", "taskkill /PID 77")] {
        let mut machine = kubeadm(os);
        machine.doors.push((NODE_PORT, http_200()));
        machine.listeners.push(("0.0.0.0:30080", 9, "com.docker.backend"));
        reachable(&format!("own-{os}"), &machine, "http://127.0.0.1:30080/");
        // The more special address gets the connection.
        machine.listeners.push((NODE_PORT, 77, "node"));
        let next = "kubectl patch service web -p {\"spec\":{\"ports\":[{\"port\":80,\"nodePort\":30081}]}}";
        let restart = format!("{end} && docker desktop restart");
        shut(&format!("taken-{os}"), &machine, "V128", &[next, &restart, FORWARD]);
    }
    // AirPlay has port 5000; a load balancer's port is not changed by a node port.
    let mut machine = balanced(kubeadm("macos"), Some("localhost"));
    machine.port(|port| port["port"] = json!(5000));
    machine.listeners.push(("0.0.0.0:5000", 501, "ControlCenter"));
    machine.doors.push(("127.0.0.1:5000", http_200()));
    let said = machine.explain();
    let said = report(&said);
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V128"), "{:?}", remedies(said));
    assert_eq!(remedies(said)[0], "open -b com.apple.systempreferences && docker desktop restart");
}
