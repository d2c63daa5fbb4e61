//! The Service has no selector, and the port in its EndpointSlice is for another protocol.

use crate::rig::Scene;

const SLICE: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.244.0.77]}]
ports: [{name: http, port: 8080, protocol: UDP}]
";

#[test]
#[ignore = "needs kind and docker"]
fn slice_with_another_protocol() {
    Scene::web()
        .service("{selector: null}")
        .and(SLICE)
        .stage()
        .says("unreachable", "K112", "kubernetes")
        .shows("protocol: UDP");
}
