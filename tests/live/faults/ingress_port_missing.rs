//! The Ingress leads to a port that its Service does not have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn ingress_port_missing() {
    let Some(scene) = Scene::ingress() else { return };
    let here = scene.ingress_spec("{rules: [{host: web.localhost, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8080}}}}]}}]}").stage();
    here.about("ing/web").says("unreachable", "K311", "kubernetes").heals();
}
