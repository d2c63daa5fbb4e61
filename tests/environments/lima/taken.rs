//! Who has the port of this computer, and what the host agent wrote down: R19, R23, R26, R28.

use netpath::fact::live::Outcome;
use netpath::request::Viewer;
use serde_json::json;

use super::{ADD, AGENT, FORWARD, NODE_PORT, balanced, colima, instance, lima, rancher_desktop};
use crate::machine::{Machine, http_200};
use crate::said::{reachable, shut, unsure};

const ANOTHER_PORT: &str = r#"kubectl patch service web -p {"spec":{"ports":[{"port":80,"nodePort":30081}]}}"#;
const RESTART: &str = "limactl stop k3s && limactl start k3s";
const SHOW: &str = "sudo lsof -nP -iTCP:30080 -sTCP:LISTEN [privileged]";
const LOOK: &str = "limactl shell k3s sh -c 'command -v kubectl'";

/// A line of the host agent's log.
fn line(message: &str) -> String {
    let error = if message.starts_with("failed") { "bind: address already in use" } else { "" };
    format!("{}\n", json!({ "level": "info", "msg": message, "error": error, "time": "2026-08-21T10:00:00Z" }))
}

fn forwarding() -> String {
    line("Forwarding TCP from 0.0.0.0:30080 to 127.0.0.1:30080")
}

fn failed() -> String {
    line("failed to listen tcp: 127.0.0.1:30080")
}

/// Lima with something at the node port that answers, and the process that has it.
fn held(by: (&'static str, u32, &'static str)) -> Machine {
    let mut machine = lima("macos", &json!({}));
    machine.listeners.push(by);
    machine.doors.push((NODE_PORT, http_200()));
    machine
}

/// R19, R26: whatever answers there, it is not the VM.
#[test]
fn r26_another_program_answers() {
    let free = format!("kill 77 && {RESTART}");
    shut("r26", &held((NODE_PORT, 77, "node")), "V128", &[ANOTHER_PORT, &free, FORWARD]);
    // As programs listen that take both families.
    shut("r26-all", &held(("[::]:30080", 77, "java")), "V128", &[ANOTHER_PORT, &free, FORWARD]);
    // Beside the VM's own socket for all addresses, one for loopback alone gets the connection.
    let mut machine = colima("macos");
    machine.listeners = vec![("0.0.0.0:30080", 600, "ssh"), (NODE_PORT, 77, "kubectl")];
    machine.doors.push((NODE_PORT, http_200()));
    shut("r26-beside", &machine, "V128", &[ANOTHER_PORT, "kill 77 && colima stop && colima start", FORWARD]);
}

/// R26, near-misses: the VM's own host agent; ssh, of which nobody sees whose it is; nobody is
/// seen at all; another program at another address, or for IPv6 alone.
#[test]
fn r26_the_own_forwarder_is_no_stranger() {
    for (name, by) in [
        ("r26-own", vec![(NODE_PORT, AGENT, "limactl")]),
        ("r26-ssh", vec![(NODE_PORT, 600, "ssh")]),
        ("r26-unseen", vec![]),
        ("r26-elsewhere", vec![(NODE_PORT, AGENT, "limactl"), ("0.0.0.0:30080", 77, "node")]),
        ("r26-ipv6", vec![(NODE_PORT, AGENT, "limactl"), ("[::1]:30080", 77, "node")]),
        ("r26-other-port", vec![("127.0.0.1:30081", 77, "node")]),
    ] {
        let mut machine = lima("macos", &json!({}));
        machine.listeners = by;
        machine.doors.push((NODE_PORT, http_200()));
        reachable(name, &machine, "http://127.0.0.1:30080/");
    }
}

/// R19: what listens for an engine is not ended with a port of its.
#[test]
fn r19_another_product_has_the_port() {
    shut("r19-desktop", &held((NODE_PORT, 88, "com.docker.backend")), "V128", &[ANOTHER_PORT, FORWARD]);
}

/// R19, T4: the first VM wins. One of the same home has a name.
#[test]
fn r19_another_vm_has_the_port() {
    let mut machine = held((NODE_PORT, 502, "limactl"));
    shut("r19-a-vm", &machine, "V128", &[ANOTHER_PORT, "limactl list", FORWARD]);
    let other = instance("work", "Running", &json!({})).replace(&AGENT.to_string(), "502");
    machine.limas = vec![(None, Ok(instance("k3s", "Running", &json!({})) + &other))];
    let stop = format!("limactl stop work && {RESTART}");
    shut("r19-vm-work", &machine, "V128", &[ANOTHER_PORT, &stop, FORWARD]);
    // Near-miss: the VM's own process is not known.
    machine.limas = vec![(None, Ok(instance("k3s", "Running", &json!({})).replace("hostAgentPID", "unsaid")))];
    reachable("r19-unknown-agent", &machine, "http://127.0.0.1:30080/");
}

/// R19 on macOS: AirPlay has port 5000. A load balancer's number is not changed: its clients
/// know it.
#[test]
fn r19_airplay_has_the_port() {
    let mut machine = lima("macos", &json!({}));
    balanced(&mut machine, true);
    machine.port(|port| port["port"] = json!(5000));
    machine.listeners = vec![("0.0.0.0:5000", 412, "ControlCenter"), ("[::]:5000", 412, "ControlCenter")];
    machine.doors.push(("127.0.0.1:5000", Outcome::Response { status: Some(403), tls: false, ms: 2 }));
    let off = format!("open -b com.apple.systempreferences && {RESTART}");
    let moved = "limactl stop k3s && limactl edit k3s --port-forward 5001:5000,static=true && limactl start k3s";
    let forward = "kubectl port-forward service/web 5001:5000 [blocks]";
    shut("r19-airplay", &machine, "V128", &[&off, moved, forward]);
}

