//! The startup probe asks a port at which nothing listens.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn startup_probe_fails() {
    Scene::web()
        .container("{startupProbe: {httpGet: {path: /ready, port: 9090}, periodSeconds: 2, failureThreshold: 900}}")
        .until("events", "Unhealthy")
        .stage()
        .says("unreachable", "K225", "kubernetes")
        .shows("9090");
}
