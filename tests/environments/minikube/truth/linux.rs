//! The rows of Linux.

use netpath::ask::{Engine, Why};
use netpath::fact::live::Outcome;
use netpath::report::{RoadId, State};
use serde_json::json;

use super::{KUBE_PROXY, PORT_FORWARD, SERVICE, recreate};
use crate::minikube::machine::{Machine, behind_a_wall, http_200, linux_docker, linux_kvm2, qemu_builtin, vm};
use crate::said::{reachable, shut, unsure};

/// Row 1; seen: 200 at the node's address, section A of the real runs.
#[test]
fn linux_docker_rootful_by_the_nodes_address() {
    let report = reachable("linux-docker", &linux_docker(), "http://192.168.49.2:30080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::NodeAddress);
}

/// Row 1, near-miss; 8.4: a refused node port of a node that is reached is Kubernetes's own.
#[test]
fn linux_docker_that_refuses_the_node_port_is_not_minikubes_fault() {
    let mut machine = linux_docker();
    machine.doors.clear();
    unsure("linux-docker-refused", &machine, Some("K501"), &[KUBE_PROXY]);
    machine.without_pods();
    shut("linux-docker-no-pods", &machine, "K201", &["kubectl get pods --show-labels"]);
}

/// Row 1, podman by sudo: the containers are root's own and not seen, the address is.
#[test]
fn linux_podman_rootful_by_the_nodes_address() {
    let mut machine = Machine::new("linux", "podman", "", "192.168.49.2", "https://192.168.49.2:8443");
    machine.interfaces.push(("podman1", "192.168.49.1", 24));
    machine.containers.push((Engine::Podman, Vec::new()));
    // What the user's own podman says of itself is not what root's is.
    machine.engine_info = json!({ "host": { "security": { "rootless": true } } });
    machine.doors.push(("192.168.49.2:30080", http_200()));
    reachable("linux-podman", &machine, "http://192.168.49.2:30080/");
}

/// Row 2: the address is in the network namespace of rootless docker (minikube#12796).
#[test]
fn linux_docker_rootless_is_shut() {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.engine_info["SecurityOptions"] = json!(["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]);
    shut("linux-docker-rootless", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// Row 2, podman with `MINIKUBE_ROOTLESS=true`; near-miss: the same with the port published.
#[test]
fn linux_podman_rootless_is_shut_unless_published() {
    let rootless = |ports: &[(&str, &str, u16)]| {
        let mut machine = behind_a_wall("linux", "podman", Engine::Podman, ports);
        machine.engine_info = json!({ "host": { "security": { "rootless": true } } });
        machine
    };
    shut("linux-podman-rootless", &rootless(&[]), "V101", &[SERVICE, PORT_FORWARD, &recreate("podman")]);
    let mut machine = rootless(&[("30080/tcp", "", 30080)]);
    machine.doors.push(("127.0.0.1:30080", http_200()));
    reachable("linux-podman-rootless-published", &machine, "http://127.0.0.1:30080/");
}

/// Row 3; trap 14: the engine itself says that it is Docker Desktop, on a Linux.
#[test]
fn linux_docker_desktop_is_shut() {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.engine_info["OperatingSystem"] = json!("Docker Desktop");
    shut("linux-docker-desktop", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// Row 3, next to an engine of this computer with a network of the same range, and a
/// stranger at the node's address in it: that network is not Docker Desktop's.
#[test]
fn linux_docker_desktop_is_shut_beside_a_bridge_of_the_same_range() {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.engine_info["OperatingSystem"] = json!("Docker Desktop");
    machine.interfaces.push(("br-49", "192.168.49.1", 24));
    machine.doors.push(("192.168.49.2:30080", http_200()));
    shut("linux-docker-desktop-same-range", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// Row 4 (3.1 a): docker in another VM. minikube takes the node's address for reachable, so
/// neither `minikube service` nor `minikube tunnel` opens anything.
#[test]
fn linux_docker_in_another_vm_is_shut_whatever_minikube_says() {
    let colima = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    shut("linux-docker-in-a-vm", &colima, "V101", &[PORT_FORWARD, &recreate("docker")]);
    let mut machine = colima.clone();
    machine.service("LoadBalancer", "10.105.244.12", None);
    shut("linux-docker-in-a-vm-pending", &machine, "V201", &[PORT_FORWARD]);
    // What Colima publishes it forwards to this computer.
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[("30080/tcp", "", 30080)]);
    machine.doors.push(("127.0.0.1:30080", http_200()));
    reachable("linux-docker-in-a-vm-published", &machine, "http://127.0.0.1:30080/");
}

/// Row 4, with the kubeconfig as minikube writes it: the API server's address is the node's,
/// and no packet gets there. That is no fault of Kubernetes, nor does a start mend it.
#[test]
fn linux_docker_in_another_vm_cannot_reach_its_api_server() {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.server = "https://192.168.49.2:8443".into();
    machine.api_down = Some(Why::TimedOut);
    machine.says_status("Running", "Running", "Stopped", "Configured");
    let contexts = "kubectl config get-contexts";
    unsure("linux-docker-in-a-vm-api", &machine, Some("C102"), &[contexts]);
}

/// Row 5: the VM's network is an interface of this computer.
#[test]
fn linux_vms_by_the_nodes_address() {
    reachable("linux-kvm2", &linux_kvm2(), "http://192.168.39.47:30080/");
    let virtualbox = ("vboxnet0", "192.168.59.1", 24);
    let machine = vm("linux", "virtualbox", "", virtualbox, "192.168.59.101", "192.168.59.101:30080");
    reachable("linux-virtualbox", &machine, "http://192.168.59.101:30080/");
    let vmware = ("vmnet8", "172.16.80.1", 24);
    let machine = vm("linux", "vmware", "", vmware, "172.16.80.130", "172.16.80.130:30080");
    reachable("linux-vmware", &machine, "http://172.16.80.130:30080/");
}

/// Row 5, near-miss: the same VM refuses the node port. The way to it is there.
#[test]
fn linux_kvm2_that_refuses_the_node_port_is_not_the_vms_fault() {
    let mut machine = linux_kvm2();
    machine.doors.clear();
    unsure("linux-kvm2-refused", &machine, Some("K501"), &[KUBE_PROXY]);
}

/// Row 6: QEMU's own network, and minikube refuses `service` and `tunnel` there.
#[test]
fn linux_qemu_is_isolated() {
    shut("linux-qemu2", &qemu_builtin("linux"), "V107", &[PORT_FORWARD]);
}

/// Row 7: the node is this computer.
#[test]
fn linux_none_by_this_computers_address() {
    let mut machine = Machine::new("linux", "none", "", "10.1.2.3", "https://10.1.2.3:8443");
    machine.interfaces.push(("eth0", "10.1.2.3", 24));
    machine.doors.push(("10.1.2.3:30080", http_200()));
    let report = reachable("linux-none", &machine, "http://10.1.2.3:30080/");
    assert!(report.environment.boundaries.is_empty(), "nothing is between here and the node");
    // Near-miss: nothing serves the port.
    machine.doors.clear();
    unsure("linux-none-refused", &machine, Some("K501"), &[KUBE_PROXY]);
}

/// Row 7, 1.2: the Node has the computer's own name, not the profile's. A policy that wants an
/// endpoint on the node, and an Ingress controller's port on it, mean this computer.
#[test]
fn linux_none_has_a_node_of_another_name() {
    let mut machine = Machine::new("linux", "none", "", "10.1.2.3", "https://10.1.2.3:8443");
    machine.interfaces.push(("eth0", "10.1.2.3", 24));
    machine.doors.push(("10.1.2.3:30080", http_200()));
    machine.name_node("laptop");
    machine.service_spec(|spec| spec["externalTrafficPolicy"] = json!("Local"));
    reachable("linux-none-local", &machine, "http://10.1.2.3:30080/");
    machine.service("ClusterIP", "10.105.244.12", None);
    machine.ingress_addon().ingress("app.test", Some("10.1.2.3")).name_node("laptop");
    machine.names.push(("app.test", "10.1.2.3"));
    machine.doors.push(("10.1.2.3:80", http_200()));
    reachable("linux-none-ingress", &machine, "http://app.test/");
}

/// Row 7: kube-proxy serves cluster addresses on the node itself, which is this computer.
/// Whether it does is not probed: without kube-proxy the packet would leave.
#[test]
fn linux_none_may_use_cluster_addresses() {
    let mut machine = Machine::new("linux", "none", "", "10.1.2.3", "https://10.1.2.3:8443");
    machine.interfaces.push(("eth0", "10.1.2.3", 24));
    machine.service("ClusterIP", "10.105.244.12", None);
    let report = unsure("linux-none-cluster-ip", &machine, None, &[]);
    let road = &report.ports[0].roads[0];
    assert_eq!((road.id, road.state), (RoadId::ClusterAddress, State::Unknown));
    assert_eq!(road.url.as_deref(), Some("http://10.105.244.12:80/"));
}

/// Row 8: another computer on this network. It answers, so it is reachable.
#[test]
fn ssh_driver_by_the_other_computers_address() {
    let mut machine = Machine::new("linux", "ssh", "", "192.168.1.50", "https://192.168.1.50:8443");
    machine.interfaces.push(("eth0", "192.168.1.10", 24));
    machine.doors.push(("192.168.1.50:30080", http_200()));
    reachable("ssh-near", &machine, "http://192.168.1.50:30080/");
    // Near-miss: its firewall drops the node port. Whose fault that is cannot be told.
    machine.doors[0].1 = Outcome::TimedOut;
    unsure("ssh-silent", &machine, None, &[]);
}

/// Row 8, near-miss: a computer somewhere else is not probed unless asked for.
#[test]
fn ssh_driver_far_away_is_not_probed() {
    let mut machine = Machine::new("linux", "ssh", "", "10.77.0.5", "https://10.77.0.5:8443");
    machine.interfaces.push(("eth0", "192.168.1.10", 24));
    machine.doors.push(("10.77.0.5:30080", http_200()));
    let report = unsure("ssh-far", &machine, None, &[]);
    assert_eq!(report.took.probes, 0);
}
