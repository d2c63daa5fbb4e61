//! Published ports: N1 to N8, and what D1, D2, D5 and D6 say of whose they are.

use netpath::ask::{Engine, Why};
use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use netpath::request::Viewer;
use serde_json::json;

use super::machine::{GATEWAY, behind_a_wall, linux};
use super::{PORT_FORWARD, forwarder, recreate};
use crate::machine::{Container, Machine, http_200};
use crate::said::{reachable, remedies, shut, unsure};

const PUBLISHED: (&str, &str, u16) = ("30080/tcp", "127.0.0.1", 8080);

fn docker(published: &[(&str, &str, u16)]) -> Machine {
    let mut machine = behind_a_wall("macos", Engine::Docker, published);
    machine.doors.push(("127.0.0.1:8080", http_200()));
    machine
}

/// N1: the binding of a node is the way in, whatever node it belongs to.
#[test]
fn n1_a_published_node_port_is_the_way_in() {
    reachable("n1-published", &docker(&[PUBLISHED]), "http://127.0.0.1:8080/");
    let mut machine = docker(&[]);
    machine.worker(Engine::Docker, "running", &[PUBLISHED]);
    let report = reachable("n1-published-at-the-worker", &machine, "http://127.0.0.1:8080/");
    assert!(report.ports[0].roads[0].hops[0].evidence[0].fact != report.ports[0].roads[1].hops[0].evidence[0].fact);
}

/// N1: published on all addresses of IPv4 is 127.0.0.1 here; on `::` it is `[::1]`.
#[test]
fn n1_the_family_of_the_binding_decides_the_address() {
    reachable("n1-any-address", &docker(&[("30080/tcp", "0.0.0.0", 8080)]), "http://127.0.0.1:8080/");
    let mut machine = docker(&[("30080/tcp", "::", 8080)]);
    machine.doors.push(("[::1]:8080", http_200()));
    reachable("n1-any-address-v6", &machine, "http://[::1]:8080/");
}

/// N2: the engine's bridge is this computer's own, so nothing has to be published. Near-miss,
/// N3: the same cluster with its engine in a VM.
#[test]
fn n2_n3_the_nodes_address_leads_in_only_where_the_bridge_is_ours() {
    let report = reachable("n2-node-address", &linux(Engine::Docker, &[]), "http://172.18.0.2:30080/");
    assert_eq!(report.ports[0].roads[0].id, RoadId::NodeAddress);
    shut(
        "n3-unpublished",
        &behind_a_wall("macos", Engine::Docker, &[]),
        "V101",
        &[&forwarder("docker", "alpine/socat"), PORT_FORWARD, &recreate("")],
    );
}

/// N3.2: a published node port that no Service has comes first. Near-miss: it is taken.
#[test]
fn n3_the_service_moves_to_a_free_published_port() {
    let mut machine = docker(&[("30443/tcp", "127.0.0.1", 8443)]);
    let moved = r#"kubectl patch service web -p {"spec":{"ports":[{"port":80,"nodePort":30443}]}}"#;
    let report = shut(
        "n3-another-is-free",
        &machine,
        "V101",
        &[moved, &forwarder("docker", "alpine/socat"), PORT_FORWARD, &recreate("")],
    );
    assert_eq!(report.root().and_then(|root| root.remedies[0].action.host_port()), Some(8443));
    machine.object("/api/v1/services", |list| {
        let mut other = list["items"][0].clone();
        other["metadata"]["name"] = json!("other");
        other["spec"]["ports"][0]["nodePort"] = json!(30443);
        list["items"].as_array_mut().expect("a list").push(other);
    });
    assert_ne!(remedies(crate::machine::report(&machine.explain()))[0], moved);
}

