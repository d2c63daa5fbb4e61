//! podman, nerdctl and finch (D4, 3.5): what they print, and what a client sees there. Shapes
//! and outcomes are those of a real podman 4.3.1 and nerdctl 2.1.2 with a kind cluster each.

use netpath::ask::{Engine, Why};
use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use serde_json::json;

use super::machine::{NODE, behind_a_wall, linux};
use super::{PORT_FORWARD, forwarder, recreate};
use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, reachable_at, shut, unsure};

const PUBLISHED: (&str, &str, u16) = ("30080/tcp", "127.0.0.1", 8080);
const KUBE_PROXY: &str = "kubectl -n kube-system rollout restart daemonset/kube-proxy";

/// Root's podman: no leading slash in names, and `""` for all addresses.
fn podman(published: &[(&str, &str, u16)]) -> Machine {
    let mut machine = linux(Engine::Podman, published);
    machine.rootless(false).inspect(|node| {
        node["Name"] = json!("dev-control-plane");
        node["HostConfig"]["NetworkMode"] = json!("bridge");
    });
    machine.doors.push(("127.0.0.1:8080", http_200()));
    machine
}

/// nerdctl: a network for each interface in the node, none of them with a gateway.
fn nerdctl(published: &[(&str, &str, u16)]) -> Machine {
    let mut machine = linux(Engine::Nerdctl, published);
    machine.inspect(|node| {
        node["NetworkSettings"]["Networks"] = json!({
            "unknown-eth0": { "IPAddress": NODE, "IPPrefixLen": 16 },
            "unknown-veth440817c6": { "IPAddress": "10.244.0.1", "IPPrefixLen": 32 },
        });
    });
    machine
}

/// D4: the engine that the Node names holds the cluster, and its own commands are printed;
/// kind is told which engine is meant, since it would ask docker.
#[test]
fn d4_podman_is_asked_and_kind_is_told_so() {
    let urls = ["http://127.0.0.1:8080/", "http://172.18.0.2:30080/"];
    reachable_at("d4-podman", &podman(&[("30080/tcp", "", 8080)]), &urls);
    let mut unpublished = behind_a_wall("linux", Engine::Podman, &[]);
    unpublished.rootless(true);
    let expected = [
        forwarder("podman", "docker.io/alpine/socat"),
        PORT_FORWARD.to_owned(),
        recreate("env KIND_EXPERIMENTAL_PROVIDER=podman "),
    ];
    shut("d4-podman-unpublished", &unpublished, "V101", &expected.each_ref().map(String::as_str));
    // Near-miss: the user has said so already.
    unpublished.variables.insert("KIND_EXPERIMENTAL_PROVIDER", "podman".into());
    let expected = [expected[0].clone(), PORT_FORWARD.to_owned(), recreate("")];
    shut("d4-podman-chosen", &unpublished, "V101", &expected.each_ref().map(String::as_str));
}

/// D4: finch calls itself nerdctl on the Node. Near-miss: nobody holds the cluster.
#[test]
fn d4_finch_is_tried_where_nerdctl_is_named() {
    let mut machine = behind_a_wall("macos", Engine::Finch, &[PUBLISHED]);
    machine.provider_id("kind://nerdctl/dev/dev-control-plane");
    machine.doors.push(("127.0.0.1:8080", http_200()));
    reachable("d4-finch", &machine, "http://127.0.0.1:8080/");
    machine.containers.clear();
    unsure("d4-no-engine", &machine, None, &[]);
}

/// Root's podman translates addresses on loopback as well: a refusal at the published port is
/// the node's own. Near-miss: docker, whose proxy accepts first.
#[test]
fn podmans_refusal_is_the_nodes() {
    let refused = |mut machine: Machine| {
        machine.doors.clear();
        machine
    };
    unsure("podman-refused", &refused(podman(&[PUBLISHED])), Some("K501"), &[KUBE_PROXY]);
    let mut nerdctl = refused(nerdctl(&[PUBLISHED]));
    unsure("nerdctl-refused", &nerdctl, Some("K501"), &[KUBE_PROXY]);
    nerdctl.app_answers = false;
    let said = shut("nerdctl-app-refuses", &nerdctl, "A101", &["kubectl logs web-7d4b"]);
    let way_in = said.ports[0].roads[0].hops.iter().find(|hop| hop.id == netpath::report::HopId::WayIn);
    assert_ne!(way_in.map(|hop| hop.state), Some(netpath::report::State::Missing));
    let docker = refused(behind_a_wall("linux", Engine::Docker, &[PUBLISHED]));
    assert_eq!(report(&docker.explain()).ports[0].root.map(|code| code.as_str()), Some("V105"));
}

