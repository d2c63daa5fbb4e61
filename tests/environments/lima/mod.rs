//! Lima's family: rules R1 to R33 and the truth table of `lima-colima.md`. All composed from
//! the sources of Lima, colima and Rancher Desktop; none of it was seen on a Mac.

mod engines;
mod family;
mod forwards;
mod ingress;
mod inside;
mod rivals;
mod taken;

use netpath::ask::Why;
use serde_json::{Value, json};

use crate::machine::Machine;

const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
const ADD: &str = "limactl stop k3s && limactl edit k3s --port-forward 30080:30080,static=true && limactl start k3s";
const NODE_PORT: &str = "127.0.0.1:30080";
const COLIMA_HOME: &str = "~/.colima/_lima";
const MAC_RD_HOME: &str = "~/Library/Application Support/rancher-desktop/lima";

/// How a rule gets into a VM whose file its product writes.
fn over_ride(home: &str, port: u16, restart: &str) -> String {
    let home = home.replacen('~', "$HOME", 1);
    format!(
        "sh -c 'mkdir -p \"{home}/_config\" && cp -n netpath-override-{port}.yaml \"{home}/_config/override.yaml\"' && {restart}"
    )
}

/// The host agent of the VM.
const AGENT: u32 = 501;

/// One line of `limactl list --json`.
fn instance(name: &str, status: &str, config: &Value) -> String {
    let hostname = format!("lima-{name}");
    let instance = json!({ "name": name, "hostname": hostname, "status": status, "dir": format!("/Users/me/.lima/{name}"),
        "vmType": "vz", "sshLocalPort": 60022, "hostAgentPID": AGENT, "config": config });
    format!("{instance}\n")
}

/// A rule, with the defaults that limactl fills in; `guest` and `host` are address and ports.
fn rule(guest: (&str, u16, u16), host: (&str, u16, u16), ignore: bool) -> Value {
    json!({ "guestIPMustBeZero": guest.0 == "0.0.0.0", "guestIP": guest.0, "guestPortRange": [guest.1, guest.2],
        "hostIP": host.0, "hostPortRange": [host.1, host.2], "proto": "any", "reverse": false, "ignore": ignore })
}

/// What colima writes for every VM.
fn colimas_rules() -> Value {
    json!([
        rule(("0.0.0.0", 1, 65535), ("0.0.0.0", 1, 65535), false),
        rule(("127.0.0.1", 1, 65535), ("127.0.0.1", 1, 65535), false)
    ])
}

/// Makes the only node one of k3s.
fn k3s(machine: &mut Machine) {
    let name = machine.cluster.clone();
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["spec"]["providerID"] = json!(format!("k3s://{name}"));
        nodes["items"][0]["status"]["nodeInfo"] =
            json!({ "kubeletVersion": "v1.35.0+k3s1", "osImage": "Ubuntu 24.04 LTS" });
    });
    // kube-proxy is part of k3s.
    machine.api.remove("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy");
    machine.object("/apis/apps/v1/daemonsets", |all| all["items"] = json!([]));
    machine.api.insert("/api/v1/namespaces/kube-system/pods".into(), json!({ "kind": "PodList", "items": [] }));
    machine.api.insert(
        "/apis/apps/v1/namespaces/kube-system/daemonsets".into(),
        json!({ "kind": "DaemonSetList", "items": [] }),
    );
}

/// Lima's template k3s, in a VM of that name.
pub fn lima(os: &'static str, config: &Value) -> Machine {
    let mut machine = Machine::bare("lima", os, "default", "https://127.0.0.1:6443", ("lima-k3s", "192.168.5.15"));
    k3s(&mut machine);
    machine.limas.push((None, Ok(instance("k3s", "Running", config))));
    machine
}

/// Lima's template k8s, which kubeadm makes.
fn lima_k8s() -> Machine {
    let server = "https://127.0.0.1:6443";
    let mut machine =
        Machine::bare("lima", "macos", "kubernetes-admin@kubernetes", server, ("lima-k8s", "192.168.5.15"));
    machine.entries = ("kubernetes".into(), "kubernetes-admin".into());
    machine.limas.push((None, Ok(instance("k8s", "Running", &json!({})))));
    machine
}

/// colima with Kubernetes, default profile.
pub fn colima(os: &'static str) -> Machine {
    let mut machine = Machine::bare("lima", os, "colima", "https://127.0.0.1:51234", ("colima", "192.168.5.1"));
    k3s(&mut machine);
    let config = json!({ "portForwards": colimas_rules() });
    machine.limas.push((Some(COLIMA_HOME), Ok(instance("colima", "Running", &config))));
    machine.files.insert(format!("{COLIMA_HOME}/colima/colima.yaml"), "portForwarder: ssh\n".into());
    machine
}

/// Rancher Desktop, whose limactl is on nobody's PATH.
fn rancher_desktop() -> Machine {
    let server = "https://127.0.0.1:6443";
    let mut machine =
        Machine::bare("lima", "macos", "rancher-desktop", server, ("lima-rancher-desktop", "192.168.5.15"));
    k3s(&mut machine);
    machine
}

/// Makes the Service a load balancer, which ServiceLB serves with a Pod.
fn balanced(machine: &mut Machine, served: bool) {
    machine.service("LoadBalancer", "10.43.7.7", served.then_some("192.168.5.15"));
    if served {
        let node = machine.cluster.clone();
        let labels = json!({ "svccontroller.k3s.cattle.io/svcname": "web", "svccontroller.k3s.cattle.io/svcnamespace": "default" });
        machine.object("/api/v1/namespaces/kube-system/pods", |pods| {
            pods["items"] = json!([{
                "metadata": { "name": "svclb-web-1", "namespace": "kube-system", "labels": labels },
                "spec": { "nodeName": node, "containers": [] },
                "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] },
            }]);
        });
    }
}

fn down(machine: &mut Machine) {
    machine.api_down = Some(Why::Refused);
}
