//! Stage 1: the node port and what this host publishes.

use super::cluster::{FREE_NODE_PORT, NODE_PORT, UNPUBLISHED, cluster, two_nodes};
use super::laptop::laptop;
use super::run::{At, ask};
use super::scene::{PORT, Scene, port};
use serde_json::json;

#[test]
#[ignore = "needs kind and docker"]
fn v101_a_node_port_that_is_not_published_is_only_a_fault_without_a_route() {
    let cluster = cluster();
    Scene { ports: vec![port(PORT, 8080, UNPUBLISHED)], ..Scene::default() }.stage(&cluster);
    // Both doors are taken, so that the cluster would have to be made again.
    let taken = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "taken" },
        "spec": { "type": "NodePort", "selector": { "app": "other" },
            "ports": [port(1, 1, NODE_PORT), port(2, 2, FREE_NODE_PORT)] },
    });
    cluster.kubectl_with(&["-n", "live", "apply", "-f", "-"], Some(&taken.to_string())).must();

    ask(&cluster, At::Host).is_reachable_at(&format!("http://{}:{UNPUBLISHED}/", cluster.address(&cluster.node())));

    let Some(laptop) = laptop(&cluster) else { return };
    let said = ask(&cluster, At::Laptop(&laptop));
    said.is("unreachable", "V101", "virtualization-layer");
    let remedy = said.remedy();
    assert!(remedy.destructive, "{}", said.shown());
    let [delete, create] = &remedy.commands[..] else { panic!("{}", said.shown()) };
    assert_eq!(delete, &["kind", "delete", "cluster", "--name", cluster.name]);
    assert_eq!(create[..5], ["kind", "create", "cluster", "--name", cluster.name]);
}

#[test]
#[ignore = "needs kind and docker"]
fn v101_a_service_moves_to_a_port_that_is_published() {
    let cluster = cluster();
    Scene { ports: vec![port(PORT, 8080, UNPUBLISHED)], ..Scene::default() }.stage(&cluster);
    let Some(laptop) = laptop(&cluster) else { return };
    let said = ask(&cluster, At::Laptop(&laptop));
    said.is("unreachable", "V101", "virtualization-layer");
    said.is_healed(&cluster, At::Laptop(&laptop)).is_reachable_at("http://127.0.0.1:28080/");
}

#[test]
#[ignore = "needs kind and docker"]
fn v102_the_services_own_port_is_published_instead_of_its_node_port() {
    let cluster = cluster();
    Scene { ports: vec![port(80, 8080, UNPUBLISHED)], ..Scene::default() }.stage(&cluster);
    let Some(laptop) = laptop(&cluster) else { return };
    let said = ask(&cluster, At::Laptop(&laptop));
    said.is("unreachable", "V102", "virtualization-layer");
    assert_eq!(said.finding("V102")["params"]["hostPort"], 29080, "{}", said.shown());
    said.is_healed(&cluster, At::Laptop(&laptop));
}

#[test]
#[ignore = "needs kind and docker"]
fn k504_the_published_node_has_no_endpoint_and_may_not_pass_traffic_on() {
    let _one_at_a_time = cluster();
    let cluster = two_nodes();
    Scene {
        spec: json!({ "externalTrafficPolicy": "Local" }),
        node_selector: json!({ "kubernetes.io/hostname": format!("{}-worker", cluster.name) }),
        ..Scene::default()
    }
    .stage(&cluster);
    let worker = cluster.address(&format!("{}-worker", cluster.name));
    ask(&cluster, At::Host).is_reachable_at(&format!("http://{worker}:{NODE_PORT}/"));

    let Some(laptop) = laptop(&cluster) else { return };
    let said = ask(&cluster, At::Laptop(&laptop));
    said.is("unreachable", "K504", "kubernetes");
    said.is_healed(&cluster, At::Laptop(&laptop)).is_reachable_at("http://127.0.0.1:28180/");
}
