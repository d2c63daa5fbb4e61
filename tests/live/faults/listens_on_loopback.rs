//! The application listens on the Pod's 127.0.0.1, where nobody outside the Pod gets in.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn listens_on_loopback() {
    let said = Scene::web().app(&["-listen=127.0.0.1"]).stage().says("unreachable", "A104", "application");
    said.proposes(&["kubectl", "-n", "live", "edit", "deployment/web"]);
}
