//! Traefik, which k3s brings along, at 80 and 443 of the nodes (K1, section 6).

use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use netpath::report::Verdict;

use super::machine::{Machine, SERVER, behind_a_wall, http_200, linux};
use crate::said::{reachable, shut, unsure};

const HOST: &str = "app.localhost";

fn with_traefik(mut machine: Machine) -> Machine {
    machine.service("ClusterIP", "10.43.7.7", None);
    machine.k3d_traefik(HOST);
    machine.names = vec![(HOST, "127.0.0.1")];
    machine
}

/// K1: port 80 of the proxy is Traefik's entry.
#[test]
fn k1_port_80_of_the_proxy_is_the_ingresss_entry() {
    let mut machine = with_traefik(behind_a_wall("macos", &[("80/tcp", "", 8088)]));
    machine.doors.push(("127.0.0.1:8088", http_200()));
    let report = reachable("ingress", &machine, "http://app.localhost:8088/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::Ingress);
    // A 404 of Traefik's own means that stage 1 is fine: no rule fits, or it says so for the
    // application (wasmCloud#1141).
    machine.doors = vec![("127.0.0.1:8088", Outcome::Response { status: Some(404), tls: false, ms: 2 })];
    let report = unsure("ingress-404", &machine, Some("K306"), &[]);
    assert_eq!(report.verdict, Verdict::Undetermined);
}

/// K2: nothing leads to Traefik's port 80.
#[test]
fn k2_an_ingress_without_a_published_port() {
    let machine = with_traefik(behind_a_wall("macos", &[]));
    let add = "k3d cluster edit demo --port-add 127.0.0.1:8080:80@loadbalancer";
    let forward = "kubectl -n kube-system port-forward service/traefik 8080:80 [blocks]";
    shut("ingress-unpublished", &machine, "V203", &[add, forward]);
    // Near-miss: on Linux its address leads in.
    let mut machine = linux(&[]);
    machine.service("ClusterIP", "10.43.7.7", None);
    machine.k3d_traefik("app.test");
    machine.names = vec![("app.test", SERVER.1)];
    machine.doors = vec![("172.19.0.2:80", http_200())];
    reachable("ingress-linux", &machine, "http://app.test/");
}