/// Seen: `API server down` refuses through podman's rules. Where nothing comes back, the rules
/// themselves may be lost. Near-miss: docker lists a port that the host refuses.
#[test]
fn podmans_api_server_is_not_its_forwarder() {
    let down = |mut machine: Machine, why: Why| {
        machine.api_down = Some(why);
        machine
    };
    let restart = "podman restart dev-control-plane";
    let reload = "podman network reload dev-control-plane";
    unsure("podman-api-refused", &down(podman(&[]), Why::Refused), Some("K503"), &[restart]);
    unsure("podman-api-silent", &down(podman(&[]), Why::TimedOut), Some("K503"), &[reload, restart]);
    let docker = down(linux(Engine::Docker, &[]), Why::Refused);
    unsure("docker-api-refused", &docker, Some("V105"), &["docker restart dev-control-plane"]);
}

/// Seen: without root, podman gives out addresses of the same range as root's podman does.
/// The bridge of this computer is another engine's then, and nobody is asked there.
#[test]
fn a_rootless_engines_addresses_are_not_this_computers() {
    let mut machine = podman(&[]);
    let road = |machine: &Machine| report(&machine.explain()).ports[0].roads[0].id;
    assert_eq!(road(&machine), RoadId::NodeAddress);
    machine.rootless(true);
    machine.doors.clear();
    let run = machine.explain();
    let said = &report(&run).ports[0];
    assert_eq!(said.root.map(|code| code.as_str()), Some("V101"));
    let asked = said.roads.iter().filter(|road| road.id == RoadId::NodeAddress && road.url.is_some());
    assert_eq!(asked.count(), 0);
}

/// nerdctl names no gateway, so whose a network is, cannot be told: it may be asked, and its
/// answer counts. Near-miss: no answer proves nothing.
#[test]
fn nerdctls_addresses_are_asked_in_doubt() {
    let mut machine = nerdctl(&[]);
    reachable("nerdctl-unpublished", &machine, "http://172.18.0.2:30080/");
    machine.doors[0].1 = Outcome::TimedOut;
    unsure("nerdctl-unpublished-silent", &machine, None, &[]);
}

/// Seen: nerdctl prints one binding of a port and none of a stopped container's; its label
/// keeps them all.
#[test]
fn nerdctls_label_keeps_all_ports() {
    let label = r#"[{"HostPort":41000,"ContainerPort":6443,"Protocol":"tcp","HostIP":"127.0.0.1"},
        {"HostPort":8080,"ContainerPort":30080,"Protocol":"tcp","HostIP":"127.0.0.1"}]"#;
    let mut machine = behind_a_wall("linux", Engine::Nerdctl, &[]);
    machine.inspect(|node| node["Config"]["Labels"]["nerdctl/ports"] = json!(label));
    machine.doors.push(("127.0.0.1:8080", http_200()));
    reachable("nerdctl-two-bindings", &machine, "http://127.0.0.1:8080/");
    machine.api_down = Some(Why::Refused);
    machine.inspect(|node| {
        node["State"]["Status"] = json!("exited");
        node["HostConfig"]["PortBindings"] = json!({});
        node["NetworkSettings"] = json!({ "Ports": {}, "Networks": {} });
    });
    shut("nerdctl-stopped", &machine, "V301", &["nerdctl start dev-control-plane"]);
}

/// Seen: podman lists the ports of a container that does not run. Of two stopped ones that
/// asked for the same port, the one that the context names is meant.
#[test]
fn podmans_stopped_nodes_publish_nothing() {
    let mut machine = podman(&[PUBLISHED]);
    machine.api_down = Some(Why::Refused);
    machine.inspect(|node| node["State"]["Status"] = json!("exited"));
    let mut other = machine.containers[0].1[0].clone();
    other["Name"] = json!("another-control-plane");
    other["Config"]["Labels"]["io.x-k8s.kind.cluster"] = json!("another");
    machine.containers[0].1.insert(0, other);
    shut("podman-stopped", &machine, "V301", &["podman start dev-control-plane"]);
}

/// Seen: a podman container without a network runs on, and its ports stay in the list.
#[test]
fn podmans_node_without_a_network_is_attached_again() {
    let mut machine = podman(&[PUBLISHED]);
    machine.api_down = Some(Why::TimedOut);
    machine.inspect(|node| {
        node["NetworkSettings"].as_object_mut().expect("settings").remove("Networks");
    });
    shut("podman-detached", &machine, "V114", &["podman network connect kind dev-control-plane"]);
}
