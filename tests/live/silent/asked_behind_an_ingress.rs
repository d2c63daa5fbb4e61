//! Asked about a Service of type ClusterIP that an Ingress leads to.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn asked_behind_an_ingress() {
    let Some(scene) = Scene::ingress() else { return };
    scene.stage().reaches("http://web.localhost:28443/");
}
