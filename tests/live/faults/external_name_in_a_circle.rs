//! The Service is another name for itself.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn external_name_in_a_circle() {
    Scene::web()
        .service("{type: ExternalName, externalName: web.live.svc.cluster.local, selector: null, ports: null}")
        .stage()
        .says("unreachable", "K111", "kubernetes")
        .proposes(&["kubectl", "-n", "live", "edit", "service", "web"]);
}
