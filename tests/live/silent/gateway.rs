//! Nothing is wrong behind a Gateway.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway() {
    let Some(scene) = Scene::gateway() else { return };
    scene.stage().about("httproute/web").reaches("http://web.localhost:28443/");
}
