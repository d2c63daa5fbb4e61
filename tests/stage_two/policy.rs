//! NetworkPolicies: blamed only where traffic got lost and somebody may enforce them.

use std::io::Read as _;

use serde_json::{Value, json};

use super::support::{Behind, Lab, Report};
use super::{Case, POD, SERVICE_PROXY, Then, is_not, is_root, node_on_loopback, proxy_says, spec};

const POLICIES: &str = "/apis/networking.k8s.io/v1/namespaces/web/networkpolicies";
const DAEMONSETS: &str = "/apis/apps/v1/daemonsets";
const KINDNET: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kindnet";
const LOST: &str = "error trying to reach service: dial tcp 10.244.0.5:8080: i/o timeout";

fn policy(name: &str, spec: Value) -> Value {
    json!({ "kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1",
        "metadata": { "name": name, "namespace": "web" }, "spec": spec })
}

fn policies(lab: &Lab, policies: impl IntoIterator<Item = Value>) {
    lab.server.list(POLICIES, "NetworkPolicyList", policies);
}

/// Nobody is admitted.
fn deny(lab: &Lab) {
    policies(lab, [policy("default-deny", json!({ "podSelector": {}, "policyTypes": ["Ingress"] }))]);
}

fn runs(lab: &Lab, namespace: &str, daemonset: &str) {
    let plugin = json!({ "metadata": { "name": daemonset, "namespace": namespace },
        "status": { "desiredNumberScheduled": 1, "numberReady": 1 } });
    lab.server.list(DAEMONSETS, "DaemonSetList", [plugin]);
}

fn kindnet(lab: &Lab, resources: &[&str]) {
    runs(lab, "kube-system", "kindnet");
    let role = json!({ "kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": { "name": "kindnet" }, "rules": [{ "apiGroups": ["networking.k8s.io"], "resources": resources }] });
    lab.server.object(KINDNET, role);
}

fn silent(then: Then, code: &'static str, command: &'static str) -> Case {
    Case::new(code, |_| (), command).behind(Behind::Silent).then(then)
}

fn reads(lab: &Lab) -> usize {
    lab.server.count(|path| path.contains("networkpolicies") || path.starts_with(DAEMONSETS))
}

/// The false alarm of every linter: a policy that nobody enforces.
#[test]
fn a_default_deny_that_nobody_enforces_is_not_even_read() {
    let lab = Lab::healthy();
    deny(&lab);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("reachable", None), "{report}");
    assert_eq!(reads(&lab), 0, "{:?}", lab.server.paths());
    let text = lab.run(&["explain", "svc/web", "-v"]).stdout;
    assert!(!text.to_lowercase().contains("policy"), "{text}");
}

/// Nor where the fault is another one: closed, refused, or in the objects.
#[test]
fn policies_are_read_only_after_packets_got_lost() {
    for behind in [Behind::Closes, Behind::Nobody] {
        let lab = Lab::behind(behind, |_| ());
        deny(&lab);
        let report = lab.explain(&["svc/web"]);
        assert!(!report.codes().iter().any(|code| code.starts_with("K4")), "{report}");
        assert_eq!(reads(&lab), 0, "{:?}", lab.server.paths());
    }
    let lab = Lab::behind(Behind::Silent, |plan| {
        spec(plan)["externalTrafficPolicy"] = json!("Local");
        plan.cluster.slice["endpoints"][0]["nodeName"] = json!("dev-worker");
    });
    deny(&lab);
    assert_eq!(lab.explain(&["svc/web"]).root(), Some("K504"));
    assert_eq!(reads(&lab), 0, "{:?}", lab.server.paths());
}

/// The Pod itself accepted: no packet was dropped, so the policies are none of it.
#[test]
fn a_connection_that_the_pod_accepts_is_not_a_policys() {
    let lab = Lab::behind(Behind::Silent, node_on_loopback);
    deny(&lab);
    let report = lab.explain(&["svc/web"]);
    assert!(!report.codes().iter().any(|code| code.starts_with("K4")), "{report}");
    assert_eq!(reads(&lab), 0, "{:?}", lab.server.paths());
}

