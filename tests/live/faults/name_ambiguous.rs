//! Asked about a name alone, which a Deployment and an Ingress have.

use crate::rig::Scene;

const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 8000}}}}
";

#[test]
#[ignore = "needs kind and docker"]
fn name_ambiguous() {
    let here = Scene::web().without("Service").and(INGRESS).stage();
    let said = here.about("web").says("undetermined", "C111", "client");
    said.misses_nothing().proposes(&["kubectl", "netpath", "explain", "deploy/web", "-n", "live"]).shows("deploy/web");
}
