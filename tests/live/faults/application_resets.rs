//! The application accepts every connection and breaks it off at once.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn application_resets() {
    let said = Scene::web().app(&["-protocol=reset"]).stage().says("unreachable", "A102", "application");
    said.proposes(&["kubectl", "-n", "live", "logs", &said.pod()]).shows("(reset)");
}
