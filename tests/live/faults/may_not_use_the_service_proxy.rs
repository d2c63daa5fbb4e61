//! Only the API server could ask a Service of type ClusterIP, and the reader may not let it.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_use_the_service_proxy() {
    let reader = Scene::web()
        .service("{type: ClusterIP}")
        .port("{nodePort: null}")
        .stage()
        .without_the_right_to(&["services/proxy"]);
    let said = reader.ask();
    said.misses_nothing().asks_for_the_right_to("get", "services --subresource=proxy");
}
