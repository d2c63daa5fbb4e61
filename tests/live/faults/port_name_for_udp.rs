//! The Service sends to a port by its name, and the Pod has that name for UDP.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn port_name_for_udp() {
    Scene::web()
        .port("{targetPort: http}")
        .container("{ports: [{name: http, containerPort: 8080, protocol: UDP}]}")
        .stage()
        .says("unreachable", "K230", "kubernetes")
        .heals();
}
