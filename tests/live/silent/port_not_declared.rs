//! The container does not declare its port, which nothing needs.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn port_not_declared() {
    Scene::web().container("{ports: null}").stage().reaches("http://127.0.0.1:28080/");
}
