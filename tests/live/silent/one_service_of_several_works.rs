//! Asked about the Deployment: one of its Services is broken, another one works.

use crate::rig::Scene;

const BROKEN: &str = "
apiVersion: v1
kind: Service
metadata: {name: broken}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 8000, targetPort: 9999, nodePort: 30443}]
";

#[test]
#[ignore = "needs kind and docker"]
fn one_service_of_several_works() {
    let here = Scene::web().and(BROKEN).stage();
    here.about("deploy/web").reaches("http://127.0.0.1:28080/");
}
