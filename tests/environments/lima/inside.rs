//! Other clusters in a VM of the family: kind, k3d and minikube in its engine, k0s and rke2 as
//! its node, and Rancher Desktop on Linux (R5, R33, section 7).

use netpath::ask::{Engine, Why};
use netpath::report::{BoundaryKind, EnvironmentId, Report};
use serde_json::json;

use super::{AGENT, COLIMA_HOME, MAC_RD_HOME, balanced, colimas_rules, instance, lima, over_ride, rule};
use crate::k3d::machine as k3d;
use crate::machine::{Machine, http_200, report};
use crate::minikube::machine as minikube;
use crate::said::{reachable, shut, unsure};

const LINUX_RD_HOME: &str = "~/.local/share/rancher-desktop/lima";
const BORDER: &str = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

/// Puts a machine's docker into colima's VM.
fn in_colima(mut machine: Machine) -> Machine {
    machine.tool = "lima";
    machine.engine_socket = Some("~/.colima/default/docker.sock");
    machine.files.insert(format!("{COLIMA_HOME}/colima/colima.yaml"), "portForwarder: ssh\n".into());
    let config = json!({ "portForwards": colimas_rules() });
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Running", &config)))];
    machine
}

/// Puts a machine's docker into Rancher Desktop's VM.
fn in_rancher_desktop(mut machine: Machine, home: &'static str) -> Machine {
    machine.tool = "lima";
    machine.engine_socket = Some("~/.rd/docker.sock");
    let rules = json!({ "portForwards": [rule(("0.0.0.0", 1, 65535), ("0.0.0.0", 1, 65535), false)] });
    machine.limas = vec![(Some(home), Ok(instance("0", "Running", &rules)))];
    machine
}

fn walls(report: &Report) -> Vec<(BoundaryKind, &str)> {
    report.environment.boundaries.iter().map(|wall| (wall.kind, wall.name.as_str())).collect()
}

/// k3d in colima: what its proxy publishes goes through the VM. Near-miss: it publishes nothing,
/// and a range of the same addresses at home is a stranger's.
#[test]
fn k3d_in_colima() {
    let mut machine = in_colima(k3d::behind_a_wall("macos", &[("30080/tcp", "", 8080)]));
    machine.doors.push(("127.0.0.1:8080", http_200()));
    let said = reachable("k3d", &machine, "http://127.0.0.1:8080/");
    assert_eq!(said.environment.id, EnvironmentId::K3d);
    assert_eq!(walls(&said)[..2], [(BoundaryKind::Vm, "colima"), (BoundaryKind::Container, "k3d-demo-serverlb")]);
    machine.doors.clear();
    let restart = "docker restart k3d-demo-serverlb";
    shut("k3d-refused", &machine, "V120", &[restart, "kubectl port-forward service/web 8081:80 [blocks]"]);
    machine.listeners.push(("127.0.0.1:8080", 77, "node"));
    let around = "kubectl port-forward service/web 8081:80 [blocks]";
    let moved = over_ride(COLIMA_HOME, 8080, "colima stop && colima start");
    shut("k3d-taken", &machine, "V128", &["kill 77 && colima stop && colima start", &moved, around]);
    let mut machine = in_colima(k3d::linux(&[]));
    machine.doors.push(("172.19.0.2:30080", http_200()));
    let code = report(&machine.explain()).root().map(|found| found.finding.code().as_str());
    assert_eq!(code, Some("V101"), "the bridge of this computer is another one");
}

/// minikube with the docker driver in colima: only what was published leads in, on Linux too,
/// where the node's address would with an engine of this computer's (R33).
#[test]
fn minikube_in_colima() {
    const SERVICE: &str = "minikube -p minikube service web --url [blocks]";
    let published = &[("30080/tcp", "", 30080)];
    let mut machine = in_colima(minikube::behind_a_wall("macos", "docker", Engine::Docker, published));
    machine.doors.push(("127.0.0.1:30080", http_200()));
    let said = reachable("minikube", &machine, "http://127.0.0.1:30080/");
    assert_eq!(walls(&said), [(BoundaryKind::Vm, "colima"), (BoundaryKind::Container, "minikube")]);
    for os in ["macos", "linux"] {
        let mut machine = in_colima(minikube::behind_a_wall(os, "docker", Engine::Docker, &[]));
        machine.interfaces.push(("br-49", "192.168.49.1", 24));
        machine.doors.push(("192.168.49.2:30080", http_200()));
        let said = report(&machine.explain()).clone();
        assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V101"), "{os}");
        if os == "macos" {
            let first =
                said.root().and_then(|found| found.remedies.first()).map(|remedy| remedy.commands.concat().join(" "));
            assert_eq!(first.as_deref(), SERVICE.strip_suffix(" [blocks]"));
        }
    }
}