#[test]
fn k402_a_policy_that_an_unknown_plugin_may_enforce_is_a_candidate() {
    let shown = "kubectl describe networkpolicy default-deny";
    is_root(
        &[
            silent(deny, "K402", shown),
            silent(
                |lab| {
                    deny(lab);
                    runs(lab, "kube-system", "kube-flannel-ds");
                },
                "K402",
                shown,
            ),
        ],
        "undetermined",
    );
    let lab = Lab::behind(Behind::Silent, |_| ());
    deny(&lab);
    let report = lab.explain(&["svc/web"]);
    assert_eq!(reads(&lab), 2, "{:?}", lab.server.paths());
    let params = &report.finding("K402")["params"];
    assert_eq!(
        (&params["policies"], &params["pod"], &params["port"]),
        (&json!(["default-deny"]), &json!(POD), &json!(8080))
    );
    assert_eq!(report.hops("policy")[0]["state"], "unknown", "{report}");
    // Both candidates in the first sentence, and no look from inside the node, which every
    // policy lets in.
    let text = lab.run(&["explain", "svc/web"]).stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("counts only if your network plugin (CNI) enforces NetworkPolicy"), "{text}");
    assert!(words.contains("virtualization layer") && !words.contains("docker exec"), "{text}");
    assert!(words.contains("kubectl get daemonsets -A"), "{text}");
    assert!(text.lines().count() <= 30, "{text}");
}

#[test]
fn k402_is_the_cause_where_a_known_plugin_enforces() {
    let shown = "kubectl describe networkpolicy default-deny";
    is_root(
        &[
            silent(
                |lab| {
                    deny(lab);
                    runs(lab, "calico-system", "calico-node");
                },
                "K402",
                shown,
            ),
            silent(
                |lab| {
                    deny(lab);
                    kindnet(lab, &["networkpolicies"]);
                },
                "K402",
                shown,
            ),
        ],
        "unreachable",
    );
}

#[test]
fn k402_is_not_said_where_policies_are_not_to_blame() {
    is_not(
        &[
            silent(|_| (), "K402", ""),
            // kindnet before kind v0.24 enforces nothing.
            silent(
                |lab| {
                    deny(lab);
                    kindnet(lab, &["nodes", "pods"]);
                },
                "K402",
                "",
            ),
            // The union of all policies counts.
            silent(
                |lab| {
                    let web = json!({ "matchLabels": { "app": "web" } });
                    policies(
                        lab,
                        [
                            policy("default-deny", json!({ "podSelector": {} })),
                            policy(
                                "allow",
                                json!({ "podSelector": web, "ingress": [{ "ports": [{ "port": "http" }] }] }),
                            ),
                        ],
                    );
                    runs(lab, "kube-system", "calico-node");
                },
                "K402",
                "",
            ),
            silent(
                |lab| policies(lab, [policy("db", json!({ "podSelector": { "matchLabels": { "app": "db" } } }))]),
                "K402",
                "",
            ),
            silent(
                |lab| policies(lab, [policy("out", json!({ "podSelector": {}, "policyTypes": ["Egress"] }))]),
                "K402",
                "",
            ),
        ],
        "undetermined",
    );
    let lab = Lab::behind(Behind::Silent, |_| ());
    let report = lab.explain(&["svc/web"]);
    assert!(!report.0.to_string().to_lowercase().contains("networkpolic"), "{report}");
    // kube-router refuses, and the packets were lost: a candidate, no more.
    let lab = Lab::behind(Behind::Silent, |_| ());
    deny(&lab);
    runs(&lab, "kube-system", "kube-router");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K402")), "{report}");
    // A plugin without a Pod that is ready enforces nothing for certain.
    let lab = Lab::behind(Behind::Silent, |_| ());
    deny(&lab);
    lab.server.list(DAEMONSETS, "DaemonSetList", [json!({ "metadata": { "name": "calico-node" } })]);
    assert_eq!(lab.explain(&["svc/web"]).verdict(), "undetermined");
}

/// The Pod is in its node's network: no policy reaches it.
#[test]
fn k402_does_not_apply_to_host_network() {
    let lab = Lab::behind(Behind::Silent, |plan| plan.cluster.pod["spec"]["hostNetwork"] = json!(true));
    deny(&lab);
    runs(&lab, "kube-system", "calico-node");
    assert!(!lab.explain(&["svc/web"]).codes().contains(&"K402"));
}

/// The node's own network is not attached here, so nobody knows by which address the
/// traffic comes in.
#[test]
fn a_range_of_addresses_may_or_may_not_fit() {
    let lab = Lab::behind(Behind::Silent, |_| ());
    let from = json!([{ "ipBlock": { "cidr": "172.16.0.0/12" } }]);
    policies(&lab, [policy("range", json!({ "podSelector": {}, "ingress": [{ "from": from }] }))]);
    runs(&lab, "kube-system", "calico-node");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", None), "{report}");
    let unobserved = report.unobserved();
    let range = unobserved.iter().find(|(what, ..)| what == "networkpolicies.networking.k8s.io");
    assert_eq!(range.expect("an entry").2, ["kubectl describe networkpolicy range"], "{report}");
}

