//! LoadBalancer Services, which k3s serves itself (K1, K5, K7, section 2.5).

use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use serde_json::json;

use super::machine::{AGENT, API, Machine, SERVER, bare, behind_a_wall, http_200, linux};
use crate::said::{reachable, reachable_at, shut, unsure};

const BOTH: [(&str, &str); 2] = [SERVER, AGENT];
const PORT_FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const ADD: &str = "k3d cluster edit demo --port-add 127.0.0.1:8080:80@loadbalancer";
const TAKEN: &str = "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) \
                     didn't satisfy plugin(s) [NodeAffinity].";

fn mac(ports: &[(&str, &str, u16)]) -> Machine {
    behind_a_wall("macos", ports)
}

/// K1: the proxy passes its port on to the Service's own port, which ServiceLB takes.
#[test]
fn k1_a_port_of_the_proxy_leads_to_the_services_own_port() {
    let mut machine = mac(&[("80/tcp", "", 8088)]);
    machine.balanced(&BOTH).doors.push(("127.0.0.1:8088", http_200()));
    let report = reachable("k1-service-port", &machine, "http://127.0.0.1:8088/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::PublishedPort);
}

/// K5: Traefik has port 80 of the nodes, and answers there with its 404: that is no answer of
/// this Service.
#[test]
fn k5_a_port_that_another_service_has_is_not_this_services() {
    let waiting = |ports: &[(&str, &str, u16)]| {
        let mut machine = mac(ports);
        machine.k3d_traefik("other.test").balanced(&[]);
        machine.object("/api/v1/services", |list| {
            let traefik = json!({ "metadata": { "name": "traefik", "namespace": "kube-system" },
                "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }, { "port": 443 }] } });
            list["items"].as_array_mut().expect("a list").push(traefik);
        });
        machine.api.insert(
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses".into(),
            json!({ "kind": "IngressList", "items": [] }),
        );
        machine.balancer_pod("default/web", SERVER.0, false, TAKEN).balancer_pod("default/web", AGENT.0, false, TAKEN);
        machine.doors.push(("127.0.0.1:8088", Outcome::Response { status: Some(404), tls: false, ms: 2 }));
        machine
    };
    let moved =
        r#"kubectl patch service web --type=json -p [{"op":"replace","path":"/spec/ports/0/port","value":8080}]"#;
    shut("k5-port-taken", &waiting(&[("80/tcp", "", 8088)]), "K114", &[moved, PORT_FORWARD]);
    // Near-miss: its node port is nobody else's.
    let mut machine = waiting(&[("30080/tcp", "", 8090)]);
    machine.doors.push(("127.0.0.1:8090", http_200()));
    reachable("k5-node-port", &machine, "http://127.0.0.1:8090/");
}

/// K5: a label that no node has excludes all of them.
#[test]
fn k5_nodes_that_are_excluded_take_no_port() {
    let mut machine = mac(&[("80/tcp", "", 8088)]);
    machine.balanced(&[]).balancer_set(0);
    let label = "kubectl label node k3d-demo-server-0 svccontroller.k3s.cattle.io/enablelb=true --overwrite";
    shut("k5-excluded", &machine, "K114", &[label, PORT_FORWARD]);
    // Near-miss: one node is to have a Pod, which is not made yet.
    let mut machine = mac(&[("80/tcp", "", 8088)]);
    machine.balanced(&[]).balancer_set(1);
    unsure("k5-starting", &machine, None, &[]);
}

/// K3: a Pod of ServiceLB on one node only: the proxy may pass on to the other one, whose
/// port 80 may be somebody else's.
#[test]
fn k3_a_port_that_only_some_nodes_take_is_unknown_behind_the_proxy() {
    let mut machine = mac(&[("80/tcp", "", 8088)]);
    machine.balanced(&[AGENT]).doors.push(("127.0.0.1:8088", http_200()));
    unsure("k3-some-nodes", &machine, None, &[]);
    // Near-miss: the port of that very node.
    let mut machine = bare("macos");
    machine.k3d_node(SERVER, "server", "running", &[]).proxy("running", &[API]);
    machine.k3d_node(AGENT, "agent", "running", &[("80/tcp", "", 8088)]);
    machine.balanced(&[AGENT]).doors.push(("127.0.0.1:8088", http_200()));
    reachable("k3-direct", &machine, "http://127.0.0.1:8088/");
}

/// K7: the address of the load balancer is a node's: it leads in where the node's does.
#[test]
fn k7_the_address_is_a_nodes() {
    let mut machine = linux(&[]);
    machine.balanced(&BOTH).doors.push(("172.19.0.2:80", http_200()));
    reachable_at("k7-linux", &machine, &["http://172.19.0.2:80/", "http://172.19.0.2:30080/"]);
    let mut machine = mac(&[]);
    machine.balanced(&BOTH);
    shut("k7-mac", &machine, "V203", &[ADD, PORT_FORWARD]);
}

/// K7: an address that no node has is not probed: another one may have it by now.
#[test]
fn k7_an_address_of_no_node_may_be_a_strangers() {
    let mut machine = linux(&[]);
    machine.balanced(&BOTH);
    machine.object("/api/v1/namespaces/default/services/web", |service| {
        service["status"]["loadBalancer"]["ingress"] = json!([{ "ip": "172.19.0.9" }]);
    });
    machine.doors = vec![("172.19.0.9:80", http_200())];
    machine.service_spec(|spec| spec["ports"][0]["nodePort"] = json!(0));
    unsure("k7-stranger", &machine, None, &[]);
}

/// 2.5: ServiceLB is turned off: nobody gives the Service an address.
#[test]
fn without_servicelb_nobody_gives_an_address() {
    let mut machine = mac(&[]);
    machine.balanced(&[]);
    let node_port = "k3d cluster edit demo --port-add 127.0.0.1:8080:30080@loadbalancer";
    shut("no-servicelb", &machine, "V201", &[node_port, PORT_FORWARD]);
    // A port that leads to the nodes' port 80 is Traefik's then, or nobody's.
    let mut mapped = mac(&[("80/tcp", "", 8088)]);
    mapped.balanced(&[]).doors.push(("127.0.0.1:8088", Outcome::Response { status: Some(404), tls: false, ms: 2 }));
    shut("no-servicelb-mapped", &mapped, "V201", &[node_port, PORT_FORWARD]);
    // Near-miss: a class is another provider's.
    machine.service_spec(|spec| spec["loadBalancerClass"] = json!("example.com/lb"));
    shut("class", &machine, "V204", &[node_port, PORT_FORWARD]);
}
