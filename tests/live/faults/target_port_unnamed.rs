//! The Service sends to a port by a name that no container has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn target_port_unnamed() {
    Scene::web().port("{targetPort: nosuch}").stage().says("unreachable", "K206", "kubernetes").heals();
}
