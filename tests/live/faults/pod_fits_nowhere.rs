//! The Pod wants a node with a label that none has.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn pod_fits_nowhere() {
    let said = Scene::web().pod("{nodeSelector: {nosuch: label}}").until("pods", "Unschedulable").stage().says(
        "unreachable",
        "K211",
        "kubernetes",
    );
    said.proposes(&["kubectl", "-n", "live", "describe", "pod", &said.pod()]).shows("FailedScheduling");
}
