//! A container that has to run before the application fails again and again.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn init_container_fails() {
    let said = Scene::web()
        .pod("{initContainers: [{name: migrate, image: APP, args: [-crash-after=1s]}]}")
        .until("pods", "CrashLoopBackOff")
        .stage()
        .says("unreachable", "K218", "kubernetes");
    // The kubelet keeps the log of an attempt for seconds only: not run.
    said.proposes_logs("migrate");
}
