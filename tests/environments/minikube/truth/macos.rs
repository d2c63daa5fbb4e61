//! The rows of macOS.

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use serde_json::json;

use super::{PORT_FORWARD, SERVICE, recreate};
use crate::minikube::machine::{behind_a_wall, http_200, macos_docker, macos_vfkit, qemu_builtin, vm};
use crate::said::{reachable, shut, unsure};

/// Row macOS docker: nothing is published, and the node is in a VM (minikube#17890).
#[test]
fn macos_docker_is_shut() {
    shut("macos-docker", &macos_docker(), "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// The same row, near-miss: `--ports=30080:30080` at creation (3.3).
#[test]
fn macos_docker_is_open_where_the_port_is_published() {
    let mut machine = behind_a_wall("macos", "docker", Engine::Docker, &[("30080/tcp", "", 30080)]);
    machine.doors.push(("127.0.0.1:30080", http_200()));
    let report = reachable("macos-docker-published", &machine, "http://127.0.0.1:30080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::PublishedPort);
}

/// Row macOS podman machine.
#[test]
fn macos_podman_is_shut() {
    let machine = behind_a_wall("macos", "podman", Engine::Podman, &[]);
    shut("macos-podman", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("podman")]);
}

/// 3.1 (c), M5: OrbStack gives macOS an interface in each network of its containers.
#[test]
fn macos_orbstack_may_reach_the_node_itself() {
    let mut machine = macos_docker();
    machine.engine_info["OperatingSystem"] = json!("OrbStack");
    machine.interfaces.push(("bridge101", "192.168.49.254", 24));
    machine.doors.push(("192.168.49.2:30080", http_200()));
    let report = reachable("macos-orbstack", &machine, "http://192.168.49.2:30080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::NodeAddress);
}

/// The same, near-miss: another engine, and the user's own network has the same range.
/// Whoever answers there is a stranger.
#[test]
fn macos_docker_in_a_network_of_the_same_range_is_shut() {
    let mut machine = macos_docker();
    machine.engine_info["OperatingSystem"] = json!("Docker Desktop");
    machine.interfaces.push(("en0", "192.168.49.30", 24));
    machine.doors.push(("192.168.49.2:30080", http_200()));
    shut("macos-docker-same-range", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// Row macOS VMs: an interface of macOS is in the VM's network (doc:traefik curls 192.168.64.3).
#[test]
fn macos_vms_by_the_nodes_address() {
    reachable("macos-vfkit", &macos_vfkit(), "http://192.168.64.3:30080/");
    let bridge = ("bridge100", "192.168.105.1", 24);
    for (name, driver, network) in [
        ("macos-vfkit-vmnet-shared", "vfkit", "vmnet-shared"),
        ("macos-krunkit", "krunkit", ""),
        ("macos-qemu2-socket-vmnet", "qemu2", "socket_vmnet"),
        ("macos-parallels", "parallels", ""),
        ("macos-hyperkit", "hyperkit", ""),
        ("macos-virtualbox", "virtualbox", ""),
        ("macos-vmware", "vmware", ""),
    ] {
        let machine = vm("macos", driver, network, bridge, "192.168.105.7", "192.168.105.7:30080");
        let report = reachable(name, &machine, "http://192.168.105.7:30080/");
        assert_eq!(report.environment.driver.as_deref(), Some(driver));
    }
}

/// The same row, near-miss: the VM takes the connection and gives no answer. The way in is
/// there, and what lies behind it is Kubernetes or the application.
#[test]
fn macos_vfkit_that_closes_is_not_the_vms_fault() {
    let mut machine = macos_vfkit();
    machine.doors[0].1 = Outcome::Reset;
    machine.app_answers = false;
    shut("macos-vfkit-nothing-listens", &machine, "A101", &["kubectl logs web-7d4b"]);
}

/// Row macOS qemu2 builtin; near-miss: the same driver with socket_vmnet, above.
#[test]
fn macos_qemu_builtin_is_isolated() {
    shut("macos-qemu2-builtin", &qemu_builtin("macos"), "V107", &[PORT_FORWARD]);
}

/// A qemu2 profile on macOS that names no network: the address that every VM in QEMU's own
/// network has tells (1.2); near-miss: any other is socket_vmnet's.
#[test]
fn macos_qemu_without_a_network_is_told_by_its_address() {
    let mut machine = qemu_builtin("macos");
    machine.config(|config| config["Network"] = json!(""));
    shut("macos-qemu2-unsaid", &machine, "V107", &[PORT_FORWARD]);
    let bridge = ("bridge100", "192.168.105.1", 24);
    let mut machine = vm("macos", "qemu2", "", bridge, "192.168.105.7", "192.168.105.7:30080");
    reachable("macos-qemu2-unsaid-shared", &machine, "http://192.168.105.7:30080/");
    // Without an address nobody can tell.
    machine.config(|config| config["Nodes"][0]["IP"] = json!(""));
    machine.server = "https://localhost:52341".into();
    unsure("macos-qemu2-unsaid-no-address", &machine, None, &[]);
}
