//! Section E of the facts: a kubeconfig of the other mode, and an engine that is reached by
//! TCP, on this computer's loopback or at another address.

use netpath::ask::Why;
use netpath::report::Verdict;

use crate::minikube::facts::{Said, expect, reachable, undetermined};
use crate::minikube::facts_computer::{Computer, EXT, MINIKUBE, PORTS};
use crate::minikube::facts_forward::both;
use crate::minikube::facts_read::{part, whole};

/// A profile of node-IP mode, looked at in port-forward mode: minikube calls its kubeconfig
/// misconfigured, and the address in it works here.
#[test]
fn a_kubeconfig_of_the_other_mode() {
    let other = || {
        let computer = Computer::with(PORTS).in_wsl().seen(&part("C-published-port/roads.txt", "http://127", "#"));
        computer.seen(&part(
            "E-port-forward-mode/wsl-commands.txt",
            "$ minikube -p ports status",
            "$ minikube -p ports ip",
        ))
    };
    let urls = ["http://127.0.0.1:18080/", "http://192.168.58.2:30080/"];
    expect("other-mode", &other().explain("web"), &reachable(&urls));
    let mut away = other().without_route();
    away.machine.api_down = Some(Why::TimedOut);
    let wanted = undetermined("C109", &["minikube -p ports update-context"]);
    expect("other-mode-without-route", &away.explain("web"), &wanted);
}

/// `DOCKER_HOST=tcp://127.0.0.1:P`: minikube takes it for another computer and forwards.
#[test]
fn an_engine_by_tcp_on_loopback() {
    let name = "E-port-forward-mode/external-daemon-existing-profile.txt";
    let computer = || {
        let mut computer = Computer::with(MINIKUBE).seen(&part(name, "https://127.0.0.1:32774", "20.10"));
        computer.machine.engine_host = Some("127.0.0.1:23756");
        point_to(&mut computer, "https://127.0.0.1:32774");
        computer.seen(&part("B-nodeport/roads.txt", "http://192.168.49.2:30080/", "http://127"))
    };
    let forward = "http://127.0.0.1:36395/";
    let with = ["http://192.168.49.2:30080/", forward];
    both("engine-by-tcp", "web", computer, &reachable(&with), &reachable(&[forward]));
}

/// `DOCKER_HOST=tcp://172.17.0.1:P`, a profile made without it: `update-context` writes a
/// server that nobody listens at, and minikube itself cannot log in to the node.
#[test]
fn an_engine_elsewhere_with_a_profile_of_before() {
    let name = "E-port-forward-mode/external-daemon-existing-profile.txt";
    let mut computer = Computer::with(MINIKUBE).seen(&part(name, "https://172.17.0.1:32774", ""));
    computer.machine.engine_host = Some("172.17.0.1:23755");
    computer.containers = Err(Why::EngineElsewhere { host: "172.17.0.1".into() });
    point_to(&mut computer, "https://172.17.0.1:32774");
    computer.machine.api_down = Some(Why::Refused);
    expect(
        "engine-elsewhere-before",
        &computer.explain("web"),
        &undetermined("C101", &["kubectl config get-contexts"]),
    );
}

/// Before `update-context`: the kubeconfig still has the node's address, which does not care
/// what DOCKER_HOST says. minikube's own commands end with exit code 103. That the cluster
/// is this computer's own is not proven then, so nothing is probed.
#[test]
fn an_engine_elsewhere_and_a_node_that_is_near() {
    let mut computer = Computer::with(MINIKUBE).seen(&whole("B-nodeport/roads.txt"));
    computer.machine.engine_host = Some("172.17.0.1:23755");
    computer.containers = Err(Why::EngineElsewhere { host: "172.17.0.1:23755".into() });
    let unknown = Said { verdict: Verdict::Undetermined, root: None, urls: &[], remedies: &[] };
    expect("engine-elsewhere-near", &computer.explain("web"), &unknown);
}

/// The same with a new profile: the API server's certificate lacks the address.
#[test]
fn an_engine_elsewhere_with_a_new_profile() {
    let mut computer = elsewhere("https://172.17.0.1:32769");
    let detail = "certificate is valid for 10.96.0.1, 127.0.0.1, 10.0.0.1, 192.168.58.2, not 172.17.0.1";
    computer.machine.api_down = Some(Why::Certificate { detail: detail.into() });
    expect("engine-elsewhere-new", &computer.explain("web"), &undetermined("C103", &[]));
}

/// And made with `--apiserver-ips`: it works (200), because that other computer is this one.
/// Nobody agreed to probes of another computer's cluster, so nobody knows.
#[test]
fn an_engine_elsewhere_that_is_this_computer() {
    let unknown = Said { verdict: Verdict::Undetermined, root: None, urls: &[], remedies: &[] };
    let name = "E-port-forward-mode/external-daemon-new-profile.txt";
    let computer = elsewhere("https://172.17.0.1:32774").seen(&part(name, "=== minikube service web", "==="));
    expect("engine-elsewhere-service", &computer.explain("web"), &unknown);
    let computer = elsewhere("https://172.17.0.1:32774").seen(&part(name, "=== minikube tunnel", "(end"));
    expect("engine-elsewhere-tunnel", &computer.explain("web-lb"), &unknown);
}

/// `minikube update-context` with another server: the entry loses its `context_info`.
fn point_to(computer: &mut Computer, server: &str) {
    let kubeconfig = &mut computer.kubeconfig;
    kubeconfig.clusters[0].server = server.into();
    kubeconfig.contexts[0].provider = None;
    kubeconfig.contexts[0].namespace = None;
}

/// A profile that was made with `DOCKER_HOST=tcp://172.17.0.1:P`. Its config.json was not
/// written down; it is that of the profile "loop" with the other name.
fn elsewhere(server: &str) -> Computer {
    let mut computer = Computer::with(EXT);
    let config = computer.machine.files.values_mut().next().expect("config.json");
    *config = config.replace("\"loop\"", "\"ext\"");
    computer.machine.engine_host = Some("172.17.0.1:23755");
    computer.containers = Err(Why::EngineElsewhere { host: "172.17.0.1:23755".into() });
    computer.kubeconfig.clusters[0].server = server.into();
    // Its address, by the ssh that leads to it.
    let web = computer.rows.iter_mut().find(|row| row.name == "web").expect("web");
    web.cluster_ip = "10.105.177.236".into();
    computer
}
