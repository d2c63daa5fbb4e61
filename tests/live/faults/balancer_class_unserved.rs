//! The Service waits for a load balancer of a kind that nobody here provides.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn balancer_class_unserved() {
    let here = Scene::web()
        .service("{type: LoadBalancer, loadBalancerClass: example.com/other}")
        .port("{nodePort: 30081}")
        .stage();
    let Some(laptop) = here.laptop() else { return };
    laptop.says("unreachable", "V204", "virtualization-layer").heals();
}
