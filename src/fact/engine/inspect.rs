//! Containers as `docker container inspect` describes them.
//!
//! The published ports are read from `NetworkSettings.Ports`: `HostConfig.PortBindings`
//! is only what was asked for, and stays when a container is stopped (seen with Docker
//! 20.10; `docker-proxy` is gone then).

use std::collections::BTreeMap;

use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};

use super::{Binding, Container, Mount, Network};
use crate::ask::Why;
use crate::fact::read::nullable;
use crate::fact::said::{name, without_owners};

/// Labels that may be kept. k3d, for one, keeps the cluster's join token in a label.
const KEPT_LABELS: [&str; 10] = [
    "app",
    "created_by.minikube.sigs.k8s.io",
    "io.x-k8s.kind.cluster",
    "io.x-k8s.kind.role",
    "name.minikube.sigs.k8s.io",
    "io.x-k8s.cloud-provider-kind.cluster",
    "io.x-k8s.cloud-provider-kind.loadbalancer.name",
    "netpath.forwards-to",
    "k3d.cluster",
    "k3d.role",
];

/// Reads the JSON array that `container inspect` prints; nothing at all is an empty one.
pub(super) fn containers(text: &str) -> Result<Vec<Container>, Why> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let inspected: Vec<Inspected> = serde_json::from_str(text).map_err(|error| Why::Unreadable {
        detail: format!("container inspect: line {}, column {}", error.line(), error.column()),
    })?;
    Ok(inspected.into_iter().map(Container::from).collect())
}

/// docker puts a slash before it.
fn container_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    name(String::deserialize(deserializer)?.trim_start_matches('/').into_deserializer())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    #[serde(deserialize_with = "container_name")]
    name: String,
    state: State,
    #[serde(default)]
    restart_count: u32,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    network_settings: NetworkSettings,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<Mounted>,
}

/// One entry of `Mounts`, which holds volumes as well.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Mounted {
    #[serde(rename = "Type")]
    kind: String,
    source: String,
    destination: String,
    #[serde(rename = "RW")]
    writable: bool,
    propagation: String,
}

