//! The truth table 3.1: exposures, and where the browser is.

use netpath::ask::Engine;
use netpath::report::{RoadId, State, Verdict};
use netpath::request::Viewer;
use serde_json::json;

use super::{ANSWER, FORWARD, OWN, in_wsl, k3s, published, windows};
use crate::docker_desktop;
use crate::host;
use crate::kind;
use crate::machine::{Container, Machine, http_200, report};
use crate::minikube;
use crate::said::{reachable, remedies, shut, unsure};

fn here(mut machine: Machine) -> Machine {
    machine.viewer = Viewer::Here;
    machine.viewer_unsaid = false;
    machine
}

fn lan(mut machine: Machine) -> Machine {
    machine.viewer = Viewer::Lan;
    machine.viewer_unsaid = false;
    machine
}

/// Row kind, a mapped port: D, W-NAT and W-MIR. Only an answer on Windows proves it.
#[test]
fn a_published_port_is_on_windows_too() {
    for mode in ["nat", "mirrored", "consomme"] {
        let machine = windows(published(mode), "127.0.0.1:30080", ANSWER);
        reachable(&format!("kind-published-{mode}"), &machine, "http://127.0.0.1:30080/");
    }
    let mut machine = published("nat");
    machine.windows = None;
    unsure("kind-published-not-asked", &machine, None, &[]);
    // From the distribution itself Windows is not asked, and the node's own address counts.
    let report = report(&here(published("nat")).explain()).clone();
    assert_eq!(report.verdict, Verdict::Reachable);
    assert!(report.environment.boundaries.iter().all(|wall| wall.name != "Ubuntu"));
}

/// It does not work, and nothing of WSL is blamed.
#[track_caller]
fn is_not_the_walls(machine: &Machine) {
    let said = report(&machine.explain()).clone();
    let codes: Vec<_> = said.findings.iter().map(|found| found.finding.code().as_str()).collect();
    assert!(!codes.iter().any(|code| code.starts_with("V13")), "{codes:?}");
    assert_ne!(said.verdict, Verdict::Reachable);
}

/// The same row, near-miss: it fails in the distribution, so the wall is not to blame.
#[test]
fn what_fails_inside_is_not_the_walls() {
    let mut machine = published("nat");
    machine.doors.clear();
    is_not_the_walls(&machine);
}

/// Row kind, the node's address: no way from Windows, whatever the mode.
#[test]
fn an_unpublished_port_is_shut_as_everywhere() {
    let machine = in_wsl(kind::machine::linux(Engine::Docker, &[]), "nat");
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V101"));
    assert_eq!(said.verdict, Verdict::Unreachable);
}

/// W5, rows k3s: a node port has no socket. W-NAT: by the distribution's address only.
#[test]
fn w5_a_node_port_of_k3s_is_a_rule_only() {
    let at_own = |answer| windows(k3s("nat"), "172.25.1.5:30080", answer);
    let said = reachable("w5-nat", &at_own(ANSWER), "http://172.25.1.5:30080/");
    assert_eq!((said.viewer, said.ports[0].roads[0].id), (Viewer::Windows, RoadId::WslAddress));
    // There neither: nothing else leads in.
    let said = shut("w5-nat-refused", &k3s("nat"), "V130", &[FORWARD]);
    let second = said.ports[0].roads.iter().find(|road| road.id == RoadId::WslAddress).expect("the second way");
    assert!(second.hops.iter().all(|hop| hop.state != State::Missing && hop.finding.is_none()));
    // Nobody could ask: it is left to the reader.
    let mut unasked = k3s("nat");
    unasked.windows = None;
    unsure("w5-nat-unasked", &unasked, Some("V130"), &["", FORWARD]);
    // Somebody else answers there: that is not this Service.
    let said = report(&at_own((0, "404 0.001 0.012")).explain()).clone();
    assert_eq!((said.verdict, said.ports[0].urls.len()), (Verdict::Undetermined, 0));
    // In consomme mode it has the address of Windows.
    shut("w5-consomme", &windows(k3s("consomme"), "172.25.1.5:30080", ANSWER), "V130", &[FORWARD]);
    let said = report(&here(k3s("nat")).explain()).clone();
    assert_eq!((said.verdict, said.ports[0].urls.len()), (Verdict::Reachable, 1));
}

