//! Nodes.

use serde::{Deserialize, Serialize};

use super::{Condition, condition};
use crate::fact::read::{Object, nullable};

/// A Node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Name, and the labels that tell which tool made it.
    pub metadata: NodeMeta,
    /// Provider.
    pub spec: NodeSpec,
    /// Addresses and conditions.
    pub status: NodeStatus,
}

/// `Node.metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeMeta {
    /// Name.
    pub name: String,
    /// Set when the object is on its way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Only the labels that a rule uses.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "MakerLabels::is_empty")]
    pub labels: MakerLabels,
}

/// Labels of tools that make nodes, and those that decide what a node is used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MakerLabels {
    /// The minikube profile (`pkg/minikube/bootstrapper/kubeadm/kubeadm.go:1053-1079`).
    #[serde(rename = "minikube.k8s.io/name", skip_serializing_if = "Option::is_none")]
    minikube: Option<String>,
    /// Its taint of the same name keeps ordinary Pods away where there are other nodes
    /// (kubeadm).
    #[serde(rename = "node-role.kubernetes.io/control-plane", skip_serializing_if = "Option::is_none")]
    control_plane: Option<String>,
    /// What manifests for kind select their Ingress controller's node by.
    #[serde(rename = "ingress-ready", skip_serializing_if = "Option::is_none")]
    ingress_ready: Option<String>,
    /// Load balancers leave the node out.
    #[serde(
        rename = "node.kubernetes.io/exclude-from-external-load-balancers",
        skip_serializing_if = "Option::is_none"
    )]
    excluded: Option<String>,
}

impl MakerLabels {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `Node.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    /// For example `kind://docker/kind/kind-control-plane`.
    #[serde(rename = "providerID", deserialize_with = "nullable")]
    pub provider_id: String,
}

/// `Node.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeStatus {
    /// Addresses.
    #[serde(deserialize_with = "nullable")]
    pub addresses: Vec<NodeAddress>,
    /// Conditions.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    /// Versions.
    pub node_info: NodeInfo,
}

/// `Node.status.nodeInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeInfo {
    /// For example `v1.34.4` or `v1.34.4+k3s1`.
    pub kubelet_version: String,
    /// For example `Debian GNU/Linux 12 (bookworm)`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub os_image: String,
}

/// One address of a Node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAddress {
    /// InternalIP, ExternalIP, Hostname ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The address.
    pub address: String,
}

impl Node {
    /// Its first internal address.
    pub fn internal_ip(&self) -> Option<std::net::IpAddr> {
        let address = self.status.addresses.iter().find(|address| address.kind == "InternalIP")?;
        address.address.parse().ok()
    }

    /// The minikube profile that it belongs to.
    pub fn minikube_profile(&self) -> Option<&str> {
        self.metadata.labels.minikube.as_deref()
    }

    /// Whether it runs the control plane.
    pub fn is_control_plane(&self) -> bool {
        self.metadata.labels.control_plane.is_some()
    }

    /// The value of its label `ingress-ready`.
    pub fn ingress_ready(&self) -> Option<&str> {
        self.metadata.labels.ingress_ready.as_deref()
    }

    /// Whether load balancers leave it out.
    pub fn is_excluded_from_load_balancers(&self) -> bool {
        self.metadata.labels.excluded.is_some()
    }

    /// Whether it is one of k3s, whose kube-proxy is part of the k3s process and has no
    /// DaemonSet.
    pub fn is_k3s(&self) -> bool {
        self.status.node_info.kubelet_version.contains("+k3s")
    }

    /// Its Ready condition, if it is not True.
    pub fn not_ready(&self) -> Option<&Condition> {
        condition(&self.status.conditions, "Ready").filter(|ready| ready.status != "True")
    }
}

impl Object for Node {
    const KIND: &'static str = "Node";
}
