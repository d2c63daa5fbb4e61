//! There are no Pods, and the reader may not list Deployments: scaled to zero or never made, that is not known.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_list_deployments() {
    let reader = Scene::web().deployment("{replicas: 0}").stage().without_the_right_to(&["deployments"]);
    reader.does_not_know().asks_for_the_right_to("list", "deployments.apps");
}
