//! The controller of the Ingress waits for a node with a label that none has.

use crate::rig::{Scene, UNLABELLED, WORKER};

#[test]
#[ignore = "needs kind and docker"]
fn controller_waits_for_label() {
    let Some(scene) = Scene::ingress_at_its_nodes_port(UNLABELLED) else { return };
    let here = scene.stage().about("ing/web");
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.says("unreachable", "K304", "kubernetes");
    said.proposes(&["kubectl", "label", "node", WORKER, "ingress-ready=true"]);
    said.heals().is_reachable_at("http://web.localhost:28381/");
}
