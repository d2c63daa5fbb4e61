//! There is an Ingress, and nobody who would serve it.

use crate::rig::Scene;

const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 8000}}}}
";

#[test]
#[ignore = "needs kind and docker"]
fn ingress_without_controller() {
    let here = Scene::web().service("{type: ClusterIP}").port("{nodePort: null}").and(INGRESS).stage();
    here.about("ing/web").says("unreachable", "K301", "kubernetes").proposes(&["kubectl", "get", "ingressclasses"]);
}
