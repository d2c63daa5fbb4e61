//! The Service selects no Pod, and the reader may see neither EndpointSlices nor Deployments.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_list_slices_of_a_broken_service() {
    let reader =
        Scene::web().service("{selector: {app: wbe}}").stage().without_the_right_to(&["endpointslices", "deployments"]);
    for flags in [&["--no-probe"][..], &[]] {
        let said = reader.flags(flags).does_not_know();
        assert!(said.states("endpoints").iter().all(|state| *state == "unknown"), "{}", said.shown());
        said.asks_for_the_right_to("list", "endpointslices.discovery.k8s.io");
        // Scaled to zero or misspelt: only the Deployments tell.
        said.asks_for_the_right_to("list", "deployments.apps");
    }
}
