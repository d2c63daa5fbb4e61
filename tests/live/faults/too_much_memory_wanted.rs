//! The Pod wants more memory than any node has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn too_much_memory_wanted() {
    Scene::web()
        .container("{resources: {requests: {memory: 900Gi}}}")
        .until("pods", "Unschedulable")
        .stage()
        .says("unreachable", "K211", "kubernetes")
        .shows("Insufficient memory");
}
