//! ingress-nginx, as its manifests for kind and minikube deploy it (minikube
//! `deploy/addons/ingress/ingress-deploy.yaml.tmpl`): a Deployment with hostPort 80 and 443 on
//! one node, a Service of type NodePort, and the IngressClass nginx, which is the default.

use serde_json::{Value, json};

use super::Machine;

const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
const PODS: &str = "/api/v1/namespaces/ingress-nginx/pods";

impl Machine {
    /// Deploys it on a node.
    pub fn ingress_nginx(&mut self, node: &str) -> &mut Self {
        let labels = |component: &str| {
            json!({
                "app.kubernetes.io/name": "ingress-nginx",
                "app.kubernetes.io/instance": "ingress-nginx",
                "app.kubernetes.io/component": component,
            })
        };
        let service = |name: &str, kind: &str, ip: &str, ports: Value| {
            json!({
                "kind": "Service",
                "metadata": { "name": name, "namespace": "ingress-nginx", "labels": labels("controller") },
                "spec": { "type": kind, "clusterIP": ip, "selector": labels("controller"), "ports": ports, "ipFamilies": ["IPv4"] },
                "status": { "loadBalancer": {} },
            })
        };
        let ports = json!([
            { "name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "nodePort": 31080, "appProtocol": "http" },
            { "name": "https", "port": 443, "targetPort": "https", "protocol": "TCP", "nodePort": 31443, "appProtocol": "https" },
        ]);
        let webhook = json!([{ "name": "https-webhook", "port": 443, "targetPort": "webhook", "protocol": "TCP", "appProtocol": "https" }]);
        let controller = service("ingress-nginx-controller", "NodePort", "10.98.31.7", ports);
        let admission = service("ingress-nginx-controller-admission", "ClusterIP", "10.101.2.3", webhook);
        let nodes = "/api/v1/services";
        self.object(nodes, |list| {
            let items = list["items"].as_array_mut().expect("a list");
            items.extend([controller.clone(), admission.clone()]);
        });
        let own = json!({ "kind": "ServiceList", "items": [controller, admission] });
        self.api.insert("/api/v1/namespaces/ingress-nginx/services".into(), own);
        let ready = json!({ "type": "Ready", "status": "True" });
        let pod = json!({
            "metadata": { "name": "ingress-nginx-controller-9cc49f96f-x7k2p", "namespace": "ingress-nginx", "labels": labels("controller") },
            "spec": { "nodeName": node, "containers": [{ "name": "controller", "image": "controller:v1.15.1", "ports": [
                { "name": "http", "containerPort": 80, "hostPort": 80, "protocol": "TCP" },
                { "name": "https", "containerPort": 443, "hostPort": 443, "protocol": "TCP" },
                { "name": "webhook", "containerPort": 8443, "protocol": "TCP" },
            ] }] },
            "status": { "phase": "Running", "podIP": "10.244.0.9", "conditions": [ready],
                "containerStatuses": [{ "name": "controller", "ready": true, "restartCount": 0, "state": { "running": {} } }] },
        });
        self.api.insert(PODS.into(), json!({ "kind": "PodList", "items": [pod] }));
        let endpoint = json!({
            "addresses": ["10.244.0.9"], "nodeName": node,
            "conditions": { "ready": true, "serving": true, "terminating": false },
            "targetRef": { "kind": "Pod", "name": "ingress-nginx-controller-9cc49f96f-x7k2p", "namespace": "ingress-nginx" },
        });
        let slice = json!({
            "metadata": { "name": "ingress-nginx-controller-a", "namespace": "ingress-nginx",
                "labels": { "kubernetes.io/service-name": "ingress-nginx-controller" } },
            "addressType": "IPv4",
            "ports": [{ "name": "http", "port": 80, "protocol": "TCP" }, { "name": "https", "port": 443, "protocol": "TCP" }],
            "endpoints": [endpoint],
        });
        let slices = "/apis/discovery.k8s.io/v1/namespaces/ingress-nginx/endpointslices";
        self.api.insert(slices.into(), json!({ "kind": "EndpointSliceList", "items": [slice] }));
        let class = json!({
            "metadata": { "name": "nginx", "annotations": { "ingressclass.kubernetes.io/is-default-class": "true" } },
            "spec": { "controller": "k8s.io/ingress-nginx" },
        });
        let classes = json!({ "kind": "IngressClassList", "items": [class] });
        self.api.insert("/apis/networking.k8s.io/v1/ingressclasses".into(), classes);
        self
    }

    /// The same controller without hostPort, by a chart of its own: its Service has the type
    /// LoadBalancer, with an address that a provider gave it (R10).
    pub fn ingress_chart(&mut self, address: Option<&str>) -> &mut Self {
        let node = self.cluster.clone();
        self.ingress_nginx(&node);
        self.object(PODS, |pods| {
            let ports = pods["items"][0]["spec"]["containers"][0]["ports"].as_array_mut().expect("a list");
            for port in ports {
                port.as_object_mut().expect("a port").remove("hostPort");
            }
        });
        let ingress: Vec<Value> = address.iter().map(|ip| json!({ "ip": ip })).collect();
        for (list, at) in [("/api/v1/services", 1), ("/api/v1/namespaces/ingress-nginx/services", 0)] {
            self.object(list, |list| {
                list["items"][at]["spec"]["type"] = json!("LoadBalancer");
                list["items"][at]["status"]["loadBalancer"]["ingress"] = json!(ingress);
            });
        }
        self
    }

    /// Adds an Ingress "web" of that class for a host, with the address that its controller
    /// wrote into its status: the node's (`--report-node-internal-ip-address`).
    pub fn ingress(&mut self, host: &str, address: Option<&str>) -> &mut Self {
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let written: Vec<Value> = address.iter().map(|ip| json!({ "ip": ip })).collect();
        let ingress = json!({
            "kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
            "metadata": { "name": "web", "namespace": "default" },
            "spec": { "ingressClassName": "nginx", "rules": [{ "host": host,
                "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": backend }] } }] },
            "status": { "loadBalancer": { "ingress": written } },
        });
        self.api.insert(format!("{INGRESSES}/web"), ingress.clone());
        self.api.insert(INGRESSES.into(), json!({ "kind": "IngressList", "items": [ingress] }));
        self
    }

    /// Says that the controller's Pod is not ready.
    pub fn ingress_not_ready(&mut self) -> &mut Self {
        self.object(PODS, |pods| {
            pods["items"][0]["status"]["conditions"][0]["status"] = json!("False");
            pods["items"][0]["status"]["containerStatuses"][0]["ready"] = json!(false);
        });
        self.object("/apis/discovery.k8s.io/v1/namespaces/ingress-nginx/endpointslices", |slices| {
            slices["items"][0]["endpoints"][0]["conditions"] =
                json!({ "ready": false, "serving": false, "terminating": false });
        })
    }
}
