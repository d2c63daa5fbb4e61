//! Asked about a Service of type ClusterIP that a Gateway leads to.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn asked_behind_a_gateway() {
    let Some(scene) = Scene::gateway() else { return };
    scene.stage().reaches("http://web.localhost:28443/");
}
