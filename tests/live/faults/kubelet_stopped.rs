//! The node's kubelet has stopped, and the cluster takes its Pods for lost.

use crate::rig::{Scene, until};

#[test]
#[ignore = "needs kind and docker"]
fn kubelet_stopped() {
    let here = Scene::web().stage().broken(|cluster| {
        cluster.on_node(&["systemctl", "stop", "kubelet"]).must();
        until("the endpoint is no longer ready", 120, || {
            let ready = ["get", "endpointslices", "-o", "jsonpath={..conditions.ready}"];
            cluster.live(&ready).must().contains("false")
        });
    });
    let said = here.says("unreachable", "K502", "kubernetes");
    said.proposes(&["docker", "exec", &here.cluster().node(), "systemctl", "restart", "kubelet"]);
    said.heals();
}
