//! The container that the node is has been paused.

use crate::rig::{Scene, tool};

#[test]
#[ignore = "needs kind and docker"]
fn node_paused() {
    let here = Scene::web().stage().broken(|cluster| {
        tool("docker", &["pause", &cluster.node()]).must();
    });
    let said = here.says("unreachable", "V302", "virtualization-layer");
    said.proposes(&["docker", "unpause", &here.cluster().node()]);
    if let Some(laptop) = here.laptop() {
        laptop.says("unreachable", "V302", "virtualization-layer");
    }
    said.heals();
}
