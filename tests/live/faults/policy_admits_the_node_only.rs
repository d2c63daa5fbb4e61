//! A NetworkPolicy lets nobody in but the node itself.

use crate::rig::Scene;

const DENY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
";

#[test]
#[ignore = "needs kind and docker"]
fn policy_admits_the_node_only() {
    let here = Scene::web().and(DENY).stage().broken(|cluster| cluster.enforces_policies(&cluster.node()));
    here.says("unreachable", "K402", "kubernetes").shows("default-deny");
}