impl From<Mounted> for Mount {
    fn from(mounted: Mounted) -> Self {
        Self {
            host_path: mounted.source,
            container_path: mounted.destination,
            read_only: !mounted.writable,
            propagation: mounted.propagation,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
    #[serde(default)]
    error: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    #[serde(deserialize_with = "nullable")]
    image: String,
    #[serde(deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HostConfig {
    #[serde(deserialize_with = "nullable")]
    port_bindings: PortMap,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct NetworkSettings {
    #[serde(deserialize_with = "nullable")]
    ports: PortMap,
    #[serde(deserialize_with = "nullable")]
    networks: BTreeMap<String, Attachment>,
}

/// `null` for an exposed port that is not published.
type PortMap = BTreeMap<String, Option<Vec<HostPort>>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostPort {
    #[serde(default, deserialize_with = "nullable")]
    host_ip: String,
    #[serde(default, deserialize_with = "nullable")]
    host_port: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Attachment {
    #[serde(rename = "IPAddress")]
    ip_address: String,
    gateway: String,
}

impl From<Inspected> for Container {
    fn from(inspected: Inspected) -> Self {
        let mut labels = inspected.config.labels;
        let also = labels.get(NERDCTL_PORTS).map_or_else(Vec::new, |text| nerdctl_ports(text));
        let with = |map: PortMap| {
            let mut all = bindings(map);
            all.extend(also.iter().filter(|binding| !all.contains(binding)).cloned().collect::<Vec<_>>());
            all.sort();
            all
        };
        let alive = ["running", "paused"].contains(&inspected.state.status.as_str());
        labels.retain(|key, _| KEPT_LABELS.contains(&key.as_str()));
        let networks = inspected.network_settings.networks.into_iter().map(|(name, endpoint)| Network {
            name,
            ip: endpoint.ip_address.parse().ok(),
            gateway: endpoint.gateway.parse().ok(),
        });
        let binds = inspected.mounts.into_iter().filter(|mounted| mounted.kind == "bind").map(Mount::from);
        Self {
            name: inspected.name,
            // podman lists the ports of a container that does not run as well (seen: 4.3.1).
            published: if alive { with(inspected.network_settings.ports) } else { Vec::new() },
            requested: with(inspected.host_config.port_bindings),
            state: inspected.state.status,
            error: reason(inspected.state.error),
            restarts: inspected.restart_count,
            labels,
            networks: networks.collect(),
            image: inspected.config.image,
            mounts: binds.collect(),
        }
    }
}

/// Label in which nerdctl keeps all ports of a container, whatever its state. What it prints
/// as Docker would loses all but one binding of a port, and all of them when the container
/// stops (seen: 2.1.2).
const NERDCTL_PORTS: &str = "nerdctl/ports";

fn nerdctl_ports(text: &str) -> Vec<Binding> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Port {
        host_port: u16,
        container_port: u16,
        protocol: String,
        #[serde(rename = "HostIP")]
        host_ip: String,
    }
    let ports: Vec<Port> = serde_json::from_str(text).unwrap_or_default();
    let binding = |port: Port| Binding {
        container_port: port.container_port,
        protocol: port.protocol.to_ascii_lowercase(),
        host_ip: port.host_ip.parse().ok(),
        host_port: port.host_port,
    };
    ports.into_iter().map(binding).collect()
}

fn bindings(map: PortMap) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = map
        .into_iter()
        .flat_map(|(key, hosts)| {
            // k3d writes keys without a protocol; tcp is the default.
            let (port, protocol) = key.split_once('/').unwrap_or((&key, "tcp"));
            let (port, protocol) = (port.parse().unwrap_or(0), protocol.to_ascii_lowercase());
            hosts.unwrap_or_default().into_iter().map(move |host| Binding {
                container_port: port,
                protocol: protocol.clone(),
                host_ip: host.host_ip.parse().ok(),
                host_port: host.host_port.parse().unwrap_or(0),
            })
        })
        .collect();
    bindings.sort();
    bindings
}

/// What went wrong, without the way to it: docker puts the endpoint and its id of 64 digits
/// before the reason (seen: 20.10.24).
fn reason(error: String) -> String {
    let is_id = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match error.split_once("): ") {
        Some((before, reason)) if before.rsplit('(').next().is_some_and(is_id) => without_owners(reason),
        _ => without_owners(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: &str = r#"[{"Name":"/kind-control-plane","State":{"Status":"running","Error":""},
      "HostConfig":{"PortBindings":{"6443/tcp":[{"HostIp":"127.0.0.1","HostPort":"41483"}]}},
      "Config":{"Image":"kindest/node:v1.36.1","Env":["SECRET=canary"],
        "Labels":{"io.x-k8s.kind.cluster":"kind","k3d.cluster.token":"canary"}},
      "NetworkSettings":{"Ports":{"30080/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"53/udp":null,
        "6443":[{"HostIp":"127.0.0.1","HostPort":"41483"}]},
        "Networks":{"kind":{"IPAddress":"172.18.0.2","Gateway":"172.18.0.1"}}}}]"#;

    #[test]
    fn a_running_node_is_read() {
        let node = containers(RUNNING).unwrap().remove(0);
        assert_eq!(node.name, "kind-control-plane");
        assert!(node.is_running());
        assert_eq!(node.networks[0].ip, Some("172.18.0.2".parse().unwrap()));
        let ports: Vec<_> = node.published.iter().map(|b| (b.container_port, b.host_port)).collect();
        assert_eq!(ports, [(6443, 41483), (30080, 8080)]);
        assert_eq!(node.published[1].loopback(), Some("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn labels_and_environment_that_no_rule_uses_are_dropped() {
        let kept = serde_json::to_string(&containers(RUNNING).unwrap()).unwrap();
        assert!(!kept.contains("canary"), "{kept}");
    }

    #[test]
    fn a_stopped_node_keeps_only_what_was_requested() {
        let stopped = r#"[{"Name":"/n","State":{"Status":"exited"},"Config":{"Image":"i","Labels":null},
          "HostConfig":{"PortBindings":{"6443/tcp":[{"HostIp":"127.0.0.1","HostPort":"41483"}]}},
          "NetworkSettings":{"Ports":{},"Networks":{"kind":{"IPAddress":"","Gateway":""}}}}]"#;
        let node = containers(stopped).unwrap().remove(0);
        assert!(node.published.is_empty());
        assert!(node.publishes_at(41483).is_some());
        assert_eq!(node.networks[0].ip, None);
    }

    #[test]
    fn the_reason_stands_at_the_end_of_what_docker_says() {
        let id = "f31c4c331bfc1a75d0ad2639a56ca43b90f9c6f6d4d8c1a8c1a3d6f1b0e6a9d2";
        let bind = "Bind for 0.0.0.0:80 failed: port is already allocated";
        for (said, wanted) in [
            (format!("driver failed programming external connectivity on endpoint kindccm-1 ({id}): {bind}"), bind),
            (
                "error while creating mount source path '/a (b): c'".into(),
                "error while creating mount source path '/a (b): c'",
            ),
            (bind.into(), bind),
            (String::new(), ""),
        ] {
            assert_eq!(reason(said), wanted);
        }
    }

    #[test]
    fn no_container_is_an_empty_list_and_garbage_is_an_error() {
        assert_eq!(containers("\n").unwrap(), []);
        assert!(containers("Error: no").is_err());
    }
}
