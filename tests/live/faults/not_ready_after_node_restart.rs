//! The application is not ready, and its node has been restarted: that is no crash.

use crate::rig::{Scene, tool, until};

#[test]
#[ignore = "needs kind and docker"]
fn not_ready_after_node_restart() {
    let here = Scene::web().container("{args: [-ready-code=503]}").until("pods", "ContainersNotReady").stage();
    let here = here.broken(|cluster| {
        tool("docker", &["restart", "-t", "5", &cluster.node()]).must();
        cluster.mend();
        until("the container runs again", 90, || {
            let restarts = ["get", "pods", "-o", "jsonpath={..restartCount} {..containerStatuses[0].state.running}"];
            let status = cluster.live(&restarts).stdout;
            status.starts_with('1') && status.contains("startedAt")
        });
    });
    here.says("unreachable", "K215", "kubernetes").shows("503");
}
