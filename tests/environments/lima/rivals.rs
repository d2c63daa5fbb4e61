//! Who answers at the API server's address: R9, R10, and a VM that is another one.

use netpath::ask::Why;
use netpath::report::{EnvironmentId, Fact};
use serde_json::json;

use super::{AGENT, COLIMA_HOME, MAC_RD_HOME, NODE_PORT, colima, colimas_rules, instance, lima, rancher_desktop};
use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, shut, unsure};

const API: &str = "127.0.0.1:6443";
const ALLOW: &str = "open x-apple.systempreferences:com.apple.preference.security";

fn foreign(machine: &mut Machine) {
    machine.api_down = Some(Why::Certificate { detail: "certificate signed by unknown authority".into() });
}

/// Rancher Desktop beside a VM of Lima's own, both at port 6443. The first one has it.
fn two_at_6443(by: u32) -> Machine {
    let mut machine = rancher_desktop();
    foreign(&mut machine);
    let own = instance("0", "Running", &json!({}));
    let other = instance("k3s", "Running", &json!({})).replace(&AGENT.to_string(), "777");
    machine.limas = vec![(Some(MAC_RD_HOME), Ok(own)), (None, Ok(other))];
    machine.listeners.push((API, by, "limactl"));
    machine
}

/// R9: the certificate is another cluster's, and the port belongs to another VM.
#[test]
fn r9_another_vm_has_the_port_of_the_api_server() {
    let stop = "limactl stop k3s && rdctl shutdown && rdctl start";
    let said = unsure("r9", &two_at_6443(777), Some("V313"), &[stop]);
    assert_eq!(said.environment.id, EnvironmentId::RancherDesktop);
    // One of a home that nobody looked into.
    unsure("r9-unknown-vm", &two_at_6443(888), Some("V313"), &["limactl list"]);
    // Another product altogether.
    let mut machine = two_at_6443(0);
    machine.listeners = vec![(API, 99, "com.docker.backend")];
    unsure("r9-desktop", &machine, Some("V313"), &[]);
    // 401 says the same: another cluster does not know this user.
    let mut machine = two_at_6443(777);
    machine.api_down = Some(Why::Unauthorized);
    unsure("r9-unauthorized", &machine, Some("V313"), &[stop]);
}

/// R9, near-misses: the VM's own process has the port; ssh, of which nobody sees whose it is;
/// nobody is seen. What has the port is named all the same.
#[test]
fn r9_a_certificate_alone_accuses_nobody() {
    let renewed = two_at_6443(AGENT);
    let said = unsure("r9-own", &renewed, Some("C103"), &[]);
    let held = |fact: &Fact| matches!(fact, Fact::HeldBy { port: 6443, pid: AGENT, .. });
    let mut evidence =
        said.ports.iter().flat_map(|port| &port.roads).flat_map(|road| &road.hops).flat_map(|hop| &hop.evidence);
    assert!(evidence.any(|seen| held(&seen.fact)));
    let mut machine = two_at_6443(0);
    machine.listeners = vec![(API, 600, "ssh")];
    unsure("r9-ssh", &machine, Some("C103"), &[]);
    machine.listeners.clear();
    unsure("r9-unseen", &machine, Some("C103"), &[]);
}

/// R9: the VM that the context means does not run, and something answers for it.
#[test]
fn r9_the_vm_does_not_run_and_something_answers() {
    let mut machine = two_at_6443(0);
    machine.listeners.clear();
    machine.limas = vec![(Some(MAC_RD_HOME), Ok(instance("0", "Stopped", &json!({}))))];
    unsure(
        "r9-stopped",
        &machine,
        Some("V313"),
        &["sudo lsof -nP -iTCP:6443 -sTCP:LISTEN [privileged]", "rdctl start"],
    );
}

/// R9: the Node says whose cluster it is, whatever the context is called.
#[test]
fn r9_a_name_does_not_make_it_another_product() {
    let mut machine = lima("macos", &json!({}));
    machine.context = "rancher-desktop".into();
    machine.entries = ("rancher-desktop".into(), "rancher-desktop".into());
    machine.doors.push((NODE_PORT, http_200()));
    let said = reachable("r9-renamed", &machine, "http://127.0.0.1:30080/");
    assert_eq!((said.environment.id, said.environment.name.as_deref()), (EnvironmentId::Lima, Some("k3s")));
    let mut machine = rancher_desktop();
    machine.context = "default".into();
    machine.entries = ("default".into(), "default".into());
    assert_eq!(report(&machine.explain()).environment.id, EnvironmentId::RancherDesktop);
}

/// The API server answers, and limactl says that the VM of that name is stopped: it is the VM
/// of another Lima home, and nothing is said of the one that is stopped.
#[test]
fn a_stopped_vm_of_the_same_name_is_another_one() {
    let mut machine = lima("macos", &json!({}));
    machine.limas = vec![(None, Ok(instance("k3s", "Stopped", &json!({}))))];
    let said = unsure("stopped-other-home", &machine, None, &[]);
    assert!(said.unobserved.iter().any(|unobserved| unobserved.why == Why::Ambiguous), "{:?}", said.unobserved);
    let mut machine = colima("macos");
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Stopped", &json!({}))))];
    machine.doors.push((NODE_PORT, http_200()));
    reachable("stopped-colima", &machine, "http://127.0.0.1:30080/");
    // Near-miss: it has lost one of its processes, and its ssh may still forward what it did.
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Broken", &json!({}))))];
    shut("broken-colima", &machine, "V306", &["colima stop -f && colima start"]);
}

/// colima with an address of its own, whose API server this computer does not reach.
fn far(os: &'static str, name: &'static str, why: Why) -> Machine {
    let mut machine = Machine::bare("lima", os, name, "https://192.168.106.2:51234", (name, "192.168.106.2"));
    machine.interfaces.push(("bridge100", "192.168.106.1", 24));
    let config = json!({ "portForwards": colimas_rules() });
    machine.limas.push((Some(COLIMA_HOME), Ok(instance(name, "Running", &config))));
    machine.files.insert(format!("{COLIMA_HOME}/{name}/colima.yaml"), "portForwarder: ssh\n".into());
    machine.api_down = Some(why);
    machine
}

fn no_route() -> Why {
    Why::Unreachable { detail: "No route to host (os error 65)".into() }
}

/// R10: macOS may keep this terminal out of local networks. Near-misses: another system, another
/// error, a VM of which nobody knows whether it runs.
#[test]
fn r10_macos_keeps_terminals_out_of_local_networks() {
    let without = "colima stop && colima start --network-address=false";
    unsure("r10", &far("macos", "colima", no_route()), Some("V308"), &[ALLOW, without]);
    let without = "colima stop -p work && colima start -p work --network-address=false";
    unsure("r10-profile", &far("macos", "colima-work", no_route()), Some("V308"), &[ALLOW, without]);
    let mut blind = far("macos", "colima", no_route());
    blind.limas = vec![(Some(COLIMA_HOME), Err(Why::TimedOut))];
    for (machine, code) in
        [(far("linux", "colima", no_route()), "C108"), (far("macos", "colima", Why::TimedOut), "C102"), (blind, "C108")]
    {
        assert_eq!(report(&machine.explain()).root().map(|found| found.finding.code().as_str()), Some(code));
    }
}
