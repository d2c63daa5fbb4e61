//! The liveness probe asks a port at which nothing listens, so a good container is killed again and again.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn liveness_probe_kills() {
    Scene::web()
        .container("{livenessProbe: {httpGet: {path: /alive, port: 9090}, periodSeconds: 1, failureThreshold: 1}}")
        .until("pods", "CrashLoopBackOff")
        .stage()
        .says("unreachable", "K213", "kubernetes")
        .shows("listening");
}
