//! The Ingress has a host and no path: it leads nowhere.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_without_paths() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.ingress_spec("{rules: [{host: web.localhost}]}").stage();
    here.about("ing/web")
        .says("unreachable", "K307", "kubernetes")
        .proposes(&["kubectl", "-n", "live", "edit", "ingress", "web"]);
}
