//! Every read of a run, refused in turn: with 403, with 500 and without an answer.
//!
//! What could not be read is unknown. It is never a hop that is missing, never closes a
//! port that is open, and the report names it with the command that would settle it.
//!
//! Composed by hand from the healthy cluster of the tests; nothing here was recorded.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Behind, Fault, Lab, Plan, Report};

const WEB: &str = "/api/v1/namespaces/web";
const POD: &str = "web-7c5ddbdf54-x2x9q";
const REFUSED: &str = "error trying to reach service: dial tcp 10.244.0.5:8080: connect: connection refused";
const LOST: &str = "error trying to reach service: dial tcp 10.244.0.5:8080: i/o timeout";

/// One target in one composed cluster.
struct Scene {
    name: &'static str,
    arguments: &'static [&'static str],
    lab: fn() -> Lab,
}

fn port(service: &mut Value) -> &mut Value {
    &mut service["spec"]["ports"][0]
}

fn internal(plan: &mut Plan) {
    plan.cluster.service["spec"]["type"] = json!("ClusterIP");
    port(&mut plan.cluster.service).as_object_mut().expect("a port").remove("nodePort");
}

fn container(plan: &mut Plan, state: Value) {
    plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
    plan.cluster.pod["status"]["containerStatuses"][0]["state"] = state;
    plan.cluster.pod["status"]["conditions"] =
        json!([{ "type": "PodScheduled", "status": "True" }, { "type": "Ready", "status": "False" }]);
    plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false, "serving": false });
}

/// No Pods, and an empty slice, as the controller leaves it.
fn nobody(plan: &mut Plan) {
    plan.cluster.slice["endpoints"] = json!([]);
    plan.cluster.pod["metadata"]["labels"] = json!({ "app": "other" });
}

/// A worker that runs the Pod, while traffic enters at the control plane and stays there.
fn elsewhere(plan: &mut Plan) {
    plan.cluster.service["spec"]["externalTrafficPolicy"] = json!("Local");
    plan.cluster.slice["endpoints"][0]["nodeName"] = json!("dev-worker");
}

/// An Ingress to `web`, with a class, a certificate and a controller with a node port.
fn ingress() -> Lab {
    let mut controller = Value::Null;
    let lab = Lab::behind(Behind::Hello, |plan| {
        controller = plan.cluster.service.clone();
        internal(plan);
    });
    controller["metadata"] =
        json!({ "name": "traefik", "namespace": "front", "labels": { "app.kubernetes.io/name": "traefik" } });
    controller["spec"]["selector"] = json!({ "app": "traefik" });
    let healthy = support::Cluster::healthy();
    let (mut pod, mut slice) = (healthy.pod, healthy.slice);
    pod["metadata"] = json!({ "name": "traefik-0", "namespace": "front", "labels": { "app": "traefik" } });
    slice["metadata"]["namespace"] = json!("front");
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = json!("traefik");
    slice["endpoints"][0]["targetRef"] = json!({ "kind": "Pod", "namespace": "front", "name": "traefik-0" });
    let web = lab.service();
    lab.server.list("/api/v1/services", "ServiceList", [web, controller]);
    lab.server.list("/api/v1/namespaces/front/pods", "PodList", [pod]);
    lab.server.list("/apis/discovery.k8s.io/v1/namespaces/front/endpointslices", "EndpointSliceList", [slice]);
    let class = json!({ "metadata": { "name": "traefik" }, "spec": { "controller": "traefik.io/ingress-controller" } });
    lab.server.list("/apis/networking.k8s.io/v1/ingressclasses", "IngressClassList", [class]);
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    let front = json!({
        "kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": { "name": "front", "namespace": "web" },
        "spec": {
            "ingressClassName": "traefik", "tls": [{ "hosts": ["web.localhost"], "secretName": "web" }],
            "rules": [{ "host": "web.localhost", "http": { "paths": [
                { "path": "/", "pathType": "Prefix", "backend": backend }] } }],
        },
    });
    let ingresses = "/apis/networking.k8s.io/v1/namespaces/web/ingresses";
    lab.server.list(ingresses, "IngressList", [front.clone()]);
    lab.server.object(&format!("{ingresses}/front"), front);
    let secret =
        json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": { "name": "web" } });
    lab.server.object(&format!("{WEB}/secrets/web"), secret);
    lab
}

