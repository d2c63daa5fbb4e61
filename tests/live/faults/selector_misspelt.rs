//! The Service looks for Pods with a label that no Pod has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn selector_misspelt() {
    Scene::web().service("{selector: {app: wbe}}").stage().says("unreachable", "K201", "kubernetes").heals();
}
