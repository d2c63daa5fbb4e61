//! The namespace's quota admits no Pod.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn quota_used_up() {
    Scene::web()
        .and("{apiVersion: v1, kind: ResourceQuota, metadata: {name: none}, spec: {hard: {pods: 0}}}")
        .until("events", "FailedCreate")
        .stage()
        .says("unreachable", "K203", "kubernetes")
        .shows("quota");
}
