//! A NetworkPolicy is there, and lets everybody in.

use crate::rig::Scene;

const ALLOW: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-web}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}
";

#[test]
#[ignore = "needs kind and docker"]
fn policy_admits_everybody() {
    Scene::web().and(ALLOW).stage().reaches("http://127.0.0.1:28080/");
}
