//! The Service works, but one of its Pods is not ready.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn one_pod_of_two_not_ready() {
    Scene::web()
        .another_pod("{args: [-ready-code=503]}")
        .until("pods", "ContainersNotReady")
        .until("deployments", "MinimumReplicasAvailable")
        .stage()
        .says("degraded", "K209", "kubernetes")
        .shows("503");
}
