//! One of two ports sends to where nothing listens.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn one_port_of_two_wrong() {
    let ports = "[{name: http, port: 8000, targetPort: 8080, nodePort: 30080},
        {name: other, port: 8001, targetPort: 9999, nodePort: 30443}]";
    let here = Scene::web().service(&format!("{{ports: {ports}}}")).stage();
    let said = here.says("degraded", "K207", "kubernetes");
    let verdicts: Vec<_> =
        (0..2).map(|port| said.json["ports"][port]["verdict"].as_str().expect("a verdict")).collect();
    assert_eq!(verdicts, ["reachable", "unreachable"], "{}", said.shown());
    let node = format!("http://{}:30080/", here.cluster().address(&here.cluster().node()));
    assert_eq!(said.urls(), ["http://127.0.0.1:28080/", &node]);
    let healed = said.heals();
    assert!(healed.urls().contains(&"http://127.0.0.1:28443/"), "{}", healed.shown());
}
