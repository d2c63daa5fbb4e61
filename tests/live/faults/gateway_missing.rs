//! The route wants a Gateway that does not exist; another name comes close.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_missing() {
    let Some(scene) = Scene::gateway() else { return };
    let here = scene.route_spec("{parentRefs: [{name: wbe}]}").stage();
    here.about("httproute/web").says("unreachable", "K328", "kubernetes").heals();
}
