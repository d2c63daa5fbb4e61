//! Gateway and route are right, but their Service looks for Pods with a label that no Pod has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn gateway_to_a_misspelt_selector() {
    let Some(scene) = Scene::gateway() else { return };
    let here = scene.service("{selector: {app: wbe}}").stage();
    here.about("httproute/web").says("unreachable", "K201", "kubernetes").heals();
}
