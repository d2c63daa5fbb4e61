//! The Pods are there, but nobody has made a Service for them.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn service_missing() {
    let here = Scene::web().without("Service").stage();
    let healed = here.says("unreachable", "K101", "kubernetes").heals();
    let node = format!("http://{}:", here.cluster().address(&here.cluster().node()));
    assert!(healed.urls().iter().any(|url| url.starts_with(&node)), "{}", healed.shown());
}
