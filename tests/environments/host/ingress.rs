//! Ingress controllers of a cluster on this computer (2.5): Traefik of k3s behind ServiceLB,
//! and the addon of MicroK8s at port 80 of the node.
//!
//! The Service is of type ClusterIP, so the Ingress is the way to it.

use netpath::report::{RoadId, Verdict};
use netpath::request::{Goal, Kind, Named};
use serde_json::{Value, json};

use crate::host::machine::{Machine, NAME, OWN, http_200, k3s, microk8s, report};
use crate::said::{reachable, remedies, unsure};
use crate::says;

const HOST: &str = "app.test";
const URL: &str = "http://app.test/";

fn list(kind: &str, items: &Value) -> Value {
    json!({ "kind": kind, "items": items })
}

impl Machine {
    /// An Ingress "web" of a class, whose controller wrote an address into its status.
    fn ingress_of(&mut self, class: &str, controller: &str, address: &str) -> &mut Self {
        self.service("ClusterIP", "10.43.12.7", None);
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let ingress = json!({
            "kind": "Ingress", "metadata": { "name": "web", "namespace": "default" },
            "spec": { "ingressClassName": class, "rules": [{ "host": HOST,
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
    /// LoadBalancer with the ports 80 and 443 in kube-system. `pod` is the node of ServiceLB's
    /// Pod for it.
    fn traefik(&mut self, pod: Option<&str>, address: Option<&str>) -> &mut Self {
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
        self.servicelb(pod, if pod.is_some() { "" } else { TAKEN });
        let ready = json!([{ "type": "Ready", "status": "True" }]);
        let traefik = json!({
            "metadata": { "name": "traefik-5d45fc8cc9-q2x7v", "namespace": "kube-system", "labels": own },
            "spec": { "nodeName": NAME, "containers": [{ "name": "traefik", "image": "rancher/mirrored-library-traefik:3.5.1", "ports": [
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
        let endpoint = json!({ "addresses": ["10.42.0.8"], "nodeName": NAME,
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

const TAKEN: &str = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";

/// Traefik's Service has port 80 of this computer, by ServiceLB.
#[test]
fn traefik_of_k3s_is_entered_at_port_80() {
    let mut machine = k3s();
    machine.ingress_of("traefik", "traefik.io/ingress-controller", OWN).traefik(Some(NAME), Some(OWN));
    machine.names.push((HOST, OWN));
    machine.doors = vec![("192.168.1.20:80", http_200())];
    let report = reachable("k3s-traefik", &machine, URL);
    assert_eq!(report.ports[0].roads[0].id, RoadId::Ingress);
}

/// Near-miss: the name does not lead here. The Ingress itself says so; of the Service that is
/// no cause, since its cluster address is served on this computer.
#[test]
fn a_name_that_leads_nowhere_gets_an_entry() {
    let mut machine = k3s();
    machine.ingress_of("traefik", "traefik.io/ingress-controller", OWN).traefik(Some(NAME), Some(OWN));
    machine.doors = vec![("192.168.1.20:80", http_200())];
    let curl = "curl --resolve app.test:80:192.168.1.20 http://app.test/";
    let hosts = "sudo sh -c 'echo 192.168.1.20 app.test >> /etc/hosts' [privileged]";
    let outcomes = machine.run(Goal::Explain { target: Named { kind: Some(Kind::Ingress), name: "web".into() } });
    let root = report(&outcomes).root().map(|found| found.finding.code().as_str());
    assert_eq!((report(&outcomes).verdict, root), (Verdict::Unreachable, Some("C112")));
    assert_eq!(remedies(report(&outcomes)), [curl, hosts]);
    says("host/k3s-traefik-no-name", &outcomes);
    unsure("k3s-traefik-no-name-service", &machine, None, &[]);
}

/// K5, near-miss: another program's Pod has port 80, so ServiceLB's cannot start. Its node
/// port still leads to Traefik.
#[test]
fn traefik_without_port_80_is_entered_by_its_node_port() {
    let mut machine = k3s();
    machine.ingress_of("traefik", "traefik.io/ingress-controller", OWN).traefik(None, None);
    machine.names.push((HOST, OWN));
    machine.doors = vec![("192.168.1.20:31380", http_200())];
    reachable("k3s-traefik-node-port", &machine, "http://app.test:31380/");
}

/// The addon of MicroK8s, before it became Traefik: nginx in a DaemonSet with hostPort and no Service,
/// which writes 127.0.0.1 into the status (canonical/microk8s-core-addons
/// `addons/ingress/ingress.yaml`, `enable`). Any web server of this computer may be what answers there:
/// it is not asked, and nothing is said to be missing.
#[test]
fn loopback_in_the_status_of_an_ingress_proves_nothing() {
    let mut machine = microk8s();
    machine.ingress_of("public", "k8s.io/ingress-nginx", "127.0.0.1");
    machine.names.push((HOST, "127.0.0.1"));
    machine.doors = vec![("127.0.0.1:80", http_200())];
    let outcomes = machine.run(Goal::Explain { target: Named { kind: Some(Kind::Ingress), name: "web".into() } });
    assert_eq!(report(&outcomes).verdict, Verdict::Undetermined);
    assert!(report(&outcomes).findings.is_empty());
    says("host/microk8s-ingress", &outcomes);
}
