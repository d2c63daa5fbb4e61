//! kind in a podman machine: R31. Composed from what podman says of itself.

use netpath::ask::Engine;
use netpath::report::BoundaryKind;
use netpath::request::Viewer;

use super::machine::behind_a_wall;
use crate::machine::{Machine, http_200};
use crate::said::{reachable, shut, unsure};

const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const RESTART: &str = "podman restart dev-control-plane";
const MACHINE: &str = "podman machine stop && podman machine start";

fn machine(os: &'static str, at: &str) -> Machine {
    let mut machine = behind_a_wall(os, Engine::Podman, &[("30080/tcp", at, 9090)]);
    machine.rootless(true);
    machine
}

/// What podman lists is asked for, and only an answer shows that somebody listens.
#[test]
fn r31_a_list_is_no_listener() {
    let mut open = machine("macos", "127.0.0.1");
    open.doors.push(("127.0.0.1:9090", http_200()));
    let said = reachable("podman-machine", &open, "http://127.0.0.1:9090/");
    let walls: Vec<_> = said.environment.boundaries.iter().map(|wall| (wall.kind, wall.name.as_str())).collect();
    assert_eq!(walls, [(BoundaryKind::Vm, "podman machine"), (BoundaryKind::Container, "dev-control-plane")]);
    shut("podman-machine-refused", &machine("macos", "127.0.0.1"), "V120", &[RESTART, FORWARD, MACHINE]);
}

/// Published on all addresses, it is open to other computers on macOS; on Windows the
/// machine's ports come to localhost alone.
#[test]
fn r31_windows_brings_them_to_localhost() {
    let mut lan = machine("macos", "0.0.0.0");
    lan.viewer = Viewer::Lan;
    unsure("podman-machine-lan", &lan, None, &[]);
    let mut windows = machine("windows", "0.0.0.0");
    windows.doors.push(("127.0.0.1:9090", http_200()));
    reachable("podman-machine-windows", &windows, "http://127.0.0.1:9090/");
    windows.viewer = Viewer::Lan;
    let forward = "kubectl port-forward --address 0.0.0.0 service/web 8080:80 [blocks]";
    shut("podman-machine-windows-lan", &windows, "V104", &[forward]);
}

/// podman#15140: IPv6 was not brought out, and nobody knows whether it is now.
#[test]
fn r31_ipv6_is_left_open() {
    unsure("podman-machine-ipv6", &machine("macos", "::1"), Some("V120"), &[RESTART, FORWARD, MACHINE]);
}

/// R31: another program has the port on macOS. Near-miss: gvproxy has it.
#[test]
fn r31_the_listener_has_to_be_gvproxy() {
    let mut taken = machine("macos", "127.0.0.1");
    taken.doors.push(("127.0.0.1:9090", http_200()));
    taken.listeners.push(("127.0.0.1:9090", 77, "gvproxy"));
    reachable("podman-machine-own", &taken, "http://127.0.0.1:9090/");
    taken.listeners[0].2 = "node";
    let end = format!("kill 77 && {MACHINE}");
    shut("podman-machine-taken", &taken, "V128", &[&end, FORWARD]);
}
