//! The Service sends to a port by a name that only some of its Pods have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn port_name_on_some_pods() {
    Scene::web()
        .port("{targetPort: http}")
        .another_pod("{ports: [{name: web, containerPort: 8080}]}")
        .stage()
        .says("degraded", "K229", "kubernetes")
        .shows("http");
}
