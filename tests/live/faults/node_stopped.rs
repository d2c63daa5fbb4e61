//! The container that the node is has been stopped.

use crate::rig::{Scene, tool};

#[test]
#[ignore = "needs kind and docker"]
fn node_stopped() {
    let here = Scene::web().stage().broken(|cluster| {
        tool("docker", &["stop", "-t", "5", &cluster.node()]).must();
    });
    let said = here.says("unreachable", "V301", "virtualization-layer");
    said.proposes(&["docker", "start", &here.cluster().node()]);
    if let Some(laptop) = here.laptop() {
        laptop.says("unreachable", "V301", "virtualization-layer");
    }
    said.heals();
}
