//! The Ingress names no class, and the controller serves it all the same.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_without_class() {
    let Some(scene) = Scene::ingress() else { return };
    scene.ingress_spec("{ingressClassName: null}").stage().about("ing/web").reaches("http://web.localhost:28443/");
}
