//! Ingress by the addon, by a chart, and ingress-dns (8.3: R8, R9, R10, R14; 5).
//!
//! The Service is of type ClusterIP, so the Ingress is the only way to it.

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::{RoadId, Verdict};
use netpath::request::{Goal, Kind, Named};
use serde_json::json;

use crate::minikube::machine::{Machine, behind_a_wall, http_200, linux_docker, linux_kvm2, qemu_builtin, report};
use crate::minikube::says;
use crate::said::{reachable, shut, unsure};

const HOST: &str = "app.test";
const URL: &str = "http://app.test/";
const NODE: &str = "192.168.49.2";

/// The addon with an Ingress for "app.test", and what the system finds for that name.
fn with_addon(mut machine: Machine, name: Option<&'static str>) -> Machine {
    machine.service("ClusterIP", "10.105.244.12", None);
    machine.ingress_addon().ingress(HOST, Some(NODE));
    machine.names.extend(name.map(|ip| (HOST, ip)));
    machine
}

fn linux(name: Option<&'static str>) -> Machine {
    let mut machine = with_addon(linux_docker(), name);
    machine.doors = vec![("192.168.49.2:80", http_200())];
    machine
}

/// docker rootless: forwards, and every process is seen.
fn forwards(ports: &[(&str, &str, u16)], name: Option<&'static str>) -> Machine {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, ports);
    machine.engine_info["SecurityOptions"] = json!(["name=rootless"]);
    with_addon(machine, name)
}

/// The forward that a tunnel makes for every Ingress (section E).
fn tunnelled(mut machine: Machine) -> Machine {
    machine.ssh(4711, 51001, &["80:127.0.0.1:80", "443:127.0.0.1:443"]);
    machine.doors.push(("127.0.0.1:80", http_200()));
    machine
}

const TUNNEL: &str = "minikube -p minikube tunnel [blocks, privileged]";
const FORWARD: &str = "kubectl -n ingress-nginx port-forward service/ingress-nginx-controller 8080:80 [blocks]";

fn recreate(ports: &str) -> String {
    format!("minikube -p minikube delete && minikube -p minikube start --driver=docker --ports={ports} [destructive]")
}

fn hosts_entry(ip: &str) -> String {
    format!("sudo sh -c 'echo {ip} {HOST} >> /etc/hosts' [privileged]")
}

fn curl(ip: &str) -> String {
    format!("curl --resolve {HOST}:80:{ip} {URL}")
}

/// R8: port 80 of the node, which the controller's Pod takes.
#[test]
fn r8_ingress_by_the_nodes_address() {
    let report = reachable("r8-open", &linux(Some(NODE)), URL);
    assert_eq!(report.ports[0].roads[0].id, RoadId::Ingress);
    let mut machine = with_addon(linux_kvm2(), Some("192.168.39.47"));
    machine.doors = vec![("192.168.39.47:80", http_200())];
    reachable("r8-kvm2", &machine, URL);
}

/// R8: the same of the Ingress itself.
#[test]
fn r8_the_ingress_itself_is_explained_as_well() {
    let target = Named { kind: Some(Kind::Ingress), name: "web".into() };
    let outcomes = linux(Some(NODE)).run(Goal::Explain { target });
    assert_eq!(report(&outcomes).verdict, Verdict::Reachable);
    assert_eq!(report(&outcomes).ports[0].urls, [URL]);
    says("r8-ingress", &outcomes);
}

/// R8: nobody finds the name, or it leads elsewhere: a hosts entry for the node's address.
#[test]
fn r8_a_name_that_does_not_lead_to_the_node() {
    let opened = [curl(NODE), hosts_entry(NODE)];
    let opened: Vec<&str> = opened.iter().map(String::as_str).collect();
    shut("r8-no-name", &linux(None), "C112", &opened);
    shut("r8-name-elsewhere", &linux(Some("127.0.0.1")), "C112", &opened);
}

/// R8, near-miss: the controller is not ready. That is Kubernetes's.
#[test]
fn r8_a_controller_that_is_not_ready_is_kubernetes_own() {
    let mut machine = linux(Some(NODE));
    machine.doors.clear();
    machine.ingress_not_ready();
    let outcomes = machine.explain();
    let root = report(&outcomes).root().map(|found| found.finding.code().as_str());
    assert_eq!((report(&outcomes).verdict, root), (Verdict::Unreachable, Some("K304")));
    says("r8-not-ready", &outcomes);
}

/// R9: behind forwards nothing leads to port 80 of the node until a tunnel runs.
#[test]
fn r9_ingress_behind_forwards_needs_a_tunnel() {
    shut("r9-closed", &forwards(&[], Some("127.0.0.1")), "V106", &[FORWARD, TUNNEL, &recreate("127.0.0.1:80:80")]);
}

