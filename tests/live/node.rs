//! The node, its kubelet, its kube-proxy, its API server.

use super::cluster::{cluster, tool, until};
use super::laptop::laptop;
use super::run::{At, ask};
use super::scene::{Scene, Settled};

#[test]
#[ignore = "needs kind and docker"]
fn v301_a_stopped_node_is_started() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    tool("docker", &["stop", "-t", "5", &cluster.node()]).must();
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "V301", "virtualization-layer");
    said.proposes(&["docker", "start", &cluster.node()]);
    if let Some(laptop) = laptop(&cluster) {
        ask(&cluster, At::Laptop(&laptop)).is("unreachable", "V301", "virtualization-layer");
    }
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn v302_a_paused_node_is_unpaused() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    tool("docker", &["pause", &cluster.node()]).must();
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "V302", "virtualization-layer");
    said.proposes(&["docker", "unpause", &cluster.node()]);
    if let Some(laptop) = laptop(&cluster) {
        ask(&cluster, At::Laptop(&laptop)).is("unreachable", "V302", "virtualization-layer");
    }
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k501_kube_proxy_is_kept_away_and_its_rules_are_gone() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    cluster.without_kube_proxy();
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K501", "kubernetes");
    assert_eq!(said.finding("K501")["params"]["selector"], "away=yes", "{}", said.shown());
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k501_a_kube_proxy_that_is_well_may_only_be_late() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    cluster.flush_node_ports();
    let said = ask(&cluster, At::Host);
    said.is("undetermined", "K501", "kubernetes");
    assert!(said.hops().iter().all(|hop| hop["state"] != "missing"), "{}", said.shown());
    said.proposes(&["kubectl", "-n", "kube-system", "rollout", "restart", "daemonset/kube-proxy"]);
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k502_the_kubelet_no_longer_reports() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    cluster.on_node(&["systemctl", "stop", "kubelet"]).must();
    until("the endpoint is no longer ready", 120, || {
        let ready = ["get", "endpointslices", "-o", "jsonpath={..conditions.ready}"];
        cluster.live(&ready).must().contains("false")
    });
    let said = ask(&cluster, At::Host);
    said.is("unreachable", "K502", "kubernetes");
    said.proposes(&["docker", "exec", &cluster.node(), "systemctl", "restart", "kubelet"]);
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn k503_a_silent_api_server_says_nothing_about_the_service() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    cluster.without_api_server();
    let said = ask(&cluster, At::Host);
    said.is("undetermined", "K503", "kubernetes");
    assert!(said.hops().iter().all(|hop| hop["state"] != "missing"), "{}", said.shown());
    said.proposes(&["docker", "restart", &cluster.node()]);
    if let Some(laptop) = laptop(&cluster) {
        ask(&cluster, At::Laptop(&laptop)).is("undetermined", "K503", "kubernetes");
    }
}

#[test]
#[ignore = "needs kind and docker"]
fn k503_a_frozen_api_server_comes_back_with_its_node() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let _mended = cluster.mended();
    cluster.freeze_api_server();
    let said = ask(&cluster, At::Host);
    said.is("undetermined", "K503", "kubernetes");
    said.is_healed(&cluster, At::Host);
}

#[test]
#[ignore = "needs kind and docker"]
fn a_container_that_was_lost_with_its_node_has_not_crashed() {
    let cluster = cluster();
    let (arguments, settled) = (vec!["-ready-code=503"], Settled::Status("ContainersNotReady"));
    Scene { arguments, settled, ..Scene::default() }.stage(&cluster);
    let _mended = cluster.mended();
    tool("docker", &["restart", "-t", "5", &cluster.node()]).must();
    cluster.mend();
    until("the container runs again", 90, || {
        let restarts = ["get", "pods", "-o", "jsonpath={..restartCount} {..containerStatuses[0].state.running}"];
        let status = cluster.live(&restarts).stdout;
        status.starts_with('1') && status.contains("startedAt")
    });
    ask(&cluster, At::Host).is("unreachable", "K215", "kubernetes");
}
