//! The EndpointSlices may not be read, but a probe that gets through needs no rights.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn slices_unread_but_answered() {
    let reader = Scene::web().stage().without_the_right_to(&["endpointslices"]);
    reader.reaches("http://127.0.0.1:28080/");
}
