//! The Service has no address of its own (headless), so no road leads to it.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn headless() {
    let said = Scene::web()
        .service("{type: ClusterIP, clusterIP: None}")
        .port("{port: 8080, nodePort: null}")
        .stage()
        .says("unreachable", "K106", "kubernetes");
    let remedy = said.remedy();
    assert!(remedy.blocks && remedy.commands[0].contains(&"port-forward".to_owned()), "{}", said.shown());
}
