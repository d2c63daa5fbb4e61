//! The reader may not list EndpointSlices: nothing is known about the Pods behind the Service.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_list_slices() {
    let reader = Scene::web().stage().without_the_right_to(&["endpointslices"]).flags(&["--no-probe"]);
    let said = reader.does_not_know();
    assert!(said.states("endpoints").iter().all(|state| *state == "unknown"), "{}", said.shown());
    said.misses_nothing().asks_for_the_right_to("list", "endpointslices.discovery.k8s.io");
}
