//! Nodes.

use serde::{Deserialize, Serialize};

use super::{Condition, condition};
use crate::fact::read::{Object, nullable};
use crate::fact::said::name;

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
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Set when the object is on its way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Only the labels that a rule uses.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "MakerLabels::is_empty")]
    pub labels: MakerLabels,
    /// Only the annotation of a tool that makes nodes.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "MakerAnnotations::is_empty")]
    pub annotations: MakerAnnotations,
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
    /// MicroK8s, on every node (canonical/microk8s @d099c907
    /// `microk8s-resources/default-args/kubelet:10`, `scripts/wrappers/join.py:367`).
    #[serde(rename = "microk8s.io/cluster", skip_serializing_if = "Option::is_none")]
    microk8s: Option<String>,
}

impl MakerLabels {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The annotation of a tool that makes nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MakerAnnotations {
    /// kubeadm: the socket of the container runtime (kubernetes
    /// `cmd/kubeadm/app/constants/constants.go`, AnnotationKubeadmCRISocket). It is to go
    /// away (KEP-3930): none proves nothing.
    #[serde(rename = "kubeadm.alpha.kubernetes.io/cri-socket", skip_serializing_if = "Option::is_none")]
    kubeadm: Option<String>,
}

impl MakerAnnotations {
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
    /// For example `6.6.87.2-microsoft-standard-WSL2`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kernel_version: String,
    /// What the node's kernel calls its present run.
    #[serde(rename = "bootID", skip_serializing_if = "String::is_empty")]
    pub boot_id: String,
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

    /// What the label of MicroK8s says, on a node of its own.
    pub fn microk8s_label(&self) -> Option<&str> {
        self.metadata.labels.microk8s.as_deref()
    }

    /// The socket of the container runtime, as kubeadm notes it.
    pub fn kubeadm_socket(&self) -> Option<&str> {
        self.metadata.annotations.kubeadm.as_deref()
    }

    /// Whether it is one of k0s (docs/install.md: `v1.34.1+k0s`).
    pub fn is_k0s(&self) -> bool {
        self.status.node_info.kubelet_version.contains("+k0s")
    }

    /// Whether it is one of k3s, whose kube-proxy is part of the k3s process and has no
    /// DaemonSet.
    pub fn is_k3s(&self) -> bool {
        self.status.node_info.kubelet_version.contains("+k3s")
    }

    /// Whether the cluster says that it is Ready.
    pub fn is_ready(&self) -> bool {
        condition(&self.status.conditions, "Ready").is_some_and(|ready| ready.status == "True")
    }

    /// Its Ready condition, if it is not True.
    pub fn not_ready(&self) -> Option<&Condition> {
        condition(&self.status.conditions, "Ready").filter(|ready| ready.status != "True")
    }
}

impl Object for Node {
    const KIND: &'static str = "Node";
}
