//! Section E of the facts: `minikube tunnel` in port-forward mode, alive, killed, orphaned
//! and with Services in each other's way.
//!
//! The mode was reached on a Linux host that is attached to the node's network, where the
//! node's own address answers. Each state comes a second time with that one fact changed,
//! `...-without-route`: so it is on macOS, on Windows and with Docker Desktop.

use netpath::request::{Goal, Kind, Named};
use serde_json::{Value, json};

use crate::minikube::facts::{Said, expect, reachable, unreachable};
use crate::minikube::facts_computer::{Computer, FORWARDED};
use crate::minikube::facts_read::{Part, part, whole};

const TUNNEL: &str = "E-port-forward-mode/tunnel.txt";
const MANY: &str = "E-port-forward-mode/tunnel-many.txt";
pub const NODE: &str = "http://192.168.58.2:30090/";
const BALANCER: &str = "http://127.0.0.1:8090/";
/// What opens web-lb where nothing serves it.
const CLOSED: [&str; 3] = [
    "minikube -p ports tunnel",
    "minikube -p ports service web-lb --url",
    "kubectl port-forward service/web-lb 8090:8090",
];

/// The profile in port-forward mode, its node port as it answered all the time.
pub fn forwarded() -> Computer {
    Computer::with(FORWARDED)
        .in_wsl()
        .seen(&part("C-published-port/roads.txt", "http://127.0.0.1:18080/", "#"))
        .seen(&part(TUNNEL, "http://192.168.58.2:30090/", "---"))
}

/// A state of the tunnel, told with a route to the node and without.
#[track_caller]
pub fn both(name: &str, service: &str, computer: impl Fn() -> Computer, with: &Said, without: &Said) {
    expect(name, &computer().explain(service), with);
    expect(&format!("{name}-without-route"), &computer().without_route().explain(service), without);
}

#[test]
fn no_tunnel_yet() {
    let computer = || forwarded().seen(&part(TUNNEL, "=== 1", ""));
    both("forward-before", "web-lb", computer, &reachable(&[NODE]), &unreachable("V201", &CLOSED));
}

#[test]
fn a_tunnel_that_lives() {
    let computer = || forwarded().seen(&part(TUNNEL, "=== 2", "---"));
    both("forward-alive", "web-lb", computer, &reachable(&[BALANCER, NODE]), &reachable(&[BALANCER]));
}

/// Its ssh accepts, then resets (56).
#[test]
fn a_tunnel_to_a_service_without_endpoints() {
    let alive = || forwarded().seen(&part(TUNNEL, "=== 2", "---"));
    let computer = || alive().scaled_to_zero().seen(&part(TUNNEL, "--- deployment scaled", "---"));
    let wanted = unreachable("K202", &["kubectl scale deployment/web --replicas=1"]);
    both("forward-no-endpoint", "web-lb", computer, &wanted, &wanted);
}

/// The tunnel never starts its ssh again, and says nothing; a second tunnel is refused
/// (exit 111) for as long as it lives.
#[test]
fn a_tunnel_whose_ssh_was_killed() {
    let computer = || forwarded().seen(&part(TUNNEL, "=== 3", ""));
    let again = "kill -INT 12146 && minikube -p ports tunnel";
    let wanted = [again, CLOSED[1], CLOSED[2]];
    both("forward-ssh-killed", "web-lb", computer, &reachable(&[NODE]), &unreachable("V202", &wanted));
}

#[test]
fn a_tunnel_that_was_ended_properly() {
    let computer = || forwarded().seen(&part(TUNNEL, "=== 4", ""));
    both("forward-ended", "web-lb", computer, &reachable(&[NODE]), &unreachable("V201", &CLOSED));
}

/// Its ssh is left, with parent 1, and works.
#[test]
fn a_tunnel_that_was_killed_alone() {
    let computer = || forwarded().seen(&part(TUNNEL, "=== 5", ""));
    both("forward-orphan", "web-lb", computer, &reachable(&[BALANCER, NODE]), &reachable(&[BALANCER]));
}

/// The status is all that is left.
#[test]
fn a_tunnel_that_was_killed_with_its_ssh() {
    let computer = || forwarded().seen(&part(TUNNEL, "=== 6", ""));
    both("forward-dead", "web-lb", computer, &reachable(&[NODE]), &unreachable("V202", &CLOSED));
}

/// Both ssh live and name port 8090; the first one's Service answers there, with a reset.
#[test]
fn two_services_on_one_port() {
    let computer = || forwarded().seen(&part(MANY, "=== eight", ""));
    // 8090 is taken, for port-forward as well.
    let wanted = [CLOSED[1], "kubectl port-forward service/web-lb 8091:8090"];
    let wanted = unreachable("V206", &wanted);
    both("forward-two", "web-lb", computer, &reachable(&[NODE]), &wanted);
}

