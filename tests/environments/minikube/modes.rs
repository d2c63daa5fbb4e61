//! How minikube's commands work here, and what is so in spite of it (8.2, M1 to M6). The
//! drivers one by one are in `truth/`; M4's state of the API server is in `states.rs`.

use netpath::ask::{Engine, Why};
use netpath::diagnose::finding::Finding;
use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use netpath::request::Viewer;
use serde_json::json;

use crate::minikube::machine::{
    Machine, behind_a_wall, http_200, linux_docker, linux_kvm2, macos_docker, macos_vfkit, qemu_builtin,
    wsl_docker_desktop, wsl_native_docker,
};
use crate::minikube::truth::{PORT_FORWARD, SERVICE, recreate};
use crate::said::{reachable, remedies, shut, unsure};

/// A pending load balancer is what shows the mode: which command opens it, and at what cost.
fn opens(mut machine: Machine) -> Vec<String> {
    // Nothing but the tunnel is left: no node port.
    machine.service("LoadBalancer", "10.105.244.12", None);
    machine.port(|port| {
        port.as_object_mut().expect("a port").remove("nodePort");
    });
    let outcomes = machine.explain();
    let mut said = remedies(crate::minikube::machine::report(&outcomes));
    said.retain(|line| line.starts_with("minikube"));
    said
}

const TUNNEL: &str = "minikube -p minikube tunnel [blocks, privileged]";
const TUNNEL_WINDOWS: &str = "minikube -p minikube tunnel [blocks]";

/// M1: only docker and podman ever need forwards; a route needs an administrator, and
/// `minikube service` has nothing to forward.
#[test]
fn m1_vms_are_reached_by_a_route() {
    assert_eq!(opens(linux_kvm2()), [TUNNEL]);
    assert_eq!(opens(macos_vfkit()), [TUNNEL]);
}

/// M1, ssh driver (3.2): a route by another computer needs one in a network of this one.
#[test]
fn m1_another_computer_is_a_gateway_only_where_it_is_near() {
    let mut machine = Machine::new("linux", "ssh", "", "192.168.1.50", "https://192.168.1.50:8443");
    machine.interfaces.push(("eth0", "192.168.1.10", 24));
    assert_eq!(opens(machine.clone()), [TUNNEL]);
    machine.interfaces.clear();
    assert_eq!(opens(machine), [""; 0]);
}

/// M2: in QEMU's own network both commands refuse.
#[test]
fn m2_qemu_is_reached_by_neither() {
    assert_eq!(opens(qemu_builtin("macos")), [""; 0]);
    assert_eq!(opens(qemu_builtin("windows")), [""; 0]);
}

/// M3, in the order of 3.1; near-miss: docker of this Linux, where a route is set.
#[test]
fn m3_containers_need_forwards_everywhere_but_on_linux() {
    assert_eq!(opens(linux_docker()), [TUNNEL]);
    assert_eq!(opens(macos_docker()), [SERVICE, TUNNEL]);
    // Windows has no privileged ports.
    assert_eq!(opens(behind_a_wall("windows", "docker", Engine::Docker, &[])), [TUNNEL_WINDOWS, SERVICE]);
    assert_eq!(opens(wsl_docker_desktop()), [SERVICE, TUNNEL]);
    assert_eq!(opens(wsl_native_docker()), [SERVICE, TUNNEL]);
    let mut rootless = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    rootless.engine_info["SecurityOptions"] = json!(["name=rootless"]);
    assert_eq!(opens(rootless), [SERVICE, TUNNEL]);
}

/// M3, "docker over TCP" of the real runs: at a loopback address everything works, by
/// forwards. The node's address leads in all the same (M5).
#[test]
fn m3_docker_over_tcp_on_this_computer_works_by_forwards() {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.engine_host = Some("127.0.0.1:2375");
    machine.interfaces.push(("br-49", "192.168.49.1", 24));
    machine.doors.push(("192.168.49.2:30080", http_200()));
    reachable("m3-docker-over-tcp", &machine, "http://192.168.49.2:30080/");
    assert_eq!(opens(machine), [SERVICE, TUNNEL]);
}

/// M3: an engine that does not say what it is leaves the mode open, and no command of
/// minikube's is offered that may not work.
#[test]
fn m3_an_engine_that_does_not_say_leaves_it_open() {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.engine_info = json!("no information");
    shut("m3-engine-silent", &machine, "V101", &[PORT_FORWARD, &recreate("docker")]);
}

/// M4: the API server answers at the VM's address, so this terminal may use that network. The
/// node port's silence has another reason, which cannot be told.
#[test]
fn m4_a_silent_node_port_is_not_the_local_network_right() {
    for (name, outcome) in [
        ("m4-node-port-silent", Outcome::TimedOut),
        ("m4-node-port-unreachable", Outcome::Unreachable { detail: "No route to host (os error 65)".into() }),
    ] {
        let mut machine = macos_vfkit();
        machine.doors[0].1 = outcome;
        unsure(name, &machine, None, &[]);
    }
    // Near-miss: the API server is reached by another way, and the right may be what is missing.
    let mut machine = macos_vfkit();
    machine.server = "https://localhost:8443".into();
    machine.doors[0].1 = Outcome::Unreachable { detail: "No route to host (os error 65)".into() };
    let report = unsure("m4-node-port-unreachable-server-elsewhere", &machine, Some("V108"), &[PORT_FORWARD]);
    let found = report.root().expect("V108");
    assert!(matches!(&found.finding, Finding::NodeAddressSilent { os, .. } if os == "macos"));
    // Near-miss: refused is Kubernetes's own (8.4).
    let mut machine = macos_vfkit();
    machine.doors[0].1 = Outcome::Refused;
    unsure("m4-node-port-refused", &machine, Some("K501"), &[crate::minikube::truth::KUBE_PROXY]);
}

