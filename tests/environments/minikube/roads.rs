//! The roads of a Service that is no load balancer and has no Ingress (8.3: R1, R2, R5, R6,
//! R7, R11, R12, R16).

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use netpath::request::Viewer;
use serde_json::json;

use crate::minikube::machine::{
    Machine, behind_a_wall, http_200, linux_docker, linux_docker_with, linux_kvm2, macos_docker, qemu_builtin,
};
use crate::minikube::truth::{PORT_FORWARD, SERVICE, recreate};
use crate::said::{reachable, shut, unsure};

const CLUSTER_IP: &str = "10.105.244.12";

fn macos_docker_with(ports: &[(&str, &str, u16)]) -> Machine {
    behind_a_wall("macos", "docker", Engine::Docker, ports)
}

/// R1, trap 8: on Linux the node's address leads in, and `localhost:<nodePort>` does not.
#[test]
fn r1_nodeport_by_the_nodes_address_and_not_by_localhost() {
    let mut machine = linux_docker();
    machine.doors.push(("127.0.0.1:30080", http_200()));
    reachable("linux-docker", &machine, "http://192.168.49.2:30080/");
}

/// R2 a: published at another host port (section C of the real runs).
#[test]
fn r2_nodeport_behind_a_published_port() {
    let mut machine = macos_docker_with(&[("30080/tcp", "127.0.0.1", 18080)]);
    machine.doors.push(("127.0.0.1:18080", http_200()));
    reachable("r2-published", &machine, "http://127.0.0.1:18080/");
    // Near-miss: published, connects, and closes without a byte: nothing behind it (C).
    machine.doors[0].1 = Outcome::Eof;
    machine.without_pods();
    shut("r2-published-no-pods", &machine, "K201", &["kubectl get pods --show-labels"]);
}

/// R2 a: docker lists the port, and this computer refuses it: its proxy died.
#[test]
fn r2_a_published_port_that_refuses_is_the_engines_fault() {
    let machine = macos_docker_with(&[("30080/tcp", "127.0.0.1", 18080)]);
    shut("r2-published-refuses", &machine, "V105", &["minikube -p minikube stop && minikube -p minikube start"]);
}

