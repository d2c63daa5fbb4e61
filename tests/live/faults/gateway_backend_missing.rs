//! The route leads to a Service that does not exist.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_backend_missing() {
    let Some(scene) = Scene::gateway() else { return };
    let here = scene.route_spec("{rules: [{backendRefs: [{name: wbe, port: 8000}]}]}").stage();
    here.about("httproute/web").says("unreachable", "K327", "kubernetes").heals();
}
