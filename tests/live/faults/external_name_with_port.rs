//! The Service is only another name for a host elsewhere, and its port means nothing.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn external_name_with_port() {
    let said = Scene::web()
        .service("{type: ExternalName, externalName: example.invalid, selector: null}")
        .port("{nodePort: null}")
        .stage()
        .says("unreachable", "K105", "kubernetes");
    assert!(said.text.contains("example.invalid"), "{}", said.text);
}
