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
    // It may be asked in the seconds in which the container has ended and does not wait yet.
    let pod = said.pod();
    let logs = ["kubectl", "-n", "live", "logs", &pod, "-c", "app", "--previous"];
    let proposed = said.remedy().commands;
    assert!(proposed == [&logs[..]] || proposed == [&logs[..7]], "{proposed:?}");
    said.shows("crashing");
    assert_eq!(said.finding("K213")["params"]["exitCode"], 1, "{}", said.shown());
}
