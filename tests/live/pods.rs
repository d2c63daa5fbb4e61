//! Pods that are not ready, each for its own reason.

use serde_json::json;

use super::cluster::{Cluster, app_image, cluster, tool};
use super::run::{At, ask};
use super::scene::{Scene, Settled};

/// The name of the one Pod.
fn pod(cluster: &Cluster) -> String {
    cluster.live(&["get", "pods", "-o", "jsonpath={.items[0].metadata.name}"]).must()
}

#[test]
#[ignore = "needs kind and docker"]
fn k211_a_pod_that_fits_nowhere_is_pending() {
    let cluster = cluster();
    let node_selector = json!({ "nosuch": "label" });
    Scene { node_selector, settled: Settled::Status("Unschedulable"), ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K211", "kubernetes");
    said.proposes(&["kubectl", "-n", "live", "describe", "pod", &pod(&cluster)]);
    assert!(cluster.run(&said.remedy().commands[0]).must().contains("FailedScheduling"));
}

#[test]
#[ignore = "needs kind and docker"]
fn k212_an_image_of_this_host_is_loaded_into_the_node() {
    let cluster = cluster();
    // A registry that refuses at once, and a name that no earlier run has loaded.
    let image = format!("localhost:1/netpath-live:{}", std::process::id());
    tool("docker", &["tag", &app_image(), &image]).must();
    Scene { image: image.clone(), settled: Settled::Status("ErrImagePull"), ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K212", "kubernetes");
    said.proposes(&["kind", "load", "docker-image", &image, "--name", cluster.name]);
    said.is_healed(&cluster, At::Host);
    tool("docker", &["rmi", &image]).must();
}

#[test]
#[ignore = "needs kind and docker"]
fn k213_a_container_that_exits_again_and_again_is_in_a_crash_loop() {
    let cluster = cluster();
    let crash = vec!["-crash-after=1s"];
    let settled = Settled::Status("CrashLoopBackOff");
    Scene { arguments: crash, probe: false, settled, ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K213", "kubernetes");
    said.proposes(&["kubectl", "-n", "live", "logs", &pod(&cluster), "-c", "app", "--previous"]);
    assert_eq!(said.finding("K213")["params"]["exitCode"], 1, "{}", said.shown());
    said.follow(&cluster);
}

#[test]
#[ignore = "needs kind and docker"]
fn k215_a_failing_readiness_probe_is_quoted() {
    let cluster = cluster();
    let arguments = vec!["-ready-code=503"];
    Scene { arguments, settled: Settled::Status("ContainersNotReady"), ..Scene::default() }.stage(&cluster);
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K215", "kubernetes");
    let quoted = "HTTP probe failed with statuscode: 503";
    let message = said.finding("K215")["params"]["message"].as_str().expect("the kubelet's words");
    assert!(message.contains(quoted), "{}", said.shown());
    assert!(said.text.replace("\n", " ").contains("503"), "{}", said.text);
    said.proposes(&["kubectl", "-n", "live", "describe", "pod", &pod(&cluster)]);
    assert!(cluster.run(&said.remedy().commands[0]).must().contains(quoted));
}
