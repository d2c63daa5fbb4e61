//! The Ingress leads to a Service that does not exist; another name comes close.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_backend_missing() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.ingress_spec("{rules: [{host: web.localhost, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: wbe, port: {number: 8000}}}}]}}]}").stage();
    here.about("ing/web").says("unreachable", "K310", "kubernetes").heals();
}
