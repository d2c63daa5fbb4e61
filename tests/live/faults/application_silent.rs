//! The application accepts a connection and never answers. It may only be slow: nobody knows.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn application_silent() {
    let said = Scene::web().app(&["-protocol=silent"]).stage().says("undetermined", "A103", "application");
    assert!(said.states("app").iter().all(|state| *state == "unknown"), "{}", said.shown());
    said.proposes(&["kubectl", "-n", "live", "logs", &said.pod()]).shows("(silent)");
}
