//! The Service is only another name for a host elsewhere.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn external_name() {
    let said = Scene::web()
        .service("{type: ExternalName, externalName: example.invalid, selector: null, ports: null}")
        .stage()
        .says("unreachable", "K105", "kubernetes");
    assert!(said.text.contains("example.invalid"), "{}", said.text);
}