/// N3.4: the file has every node, image, port and mount that the engine tells of; what kind
/// mounts by itself is not among them, nor is the port of the API server.
#[test]
fn n3_the_configuration_is_rebuilt_from_the_containers() {
    let mut machine = docker(&[("30053/udp", "0.0.0.0", 5353)]);
    machine.worker(Engine::Docker, "running", &[("80/tcp", "127.0.0.1", 8000)]).inspect(|node| {
        node["Config"]["Image"] = json!("kindest/node:v1.34.4");
        node["Mounts"] = json!([
            { "Type": "bind", "Source": "/lib/modules", "Destination": "/lib/modules", "RW": false, "Propagation": "rprivate" },
            { "Type": "volume", "Source": "/var/lib/docker/volumes/x/_data", "Destination": "/var", "RW": true },
            { "Type": "bind", "Source": "/home/me/my \"data\"", "Destination": "/data", "RW": false, "Propagation": "rslave" },
        ]);
    });
    let report = crate::machine::report(&machine.explain()).clone();
    let root = report.root().expect("V102");
    let file = root.remedies.iter().flat_map(|remedy| &remedy.files).next().expect("a file");
    assert_eq!(file.name, "kind-dev-30080.yaml");
    let read: serde_json::Value = serde_yaml::from_str(&file.text).expect("YAML");
    assert_eq!(
        read,
        json!({ "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": [
            { "role": "control-plane", "image": "kindest/node:v1.34.4",
              "extraPortMappings": [
                { "containerPort": 30053, "hostPort": 5353, "listenAddress": "0.0.0.0", "protocol": "UDP" },
                { "containerPort": 30080, "hostPort": 30080, "listenAddress": "127.0.0.1" },
              ],
              "extraMounts": [{ "hostPath": "/home/me/my \"data\"", "containerPath": "/data", "readOnly": true, "propagation": "HostToContainer" }] },
            { "role": "worker", "extraPortMappings": [{ "containerPort": 80, "hostPort": 8000, "listenAddress": "127.0.0.1" }] },
        ] })
    );
}

/// N4, condition 8.1 (kind#808, #1523): the Service's own port is published. Near-miss: a
/// port that is neither the Service's nor its Pods'.
#[test]
fn n4_the_container_port_must_be_the_node_port() {
    let root = |published: u16| {
        let machine = docker(&[(&format!("{published}/tcp"), "127.0.0.1", 9080)]);
        crate::machine::report(&machine.explain()).root().map(|found| found.finding.code().as_str())
    };
    assert_eq!((root(80), root(8080), root(9999)), (Some("V102"), Some("V102"), Some("V101")));
}

/// N5: asked for, and not there. The container is in no network (seen), or the engine failed.
#[test]
fn n5_what_was_asked_for_is_not_there() {
    let mut machine = docker(&[PUBLISHED]);
    machine.inspect(|node| {
        node["NetworkSettings"]["Ports"].as_object_mut().expect("ports").retain(|port, _| port == "6443/tcp")
    });
    shut("n5-not-in-effect", &machine, "V112", &["docker restart dev-control-plane"]);
    machine.worker(Engine::Docker, "running", &[PUBLISHED]);
    machine.inspect(|node| {
        node["HostConfig"]["PortBindings"].as_object_mut().expect("ports").retain(|port, _| port == "6443/tcp")
    });
    // Near-miss: another node has it.
    reachable("n5-at-another-node", &machine, "http://127.0.0.1:8080/");
    machine.containers[0].1[1]["NetworkSettings"] = json!({ "Ports": {}, "Networks": {} });
    shut("n5-detached", &machine, "V114", &["docker network connect kind dev-worker"]);
}

/// N6: published for the other protocol only.
#[test]
fn n6_the_protocol_has_to_fit() {
    let machine = docker(&[("30080/udp", "127.0.0.1", 8080)]);
    // Host port 8080 is taken.
    let forward = "kubectl port-forward service/web 8081:80 [blocks]";
    shut("n6-udp", &machine, "V103", &[&forwarder("docker", "alpine/socat"), forward, &recreate("")]);
}

/// N7: published on loopback is missing for another device only.
#[test]
fn n7_loopback_is_this_computers_alone() {
    let mut machine = docker(&[PUBLISHED]);
    machine.viewer = Viewer::Lan;
    let lan = "kubectl port-forward --address 0.0.0.0 service/web 8081:80 [blocks]";
    shut("n7-lan", &machine, "V104", &[lan, &recreate("")]);
    // The file opens the port that there is, instead of a second one on loopback.
    let said = crate::machine::report(&machine.explain()).clone();
    let file =
        said.root().expect("V104").remedies.iter().flat_map(|remedy| &remedy.files).next().expect("a file").clone();
    assert!(file.text.contains("{containerPort: 30080, hostPort: 8080}"), "{}", file.text);
    assert!(!file.text.contains("127.0.0.1"), "{}", file.text);
    let mut machine = docker(&[("30080/tcp", "0.0.0.0", 8080)]);
    machine.viewer = Viewer::Lan;
    unsure("n7-lan-all-addresses", &machine, None, &[]);
}

