//! Asked about a name alone: the Service is meant.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn asked_by_name_alone() {
    Scene::web().stage().about("web").reaches("http://127.0.0.1:28080/");
}
