//! Nothing is wrong behind an Ingress.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress() {
    let Some(scene) = Scene::ingress() else { return };
    scene.stage().about("ing/web").reaches("http://web.localhost:28443/");
}