const SCENES: [Scene; 20] = [
    Scene { name: "healthy", arguments: &["svc/web"], lab: Lab::healthy },
    Scene {
        name: "another port",
        arguments: &["svc/web"],
        lab: || Lab::with(|plan| port(&mut plan.cluster.service)["nodePort"] = json!(31000)),
    },
    Scene { name: "no such Service", arguments: &["svc/wbe"], lab: Lab::healthy },
    Scene { name: "no such namespace", arguments: &["svc/web", "-n", "wbe"], lab: Lab::healthy },
    Scene { name: "no Pods", arguments: &["svc/web"], lab: || Lab::behind(Behind::Closes, nobody) },
    Scene {
        name: "not ready",
        arguments: &["svc/web"],
        lab: || Lab::behind(Behind::Closes, |plan| container(plan, json!({ "running": {} }))),
    },
    Scene {
        name: "no endpoint for a ready Pod",
        arguments: &["svc/web"],
        lab: || Lab::behind(Behind::Closes, |plan| plan.cluster.slice["endpoints"] = json!([])),
    },
    Scene {
        name: "nothing listens",
        arguments: &["svc/web"],
        lab: || {
            let lab = Lab::behind(Behind::Closes, |plan| {
                port(&mut plan.cluster.service)["targetPort"] = json!(9999);
                plan.cluster.slice["ports"][0]["port"] = json!(9999);
            });
            lab.server.status(&format!("{WEB}/services/web:80/proxy/"), 503, REFUSED);
            lab.server.status(&format!("{WEB}/pods/{POD}:9999/proxy/"), 503, REFUSED);
            lab
        },
    },
    Scene {
        name: "packets get lost",
        arguments: &["svc/web"],
        lab: || {
            let lab = Lab::behind(Behind::Silent, |_| ());
            lab.server.status(&format!("{WEB}/services/web:80/proxy/"), 503, LOST);
            let deny = json!({ "metadata": { "name": "deny", "namespace": "web" },
            "spec": { "podSelector": {}, "policyTypes": ["Ingress"] } });
            let policies = "/apis/networking.k8s.io/v1/namespaces/web/networkpolicies";
            lab.server.list(policies, "NetworkPolicyList", [deny]);
            let plugin = json!({ "metadata": { "name": "kindnet", "namespace": "kube-system" },
            "status": { "desiredNumberScheduled": 1, "numberReady": 1 } });
            lab.server.list("/apis/apps/v1/daemonsets", "DaemonSetList", [plugin]);
            let role = json!({ "kind": "ClusterRole", "metadata": { "name": "kindnet" },
            "rules": [{ "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"] }] });
            lab.server.object("/apis/rbac.authorization.k8s.io/v1/clusterroles/kindnet", role);
            lab
        },
    },
    Scene {
        name: "refused at a declared port",
        arguments: &["svc/web"],
        lab: || {
            let lab = Lab::behind(Behind::Closes, |_| ());
            lab.server.status(&format!("{WEB}/services/web:80/proxy/"), 503, REFUSED);
            lab.server.status(&format!("{WEB}/pods/{POD}:8080/proxy/"), 503, REFUSED);
            lab
        },
    },
    Scene {
        name: "node not ready",
        arguments: &["svc/web"],
        lab: || {
            Lab::behind(Behind::Closes, |plan| {
                plan.cluster.node["status"]["conditions"] =
                    json!([{ "type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown" }]);
                plan.cluster.pod["status"]["conditions"] =
                    json!([{ "type": "PodScheduled", "status": "True" }, { "type": "Ready", "status": "False" }]);
                plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false, "serving": false });
            })
        },
    },
    Scene {
        name: "scaled to zero",
        arguments: &["svc/web"],
        lab: || {
            let lab = Lab::behind(Behind::Closes, nobody);
            let workload = json!({ "metadata": { "name": "web", "namespace": "web" }, "spec": { "replicas": 0,
            "template": { "metadata": { "labels": { "app": "web" } } } }, "status": {} });
            lab.server.list("/apis/apps/v1/namespaces/web/statefulsets", "StatefulSetList", [workload]);
            lab.server.list("/apis/apps/v1/namespaces/web/deployments", "DeploymentList", []);
            lab
        },
    },
    Scene {
        name: "another port, and an Ingress",
        arguments: &["svc/web"],
        lab: || {
            let lab = ingress();
            let mut service = lab.service();
            service["spec"]["type"] = json!("NodePort");
            port(&mut service)["nodePort"] = json!(31000);
            lab.server.object(&format!("{WEB}/services/web"), service);
            lab
        },
    },
    Scene { name: "stays on another node", arguments: &["svc/web"], lab: || Lab::with(elsewhere) },
    Scene { name: "internal", arguments: &["svc/web"], lab: || Lab::with(internal) },
    Scene {
        name: "load balancer",
        arguments: &["svc/web"],
        lab: || {
            Lab::with(|plan| {
                plan.cluster.service["spec"]["type"] = json!("LoadBalancer");
                plan.unpublish();
                plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "ip": "198.51.100.7" }] });
            })
        },
    },
    Scene { name: "a Deployment", arguments: &["deploy/web"], lab: Lab::healthy },
    Scene { name: "a Pod", arguments: &["pod/web-7c5ddbdf54-x2x9q"], lab: Lab::healthy },
    Scene { name: "an Ingress", arguments: &["ing/front"], lab: ingress },
    Scene { name: "behind an Ingress", arguments: &["svc/web"], lab: ingress },
];

