//! Machines with a k3d cluster "demo" on them: containers as k3d labels and publishes them
//! (k3d @46f3480d `pkg/types/types.go`; compared with those of a real v5, see `facts/`), and
//! the objects of k3s: Nodes, the Pods of ServiceLB, Traefik.

use netpath::ask::Engine;
use serde_json::{Value, json};

use crate::machine::{Container, Machine as Any};
pub use crate::machine::{Machine, http_200, report};

/// The proxy's and the nodes' addresses in the network of the cluster.
pub const SERVER: (&str, &str) = ("k3d-demo-server-0", "172.19.0.2");
pub const AGENT: (&str, &str) = ("k3d-demo-agent-0", "172.19.0.3");
pub const PROXY: (&str, &str) = ("k3d-demo-serverlb", "172.19.0.4");
const GATEWAY: &str = "172.19.0.1";
/// Where the API server is published; k3d writes the key without a protocol (seen).
pub const API: (&str, &str, u16) = ("6443", "0.0.0.0", 41111);
const PODS: &str = "/api/v1/namespaces/kube-system/pods";
const SETS: &str = "/apis/apps/v1/namespaces/kube-system/daemonsets";
const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

/// docker, rootful, on this Linux, with these ports at the proxy: the nodes' addresses lead in.
pub fn linux(ports: &[(&str, &str, u16)]) -> Machine {
    let mut machine = behind_a_wall("linux", ports);
    machine.interfaces.push(("br-19", GATEWAY, 16));
    machine.doors.push(("172.19.0.2:30080", http_200()));
    machine
}

/// An engine whose networks this computer is not in: Docker Desktop, or a rootless one.
pub fn behind_a_wall(os: &'static str, ports: &[(&str, &str, u16)]) -> Machine {
    let mut machine = bare(os);
    machine.k3d_node(SERVER, "server", "running", &[]).k3d_node(AGENT, "agent", "running", &[]);
    machine.proxy("running", &[&[API], ports].concat());
    machine
}

/// The cluster's objects, without a container.
pub fn bare(os: &'static str) -> Machine {
    let mut machine = Any::bare("k3d", os, "k3d-demo", "https://0.0.0.0:41111", SERVER);
    machine.entries.1 = "admin@k3d-demo".into();
    machine.add_node_object(AGENT.0, AGENT.1);
    machine.k3s();
    machine
}

impl Machine {
    /// What tells k3s from a cluster of kubeadm: its Nodes, and that kube-proxy has no Pods.
    pub fn k3s(&mut self) -> &mut Self {
        self.object("/api/v1/nodes", |nodes| {
            for node in nodes["items"].as_array_mut().expect("a list") {
                let name = node["metadata"]["name"].as_str().expect("a name").to_owned();
                node["spec"]["providerID"] = json!(format!("k3s://{name}"));
                node["status"]["nodeInfo"] = json!({ "kubeletVersion": "v1.31.5+k3s1", "osImage": "K3s v1.31.5+k3s1" });
            }
        });
        let none = |kind: &str| json!({ "kind": kind, "items": [] });
        self.api.remove("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy");
        self.api.insert("/apis/apps/v1/daemonsets".into(), none("DaemonSetList"));
        self.api.insert(SETS.into(), none("DaemonSetList"));
        self.api.insert(PODS.into(), none("PodList"));
        self.api.insert("/api/v1/namespaces/kube-system/events".into(), none("EventList"));
        self
    }

    /// Adds the container of a node.
    pub fn k3d_node(
        &mut self,
        (name, ip): (&str, &str),
        role: &str,
        state: &str,
        published: &[(&str, &str, u16)],
    ) -> &mut Self {
        self.of_cluster("demo", name, role, state, published, ip)
    }

    /// Adds the proxy in front of them.
    pub fn proxy(&mut self, state: &str, published: &[(&str, &str, u16)]) -> &mut Self {
        self.of_cluster("demo", PROXY.0, "loadbalancer", state, published, PROXY.1)
    }

