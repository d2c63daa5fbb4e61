//! LoadBalancer Services on kind: L1 to L4, and what a real cloud-provider-kind v0.11.1 did
//! (its proxy was a stand-in; containers, labels, ports and statuses were its own).

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::Verdict;
use serde_json::json;

use super::machine::{GATEWAY, behind_a_wall, linux};
use crate::machine::{Container, Machine, http_200, report};
use crate::said::{reachable, remedies, shut, unsure};

const LB: &str = "172.18.0.11";
const LABELS: [(&str, &str); 2] = [
    ("io.x-k8s.cloud-provider-kind.cluster", "dev"),
    ("io.x-k8s.cloud-provider-kind.loadbalancer.name", "dev/default/web"),
];
/// The admin port of its proxy, always published and never meant.
const ADMIN: (&str, &str, u16) = ("10000/tcp", "0.0.0.0", 32770);
const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const PUBLISHING: &str = "cloud-provider-kind --enable-lb-port-mapping [blocks]";
const TOUCH: &str = "kubectl annotate service web netpath/not-at=172.18.0.11 --overwrite";

/// A LoadBalancer Service without another road: its node port is not published.
fn service(mut machine: Machine, address: Option<&str>) -> Machine {
    machine.service("LoadBalancer", "10.96.7.7", address);
    machine.doors.clear();
    machine
}

/// The container that serves it.
fn with_container(mut machine: Machine, state: &str, ip: &str, published: &[(&str, &str, u16)]) -> Machine {
    let published = [&[ADMIN], published].concat();
    let (name, network) = ("kindccm-45b7659f6a67", ("kind", ip, GATEWAY));
    machine.add_container(Engine::Docker, &Container { name, labels: &LABELS, state, published: &published, network });
    machine
}

fn laptop(address: Option<&str>) -> Machine {
    service(behind_a_wall("linux", Engine::Docker, &[]), address)
}

fn host(address: Option<&str>) -> Machine {
    service(linux(Engine::Docker, &[]), address)
}

/// L1: nobody gives an address. Where this computer has no route to the network, the program
/// has to publish (seen: a plain one leads to V203); on macOS and Windows it makes a tunnel.
#[test]
fn l1_the_provider_is_run_the_way_that_leads_here() {
    shut("l1-no-route", &laptop(None), "V201", &[PUBLISHING, FORWARD]);
    let mut routed = host(None);
    routed.doors.push(("172.18.0.2:30080", Outcome::Refused));
    let of = |os| remedies(report(&service(behind_a_wall(os, Engine::Docker, &[]), None).explain()))[0].clone();
    assert_eq!(of("macos"), "sudo cloud-provider-kind [blocks, privileged]");
    assert_eq!(of("windows"), "cloud-provider-kind [blocks, privileged]");
    let mut wsl = laptop(None);
    wsl.variables.insert("WSL_DISTRO_NAME", "Debian".into());
    assert_eq!(remedies(report(&wsl.explain()))[0], "sudo cloud-provider-kind [blocks, privileged]");
}

/// L1, near-miss (seen): it runs, and could not start the container, whose port is taken.
#[test]
fn l1_a_container_that_could_not_start_says_why() {
    let mut machine = with_container(laptop(None), "created", LB, &[("80/tcp", "0.0.0.0", 80)]);
    let error =
        "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated";
    machine.containers[0].1[1]["State"]["Error"] = json!(error);
    shut("l1-port-taken", &machine, "V205", &[FORWARD]);
    // Seen: where the Service had an address before, that stays, and starting it helps nobody.
    machine.service("LoadBalancer", "10.96.7.7", Some(LB));
    shut("l1-port-taken-later", &machine, "V205", &[FORWARD]);
}

/// L2: an address without a container. Whether the program runs, nothing tells (seen: it does
/// not notice that a container is gone until the Service changes).
#[test]
fn l2_an_address_without_a_container_is_stale() {
    shut("l2-stale", &laptop(Some(LB)), "V202", &[PUBLISHING, TOUCH, FORWARD]);
    // Near-miss: MetalLB gives addresses without containers.
    let mut machine = host(Some("172.18.255.200"));
    machine.doors.push(("172.18.255.200:80", http_200()));
    let controller = json!({ "kind": "ServiceList", "items": [] });
    machine.api.insert("/apis/metallb.io/v1beta1".into(), controller);
    assert_ne!(report(&machine.explain()).ports[0].root.map(|code| code.as_str()), Some("V202"));
}

/// L3: on this Linux the container's address; else the port that it publishes, whatever its
/// number, and never the admin port; else it has to publish.
#[test]
fn l3_the_container_is_reached_where_it_can_be() {
    let mut machine = with_container(host(Some(LB)), "running", LB, &[]);
    machine.doors.push(("172.18.0.11:80", http_200()));
    reachable("l3-address", &machine, "http://172.18.0.11:80/");
    let mut machine = with_container(laptop(Some(LB)), "running", LB, &[("80/tcp", "0.0.0.0", 80)]);
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("l3-same-port", &machine, "http://127.0.0.1:80/");
    // v0.10.0, and restarted containers: random ports, another for each family.
    let random = [("80/tcp", "::", 32793), ("80/tcp", "0.0.0.0", 32794)];
    let mut machine = with_container(laptop(Some(LB)), "running", LB, &random);
    machine.doors.push(("127.0.0.1:32794", http_200()));
    reachable("l3-random-port", &machine, "http://127.0.0.1:32794/");
    shut("l3-unpublished", &with_container(laptop(Some(LB)), "running", LB, &[]), "V203", &[PUBLISHING, FORWARD]);
}

