//! The Service also selects Pods of another Deployment, and in those nothing listens at its port.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn one_workload_of_two_refuses() {
    let here = Scene::web().another_pod("{args: [-port=9999], readinessProbe: null}").stage();
    let said = here.ask();
    // Which Pod a probe meets is luck.
    assert!(["degraded", "undetermined"].contains(&said.verdict()), "{}", said.shown());
    said.is(said.verdict(), "K231", "kubernetes").shows("part=other");
}
