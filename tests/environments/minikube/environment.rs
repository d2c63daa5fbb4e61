//! `kubectl netpath env`: what the context points at, and the ways in that are there whatever
//! the Service (1.2, 3.2).

use netpath::ask::Engine;
use netpath::report::{EnvironmentReport, Outcomes, State, Verdict};
use netpath::request::Goal;

use crate::minikube::machine::{Machine, behind_a_wall, linux_docker, linux_kvm2, macos_docker, qemu_builtin};
use crate::minikube::says;

#[track_caller]
fn environment(name: &str, machine: &Machine) -> EnvironmentReport {
    let outcomes = machine.run(Goal::Environment);
    says(name, &outcomes);
    match outcomes {
        Outcomes::Environment(report) => *report,
        other => panic!("not an environment: {other:?}"),
    }
}

fn doors(report: &EnvironmentReport) -> Vec<State> {
    report.doors.iter().map(|door| door.state).collect()
}

/// The ports that minikube publishes for itself are no ways in; the node's address is.
#[test]
fn env_tells_the_nodes_address_where_it_leads_in() {
    assert_eq!(doors(&environment("env-linux-docker", &linux_docker())), [State::Present]);
    assert_eq!(doors(&environment("env-linux-kvm2", &linux_kvm2())), [State::Present]);
}

/// Near-miss: behind a wall it does not, and a published port does.
#[test]
fn env_tells_published_ports_where_the_address_leads_nowhere() {
    assert_eq!(doors(&environment("env-macos-docker", &macos_docker())), [State::Missing]);
    let published = behind_a_wall("macos", "docker", Engine::Docker, &[("30080/tcp", "0.0.0.0", 30080)]);
    assert_eq!(doors(&environment("env-macos-published", &published)), [State::Present, State::Missing]);
    assert_eq!(doors(&environment("env-qemu2", &qemu_builtin("macos"))), [State::Missing]);
}

/// A profile that stands still is said to, with what starts it.
#[test]
fn env_tells_what_stands_still() {
    let mut machine = linux_docker();
    machine.containers.clear();
    machine.container(Engine::Docker, "exited", &[("8443/tcp", "127.0.0.1", 51000)], "", "");
    machine.api_down = Some(netpath::ask::Why::Unreachable { detail: "No route to host".into() });
    let report = environment("env-stopped", &machine);
    let blocked = report.blocked.expect("what stands still");
    assert_eq!(blocked.finding.code().as_str(), "V301");
    assert_eq!(blocked.remedies[0].commands, [["minikube", "-p", "minikube", "start"].map(String::from).to_vec()]);
}

/// An overview tells the same, in a line.
#[test]
fn an_overview_tells_the_wall_as_well() {
    let overview = |name: &str, machine: &Machine| {
        let outcomes = machine.run(Goal::Overview { all_namespaces: false, selector: None });
        says(name, &outcomes);
        match outcomes {
            Outcomes::Overview(overview) => overview.items[0].clone(),
            other => panic!("not an overview: {other:?}"),
        }
    };
    let shut = overview("overview-macos-docker", &macos_docker());
    let root = shut.root().map(|found| found.finding.code().as_str());
    assert_eq!((shut.verdict, root), (Verdict::Unreachable, Some("V101")));
    assert_eq!(overview("overview-linux-docker", &linux_docker()).verdict, Verdict::Reachable);
}
