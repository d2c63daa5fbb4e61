//! A user who may not see everything: what was not seen is unknown, never missing.

use std::fs;
use std::path::{Path, PathBuf};

use super::cluster::{Cluster, NAMESPACE, cluster};
use super::run::{At, Said, ask_as};
use super::scene::Scene;

/// May read Services, Pods and Nodes, and nothing else.
const RIGHTS: &str = "
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: reader, namespace: live}
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: netpath-live-reader}
    rules:
      - {apiGroups: [''], resources: [services], verbs: [get]}
      - {apiGroups: [''], resources: [pods, nodes], verbs: [get, list]}
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: netpath-live-reader}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: netpath-live-reader}
    subjects: [{kind: ServiceAccount, name: reader, namespace: live}]
";

/// A kubeconfig of that user.
fn reader(cluster: &Cluster) -> PathBuf {
    cluster.kubectl_with(&["apply", "-f", "-"], Some(RIGHTS)).must();
    let token = cluster.kubectl(&["-n", NAMESPACE, "create", "token", "reader"]).must();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reader.kubeconfig");
    fs::copy(cluster.kubeconfig(), &path).expect("a copy of the kubeconfig");
    let own = ["--kubeconfig", &path.to_string_lossy(), "config"];
    let token = format!("--token={}", token.trim());
    cluster.kubectl(&[&own[..], &["set-credentials", "reader", &token]].concat()).must();
    cluster.kubectl(&[&own[..], &["set-context", "--current", "--user=reader"]].concat()).must();
    path
}

/// Nothing is concluded from the slices, and a command would settle it.
#[track_caller]
fn slices_are_unknown(said: &Said) {
    assert_eq!((said.verdict(), said.roots()), ("undetermined", Vec::new()), "{}", said.shown());
    assert!(said.states("endpoints").iter().all(|state| *state == "unknown"), "{}", said.shown());
    settles(said, "endpointslices.discovery.k8s.io");
}

/// A command asks whether a list may be read.
#[track_caller]
fn settles(said: &Said, list: &str) {
    let unobserved = said.json["unobserved"].as_array().expect("unobserved");
    let mut commands = unobserved.iter().flat_map(|it| it["settle"].as_array().expect("settle"));
    let wanted = serde_json::json!(["kubectl", "-n", "live", "auth", "can-i", "list", list]);
    assert!(commands.any(|argv| *argv == wanted), "no command settles it:\n{}", said.shown());
}

#[test]
#[ignore = "needs kind and docker"]
fn slices_that_may_not_be_read_are_unknown() {
    let cluster = cluster();
    Scene::default().stage(&cluster);
    let kubeconfig = reader(&cluster);
    let said = ask_as(At::Host, &kubeconfig, &["--no-probe"]);
    slices_are_unknown(&said);
    assert!(said.hops().iter().all(|hop| hop["state"] != "missing"), "{}", said.shown());
    // A probe that gets through needs no rights.
    let said = ask_as(At::Host, &kubeconfig, &[]);
    assert_eq!(said.verdict(), "reachable", "{}", said.shown());
}

#[test]
#[ignore = "needs kind and docker"]
fn a_broken_selector_is_not_blamed_on_slices_that_may_not_be_read() {
    let cluster = cluster();
    Scene { selector: "wbe", ..Scene::default() }.stage(&cluster);
    let kubeconfig = reader(&cluster);
    for flags in [&["--no-probe"][..], &[]] {
        let said = ask_as(At::Host, &kubeconfig, flags);
        slices_are_unknown(&said);
        // Scaled to zero or misspelt: only the Deployments tell.
        settles(&said, "deployments.apps");
    }
}
