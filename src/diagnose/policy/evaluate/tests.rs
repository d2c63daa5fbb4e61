//! Policies against sources, row by row, and what must hold for all of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn pod() -> Pod {
    serde_json::from_value(json!({
        "metadata": { "name": "web-1", "namespace": "shop", "labels": { "app": "web", "tier": "front" } },
        "spec": {
            "containers": [{ "name": "web", "ports": [
                { "name": "http", "containerPort": 8080, "protocol": "TCP" },
                { "name": "dns", "containerPort": 5353, "protocol": "UDP" },
            ] }],
            "initContainers": [{ "name": "side", "ports": [{ "name": "metrics", "containerPort": 9090 }] }],
        },
    }))
    .unwrap()
}

fn policy(name: &str, spec: Value) -> NetworkPolicy {
    serde_json::from_value(json!({ "metadata": { "name": name, "namespace": "shop" }, "spec": spec })).unwrap()
}

/// A policy that selects the Pod, with these rules.
fn allowing(ingress: Value) -> NetworkPolicy {
    policy("p", json!({ "podSelector": {}, "ingress": ingress }))
}

fn to_8080(policies: &[NetworkPolicy], from: Origin<'_>) -> Answer {
    to(policies, PortRef::Number(8080), "TCP", from)
}

fn to(policies: &[NetworkPolicy], port: PortRef, protocol: &str, from: Origin<'_>) -> Answer {
    evaluate(policies, &pod(), To { port: &port, protocol }, from)
}

fn browser() -> Origin<'static> {
    Origin::Address("172.18.0.1".parse().unwrap())
}

fn somewhere() -> Origin<'static> {
    Origin::Somewhere { ipv6: false }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn allowed() -> Answer {
    Answer::Allowed("p".into())
}

fn denied() -> Answer {
    Answer::Denied(vec!["p".into()])
}

fn unknown() -> Answer {
    Answer::Unknown(vec!["p".into()])
}

#[test]
fn which_policies_isolate_the_pod() {
    for (spec, isolates) in [
        (json!({ "podSelector": {} }), true),
        (json!({}), true),
        (json!({ "podSelector": {}, "policyTypes": [] }), true),
        (json!({ "podSelector": {}, "policyTypes": ["Ingress"] }), true),
        (json!({ "podSelector": {}, "policyTypes": ["Egress", "Ingress"] }), true),
        // Egress alone, as a policy that says so.
        (json!({ "podSelector": {}, "policyTypes": ["Egress"] }), false),
        // Rules for egress without types still include ingress, and it admits nothing.
        (json!({ "podSelector": {}, "egress": [{}] }), true),
        (json!({ "podSelector": { "matchLabels": { "app": "web" } } }), true),
        (json!({ "podSelector": { "matchLabels": { "app": "db" } } }), false),
        (json!({ "podSelector": { "matchLabels": { "app": "web", "tier": "back" } } }), false),
        (expression("tier", "In", json!(["front", "back"])), true),
        (expression("tier", "In", json!(["back"])), false),
        (expression("tier", "NotIn", json!(["back"])), true),
        (expression("tier", "NotIn", json!(["front"])), false),
        (expression("zone", "NotIn", json!(["a"])), true),
        (expression("tier", "Exists", json!([])), true),
        (expression("zone", "Exists", json!(null)), false),
        (expression("zone", "DoesNotExist", json!(null)), true),
        (expression("tier", "DoesNotExist", json!([])), false),
    ] {
        let wanted = if isolates { denied() } else { Answer::NotIsolated };
        assert_eq!(to_8080(&[policy("p", spec.clone())], browser()), wanted, "{spec}");
    }
    assert_eq!(to_8080(&[], browser()), Answer::NotIsolated);
}

fn expression(key: &str, operator: &str, values: Value) -> Value {
    let expression = json!({ "key": key, "operator": operator, "values": values });
    json!({ "podSelector": { "matchExpressions": [expression] } })
}

