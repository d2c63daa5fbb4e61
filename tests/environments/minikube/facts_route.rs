//! Sections A to D of the facts: roads of a healthy profile, and `minikube tunnel` in route
//! mode through its life and death.

use netpath::report::{Outcomes, RoadId, State, Verdict};

use crate::minikube::facts::{Said, expect, reachable, road, unreachable};
use crate::minikube::facts_computer::{Computer, MINIKUBE, PORTS};
use crate::minikube::facts_read::{part, whole};
use crate::minikube::machine::{http_200, report};

const ALIVE: (&str, &str) = ("D-tunnel-route/clean-life.txt", "=== 2b");
const DEAD: (&str, &str) = ("D-tunnel-route/dead-tunnel.txt", "=== 2 one second after kill -9");
const LOST: (&str, &str) = ("D-tunnel-route/remains-and-cleanup.txt", "=== 5");
const NODE: &str = "http://192.168.49.2:30090/";
const ROUTED: &str = "http://10.106.182.143:8090/";
/// What opens web-ci.
const INTERNAL: [&str; 2] =
    ["kubectl port-forward service/web-ci 8080:80", r#"kubectl patch service web-ci -p {"spec":{"type":"NodePort"}}"#];

/// The profile runs, no tunnel ever did.
fn running() -> Computer {
    Computer::with(MINIKUBE).seen(&whole("B-nodeport/roads.txt")).seen(&whole("A-running/minikube-status.json"))
}

/// The profile with a published port; its Deployment still has Pods.
fn published() -> Computer {
    Computer::with(PORTS).seen(&part("C-published-port/roads.txt", "http://127.0.0.1:18080/", "#"))
}

/// A moment of a tunnel's life.
fn moment((file, from): (&str, &str)) -> Computer {
    running().seen(&part(file, from, ""))
}

fn balancer(outcomes: &Outcomes) -> (State, Vec<String>) {
    road(outcomes, RoadId::LoadBalancer)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_node_port_answers_at_the_nodes_address() {
    expect("running", &running().explain("web"), &reachable(&["http://192.168.49.2:30080/"]));
}

#[test]
fn a_pending_load_balancer_answers_at_its_node_port() {
    let outcomes = running().explain("web-lb");
    expect("running-web-lb", &outcomes, &reachable(&[NODE]));
    assert_eq!(balancer(&outcomes), (State::Missing, words(&["LoadBalancerPending", "NoTunnelProcess"])));
}

/// Refused, all three alike: what tells them apart is in the cluster.
#[test]
fn a_refusal_at_the_nodes_address_is_explained_by_the_cluster() {
    for (service, wanted) in [
        ("unready", unreachable("K215", &["kubectl describe pod unready-7d4b"])),
        ("no-pods", unreachable("K201", &["kubectl get pods --show-labels"])),
        (
            "wrong-target",
            unreachable(
                "K207",
                &[r#"kubectl patch service wrong-target -p {"spec":{"ports":[{"port":80,"targetPort":8080}]}}"#],
            ),
        ),
    ] {
        let mut computer = running();
        let refused = "error trying to reach service: dial tcp 10.244.0.5:9999: connect: connection refused";
        let nobody = "no endpoints available for service \"no-pods\"";
        computer.proxy_fails = vec![("/wrong-target:", refused), (":9999/", refused), ("/no-pods:", nobody)];
        expect(&format!("running-{service}"), &computer.explain(service), &wanted);
    }
}

/// Without a route a cluster address leaves the machine: nothing is probed.
#[test]
fn types_without_a_node_port_are_internal() {
    expect("running-web-ci", &running().explain("web-ci"), &unreachable("K104", &INTERNAL));
    expect(
        "running-web-headless",
        &running().explain("web-headless"),
        &unreachable("K106", &["kubectl port-forward pod/web-7d4b 8080:8080"]),
    );
}

/// It does answer, and netpath does not speak UDP.
#[test]
fn udp_is_not_probed() {
    let wanted = Said { verdict: Verdict::Undetermined, root: None, urls: &[], remedies: &[] };
    expect("running-echo-udp", &running().explain("echo-udp"), &wanted);
}

#[test]
fn a_published_port_answers_beside_the_nodes_address() {
    let urls = ["http://127.0.0.1:18080/", "http://192.168.58.2:30080/"];
    expect("published", &published().explain("web"), &reachable(&urls));
}

/// docker-proxy accepts and closes (52), the node's address refuses.
#[test]
fn a_published_port_without_endpoints() {
    let computer = published().scaled_to_zero();
    let computer = computer.seen(&part("C-published-port/roads.txt", "# svc/web scaled", "# svc/web deleted"));
    expect(
        "published-no-endpoint",
        &computer.explain("web"),
        &unreachable("K202", &["kubectl scale deployment/web --replicas=1"]),
    );
}

/// The port stays open when its Service is gone (52).
#[test]
fn a_published_port_without_its_service() {
    let mut computer = published();
    computer.rows.retain(|row| row.name != "web");
    expect(
        "published-no-service",
        &computer.explain("web"),
        &unreachable(
            "K101",
            &[
                "kubectl expose deployment/web --type=NodePort --port=80 --target-port=8080",
                "kubectl netpath explain svc/web-ci",
            ],
        ),
    );
}

/// The lock is held, and nothing else is to be seen for five seconds.
#[test]
fn a_tunnel_that_just_started() {
    let outcomes = moment(("D-tunnel-route/clean-life.txt", "=== 2a")).explain("web-lb");
    expect("route-starting", &outcomes, &reachable(&[NODE]));
    assert_eq!(balancer(&outcomes), (State::Missing, words(&["LoadBalancerPending", "TunnelProcess"])));
}

#[test]
fn a_tunnel_that_lives() {
    expect("route-alive", &moment(ALIVE).explain("web-lb"), &reachable(&[ROUTED, NODE]));
}

/// The route leads to every cluster address, not only to load balancers'.
#[test]
fn a_cluster_address_answers_through_the_route() {
    let computer = running().seen(&part("D-tunnel-route/dead-tunnel.txt", "=== 1", "=== 2"));
    expect("route-alive-web-ci", &computer.explain("web-ci"), &reachable(&["http://10.105.23.145:80/"]));
}

/// Killed by -9, TERM or HUP, the tunnel leaves its route, and the route works.
#[test]
fn a_killed_tunnel_still_carries() {
    let outcomes = moment(DEAD).explain("web-lb");
    expect("route-dead", &outcomes, &reachable(&[ROUTED, NODE]));
    for from in ["=== 2 after SIGTERM", "=== 4 after SIGHUP"] {
        let outcomes = moment(("D-tunnel-route/remains-and-cleanup.txt", from)).explain("web-lb");
        assert_eq!(report(&outcomes).ports[0].urls, [ROUTED, NODE], "{from}");
    }
}

/// Status and `tunnels.json` still say that there is a tunnel; the packet would leave by
/// the default route.
#[test]
fn a_killed_tunnel_that_lost_its_route() {
    let outcomes = moment(LOST).explain("web-lb");
    expect("route-lost", &outcomes, &reachable(&[NODE]));
    assert_eq!(balancer(&outcomes), (State::Missing, words(&["RouteTo", "LoadBalancerAddress", "NoTunnelProcess"])));
    expect("route-lost-web-ci", &moment(LOST).explain("web-ci"), &unreachable("K104", &INTERNAL));
}

/// Nobody gives it an address. Its own node port was not asked; that of web-lb, pending as
/// well, answered (section A).
#[test]
fn a_load_balancer_made_while_the_tunnel_is_dead() {
    let file = "D-tunnel-route/remains-and-cleanup.txt";
    let mut computer = moment(DEAD).seen(&part(file, "=== a new LoadBalancer", ""));
    computer.machine.doors.push(("192.168.49.2:32092", http_200()));
    let outcomes = computer.explain("late-lb");
    expect("route-dead-late-lb", &outcomes, &reachable(&["http://192.168.49.2:32092/"]));
    assert_eq!(balancer(&outcomes), (State::Missing, words(&["LoadBalancerPending", "NoTunnelProcess"])));
}

/// `--cleanup` does not end: it is a tunnel.
#[test]
fn a_tunnel_that_was_started_to_clean_up() {
    for from in ["=== 1 nine", "=== 3 nine", "=== 6 nine"] {
        let outcomes = moment(("D-tunnel-route/remains-and-cleanup.txt", from)).explain("web-lb");
        assert_eq!(report(&outcomes).ports[0].urls, [ROUTED, NODE], "{from}");
    }
}

/// SIGINT takes everything back.
#[test]
fn a_tunnel_that_was_ended_properly() {
    for (file, from) in [("clean-life.txt", "=== 3"), ("remains-and-cleanup.txt", "=== 7")] {
        let outcomes = moment((&format!("D-tunnel-route/{file}"), from)).explain("web-lb");
        assert_eq!(report(&outcomes).ports[0].urls, [NODE], "{file}");
        assert_eq!(balancer(&outcomes), (State::Missing, words(&["LoadBalancerPending", "NoTunnelProcess"])));
    }
}

/// Two profiles with the same range: the second tunnel lives, says so in its terminal, and
/// does nothing. Its processes are known by the pids in that output.
#[test]
fn a_tunnel_against_another_profiles() {
    let file = "D-tunnel-route/conflicts.txt";
    let mut computer = Computer::with(PORTS).seen(&part(file, "=== profile ports", ""));
    computer.machine.process(14662, "minikube|tunnel").process(15474, "minikube|tunnel|-p|ports");
    let computer = computer.seen(&part("E-port-forward-mode/tunnel.txt", "http://192.168.58.2:30090/", "---"));
    let outcomes = computer.explain("web-lb");
    expect("route-conflict", &outcomes, &reachable(&["http://192.168.58.2:30090/"]));
    assert_eq!(balancer(&outcomes), (State::Missing, words(&["RouteTo", "LoadBalancerPending", "TunnelProcess"])));
}

/// An address that somebody else gave, here by hand: nobody knows what is there.
#[test]
fn an_address_that_no_tunnel_gave() {
    let computer = running().seen(&part("D-tunnel-route/conflicts.txt", "=== a LoadBalancer", ""));
    let outcomes = computer.explain("web-lb");
    expect("foreign-address", &outcomes, &reachable(&[NODE]));
    assert_eq!(balancer(&outcomes), (State::Unknown, words(&["LoadBalancerAddress"])));
}

/// The profile was deleted and made again; `tunnels.json` still has the dead tunnel's entry.
#[test]
fn a_registry_that_outlived_its_cluster() {
    let file = "D-tunnel-route/dead-tunnel-then-recreate.txt";
    let outcomes = running().seen(&part(file, "--- minikube start", "")).explain("web-lb");
    expect("route-recreated", &outcomes, &reachable(&[NODE]));
    assert_eq!(balancer(&outcomes), (State::Missing, words(&["LoadBalancerPending", "NoTunnelProcess"])));
}
