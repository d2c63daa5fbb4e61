//! Kubernetes objects, cut down to the fields that rules use.
//!
//! Container environment, commands, annotations and Secret data have no field here and
//! therefore cannot be kept. Labels are kept for Pods and workloads (selectors match on
//! them) and nowhere else.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::read::{Get, Object, Shared, encode, list, nullable};
use crate::answers::{Asking, Seen};

/// Label key to value.
pub type Labels = BTreeMap<String, String>;

/// The part of `metadata` that every object keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// Name.
    pub name: String,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Set when the object is on its way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
}

/// [`Meta`] with labels and owners, for objects that selectors match on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelledMeta {
    /// Name.
    pub name: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Set when the object is on its way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Labels.
    #[serde(deserialize_with = "nullable")]
    pub labels: Labels,
}

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
    /// Name and namespace.
    pub metadata: Meta,
    /// What is wanted.
    pub spec: ServiceSpec,
    /// What a load-balancer provider wrote.
    pub status: ServiceStatus,
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
    /// The provider that alone may serve a LoadBalancer Service.
    pub load_balancer_class: Option<String>,
}

impl ServiceSpec {
    /// Whether this is a headless Service.
    pub fn is_headless(&self) -> bool {
        self.cluster_ip == "None"
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

/// One address of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancerIngress {
    /// An address ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// ... or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
}

impl Object for Service {
    const KIND: &'static str = "Service";
}

/// An EndpointSlice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSlice {
    /// Name and the one label that binds it to its Service.
    pub metadata: SliceMeta,
    /// IPv4, IPv6 or FQDN.
    pub address_type: String,
    /// The endpoints.
    #[serde(deserialize_with = "nullable")]
    pub endpoints: Vec<Endpoint>,
    /// The ports that all of them have.
    #[serde(deserialize_with = "nullable")]
    pub ports: Vec<EndpointPort>,
}

/// `EndpointSlice.metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SliceMeta {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Only the label that names the Service.
    #[serde(deserialize_with = "nullable")]
    pub labels: SliceLabels,
}

/// The one label that decides which Service a slice belongs to (S9).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SliceLabels {
    /// Name of the Service.
    #[serde(rename = "kubernetes.io/service-name")]
    pub service: String,
}

/// One endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoint {
    /// Addresses; only the first one is used (S9).
    #[serde(deserialize_with = "nullable")]
    pub addresses: Vec<String>,
    /// Readiness.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Conditions,
    /// The node its Pod runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// The Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_ref: Option<TargetRef>,
}

/// What an endpoint points at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetRef {
    /// Usually Pod.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// Conditions of an endpoint. A condition that is not set has a meaning of its own (S2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serving: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminating: Option<bool>,
}

impl Endpoint {
    /// Whether traffic goes there. Not set means yes
    /// (k8s.io/api v0.36.2 `discovery/v1/types.go:147-166`).
    pub fn is_ready(&self) -> bool {
        self.conditions.ready.unwrap_or(true)
    }

    /// Terminating but still serving: used only when no endpoint is ready.
    pub fn is_serving_out(&self) -> bool {
        self.conditions.serving.unwrap_or(true) && self.conditions.terminating.unwrap_or(false)
    }

    /// Name of its Pod.
    pub fn pod(&self) -> Option<&str> {
        let target = self.target_ref.as_ref()?;
        (target.kind == "Pod").then_some(target.name.as_str())
    }
}

/// One port of a slice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointPort {
    /// The Service port's name; that is how the two are joined (S8).
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// The port on the Pods.
    #[serde(deserialize_with = "nullable")]
    pub port: u16,
    /// TCP, UDP or SCTP.
    #[serde(deserialize_with = "nullable")]
    pub protocol: String,
}

impl Object for EndpointSlice {
    const KIND: &'static str = "EndpointSlice";
}

/// A Pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Name and labels.
    pub metadata: LabelledMeta,
    /// Node and containers.
    pub spec: PodSpec,
    /// How far it got.
    pub status: PodStatus,
}

