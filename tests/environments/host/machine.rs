//! This computer as a node, as each tool makes it one (2.5).

use netpath::ask::Why;
use serde_json::{Value, json};

pub use crate::machine::{Machine, http_200, report};

/// The address of this computer in its LAN, and its name.
pub const OWN: &str = "192.168.1.20";
pub const NAME: &str = "laptop";
/// The node port at that address.
pub const URL: &str = "http://192.168.1.20:30080/";

const NODES: &str = "/api/v1/nodes";

/// A cluster on this Linux computer, whose Node is changed to a tool's.
fn on_this_computer(entry: &str, cluster: &str, server: &str, change: impl Fn(&mut Value)) -> Machine {
    let mut machine = Machine::bare("host", "linux", entry, server, (NAME, OWN));
    machine.entries.0 = cluster.into();
    machine.interfaces.push(("eth0", OWN, 24));
    machine.doors.push(("192.168.1.20:30080", http_200()));
    machine.node(change);
    machine
}

/// kube-proxy is part of the tool's own process.
fn without_kube_proxy(mut machine: Machine) -> Machine {
    machine.api.remove("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy");
    machine.object("/apis/apps/v1/daemonsets", |all| all["items"] = json!([]));
    machine
}

/// k3s: names of k3s.yaml, providerID and version.
pub fn k3s() -> Machine {
    without_kube_proxy(on_this_computer("default", "default", "https://127.0.0.1:6443", |node| {
        node["spec"]["providerID"] = json!("k3s://laptop");
        node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.34.1+k3s1");
    }))
}

/// MicroK8s: names of its kubeconfig, and its label.
pub fn microk8s() -> Machine {
    without_kube_proxy(on_this_computer("microk8s", "microk8s-cluster", "https://127.0.0.1:16443", |node| {
        node["metadata"]["labels"]["microk8s.io/cluster"] = json!("true");
    }))
}

/// k0s: names of `k0s kubeconfig admin`, and the version.
pub fn k0s() -> Machine {
    on_this_computer("Default", "local", "https://192.168.1.20:6443", |node| {
        node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.34.1+k0s");
    })
}

/// kubeadm: names of admin.conf, and the annotation.
pub fn kubeadm() -> Machine {
    on_this_computer("kubernetes-admin@kubernetes", "kubernetes", "https://192.168.1.20:6443", |node| {
        let socket = json!({ "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///var/run/containerd/containerd.sock" });
        node["metadata"]["annotations"] = socket;
    })
}

/// All of them.
pub fn all() -> [(&'static str, Machine); 4] {
    [("k3s", k3s()), ("microk8s", microk8s()), ("k0s", k0s()), ("kubeadm", kubeadm())]
}

impl Machine {
    /// Changes the first Node.
    pub fn node(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.object(NODES, |nodes| change(&mut nodes["items"][0]))
    }

    /// Gives the first Node another address.
    pub fn node_at(&mut self, ip: &str) -> &mut Self {
        self.node(|node| node["status"]["addresses"][0]["address"] = json!(ip))
    }

    /// Adds another computer of the cluster.
    pub fn second_node(&mut self, ready: bool) -> &mut Self {
        self.add_node_object("desktop", "192.168.1.30");
        self.object(NODES, |nodes| {
            nodes["items"][1]["status"]["conditions"][0]["status"] = json!(if ready { "True" } else { "Unknown" });
        })
    }

    /// Says that the tool's service is stopped, and that the file of its installer is there.
    pub fn stopped(&mut self, trace: &str) -> &mut Self {
        self.api_down = Some(Why::Refused);
        self.doors.clear();
        self.files.insert(trace.into(), "ExecStart=/usr/local/bin/k3s server --token K10canary".into());
        self
    }

    /// Says that the Service has no node port (`allocateLoadBalancerNodePorts: false`).
    pub fn without_node_port(&mut self) -> &mut Self {
        self.service_spec(|spec| spec["allocateLoadBalancerNodePorts"] = json!(false));
        self.port(|port| {
            port.as_object_mut().expect("a port").remove("nodePort");
        })
    }

    /// Adds a Pod of ServiceLB for the Service "web", on a node, or waiting for what the
    /// scheduler says.
    pub fn servicelb(&mut self, node: Option<&str>, message: &str) -> &mut Self {
        let labels = json!({ "svccontroller.k3s.cattle.io/svcname": "web",
            "svccontroller.k3s.cattle.io/svcnamespace": "default" });
        let status = |ready: bool| if ready { "True" } else { "False" };
        let mut conditions = vec![json!({ "type": "Ready", "status": status(node.is_some()) })];
        if !message.is_empty() {
            let reason = "Unschedulable";
            conditions.push(json!({ "type": "PodScheduled", "status": "False", "reason": reason, "message": message }));
        }
        let pod = json!({
            "metadata": { "name": "svclb-web-0a1b2c3d-x7k2p", "namespace": "kube-system", "labels": labels },
            "spec": { "nodeName": node, "containers": [{ "name": "lb-tcp-80", "image": "rancher/klipper-lb:v0.4.13",
                "ports": [{ "name": "lb-tcp-80", "containerPort": 80, "hostPort": 80 }] }] },
            "status": { "phase": if node.is_some() { "Running" } else { "Pending" }, "conditions": conditions },
        });
        let list = |kind: &str, items: Value| json!({ "kind": kind, "items": items });
        self.api.insert("/api/v1/namespaces/kube-system/pods".into(), list("PodList", json!([pod])));
        self.no_servicelb()
    }

    /// Lets the lists be there in which ServiceLB is looked for.
    pub fn no_servicelb(&mut self) -> &mut Self {
        let list = |kind: &str| json!({ "kind": kind, "items": [] });
        self.api.entry("/api/v1/namespaces/kube-system/pods".into()).or_insert(list("PodList"));
        self.api.entry("/api/v1/namespaces/kube-system/events".into()).or_insert(list("EventList"));
        self.api.entry("/apis/apps/v1/namespaces/kube-system/daemonsets".into()).or_insert(list("DaemonSetList"));
        self
    }
}
