//! Asked about the Deployment: its Service works, but its Pod is not ready.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn deployment_of_a_sick_pod() {
    let here = Scene::web().container("{args: [-ready-code=503]}").until("pods", "ContainersNotReady").stage();
    here.about("deploy/web").says("unreachable", "K215", "kubernetes").shows("503");
}
