//! The Pod wants more processors than any node has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn too_much_cpu_wanted() {
    Scene::web()
        .container("{resources: {requests: {cpu: 900}}}")
        .until("pods", "Unschedulable")
        .stage()
        .says("unreachable", "K211", "kubernetes")
        .shows("Insufficient cpu");
}
