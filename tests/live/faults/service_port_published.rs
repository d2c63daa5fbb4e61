//! The Service's own port is published instead of its node port.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn service_port_published() {
    let here = Scene::web().port("{port: 80, nodePort: 30081}").stage();
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.says("unreachable", "V102", "virtualization-layer");
    assert_eq!(said.finding("V102")["params"]["hostPort"], 29080, "{}", said.shown());
    said.heals();
}
