//! Asked about the DaemonSet: no Service leads to its Pods.

use crate::rig::Scene;

const ALONE: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: APP, ports: [{containerPort: 8080}]}]}
";

#[test]
#[ignore = "needs kind and docker"]
fn daemon_set_without_service() {
    let here = Scene::of(ALONE).until("pods", "startedAt").stage();
    here.about("ds/web").says("unreachable", "K120", "kubernetes").heals();
}