/// R2 b: a live `minikube service` (section E): the number is not the node port's.
#[test]
fn r2_nodeport_behind_a_forward_of_minikube_service() {
    let mut machine = macos_docker();
    machine.ssh(4711, 51001, &["39921:10.105.244.12:80"]);
    machine.doors.push(("127.0.0.1:39921", http_200()));
    let report = reachable("r2-forward", &machine, "http://127.0.0.1:39921/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::SshForward);
}

/// R2 b, near-misses: forwards that do not lead to this Service of this profile.
#[test]
fn r2_forwards_of_others_are_not_this_road() {
    let closed = [SERVICE, PORT_FORWARD, &recreate("docker")];
    let lines: [&[&str]; 3] = [&["39921:10.99.1.2:80"], &["39921:10.105.244.12:8080"], &["39921:None:80"]];
    for forwards in lines {
        let mut machine = macos_docker();
        machine.ssh(4711, 51001, forwards);
        machine.doors.push(("127.0.0.1:39921", http_200()));
        shut("macos-docker", &machine, "V101", &closed);
    }
    // Another profile's key, the same cluster address.
    let mut machine = macos_docker();
    machine.cluster = "dev".into();
    machine.ssh(4711, 52001, &["39921:10.105.244.12:80"]);
    machine.cluster = "minikube".into();
    machine.doors.push(("127.0.0.1:39921", http_200()));
    shut("macos-docker", &machine, "V101", &closed);
}

/// R2: the namespace is named to minikube and to kubectl.
#[test]
fn r2_remedies_name_the_namespace() {
    let mut machine = macos_docker();
    machine.move_to("shop");
    shut(
        "r2-namespace",
        &machine,
        "V101",
        &[
            "minikube -p minikube service web -n shop --url [blocks]",
            "kubectl -n shop port-forward service/web 8080:80 [blocks]",
            &recreate("docker"),
        ],
    );
}

/// R2 b, 4.4: an ssh of before the container drew other ports. It listens, and its far end is
/// gone; whatever answers there is no answer of this Service's.
#[test]
fn r2_a_stale_forward_is_not_this_road() {
    let mut machine = macos_docker();
    machine.ssh(4711, 49001, &["39921:10.105.244.12:80"]);
    machine.doors.push(("127.0.0.1:39921", Outcome::Reset));
    shut("macos-docker", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// R2: `--ports=80:80` leads to port 80 of the node, not to the Service's port.
#[test]
fn r2_publishing_the_services_port_is_a_mistake() {
    let machine = macos_docker_with(&[("80/tcp", "0.0.0.0", 80)]);
    let recreate = "minikube -p minikube delete && \
        minikube -p minikube start --driver=docker --ports=0.0.0.0:80:80,127.0.0.1:30080:30080 [destructive]";
    shut("r2-published-service-port", &machine, "V102", &[SERVICE, PORT_FORWARD, recreate]);
}

/// R2: a published node port that no Service has is the cheapest way.
#[test]
fn r2_a_free_published_node_port_is_the_cheapest_way() {
    let machine = macos_docker_with(&[("30000/tcp", "0.0.0.0", 30000)]);
    let patch = r#"kubectl patch service web -p {"spec":{"ports":[{"port":80,"nodePort":30000}]}}"#;
    let recreate = "minikube -p minikube delete && \
        minikube -p minikube start --driver=docker --ports=0.0.0.0:30000:30000,127.0.0.1:30080:30080 [destructive]";
    shut("r2-free-door", &machine, "V101", &[patch, SERVICE, PORT_FORWARD, recreate]);
}

/// Fact 7 of the real runs: what `config.json` says of ports is a wish; docker decides.
#[test]
fn r2_ports_of_the_profile_that_docker_never_saw_open_nothing() {
    let mut machine = macos_docker();
    machine.config(|config| config["ExposedPorts"] = json!(["30080:30080"]));
    machine.doors.push(("127.0.0.1:30080", http_200()));
    shut("macos-docker", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// R5: a cluster address is internal by design; near-miss: a tunnel's route leads there, for
/// every Service (section D).
#[test]
fn r5_cluster_ip_is_internal_unless_a_route_leads_to_the_node() {
    let mut machine = linux_docker();
    machine.service("ClusterIP", CLUSTER_IP, None);
    let expose = r#"kubectl patch service web -p {"spec":{"type":"NodePort"}}"#;
    shut("r5-internal", &machine, "K104", &[PORT_FORWARD, expose]);
    machine.routes.push((CLUSTER_IP, Some("192.168.49.1"), Some("192.168.49.2")));
    machine.doors.push(("10.105.244.12:80", http_200()));
    let report = reachable("r5-routed", &machine, "http://10.105.244.12:80/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::ClusterAddress);
    // Near-miss: the route leads to another cluster, whose answer is a stranger's.
    machine.routes[0].2 = Some("192.168.58.2");
    shut("r5-internal", &machine, "K104", &[PORT_FORWARD, expose]);
}

/// R6: `minikube service` opens a cluster address where it forwards; near-miss: it runs.
#[test]
fn r6_cluster_ip_behind_forwards() {
    let mut machine = macos_docker();
    machine.service("ClusterIP", CLUSTER_IP, None);
    shut("r6-internal", &machine, "K104", &[SERVICE, PORT_FORWARD]);
    machine.ssh(4711, 51001, &["39921:10.105.244.12:80"]);
    machine.doors.push(("127.0.0.1:39921", http_200()));
    reachable("r6-forward", &machine, "http://127.0.0.1:39921/");
}

/// R7: in QEMU's own network nothing but the API server is left, whatever the type.
#[test]
fn r7_isolated_vm_leaves_port_forward_only() {
    let mut machine = qemu_builtin("macos");
    shut("macos-qemu2-builtin", &machine, "V107", &[PORT_FORWARD]);
    machine.service("LoadBalancer", CLUSTER_IP, None);
    shut("r7-load-balancer", &machine, "V201", &[PORT_FORWARD]);
    machine.service("ClusterIP", CLUSTER_IP, None);
    shut("r7-cluster-ip", &machine, "K104", &[PORT_FORWARD]);
}

/// R11: ssh carries no UDP, and port-forward neither: only a port published at creation.
#[test]
fn r11_udp_behind_forwards_needs_a_published_port() {
    let mut machine = macos_docker();
    machine.port(|port| port["protocol"] = json!("UDP"));
    udp_endpoints(&mut machine);
    let recreate = "minikube -p minikube delete && \
        minikube -p minikube start --driver=docker --ports=127.0.0.1:30080:30080/udp [destructive]";
    shut("r11-udp", &machine, "V101", &[recreate]);
    // Published for TCP: the other protocol.
    let mut machine = macos_docker_with(&[("30080/tcp", "0.0.0.0", 30080)]);
    machine.port(|port| port["protocol"] = json!("UDP"));
    udp_endpoints(&mut machine);
    let recreate = "minikube -p minikube delete && \
        minikube -p minikube start --driver=docker --ports=0.0.0.0:30080:30080,127.0.0.1:30080:30080/udp [destructive]";
    shut("r11-published-tcp", &machine, "V103", &[recreate]);
}

/// R11: the same in QEMU's own network; near-miss: by a node's address UDP gets in, and is
/// not probed.
#[test]
fn r11_udp_by_the_nodes_address_is_open() {
    let mut machine = qemu_builtin("linux");
    machine.port(|port| port["protocol"] = json!("UDP"));
    udp_endpoints(&mut machine);
    shut("r11-udp-qemu", &machine, "V107", &[]);
    let mut machine = linux_kvm2();
    machine.port(|port| port["protocol"] = json!("UDP"));
    udp_endpoints(&mut machine);
    unsure("r11-udp-node-address", &machine, None, &[]);
}

fn udp_endpoints(machine: &mut Machine) {
    machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
        slices["items"][0]["ports"][0]["protocol"] = json!("UDP");
    });
    machine.object("/api/v1/namespaces/default/pods", |pods| {
        pods["items"][0]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("UDP");
    });
}

/// R12: a headless Service has no address to forward to: `minikube service` would print a
/// dead URL (section B).
#[test]
fn r12_headless_has_no_road() {
    let mut machine = macos_docker();
    machine.service("ClusterIP", "None", None);
    let pod = "kubectl port-forward pod/web-7d4b 8080:8080 [blocks]";
    shut("r12-headless", &machine, "K106", &[pod]);
}

/// R12: nor has a name for something else.
#[test]
fn r12_external_name_has_no_road() {
    let mut machine = macos_docker();
    machine.service("ExternalName", "", None);
    machine.service_spec(|spec| {
        spec["externalName"] = json!("db.example.com");
        spec["ports"] = json!([]);
        spec["selector"] = json!(null);
    });
    shut("r12-external-name", &machine, "K105", &[]);
}

/// A port-forward for browsers elsewhere.
pub const FORWARD_FOR_ALL: &str = "kubectl port-forward --address 0.0.0.0 service/web 8080:80 [blocks]";

/// A node port published at every address, for browsers elsewhere.
const FOR_ALL: &str = "minikube -p minikube delete && \
    minikube -p minikube start --driver=docker --ports=30080:30080 [destructive]";

/// R16: for another computer a loopback binding is shut; near-miss: one of all addresses is
/// open as far as can be told from here.
#[test]
fn r16_from_the_lan_a_loopback_binding_is_shut() {
    let lan = |host: &str| {
        let mut machine = macos_docker_with(&[("30080/tcp", host, 30080)]);
        machine.viewer = Viewer::Lan;
        machine
    };
    shut("r16-loopback-binding", &lan("127.0.0.1"), "V104", &[FORWARD_FOR_ALL, FOR_ALL]);
    unsure("r16-open-binding", &lan("0.0.0.0"), None, &[]);
}

/// R16: what is not published is shut, and commands that listen on loopback open nothing for
/// another computer.
#[test]
fn r16_from_the_lan_nothing_that_listens_on_loopback_helps() {
    let mut machine = macos_docker();
    machine.viewer = Viewer::Lan;
    shut("r16-not-published", &machine, "V101", &[FORWARD_FOR_ALL, FOR_ALL]);
    let mut machine = linux_docker_with(&[]);
    machine.viewer = Viewer::Lan;
    shut("r16-linux", &machine, "V101", &[FORWARD_FOR_ALL, FOR_ALL]);
    // A tunnel can listen for others, if told so, even where it would set a route.
    machine.service("LoadBalancer", CLUSTER_IP, None);
    let tunnel = "minikube -p minikube tunnel --bind-address=0.0.0.0 [blocks, privileged]";
    shut("r16-load-balancer", &machine, "V201", &[tunnel, FORWARD_FOR_ALL]);
}

/// R16: a VM's network is this computer's own; whether another one has a route is not seen.
#[test]
fn r16_from_the_lan_a_vm_is_not_known_to_be_open() {
    let mut machine = linux_kvm2();
    machine.viewer = Viewer::Lan;
    unsure("r16-vm", &machine, None, &[]);
}
