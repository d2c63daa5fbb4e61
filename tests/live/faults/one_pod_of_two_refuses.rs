//! The Service works now and then: in one of its Pods nothing listens at its port.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn one_pod_of_two_refuses() {
    let pods = ["", "-port=9999"].map(|argument| {
        let name = format!("web{argument}").replace('=', "-");
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: web}}}}, \
            spec: {{containers: [{{name: app, image: APP, args: [{argument}]}}]}}}}"
        )
    });
    let here = Scene::web().without("Deployment").and(&pods.join("\n---\n")).until("pods", "startedAt").stage();
    let said = here.ask();
    // Which Pod a probe meets is luck.
    assert!(["degraded", "undetermined"].contains(&said.verdict()), "{}", said.shown());
    said.is(said.verdict(), "A105", "application").shows(":9999");
}
