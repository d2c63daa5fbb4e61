//! The Service sends to a port at which nothing listens.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn target_port_wrong() {
    Scene::web().port("{targetPort: 9999}").stage().says("unreachable", "K207", "kubernetes").heals();
}
