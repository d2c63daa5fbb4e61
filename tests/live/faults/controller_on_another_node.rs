//! The controller of the Ingress takes port 80 of its own node, and another node's port 80 is
//! the published one.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn controller_on_another_node() {
    let selector = "{kubernetes.io/hostname: netpath-live-worker-control-plane}";
    let Some(scene) = Scene::ingress_at_its_nodes_port(selector) else { return };
    let here = scene.stage().about("ing/web");
    let Some(laptop) = here.laptop() else { return };
    let healed = laptop.says("unreachable", "K309", "kubernetes").heals();
    healed.is_reachable_at("http://web.localhost:28381/");
}