/// What `unobserved` calls the resource behind a path, and the verb and resource of the
/// line that would settle a 403. `None` for what only words a remedy or an evidence: its
/// absence from a report takes nothing away.
fn named(path: &str) -> Option<(&'static str, &'static str)> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let namespaced = parts.iter().position(|part| *part == "namespaces").filter(|at| parts.len() > at + 2);
    let rest = &parts[namespaced.map_or_else(|| if parts[0] == "api" { 2 } else { 3 }, |at| at + 2)..];
    Some(match rest {
        ["services", _, "proxy"] => ("the service proxy", "get services --subresource=proxy"),
        ["services", _] => ("services", "get services"),
        ["services"] => ("services", "list services"),
        ["endpointslices"] => ("endpointslices.discovery.k8s.io", "list endpointslices.discovery.k8s.io"),
        ["pods", _, "portforward"] => ("port-forward", "get pods --subresource=portforward"),
        ["pods", _, "proxy"] => return None,
        ["pods", _] => ("pods", "get pods"),
        ["pods"] => ("pods", "list pods"),
        ["secrets", _] => ("secrets", "get secrets"),
        ["ingresses"] => ("ingresses.networking.k8s.io", "list ingresses.networking.k8s.io"),
        ["ingresses", _] => ("ingresses.networking.k8s.io", "get ingresses.networking.k8s.io"),
        ["ingressclasses"] => ("ingressclasses.networking.k8s.io", "list ingressclasses.networking.k8s.io"),
        ["networkpolicies"] => ("networkpolicies.networking.k8s.io", "list networkpolicies.networking.k8s.io"),
        ["clusterroles", _] => ("who enforces NetworkPolicy", "get clusterroles.rbac.authorization.k8s.io"),
        ["daemonsets"] if namespaced.is_none() => ("who enforces NetworkPolicy", "list daemonsets.apps -A"),
        ["deployments"] => ("deployments.apps", "list deployments.apps"),
        ["deployments", "web"] => ("deployments.apps", "get deployments.apps"),
        _ => return None,
    })
}

/// Reads that only word a remedy, in the scenes where they are no more than that.
const ONLY_WORDS: [(&str, &str); 6] = [
    ("no such Service", "/api/v1/namespaces/web/services"),
    ("no such Service", "/apis/apps/v1/namespaces/web/deployments"),
    ("no such namespace", "/api/v1/namespaces/wbe/services"),
    ("no such namespace", "/apis/apps/v1/namespaces/wbe/deployments"),
    // The workload that explains it is of another kind, and was found.
    ("scaled to zero", "/apis/apps/v1/namespaces/web/deployments"),
    // Other Services' node ports, for a free door.
    ("*", "/api/v1/services"),
];

/// Slices that were asked for beside a Service that is not there.
fn counts(scene: &Scene, path: &str) -> bool {
    let words = ONLY_WORDS.iter().any(|(name, only)| *only == path && (*name == scene.name || *name == "*"));
    let beside = scene.name.starts_with("no such") && path.ends_with("/endpointslices");
    let controller = path == "/api/v1/services" && scene.name.ends_with("an Ingress");
    // Elsewhere the stream settles nothing that is not known without it.
    let stream = path.ends_with("/portforward") && scene.name != "refused at a declared port";
    controller || !(words || beside || stream)
}

/// What is asked live: an error of the API server is its answer.
fn live(path: &str) -> bool {
    path.ends_with("/proxy/") || path.ends_with("/portforward")
}

/// Where each hop stands, on whatever road.
fn places(report: &Report, state: &str) -> BTreeSet<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = BTreeSet::new();
    for port in list(&report.0["ports"]) {
        for road in list(&port["roads"]) {
            for hop in list(&road["hops"]).iter().filter(|hop| hop["state"] == state) {
                found.insert(format!("{} {} {}", port["port"], road["id"], hop["id"]));
            }
        }
    }
    found
}

/// The paths that a run asks for, without their queries.
fn reads(lab: &Lab) -> BTreeSet<String> {
    lab.server.paths().iter().map(|path| path.split('?').next().unwrap_or(path).to_owned()).collect()
}

