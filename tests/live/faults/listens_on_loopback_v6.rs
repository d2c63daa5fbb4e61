//! The application listens on the Pod's [::1], where nobody outside the Pod gets in.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn listens_on_loopback_v6() {
    let said = Scene::web().app(&["-listen=[::1]"]).stage().says("unreachable", "A104", "application");
    said.proposes(&["kubectl", "-n", "live", "edit", "deployment/web"]);
}
