//! The node port is not published, but another one is, and it is free.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn node_port_unpublished_but_another_is_free() {
    let here = Scene::web().port("{nodePort: 30081}").stage();
    let Some(laptop) = here.laptop() else { return };
    let healed = laptop.says("unreachable", "V101", "virtualization-layer").heals();
    healed.is_reachable_at("http://127.0.0.1:28080/");
}