/// M4: a time-out at a container's address where the API server answers at it. It may be
/// either side of the node; what would settle it is said.
#[test]
fn m4_a_silent_node_port_of_a_container_is_looked_at_from_inside() {
    let mut machine = linux_docker();
    machine.doors[0].1 = Outcome::TimedOut;
    let report = unsure("m4-container-silent", &machine, None, &[]);
    let settle: Vec<_> = report.unobserved.iter().flat_map(|entry| &entry.settle).map(|argv| argv.join(" ")).collect();
    assert_eq!(settle, ["docker exec minikube curl -sS -m 3 http://192.168.49.2:30080/"]);
}

/// M5: in WSL the distribution's own docker is reached; near-miss: not from Windows, whose
/// browser has no route to it.
#[test]
fn m5_a_node_in_this_distribution_is_not_reached_from_windows() {
    let mut machine = wsl_native_docker();
    let report = reachable("wsl-native-docker", &machine, "http://192.168.49.2:30080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::NodeAddress);
    machine.viewer = Viewer::Windows;
    shut("m5-from-windows", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// M6: docker on another computer. minikube's ssh goes to this one and fails, so neither of
/// its commands is offered; what is published is published there.
#[test]
fn m6_docker_on_another_computer_gets_no_command_of_minikubes() {
    let mut machine = Machine::new("linux", "docker", "", "192.168.49.2", "https://10.0.0.7:49153");
    machine.engine_host = Some("10.0.0.7:2376");
    let report = unsure("m6-engine-elsewhere", &machine, None, &[]);
    assert_eq!(report.took.probes, 0);
    assert_eq!(opens(machine), [""; 0]);
}

/// M6, near-miss: nothing is known of the containers while docker is only slow.
#[test]
fn m6_a_slow_docker_proves_nothing() {
    let mut machine = Machine::new("linux", "docker", "", "192.168.49.2", "https://192.168.49.2:8443");
    machine.interfaces.push(("br-49", "192.168.49.1", 24));
    machine.doors.push(("192.168.49.2:30080", http_200()));
    // Not installed, or not answering: either way it was not seen.
    reachable("m6-docker-not-seen", &machine, "http://192.168.49.2:30080/");
    machine.api_down = Some(Why::Refused);
    unsure(
        "m6-docker-not-seen-api-down",
        &machine,
        Some("C101"),
        &["minikube -p minikube update-context", "kubectl config get-contexts"],
    );
}

/// 3.2, "Multi-node KIC on Linux": any node's address works, and with a local policy only
/// that of a node with an endpoint.
#[test]
fn multi_node_enters_where_the_endpoint_is() {
    let mut machine = linux_docker();
    machine.add_node("m02", "192.168.49.3");
    let ports = [("22/tcp", "127.0.0.1", 51011), ("8443/tcp", "127.0.0.1", 51010)];
    machine.container_named("minikube-m02", Engine::Docker, "running", &ports, "192.168.49.3", "192.168.49.1");
    machine.doors.push(("192.168.49.3:30080", http_200()));
    let report = reachable("multi-node", &machine, "http://192.168.49.2:30080/");
    // Trap 5: the label of the second container names a machine, not a profile.
    let walls: Vec<_> = report.environment.boundaries.iter().map(|wall| wall.name.as_str()).collect();
    assert_eq!((report.environment.name.as_deref(), walls), (Some("minikube"), vec!["minikube", "minikube-m02"]));
    machine.service_spec(|spec| spec["externalTrafficPolicy"] = json!("Local"));
    machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
        slices["items"][0]["endpoints"][0]["nodeName"] = json!("minikube-m02");
    });
    reachable("multi-node-local", &machine, "http://192.168.49.3:30080/");
}

/// 0.5, trap 11: the address of several control planes is no node's.
#[test]
fn trap_11_the_address_of_several_control_planes_is_no_nodes() {
    let mut machine = linux_docker();
    machine.server = "https://192.168.49.254:8443".into();
    machine.config(|config| config["KubernetesConfig"]["APIServerHAVIP"] = json!("192.168.49.254"));
    reachable("trap-11-ha", &machine, "http://192.168.49.2:30080/");
}

/// Two profiles in one engine: what the other one publishes opens nothing here, and every
/// command names the profile.
#[test]
fn several_profiles_on_one_engine_are_kept_apart() {
    let mut machine = Machine::of("dev", "macos", "docker", "", "192.168.58.2", "https://127.0.0.1:52000");
    let own = [("22/tcp", "127.0.0.1", 52001), ("8443/tcp", "127.0.0.1", 52000)];
    machine.container(Engine::Docker, "running", &own, "192.168.58.2", "192.168.58.1");
    let other = [("8443/tcp", "127.0.0.1", 51000), ("30080/tcp", "0.0.0.0", 30080)];
    machine.container_named("minikube", Engine::Docker, "running", &other, "192.168.49.2", "192.168.49.1");
    machine.doors.push(("127.0.0.1:30080", http_200()));
    let recreate = "minikube -p dev delete && \
        minikube -p dev start --driver=docker --ports=127.0.0.1:30080:30080 [destructive]";
    shut("several-profiles", &machine, "V101", &["minikube -p dev service web --url [blocks]", PORT_FORWARD, recreate]);
}
