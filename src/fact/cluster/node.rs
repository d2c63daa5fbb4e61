//! Nodes.

use serde::{Deserialize, Serialize};

use super::{Condition, Meta, condition};
use crate::fact::read::{Object, nullable};

/// A Node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Name.
    pub metadata: Meta,
    /// Provider.
    pub spec: NodeSpec,
    /// Addresses and conditions.
    pub status: NodeStatus,
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
