//! The Pods are to run as a service account that does not exist, so none is made.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn service_account_missing() {
    Scene::web()
        .pod("{serviceAccountName: nobody}")
        .until("deployments", "ReplicaFailure")
        .stage()
        .says("unreachable", "K203", "kubernetes")
        .shows("nobody");
}