/// N8: an end without a byte says the same whatever is behind; endpoints and the API server's
/// own probe tell. A refusal of what is listed is the engine's (a forwarder that died: seen).
#[test]
fn n8_what_comes_back_is_read_with_what_is_behind() {
    let with = |outcome: Outcome| {
        let mut machine = docker(&[PUBLISHED]);
        machine.doors[0].1 = outcome;
        machine
    };
    let mut nothing = with(Outcome::Eof);
    nothing.app_answers = false;
    shut("n8-nothing-listens", &nothing, "A101", &["kubectl logs web-7d4b"]);
    // The Pod answers the API server, and the node port does not: on which side, cannot be told.
    unsure("n8-eof", &with(Outcome::Eof), None, &[]);
    shut("n8-refused", &with(Outcome::Refused), "V105", &["docker restart dev-control-plane"]);
    let mut away = with(Outcome::Silent);
    away.worker(Engine::Docker, "running", &[]).run_on("dev-worker");
    away.service_spec(|spec| spec["externalTrafficPolicy"] = json!("Local"));
    let cluster = r#"kubectl patch service web -p {"spec":{"externalTrafficPolicy":"Cluster"}}"#;
    shut("n8-local-policy", &away, "K504", &[cluster]);
    away.run_on("dev-control-plane").doors[0].1 = http_200();
    reachable("n8-local-policy-here", &away, "http://127.0.0.1:8080/");
}

/// N8: where it cannot be told, the question is asked from another node, whose packets arrive
/// as this computer's do; a node that asks itself passes by its own filters. Near-miss: the
/// other node is stopped, and there is only the node itself.
#[test]
fn n8_another_node_asks_where_there_is_one() {
    let settles = |state: &str| {
        let mut machine = docker(&[PUBLISHED]);
        machine.doors[0].1 = Outcome::Silent;
        machine.worker(Engine::Docker, state, &[]);
        let report = crate::machine::report(&machine.explain()).clone();
        report.unobserved.iter().flat_map(|it| &it.settle).next().map(|argv| argv[..3].join(" "))
    };
    assert_eq!(settles("running").as_deref(), Some("docker exec dev-worker"));
    assert_eq!(settles("exited").as_deref(), Some("docker exec dev-control-plane"));
}

/// A forwarder that netpath told of is a road of its own; one that stands still is started.
#[test]
fn a_forwarder_is_known_again() {
    let mut machine = docker(&[]);
    let name = "netpath-30080";
    let labels = [("netpath.forwards-to", "dev-control-plane:30080")];
    let mut forwarder = Container {
        name,
        labels: &labels,
        state: "running",
        published: &[("30080/tcp", "127.0.0.1", 8080)],
        network: ("kind", "172.18.0.9", GATEWAY),
    };
    let without = machine.clone();
    machine.add_container(Engine::Docker, &forwarder);
    reachable("forwarder", &machine, "http://127.0.0.1:8080/");
    let mut machine = without.clone();
    forwarder.state = "exited";
    machine.add_container(Engine::Docker, &forwarder);
    shut("forwarder-stopped", &machine, "V101", &[&format!("docker start {name}"), PORT_FORWARD, &recreate("")]);
    // Near-miss: one to another cluster's node.
    let mut machine = without;
    forwarder.labels = &[("netpath.forwards-to", "other-control-plane:30080")];
    forwarder.state = "running";
    machine.add_container(Engine::Docker, &forwarder);
    assert_eq!(crate::machine::report(&machine.explain()).ports[0].root.map(|code| code.as_str()), Some("V101"));
}

/// D2: the API server is down and the containers say why. Near-miss: only a worker is stopped.
#[test]
fn d2_a_stopped_node_is_named() {
    let mut machine = docker(&[PUBLISHED]);
    machine.api_down = Some(Why::Refused);
    machine.inspect(|node| {
        node["State"]["Status"] = json!("exited");
        node["NetworkSettings"] = json!({ "Ports": {}, "Networks": { "kind": { "IPAddress": "", "Gateway": "" } } });
    });
    shut("d2-stopped", &machine, "V301", &["docker start dev-control-plane"]);
    let mut machine = docker(&[PUBLISHED]);
    machine.worker(Engine::Docker, "exited", &[]);
    reachable("d2-worker-stopped", &machine, "http://127.0.0.1:8080/");
}

