//! The controller of the Ingress has been told to run no Pods.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_controller_scaled_to_zero() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.stage().changed(|cluster| {
        let scale = ["-n", "live-ingress", "scale", "deployment/traefik", "--replicas=0"];
        cluster.kubectl(&scale).must();
        cluster.kubectl(&["-n", "live-ingress", "wait", "pod", "--all", "--for=delete", "--timeout=60s"]).must();
    });
    here.about("ing/web").says("unreachable", "K304", "kubernetes").heals();
}