/// R7 for minikube: the VM around its docker is stopped. Near-miss: it runs.
#[test]
fn minikube_in_a_stopped_colima() {
    let mut machine = in_colima(minikube::behind_a_wall("macos", "docker", Engine::Docker, &[]));
    machine.api_down = Some(Why::Refused);
    machine.containers.clear();
    let code = |machine: &Machine| report(&machine.explain()).root().map(|found| found.finding.code().as_str());
    assert_ne!(code(&machine), Some("V311"));
    machine.limas = vec![(Some(COLIMA_HOME), Ok(instance("colima", "Stopped", &json!({}))))];
    shut("minikube-stopped", &machine, "V311", &["colima start"]);
}

/// k3d in Rancher Desktop's docker (moby), on macOS and on Linux.
#[test]
fn k3d_in_rancher_desktop() {
    for (os, home) in [("macos", MAC_RD_HOME), ("linux", LINUX_RD_HOME)] {
        let machine = k3d::behind_a_wall(os, &[("30080/tcp", "0.0.0.0", 8080)]);
        let mut machine = in_rancher_desktop(machine, home);
        machine.doors.push(("127.0.0.1:8080", http_200()));
        machine.listeners.push(("0.0.0.0:8080", AGENT, "limactl"));
        let said = reachable(&format!("rd-k3d-{os}"), &machine, "http://127.0.0.1:8080/");
        assert_eq!(walls(&said)[0], (BoundaryKind::Vm, "rancher-desktop"));
    }
}

/// A node of Lima's whose kubeconfig the guest agent does not find: k0s and rke2.
fn unseen(version: &'static str) -> Machine {
    let mut machine = lima("macos", &json!({}));
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["spec"] = json!({});
        nodes["items"][0]["status"]["nodeInfo"]["kubeletVersion"] = json!(version);
    });
    machine
}

/// Templates k0s and rke2: that their node ports stay inside is inferred, so a probe decides,
/// and a static rule comes first.
#[test]
fn k0s_and_rke2_are_not_seen_by_the_agent() {
    let rule = "limactl stop k3s && limactl edit k3s --port-forward 30080:30080,static=true && limactl start k3s";
    let look = "limactl shell k3s sh -c 'command -v kubectl'";
    let forward = "kubectl port-forward service/web 8080:80 [blocks]";
    for (name, version) in [("k0s", "v1.34.1+k0s"), ("rke2", "v1.34.1+rke2r1")] {
        let mut machine = unseen(version);
        let said = unsure(name, &machine, Some("V121"), &[rule, look, forward]);
        assert_eq!(said.environment.id, EnvironmentId::Lima);
        machine.doors.push(("127.0.0.1:30080", http_200()));
        reachable(&format!("{name}-after-all"), &machine, "http://127.0.0.1:30080/");
        // Nobody serves load balancers there.
        let mut machine = unseen(version);
        machine.service("LoadBalancer", "10.96.7.7", None);
        let code = report(&machine.explain()).root().map(|found| found.finding.code().as_str());
        assert_eq!(code, Some("K115"));
    }
}

/// Rancher Desktop on Linux: node ports come out, low ports of load balancers do not.
fn rancher_desktop_on_linux() -> Machine {
    let mut machine = super::rancher_desktop();
    machine.os = "linux";
    let rules = json!({ "portForwards": [rule(("0.0.0.0", 1, 65535), ("0.0.0.0", 1, 65535), false)] });
    machine.limas = vec![(Some(LINUX_RD_HOME), Ok(instance("0", "Running", &rules)))];
    machine.files.insert(BORDER.into(), "1024\n".into());
    machine
}

#[test]
fn rancher_desktop_on_linux_has_lower_ports_shut() {
    let mut machine = rancher_desktop_on_linux();
    machine.doors.push(("127.0.0.1:30080", http_200()));
    reachable("rd-linux", &machine, "http://127.0.0.1:30080/");
    let mut machine = rancher_desktop_on_linux();
    balanced(&mut machine, true);
    let forward = "kubectl port-forward service/web 8080:80 [blocks]";
    let lower = "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80 && rdctl shutdown && rdctl start [privileged]";
    shut("rd-linux-low", &machine, "V125", &[forward, lower]);
    // Near-misses: a port above, and another data directory.
    machine.port(|port| port["port"] = json!(8080));
    machine.doors = vec![("127.0.0.1:8080", http_200())];
    reachable("rd-linux-high", &machine, "http://127.0.0.1:8080/");
    machine.variables.insert("XDG_DATA_HOME", "~/data".into());
    let (_, list) = machine.limas.remove(0);
    machine.limas = vec![(Some("~/data/rancher-desktop/lima"), list)];
    assert!(report(&machine.explain()).unobserved.is_empty());
}