/// The node could not start because its port was taken: docker's own words are passed on
/// (8.12; `Bind for 127.0.0.1:8080 failed: port is already allocated`).
#[test]
fn a_host_port_that_was_taken_is_told() {
    let mut machine = docker(&[PUBLISHED]);
    machine.api_down = Some(Why::Refused);
    machine.inspect(|node| {
        let error = "driver failed programming external connectivity on endpoint dev-control-plane: \
                     Bind for 127.0.0.1:8080 failed: port is already allocated";
        node["State"] = json!({ "Status": "exited", "Error": error });
        node["NetworkSettings"] = json!({ "Ports": {}, "Networks": { "kind": { "IPAddress": "", "Gateway": "" } } });
    });
    shut("port-was-taken", &machine, "V301", &["docker start dev-control-plane"]);
}

/// D5: the engine is on another computer, and so are the ports that it publishes.
#[test]
fn d5_a_remote_engine_publishes_elsewhere() {
    let mut machine = docker(&[PUBLISHED]);
    machine.engine_host = Some("10.0.0.7:2376");
    let report = unsure("d5-remote-engine", &machine, None, &[]);
    assert_eq!(report.took.probes, 0);
}

/// D6: this engine has no container of that name: another one has.
#[test]
fn d6_another_engine_holds_it() {
    let mut machine = docker(&[]);
    machine.containers[0].1.clear();
    unsure("d6-another-engine", &machine, None, &[]);
}

/// D1: with an external cloud provider the Node does not name its engine; they are tried in
/// turn. A context of any name is recognised by its Nodes; Docker Desktop's is not kind's.
#[test]
fn d1_the_node_says_whose_it_is() {
    let mut machine = docker(&[PUBLISHED]);
    machine.provider_id("kind://dev/kind/dev-control-plane");
    machine.context = "work".into();
    let report = reachable("d1-cloud-provider", &machine, "http://127.0.0.1:8080/");
    assert_eq!(report.environment.name.as_deref(), Some("dev"));
    machine.provider_id("kind://docker/desktop/desktop-control-plane").name_node("desktop-control-plane");
    assert_ne!(crate::machine::report(&machine.explain()).environment.id, netpath::report::EnvironmentId::Kind);
}

/// Several clusters on one engine: what another one publishes opens nothing here.
#[test]
fn several_clusters_are_kept_apart() {
    let mut machine = docker(&[]);
    let labels = [("io.x-k8s.kind.cluster", "other"), ("io.x-k8s.kind.role", "control-plane")];
    machine.add_container(
        Engine::Docker,
        &Container {
            name: "other-control-plane",
            labels: &labels,
            state: "running",
            published: &[("6443/tcp", "127.0.0.1", 42000), ("30080/tcp", "127.0.0.1", 8080)],
            network: ("kind", "172.18.0.5", GATEWAY),
        },
    );
    shut("several-clusters", &machine, "V101", &[&forwarder("docker", "alpine/socat"), PORT_FORWARD, &recreate("")]);
}

/// Several control planes have a proxy of kind's in front, which is a container of the cluster
/// and no node (2.1). It holds the API server: stopped, it stops everything.
#[test]
fn the_proxy_of_several_control_planes_is_no_node() {
    let mut machine = docker(&[PUBLISHED]);
    machine.inspect(|node| {
        for at in ["/HostConfig/PortBindings", "/NetworkSettings/Ports"] {
            node.pointer_mut(at).expect("ports")["6443/tcp"][0]["HostPort"] = json!("41001");
        }
    });
    let labels = [("io.x-k8s.kind.cluster", "dev"), ("io.x-k8s.kind.role", "external-load-balancer")];
    let mut proxy = Container {
        name: "dev-external-load-balancer",
        labels: &labels,
        state: "running",
        published: &[("6443/tcp", "127.0.0.1", 41000)],
        network: ("kind", "172.18.0.9", GATEWAY),
    };
    let without = machine.clone();
    machine.add_container(Engine::Docker, &proxy);
    let report = reachable("ha", &machine, "http://127.0.0.1:8080/");
    let walls: Vec<_> = report.environment.boundaries.iter().map(|wall| wall.name.as_str()).collect();
    assert_eq!(walls, ["dev-control-plane"]);
    // It is listed, and refuses: its own port, not the control plane's.
    machine.api_down = Some(Why::Refused);
    unsure("ha-proxy-refuses", &machine, Some("V105"), &["docker restart dev-external-load-balancer"]);
    let mut machine = without;
    proxy.state = "exited";
    machine.add_container(Engine::Docker, &proxy);
    machine.api_down = Some(Why::Refused);
    unsure("ha-proxy-stopped", &machine, Some("V109"), &["docker start dev-external-load-balancer"]);
}
