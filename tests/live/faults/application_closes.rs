//! The application accepts every connection and hangs up without a word.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn application_closes() {
    let said = Scene::web().app(&["-protocol=eof"]).stage().says("unreachable", "A102", "application");
    said.proposes(&["kubectl", "-n", "live", "logs", &said.pod()]).shows("(eof)");
}
