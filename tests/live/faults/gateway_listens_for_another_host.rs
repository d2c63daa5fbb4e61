//! The Gateway listens for another host than the route.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_listens_for_another_host() {
    let Some(scene) = Scene::gateway() else { return };
    let here =
        scene.gateway_spec("{listeners: [{name: web, port: 80, protocol: HTTP, hostname: other.localhost}]}").stage();
    here.about("httproute/web").says("unreachable", "K326", "kubernetes").heals();
}
