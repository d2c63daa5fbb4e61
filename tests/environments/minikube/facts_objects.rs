//! The API objects of the real workload. Services are what `kubectl get services` printed;
//! Deployments, Pods and EndpointSlices were not written down and follow from
//! `facts/workload.yaml`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::minikube::facts_read::{Row, file};

/// The objects by the paths of the API, for a node with a name.
pub fn objects(node: Value, rows: &[Row], replicas: usize) -> BTreeMap<String, Value> {
    let text = file("workload.yaml");
    let workload: Vec<Value> =
        text.split("\n---\n").map(|document| serde_yaml::from_str(document).expect("YAML")).collect();
    let of_kind = |kind: &'static str| workload.iter().filter(move |object| object["kind"] == kind);
    let node_name = node["metadata"]["name"].clone();
    let pods: Vec<Value> = of_kind("Deployment")
        .enumerate()
        .take_while(|_| replicas > 0)
        .map(|(at, of)| pod(of, at, &node_name))
        .collect();
    let deployments: Vec<Value> = of_kind("Deployment").map(|object| deployment(object, replicas)).collect();
    let services: Vec<Value> = rows.iter().map(|row| service(row, of_kind("Service"))).collect();
    let slices: Vec<Value> = services.iter().map(|service| slice(service, &pods)).collect();
    let list = |kind: &str, items: Vec<Value>| json!({ "kind": format!("{kind}List"), "items": items });
    let mut api: BTreeMap<String, Value> = BTreeMap::new();
    for (path, all) in [("/api/v1", &services), ("/apis/apps/v1", &deployments)] {
        let plural = if path == "/api/v1" { "services" } else { "deployments" };
        for object in all {
            let name = object["metadata"]["name"].as_str().expect("a name");
            api.insert(format!("{path}/namespaces/default/{plural}/{name}"), object.clone());
        }
    }
    let namespace = json!({ "kind": "Namespace", "metadata": { "name": "default" } });
    api.insert("/api/v1/namespaces/default".into(), namespace);
    api.insert("/api/v1/nodes".into(), list("Node", vec![node]));
    api.insert("/api/v1/namespaces/default/pods".into(), list("Pod", pods));
    api.insert("/api/v1/namespaces/default/services".into(), list("Service", services));
    api.insert("/apis/apps/v1/namespaces/default/deployments".into(), list("Deployment", deployments));
    for kind in ["StatefulSet", "DaemonSet", "ReplicaSet"] {
        let plural = format!("{}s", kind.to_ascii_lowercase());
        api.insert(format!("/apis/apps/v1/namespaces/default/{plural}"), list(kind, Vec::new()));
    }
    api.insert("/apis/batch/v1/namespaces/default/jobs".into(), list("Job", Vec::new()));
    // As on every cluster of kubeadm.
    let labels = json!({ "k8s-app": "kube-proxy" });
    let kube_proxy = json!({
        "kind": "DaemonSet",
        "metadata": { "name": "kube-proxy", "namespace": "kube-system", "labels": labels },
        "spec": { "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels }, "spec": { "containers": [] } } },
        "status": { "desiredNumberScheduled": 1, "numberReady": 1 },
    });
    api.insert("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy".into(), kube_proxy);
    let path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    api.insert(path.into(), list("EndpointSlice", slices));
    api
}

fn deployment(written: &Value, replicas: usize) -> Value {
    let mut object = written.clone();
    object["metadata"]["namespace"] = json!("default");
    object["spec"]["replicas"] = json!(replicas);
    let ready = if is_ready(written) { replicas } else { 0 };
    object["status"] = json!({ "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": ready });
    object
}

/// One of them answers its readiness probe with 503.
fn is_ready(deployment: &Value) -> bool {
    deployment["spec"]["template"]["spec"]["containers"][0]["args"][0] != "-ready-code"
}

fn pod(deployment: &Value, at: usize, node: &Value) -> Value {
    let template = &deployment["spec"]["template"];
    let ready = is_ready(deployment);
    let condition = |kind: &str, is: bool| json!({ "type": kind, "status": if is { "True" } else { "False" } });
    let mut spec = template["spec"].clone();
    spec["nodeName"] = node.clone();
    json!({
        "metadata": {
            "name": format!("{}-7d4b", deployment["metadata"]["name"].as_str().expect("a name")),
            "namespace": "default",
            "labels": template["metadata"]["labels"],
        },
        "spec": spec,
        "status": {
            "phase": "Running", "podIP": format!("10.244.0.{}", at + 5),
            "conditions": [condition("Ready", ready), condition("ContainersReady", ready), condition("PodScheduled", true)],
            "containerStatuses": [{ "name": "app", "ready": ready, "restartCount": 0, "state": { "running": {} } }],
        },
    })
}

/// A Service as it was printed; what is not printed is the workload's. One that was made
/// later by `kubectl expose` leads to the same Pods.
fn service<'a>(row: &Row, mut written: impl Iterator<Item = &'a Value>) -> Value {
    let written = written.find(|object| object["metadata"]["name"] == row.name.as_str());
    let selector = written.map_or_else(|| json!({ "app": "web" }), |object| object["spec"]["selector"].clone());
    let ports: Vec<Value> = row
        .ports
        .iter()
        .enumerate()
        .map(|(at, (port, node_port, protocol))| {
            let own = written.map(|object| &object["spec"]["ports"][at]);
            let target = own.map_or_else(|| json!(8080), |port| port["targetPort"].clone());
            let mut object = json!({ "port": port, "targetPort": target, "protocol": protocol });
            if *node_port != 0 {
                object["nodePort"] = json!(node_port);
            }
            if let Some(name) = own.and_then(|port| port.get("name")) {
                object["name"] = name.clone();
            }
            object
        })
        .collect();
    let ingress: Vec<Value> = row.address.iter().map(|ip| json!({ "ip": ip, "ipMode": "VIP" })).collect();
    json!({
        "kind": "Service",
        "metadata": { "name": row.name, "namespace": "default" },
        "spec": {
            "type": row.kind, "clusterIP": row.cluster_ip, "clusterIPs": [row.cluster_ip], "selector": selector,
            "ports": ports, "ipFamilies": ["IPv4"], "externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Cluster",
        },
        "status": { "loadBalancer": if ingress.is_empty() { json!({}) } else { json!({ "ingress": ingress }) } },
    })
}

