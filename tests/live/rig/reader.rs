//! Somebody who may not see everything.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::cluster::{Cluster, NAMESPACE, until};
use super::viewer::Viewer;

/// All that netpath does: API group, resource, verbs.
const RIGHTS: &[(&str, &str, &[&str])] = &[
    ("", "services", &["get", "list"]),
    ("", "pods", &["get", "list"]),
    ("", "nodes", &["get", "list"]),
    ("", "namespaces", &["get"]),
    ("", "events", &["list"]),
    ("", "configmaps", &["get"]),
    ("", "services/proxy", &["get"]),
    ("", "pods/proxy", &["get"]),
    ("", "pods/portforward", &["get", "create"]),
    ("discovery.k8s.io", "endpointslices", &["list"]),
    ("apps", "deployments", &["get", "list"]),
    ("apps", "replicasets", &["get", "list"]),
    ("apps", "statefulsets", &["get", "list"]),
    ("apps", "daemonsets", &["get", "list"]),
    ("batch", "jobs", &["get", "list"]),
    ("networking.k8s.io", "networkpolicies", &["list"]),
    ("networking.k8s.io", "ingresses", &["get", "list"]),
    ("networking.k8s.io", "ingressclasses", &["get", "list"]),
    ("gateway.networking.k8s.io", "*", &["get", "list"]),
];

impl Viewer {
    /// Somebody who may do all that netpath does, except with these resources.
    pub fn without_the_right_to(&self, refused: &[&str]) -> Self {
        let cluster = self.cluster();
        cluster.kubectl_with(&["apply", "-f", "-"], Some(&rights(refused).to_string())).must();
        let reader = self.with_kubeconfig(reader(cluster));
        let can = |verb: &str, resource: &str| {
            let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
            let part = format!("--subresource={part}");
            let argv = ["kubectl", "-n", NAMESPACE, "auth", "can-i", verb, resource, &part];
            reader.run(&argv.map(str::to_owned)).stdout.trim() == "yes"
        };
        until("the rights are in force", 30, || {
            let one = |(_, resource, verbs): &(&str, &str, &[&str])| {
                refused.contains(resource) != can(verbs[verbs.len() - 1], resource)
            };
            RIGHTS.iter().filter(|(_, resource, _)| refused.contains(resource)).all(one) && one(&allowed(refused))
        });
        reader
    }
}

/// Something that is not refused.
fn allowed(refused: &[&str]) -> (&'static str, &'static str, &'static [&'static str]) {
    *RIGHTS.iter().find(|(_, resource, _)| !refused.contains(resource)).expect("a right")
}

fn rights(refused: &[&str]) -> Value {
    let left = RIGHTS.iter().filter(|(_, resource, _)| !refused.contains(resource));
    let rules: Vec<_> = left
        .map(|(group, resource, verbs)| json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs }))
        .collect();
    let (role, who) = (json!({ "name": "netpath-live-reader" }), json!({ "name": "reader", "namespace": NAMESPACE }));
    let rbac = "rbac.authorization.k8s.io";
    json!({ "apiVersion": "v1", "kind": "List", "items": [
        { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": who },
        { "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole", "metadata": role, "rules": rules },
        { "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRoleBinding", "metadata": role,
          "roleRef": { "apiGroup": rbac, "kind": "ClusterRole", "name": role["name"] },
          "subjects": [{ "kind": "ServiceAccount", "name": who["name"], "namespace": NAMESPACE }] },
    ] })
}

/// A kubeconfig of that user.
fn reader(cluster: &Cluster) -> PathBuf {
    let token = cluster.live(&["create", "token", "reader"]).must();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reader.kubeconfig");
    fs::copy(cluster.kubeconfig(), &path).expect("a copy of the kubeconfig");
    let own = ["--kubeconfig", &path.to_string_lossy(), "config"];
    let token = format!("--token={}", token.trim());
    cluster.kubectl(&[&own[..], &["set-credentials", "reader", &token]].concat()).must();
    cluster.kubectl(&[&own[..], &["set-context", "--current", "--user=reader"]].concat()).must();
    path
}
