//! kind's configuration file, rebuilt from the containers of a cluster.
//!
//! What kind gave to the engine is there to be read: roles (label), image, published ports
//! and mounts (kubernetes-sigs/kind v0.33.0 `pkg/cluster/internal/providers/docker/
//! provision.go:150-300,390-431`). What it gave to kubeadm, containerd or the network is not,
//! and the sentence above the file says so.

use std::fmt::Write;

use super::{API_SERVER_PORT, Cluster, ROLE_LABEL};
use crate::environment::Wanted;
use crate::fact::engine::{Binding, Container, Mount};
use crate::report::TextFile;
use crate::request::Viewer;

/// What kind mounts into every node by itself (`provision.go:200,239`).
const OWN_MOUNTS: [&str; 2] = ["/lib/modules", "/dev/mapper"];
const LOOPBACK: [u8; 4] = [127, 0, 0, 1];

impl Cluster {
    /// The file that makes the cluster again with one more port published: the node port,
    /// at a port of this host's loopback.
    pub(super) fn config(&self, wanted: &Wanted, host_port: u16) -> TextFile {
        let mut text = String::from("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n");
        text += &self.networking();
        text += "nodes:\n";
        let mut nodes: Vec<&Container> = self.containers.known().iter().collect();
        // kind names its nodes by their order: worker, worker2, ... worker10.
        nodes.sort_by_key(|node| (node.label(ROLE_LABEL) != Some("control-plane"), node.name.len(), &node.name));
        let door = self.door_node(wanted);
        for node in nodes {
            let role = if node.label(ROLE_LABEL) == Some("worker") { "worker" } else { "control-plane" };
            let _ = writeln!(text, "- role: {role}");
            // An id names no image that could be found again.
            if !node.image.is_empty() && !node.image.starts_with("sha256:") {
                let _ = writeln!(text, "  image: {}", quoted(&node.image));
            }
            let mut ports: Vec<Binding> =
                node.requested.iter().filter(|port| port.container_port != API_SERVER_PORT).cloned().collect();
            if door == Some(node.name.as_str()) {
                let protocol = wanted.port.protocol.to_ascii_lowercase();
                let same = |port: &Binding| port.container_port == wanted.port.node_port && port.protocol == protocol;
                // For another computer, what is published on loopback has to be opened instead.
                let old = ports.iter().position(same).filter(|_| wanted.viewer != Viewer::Here);
                let host_port = old.map_or(host_port, |at| ports.remove(at).host_port);
                let host_ip = (wanted.viewer == Viewer::Here).then(|| LOOPBACK.into());
                ports.push(Binding { container_port: wanted.port.node_port, protocol, host_ip, host_port });
            }
            if !ports.is_empty() {
                text += "  extraPortMappings:\n";
                text.extend(ports.iter().map(mapping));
            }
            let mut mounts =
                node.mounts.iter().filter(|mount| !OWN_MOUNTS.contains(&mount.container_path.as_str())).peekable();
            if mounts.peek().is_some() {
                text += "  extraMounts:\n";
                text.extend(mounts.map(mounted));
            }
        }
        TextFile { name: format!("kind-{}-{}.yaml", self.name, wanted.port.node_port), text }
    }

    /// The node at which the new port is published: one that has an endpoint where only such
    /// a node answers, else the first control plane.
    pub(super) fn door_node(&self, wanted: &Wanted) -> Option<&str> {
        let local = wanted.service.spec.is_local_only();
        let serving = self.containers.known().iter().find(|node| local && wanted.endpoint_nodes.contains(&node.name));
        Some(serving.or(self.containers.control_plane())?.name.as_str())
    }

    /// The API server's address where it is not kind's default, 127.0.0.1 and any free port.
    fn networking(&self) -> String {
        let holder = self.balancer.as_ref().or(self.containers.control_plane());
        let doors = holder.map_or(&[][..], |node| node.requested.as_slice());
        let door = doors.iter().find(|door| door.container_port == API_SERVER_PORT);
        match door.and_then(|door| Some((door.host_ip?, door.host_port))) {
            Some((ip, port)) if ip != std::net::IpAddr::from(LOOPBACK) => {
                format!("networking:\n  apiServerAddress: {}\n  apiServerPort: {port}\n", quoted(&ip.to_string()))
            }
            _ => String::new(),
        }
    }
}

fn mapping(port: &Binding) -> String {
    let address = port.host_ip.map(|ip| format!(", listenAddress: {}", quoted(&ip.to_string()))).unwrap_or_default();
    let protocol = match port.protocol.as_str() {
        "" | "tcp" => String::new(),
        // A line of its own: a terminal would break it anywhere.
        other => {
            let known = ["udp", "sctp"].contains(&other);
            let name = if known { other.to_ascii_uppercase() } else { quoted(other) };
            format!(",\n     protocol: {name}")
        }
    };
    // kind asks the engine to choose where the file says -1 (`pkg/internal/apis/config/types.go:234-242`).
    let host_port = if port.host_port == 0 { "-1".to_owned() } else { port.host_port.to_string() };
    format!("  - {{containerPort: {}, hostPort: {host_port}{address}{protocol}}}\n", port.container_port)
}

fn mounted(mount: &Mount) -> String {
    let mut text =
        format!("  - hostPath: {}\n    containerPath: {}\n", quoted(&mount.host_path), quoted(&mount.container_path));
    if mount.read_only {
        text += "    readOnly: true\n";
    }
    // `provision.go:370-380`.
    match mount.propagation.as_str() {
        "rshared" => text += "    propagation: Bidirectional\n",
        "rslave" => text += "    propagation: HostToContainer\n",
        _ => {}
    }
    text
}

/// A string of YAML: whatever a path holds, it stays one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_that_somebody_made_up_stays_a_string() {
        let of = |protocol: &str| {
            mapping(&Binding { container_port: 80, protocol: protocol.into(), host_ip: None, host_port: 0 })
        };
        assert_eq!(of("tcp"), "  - {containerPort: 80, hostPort: -1}\n");
        assert_eq!(of("udp"), "  - {containerPort: 80, hostPort: -1,\n     protocol: UDP}\n");
        let made_up = of("tcp}\nEOF\nid > owned\n");
        assert!(made_up.lines().all(|line| line != "EOF") && made_up.contains(r#"protocol: "tcp}\nEOF"#), "{made_up}");
    }
}
