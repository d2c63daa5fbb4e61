//! The application exits again and again.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn crash_loop() {
    let said = Scene::web().app(&["-crash-after=1s"]).until("pods", "CrashLoopBackOff").stage().says(
        "unreachable",
        "K213",
        "kubernetes",
    );
    said.proposes(&["kubectl", "-n", "live", "logs", &said.pod(), "-c", "app", "--previous"]).shows("crashing");
    assert_eq!(said.finding("K213")["params"]["exitCode"], 1, "{}", said.shown());
}
