//! The node port is published for UDP, and the Service speaks TCP.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn published_for_udp() {
    let here = Scene::web().port("{nodePort: 30082}").with_worker().stage();
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.says("unreachable", "V103", "virtualization-layer");
    let file = &said.last_resort().files[0].1;
    assert!(file.contains("containerPort: 30082, hostPort: 30082") && file.contains("protocol: UDP"), "{file}");
}