#[test]
fn from_where() {
    for (from, browser_gets, somewhere_gets) in [
        (json!([]), allowed(), allowed()),
        (json!(null), allowed(), allowed()),
        // A selector selects Pods, and the browser is none.
        (json!([{ "podSelector": {} }]), denied(), denied()),
        (json!([{ "namespaceSelector": {} }]), denied(), denied()),
        (json!([{ "podSelector": {} }, { "namespaceSelector": {} }]), denied(), denied()),
        (json!([{ "ipBlock": { "cidr": "0.0.0.0/0" } }]), allowed(), allowed()),
        (json!([{ "ipBlock": { "cidr": "172.18.0.0/16" } }]), allowed(), unknown()),
        (json!([{ "ipBlock": { "cidr": "172.18.0.0/16", "except": ["172.18.0.1/32"] } }]), denied(), unknown()),
        (json!([{ "ipBlock": { "cidr": "10.0.0.0/8" } }]), denied(), unknown()),
        (json!([{ "ipBlock": { "cidr": "::/0" } }]), denied(), denied()),
        (json!([{ "podSelector": {} }, { "ipBlock": { "cidr": "172.18.0.1/32" } }]), allowed(), unknown()),
    ] {
        let policies = [allowing(json!([{ "from": from }]))];
        assert_eq!(to_8080(&policies, browser()), browser_gets, "{from}");
        assert_eq!(to_8080(&policies, somewhere()), somewhere_gets, "{from}");
        assert_eq!(to_8080(&policies, Origin::OwnNode), Answer::OwnNode, "{from}");
    }
    // A rule without anything admits everything; no rule admits nothing.
    assert_eq!(to_8080(&[allowing(json!([{}]))], browser()), allowed());
    assert_eq!(to_8080(&[allowing(json!([]))], browser()), denied());
    assert_eq!(to_8080(&[allowing(json!(null))], Origin::OwnNode), Answer::OwnNode);
}

#[test]
fn from_pods() {
    let (client, prod) = (labels(&[("app", "client")]), labels(&[("env", "prod")]));
    let pod = |namespace, namespace_labels| Origin::Pod { labels: &client, namespace, namespace_labels };
    let client_only = json!({ "matchLabels": { "app": "client" } });
    let prod_only = json!({ "matchLabels": { "env": "prod" } });
    for (peer, origin, wanted) in [
        (json!({ "podSelector": {} }), pod("shop", None), allowed()),
        (json!({ "podSelector": {} }), pod("other", Some(&prod)), denied()),
        (json!({ "podSelector": client_only }), pod("shop", None), allowed()),
        (json!({ "podSelector": { "matchLabels": { "app": "x" } } }), pod("shop", None), denied()),
        (json!({ "namespaceSelector": {} }), pod("other", None), allowed()),
        (json!({ "namespaceSelector": prod_only }), pod("other", Some(&prod)), allowed()),
        (json!({ "namespaceSelector": prod_only }), pod("other", Some(&Labels::new())), denied()),
        // The namespace's labels decide, and nobody has read them.
        (json!({ "namespaceSelector": prod_only }), pod("other", None), unknown()),
        // Both must fit; one that does not settles it.
        (json!({ "namespaceSelector": prod_only, "podSelector": client_only }), pod("other", Some(&prod)), allowed()),
        (
            json!({ "namespaceSelector": prod_only, "podSelector": { "matchLabels": { "app": "x" } } }),
            pod("other", None),
            denied(),
        ),
        (json!({ "namespaceSelector": {}, "podSelector": client_only }), pod("other", None), allowed()),
        (json!({ "ipBlock": { "cidr": "10.0.0.0/8" } }), pod("shop", None), unknown()),
        (json!({}), pod("shop", None), denied()),
    ] {
        assert_eq!(to_8080(&[allowing(json!([{ "from": [peer] }]))], origin), wanted, "{peer}");
    }
}

