//! The application runs, but says that it is not ready.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn readiness_probe_fails() {
    let said = Scene::web().container("{args: [-ready-code=503]}").until("events", "Unhealthy").stage().says(
        "unreachable",
        "K215",
        "kubernetes",
    );
    let quoted = "HTTP probe failed with statuscode: 503";
    let message = said.finding("K215")["params"]["message"].as_str().expect("the kubelet's words");
    assert!(message.contains(quoted), "{}", said.shown());
    assert!(said.text.replace('\n', " ").contains("503"), "{}", said.text);
    said.proposes(&["kubectl", "-n", "live", "describe", "pod", &said.pod()]).shows(quoted);
}