fn slice(service: &Value, pods: &[Value]) -> Value {
    let name = service["metadata"]["name"].as_str().expect("a name");
    let selector = service["spec"]["selector"].as_object().expect("a selector");
    let has = |pod: &&Value| selector.iter().all(|(key, value)| pod["metadata"]["labels"][key] == *value);
    let endpoints: Vec<Value> = pods
        .iter()
        .filter(has)
        .map(|pod| {
            let ready = pod["status"]["conditions"][0]["status"] == "True";
            json!({
                "addresses": [pod["status"]["podIP"]], "nodeName": pod["spec"]["nodeName"],
                "conditions": { "ready": ready, "serving": ready, "terminating": false },
                "targetRef": { "kind": "Pod", "name": pod["metadata"]["name"], "namespace": "default" },
            })
        })
        .collect();
    let ports: Vec<Value> = service["spec"]["ports"]
        .as_array()
        .expect("ports")
        .iter()
        .map(|port| {
            let name = port.get("name").cloned().unwrap_or_else(|| json!(""));
            json!({ "name": name, "port": port["targetPort"], "protocol": port["protocol"] })
        })
        .collect();
    let empty = endpoints.is_empty();
    json!({
        "metadata": { "name": format!("{name}-x"), "namespace": "default", "labels": { "kubernetes.io/service-name": name } },
        "addressType": "IPv4",
        "ports": if empty { Value::Null } else { json!(ports) },
        "endpoints": if empty { Value::Null } else { json!(endpoints) },
    })
}
