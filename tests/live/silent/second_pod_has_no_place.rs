//! Two Pods want the same port of the only node: one waits, and the other one answers.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn second_pod_has_no_place() {
    Scene::web()
        .deployment("{replicas: 2}")
        .container("{ports: [{name: http, containerPort: 8080, hostPort: 30119}]}")
        .until("pods", "Unschedulable")
        .until("endpointslices", "ready\":true")
        .stage()
        .reaches("http://127.0.0.1:28080/");
}
