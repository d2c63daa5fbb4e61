//! Rancher Desktop on Windows: R1 and R2 of `wsl2-docker-desktop.md`. Composed from its source.

use netpath::ask::Why;
use netpath::report::{EnvironmentId, Verdict};
use netpath::request::Viewer;

use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, shut, unsure};
use crate::wsl::{ANSWER, FORWARD, in_wsl, windows};

const NODE_PORT: &str = "127.0.0.1:30080";

fn on(os: &'static str) -> Machine {
    let node = ("desktop-1", "192.168.127.2");
    let mut machine = Machine::bare("rancher-desktop", os, "rancher-desktop", "https://127.0.0.1:6443", node);
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["status"]["nodeInfo"]["kubeletVersion"] = serde_json::json!("v1.34.1+k3s1");
    });
    machine
}

fn id(machine: &Machine) -> EnvironmentId {
    report(&machine.explain()).environment.id
}

/// R1: a node port under its own number, a load balancer at its own port.
#[test]
fn r1_its_ports_are_on_windows() {
    let mut machine = on("windows");
    machine.doors.push((NODE_PORT, http_200()));
    reachable("node-port", &machine, "http://127.0.0.1:30080/");
    shut("refused", &on("windows"), "V120", &[FORWARD]);
    let mut machine = on("windows");
    machine.service("LoadBalancer", "10.43.7.7", Some("192.168.127.2"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("balancer", &machine, "http://127.0.0.1:80/");
}

/// R1, asked from a distribution that it serves: Windows is asked, WSL has no part in it.
#[test]
fn r1_from_a_distribution_windows_is_asked() {
    let machine = || {
        let mut machine = in_wsl(on("linux"), "nat");
        machine.tool = "rancher-desktop";
        machine
    };
    reachable("from-wsl", &windows(machine(), NODE_PORT, ANSWER), "http://127.0.0.1:30080/");
    shut("from-wsl-refused", &machine(), "V120", &[FORWARD]);
}

/// R2: whether it listens for other computers depends on who installed it.
#[test]
fn r2_other_computers_are_not_promised_anything() {
    let mut machine = on("windows");
    machine.viewer = Viewer::Lan;
    machine.doors.push((NODE_PORT, http_200()));
    unsure("lan", &machine, None, &[]);
}

/// R3: refused in a distribution. Stopped, or not integrated: nobody can tell from there.
#[test]
fn r3_a_refusal_is_not_told_apart() {
    let mut machine = on("windows");
    machine.api_down = Some(Why::Refused);
    let said = report(&machine.explain()).clone();
    assert_eq!(
        (said.verdict, said.root().map(|found| found.finding.code().as_str())),
        (Verdict::Undetermined, Some("V309"))
    );
    machine.api_down = Some(Why::TimedOut);
    assert_eq!(report(&machine.explain()).root().map(|found| found.finding.code().as_str()), Some("C102"));
}

/// Near-misses: its context on another system, another context, and a cluster that is not k3s.
#[test]
fn only_its_own_names_make_it_rancher_desktop() {
    assert_eq!(id(&on("windows")), EnvironmentId::RancherDesktop);
    assert_ne!(id(&on("linux")), EnvironmentId::RancherDesktop);
    let mut machine = on("windows");
    machine.context = "work".into();
    assert_ne!(id(&machine), EnvironmentId::RancherDesktop);
    let mut machine = on("windows");
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["status"]["nodeInfo"]["kubeletVersion"] = serde_json::json!("v1.34.1");
    });
    assert_ne!(id(&machine), EnvironmentId::RancherDesktop);
}
