//! The reader may not list Pods: whether the Service selects any is not known.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_list_pods() {
    let reader = Scene::web().stage().without_the_right_to(&["pods"]).flags(&["--no-probe"]);
    reader.does_not_know().misses_nothing().asks_for_the_right_to("list", "pods");
}
