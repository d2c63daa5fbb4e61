//! The Pod waits for a volume claim that nobody has made.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn volume_claim_unbound() {
    Scene::web()
        .pod("{volumes: [{name: data, persistentVolumeClaim: {claimName: nowhere}}]}")
        .until("pods", "Unschedulable")
        .stage()
        .says("unreachable", "K211", "kubernetes")
        .shows("nowhere");
}
