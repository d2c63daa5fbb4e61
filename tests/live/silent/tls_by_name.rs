//! TLS is spoken to a port that says so.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn tls_by_name() {
    let here = Scene::web().app(&["-protocol=tls"]).port("{name: https, port: 8443, nodePort: 30443}").stage();
    here.reaches("https://127.0.0.1:28443/");
    let Some(laptop) = here.laptop() else { return };
    laptop.reaches("https://127.0.0.1:28443/");
}
