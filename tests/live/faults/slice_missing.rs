//! The Service has no selector, and nobody has made an EndpointSlice for it.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn slice_missing() {
    Scene::web().service("{selector: null}").stage().says("unreachable", "K205", "kubernetes").shows("items: []");
}
