//! The container runs, but the application in it opens no port.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn nothing_listens() {
    let said = Scene::web().app(&["-protocol=none"]).stage().says("unreachable", "A101", "application");
    said.proposes(&["kubectl", "-n", "live", "logs", &said.pod()]).shows("listening on nothing");
}
