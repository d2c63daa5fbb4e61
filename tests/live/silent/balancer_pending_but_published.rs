//! The load balancer never comes, but its node port is published all the same.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn balancer_pending_but_published() {
    Scene::web().service("{type: LoadBalancer}").stage().reaches("http://127.0.0.1:28080/");
}