/// R9: the tunnel's forward leads to the node's own port 80; the name has to be 127.0.0.1's.
#[test]
fn r9_ingress_behind_the_tunnels_forward() {
    reachable("r9-tunnel", &tunnelled(forwards(&[], Some("127.0.0.1"))), URL);
    // The name leads to the node, as the Ingress's own address says (minikube#17288).
    let opened = [curl("127.0.0.1"), hosts_entry("127.0.0.1")];
    let opened: Vec<&str> = opened.iter().map(String::as_str).collect();
    shut("r9-name-of-the-node", &tunnelled(forwards(&[], Some(NODE))), "C112", &opened);
    // Near-miss: a forward of `minikube service` to something else.
    let mut machine = forwards(&[], Some("127.0.0.1"));
    machine.ssh(4711, 51001, &["39921:10.99.1.2:80"]);
    shut("r9-closed", &machine, "V106", &[FORWARD, TUNNEL, &recreate("127.0.0.1:80:80")]);
}

/// R9: `--ports=80:80,443:443` at creation needs no tunnel.
#[test]
fn r9_ingress_behind_published_ports() {
    let mut machine = forwards(&[("80/tcp", "0.0.0.0", 80), ("443/tcp", "0.0.0.0", 443)], Some("127.0.0.1"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("r9-published", &machine, URL);
}

/// R9 on macOS: root's ssh is not seen. A tunnel runs, so nobody says that nothing leads in.
#[test]
fn r9_macos_does_not_show_the_tunnels_forward() {
    let mut machine = with_addon(behind_a_wall("macos", "docker", Engine::Docker, &[]), Some("127.0.0.1"));
    shut("r9-macos-closed", &machine, "V106", &[FORWARD, TUNNEL, &recreate("127.0.0.1:80:80")]);
    machine.process(4700, "minikube|tunnel");
    machine.doors.push(("127.0.0.1:80", http_200()));
    unsure("r9-macos-tunnel", &machine, None, &[]);
}

/// R10: a controller by a chart of its own takes no port of the node: the tunnel's Ingress
/// forward ends in nothing, and the controller's load balancer is the way.
#[test]
fn r10_a_controller_without_host_ports_is_reached_by_its_load_balancer() {
    let chart = |address| {
        let mut machine = forwards(&[], Some("127.0.0.1"));
        machine.ingress_chart(address);
        machine
    };
    shut("r10-closed", &chart(None), "V201", &[TUNNEL, FORWARD]);
    // The forward that a tunnel makes for the Ingress object opens nothing.
    let mut machine = chart(None);
    machine.ssh(4710, 51001, &["80:127.0.0.1:80", "443:127.0.0.1:443"]);
    machine.doors.push(("127.0.0.1:80", Outcome::Reset));
    shut("r10-closed", &machine, "V201", &[TUNNEL, FORWARD]);
    // The one that it makes for the load balancer does.
    let mut machine = chart(Some("127.0.0.1"));
    machine.ssh(4711, 51001, &["80:10.98.31.7:80", "443:10.98.31.7:443"]);
    machine.listeners.push(("127.0.0.1:80", 4711, "ssh"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    reachable("r10-open", &machine, URL);
}

/// R10, 5 (traefik): a tunnel makes two forwards to port 80, by the Ingress and by the load
/// balancer; the one that has no port of the node behind it is not taken for the road.
#[test]
fn r10_the_ingress_forward_of_a_tunnel_is_not_the_load_balancers() {
    let mut machine = forwards(&[], Some("127.0.0.1"));
    machine.ingress_chart(Some("127.0.0.1"));
    machine.ssh(4710, 51001, &["80:127.0.0.1:80", "443:127.0.0.1:443"]);
    machine.ssh(4711, 51001, &["80:10.98.31.7:80", "443:10.98.31.7:443"]);
    machine.listeners.push(("127.0.0.1:80", 4710, "ssh"));
    machine.doors.push(("127.0.0.1:80", Outcome::Reset));
    shut("r10-two-forwards", &machine, "V206", &[FORWARD]);
    // Near-miss: the load balancer's was first.
    machine.listeners[0].1 = 4711;
    machine.doors[0].1 = http_200();
    reachable("r10-open", &machine, URL);
}

/// R7, 5: in QEMU's own network only the API server leads to the controller.
#[test]
fn r7_ingress_in_an_isolated_vm_leaves_port_forward() {
    shut("r7-ingress", &with_addon(qemu_builtin("linux"), None), "V107", &[FORWARD]);
}

/// R14: ingress-dns answers every name with the node's address, which leads nowhere here.
#[test]
fn r14_ingress_dns_behind_forwards_names_the_wrong_address() {
    let mut machine = forwards(&[("80/tcp", "0.0.0.0", 80)], Some(NODE));
    machine.config(|config| config["Addons"]["ingress-dns"] = json!(true));
    machine.doors.push(("127.0.0.1:80", http_200()));
    let opened = [curl("127.0.0.1"), hosts_entry("127.0.0.1")];
    let opened: Vec<&str> = opened.iter().map(String::as_str).collect();
    shut("r14-ingress-dns", &machine, "C112", &opened);
    // Near-miss: by the node's address its answers are right.
    let mut machine = linux(Some(NODE));
    machine.config(|config| config["Addons"]["ingress-dns"] = json!(true));
    reachable("r8-open", &machine, URL);
}
