//! The Pod mounts a ConfigMap that does not exist.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn config_map_missing() {
    Scene::web()
        .pod("{volumes: [{name: conf, configMap: {name: nowhere}}]}")
        .container("{volumeMounts: [{name: conf, mountPath: /conf}]}")
        .until("events", "FailedMount")
        .stage()
        .says("unreachable", "K223", "kubernetes")
        .shows("nowhere");
}
