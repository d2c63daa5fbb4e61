//! The engine that holds the nodes does not answer (V312): which one it is told by its socket,
//! and how that is started. Composed; what docker says is what a real one says.

use netpath::ask::{Engine, Why};

use super::machine::behind_a_wall;
use crate::machine::Machine;
use crate::minikube::machine::macos_docker;
use crate::said::unsure;

const CONTEXTS: &str = "docker context ls";
const DESKTOP: &str = "docker desktop start";

fn no_daemon() -> Why {
    let detail = "Cannot connect to the Docker daemon. Is the docker daemon running?".into();
    Why::ToolFailed { tool: "docker".into(), detail }
}

/// A cluster whose engine and API server are silent.
fn silent(os: &'static str, socket: Option<&'static str>) -> Machine {
    let mut machine = behind_a_wall(os, Engine::Docker, &[]);
    machine.silent_engines = vec![(Engine::Docker, no_daemon())];
    machine.api_down = Some(Why::Refused);
    machine.engine_socket = socket;
    machine
}

/// Each socket is somebody's; one that is nobody's is not guessed.
#[test]
fn a_socket_tells_what_to_start() {
    let sockets = [
        ("macos", "~/.docker/run/docker.sock", Some(DESKTOP)),
        ("macos", "/var/run/docker.sock", Some(DESKTOP)),
        ("macos", "~/.orbstack/run/docker.sock", Some("orb start")),
        ("macos", "/opt/other/docker.sock", None),
        ("linux", "/var/run/docker.sock", Some("sudo systemctl start docker [privileged]")),
        ("linux", "/run/user/1000/docker.sock", Some("systemctl --user start docker")),
        ("linux", "~/.docker/desktop/docker.sock", Some("systemctl --user start docker-desktop")),
        ("linux", "/opt/other/docker.sock", None),
    ];
    for (index, (os, socket, start)) in sockets.into_iter().enumerate() {
        let expected: Vec<&str> = start.into_iter().chain([CONTEXTS]).collect();
        unsure(&format!("engine-silent-{index}"), &silent(os, Some(socket)), Some("V312"), &expected);
    }
    unsure("engine-silent-windows", &silent("windows", None), Some("V312"), &[DESKTOP, CONTEXTS]);
}

/// In WSL2 the system's socket may be Docker Desktop's, which is started on Windows.
#[test]
fn in_wsl_the_systems_socket_is_one_of_two() {
    let mut machine = silent("linux", Some("/var/run/docker.sock"));
    machine.variables.insert("WSL_DISTRO_NAME", "Ubuntu".into());
    let start = "sudo service docker start [privileged]";
    unsure("engine-silent-wsl", &machine, Some("V312"), &[start, CONTEXTS]);
}

/// One that waits for ever is as silent. Near-misses: one that says no is there, and one that
/// is not installed holds nothing.
#[test]
fn silence_is_no_refusal() {
    let mut machine = silent("macos", Some("~/.docker/run/docker.sock"));
    machine.silent_engines = vec![(Engine::Docker, Why::TimedOut)];
    unsure("engine-hangs", &machine, Some("V312"), &[DESKTOP, CONTEXTS]);
    let denied = Why::PermissionDenied { detail: "permission denied".into() };
    machine.silent_engines = vec![(Engine::Docker, denied)];
    unsure("engine-says-no", &machine, Some("C101"), &RENEW);
    machine.silent_engines.clear();
    machine.containers.clear();
    unsure("engine-not-installed", &machine, Some("C101"), &RENEW);
}

const RENEW: [&str; 2] = ["kind export kubeconfig --name dev", "kubectl config get-contexts"];

/// An API server that answers has a node that runs somewhere. Near-miss of all of the above.
#[test]
fn an_answer_of_the_api_server_counts_more() {
    let mut machine = silent("macos", Some("~/.docker/run/docker.sock"));
    machine.api_down = None;
    unsure("engine-silent-api-answers", &machine, None, &[]);
}

/// Without docker it is the engine that is installed, and silent.
#[test]
fn podmans_machine_is_started() {
    let mut machine = behind_a_wall("macos", Engine::Podman, &[]);
    let detail = "Cannot connect to Podman. Please verify your connection to the Linux system".into();
    machine.silent_engines = vec![(Engine::Podman, Why::ToolFailed { tool: "podman".into(), detail })];
    machine.api_down = Some(Why::Refused);
    unsure("engine-silent-podman", &machine, Some("V312"), &["podman machine start"]);
    machine.os = "linux";
    unsure("engine-silent-podman-linux", &machine, Some("V312"), &[]);
}

/// minikube knows its engine from the profile.
#[test]
fn minikubes_engine_is_started_first() {
    let mut machine = macos_docker();
    machine.silent_engines = vec![(Engine::Docker, no_daemon())];
    machine.api_down = Some(Why::Refused);
    machine.engine_socket = Some("~/.docker/run/docker.sock");
    unsure("engine-silent", &machine, Some("V312"), &[DESKTOP, CONTEXTS]);
}
