//! The Service is another name for an address, where DNS wants a name.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn external_name_is_address() {
    Scene::web()
        .service("{type: ExternalName, externalName: 192.0.2.7, selector: null, ports: null}")
        .stage()
        .says("unreachable", "K110", "kubernetes")
        .proposes(&["kubectl", "-n", "live", "edit", "service", "web"]);
}
