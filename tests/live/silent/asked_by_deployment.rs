//! Asked about the Deployment, and its Service works.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn asked_by_deployment() {
    Scene::web().stage().about("deploy/web").reaches("http://127.0.0.1:28080/");
}
