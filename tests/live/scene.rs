//! What runs in the cluster: one Deployment and one Service, all well but for one thing.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{Cluster, NAMESPACE, NODE_PORT, app_image, until};

/// The port of the Service. Not 80: this host publishes the node's port 80, and that is
/// the matter of one test only.
pub const PORT: u16 = 8000;

/// Deployment `web` (port 8080, named `http`) and Service `web`.
pub struct Scene {
    /// The Service's type; empty: no Service.
    pub kind: &'static str,
    /// Its ports.
    pub ports: Vec<Value>,
    /// The value of `app` that it selects; the Pods have `web`.
    pub selector: &'static str,
    /// What else its spec holds.
    pub spec: Value,
    pub replicas: u32,
    pub image: String,
    pub arguments: Vec<&'static str>,
    /// Whether the Pod has a readiness probe.
    pub probe: bool,
    pub node_selector: Value,
    /// Until when to wait.
    pub settled: Settled,
}

/// The state that a scene ends in.
pub enum Settled {
    /// All Pods are ready.
    Ready,
    /// The Pods' status has this word in it.
    Status(&'static str),
    /// There are no Pods.
    Empty,
}

/// One port of a Service.
pub fn port(number: u16, target: impl Into<Value>, node_port: u16) -> Value {
    let name = if number == 8443 { "https".to_owned() } else { format!("port-{number}") };
    let name = if number == PORT || number == 80 { "http".to_owned() } else { name };
    let mut port = json!({ "name": name, "port": number, "targetPort": target.into() });
    if node_port != 0 {
        port["nodePort"] = node_port.into();
    }
    port
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            kind: "NodePort",
            ports: vec![port(PORT, 8080, NODE_PORT)],
            selector: "web",
            spec: json!({}),
            replicas: 1,
            image: app_image(),
            arguments: Vec::new(),
            probe: true,
            node_selector: json!({}),
            settled: Settled::Ready,
        }
    }
}

impl Scene {
    /// The application started with other arguments. It has no readiness probe: what is
    /// wrong with it, only a caller notices.
    pub fn app(arguments: &[&'static str]) -> Self {
        Self { arguments: arguments.to_vec(), probe: false, ..Self::default() }
    }

    fn manifest(&self) -> Value {
        let mut container = json!({
            "name": "app", "image": self.image, "imagePullPolicy": "IfNotPresent", "args": self.arguments,
            "ports": [{ "name": "http", "containerPort": 8080 }],
        });
        if self.probe {
            container["readinessProbe"] = json!({ "httpGet": { "path": "/ready", "port": 8080 }, "periodSeconds": 1 });
        }
        let mut items = vec![json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
            "spec": {
                "replicas": self.replicas,
                "selector": { "matchLabels": { "app": "web" } },
                "template": {
                    "metadata": { "labels": { "app": "web" } },
                    "spec": {
                        "terminationGracePeriodSeconds": 0, "nodeSelector": self.node_selector,
                        "containers": [container],
                    },
                },
            },
        })];
        if !self.kind.is_empty() {
            let mut spec = json!({ "type": self.kind, "ports": self.ports });
            if self.kind != "ExternalName" {
                spec["selector"] = json!({ "app": self.selector });
            }
            for (key, value) in self.spec.as_object().expect("an object") {
                spec[key] = value.clone();
            }
            items.push(json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" }, "spec": spec }));
        }
        json!({ "apiVersion": "v1", "kind": "List", "items": items })
    }

    /// Replaces whatever is there, and waits until this is what is there.
    pub fn stage(&self, cluster: &Cluster) {
        if !cluster.kubectl(&["get", "namespace", NAMESPACE]).ok {
            cluster.kubectl(&["create", "namespace", NAMESPACE]).must();
        }
        let delete = ["delete", "deployment,service", "--all", "--wait", "--cascade=foreground", "--timeout=60s"];
        cluster.live(&delete).must();
        cluster.live(&["delete", "pod", "--all", "--force", "--grace-period=0", "--timeout=60s"]).must();
        let manifest = self.manifest().to_string();
        cluster.kubectl_with(&["-n", NAMESPACE, "apply", "-f", "-"], Some(&manifest)).must();
        match &self.settled {
            Settled::Ready => {
                cluster.live(&["rollout", "status", "deployment/web", "--timeout=60s"]).must();
            }
            Settled::Status(word) => until(word, 90, || {
                let status = cluster.live(&["get", "pods", "-o", "jsonpath={..status}"]);
                status.ok && status.stdout.contains(word)
            }),
            Settled::Empty => {}
        }
        // kube-proxy follows within a second, controllers as fast.
        sleep(Duration::from_secs(2));
    }
}
