//! A label that no node has keeps kube-proxy away, and its rules are gone.

use crate::rig::{Cluster, Scene};

#[test]
#[ignore = "needs kind and docker"]
fn kube_proxy_kept_away() {
    let here = Scene::web().stage().broken(Cluster::without_kube_proxy);
    let said = here.says("unreachable", "K501", "kubernetes");
    assert_eq!(said.finding("K501")["params"]["selector"], "away=yes", "{}", said.shown());
    said.heals();
}
