//! The healthy cluster: a Deployment "web" with its Pod, its Service and its node.

use serde_json::{Value, json};

use super::Machine;

impl Machine {
    /// The API objects of the healthy cluster.
    pub(super) fn healthy(&mut self, node: &str, ip: &str) {
        let meta = |name: &str| json!({ "name": name, "namespace": "default" });
        self.api.insert("/api/v1/nodes".into(), json!({ "kind": "NodeList", "items": [] }));
        self.add_node_object(node, ip);
        let ready = json!({ "type": "Ready", "status": "True" });
        self.api.insert(
            "/api/v1/namespaces/default/pods".into(),
            json!({ "kind": "PodList", "items": [{
                "metadata": { "name": "web-7d4b", "namespace": "default", "labels": { "app": "web" } },
                "spec": { "nodeName": node, "containers": [{ "name": "app", "image": "app:1", "ports": [{ "containerPort": 8080 }] }] },
                "status": { "phase": "Running", "podIP": "10.244.0.4", "conditions": [ready],
                    "containerStatuses": [{ "name": "app", "ready": true, "restartCount": 0, "state": { "running": {} } }] },
            }] }),
        );
        self.api.insert(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices".into(),
            json!({ "kind": "EndpointSliceList", "items": [{
                "metadata": { "name": "web-x", "namespace": "default", "labels": { "kubernetes.io/service-name": "web" } },
                "addressType": "IPv4",
                "ports": [{ "name": "", "port": 8080, "protocol": "TCP" }],
                "endpoints": [{ "addresses": ["10.244.0.4"], "nodeName": node,
                    "conditions": { "ready": true, "serving": true, "terminating": false },
                    "targetRef": { "kind": "Pod", "name": "web-7d4b", "namespace": "default" } }],
            }] }),
        );
        self.api
            .insert("/api/v1/namespaces/default".into(), json!({ "kind": "Namespace", "metadata": meta("default") }));
        // What every cluster of kubeadm has, or has none of.
        let list = |kind: &str, items: Value| json!({ "kind": kind, "items": items });
        let deployment = json!({ "metadata": meta("web"), "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } } } }, "status": { "replicas": 1, "readyReplicas": 1 } });
        let proxy = json!({ "kind": "DaemonSet", "metadata": { "name": "kube-proxy", "namespace": "kube-system" },
            "spec": { "template": { "spec": { "nodeSelector": { "kubernetes.io/os": "linux" } } } },
            "status": { "desiredNumberScheduled": 1, "numberReady": 1 } });
        self.api.extend([
            ("/apis/apps/v1/namespaces/default/deployments".into(), list("DeploymentList", json!([deployment]))),
            ("/apis/apps/v1/daemonsets".into(), list("DaemonSetList", json!([proxy]))),
            ("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy".into(), proxy),
            ("/apis/apps/v1/namespaces/default/statefulsets".into(), list("StatefulSetList", json!([]))),
            ("/apis/apps/v1/namespaces/default/daemonsets".into(), list("DaemonSetList", json!([]))),
            ("/apis/apps/v1/namespaces/default/replicasets".into(), list("ReplicaSetList", json!([]))),
            ("/apis/batch/v1/namespaces/default/jobs".into(), list("JobList", json!([]))),
            ("/api/v1/namespaces/default/events".into(), list("EventList", json!([]))),
            (
                "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies".into(),
                list("NetworkPolicyList", json!([])),
            ),
            ("/apis/networking.k8s.io/v1/namespaces/default/ingresses".into(), list("IngressList", json!([]))),
        ]);
        self.service("NodePort", "10.105.244.12", None);
    }

    /// Adds a Node that is ready.
    pub fn add_node_object(&mut self, name: &str, ip: &str) {
        let node = json!({
            "metadata": { "name": name, "labels": {} },
            "spec": {},
            "status": {
                "addresses": [{ "type": "InternalIP", "address": ip }, { "type": "Hostname", "address": name }],
                "conditions": [{ "type": "Ready", "status": "True" }],
                "nodeInfo": { "kubeletVersion": "v1.34.4", "osImage": "Debian GNU/Linux 12 (bookworm)" },
            },
        });
        self.object("/api/v1/nodes", |nodes| nodes["items"].as_array_mut().expect("a list").push(node.clone()));
    }
}