/// Runs each scene whole, then once for each of its reads with that read broken. Most of
/// the time is spent waiting, so all of it side by side.
fn each_read(scenes: &[Scene], fault: Fault, check: impl Fn(&Scene, &str, &Report, &Report) + Sync) {
    let check = &check;
    std::thread::scope(|threads| {
        for scene in scenes {
            threads.spawn(move || {
                let lab = (scene.lab)();
                let whole = &lab.explain(scene.arguments);
                let reads: Vec<String> = reads(&lab).into_iter().collect();
                std::thread::scope(|threads| {
                    for part in reads.chunks(4) {
                        threads.spawn(move || {
                            for path in part {
                                let lab = (scene.lab)();
                                lab.server.fault(path, fault);
                                check(scene, path, whole, &lab.explain(scene.arguments));
                            }
                        });
                    }
                });
            });
        }
    });
}

/// What holds whatever stands in the way of a read.
#[track_caller]
fn takes_nothing_for_absent(scene: &Scene, path: &str, whole: &Report, partial: &Report) {
    let at = format!("{}, without {path}", scene.name);
    let present = places(whole, "present");
    let doubted = places(whole, "missing");
    let lost: Vec<_> =
        places(partial, "missing").into_iter().filter(|hop| present.contains(hop) && !doubted.contains(hop)).collect();
    assert!(lost.is_empty(), "{at}: {lost:?} missing\n{partial}");
    if partial.verdict() == "unreachable" {
        assert_eq!(whole.verdict(), "unreachable", "{at}: {partial}");
    }
    // Nothing new is found by looking less.
    let new: Vec<_> =
        partial.codes().into_iter().filter(|code| !whole.codes().contains(code) && !code.starts_with('C')).collect();
    let unanswered = new == ["K503"] && partial.verdict() == "undetermined";
    let known = unanswered || new.iter().all(|code| ONLY_THEN.contains(&(scene.name, path, code)));
    assert!(known, "{at}: {new:?} {partial}");
}

/// Codes, beside "the API server does not answer", that are said only because the better one could not be: true all the same.
const ONLY_THEN: [(&str, &str, &str); 5] = [
    // The Service is not there either, whether or not its namespace is.
    ("no such namespace", "/api/v1/namespaces/wbe", "K101"),
    // The Service's own road is closed, whatever another one may do.
    ("another port, and an Ingress", "/api/v1/services", "V101"),
    ("another port, and an Ingress", "/apis/networking.k8s.io/v1/ingressclasses", "V101"),
    ("another port, and an Ingress", "/apis/networking.k8s.io/v1/namespaces/web/ingresses", "V101"),
    // Its containers run and the Pod is not ready: without the Node nobody knows why.
    ("node not ready", "/api/v1/nodes", "K216"),
];

#[test]
fn a_read_that_is_forbidden_is_unknown_and_named() {
    each_read(&SCENES, Fault::Status(403), |scene, path, whole, partial| {
        takes_nothing_for_absent(scene, path, whole, partial);
        let Some((what, right)) = named(path).filter(|_| counts(scene, path)) else { return };
        let unobserved = partial.unobserved();
        let entry = unobserved.iter().find(|(named, ..)| named == what);
        let (_, why, settle) =
            entry.unwrap_or_else(|| panic!("{}, without {path}: {what} not in {partial}", scene.name));
        assert!(why.starts_with("you may not read this"), "{path}: {why}");
        // The target itself: the finding about the right has the line.
        let mut lines = settle.clone();
        if partial.codes().contains(&"C105") {
            lines.extend(partial.commands("C105"));
        }
        let namespace = path.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("web");
        let flag = if namespace == "web" { String::new() } else { format!("-n {namespace} ") };
        let line = format!("kubectl {flag}auth can-i {right}");
        assert!(lines.contains(&line), "{}, without {path}: no {line} in {lines:?}", scene.name);
    });
}

#[test]
fn a_server_error_is_unknown() {
    each_read(&SCENES, Fault::Status(500), |scene, path, whole, partial| {
        takes_nothing_for_absent(scene, path, whole, partial);
        let Some((what, _)) = named(path).filter(|_| counts(scene, path) && !live(path)) else { return };
        let unobserved = partial.unobserved();
        assert!(unobserved.iter().any(|(named, ..)| named == what), "{}, without {path}: {partial}", scene.name);
    });
}

/// Waiting costs time: the scenes with the most different reads.
#[test]
fn no_answer_in_time_is_unknown() {
    let slow: Vec<Scene> = SCENES
        .into_iter()
        .filter(|scene| ["healthy", "not ready", "no Pods", "an Ingress"].contains(&scene.name))
        .collect();
    each_read(&slow, Fault::Hang, |scene, path, whole, partial| {
        takes_nothing_for_absent(scene, path, whole, partial);
    });
}
