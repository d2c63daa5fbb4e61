//! minikube in place of kind: the same random cluster in a profile of some driver, on some
//! operating system, with random processes, routes and words of minikube's.

use netpath::ask::{Ask, Observed, Raw, Why};
use netpath::fact::kubeconfig::{Cluster, Context, Kubeconfig};
use netpath::fact::minikube::Process;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::cluster::oracle;
use super::oracle::{API_SERVER, Oracle, value};

/// The profile is named like the first node.
const PROFILE: &str = "dev-control-plane";
const CLUSTER_IP: &str = "10.96.0.7";
const NODE: &str = "192.0.2.2";

/// What makes the nodes, and where.
#[derive(Clone, Debug)]
pub struct Minikube {
    os: &'static str,
    driver: &'static str,
    network: &'static str,
    /// The API server is published at this computer's loopback.
    forwarded: bool,
}

/// A cluster in a profile of minikube's.
pub fn minikube() -> impl Strategy<Value = Oracle> {
    let driver = select(vec![
        ("docker", "linux", ""),
        ("docker", "macos", ""),
        ("docker", "windows", ""),
        ("podman", "linux", ""),
        ("kvm2", "linux", ""),
        ("vfkit", "macos", "nat"),
        ("hyperv", "windows", ""),
        ("qemu2", "macos", "builtin"),
        ("qemu2", "macos", "socket_vmnet"),
        ("none", "linux", ""),
        ("ssh", "linux", ""),
        ("", "linux", ""),
    ]);
    let address = select(vec![None, None, Some("127.0.0.1"), Some(CLUSTER_IP), Some("192.0.2.99")]);
    (oracle(), driver, any::<bool>(), address).prop_map(|(oracle, (driver, os, network), forwarded, address)| {
        Minikube { os, driver, network, forwarded }.dress(oracle, address)
    })
}

impl Minikube {
    fn dress(self, mut oracle: Oracle, address: Option<&str>) -> Oracle {
        for object in &mut oracle.objects {
            if object["kind"] == "Node" {
                object["metadata"]["labels"] = json!({ "minikube.k8s.io/name": PROFILE });
                object["spec"] = json!({});
            }
            if object["spec"]["type"] == "LoadBalancer" {
                object["status"]["loadBalancer"]["ingress"] = address.iter().map(|ip| json!({ "ip": ip })).collect();
            }
        }
        for container in &mut oracle.containers {
            container["Config"]["Labels"] = json!({ "created_by.minikube.sigs.k8s.io": "true" });
        }
        Oracle { minikube: Some(self), ..oracle }
    }

