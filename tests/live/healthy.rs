//! Nothing is wrong.

use super::cluster::{FREE_NODE_PORT, cluster};
use super::laptop::laptop;
use super::run::{At, ask};
use super::scene::{Scene, port};

#[test]
#[ignore = "needs kind and docker"]
fn a_healthy_service_is_reachable_from_everywhere() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    ask(&cluster, At::Host).is_reachable_at("http://127.0.0.1:28080/");
    let Some(laptop) = laptop(&cluster) else { return };
    ask(&cluster, At::Laptop(&laptop)).is_reachable_at("http://127.0.0.1:28080/");
}

#[test]
#[ignore = "needs kind and docker"]
fn tls_is_spoken_to_a_port_that_says_so() {
    let cluster = cluster();
    let ports = vec![port(8443, 8080, FREE_NODE_PORT)];
    Scene { ports, ..Scene::app(&["-protocol=tls"]) }.stage(&cluster);
    ask(&cluster, At::Host).is_reachable_at("https://127.0.0.1:28443/");
    let Some(laptop) = laptop(&cluster) else { return };
    ask(&cluster, At::Laptop(&laptop)).is_reachable_at("https://127.0.0.1:28443/");
}

#[test]
#[ignore = "needs kind and docker"]
fn tls_is_noticed_at_a_port_that_says_otherwise() {
    let cluster = cluster();
    Scene::app(&["-protocol=tls"]).stage(&cluster);
    ask(&cluster, At::Host).is_reachable_at("https://127.0.0.1:28080/");
}