/// `Pod.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// The node, once scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// Containers.
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    /// Init containers; those with restartPolicy Always are sidecars.
    #[serde(deserialize_with = "nullable")]
    pub init_containers: Vec<Container>,
    /// Whether it uses the node's own network.
    pub host_network: bool,
}

/// A container, without command, arguments and environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// Declared ports: information, except for named target ports (S5, S6).
    #[serde(deserialize_with = "nullable")]
    pub ports: Vec<ContainerPort>,
}

/// A declared port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name.
    pub name: String,
    /// Number.
    pub container_port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: String,
}

/// `Pod.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// Pending, Running, Succeeded, Failed or Unknown.
    pub phase: String,
    /// For example Evicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The Pod's address.
    #[serde(rename = "podIP", skip_serializing_if = "Option::is_none")]
    pub pod_ip: Option<String>,
    /// Conditions.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    /// Containers.
    #[serde(deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus>,
    /// Init containers.
    #[serde(deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// A condition of a Pod, Node or Deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// True, False or Unknown.
    pub status: String,
    /// One word.
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "nullable")]
    pub message: String,
}

/// Finds a condition by its type.
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.kind == kind)
}

/// `Pod.status.containerStatuses[]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    /// Name.
    pub name: String,
    /// Ready.
    pub ready: bool,
    /// Passed its startup probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<bool>,
    /// How often it was restarted.
    pub restart_count: u32,
    /// Now.
    pub state: ContainerState,
    /// Before.
    pub last_state: ContainerState,
}

/// State of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Set while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// Set while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Set when it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<Terminated>,
}

/// A running container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {}

/// Why a container waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// One word, for example ImagePullBackOff.
    pub reason: String,
    /// A sentence.
    pub message: String,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated {
    /// Exit status.
    pub exit_code: i32,
    /// One word, for example OOMKilled.
    pub reason: String,
}

impl Pod {
    /// Whether the Pod is Ready.
    pub fn is_ready(&self) -> bool {
        condition(&self.status.conditions, "Ready").is_some_and(|ready| ready.status == "True")
    }

    /// All containers that may declare a port a Service can name, sidecars included.
    pub fn port_owners(&self) -> impl Iterator<Item = &Container> {
        self.spec.containers.iter().chain(&self.spec.init_containers)
    }
}

impl Object for Pod {
    const KIND: &'static str = "Pod";
}

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

    /// Its Ready condition, if it is not True.
    pub fn not_ready(&self) -> Option<&Condition> {
        condition(&self.status.conditions, "Ready").filter(|ready| ready.status != "True")
    }
}

impl Object for Node {
    const KIND: &'static str = "Node";
}

/// A Deployment, StatefulSet or other workload, as far as a Service is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    /// Name.
    pub metadata: Meta,
    /// What is wanted.
    pub spec: DeploymentSpec,
    /// What is there.
    pub status: DeploymentStatus,
}

/// `Deployment.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeploymentSpec {
    /// Wanted Pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// The Pods it makes.
    pub template: PodTemplate,
}

/// The Pod template of a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels.
    pub metadata: TemplateMeta,
    /// Ports.
    pub spec: TemplateSpec,
}

/// Labels of a Pod template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateMeta {
    /// Labels.
    #[serde(deserialize_with = "nullable")]
    pub labels: Labels,
}

/// Containers and node selector of a Pod template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TemplateSpec {
    /// Containers.
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    /// Labels that a node must have.
    #[serde(deserialize_with = "nullable")]
    pub node_selector: Labels,
}

/// `Deployment.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeploymentStatus {
    /// Conditions, ReplicaFailure among them.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
}

impl Object for Deployment {
    const KIND: &'static str = "Deployment";
}

/// A DaemonSet, as far as kube-proxy is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DaemonSet {
    /// Name.
    pub metadata: Meta,
    /// Pod template.
    pub spec: DaemonSetSpec,
    /// How many Pods are wanted and ready.
    pub status: DaemonSetStatus,
}

/// `DaemonSet.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DaemonSetSpec {
    /// The Pods it makes.
    pub template: PodTemplate,
}

/// `DaemonSet.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaemonSetStatus {
    /// On how many nodes it should run.
    pub desired_number_scheduled: u32,
    /// On how many it is ready.
    pub number_ready: u32,
}

