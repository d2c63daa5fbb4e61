//! The Service: whether there is one, whom it selects, which ports and roads it has.

use serde_json::json;

use super::cluster::{FREE_NODE_PORT, NODE_PORT, UNPUBLISHED, cluster};
use super::laptop::laptop;
use super::run::{At, ask};
use super::scene::{PORT, Scene, Settled, port};

#[test]
#[ignore = "needs kind and docker"]
fn k101_a_missing_service_is_made_from_its_deployment() {
    let cluster = cluster();
    Scene { kind: "", ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K101", "kubernetes");
    let address = cluster.address(&cluster.node());
    let healed = said.is_healed(&cluster, At::Host);
    assert!(healed.urls().iter().any(|url| url.starts_with(&format!("http://{address}:"))), "{}", healed.shown());
}

#[test]
#[ignore = "needs kind and docker"]
fn k201_a_misspelt_selector_is_corrected() {
    let cluster = cluster();
    Scene { selector: "wbe", ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K201", "kubernetes");
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k202_a_workload_without_replicas_is_scaled_up() {
    let cluster = cluster();
    Scene { replicas: 0, settled: Settled::Empty, ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K202", "kubernetes");
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k206_a_target_port_that_no_container_names_is_set_to_one_that_it_does() {
    let cluster = cluster();
    Scene { ports: vec![port(PORT, "nosuch", NODE_PORT)], ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K206", "kubernetes");
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k207_a_wrong_target_port_is_set_to_the_one_that_answers() {
    let cluster = cluster();
    Scene { ports: vec![port(PORT, 9999, NODE_PORT)], ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K207", "kubernetes");
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k104_a_cluster_ip_is_internal_by_design() {
    let cluster = cluster();
    Scene { kind: "ClusterIP", ports: vec![port(PORT, 8080, 0)], ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K104", "kubernetes");
    assert_eq!(said.states("way-in"), ["not-needed"], "{}", said.shown());
    assert_eq!(said.states("app"), ["present"], "the service proxy should have answered: {}", said.shown());
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k106_a_headless_service_has_no_road() {
    let cluster = cluster();
    let (ports, spec) = (vec![port(8080, 8080, 0)], json!({ "clusterIP": "None" }));
    Scene { kind: "ClusterIP", ports, spec, ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K106", "kubernetes");
    let remedy = said.remedy();
    assert!(remedy.blocks && remedy.commands[0].contains(&"port-forward".to_owned()), "{}", said.shown());
}

#[test]
#[ignore = "needs kind and docker"]
fn k105_an_external_name_has_no_road() {
    let cluster = cluster();
    let spec = json!({ "externalName": "example.invalid" });
    for ports in [vec![], vec![port(PORT, 8080, 0)]] {
        Scene { kind: "ExternalName", ports, spec: spec.clone(), ..Scene::default() }.stage(&cluster);
        let said = ask(&cluster, At::Host);
        said.is("unreachable", "K105", "kubernetes");
        assert!(said.text.contains("example.invalid"), "{}", said.text);
    }
}

#[test]
#[ignore = "needs kind and docker"]
fn v201_a_pending_load_balancer_leaves_the_node_port() {
    let cluster = cluster();
    Scene { kind: "LoadBalancer", ..Scene::default() }.stage(&cluster);
    ask(&cluster, At::Host).is_reachable_at("http://127.0.0.1:28080/");

    Scene { kind: "LoadBalancer", ports: vec![port(PORT, 8080, UNPUBLISHED)], ..Scene::default() }.stage(&cluster);
    let Some(laptop) = laptop(&cluster) else { return };
    let said = ask(&cluster, At::Laptop(&laptop));
    said.is("unreachable", "V201", "virtualization-layer");
    said.proposes(&["cloud-provider-kind"]);
    assert!(said.remedy().blocks, "{}", said.shown());
}

#[test]
#[ignore = "needs kind and docker"]
fn one_bad_port_of_several_makes_the_service_degraded() {
    let cluster = cluster();
    let ports = vec![port(PORT, 8080, NODE_PORT), port(PORT + 1, 9999, FREE_NODE_PORT)];
    Scene { ports, ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("degraded", "K207", "kubernetes");
    let verdicts: Vec<_> =
        (0..2).map(|port| said.json["ports"][port]["verdict"].as_str().expect("a verdict")).collect();
    assert_eq!(verdicts, ["reachable", "unreachable"], "{}", said.shown());
    assert_eq!(
        said.urls(),
        ["http://127.0.0.1:28080/", &format!("http://{}:{NODE_PORT}/", cluster.address(&cluster.node()))]
    );
    let healed = said.is_healed(&cluster, At::Host);
    assert!(healed.urls().contains(&"http://127.0.0.1:28443/"), "{}", healed.shown());
}