/// W5, near-miss: the node itself does not serve it. That is no wall's doing.
#[test]
fn w5_what_the_node_refuses_is_not_the_walls() {
    let mut machine = k3s("nat");
    machine.doors.clear();
    is_not_the_walls(&machine);
}

/// The second way opens what localhost does not, and is not asked about where that works.
#[test]
fn the_own_address_is_a_second_way() {
    let both = |mode, sockets: &[&'static str]| {
        let mut machine = windows(published(mode), "172.25.1.5:30080", ANSWER);
        machine.interfaces.push(("eth0", OWN, 20));
        machine.doors.push(("172.25.1.5:30080", http_200()));
        machine.sockets = sockets.to_vec();
        machine
    };
    let all = ["0.0.0.0:30080", "[::]:30080"];
    reachable("own-address", &both("nat", &all), "http://172.25.1.5:30080/");
    reachable("own-address-alone", &both("nat", &["172.25.1.5:30080"]), "http://172.25.1.5:30080/");
    reachable("own-address-v6", &both("nat", &["[::]:30080"]), "http://172.25.1.5:30080/");
    // Another program of Windows has the port at localhost.
    let taken = windows(both("nat", &all), "127.0.0.1:30080", (0, "404 0.001 0.012"));
    reachable("own-address-past-another", &taken, "http://172.25.1.5:30080/");
    // Near-misses: localhost answers, so nobody asks there; a listener at loopback alone; a mode
    // without an address of its own.
    let said = reachable(
        "own-address-not-needed",
        &windows(both("nat", &all), "127.0.0.1:30080", ANSWER),
        "http://127.0.0.1:30080/",
    );
    assert!(said.ports[0].roads.iter().all(|road| road.id != RoadId::WslAddress));
    for (mode, sockets) in [("nat", &["127.0.0.1:30080"][..]), ("mirrored", &all), ("consomme", &all)] {
        let said = report(&both(mode, sockets).explain()).clone();
        assert!(said.ports[0].roads.iter().all(|road| road.id != RoadId::WslAddress), "{mode}");
        assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V133"), "{mode}");
    }
}

/// W5 in mirrored mode is inferred: Windows is asked, and its refusal is no proof of why.
#[test]
fn w5_in_mirrored_mode_is_not_certain() {
    unsure("w5-mirrored", &k3s("mirrored"), Some("V130"), &[FORWARD]);
    let answering = windows(k3s("mirrored"), "127.0.0.1:30080", ANSWER);
    reachable("w5-mirrored-after-all", &answering, "http://127.0.0.1:30080/");
}

/// W5, near-miss: kube-proxy listens for its node ports (W6), so WSL sees them.
#[test]
fn w6_a_node_port_with_a_listener_comes_out() {
    let mut machine = windows(k3s("nat"), "127.0.0.1:30080", ANSWER);
    machine.sockets = vec!["127.0.0.1:30080"];
    reachable("w6-listener", &machine, "http://127.0.0.1:30080/");
}

/// Row k3s, ServiceLB.
#[test]
fn w5_a_load_balancer_of_k3s_is_a_rule_only() {
    let mut machine = k3s("nat");
    machine.service("LoadBalancer", "10.43.7.7", Some(OWN));
    machine.servicelb(Some(host::machine::NAME), "");
    machine.doors.push(("172.25.1.5:80", http_200()));
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V130"));
    assert_eq!(remedies(&said), [FORWARD]);
    let machine = windows(machine, "172.25.1.5:80", ANSWER);
    reachable("w5-balancer", &machine, "http://172.25.1.5:80/");
}

