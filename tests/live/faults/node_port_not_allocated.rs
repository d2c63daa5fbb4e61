//! The load balancer never comes, and the Service was told to take no node port.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn node_port_not_allocated() {
    let said = Scene::web()
        .service("{type: LoadBalancer, allocateLoadBalancerNodePorts: false}")
        .port("{nodePort: null}")
        .stage()
        .says("unreachable", "V201", "virtualization-layer");
    said.finding("K107");
}
