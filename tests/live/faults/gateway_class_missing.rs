//! The Gateway is for a controller that this cluster does not have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_class_missing() {
    let Some(scene) = Scene::gateway() else { return };
    let here = scene.gateway_spec("{gatewayClassName: nginx}").stage();
    here.about("httproute/web").says("unreachable", "K321", "kubernetes").heals();
}
