//! The application exits again and again.

use crate::rig::{Scene, until};

#[test]
#[ignore = "needs kind and docker"]
fn crash_loop() {
    let here = Scene::web().app(&["-crash-after=1s"]).until("pods", "CrashLoopBackOff").stage();
    // It is Ready for a second each time. After three restarts it waits for more than one
    // minute, in which it can be asked.
    until("it waits after three restarts", 180, || {
        let state = ["get", "pods", "-o", "jsonpath={..restartCount} {..state.waiting.reason}"];
        let state = here.cluster().live(&state).stdout;
        let restarts = state.split(' ').next().and_then(|count| count.parse::<u32>().ok());
        restarts >= Some(3) && state.ends_with("CrashLoopBackOff")
    });
    until("netpath has no part of the second before", 20, || here.ask().verdict() == "unreachable");
    let said = here.says("unreachable", "K213", "kubernetes");
    said.proposes_logs("app");
    said.shows("crashing");
    assert_eq!(said.finding("K213")["params"]["exitCode"], 1, "{}", said.shown());
}