/// Seen: a container that is stopped or paused stays so, and its address stays in the status.
#[test]
fn a_container_that_does_not_run_is_named() {
    let paused = with_container(laptop(Some(LB)), "paused", LB, &[]);
    shut("lb-paused", &paused, "V211", &["docker unpause kindccm-45b7659f6a67", FORWARD]);
    let stopped = with_container(laptop(Some(LB)), "exited", LB, &[]);
    shut("lb-stopped", &stopped, "V211", &["docker start kindccm-45b7659f6a67", FORWARD]);
}

/// Seen: after a restart the container is at another address, and the status is not corrected.
/// Near-miss: its published port leads to it all the same.
#[test]
fn an_address_that_moved_is_not_asked() {
    let mut machine = with_container(host(Some("172.18.0.13")), "running", "172.18.0.12", &[]);
    machine.interfaces[1].2 = 24;
    machine.containers[0].1[0]["NetworkSettings"]["Networks"]["kind"]["IPAddress"] = json!("172.18.1.2");
    let touch = "kubectl annotate service web netpath/not-at=172.18.0.13 --overwrite";
    shut("lb-moved", &machine, "V212", &[touch, FORWARD]);
    let mut published =
        with_container(laptop(Some("172.18.0.13")), "running", "172.18.0.12", &[("80/tcp", "0.0.0.0", 80)]);
    published.doors.push(("127.0.0.1:80", http_200()));
    reachable("lb-moved-published", &published, "http://127.0.0.1:80/");
}

/// L4 (seen): it accepts and closes where it may use no node, or has no node port to send to.
/// Near-miss: with a node to use, why it closes cannot be told.
#[test]
fn l4_a_load_balancer_without_a_node_closes() {
    let closes = |published: &[(&str, &str, u16)]| {
        let mut machine = with_container(laptop(Some(LB)), "running", LB, published);
        machine.doors.push(("127.0.0.1:80", Outcome::Eof));
        machine
    };
    let published = [("80/tcp", "0.0.0.0", 80)];
    unsure("l4-closes", &closes(&published), None, &[]);
    let exclude = |machine: &mut Machine, at: usize| {
        machine.object("/api/v1/nodes", |nodes| {
            nodes["items"][at]["metadata"]["labels"] =
                json!({ "node.kubernetes.io/exclude-from-external-load-balancers": "" });
        });
    };
    let include = "kubectl label node dev-control-plane node.kubernetes.io/exclude-from-external-load-balancers-";
    let mut machine = closes(&published);
    exclude(&mut machine, 0);
    shut("l4-all-excluded", &machine, "K116", &[include]);
    // An Ingress that is closed as well is not what was asked about.
    let mut beside = machine.clone();
    beside.ingress_nginx("dev-control-plane").ingress("app.test", None);
    shut("l4-beside-an-ingress", &beside, "K116", &[include]);
    // A worker is left, and has no endpoint where only its own count.
    machine.worker(Engine::Docker, "running", &[]);
    assert_eq!(report(&machine.explain()).verdict, Verdict::Undetermined);
    machine.service_spec(|spec| spec["externalTrafficPolicy"] = json!("Local"));
    shut("l4-local", &machine, "K116", &[include]);
    let mut machine = closes(&published);
    machine.service_spec(|spec| {
        spec["allocateLoadBalancerNodePorts"] = json!(false);
        spec["ports"][0].as_object_mut().expect("a port").remove("nodePort");
    });
    let said = report(&machine.explain()).clone();
    assert_eq!(
        (said.verdict, said.root().map(|found| found.finding.code().as_str())),
        (Verdict::Unreachable, Some("K107"))
    );
}

/// Without root an engine has networks of its own, of the same range as root's: what answers at
/// the container's address there is root's. An IPv6 address is not compared with the
/// container's, of which only the other one is known.
#[test]
fn an_address_that_may_be_another_engines_is_not_asked() {
    let mut machine = with_container(host(Some(LB)), "running", LB, &[]);
    machine.doors.push(("172.18.0.11:80", http_200()));
    assert_eq!(report(&machine.explain()).verdict, Verdict::Reachable);
    machine.engine_info["SecurityOptions"] = json!(["name=rootless"]);
    let said = report(&machine.explain()).clone();
    assert_eq!(said.ports[0].root.map(|code| code.as_str()), Some("V203"));
    let machine = with_container(laptop(Some("fc00:f853:ccd:e793::d")), "running", LB, &[]);
    let root = report(&machine.explain()).ports[0].root.map(|code| code.as_str());
    assert!(root != Some("V212") && root != Some("V202"), "{root:?}");
}
