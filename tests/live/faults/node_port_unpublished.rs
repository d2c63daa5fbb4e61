//! The node port is not published, and both ports that are belong to somebody else.

use crate::rig::Scene;

const TAKEN: &str = "
apiVersion: v1
kind: Service
metadata: {name: taken}
spec:
  type: NodePort
  selector: {app: other}
  ports: [{name: a, port: 1, nodePort: 30080}, {name: b, port: 2, nodePort: 30443}]
";

#[test]
#[ignore = "needs kind and docker"]
fn node_port_unpublished() {
    let here = Scene::web().port("{nodePort: 30081}").and(TAKEN).stage();
    let Some(laptop) = here.laptop() else { return };
    let said = laptop.says("unreachable", "V101", "virtualization-layer");
    // The cluster would have to be made again, which destroys it: not run.
    let remedy = said.last_resort();
    let [delete, create] = &remedy.commands[..] else { panic!("{}", said.shown()) };
    assert_eq!(delete, &["kind", "delete", "cluster", "--name", here.cluster().name]);
    assert_eq!(create[..5], ["kind", "create", "cluster", "--name", here.cluster().name]);
}
