//! The Ingress is right, but its Service looks for Pods with a label that no Pod has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_to_a_misspelt_selector() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.service("{selector: {app: wbe}}").stage();
    here.about("ing/web").says("unreachable", "K201", "kubernetes").heals();
}
