//! The Service is of type ClusterIP: it has no road from outside, by design.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn internal_only() {
    let said = Scene::web().service("{type: ClusterIP}").port("{nodePort: null}").stage().says(
        "unreachable",
        "K104",
        "kubernetes",
    );
    assert_eq!(said.states("way-in"), ["not-needed"], "{}", said.shown());
    assert_eq!(said.states("app"), ["present"], "the service proxy should have answered: {}", said.shown());
    said.heals();
}
