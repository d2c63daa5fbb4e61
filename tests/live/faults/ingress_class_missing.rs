//! The Ingress is for a controller that this cluster does not have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_class_missing() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.ingress_spec("{ingressClassName: nginx}").stage();
    here.about("ing/web").says("unreachable", "K302", "kubernetes").heals();
}
