//! netpath in a WSL2 distribution, and the browser on Windows (R15; the last rows of 3.2).

use netpath::ask::Engine;
use netpath::report::{RoadId, State, Verdict};
use netpath::request::Viewer;
use serde_json::json;

use crate::minikube::machine::{
    Machine, behind_a_wall, http_200, report, windows_docker, wsl_docker_desktop, wsl_native_docker,
};
use crate::minikube::truth::{PORT_FORWARD, SERVICE, recreate};
use crate::said::{reachable, shut, unsure};

fn windows(mut machine: Machine) -> Machine {
    machine.viewer = Viewer::Windows;
    machine
}

/// A live `minikube service` of the distribution.
fn with_service(mut machine: Machine) -> Machine {
    machine.ssh(4711, 51001, &["39921:10.105.244.12:80"]);
    machine.doors.push(("127.0.0.1:39921", http_200()));
    machine
}

/// R15: its listener is in WSL. From a shell there it is open; whether Windows gets to it is
/// WSL's own forwarding of localhost, and is not seen from here.
#[test]
fn r15_a_listener_in_wsl_is_not_probed_for_windows() {
    reachable("r15-from-wsl", &with_service(wsl_docker_desktop()), "http://127.0.0.1:39921/");
    let report = unsure("r15-from-windows", &windows(with_service(wsl_docker_desktop())), None, &[]);
    let mut roads = report.ports[0].roads.iter();
    let road = roads.find(|road| road.id == RoadId::SshForward).expect("the forward");
    assert_eq!((road.state, report.ports[0].urls.len()), (State::Unknown, 0));
}

/// R15, near-miss: without a listener nothing leads in, for whoever asks.
#[test]
fn r15_without_a_listener_it_is_shut_for_windows_too() {
    let closed = [SERVICE, PORT_FORWARD, &recreate("docker")];
    shut("r15-closed", &windows(wsl_docker_desktop()), "V101", &closed);
    shut("m5-from-windows", &windows(wsl_native_docker()), "V101", &closed);
}

/// R15: a port published by Docker Desktop listens on Windows itself, one by the
/// distribution's own docker in WSL. Neither is probed for Windows.
#[test]
fn r15_published_ports_are_not_probed_for_windows() {
    let published = |desktop: bool| {
        let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[("30080/tcp", "0.0.0.0", 30080)]);
        machine.variables.insert("WSL_DISTRO_NAME", "Debian".into());
        if desktop {
            machine.engine_info["OperatingSystem"] = json!("Docker Desktop");
        }
        machine.doors.push(("127.0.0.1:30080", http_200()));
        machine
    };
    for desktop in [true, false] {
        unsure("r15-published", &windows(published(desktop)), None, &[]);
        reachable("r15-published-from-wsl", &published(desktop), "http://127.0.0.1:30080/");
    }
}

/// R4 and R15: a tunnel in WSL, seen from Windows.
#[test]
fn r15_a_tunnel_in_wsl_is_not_probed_for_windows() {
    let mut machine = windows(wsl_docker_desktop());
    machine.service("LoadBalancer", "10.105.244.12", Some("127.0.0.1"));
    machine.ssh(4711, 51001, &["80:10.105.244.12:80"]);
    machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    unsure("r15-tunnel", &machine, None, &[]);
    // Near-miss: the same from the distribution.
    machine.viewer = Viewer::Here;
    reachable("r15-tunnel-from-wsl", &machine, "http://127.0.0.1:80/");
}

/// 1.1: a kubeconfig that minikube.exe wrote, read in WSL: `C:` is below `/mnt/c` there.
#[test]
fn a_profile_of_windows_is_found_from_wsl() {
    let mut machine = wsl_docker_desktop();
    machine.move_home("/mnt/c/Users/me/.minikube");
    machine.certificate = Some("C:/Users/me/.minikube/profiles/minikube/client.crt".into());
    let outcomes = machine.explain();
    assert_eq!(report(&outcomes).environment.driver.as_deref(), Some("docker"));
    // Near-miss: on Windows itself the path is what it says.
    let mut machine = windows_docker();
    machine.move_home("C:/Users/me/.minikube");
    let outcomes = machine.explain();
    assert_eq!(report(&outcomes).environment.driver.as_deref(), Some("docker"));
    assert_eq!(report(&outcomes).verdict, Verdict::Unreachable);
}