/// Which of the two wins is a race. Here it was web-lb's: it answers (200), and the other
/// Service is shut although both have the same Pods.
#[test]
fn two_services_on_one_port_the_other_way_round() {
    let computer = || forwarded().seen(&whole("second-run/two-services.txt")).without_route();
    expect("forward-two-won-without-route", &computer().explain("web-lb"), &reachable(&[BALANCER]));
    let wanted = ["minikube -p ports service aaa-lb --url", "kubectl port-forward service/aaa-lb 8091:8090"];
    expect("forward-two-lost-without-route", &computer().explain("aaa-lb"), &unreachable("V206", &wanted));
}

#[test]
fn a_privileged_port() {
    let computer = || forwarded().seen(&part(MANY, "=== eight", ""));
    let outcomes = computer().without_route().explain("web-lb80");
    expect("forward-privileged-without-route", &outcomes, &reachable(&["http://127.0.0.1:80/"]));
}

/// An Ingress without a controller. The tunnel forwards 80 and 443 for it all the same, and
/// port 80 of this computer answers 200: by another Service's ssh. Of the object only its
/// name, host and port were written down; the backend is made up.
#[test]
fn an_ingress_without_a_controller() {
    let mut computer = forwarded().seen(&part(MANY, "=== eight", "")).without_route();
    let path = json!({ "path": "/", "pathType": "Prefix", "backend": { "service": { "name": "web", "port": { "number": 80 } } } });
    let ingress = json!({
        "kind": "Ingress", "metadata": { "name": "ing", "namespace": "default" },
        "spec": { "rules": [{ "host": "app.test", "http": { "paths": [path] } }] },
        "status": { "loadBalancer": {} },
    });
    let list = |kind: &str, items: Value| json!({ "kind": kind, "items": items });
    let at = "/apis/networking.k8s.io/v1";
    computer.objects.insert(format!("{at}/namespaces/default/ingresses/ing"), ingress.clone());
    computer.objects.insert(format!("{at}/namespaces/default/ingresses"), list("IngressList", json!([ingress])));
    computer.objects.insert(format!("{at}/ingressclasses"), list("IngressClassList", json!([])));
    computer.objects.insert("/api/v1/services".into(), list("ServiceList", json!([])));
    let target = Named { kind: Some(Kind::Ingress), name: "ing".into() };
    let outcomes = computer.ask(Goal::Explain { target }).expect("a kubeconfig that is in order");
    expect("forward-ingress-without-route", &outcomes, &unreachable("K301", &["kubectl get ingressclasses"]));
}

/// SIGINT to minikube alone: the address is gone, and the ssh of port 80 answers on.
#[test]
fn a_privileged_port_behind_pending() {
    let computer = || forwarded().seen(&part(MANY, "=== after SIGINT", "")).seen(&port_80());
    let outcomes = computer().without_route().explain("web-lb80");
    expect("forward-pending-open-without-route", &outcomes, &reachable(&["http://127.0.0.1:80/"]));
}

/// What port 80 answered while that ssh lived. After SIGINT its listener was looked at, and
/// not asked.
fn port_80() -> Part {
    part(MANY, "http://127.0.0.1:80/", "127.0.0.1:443")
}

/// Ctrl-C in the terminal takes everything along.
#[test]
fn a_privileged_port_after_ctrl_c() {
    let computer = || forwarded().seen(&part("E-port-forward-mode/tunnel-many-ctrl-c.txt", "=== what is left", ""));
    let outcomes = computer().without_route().explain("web-lb80");
    let wanted = [
        "minikube -p ports service web-lb80 --url",
        "minikube -p ports tunnel",
        "kubectl port-forward service/web-lb80 8080:80",
    ];
    expect("forward-pending-closed-without-route", &outcomes, &unreachable("V201", &wanted));
}

/// A TCP listener with a good EXTERNAL-IP, for a Service that speaks UDP.
#[test]
fn a_udp_load_balancer() {
    let computer = || forwarded().seen(&part(MANY, "=== eight", ""));
    let outcomes = computer().without_route().explain("udp-lb");
    let recreate = "minikube -p ports delete && minikube -p ports start --driver=docker \
        --ports=127.0.0.1:18080:30080,127.0.0.1:30651:30651/udp";
    expect("forward-udp-lb-without-route", &outcomes, &unreachable("V210", &[recreate]));
}
