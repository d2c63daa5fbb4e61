//! A NetworkPolicy lets nobody in, not even the API server, which is on another node.

use crate::rig::Scene;

const DENY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
";

#[test]
#[ignore = "needs kind and docker"]
fn policy_admits_nobody() {
    let here = Scene::web()
        .pod("{nodeSelector: {kubernetes.io/hostname: netpath-live-two-worker}}")
        .and(DENY)
        .on_two_nodes()
        .stage()
        .broken(|cluster| cluster.enforces_policies("netpath-live-two-worker"));
    here.says("unreachable", "K401", "kubernetes").shows("default-deny");
}
