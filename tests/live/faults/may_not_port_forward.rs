//! Nothing answers, and the reader may not forward a port: whether something listens inside the Pod is not known.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_port_forward() {
    let reader = Scene::web().app(&["-protocol=none"]).stage().without_the_right_to(&["pods/portforward"]);
    let said = reader.ask();
    said.asks_for_the_right_to("get", "pods --subresource=portforward");
}
