//! Asked about the Deployment: no Service leads to its Pods.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn deployment_without_service() {
    let here = Scene::web().without("Service").stage();
    here.about("deploy/web").says("unreachable", "K120", "kubernetes").heals();
}
