//! The controller of the Ingress has no way in from outside.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_controller_internal() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.stage().changed(|cluster| {
        let patch = r#"{"spec":{"type":"ClusterIP"}}"#;
        cluster.kubectl(&["-n", "live-ingress", "patch", "service", "traefik", "-p", patch]).must();
    });
    here.about("ing/web").says("unreachable", "K305", "kubernetes").heals();
}