    /// What is different from kind.
    pub fn observe(&self, dice: u8, containers: &[Value], ask: &Ask) -> Option<Observed> {
        Some(match ask {
            Ask::Kubeconfig => value(&self.kubeconfig()),
            Ask::File(path) if path.ends_with("config.json") && path.contains(PROFILE) => match dice % 8 {
                0 => Ok(None),
                1 => Err(Why::PermissionDenied { detail: "no right".into() }),
                _ => Ok(Some(Raw::Text(self.config()))),
            },
            Ask::File(path) if path.ends_with("tunnels.json") => Ok(Some(Raw::Text(registry(dice)))),
            Ask::File(_) => Ok(None),
            Ask::Variable(name) if name == "WSL_DISTRO_NAME" && self.os == "linux" && dice.is_multiple_of(3) => {
                Ok(Some(Raw::Text("Debian".into())))
            }
            Ask::Containers { label, .. } if label == "created_by.minikube.sigs.k8s.io" => {
                Ok(Some(Raw::Text(json!(containers).to_string())))
            }
            Ask::EngineEndpoint(_) => {
                value(&json!({ "host": if dice.is_multiple_of(7) { Some("10.0.0.7:2376") } else { None } }))
            }
            Ask::EngineInfo(_) if dice.is_multiple_of(3) => Err(Why::TimedOut),
            Ask::EngineInfo(_) => Ok(Some(Raw::Text(r#"{"OperatingSystem":"Docker Desktop"}"#.into()))),
            Ask::MinikubeStatus { .. } => status(dice),
            Ask::MinikubeProcesses => processes(dice),
            Ask::Listeners(_) => value(&listeners(dice)),
            Ask::Route(_) => value(&match dice % 4 {
                0 => json!({ "source": "192.0.2.1", "gateway": NODE }),
                1 => json!({ "source": "192.0.2.1", "gateway": "192.0.2.77" }),
                2 => json!({ "source": "192.0.2.1" }),
                _ => json!({}),
            }),
            _ => return None,
        })
    }

    /// The operating system.
    pub fn os(&self) -> &'static str {
        self.os
    }

    fn kubeconfig(&self) -> Kubeconfig {
        let name = PROFILE.to_owned();
        let provider = Some("minikube.sigs.k8s.io".to_owned());
        let server = match self.forwarded {
            true => format!("https://127.0.0.1:{API_SERVER}"),
            false => format!("https://{NODE}:8443"),
        };
        Kubeconfig {
            current_context: Some(name.clone()),
            contexts: vec![Context {
                name: name.clone(),
                cluster: name.clone(),
                user: name.clone(),
                namespace: Some("web".into()),
                provider: provider.clone(),
            }],
            clusters: vec![Cluster { name: name.clone(), server, provider, ..Cluster::default() }],
            users: vec![name.clone()],
            certificates: [(name, format!("~/.minikube/profiles/{PROFILE}/client.crt"))].into(),
        }
    }

    fn config(&self) -> String {
        let node = json!({ "Name": "", "IP": NODE, "Port": 8443 });
        json!({ "Driver": self.driver, "Network": self.network, "Nodes": [node], "Addons": { "metallb": true } })
            .to_string()
    }
}

fn registry(dice: u8) -> String {
    let gateway = if dice.is_multiple_of(2) { NODE } else { "192.0.2.77" };
    json!([{ "Route": { "Gateway": gateway }, "MachineName": if dice.is_multiple_of(2) { PROFILE } else { "other" }, "Pid": 7 }])
        .to_string()
}

fn status(dice: u8) -> Observed {
    let words =
        [("Running", "Running", "Paused"), ("Running", "Misconfigured", "Running"), ("Stopped", "Stopped", "Stopped")];
    let said = |(host, kubeconfig, api): (&str, &str, &str)| {
        let status =
            json!({ "Name": PROFILE, "Host": host, "Kubelet": "Stopped", "APIServer": api, "Kubeconfig": kubeconfig });
        Ok(Some(Raw::Text(status.to_string())))
    };
    match dice % 6 {
        0 => Err(Why::ToolNotFound { tool: "minikube".into() }),
        1 => Err(Why::TimedOut),
        2 => Ok(Some(Raw::Text("null".into()))),
        other => said(words[usize::from(other - 3)]),
    }
}

fn processes(dice: u8) -> Observed {
    if dice.is_multiple_of(11) {
        return Err(Why::PermissionDenied { detail: "processes".into() });
    }
    let ssh = |pid: u32, to: &str, sudo: bool| {
        let line = format!("ssh -N docker@127.0.0.1 -p 32782 -i /h/machines/{PROFILE}/id_rsa -L {to}");
        let line = if sudo { format!("sudo {line}") } else { line };
        (pid, line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    };
    let all = [
        (5, ["minikube", "-p", PROFILE, "tunnel"].map(str::to_owned).to_vec()),
        ssh(6, &format!("80:{CLUSTER_IP}:80"), false),
        ssh(7, &format!("80:{CLUSTER_IP}:80"), true),
        ssh(8, "80:10.96.0.9:80", false),
        ssh(9, &format!("40885:{CLUSTER_IP}:80"), false),
    ];
    let some = all.iter().enumerate().filter(|(at, _)| dice >> at & 1 == 1);
    value(&some.filter_map(|(_, (pid, words))| Process::parse(*pid, words)).collect::<Vec<_>>())
}

fn listeners(dice: u8) -> Vec<Value> {
    let pid = [6, 8, 4711][usize::from(dice % 3)];
    if dice.is_multiple_of(4) { Vec::new() } else { vec![json!({ "pid": pid, "name": "ssh" })] }
}
