//! The container that the node is has been taken out of its network.

use crate::rig::{Scene, WORKER, tool};

#[test]
#[ignore = "needs kind and docker"]
fn node_detached() {
    let here = Scene::web().with_worker().stage().broken(|_| {
        tool("docker", &["network", "disconnect", "kind", WORKER]).must();
    });
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.says("unreachable", "V114", "virtualization-layer");
    said.proposes(&["docker", "network", "connect", "kind", WORKER]);
    said.heals().is_reachable_at("http://127.0.0.1:28380/");
}