/// R19: the port is free now, and was not when the VM wanted it.
#[test]
fn r19_a_listen_that_failed_is_not_tried_again() {
    let mut machine = lima("macos", &json!({}));
    machine.lima_logs = vec![("k3s", forwarding() + &failed(), true)];
    shut("r19", &machine, "V129", &[RESTART, FORWARD]);
    // The end of the log is enough for that.
    machine.lima_logs = vec![("k3s", forwarding() + &failed(), false)];
    shut("r19-end", &machine, "V129", &[RESTART, FORWARD]);
}

/// R26: nobody sees who answers, and by its log it is not the host agent: root's own web server,
/// perhaps. That is no answer of the Service's, and no proof that there is none.
#[test]
fn r26_an_answer_that_the_log_speaks_against_does_not_count() {
    let untold = line("Guest agent is running");
    for (name, log, code, opened_by) in [
        ("r26-failed", forwarding() + &failed(), "V129", &[SHOW, RESTART, FORWARD][..]),
        ("r26-untold", untold, "V121", &[SHOW, LOOK, ADD, FORWARD]),
    ] {
        let mut machine = lima("macos", &json!({}));
        machine.lima_logs = vec![("k3s", log.clone(), true)];
        machine.doors.push((NODE_PORT, http_200()));
        let said = unsure(name, &machine, Some(code), opened_by);
        assert!(said.ports[0].urls.is_empty());
        // Near-miss: the host agent is seen to listen.
        machine.listeners.push((NODE_PORT, AGENT, "limactl"));
        reachable(&format!("{name}-own"), &machine, "http://127.0.0.1:30080/");
    }
}

/// R19, near-misses: both stacks share the port outside (2.6); it went well the last time; the
/// own process listens, whatever its log says.
#[test]
fn r19_a_failed_line_alone_is_no_fault() {
    let six = line("Forwarding TCP from [::]:30080 to 127.0.0.1:30080");
    for log in [forwarding() + &six + &failed(), forwarding() + &failed() + &forwarding()] {
        let mut machine = lima("macos", &json!({}));
        machine.lima_logs = vec![("k3s", log, true)];
        unsure("r19-noise", &machine, Some("V121"), &[RESTART, FORWARD]);
    }
    let mut machine = held((NODE_PORT, AGENT, "limactl"));
    machine.lima_logs = vec![("k3s", forwarding() + &failed(), true)];
    reachable("r19-own", &machine, "http://127.0.0.1:30080/");
}

/// R18, R23, R28: what the log says of the VM's agent. Silence counts only in a whole log.
#[test]
fn r28_the_log_tells_whether_the_agent_told() {
    let mut machine = lima("macos", &json!({}));
    machine.lima_logs = vec![("k3s", line("Guest agent is running"), true)];
    unsure("r28-silent", &machine, Some("V121"), &[LOOK, ADD, FORWARD]);
    machine.lima_logs = vec![("k3s", line("Guest agent is running"), false)];
    unsure("r28-end", &machine, Some("V121"), &[LOOK, ADD, FORWARD]);
    machine.lima_logs = vec![("k3s", forwarding(), true)];
    unsure("r28-told", &machine, Some("V121"), &[RESTART, FORWARD]);
    machine.doors.push((NODE_PORT, http_200()));
    reachable("r28", &machine, "http://127.0.0.1:30080/");
    // Near-miss: it proves nothing where nobody may look.
    machine.doors = vec![(NODE_PORT, Outcome::Silent)];
    unsure("r28-silent-port", &machine, None, &[]);
}

/// A Pod's hostPort that the agent told of is not one that Lima does not see.
#[test]
fn r21_a_host_port_in_the_log_is_seen() {
    let mut machine = lima("macos", &json!({}));
    machine.object("/api/v1/namespaces/default/pods", |pods| {
        pods["items"][0]["spec"]["containers"][0]["ports"][0]["hostPort"] = json!(30080);
    });
    machine.lima_logs = vec![("k3s", forwarding(), true)];
    shut("r21-told", &machine, "V120", &[RESTART, FORWARD]);
    machine.lima_logs = vec![("k3s", String::new(), true)];
    unsure("r21-silent", &machine, Some("V127"), &["limactl --version", ADD, FORWARD]);
}

/// The browser is elsewhere: another socket of loopback's takes nothing from it.
#[test]
fn r26_is_about_this_computer() {
    let mut machine = colima("macos");
    machine.listeners = vec![("0.0.0.0:30080", 600, "ssh"), (NODE_PORT, 77, "node")];
    machine.viewer = Viewer::Lan;
    unsure("r26-lan", &machine, None, &[]);
    let mut machine = rancher_desktop();
    machine.listeners = vec![("0.0.0.0:30080", 77, "node")];
    shut("r26-rancher-desktop", &machine, "V128", &[ANOTHER_PORT, "kill 77 && rdctl shutdown && rdctl start", FORWARD]);
}
