//! A container that has to end before the application starts does not end.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn init_container_waits() {
    Scene::web()
        .pod("{initContainers: [{name: wait-for-db, image: APP}]}")
        .until("pods", "startedAt")
        .stage()
        .says("unreachable", "K224", "kubernetes")
        .shows("listening");
}
