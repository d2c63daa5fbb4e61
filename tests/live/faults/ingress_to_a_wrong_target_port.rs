//! The Ingress is right, but its Service sends to where nothing listens.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_to_a_wrong_target_port() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.port("{targetPort: 9999}").stage();
    here.about("ing/web").says("unreachable", "K207", "kubernetes").heals();
}
