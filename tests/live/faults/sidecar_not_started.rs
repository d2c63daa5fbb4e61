//! A sidecar that has to be up before the application starts never says that it is.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn sidecar_not_started() {
    Scene::web()
        .pod(
            "{initContainers: [{name: proxy, image: APP, args: [-port=9000], restartPolicy: Always,
        startupProbe: {tcpSocket: {port: 9999}, periodSeconds: 2, failureThreshold: 900}}]}",
        )
        .until("pods", "startedAt")
        .stage()
        .says("unreachable", "K224", "kubernetes")
        .shows(":9000");
}