impl Object for DaemonSet {
    const KIND: &'static str = "DaemonSet";
}

/// A Namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Name.
    pub metadata: Meta,
}

impl Object for Namespace {
    const KIND: &'static str = "Namespace";
}

/// An Event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event {
    /// For example Unhealthy.
    pub reason: String,
    /// The sentence, in the kubelet's or scheduler's words.
    pub message: String,
    /// Normal or Warning.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Object for Event {
    const KIND: &'static str = "Event";
}

/// One Service by name.
pub fn service(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Service>> {
    asking.ask(Get::new(format!("/api/v1/namespaces/{}/services/{}", encode(namespace), encode(name))))
}

/// The Services of a namespace, or of all of them.
pub fn services(asking: &Asking, namespace: Option<&str>, selector: Option<&str>) -> Seen<Vec<Shared<Service>>> {
    list(asking, &scoped("/api/v1", namespace, "services"), &label_query(selector))
}

/// The EndpointSlices of one Service.
pub fn slices_of(asking: &Asking, namespace: &str, service: &str) -> Seen<Vec<Shared<EndpointSlice>>> {
    let selector = format!("kubernetes.io/service-name={service}");
    list(asking, &scoped("/apis/discovery.k8s.io/v1", Some(namespace), "endpointslices"), &label_query(Some(&selector)))
}

/// The EndpointSlices of a namespace, or of all of them.
pub fn slices(asking: &Asking, namespace: Option<&str>) -> Seen<Vec<Shared<EndpointSlice>>> {
    list(asking, &scoped("/apis/discovery.k8s.io/v1", namespace, "endpointslices"), "")
}

/// The Pods that a selector matches.
pub fn pods_by(asking: &Asking, namespace: &str, selector: &Labels) -> Seen<Vec<Shared<Pod>>> {
    let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    list(asking, &scoped("/api/v1", Some(namespace), "pods"), &label_query(Some(&pairs.join(","))))
}

/// The Pods of a namespace, or of all of them.
pub fn pods(asking: &Asking, namespace: Option<&str>) -> Seen<Vec<Shared<Pod>>> {
    list(asking, &scoped("/api/v1", namespace, "pods"), "")
}

/// The Nodes.
pub fn nodes(asking: &Asking) -> Seen<Vec<Shared<Node>>> {
    list(asking, "/api/v1/nodes", "")
}

/// The Deployments of a namespace.
pub fn deployments(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Deployment>>> {
    list(asking, &scoped("/apis/apps/v1", Some(namespace), "deployments"), "")
}

/// One Namespace by name.
pub fn namespace(asking: &Asking, name: &str) -> Seen<Rc<Namespace>> {
    asking.ask(Get::new(format!("/api/v1/namespaces/{}", encode(name))))
}

/// All Namespaces.
pub fn namespaces(asking: &Asking) -> Seen<Vec<Shared<Namespace>>> {
    list(asking, "/api/v1/namespaces", "")
}

/// The Events about one Pod, oldest first.
pub fn events_of(asking: &Asking, namespace: &str, pod: &str) -> Seen<Vec<Shared<Event>>> {
    let query = format!("fieldSelector={}", encode(&format!("involvedObject.kind=Pod,involvedObject.name={pod}")));
    list(asking, &scoped("/api/v1", Some(namespace), "events"), &query)
}

/// kube-proxy's DaemonSet. Absent by design in k3s, Cilium and others: that alone
/// proves nothing.
pub fn kube_proxy(asking: &Asking) -> Seen<Rc<DaemonSet>> {
    asking.ask(Get::new("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy".into()))
}

fn scoped(group: &str, namespace: Option<&str>, plural: &str) -> String {
    match namespace {
        Some(namespace) => format!("{group}/namespaces/{}/{plural}", encode(namespace)),
        None => format!("{group}/{plural}"),
    }
}

fn label_query(selector: Option<&str>) -> String {
    selector.map_or_else(String::new, |selector| format!("labelSelector={}", encode(selector)))
}

/// Whether labels satisfy a selector. An empty selector selects nothing (S10).
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
