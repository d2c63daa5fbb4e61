//! `kubectl netpath env` where the node is this computer, where it may be, and where it is not.

use netpath::report::{Certainty, EnvironmentId, EnvironmentReport, Outcomes, State};
use netpath::request::Goal;

use crate::host::machine::{Machine, all, k3s};
use crate::says;

#[track_caller]
fn environment(name: &str, machine: &Machine) -> EnvironmentReport {
    let outcomes = machine.run(Goal::Environment);
    says(&format!("host/{name}"), &outcomes);
    match outcomes {
        Outcomes::Environment(report) => *report,
        other => panic!("not an environment: {other:?}"),
    }
}

/// No boundary, and the one way in is none.
#[test]
fn env_says_that_the_node_is_this_computer() {
    for (name, machine) in all() {
        let report = environment(&format!("env-{name}"), &machine);
        assert!(report.environment.boundaries.is_empty(), "{name}");
        assert_eq!(report.doors.iter().map(|door| door.state).collect::<Vec<_>>(), [State::NotNeeded], "{name}");
    }
}

/// Near-miss: the same cluster at the other end of a forward.
#[test]
fn env_says_nothing_of_a_cluster_behind_a_forward() {
    let mut machine = k3s();
    machine.node_at("192.168.105.3");
    let report = environment("env-k3s-behind-a-forward", &machine);
    assert_eq!(report.environment.id, EnvironmentId::Unknown);
}

/// A stopped service, and what starts it.
#[test]
fn env_tells_what_is_stopped() {
    let mut machine = k3s();
    machine.stopped("/etc/systemd/system/k3s.service");
    let report = environment("env-k3s-stopped", &machine);
    assert_eq!(report.environment.certainty, Certainty::Likely);
    let blocked = report.blocked.expect("what is stopped");
    assert_eq!(blocked.finding.code().as_str(), "K503");
    assert_eq!(blocked.remedies[0].commands, [["sudo", "systemctl", "start", "k3s"].map(String::from).to_vec()]);
}

/// An overview tells the same, in a line.
#[test]
fn an_overview_needs_no_stage_one_either() {
    let outcomes = k3s().run(Goal::Overview { all_namespaces: false, selector: None });
    says("host/overview-k3s", &outcomes);
}
