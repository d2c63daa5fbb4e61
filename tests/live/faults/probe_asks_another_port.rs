//! The readiness probe asks a port at which nothing listens; the application is well.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn probe_asks_another_port() {
    Scene::web()
        .container("{readinessProbe: {httpGet: {port: 9090}}}")
        .until("events", "Unhealthy")
        .stage()
        .says("unreachable", "K215", "kubernetes")
        .shows("9090");
}
