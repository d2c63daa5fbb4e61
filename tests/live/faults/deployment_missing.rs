//! Asked about a Deployment that does not exist; another name comes close.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn deployment_missing() {
    let said = Scene::web().stage().about("deploy/wbe").says("unreachable", "K121", "kubernetes");
    said.proposes(&["kubectl", "netpath", "explain", "deploy/web", "-n", "live"]).shows("REACHABLE");
}