    /// Adds a container of a cluster.
    pub fn of_cluster(
        &mut self,
        cluster: &str,
        name: &str,
        role: &str,
        state: &str,
        published: &[(&str, &str, u16)],
        ip: &str,
    ) -> &mut Self {
        let own = format!("k3d-{cluster}");
        let labels = [("app", "k3d"), ("k3d.cluster", cluster), ("k3d.role", role), ("k3d.cluster.token", "canary")];
        let network = (own.as_str(), ip, GATEWAY);
        self.add_container(Engine::Docker, &Container { name, labels: &labels, state, published, network })
    }

    /// Stops a container, as docker shows it then: nothing published, and no address.
    pub fn stop(&mut self, name: &str, state: &str, error: &str) -> &mut Self {
        let (_, all) = self.containers.first_mut().expect("an engine");
        let own = all.iter_mut().find(|container| container["Name"] == format!("/{name}")).expect("the container");
        own["State"] = json!({ "Status": state, "Error": error });
        own["NetworkSettings"] = json!({ "Ports": {}, "Networks": { "k3d-demo": { "IPAddress": "", "Gateway": "" } } });
        self
    }

    /// Makes "web" a LoadBalancer Service that k3s serves on all nodes, or on these: their
    /// addresses in its status, and a Pod of ServiceLB with the port on each.
    pub fn balanced(&mut self, nodes: &[(&str, &str)]) -> &mut Self {
        self.service("LoadBalancer", "10.43.7.7", None);
        let ingress: Vec<Value> = nodes.iter().map(|(_, ip)| json!({ "ip": ip, "ipMode": "VIP" })).collect();
        self.object("/api/v1/namespaces/default/services/web", |service| {
            service["status"]["loadBalancer"]["ingress"] = json!(ingress);
        });
        for (node, _) in nodes {
            self.balancer_pod("default/web", node, true, "");
        }
        self
    }

    /// Adds a Pod of ServiceLB for a Service: ready, or waiting for what the scheduler says.
    pub fn balancer_pod(&mut self, service: &str, node: &str, ready: bool, message: &str) -> &mut Self {
        let (namespace, name) = service.split_once('/').expect("a namespace");
        let status = |is: bool| if is { "True" } else { "False" };
        let mut conditions = vec![json!({ "type": "Ready", "status": status(ready) })];
        if !ready {
            let reason = if message.is_empty() { "" } else { "Unschedulable" };
            let scheduled = json!({ "type": "PodScheduled", "status": "False", "reason": reason, "message": message });
            conditions.push(scheduled);
        }
        let pod = json!({
            "metadata": { "name": format!("svclb-{name}-0a1b2c3d-{}", if node == AGENT.0 { "q9x2k" } else { "x7k2p" }), "namespace": "kube-system",
                "labels": { "app": format!("svclb-{name}-0a1b2c3d"), "svccontroller.k3s.cattle.io/svcname": name,
                    "svccontroller.k3s.cattle.io/svcnamespace": namespace } },
            "spec": { "nodeName": if ready { json!(node) } else { json!(null) },
                "containers": [{ "name": "lb-tcp-80", "image": "rancher/klipper-lb:v0.4.9",
                    "ports": [{ "name": "lb-tcp-80", "containerPort": 80, "hostPort": 80, "protocol": "TCP" }] }] },
            "status": { "phase": if ready { "Running" } else { "Pending" }, "conditions": conditions },
        });
        self.object(PODS, |pods| pods["items"].as_array_mut().expect("a list").push(pod.clone()))
    }

    /// Adds the DaemonSet of ServiceLB for "web", which wants nodes with the label enablelb.
    pub fn balancer_set(&mut self, desired: u32) -> &mut Self {
        let labels = json!({ "svccontroller.k3s.cattle.io/svcname": "web",
            "svccontroller.k3s.cattle.io/svcnamespace": "default" });
        let set = json!({
            "metadata": { "name": "svclb-web-0a1b2c3d", "namespace": "kube-system" },
            "spec": { "template": { "metadata": { "labels": labels },
                "spec": { "nodeSelector": { "svccontroller.k3s.cattle.io/enablelb": "true" } } } },
            "status": { "desiredNumberScheduled": desired, "numberReady": 0 },
        });
        self.object(SETS, |sets| sets["items"].as_array_mut().expect("a list").push(set.clone()))
    }

