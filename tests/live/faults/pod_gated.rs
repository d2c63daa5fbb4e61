//! A scheduling gate holds the Pod back until somebody removes it.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn pod_gated() {
    Scene::web()
        .pod("{schedulingGates: [{name: example.com/quota}]}")
        .until("pods", "SchedulingGated")
        .stage()
        .says("unreachable", "K220", "kubernetes")
        .shows("example.com/quota");
}
