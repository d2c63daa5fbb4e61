//! Asked about the Deployment: a Service was meant for its Pods, with a letter wrong.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn deployment_with_misspelt_service() {
    let here = Scene::web().service("{selector: {app: wbe}}").stage();
    here.about("deploy/web").says("unreachable", "K120", "kubernetes").heals();
}
