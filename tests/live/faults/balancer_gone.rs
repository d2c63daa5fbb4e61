//! The Service still shows the address of a load balancer that is gone.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn balancer_gone() {
    let here = Scene::web()
        .service("{type: LoadBalancer, allocateLoadBalancerNodePorts: false}")
        .port("{nodePort: null}")
        .stage()
        .changed(|cluster| {
            let status = r#"{"status":{"loadBalancer":{"ingress":[{"ip":"172.18.255.250"}]}}}"#;
            cluster.live(&["patch", "service", "web", "--subresource=status", "--type=merge", "-p", status]).must();
        });
    here.says("unreachable", "V202", "virtualization-layer").proposes(&["cloud-provider-kind"]);
}
