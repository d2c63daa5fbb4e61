//! The Service waits for a load balancer that this cluster does not have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn balancer_pending() {
    let here = Scene::web().service("{type: LoadBalancer}").port("{nodePort: 30081}").stage();
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.says("unreachable", "V201", "virtualization-layer");
    // This computer has no route to its addresses: it has to publish them.
    said.proposes(&["cloud-provider-kind", "--enable-lb-port-mapping"]);
    assert!(said.remedy().blocks, "{}", said.shown());
}
