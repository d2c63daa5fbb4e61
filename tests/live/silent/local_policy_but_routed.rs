//! Only the worker may answer, and this computer has a route to it.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn local_policy_but_routed() {
    let here = Scene::web()
        .service("{externalTrafficPolicy: Local}")
        .pod("{nodeSelector: {kubernetes.io/hostname: netpath-live-two-worker}}")
        .on_two_nodes()
        .stage();
    here.reaches(&format!("http://{}:30080/", here.cluster().address("netpath-live-two-worker")));
}
