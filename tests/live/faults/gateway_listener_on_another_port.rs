//! The Gateway listens at a port that its controller does not have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_listener_on_another_port() {
    let Some(scene) = Scene::gateway() else { return };
    let here = scene.gateway_spec("{listeners: [{name: web, port: 8088, protocol: HTTP}]}").stage();
    here.about("httproute/web").says("unreachable", "K325", "kubernetes").heals();
}
