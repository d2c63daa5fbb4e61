//! Services.

use serde::{Deserialize, Serialize};

use super::Labels;
use crate::ask::Speak;
use crate::fact::read::{Object, nullable};
use crate::fact::said::name;

/// A number or the name of a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PortRef {
    /// A number.
    Number(u16),
    /// A name, matched against the Pods' container ports (name and protocol).
    Name(String),
}

impl Default for PortRef {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl std::fmt::Display for PortRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Name and namespace, what holds it back from being deleted, and who manages it.
    pub metadata: ServiceMeta,
    /// What is wanted.
    pub spec: ServiceSpec,
    /// What a load-balancer provider wrote.
    pub status: ServiceStatus,
}

/// `Service.metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceMeta {
    /// Name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Set when it is on its way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// What has to be done before it goes.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
    /// Only the labels that say who manages it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "ManagerLabels::is_empty")]
    pub labels: ManagerLabels,
}

/// Labels of tools that write an object from a source of their own, and so undo what
/// anybody else changes in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManagerLabels {
    #[serde(rename = "app.kubernetes.io/managed-by", skip_serializing_if = "Option::is_none")]
    managed_by: Option<String>,
    #[serde(rename = "argocd.argoproj.io/instance", skip_serializing_if = "Option::is_none")]
    argo: Option<String>,
    #[serde(rename = "kustomize.toolkit.fluxcd.io/name", skip_serializing_if = "Option::is_none")]
    flux: Option<String>,
    #[serde(rename = "helm.toolkit.fluxcd.io/name", skip_serializing_if = "Option::is_none")]
    flux_helm: Option<String>,
}

impl ManagerLabels {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The tool that writes the object, if it says so.
    pub fn manager(&self) -> Option<&'static str> {
        match self {
            Self { flux: Some(_), .. } | Self { flux_helm: Some(_), .. } => Some("Flux"),
            Self { argo: Some(_), .. } => Some("Argo CD"),
            // Other values name tools that nobody here knows, or people.
            Self { managed_by: Some(tool), .. } if tool == "Helm" => Some("Helm"),
            _ => None,
        }
    }
}

/// `Service.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec {
    /// ClusterIP, NodePort, LoadBalancer or ExternalName.
    #[serde(rename = "type")]
    pub kind: String,
    /// The virtual address; `None` (the word) for a headless Service.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: String,
    /// Labels that Pods must have; empty means that endpoints are made by hand.
    #[serde(deserialize_with = "nullable")]
    pub selector: Labels,
    /// The ports.
    #[serde(deserialize_with = "nullable")]
    pub ports: Vec<ServicePort>,
    /// The name behind an ExternalName Service.
    pub external_name: Option<String>,
    /// Cluster or Local.
    pub external_traffic_policy: Option<String>,
    /// Endpoints count as ready even when their Pods are not.
    pub publish_not_ready_addresses: bool,
    /// IPv4, IPv6 or both.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub ip_families: Vec<String>,
    /// The provider that alone may serve a LoadBalancer Service.
    pub load_balancer_class: Option<String>,
    /// Cluster or Local, for clients inside the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_traffic_policy: Option<String>,
    /// Whether a LoadBalancer Service gets node ports; not set means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocate_load_balancer_node_ports: Option<bool>,
    /// Networks that alone may use the load balancer; empty means all.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub load_balancer_source_ranges: Vec<String>,
    /// None or ClientIP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_affinity: Option<String>,
    /// Addresses that somebody routes to the nodes by hand.
    #[serde(rename = "externalIPs", deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub external_ips: Vec<String>,
}

impl ServiceSpec {
    /// Whether this is a headless Service.
    pub fn is_headless(&self) -> bool {
        self.cluster_ip == "None"
    }

    /// Whether it has an IPv4 address: only then does a node's IPv4 address have its node
    /// port.
    pub fn has_ipv4(&self) -> bool {
        self.ip_families.is_empty() || self.ip_families.iter().any(|family| family == "IPv4")
    }

    /// Whether a node gives outside traffic only to endpoints of its own (S12).
    pub fn is_local_only(&self) -> bool {
        self.external_traffic_policy.as_deref() == Some("Local")
    }
}

/// One port of a Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    /// Name; empty when the only port is unnamed.
    pub name: String,
    /// The port of the virtual address.
    pub port: u16,
    /// Where the Pods are addressed.
    pub target_port: PortRef,
    /// The port on every node; 0 when there is none.
    pub node_port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: String,
    /// A hint about what is spoken.
    pub app_protocol: Option<String>,
}

impl ServicePort {
    /// Whether the port says that TLS is spoken on it (by name, appProtocol or number).
    pub fn says_tls(&self) -> bool {
        self.app_protocol.as_deref().is_some_and(|protocol| protocol.eq_ignore_ascii_case("https"))
            || self.name == "https"
            || self.name.starts_with("https-")
            || matches!(self.port, 443 | 8443)
    }

    /// The first words of a probe of it.
    pub fn speak(&self) -> Speak {
        if self.says_tls() { Speak::Tls } else { Speak::Http }
    }

    /// Whether the port says that HTTP is spoken on it.
    pub fn says_http(&self) -> bool {
        let says = |text: &str| text.to_ascii_lowercase().starts_with("http");
        self.app_protocol.as_deref().is_some_and(says)
            || says(&self.name)
            || self.name == "web"
            || matches!(self.port, 80 | 443 | 3000 | 5000 | 8000 | 8080 | 8443)
    }

    /// Whether probes can say anything about it.
    pub fn is_tcp(&self) -> bool {
        self.protocol.is_empty() || self.protocol == "TCP"
    }
}

/// `Service.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceStatus {
    /// Addresses that a load-balancer provider gave.
    pub load_balancer: LoadBalancerStatus,
}

/// `Service.status.loadBalancer`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStatus {
    /// One entry per address.
    #[serde(deserialize_with = "nullable")]
    pub ingress: Vec<LoadBalancerIngress>,
}

impl LoadBalancerStatus {
    /// The first address or name.
    pub fn address(&self) -> Option<&str> {
        self.ingress.iter().find_map(|ingress| ingress.ip.as_deref().or(ingress.hostname.as_deref()))
    }
}

/// One address of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoadBalancerIngress {
    /// An address ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// ... or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// VIP: packets arrive at a node with this address; Proxy: as the node's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_mode: Option<String>,
    /// What the provider says about each port.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortStatus>,
}

/// What a load-balancer provider says about one port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PortStatus {
    /// The port.
    pub port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: String,
    /// What went wrong, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Object for Service {
    const KIND: &'static str = "Service";
}
