//! Asked about a Pod: no Service leads to it.

use crate::rig::Scene;

const ALONE: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers: [{name: app, image: APP, ports: [{containerPort: 8080}]}]
";

#[test]
#[ignore = "needs kind and docker"]
fn pod_without_service() {
    let here = Scene::of(ALONE).until("pods", "startedAt").stage();
    here.about("pod/web").says("unreachable", "K120", "kubernetes").heals();
}
