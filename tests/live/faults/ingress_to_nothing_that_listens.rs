//! The Ingress is right, but the application in the container opens no port.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_to_nothing_that_listens() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.app(&["-protocol=none"]).stage();
    here.about("ing/web").says("unreachable", "A101", "application").shows("listening on nothing");
}
