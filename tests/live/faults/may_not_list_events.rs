//! The application is not ready, and the reader may not list events: the kubelet's words are not known.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_list_events() {
    let reader = Scene::web()
        .container("{args: [-ready-code=503]}")
        .until("pods", "ContainersNotReady")
        .stage()
        .without_the_right_to(&["events"]);
    let said = reader.says("unreachable", "K215", "kubernetes");
    said.asks_for_the_right_to("list", "events");
}
