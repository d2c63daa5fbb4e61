//! The node port is published nowhere, and a small container brings it to this host.

use crate::rig::{Removed, Scene, tool};

/// The published node port is somebody else's.
const TAKEN: &str = "
apiVersion: v1
kind: Service
metadata: {name: taken}
spec: {type: NodePort, selector: {app: other}, ports: [{port: 1, nodePort: 30080}]}
";
const FORWARDER: &str = "netpath-30081";

#[test]
#[ignore = "needs kind and docker"]
fn forwarder() {
    if !tool("docker", &["image", "inspect", "alpine/socat"]).ok {
        println!("skipped: no image alpine/socat");
        return;
    }
    let here = Scene::web().port("{nodePort: 30081}").and(TAKEN).with_worker().stage();
    let Some(laptop) = here.laptop() else { return };
    let _removed = Removed::container(FORWARDER);
    let said = laptop.says("unreachable", "V101", "virtualization-layer");
    assert!(said.remedy().commands[0].iter().any(|word| word == "alpine/socat"), "{}", said.shown());
    laptop.relay(30081);
    said.heals().is_reachable_at("http://127.0.0.1:30081/");

    tool("docker", &["stop", "-t", "1", FORWARDER]).must();
    let said = laptop.says("unreachable", "V101", "virtualization-layer");
    said.proposes(&["docker", "start", FORWARDER]);
    said.heals().is_reachable_at("http://127.0.0.1:30081/");
}
