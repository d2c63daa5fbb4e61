//! The node port is not published, but this computer has a route to the node.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn unpublished_but_routed() {
    let here = Scene::web().port("{nodePort: 30081}").stage();
    here.reaches(&format!("http://{}:30081/", here.cluster().address(&here.cluster().node())));
}
