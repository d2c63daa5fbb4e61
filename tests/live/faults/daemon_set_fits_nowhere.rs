//! The DaemonSet wants nodes with a label that none has.

use crate::rig::Scene;

const NOWHERE: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeSelector: {nosuch: label}, containers: [{name: app, image: APP}]}
";

#[test]
#[ignore = "needs kind and docker"]
fn daemon_set_fits_nowhere() {
    let said = Scene::web()
        .without("Deployment")
        .and(NOWHERE)
        .until("daemonsets", "desiredNumberScheduled")
        .stage()
        .says("unreachable", "K203", "kubernetes");
    said.shows("nosuch=label");
}
