//! What the properties found, made small.

use netpath::ask::{Ask, Why};
use netpath::report::{State, Verdict};
use serde_json::{Value, json};

use super::oracle::{API_SERVER, Oracle};
use super::{places, web};

/// The Service `web` at a node port that is published, one Node, and what is added.
fn oracle(selector: &Value, slice: &Value, pods: Vec<Value>) -> Oracle {
    let binding = |port: u16| json!([{ "HostIp": "127.0.0.1", "HostPort": port.to_string() }]);
    let ports = json!({ "6443/tcp": binding(API_SERVER), "30080/tcp": binding(8080) });
    let mut objects = vec![
        json!({ "kind": "Service", "metadata": { "name": "web", "namespace": "web" },
                "spec": { "type": "NodePort", "clusterIP": "10.96.0.7", "selector": selector,
                          "ports": [{ "port": 80, "targetPort": 8080, "nodePort": 30080, "protocol": "TCP" }] } }),
        json!({ "kind": "Node", "metadata": { "name": "dev-control-plane" },
                "spec": { "providerID": "kind://docker/dev/dev-control-plane" },
                "status": { "conditions": [{ "type": "Ready", "status": "True" }],
                            "addresses": [{ "type": "InternalIP", "address": "192.0.2.2" }] } }),
        json!({ "kind": "EndpointSlice", "addressType": "IPv4", "ports": [{ "port": 8080, "protocol": "TCP" }],
                "metadata": { "name": "web-1", "namespace": "web", "labels": { "kubernetes.io/service-name": "web" } },
                "endpoints": slice }),
    ];
    objects.extend(pods);
    let container = json!({
        "Name": "/dev-control-plane", "State": { "Status": "running" },
        "Config": { "Labels": { "io.x-k8s.kind.cluster": "dev", "io.x-k8s.kind.role": "control-plane" } },
        "HostConfig": { "PortBindings": ports }, "NetworkSettings": { "Ports": ports, "Networks": { "kind": {} } },
    });
    Oracle {
        objects,
        containers: vec![container],
        interfaces: Vec::new(),
        dice: vec![0],
        refused: Vec::new(),
        blind: Vec::new(),
        minikube: None,
        wsl: false,
    }
}

/// The selector matches no Pod, and somebody made an endpoint by hand: it works. Without
/// the right to read slices nobody knows that there is one.
#[test]
fn endpoints_by_hand_that_may_not_be_read() {
    let endpoint = json!([{ "addresses": ["10.244.0.5"], "conditions": { "ready": true } }]);
    let whole = oracle(&json!({ "app": "wbe" }), &endpoint, Vec::new());
    assert_eq!(whole.run(&web()).report().verdict, Verdict::Reachable);
    let partial = Oracle { blind: vec!["EndpointSlice"], ..whole };
    assert_ne!(partial.run(&web()).report().verdict, Verdict::Unreachable);
}

fn pod(name: &str, statuses: &Value) -> Value {
    json!({ "kind": "Pod", "metadata": { "name": name, "namespace": "web", "labels": { "app": "web" } },
            "spec": { "nodeName": "dev-control-plane", "containers": [{ "name": "app", "image": "web:1" }] },
            "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": "False" }],
                        "containerStatuses": statuses } })
}

/// Two Pods that are not ready, each for a reason of its own: the first of the list is told.
/// The API server lists by name, so the same cluster has one answer, by chance of names.
#[test]
fn the_order_of_pods_that_are_not_ready() {
    let starting = pod("web-0", &json!([]));
    let failing =
        pod("web-1", &json!([{ "name": "app", "ready": false, "restartCount": 0, "state": { "running": {} } }]));
    let root = |pods| oracle(&json!({ "app": "web" }), &json!([]), pods).run(&web()).report().ports[0].root;
    assert_eq!(root(vec![starting.clone(), failing.clone()]), root(vec![failing, starting]));
}

/// The same of two Deployments with the same labels and no Pods: one waits for its first
/// Pod, the other may not make any.
#[test]
fn the_order_of_workloads_without_pods() {
    let deployment = |name: &str, conditions: Value| {
        json!({ "kind": "Deployment", "metadata": { "name": name, "namespace": "web" },
                "spec": { "replicas": 1, "template": { "metadata": { "labels": { "app": "web" } } } },
                "status": { "conditions": conditions } })
    };
    let quota = json!([{ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota" }]);
    let (waiting, refused) = (deployment("a", json!([])), deployment("b", quota));
    let root = |all| oracle(&json!({ "app": "web" }), &json!([]), all).run(&web()).report().ports[0].root;
    assert_eq!(root(vec![waiting.clone(), refused.clone()]), root(vec![refused, waiting]));
}

/// The node is gone, its Pod's containers still say ready, the endpoint is not. Without the
/// right to read Nodes nobody knows why: "it is still starting" is not why.
#[test]
fn a_node_that_may_not_be_read() {
    let ready = json!([{ "name": "app", "ready": true, "restartCount": 0, "state": { "running": {} } }]);
    let endpoint = json!([{ "addresses": ["10.244.0.5"], "conditions": { "ready": false },
                            "targetRef": { "kind": "Pod", "name": "web-0" } }]);
    let mut whole = oracle(&json!({ "app": "web" }), &endpoint, vec![pod("web-0", &ready)]);
    whole.objects[1]["status"]["conditions"] = json!([{ "type": "Ready", "status": "Unknown" }]);
    let root = |oracle: &Oracle| oracle.run(&web()).report().ports[0].root.map(|code| code.as_str());
    assert_eq!(root(&whole), Some("K502"));
    let partial = Oracle { blind: vec!["Node"], ..whole };
    assert_ne!(root(&partial), Some("K216"));
}

/// The same address of the node, unknown without this computer's interfaces: it may answer.
#[test]
fn interfaces_that_may_not_be_read() {
    let endpoint = json!([{ "addresses": ["10.244.0.5"], "conditions": { "ready": true } }]);
    let mut whole = oracle(&json!(null), &endpoint, Vec::new());
    whole.containers[0]["NetworkSettings"]["Ports"].as_object_mut().expect("ports").remove("30080/tcp");
    whole.containers[0]["NetworkSettings"]["Networks"] =
        json!({ "kind": { "IPAddress": "192.0.2.2", "Gateway": "192.0.2.1" } });
    let refused = vec![(Ask::Host, Why::PermissionDenied { detail: "no".into() })];
    let run = Oracle { refused, ..whole }.run(&web());
    assert_ne!(run.report().verdict, Verdict::Unreachable, "{:?}", places(run.report(), State::Missing));
}