/// W16: nat, another computer. W17: mirrored, where a firewall may be in the way.
#[test]
fn w16_and_w17_another_computer() {
    let proxy = "netsh interface portproxy add v4tov4 listenaddress=LAN-ADDRESS listenport=30080 \
                 connectaddress=127.0.0.1 connectport=30080 && New-NetFirewallRule -DisplayName netpath-30080 \
                 -Direction Inbound -Action Allow -Protocol TCP -LocalPort 30080 [privileged]";
    shut("w16-published", &lan(published("nat")), "V135", &[proxy]);
    // Published for loopback: to publish it for all would open nothing.
    let mut machine = in_wsl(kind::machine::linux(Engine::Docker, &[("30080/tcp", "127.0.0.1", 30080)]), "nat");
    machine.sockets = vec!["127.0.0.1:30080"];
    shut("w16-loopback", &lan(machine.clone()), "V135", &[proxy]);
    // Near-miss: in mirrored mode that is the first step.
    machine.wsl_mode = Some("mirrored");
    let said = report(&lan(machine).explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V104"));
    let by_address =
        proxy.replace("LAN-ADDRESS", "0.0.0.0").replace("connectaddress=127.0.0.1", "connectaddress=172.25.1.5");
    shut("w16-node-port", &lan(k3s("nat")), "V135", &[&by_address]);
    let rule = "New-NetFirewallHyperVRule -Name netpath-30080 -DisplayName netpath-30080 -Direction Inbound \
                -VMCreatorId {40E0AC32-46A5-438A-A0B2-2B479E8F2E90} -Protocol TCP -LocalPorts 30080 [privileged]";
    unsure("w17", &lan(published("mirrored")), Some("V136"), &[rule]);
    // Nothing is known of the others.
    let said = report(&lan(published("consomme")).explain()).clone();
    assert_eq!((said.verdict, said.root().is_none()), (Verdict::Undetermined, true));
}

/// kind in Docker Desktop, which serves this distribution too.
pub fn desktop() -> Machine {
    let mut machine = kind::machine::behind_a_wall("linux", Engine::Docker, &[("30080/tcp", "0.0.0.0", 30080)]);
    machine.engine_info = json!({ "OperatingSystem": "Docker Desktop", "SecurityOptions": [] });
    in_wsl(machine, "nat")
}

/// Docker Desktop in an integrated distribution: its ports are on Windows itself (3.2, D6).
#[test]
fn docker_desktops_ports_are_on_windows_itself() {
    let said =
        reachable("desktop-published", &windows(desktop(), "127.0.0.1:30080", ANSWER), "http://127.0.0.1:30080/");
    assert_eq!(said.ports[0].roads[0].id, RoadId::PublishedPort);
    // No wall of WSL is on that road, and a refusal is Docker Desktop's.
    shut("desktop-refused", &desktop(), "V120", &[FORWARD]);
}

/// Docker Desktop's own Kubernetes, asked from a distribution that it serves: only Windows is
/// asked, whatever answers in the distribution.
#[test]
fn docker_desktops_kubernetes_is_on_windows_itself() {
    let own = |answer| windows(in_wsl(docker_desktop::kubeadm("linux"), "nat"), "127.0.0.1:30080", answer);
    reachable("desktop-kubernetes", &own(ANSWER), "http://127.0.0.1:30080/");
    let mut refused = in_wsl(docker_desktop::kubeadm("linux"), "nat");
    refused.doors.push(("127.0.0.1:30080", http_200()));
    shut("desktop-kubernetes-refused", &refused, "V120", &[FORWARD]);
    // Near-miss: nobody could ask, and what answers in the distribution tells nothing.
    refused.windows = None;
    let said = report(&refused.explain()).clone();
    assert_eq!((said.verdict, said.ports[0].urls.len()), (Verdict::Undetermined, 0));
}

/// Row minikube service: its ssh listens in the distribution, so WSL brings it out (R15).
#[test]
fn the_ssh_of_minikube_comes_out() {
    let service = |mode| {
        let mut machine = minikube::machine::wsl_native_docker();
        machine.ssh(4711, 51001, &["39921:10.105.244.12:80"]);
        machine.doors.push(("127.0.0.1:39921", http_200()));
        machine.sockets = vec!["127.0.0.1:39921"];
        in_wsl(machine, mode)
    };
    for mode in ["nat", "mirrored"] {
        let machine = windows(service(mode), "127.0.0.1:39921", ANSWER);
        reachable(&format!("minikube-service-{mode}"), &machine, "http://127.0.0.1:39921/");
    }
    // Near-miss: Windows refuses it.
    let said = report(&service("nat").explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V133"));
}

/// Row minikube tunnel: its ssh is a socket too. R4: to other computers it is none of the
/// tunnel's own settings that is in the way.
#[test]
fn the_ssh_of_a_tunnel_comes_out() {
    let tunnel = |mode| {
        let mut machine = minikube::machine::wsl_native_docker();
        machine.service("LoadBalancer", "10.105.244.12", Some("127.0.0.1"));
        machine.ssh(4711, 51001, &["80:10.105.244.12:80"]);
        machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
        machine.doors.push(("127.0.0.1:80", http_200()));
        machine.sockets = vec!["127.0.0.1:80"];
        in_wsl(machine, mode)
    };
    reachable("minikube-tunnel", &windows(tunnel("nat"), "127.0.0.1:80", ANSWER), "http://127.0.0.1:80/");
    let root = |machine: &Machine| report(&machine.explain()).root().map(|found| found.finding.code().as_str());
    assert_eq!(root(&tunnel("nat")), Some("V133"));
    let said = report(&lan(tunnel("nat")).explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V135"));
    let promised = remedies(&said).iter().any(|remedy| remedy.contains("minikube"));
    assert!(!promised, "{:?}", remedies(&said));
    // Near-miss: in mirrored mode the tunnel's own address is the first step.
    assert_eq!(root(&lan(tunnel("mirrored"))), Some("V104"));
}

/// Row cloud-provider-kind: not the address that it gave, but the port that its container
/// publishes, which is a socket of the engine.
#[test]
fn the_container_of_cloud_provider_kind_comes_out() {
    let labels = [
        ("io.x-k8s.cloud-provider-kind.cluster", "dev"),
        ("io.x-k8s.cloud-provider-kind.loadbalancer.name", "dev/default/web"),
    ];
    let provided = |mode, published: &[(&str, &str, u16)]| {
        let mut machine = kind::machine::linux(Engine::Docker, &[]);
        machine.service("LoadBalancer", "10.96.7.7", Some("172.18.0.11"));
        let network = ("kind", "172.18.0.11", "172.18.0.1");
        let (name, state) = ("kindccm-45b7659f6a67", "running");
        machine.add_container(Engine::Docker, &Container { name, labels: &labels, state, published, network });
        machine.doors = vec![("127.0.0.1:32794", http_200()), ("172.18.0.11:80", http_200())];
        machine.sockets = vec!["0.0.0.0:32794"];
        in_wsl(machine, mode)
    };
    let published = [("80/tcp", "0.0.0.0", 32794), ("10000/tcp", "0.0.0.0", 32770)];
    for mode in ["nat", "mirrored"] {
        let machine = windows(provided(mode, &published), "127.0.0.1:32794", ANSWER);
        reachable(&format!("cloud-provider-kind-{mode}"), &machine, "http://127.0.0.1:32794/");
    }
    let root = |machine: &Machine| report(&machine.explain()).root().map(|found| found.finding.code().as_str());
    assert_eq!(root(&provided("nat", &published)), Some("V133"));
    assert_eq!(root(&lan(provided("nat", &published))), Some("V135"));
    // Near-misses: the admin port is nobody's; in the distribution the address itself counts.
    let said = report(&provided("nat", &published[1..]).explain()).clone();
    assert!(said.ports[0].urls.is_empty() && said.verdict != Verdict::Reachable);
    let said = report(&here(provided("nat", &published)).explain()).clone();
    assert_eq!(said.ports[0].urls, ["http://172.18.0.11:80/"]);
}

/// A port that an engine publishes is always a socket. One that is not seen here is in another
/// distribution, as podman machine's, and no rule of the kernel's.
#[test]
fn an_engine_elsewhere_is_not_explained() {
    for viewer in [here, lan, |machine| machine] {
        let mut machine = viewer(published("nat"));
        machine.sockets.clear();
        let said = report(&machine.explain()).clone();
        let codes: Vec<_> = said.findings.iter().map(|found| found.finding.code().as_str()).collect();
        assert!(!codes.iter().any(|code| code.starts_with("V13")), "{codes:?}");
    }
}

/// Row ClusterIP: no way from Windows, and that is the Service's own choice.
#[test]
fn a_cluster_address_is_inside() {
    let mut machine = k3s("nat");
    machine.service("ClusterIP", "10.43.7.7", None);
    let said = report(&machine.explain()).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("K104"));
}