#[test]
fn to_which_port() {
    let http = || PortRef::Name("http".into());
    for (ports, port, protocol, admitted) in [
        (json!([]), PortRef::Number(8080), "TCP", true),
        (json!(null), PortRef::Number(8080), "UDP", true),
        (json!([{ "port": 8080 }]), PortRef::Number(8080), "TCP", true),
        (json!([{ "port": 8080 }]), PortRef::Number(8080), "", true),
        // The Pod's port counts, not the one of the Service.
        (json!([{ "port": 80 }]), PortRef::Number(8080), "TCP", false),
        (json!([{ "port": 8080, "protocol": "UDP" }]), PortRef::Number(8080), "TCP", false),
        (json!([{ "port": 8080 }]), PortRef::Number(8080), "UDP", false),
        (json!([{ "protocol": "UDP" }]), PortRef::Number(1), "UDP", true),
        (json!([{ "protocol": "UDP" }]), PortRef::Number(1), "TCP", false),
        (json!([{ "port": 8000, "endPort": 8080 }]), PortRef::Number(8080), "TCP", true),
        (json!([{ "port": 8000, "endPort": 8079 }]), PortRef::Number(8080), "TCP", false),
        (json!([{ "port": "http" }]), PortRef::Number(8080), "TCP", true),
        (json!([{ "port": "http" }]), PortRef::Number(9090), "TCP", false),
        (json!([{ "port": "metrics" }]), PortRef::Number(9090), "TCP", true),
        (json!([{ "port": "nobody" }]), PortRef::Number(8080), "TCP", false),
        // A name belongs to a protocol.
        (json!([{ "port": "dns" }]), PortRef::Number(5353), "TCP", false),
        (json!([{ "port": "dns", "protocol": "UDP" }]), PortRef::Number(5353), "UDP", true),
        (json!([{ "port": 8080 }]), http(), "TCP", true),
        (json!([{ "port": 9090 }]), http(), "TCP", false),
        (json!([{ "port": 9090 }]), PortRef::Name("nobody".into()), "TCP", false),
        (json!([{ "port": 1 }, { "port": 8080 }]), PortRef::Number(8080), "TCP", true),
    ] {
        let wanted = if admitted { allowed() } else { denied() };
        let policies = [allowing(json!([{ "ports": ports }]))];
        assert_eq!(to(&policies, port.clone(), protocol, browser()), wanted, "{ports} {port} {protocol}");
    }
    // Port and peer must fit in the same rule.
    let split = allowing(
        json!([{ "ports": [{ "port": 8080 }], "from": [{ "podSelector": {} }] }, { "ports": [{ "port": 1 }] }]),
    );
    assert_eq!(to_8080(&[split], browser()), denied());
}

/// What peers got wrong: a denial per policy instead of the union of all.
#[test]
fn two_policies_whose_union_allows() {
    let deny = policy("deny", json!({ "podSelector": {} }));
    let allow = policy("allow", json!({ "podSelector": {}, "ingress": [{ "ports": [{ "port": 8080 }] }] }));
    let elsewhere = policy("db", json!({ "podSelector": { "matchLabels": { "app": "db" } }, "ingress": [{}] }));
    assert_eq!(to_8080(&[deny.clone(), allow], browser()), Answer::Allowed("allow".into()));
    // One that admits everything to other Pods does not help this one.
    assert_eq!(to_8080(&[deny, elsewhere], browser()), Answer::Denied(vec!["deny".into()]));
}

#[test]
fn a_pod_in_its_nodes_network_is_never_isolated() {
    let mut pod = pod();
    pod.spec.host_network = true;
    let port = PortRef::Number(8080);
    let answer = evaluate(&[allowing(json!([]))], &pod, To { port: &port, protocol: "TCP" }, browser());
    assert_eq!(answer, Answer::NotIsolated);
}

fn any_selector() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        Just(json!({ "matchLabels": { "app": "web" } })),
        Just(json!({ "matchLabels": { "app": "db" } })),
        Just(json!({ "matchExpressions": [{ "key": "tier", "operator": "Exists" }] })),
        Just(json!({ "matchExpressions": [{ "key": "tier", "operator": "NotIn", "values": ["front"] }] })),
    ]
}

fn any_peer() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_selector().prop_map(|selector| json!({ "podSelector": selector })),
        any_selector().prop_map(|selector| json!({ "namespaceSelector": selector })),
        (any_selector(), any_selector()).prop_map(|(a, b)| json!({ "namespaceSelector": a, "podSelector": b })),
        prop::sample::select(vec!["0.0.0.0/0", "172.18.0.0/16", "10.0.0.0/8", "::/0"])
            .prop_map(|cidr| json!({ "ipBlock": { "cidr": cidr, "except": ["172.18.0.0/24"] } })),
        Just(json!({ "ipBlock": { "cidr": "172.18.0.1/32" } })),
    ]
}

