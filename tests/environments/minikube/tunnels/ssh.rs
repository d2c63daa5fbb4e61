//! R4, R11: `minikube tunnel` by ssh.

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::State;
use netpath::request::Viewer;
use serde_json::json;

use super::{BY_SSH, CLUSTER_IP, TUNNEL, load_balancer};
use crate::minikube::machine::{Machine, behind_a_wall, http_200, linux_docker, macos_docker, windows_docker};
use crate::minikube::roads::FORWARD_FOR_ALL;
use crate::minikube::truth::{PORT_FORWARD, SERVICE};
use crate::said::{reachable, reachable_at, shut, unsure};

/// A load balancer behind forwards.
fn macos(address: Option<&str>) -> Machine {
    let mut machine = macos_docker();
    machine.service("LoadBalancer", CLUSTER_IP, address);
    machine
}

/// A live forward of the tunnel, and what answers at it.
fn forwarded(mut machine: Machine) -> Machine {
    machine.ssh(4711, 51001, &["80:10.105.244.12:80"]);
    machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    machine
}

/// R4: no tunnel runs. `minikube service` needs no password; ports from 1024 on need none.
#[test]
fn r4_without_a_tunnel_nothing_leads_in() {
    shut("r4-pending", &macos(None), "V201", &[SERVICE, TUNNEL, PORT_FORWARD]);
    let mut machine = windows_docker();
    machine.service("LoadBalancer", CLUSTER_IP, None);
    shut("r4-pending-windows", &machine, "V201", &["minikube -p minikube tunnel [blocks]", SERVICE, PORT_FORWARD]);
    let mut machine = macos(None);
    machine.port(|port| port["port"] = json!(8080));
    shut(
        "r4-pending-8080",
        &machine,
        "V201",
        &["minikube -p minikube tunnel [blocks]", SERVICE, "kubectl port-forward service/web 8080:8080 [blocks]"],
    );
}

/// R4, near-miss: its node port is published, so no tunnel is missing.
#[test]
fn r4_a_published_node_port_needs_no_tunnel() {
    let mut machine = behind_a_wall("macos", "docker", Engine::Docker, &[("30080/tcp", "0.0.0.0", 30080)]);
    machine.service("LoadBalancer", CLUSTER_IP, None);
    machine.doors.push(("127.0.0.1:30080", http_200()));
    reachable("r4-published", &machine, "http://127.0.0.1:30080/");
}

/// R4: alive; and an ssh that outlived its tunnel is as good (section E).
#[test]
fn r4_a_live_ssh_is_open_whoever_started_it() {
    let mut machine = forwarded(macos(Some("127.0.0.1")));
    // Trap 1: no tunnel by ssh ever stands in the registry.
    machine.files.insert("~/.minikube/tunnels.json".into(), "[]".into());
    reachable("r4-ssh-orphaned", &machine, BY_SSH);
    machine.process(4700, "minikube|tunnel");
    reachable("r4-alive", &machine, BY_SSH);
    // Even behind an address that was taken back: HTTP 200 behind "<pending>" (seen).
    reachable("r4-orphan-behind-pending", &forwarded(macos(None)), BY_SSH);
}

/// R4, trap 3: 127.0.0.1 is still written and nobody forwards.
#[test]
fn r4_a_dead_ssh_leaves_a_stale_address() {
    shut("r4-both-dead", &linux_rootless(Some("127.0.0.1")), "V202", &[SERVICE, TUNNEL, PORT_FORWARD]);
    // minikube never starts an ssh again (seen), so a living tunnel changes nothing.
    let mut machine = macos(Some("127.0.0.1"));
    machine.port(|port| port["port"] = json!(8090));
    machine.process(4700, "minikube|tunnel");
    shut(
        "r4-ssh-dead",
        &machine,
        "V202",
        &[
            "kill -INT 4700 && minikube -p minikube tunnel [blocks]",
            SERVICE,
            "kubectl port-forward service/web 8090:8090 [blocks]",
        ],
    );
}

