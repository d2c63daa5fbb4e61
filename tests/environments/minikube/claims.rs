//! What must not be claimed: near-misses of a verdict, each by a fact that speaks against it.

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::Verdict;
use serde_json::json;

use crate::minikube::machine::{Machine, http_200, report};
use crate::minikube::says;

const CLUSTER_IP: &str = "10.107.149.168";
/// The ssh of a tunnel for port 80, as seen (facts E: tunnel-many.txt).
const SSH: &str = "ssh|-o|UserKnownHostsFile=/dev/null|-N|docker@127.0.0.1|-p|51001|-i|\
    /home/user/.minikube/machines/minikube/id_rsa|-L 80:10.107.149.168:80";

/// docker whose nodes are out of reach, with a load balancer at port 80 whose address the
/// tunnel gave, and the tunnel.
fn forwarded(os: &'static str) -> Machine {
    let mut machine = Machine::new(os, "docker", "", "192.168.49.2", "https://127.0.0.1:51000");
    let doors = [("22/tcp", "127.0.0.1", 51001), ("8443/tcp", "127.0.0.1", 51000)];
    machine.container(Engine::Docker, "running", &doors, "192.168.49.2", "192.168.49.1");
    machine.service("LoadBalancer", CLUSTER_IP, Some("127.0.0.1"));
    machine.process(100, "minikube|tunnel");
    machine
}

/// docker in WSL: there, every process can be seen.
fn wsl() -> Machine {
    let mut machine = forwarded("linux");
    machine.variables.insert("WSL_DISTRO_NAME", "Debian".into());
    machine
}

#[track_caller]
fn judged(machine: &Machine, verdict: Verdict, root: Option<&str>) {
    let outcomes = machine.explain();
    let report = report(&outcomes);
    assert_eq!((report.verdict, report.root().map(|found| found.finding.code().as_str())), (verdict, root));
}

/// minikube writes 127.0.0.1 while sudo still asks (`pkg/minikube/tunnel/kic/ssh_tunnel.go`,
/// `startConnection`): the tunnel is not gone, and a second one would be refused.
#[test]
fn a_tunnel_that_asks_for_a_password_is_not_gone() {
    let mut machine = wsl();
    machine.process(101, &format!("sudo|{SSH}"));
    judged(&machine, Verdict::Unreachable, Some("V207"));
    says("asks-for-password", &machine.explain());
}

/// Near-miss: with its ssh below, sudo asks no more.
#[test]
fn a_tunnel_with_its_ssh_asks_for_nothing() {
    let mut machine = wsl();
    machine.process(101, &format!("sudo|{SSH}")).process(102, SSH);
    machine.doors.push(("127.0.0.1:80", http_200()));
    judged(&machine, Verdict::Reachable, None);
}

/// Without either, the tunnel has lost its ssh (facts E: "ssh killed").
#[test]
fn a_tunnel_without_ssh_and_sudo_has_lost_it() {
    judged(&wsl(), Verdict::Unreachable, Some("V202"));
}

/// A tunnel that has not even begun with the Service does not ask for a password: the
/// address is written in the moment in which sudo starts.
#[test]
fn a_tunnel_that_is_new_is_not_said_to_ask() {
    let mut machine = wsl();
    machine.service("LoadBalancer", CLUSTER_IP, None);
    judged(&machine, Verdict::Undetermined, Some("V209"));
}

/// An ssh that listens for a UDP port listens for TCP (facts E: UDP LoadBalancer).
#[test]
fn an_ssh_is_no_road_for_udp() {
    let mut machine = wsl();
    machine.port(|port| port["protocol"] = "UDP".into());
    machine.process(102, SSH).listeners.push(("127.0.0.1:80", 102, "ssh"));
    judged(&machine, Verdict::Unreachable, Some("V210"));
}

/// macOS shows the command lines of root's processes to root only (`sysctl` with
/// `KERN_PROCARGS2`): an ssh for port 80 that is not seen may work all the same.
#[test]
fn roots_ssh_that_is_hidden_is_not_gone() {
    judged(&forwarded("macos"), Verdict::Undetermined, None);
    says("hidden-ssh-of-root", &forwarded("macos").explain());
}

/// A second tunnel over the same range of Service addresses does nothing, and says so in its
/// terminal only (facts D: conflicts.txt). A route of a VPN's is no other cluster.
#[test]
fn a_route_to_somebody_else_is_another_clusters_only_if_its_tunnel_is_registered() {
    let mut machine = Machine::new("linux", "docker", "", "192.168.58.2", "https://192.168.58.2:8443");
    machine.container(Engine::Docker, "running", &[], "192.168.58.2", "192.168.58.1");
    machine.interfaces.push(("br-58", "192.168.58.1", 24));
    machine.process(15474, "minikube|tunnel");
    let registered = r#"[{"Route":{"Gateway":"192.168.49.2","DestCIDR":{"IP":"10.96.0.0","Mask":"//AAAA=="},
        "ClusterDomain":"cluster.local","ClusterDNSIP":"10.96.0.10"},"MachineName":"other","Pid":14662}]"#;
    machine.files.insert("~/.minikube/tunnels.json".into(), registered.into());
    for (given, gateway, verdict, root) in [
        (None, "192.168.49.2", Verdict::Unreachable, "V208"),
        (None, "10.8.0.1", Verdict::Undetermined, "V209"),
        (Some(CLUSTER_IP), "192.168.49.2", Verdict::Unreachable, "V208"),
        (Some(CLUSTER_IP), "10.8.0.1", Verdict::Unreachable, "V202"),
    ] {
        machine.service("LoadBalancer", CLUSTER_IP, given);
        machine.port(|port| port["nodePort"] = json!(0));
        machine.routes = vec![(CLUSTER_IP, Some("192.168.58.1"), Some(gateway))];
        judged(&machine, verdict, Some(root));
    }
}

/// M2: QEMU's own network lets nobody in, and socket_vmnet does.
#[test]
fn a_vm_of_qemu_is_not_isolated_by_every_network() {
    let qemu = |network: &str, node: &str, server: &str| {
        let mut machine = Machine::new("macos", "qemu2", network, node, server);
        machine.interfaces.push(("bridge100", "192.168.105.1", 24));
        machine.doors.push(("192.168.105.7:30080", http_200()));
        machine
    };
    judged(&qemu("builtin", "10.0.2.15", "https://localhost:52341"), Verdict::Unreachable, Some("V107"));
    judged(&qemu("socket_vmnet", "192.168.105.7", "https://192.168.105.7:8443"), Verdict::Reachable, None);
}

/// M4: the API server at the same address has just answered, so that neither the route nor a
/// permission is at fault; what is lost behind the node is lost in silence too.
#[test]
fn a_silent_node_port_is_not_blamed_on_the_way_to_an_api_server_that_answers() {
    let silent = |server: &str| {
        let mut machine = Machine::new("linux", "kvm2", "", "192.168.39.10", server);
        machine.interfaces.push(("virbr1", "192.168.39.1", 24));
        machine.doors.push(("192.168.39.10:30080", Outcome::TimedOut));
        let none = json!({ "kind": "NetworkPolicyList", "items": [] });
        machine.api.insert("/apis/networking.k8s.io/v1/namespaces/default/networkpolicies".into(), none);
        machine
    };
    judged(&silent("https://192.168.39.10:8443"), Verdict::Undetermined, None);
    says("silent-node-port", &silent("https://192.168.39.10:8443").explain());
    // The address of several control planes together says nothing about this one's.
    judged(&silent("https://192.168.39.254:8443"), Verdict::Undetermined, Some("V108"));
}
