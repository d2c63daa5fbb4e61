//! The StatefulSet is to run Pods as a service account that does not exist.

use crate::rig::Scene;

const NOBODY: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: nobody, containers: [{name: app, image: APP}]}
";

#[test]
#[ignore = "needs kind and docker"]
fn stateful_set_cannot_create_pods() {
    let said = Scene::web().without("Deployment").and(NOBODY).until("events", "FailedCreate").stage().says(
        "unreachable",
        "K203",
        "kubernetes",
    );
    said.shows("nobody");
}