/// R4, finding 4: two Services on one port; both have a live ssh, and one has the port.
#[test]
fn r4_two_services_on_one_port_are_a_conflict() {
    let mut machine = macos(Some("127.0.0.1"));
    machine.ssh(4711, 51001, &["80:10.105.244.12:80"]);
    machine.ssh(4712, 51001, &["80:10.107.149.168:80"]);
    machine.listeners.push(("127.0.0.1:80", 4712, "ssh"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    shut("r4-two-services", &machine, "V206", &[SERVICE, PORT_FORWARD]);
    // Near-miss: this Service's ssh is the one that has it.
    machine.listeners[0].1 = 4711;
    reachable("r4-two-services-won", &machine, BY_SSH);
}

/// R4: an ssh of before the container drew other ports still has the port, and leads nowhere.
#[test]
fn r4_a_stale_ssh_holds_the_port() {
    let mut machine = macos(Some("127.0.0.1"));
    machine.ssh(4711, 49001, &["80:10.105.244.12:80"]);
    machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
    machine.doors.push(("127.0.0.1:80", Outcome::Reset));
    shut("r4-stale-ssh", &machine, "V206", &[SERVICE, PORT_FORWARD]);
}

/// R4: another server has the port, and its answer is not the Service's.
#[test]
fn r4_another_server_on_the_port_is_a_conflict() {
    let mut machine = macos(Some("127.0.0.1"));
    machine.listeners.push(("127.0.0.1:80", 311, "nginx"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    shut("r4-nginx", &machine, "V206", &[SERVICE, PORT_FORWARD]);
}

/// R4: root's ssh by sudo. Its socket is not shown, and what answers there may be a server of
/// root's that was there first.
#[test]
fn r4_the_socket_of_roots_ssh_is_not_shown() {
    for (name, address) in [("r4-root", Some("127.0.0.1")), ("r4-root-pending", None)] {
        let mut machine = linux_rootless(address);
        sudo(&mut machine, 4710);
        machine.ssh(4711, 51001, &["80:10.105.244.12:80"]);
        machine.roots = vec![4710, 4711];
        machine.doors.push(("127.0.0.1:80", http_200()));
        let report = unsure(name, &machine, None, &[]);
        assert_eq!(load_balancer(&report).state, State::Unknown);
        // Near-miss: to root it is shown.
        machine.roots.clear();
        reachable(&format!("{name}-to-root"), &machine, BY_SSH);
    }
}

/// R4: another server has 127.0.0.1, and the ssh, which could have only ::1, runs on. Orphaned
/// or not, the server's answer is not the Service's.
#[test]
fn r4_an_ssh_beside_a_stranger_is_a_conflict() {
    for (name, address) in [("r4-beside-nginx", Some("127.0.0.1")), ("r4-beside-nginx-pending", None)] {
        let mut machine = forwarded(macos(address));
        machine.listeners = vec![("127.0.0.1:80", 311, "nginx"), ("[::1]:80", 4711, "ssh")];
        shut(name, &machine, "V206", &[SERVICE, PORT_FORWARD]);
    }
    // Near-miss: nobody has 127.0.0.1.
    let mut machine = forwarded(macos(Some("127.0.0.1")));
    machine.listeners = vec![("[::1]:80", 4711, "ssh")];
    machine.doors = vec![("[::1]:80", http_200())];
    reachable("r4-ipv6-only", &machine, "http://[::1]:80/");
}

/// R4: an ssh that runs without its port, and nobody else is seen to have it.
#[test]
fn r4_an_ssh_without_its_port_proves_nothing() {
    let mut machine = forwarded(macos(Some("127.0.0.1")));
    machine.listeners = vec![("[::1]:80", 311, "nginx")];
    let report = unsure("r4-without-port", &machine, None, &[]);
    assert_eq!(load_balancer(&report).state, State::Unknown);
}

/// docker rootless on Linux: forwards, and every process is seen.
fn linux_rootless(address: Option<&str>) -> Machine {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.engine_info["SecurityOptions"] = json!(["name=rootless"]);
    machine.service("LoadBalancer", CLUSTER_IP, address);
    machine
}

fn sudo(machine: &mut Machine, pid: u32) {
    machine.ssh(pid, 51001, &["80:10.105.244.12:80"]);
    let (_, words) = machine.processes.last_mut().expect("what was just added");
    words.insert(0, "sudo".into());
}

/// R4: sudo waits for its password in the tunnel's terminal. minikube has written the
/// address already (`ssh_tunnel.go`), or not yet.
#[test]
fn r4_sudo_without_its_ssh_waits_for_a_password() {
    for (name, address) in [("r4-password", Some("127.0.0.1")), ("r4-password-pending", None)] {
        let mut machine = linux_rootless(address);
        machine.process(4700, "minikube|tunnel");
        sudo(&mut machine, 4710);
        shut(name, &machine, "V207", &["", SERVICE, PORT_FORWARD]);
    }
    // Near-miss: no sudo yet, so the tunnel is only starting.
    let mut machine = linux_rootless(None);
    machine.process(4700, "minikube|tunnel");
    unsure("r4-starting", &machine, Some("V209"), &["kubectl netpath explain svc/web", PORT_FORWARD]);
}

/// R4 on macOS: root's processes show neither arguments nor sockets. Nothing is said to be
/// gone, whether or not the tunnel still runs; and what answers may be another server of root's.
#[test]
fn r4_macos_does_not_show_roots_ssh() {
    let mut machine = macos(Some("127.0.0.1"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    let report = unsure("r4-macos-root-no-tunnel", &machine, None, &[]);
    assert_eq!(load_balancer(&report).state, State::Unknown);
    machine.process(4700, "minikube|tunnel");
    let report = unsure("r4-macos-root", &machine, None, &[]);
    assert_eq!(load_balancer(&report).state, State::Unknown);
}

/// R4, near-miss: the processes could not be listed. Nothing is said to be gone.
#[test]
fn r4_hidden_processes_prove_nothing() {
    let mut machine = macos(Some("127.0.0.1"));
    machine.processes_hidden = true;
    machine.doors.push(("127.0.0.1:80", http_200()));
    let report = unsure("r4-processes-hidden", &machine, None, &[]);
    assert_eq!(load_balancer(&report).state, State::Unknown);
}

/// R4, 8.4: the forward is there, and nothing is behind it (section E: connects, then reset).
#[test]
fn r4_a_forward_to_nothing_is_kubernetes_own() {
    let mut machine = forwarded(macos(Some("127.0.0.1")));
    machine.doors[0].1 = Outcome::Reset;
    machine.without_pods();
    shut("r4-no-pods", &machine, "K201", &["kubectl get pods --show-labels"]);
}

/// R11, E: a UDP load balancer gets an address and a TCP listener.
#[test]
fn r11_a_udp_load_balancer_is_not_served_by_ssh() {
    let mut machine = forwarded(macos(Some("127.0.0.1")));
    machine.port(|port| port["protocol"] = json!("UDP"));
    let recreate = "minikube -p minikube delete && \
        minikube -p minikube start --driver=docker --ports=127.0.0.1:30080:30080/udp [destructive]";
    machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
        slices["items"][0]["ports"][0]["protocol"] = json!("UDP");
    });
    machine.object("/api/v1/namespaces/default/pods", |pods| {
        pods["items"][0]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("UDP");
    });
    shut("r11-udp-load-balancer", &machine, "V210", &[recreate]);
    // Without a tunnel as well: it would not help.
    machine.processes.clear();
    for path in ["/api/v1/namespaces/default/services/web", "/api/v1/namespaces/default/services", "/api/v1/services"] {
        machine.object(path, |object| {
            let service = if path.ends_with("web") { object } else { &mut object["items"][0] };
            service["status"] = json!({ "loadBalancer": {} });
        });
    }
    shut("r11-udp-pending", &machine, "V210", &[recreate]);
}

/// R16: the tunnel's ssh listens on loopback, whatever its help says (section E); with
/// `--bind-address` for others as well.
#[test]
fn r16_from_the_lan_a_tunnels_ssh_is_shut_unless_bound() {
    let mut machine = forwarded(macos(Some("127.0.0.1")));
    machine.viewer = Viewer::Lan;
    let tunnel = "minikube -p minikube tunnel --bind-address=0.0.0.0 [blocks, privileged]";
    shut("r16-tunnel", &machine, "V104", &[tunnel, FORWARD_FOR_ALL]);
    let mut machine = macos(Some("127.0.0.1"));
    machine.viewer = Viewer::Lan;
    machine.ssh(4711, 51001, &["0.0.0.0:80:10.105.244.12:80"]);
    machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
    unsure("r16-tunnel-bound", &machine, None, &[]);
}

/// 4.3: with `--bind-address` a tunnel works by ssh on Linux as well.
#[test]
fn r4_a_bound_tunnel_on_linux_is_open() {
    let mut machine = linux_docker();
    machine.service("LoadBalancer", CLUSTER_IP, Some("127.0.0.1"));
    machine.ssh(4711, 51001, &["0.0.0.0:80:10.105.244.12:80"]);
    machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable_at("r4-bound", &machine, &[BY_SSH, "http://192.168.49.2:30080/"]);
}
