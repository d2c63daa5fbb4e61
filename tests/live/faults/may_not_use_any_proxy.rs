//! Nothing answers, and the reader may let the API server ask neither Service nor Pod.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_use_any_proxy() {
    let refused = ["services/proxy", "pods/proxy", "pods/portforward"];
    let reader = Scene::web().app(&["-protocol=none"]).stage().without_the_right_to(&refused);
    let said = reader.ask();
    said.asks_for_the_right_to("get", "services --subresource=proxy");
}
