//! The rows of Windows and of WSL2.

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::RoadId;

use super::{PORT_FORWARD, SERVICE, recreate};
use crate::minikube::machine::{
    behind_a_wall, qemu_builtin, vm, windows_docker, wsl_docker_desktop, wsl_native_docker,
};
use crate::said::{reachable, shut, unsure};

/// Rows Windows docker, podman.
#[test]
fn windows_containers_are_shut() {
    shut("windows-docker", &windows_docker(), "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
    let podman = behind_a_wall("windows", "podman", Engine::Podman, &[]);
    shut("windows-podman", &podman, "V101", &[SERVICE, PORT_FORWARD, &recreate("podman")]);
}

/// Row Windows VMs.
#[test]
fn windows_vms_by_the_nodes_address() {
    let switch = ("vEthernet (Default Switch)", "172.27.240.1", 20);
    let hyperv = vm("windows", "hyperv", "", switch, "172.27.247.19", "172.27.247.19:30080");
    reachable("windows-hyperv", &hyperv, "http://172.27.247.19:30080/");
    let host_only = ("VirtualBox Host-Only Network", "192.168.59.1", 24);
    for (name, driver) in [("windows-virtualbox", "virtualbox"), ("windows-vmware", "vmware")] {
        let machine = vm("windows", driver, "", host_only, "192.168.59.101", "192.168.59.101:30080");
        reachable(name, &machine, "http://192.168.59.101:30080/");
    }
}

/// The same row, near-miss: nothing comes back from the VM's node port, though the API
/// server answers at the same address.
#[test]
fn windows_hyperv_that_is_silent_is_not_judged() {
    let switch = ("vEthernet (Default Switch)", "172.27.240.1", 20);
    let mut machine = vm("windows", "hyperv", "", switch, "172.27.247.19", "172.27.247.19:30080");
    machine.doors[0].1 = Outcome::TimedOut;
    unsure("windows-hyperv-silent", &machine, None, &[]);
}

/// Row Linux, Windows qemu2: socket_vmnet is macOS's only.
#[test]
fn windows_qemu_is_isolated() {
    shut("windows-qemu2", &qemu_builtin("windows"), "V107", &[PORT_FORWARD]);
}

/// Row WSL2, Docker Desktop (minikube#16188): not even from the distribution.
#[test]
fn wsl_docker_desktop_is_shut() {
    shut("wsl-docker-desktop", &wsl_docker_desktop(), "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// Row WSL2, docker in the same distribution: minikube says no, and it is yes (3.1 b, M5).
#[test]
fn wsl_native_docker_by_the_nodes_address() {
    let report = reachable("wsl-native-docker", &wsl_native_docker(), "http://192.168.49.2:30080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::NodeAddress);
}
