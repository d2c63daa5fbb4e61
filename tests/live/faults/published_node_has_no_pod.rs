//! Only the node with the Pod may answer, and another node is the published one.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn published_node_has_no_pod() {
    let here = Scene::web()
        .service("{externalTrafficPolicy: Local}")
        .pod("{nodeSelector: {kubernetes.io/hostname: netpath-live-two-worker}}")
        .on_two_nodes()
        .stage();
    let Some(laptop) = here.laptop() else { return };
    let healed = laptop.says("unreachable", "K504", "kubernetes").heals();
    healed.is_reachable_at("http://127.0.0.1:28180/");
}
