//! Traefik as k3s deploys it, and an Ingress of its class.

use serde_json::{Value, json};

use super::Machine;

fn list(kind: &str, items: &Value) -> Value {
    json!({ "kind": kind, "items": items })
}

impl Machine {
    /// An Ingress "web" of a class, whose controller wrote an address into its status.
    pub fn ingress_of(&mut self, class: &str, controller: &str, address: &str) -> &mut Self {
        self.service("ClusterIP", "10.43.12.7", None);
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let ingress = json!({
            "kind": "Ingress", "metadata": { "name": "web", "namespace": "default" },
            "spec": { "ingressClassName": class, "rules": [{ "host": "app.test",
                "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": backend }] } }] },
            "status": { "loadBalancer": { "ingress": [{ "ip": address }] } },
        });
        let ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
        self.api.insert(format!("{ingresses}/web"), ingress.clone());
        self.api.insert(ingresses.into(), list("IngressList", &json!([ingress])));
        let class = json!({ "metadata": { "name": class }, "spec": { "controller": controller } });
        self.api.insert("/apis/networking.k8s.io/v1/ingressclasses".into(), list("IngressClassList", &json!([class])));
        self
    }

    /// Traefik as k3s deploys it (k3s `manifests/traefik.yaml`, its chart): a Service of type
    /// LoadBalancer with the ports 80 and 443 in kube-system. ServiceLB's Pod,
    /// which is there already, becomes Traefik's.
    pub fn traefik(&mut self, node: &str, address: Option<&str>) -> &mut Self {
        let own = json!({ "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "traefik-kube-system" });
        let written: Vec<Value> = address.iter().map(|ip| json!({ "ip": ip })).collect();
        let service = json!({
            "kind": "Service",
            "metadata": { "name": "traefik", "namespace": "kube-system", "labels": own },
            "spec": { "type": "LoadBalancer", "clusterIP": "10.43.200.1", "selector": own, "ipFamilies": ["IPv4"], "ports": [
                { "name": "web", "port": 80, "targetPort": "web", "protocol": "TCP", "nodePort": 31380 },
                { "name": "websecure", "port": 443, "targetPort": "websecure", "protocol": "TCP", "nodePort": 31390 },
            ] },
            "status": { "loadBalancer": { "ingress": written } },
        });
        self.object("/api/v1/services", |all| all["items"].as_array_mut().expect("a list").push(service.clone()));
        let ready = json!([{ "type": "Ready", "status": "True" }]);
        let traefik = json!({
            "metadata": { "name": "traefik-5d45fc8cc9-q2x7v", "namespace": "kube-system", "labels": own },
            "spec": { "nodeName": node, "containers": [{ "name": "traefik", "image": "rancher/mirrored-library-traefik:3.5.1", "ports": [
                { "name": "web", "containerPort": 8000, "protocol": "TCP" },
                { "name": "websecure", "containerPort": 8443, "protocol": "TCP" } ] }] },
            "status": { "phase": "Running", "podIP": "10.42.0.8", "conditions": ready },
        });
        self.object("/api/v1/namespaces/kube-system/pods", |pods| {
            let pods = pods["items"].as_array_mut().expect("a list");
            pods[0]["metadata"]["labels"] = json!({ "svccontroller.k3s.cattle.io/svcname": "traefik",
                "svccontroller.k3s.cattle.io/svcnamespace": "kube-system" });
            pods.push(traefik.clone());
        });
        let endpoint = json!({ "addresses": ["10.42.0.8"], "nodeName": node,
            "conditions": { "ready": true, "serving": true, "terminating": false },
            "targetRef": { "kind": "Pod", "name": "traefik-5d45fc8cc9-q2x7v", "namespace": "kube-system" } });
        let slice = json!({
            "metadata": { "name": "traefik-a", "namespace": "kube-system", "labels": { "kubernetes.io/service-name": "traefik" } },
            "addressType": "IPv4",
            "ports": [{ "name": "web", "port": 8000, "protocol": "TCP" }, { "name": "websecure", "port": 8443, "protocol": "TCP" }],
            "endpoints": [endpoint],
        });
        let slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices";
        self.api.insert(slices.into(), list("EndpointSliceList", &json!([slice])));
        self
    }
}
