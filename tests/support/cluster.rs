//! One healthy cluster.

use serde_json::{Value, json};

use super::server::ApiServer;

/// The objects of one healthy path in a kind cluster `dev`: Service `web` in namespace
/// `web`, NodePort 30080, port 80 to 8080, selector `app=web`, with its EndpointSlice, one
/// ready Pod and its Node. Change what is to be broken, then [`serve`](Self::serve) it.
///
/// Composed by hand after kube-dns, coredns and the node of a kind cluster (Kubernetes
/// 1.34.4), so with all that a real answer carries and netpath must not keep; the
/// [`CANARIES`](super::CANARIES) are in there. The node's address is of TEST-NET-1, so
/// that no network of the computer that runs the tests has it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The Service.
    pub service: Value,
    /// Its EndpointSlice.
    pub slice: Value,
    /// Its Pod.
    pub pod: Value,
    /// The Pod's Node.
    pub node: Value,
}

/// Serves a healthy cluster.
pub fn healthy(server: &ApiServer) {
    Cluster::healthy().serve(server);
}

impl Cluster {
    /// The objects, all well.
    pub fn healthy() -> Self {
        let read = |text| serde_json::from_str(text).expect("an object");
        Self {
            service: read(include_str!("healthy/service.json")),
            slice: read(include_str!("healthy/endpointslice.json")),
            pod: read(include_str!("healthy/pod.json")),
            node: read(include_str!("healthy/node.json")),
        }
    }

    /// Serves the objects as they are now: each by its name, in the lists of its namespace
    /// and of all namespaces, and empty lists of what a fresh cluster serves and has none
    /// of. The proxies answer `200 hello`. A second call replaces the objects.
    pub fn serve(&self, server: &ApiServer) {
        let (core, web) = ("/api/v1", "/api/v1/namespaces/web");
        for (group, plural, kind, object) in [
            (core, "services", "ServiceList", &self.service),
            ("/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSliceList", &self.slice),
            (core, "pods", "PodList", &self.pod),
        ] {
            let path = format!("{group}/namespaces/web/{plural}");
            server.list(&path, kind, [object.clone()]);
            server.list(&format!("{group}/{plural}"), kind, [object.clone()]);
            server.object(&format!("{path}/{}", name(object)), object.clone());
        }
        let deployments = "/apis/apps/v1/namespaces/web/deployments";
        server.list(deployments, "DeploymentList", [deployment()]);
        server.list("/apis/apps/v1/deployments", "DeploymentList", [deployment()]);
        server.object(&format!("{deployments}/web"), deployment());

        server.list("/api/v1/nodes", "NodeList", [self.node.clone()]);
        server.object(&format!("/api/v1/nodes/{}", name(&self.node)), self.node.clone());

        let namespaces = ["default", "kube-node-lease", "kube-public", "kube-system", "web"].map(namespace);
        for namespace in &namespaces {
            server.object(&format!("/api/v1/namespaces/{}", name(namespace)), namespace.clone());
        }
        server.list("/api/v1/namespaces", "NamespaceList", namespaces);

        let secret = json!({
            "kind": "Secret", "apiVersion": "v1", "type": "Opaque",
            "metadata": { "name": "web", "namespace": "web" },
            "data": { "password": "CANARY-SECRET" },
        });
        server.object(&format!("{web}/secrets/web"), secret.clone());
        server.list(&format!("{web}/secrets"), "SecretList", [secret]);

        for (group, plural, kind) in [
            (core, "events", "EventList"),
            ("/apis/apps/v1", "daemonsets", "DaemonSetList"),
            ("/apis/apps/v1", "statefulsets", "StatefulSetList"),
            ("/apis/networking.k8s.io/v1", "ingresses", "IngressList"),
            ("/apis/networking.k8s.io/v1", "networkpolicies", "NetworkPolicyList"),
        ] {
            server.list(&format!("{group}/namespaces/web/{plural}"), kind, []);
            server.list(&format!("{group}/{plural}"), kind, []);
        }
        server.list("/apis/networking.k8s.io/v1/ingressclasses", "IngressClassList", []);
        server.object("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy", kube_proxy());

        for path in [format!("services/{}:80", name(&self.service)), format!("pods/{}:8080", name(&self.pod))] {
            server.raw(&format!("{web}/{path}/proxy/"), 200, "text/plain", "hello\n");
        }
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

fn namespace(name: &str) -> Value {
    json!({
        "kind": "Namespace", "apiVersion": "v1",
        "metadata": {
            "name": name, "uid": format!("uid-of-{name}"), "resourceVersion": "4",
            "creationTimestamp": "2026-11-20T09:30:00Z",
            "labels": { "kubernetes.io/metadata.name": name },
            "annotations": { "example.com/note": "CANARY-ANNOTATION" },
        },
        "spec": { "finalizers": ["kubernetes"] },
        "status": { "phase": "Active" },
    })
}

/// The owner of the Pod.
fn deployment() -> Value {
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {
            "name": "web", "namespace": "web", "generation": 1,
            "labels": { "app": "web" },
            "annotations": { "deployment.kubernetes.io/revision": "1", "example.com/note": "CANARY-ANNOTATION" },
        },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" }, "annotations": { "example.com/note": "CANARY-ANNOTATION" } },
                "spec": {
                    "containers": [{
                        "name": "web", "image": "docker.io/example/web:1",
                        "args": ["--listen=:8080", "--password=CANARY-SECRET"],
                        "ports": [{ "name": "http", "containerPort": 8080, "protocol": "TCP" }],
                        "env": [{ "name": "GREETING", "value": "CANARY-ENV" }],
                    }],
                },
            },
        },
        "status": {
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
            "conditions": [
                { "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                  "message": "Deployment has minimum availability." },
            ],
        },
    })
}

fn kube_proxy() -> Value {
    json!({
        "kind": "DaemonSet", "apiVersion": "apps/v1",
        "metadata": {
            "name": "kube-proxy", "namespace": "kube-system", "generation": 1,
            "labels": { "k8s-app": "kube-proxy" },
            "annotations": { "deprecated.daemonset.template.generation": "1", "example.com/note": "CANARY-ANNOTATION" },
        },
        "spec": {
            "selector": { "matchLabels": { "k8s-app": "kube-proxy" } },
            "template": {
                "metadata": { "labels": { "k8s-app": "kube-proxy" } },
                "spec": {
                    "hostNetwork": true,
                    "containers": [{
                        "name": "kube-proxy", "image": "registry.k8s.io/kube-proxy:v1.34.4",
                        "command": ["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"],
                        "env": [{ "name": "NOTE", "value": "CANARY-ENV" }],
                    }],
                },
            },
        },
        "status": {
            "currentNumberScheduled": 1, "desiredNumberScheduled": 1, "numberAvailable": 1,
            "numberMisscheduled": 0, "numberReady": 1, "observedGeneration": 1, "updatedNumberScheduled": 1,
        },
    })
}