    /// Adds Traefik as k3s brings it: a LoadBalancer Service with 80 and 443 on both nodes,
    /// the class traefik, and an Ingress "web" of it for a host.
    pub fn k3d_traefik(&mut self, host: &str) -> &mut Self {
        let labels =
            json!({ "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "traefik-kube-system" });
        let addresses = json!([{ "ip": SERVER.1, "ipMode": "VIP" }, { "ip": AGENT.1, "ipMode": "VIP" }]);
        let service = json!({
            "kind": "Service",
            "metadata": { "name": "traefik", "namespace": "kube-system", "labels": labels },
            "spec": { "type": "LoadBalancer", "clusterIP": "10.43.9.9", "selector": labels, "ipFamilies": ["IPv4"], "ports": [
                { "name": "web", "port": 80, "targetPort": "web", "protocol": "TCP", "nodePort": 31080 },
                { "name": "websecure", "port": 443, "targetPort": "websecure", "protocol": "TCP", "nodePort": 31443 },
            ] },
            "status": { "loadBalancer": { "ingress": addresses } },
        });
        self.object("/api/v1/services", |list| list["items"].as_array_mut().expect("a list").push(service.clone()));
        let list = json!({ "kind": "ServiceList", "items": [service] });
        self.api.insert("/api/v1/namespaces/kube-system/services".into(), list);
        let pod = json!({
            "metadata": { "name": "traefik-7d4b", "namespace": "kube-system", "labels": labels },
            "spec": { "nodeName": AGENT.0, "containers": [{ "name": "traefik", "image": "rancher/mirrored-library-traefik:3",
                "ports": [{ "name": "web", "containerPort": 8000, "protocol": "TCP" },
                    { "name": "websecure", "containerPort": 8443, "protocol": "TCP" }] }] },
            "status": { "phase": "Running", "podIP": "10.42.1.5", "conditions": [{ "type": "Ready", "status": "True" }],
                "containerStatuses": [{ "name": "traefik", "ready": true, "restartCount": 0, "state": { "running": {} } }] },
        });
        self.object(PODS, |pods| pods["items"].as_array_mut().expect("a list").push(pod.clone()));
        let slice = json!({
            "metadata": { "name": "traefik-x", "namespace": "kube-system", "labels": { "kubernetes.io/service-name": "traefik" } },
            "addressType": "IPv4",
            "ports": [{ "name": "web", "port": 8000, "protocol": "TCP" }, { "name": "websecure", "port": 8443, "protocol": "TCP" }],
            "endpoints": [{ "addresses": ["10.42.1.5"], "nodeName": AGENT.0,
                "conditions": { "ready": true, "serving": true, "terminating": false },
                "targetRef": { "kind": "Pod", "name": "traefik-7d4b", "namespace": "kube-system" } }],
        });
        let slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices";
        self.api.insert(slices.into(), json!({ "kind": "EndpointSliceList", "items": [slice] }));
        let class = json!({ "metadata": { "name": "traefik",
                "annotations": { "ingressclass.kubernetes.io/is-default-class": "true" } },
            "spec": { "controller": "traefik.io/ingress-controller" } });
        let classes = json!({ "kind": "IngressClassList", "items": [class] });
        self.api.insert("/apis/networking.k8s.io/v1/ingressclasses".into(), classes);
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let ingress = json!({
            "kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
            "metadata": { "name": "web", "namespace": "default" },
            "spec": { "ingressClassName": "traefik", "rules": [{ "host": host,
                "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": backend }] } }] },
            "status": { "loadBalancer": { "ingress": addresses } },
        });
        self.api.insert(format!("{INGRESSES}/web"), ingress.clone());
        self.api.insert(INGRESSES.into(), json!({ "kind": "IngressList", "items": [ingress] }));
        for node in [SERVER, AGENT] {
            self.balancer_pod("kube-system/traefik", node.0, true, "");
        }
        self
    }
}
