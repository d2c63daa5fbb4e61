//! kube-proxy runs and is well, but its rules are gone: it may only be late.

use crate::rig::{Cluster, Scene};

#[test]
#[ignore = "needs kind and docker"]
fn kube_proxy_late() {
    let here = Scene::web().stage().broken(Cluster::flush_node_ports);
    let said = here.says("undetermined", "K501", "kubernetes");
    said.misses_nothing();
    said.proposes(&["kubectl", "-n", "kube-system", "rollout", "restart", "daemonset/kube-proxy"]);
    said.heals();
}
