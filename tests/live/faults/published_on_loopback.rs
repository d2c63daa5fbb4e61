//! The port is published on loopback, and the browser is on another device.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn published_on_loopback() {
    let here = Scene::web().stage();
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.flags(&["--viewer", "lan"]).says("unreachable", "V104", "virtualization-layer");
    assert!(said.urls().is_empty(), "{}", said.shown());
    // An address is left out where all of them are meant.
    let file = &said.last_resort().files[0].1;
    assert!(file.contains("containerPort: 30080, hostPort: 28080}"), "{file}");
    assert_eq!(file.matches("30080").count(), 1, "{file}");
    // The same port, from this computer.
    assert!(!laptop.reaches("http://127.0.0.1:28080/").urls().is_empty());
}
