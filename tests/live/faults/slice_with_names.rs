//! The Service has no selector, and its EndpointSlice has names instead of addresses.

use crate::rig::Scene;

const SLICE: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: FQDN
endpoints: [{addresses: [db.example.com]}]
ports: [{name: http, port: 8080}]
";

#[test]
#[ignore = "needs kind and docker"]
fn slice_with_names() {
    Scene::web()
        .service("{selector: null}")
        .and(SLICE)
        .stage()
        .says("unreachable", "K113", "kubernetes")
        .shows("db.example.com");
}
