//! Who it is and whether it runs: R1, R2, R4, R6, R7.

use netpath::ask::Why;
use netpath::report::{Certainty, EnvironmentId};
use serde_json::json;

use super::{COLIMA_HOME, FORWARD, MAC_RD_HOME, NODE_PORT, colima, down, instance, lima, over_ride, rancher_desktop};
use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, shut, unsure};

fn place(machine: &Machine) -> (EnvironmentId, Option<String>, Certainty) {
    let outcomes = machine.explain();
    let environment = &report(&outcomes).environment;
    (environment.id, environment.name.clone(), environment.certainty)
}

/// R4: by the Node's name and the VM of that host name.
#[test]
fn r4_lima_is_known_by_its_node() {
    assert_eq!(place(&lima("macos", &json!({}))), (EnvironmentId::Lima, Some("k3s".into()), Certainty::Certain));
}

/// R4, near-misses: no VM here has that host name; the API server is far away; the VM is this
/// computer itself.
#[test]
fn r4_a_node_of_that_name_may_be_anybodys() {
    let mut other = lima("macos", &json!({}));
    other.limas = vec![(None, Ok(instance("other", "Running", &json!({}))))];
    assert_eq!(place(&other).0, EnvironmentId::Unknown);
    let mut far = lima("macos", &json!({}));
    far.server = "https://203.0.113.9:6443".into();
    assert_eq!(place(&far).0, EnvironmentId::Remote);
    let mut inside = lima("linux", &json!({}));
    inside.interfaces.push(("eth0", "192.168.5.15", 24));
    assert_ne!(place(&inside).0, EnvironmentId::Lima);
}

/// limactl cannot be asked: it is only likely, and not probed; its usual way out is named.
#[test]
fn a_blind_limactl_is_no_absence() {
    let mut machine = lima("macos", &json!({}));
    machine.limas = vec![(None, Err(Why::TimedOut))];
    machine.doors.push((NODE_PORT, http_200()));
    let said = unsure("blind", &machine, None, &[]);
    assert_eq!(said.environment.certainty, Certainty::Likely);
    assert!(said.unobserved.iter().any(|unobserved| unobserved.why == Why::TimedOut), "{:?}", said.unobserved);
}

/// R2: colima, its profiles, and its own Lima home.
#[test]
fn r2_colima_and_its_profiles() {
    let mut machine = colima("macos");
    machine.doors.push((NODE_PORT, http_200()));
    reachable("r2", &machine, "http://127.0.0.1:30080/");
    let node = ("colima-work", "192.168.5.1");
    let mut work = Machine::bare("lima", "macos", "colima-work", "https://127.0.0.1:51299", node);
    let (name, home) = ("colima-work", Some("~/.config/colima/_lima"));
    work.limas.push((home, Ok(instance(name, "Running", &json!({ "portForwards": super::colimas_rules() })))));
    work.files.insert("~/.config/colima/_lima/colima-work/colima.yaml".into(), "cpu: 2\n".into());
    assert_eq!(place(&work), (EnvironmentId::Colima, Some("colima-work".into()), Certainty::Certain));
    let look = "colima ssh -p work -- sh -c 'command -v kubectl'";
    let rule = over_ride("~/.config/colima/_lima", 30080, "colima stop -p work && colima start -p work");
    unsure("r2-profile", &work, Some("V121"), &[look, &rule, FORWARD]);
}

/// R1: Rancher Desktop, with and without a limactl that tells of its VM.
#[test]
fn r1_rancher_desktop() {
    let mut machine = rancher_desktop();
    machine.doors.push((NODE_PORT, http_200()));
    reachable("r1", &machine, "http://127.0.0.1:30080/");
    machine.doors.clear();
    unsure("r1-refused", &machine, Some("V121"), &["rdctl shell sh -c 'command -v kubectl'", FORWARD]);
    let rules = json!({ "portForwards": [super::rule(("0.0.0.0", 1, 65535), ("0.0.0.0", 1, 65535), true)] });
    machine.limas.push((Some(MAC_RD_HOME), Ok(instance("0", "Running", &rules))));
    let rule = over_ride(MAC_RD_HOME, 30080, "rdctl shutdown && rdctl start");
    shut("r1-ignored", &machine, "V122", &[&rule, FORWARD]);
}

/// R1, near-miss: on Windows the same names are a distribution of WSL, and no rule of Lima's.
#[test]
fn r1_windows_has_no_lima() {
    let mut machine = rancher_desktop();
    machine.os = "windows";
    let root = |machine: &Machine| report(&machine.explain()).root().map(|found| found.finding.code().as_str());
    assert_eq!(root(&machine), Some("V120"));
    machine.os = "macos";
    assert_eq!(root(&machine), Some("V121"));
}

/// R7: the VM is stopped; how each product starts it.
#[test]
fn r7_a_vm_that_does_not_run() {
    for (state, by) in [("Stopped", "colima start"), ("Broken", "colima stop -f && colima start")] {
        let mut machine = colima("macos");
        down(&mut machine);
        machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", state, &json!({}))))];
        shut(&format!("r7-colima-{}", state.to_lowercase()), &machine, "V306", &[by]);
    }
    let mut machine = lima("macos", &json!({}));
    down(&mut machine);
    machine.limas = vec![(None, Ok(instance("k3s", "Stopped", &json!({}))))];
    machine.variables.insert("KUBECONFIG", "~/.lima/k3s/copied-from-guest/kubeconfig.yaml".into());
    shut("r7-lima", &machine, "V306", &["limactl start k3s"]);
    let mut machine = rancher_desktop();
    down(&mut machine);
    machine.limas = vec![(Some(MAC_RD_HOME), Ok(instance("0", "Stopped", &json!({}))))];
    shut("r7-rancher-desktop", &machine, "V306", &["rdctl start"]);
}

/// R7, near-misses: the VM runs, or nobody could look: then the API server's silence has
/// another cause.
#[test]
fn r7_a_vm_that_runs_is_not_to_blame() {
    let mut machine = colima("macos");
    down(&mut machine);
    assert_eq!(report(&machine.explain()).root().map(|found| found.finding.code().as_str()), Some("C101"));
    machine.limas.clear();
    assert_eq!(report(&machine.explain()).root().map(|found| found.finding.code().as_str()), Some("C101"));
}
