//! TLS is noticed at a port that does not say so.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn tls_without_a_name() {
    Scene::web().app(&["-protocol=tls"]).stage().reaches("https://127.0.0.1:28080/");
}
