//! The Ingress names a Secret for its certificate that does not exist, so HTTPS does not work.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_certificate_missing() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.ingress_spec("{tls: [{hosts: [web.localhost], secretName: none}]}").stage();
    here.about("ing/web").says("degraded", "K308", "kubernetes").proposes(&[
        "kubectl",
        "-n",
        "live",
        "get",
        "secrets",
        "--field-selector=type=kubernetes.io/tls",
    ]);
}
