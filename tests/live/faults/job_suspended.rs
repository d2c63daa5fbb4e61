//! The Job that is to run the Pods is suspended.

use crate::rig::Scene;

const SUSPENDED: &str = "
apiVersion: batch/v1
kind: Job
metadata: {name: web}
spec:
  suspend: true
  template:
    metadata: {labels: {app: web}}
    spec: {restartPolicy: Never, containers: [{name: app, image: APP}]}
";

#[test]
#[ignore = "needs kind and docker"]
fn job_suspended() {
    let said = Scene::web().without("Deployment").and(SUSPENDED).until("jobs", "Suspended").stage().says(
        "unreachable",
        "K203",
        "kubernetes",
    );
    said.heals();
}