#[test]
fn k401_the_api_server_does_not_get_through_either() {
    let lost: Then = |lab| {
        deny(lab);
        runs(lab, "kube-system", "calico-node");
        proxy_says(lab, SERVICE_PROXY, LOST);
    };
    // No stream into the Pod tells whether the application answers there.
    is_root(&[silent(lost, "K401", "kubectl describe networkpolicy default-deny")], "undetermined");
    is_not(&[silent(|lab| proxy_says(lab, SERVICE_PROXY, LOST), "K401", "")], "undetermined");
    // The stream answers, but the API server's node is the Pod's own: a policy lets it in,
    // so something else loses its packets.
    assert_eq!(with_a_stream(false).verdict(), "undetermined");
    let report = with_a_stream(true);
    assert_eq!((report.root(), report.verdict()), (Some("K401"), "unreachable"), "{report}");
    assert_eq!(report.hops("policy")[0]["state"], "missing", "{report}");
}

/// The same, replayed with a stream into the Pod that answers. The second Node is the one
/// of the Pod.
fn with_a_stream(second_node: bool) -> Report {
    let lab = Lab::behind(Behind::Silent, |plan| {
        if second_node {
            plan.cluster.slice["endpoints"][0]["nodeName"] = json!("dev-worker");
        }
    });
    deny(&lab);
    runs(&lab, "kube-system", "calico-node");
    proxy_says(&lab, SERVICE_PROXY, LOST);
    if second_node {
        let mut worker = super::support::Cluster::healthy().node;
        let first = worker.clone();
        worker["metadata"]["name"] = json!("dev-worker");
        lab.server.list("/api/v1/nodes", "NodeList", [first, worker]);
    }
    let file = lab.world.home().join("run.yaml");
    let path = file.to_str().expect("a path");
    lab.run(&["explain", "svc/web", "--record", path]);
    let mut text = String::new();
    std::fs::File::open(&file).expect("a recording").read_to_string(&mut text).expect("text");
    let (before, after) = text.split_once("    forward:\n").expect("a stream");
    let (ask, rest) = after.split_once("  answer:").expect("its answer");
    let rest = rest.find("\n- ask:").map_or("", |end| &rest[end..]);
    std::fs::write(&file, format!("{before}    forward:\n{ask}  answer:\n    known: response{rest}")).expect("a file");
    Report::read(&lab.run(&["explain", "--replay", path, "-o", "json"]))
}

#[test]
fn what_may_not_be_read_is_unknown_and_changes_nothing() {
    let lab = Lab::behind(Behind::Silent, |_| ());
    let before = lab.explain(&["svc/web"]);
    lab.server.status(POLICIES, 403, "networkpolicies is forbidden");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), (before.verdict(), before.root()), "{report}");
    let settles = |report: &Report, wanted: &str| {
        report.unobserved().iter().any(|(.., settle)| settle.iter().any(|command| command == wanted))
    };
    assert!(settles(&report, "kubectl auth can-i list networkpolicies.networking.k8s.io"), "{report}");

    let lab = Lab::behind(Behind::Silent, |_| ());
    deny(&lab);
    lab.server.status(DAEMONSETS, 403, "daemonsets is forbidden");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K402")), "{report}");
    assert!(settles(&report, "kubectl auth can-i list daemonsets.apps -A"), "{report}");
    // kindnet runs, and whether it may read policies is not to be seen.
    lab.server.status(KINDNET, 403, "clusterroles is forbidden");
    runs(&lab, "kube-system", "kindnet");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K402")), "{report}");
    assert!(settles(&report, "kubectl auth can-i get clusterroles.rbac.authorization.k8s.io"), "{report}");
    // Without a policy it is of no interest who would enforce one.
    policies(&lab, []);
    lab.server.status(DAEMONSETS, 403, "daemonsets is forbidden");
    assert!(!settles(&lab.explain(&["svc/web"]), "kubectl auth can-i list daemonsets.apps -A"));
}

/// Calico and Cilium have policies of their own kinds; netpath says that it does not look.
#[test]
fn policies_of_a_plugins_own_kinds_are_not_evaluated() {
    for (daemonset, kind) in [("calico-node", "globalnetworkpolicies"), ("cilium", "ciliumnetworkpolicies")] {
        let lab = Lab::behind(Behind::Silent, |_| ());
        runs(&lab, "kube-system", daemonset);
        let report = lab.explain(&["svc/web"]);
        assert_eq!((report.verdict(), report.root()), ("undetermined", None), "{report}");
        let unobserved = report.unobserved();
        let own = unobserved.iter().find(|(what, ..)| what.contains("own kinds")).expect("an entry");
        assert!(own.1.contains("not evaluated") && own.2[0].contains(kind), "{own:?}");
        // Not a word where the probe answers.
        let lab = Lab::healthy();
        runs(&lab, "kube-system", daemonset);
        assert_eq!(lab.explain(&["svc/web"]).unobserved(), []);
    }
}
