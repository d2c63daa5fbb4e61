//! The Pod may be ready only when another controller says so, and none does.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn readiness_gate_unset() {
    Scene::web()
        .pod("{readinessGates: [{conditionType: example.com/balanced}]}")
        .until("pods", "ReadinessGatesNotReady")
        .stage()
        .says("unreachable", "K226", "kubernetes")
        .shows("example.com/balanced");
}