fn any_port() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![80, 8080]).prop_map(|port| json!({ "port": port })),
        Just(json!({ "port": "http" })),
        Just(json!({ "port": 8000, "endPort": 9000 })),
        Just(json!({ "protocol": "UDP" })),
    ]
}

fn any_rule() -> impl Strategy<Value = Value> {
    let (from, ports) = (prop::collection::vec(any_peer(), 0..3), prop::collection::vec(any_port(), 0..3));
    (from, ports).prop_map(|(from, ports)| json!({ "from": from, "ports": ports }))
}

fn any_policy() -> impl Strategy<Value = NetworkPolicy> {
    let types = prop::sample::select(vec![json!(null), json!(["Ingress"]), json!(["Egress"])]);
    (any_selector(), types, prop::collection::vec(any_rule(), 0..3), 0..1000u32).prop_map(
        |(selector, types, ingress, name)| {
            let name = format!("p{name}");
            policy(&name, json!({ "podSelector": selector, "policyTypes": types, "ingress": ingress }))
        },
    )
}

fn any_policies() -> impl Strategy<Value = Vec<NetworkPolicy>> {
    prop::collection::vec(any_policy(), 0..4)
}

/// Every kind of source but the own node.
fn strangers(labels: &Labels) -> [Origin<'_>; 5] {
    [
        browser(),
        somewhere(),
        Origin::Somewhere { ipv6: true },
        Origin::Pod { labels, namespace: "shop", namespace_labels: None },
        Origin::Pod { labels, namespace: "other", namespace_labels: Some(labels) },
    ]
}

proptest! {
    #[test]
    fn a_policy_that_does_not_select_the_pod_changes_nothing(policies in any_policies(), mut other in any_policy()) {
        other.spec.pod_selector = serde_json::from_value(json!({ "matchLabels": { "app": "elsewhere" } })).unwrap();
        let labels = labels(&[("app", "web")]);
        let more: Vec<_> = policies.iter().cloned().chain([other]).collect();
        for from in strangers(&labels) {
            prop_assert_eq!(to_8080(&policies, from), to_8080(&more, from));
        }
    }

    #[test]
    fn one_more_rule_never_shuts_anybody_out(policies in any_policies(), rule in any_rule(), at in 0..4usize) {
        let labels = labels(&[("app", "web")]);
        let mut more = policies.clone();
        if let Some(policy) = more.get_mut(at) {
            policy.spec.ingress.push(serde_json::from_value(rule).unwrap());
        }
        for from in strangers(&labels) {
            let (before, after) = (to_8080(&policies, from), to_8080(&more, from));
            let allows = |answer: &Answer| matches!(answer, Answer::Allowed(_) | Answer::NotIsolated);
            prop_assert!(!allows(&before) || allows(&after), "{before:?} {after:?}");
            prop_assert!(!matches!(before, Answer::Unknown(_)) || !matches!(after, Answer::Denied(_)));
        }
    }

    #[test]
    fn order_does_not_matter(policies in any_policies()) {
        let labels = labels(&[("app", "web")]);
        let mut turned: Vec<_> = policies.iter().rev().cloned().collect();
        for policy in &mut turned {
            policy.spec.ingress.reverse();
            for rule in &mut policy.spec.ingress {
                rule.from.reverse();
                rule.ports.reverse();
            }
        }
        for from in strangers(&labels) {
            prop_assert_eq!(to_8080(&policies, from), to_8080(&turned, from));
        }
    }

    #[test]
    fn the_own_node_is_always_let_in(policies in any_policies()) {
        let answer = to_8080(&policies, Origin::OwnNode);
        prop_assert!(matches!(answer, Answer::NotIsolated | Answer::OwnNode), "{answer:?}");
    }

    /// What is said about an address that nobody knows holds for every address.
    #[test]
    fn what_is_known_about_no_address_holds_for_all(policies in any_policies(), ip in any::<[u8; 4]>()) {
        let one = to_8080(&policies, Origin::Address(ip.into()));
        match to_8080(&policies, somewhere()) {
            Answer::Unknown(_) => {}
            Answer::Allowed(_) => prop_assert!(matches!(one, Answer::Allowed(_)), "{one:?}"),
            other => prop_assert_eq!(one, other),
        }
    }
}
