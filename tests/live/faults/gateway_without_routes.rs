//! The Gateway is right, and no route leads anywhere from it.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_without_routes() {
    let Some(scene) = Scene::gateway() else { return };
    let here = scene.without("HTTPRoute").stage();
    here.about("gateway/web").says("unreachable", "K329", "kubernetes");
}
