//! The Deployment has been told to run no Pods.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn scaled_to_zero() {
    Scene::web().deployment("{replicas: 0}").stage().says("unreachable", "K202", "kubernetes").heals();
}
