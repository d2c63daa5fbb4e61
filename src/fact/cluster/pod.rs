//! Pods, without command, arguments and environment of their containers.

use serde::{Deserialize, Serialize};

use super::{Condition, LabelledMeta, Labels, PortRef, condition};
use crate::fact::read::{Object, nullable, says_nothing};
use crate::fact::said::{sentence, some_name, some_sentence};

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
    #[serde(deserialize_with = "some_name", skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// Containers.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub containers: Vec<Container>,
    /// Init containers; those with restartPolicy Always are sidecars.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub init_containers: Vec<Container>,
    /// The labels that its node must have.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Labels::is_empty")]
    pub node_selector: Labels,
    /// Whether it uses the node's own network.
    #[serde(skip_serializing_if = "says_nothing")]
    pub host_network: bool,
    /// Conditions that somebody else must set before it is Ready.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub readiness_gates: Vec<ReadinessGate>,
    /// What keeps the scheduler from looking at it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub scheduling_gates: Vec<SchedulingGate>,
}

/// `Pod.spec.readinessGates[]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReadinessGate {
    /// The condition.
    pub condition_type: String,
}

/// `Pod.spec.schedulingGates[]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulingGate {
    /// Its name.
    pub name: String,
}

/// A container, without command, arguments and environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    #[serde(skip_serializing_if = "says_nothing")]
    pub image: String,
    /// Declared ports: information, except for named target ports (S5, S6).
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub ports: Vec<ContainerPort>,
    /// Always makes an init container a sidecar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<String>,
    /// Whether it takes traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
}

impl Container {
    /// Whether it is a sidecar; said of an init container.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

/// A probe of the kubelet: where it asks. Its headers and its command are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Probe {
    /// A request over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<Asked>,
    /// No more than a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<Asked>,
    /// A call of the gRPC health service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<Asked>,
}

/// The port that a probe asks, and for HTTP the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Number or name.
    pub port: PortRef,
    /// The path, without what follows a question mark.
    #[serde(deserialize_with = "plain_path", skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// HTTP or HTTPS.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scheme: String,
}

/// A query may carry a token.
fn plain_path<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path: String = nullable(deserializer)?;
    Ok(path.split('?').next().unwrap_or_default().to_owned())
}

impl Probe {
    /// Where it asks; nowhere if it runs a command.
    pub fn asked(&self) -> Option<&Asked> {
        self.http_get.as_ref().or(self.tcp_socket.as_ref()).or(self.grpc.as_ref())
    }
}

/// A declared port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name.
    #[serde(skip_serializing_if = "says_nothing")]
    pub name: String,
    /// Number.
    pub container_port: u16,
    /// The same port of the node, if it is taken there as well. The API server fills it in
    /// for Pods in the node's own network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_port: Option<u16>,
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
    /// The sentence that belongs to it.
    #[serde(deserialize_with = "some_sentence", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The Pod's address.
    #[serde(rename = "podIP", skip_serializing_if = "Option::is_none")]
    pub pod_ip: Option<String>,
    /// Conditions.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub conditions: Vec<Condition>,
    /// Containers.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub container_statuses: Vec<ContainerStatus>,
    /// Init containers.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub init_container_statuses: Vec<ContainerStatus>,
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
    #[serde(skip_serializing_if = "says_nothing")]
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
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    /// Since when, in UTC.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub started_at: String,
}

impl Running {
    /// Since when, to the second: as an event's time is written.
    pub fn since(&self) -> &str {
        self.started_at.get(..19).unwrap_or(&self.started_at)
    }
}

/// Why a container waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// One word, for example ImagePullBackOff.
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "sentence")]
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

    /// Whether it has ended. Such a Pod may be an endpoint still, and is never a ready one.
    pub fn has_ended(&self) -> bool {
        matches!(self.status.phase.as_str(), "Failed" | "Succeeded")
    }

    /// Whether it has ended or is being deleted.
    pub fn is_gone(&self) -> bool {
        self.metadata.deletion_timestamp.is_some() || self.has_ended()
    }

    /// The states of all its containers, init containers first.
    pub fn statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.status.init_container_statuses.iter().chain(&self.status.container_statuses)
    }

    /// The states of the containers that must be ready: the Pod's own, and its sidecars.
    pub fn container_statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        let sidecar = |status: &&ContainerStatus| {
            self.spec.init_containers.iter().any(|owner| owner.name == status.name && owner.is_sidecar())
        };
        self.status.container_statuses.iter().chain(self.status.init_container_statuses.iter().filter(sidecar))
    }

    /// The number of one of its ports.
    pub fn port_number(&self, port: &PortRef) -> Option<u16> {
        match port {
            PortRef::Number(number) => Some(*number),
            PortRef::Name(name) => {
                let mut ports = self.port_owners().flat_map(|owner| &owner.ports);
                ports.find(|port| port.name == *name).map(|port| port.container_port)
            }
        }
    }

    /// The workload that made it: kind and name. A Deployment makes its Pods through a
    /// ReplicaSet named after it and the hash of the template.
    pub fn made_by(&self) -> Option<(String, String)> {
        let owner = self.metadata.owner_references.iter().find(|owner| owner.controller)?;
        let deployment = self.template_hash().and_then(|hash| owner.name.strip_suffix(hash)?.strip_suffix('-'));
        Some(match deployment.filter(|_| owner.kind == "ReplicaSet") {
            Some(name) => ("Deployment".into(), name.to_owned()),
            None => (owner.kind.clone(), owner.name.clone()),
        })
    }

    /// Which version of its Deployment's template it was made from.
    pub fn template_hash(&self) -> Option<&str> {
        self.metadata.labels.get("pod-template-hash").map(String::as_str)
    }

    /// The container to name where its Pod alone would not do: the one that declares the
    /// port, else the first. `None` where the Pod has no other that kubectl could take.
    pub fn container_at(&self, port: u16) -> Option<&str> {
        let declares = |owner: &&Container| owner.ports.iter().any(|declared| declared.container_port == port);
        let first = self.spec.containers.first()?;
        let owner = self.port_owners().find(declares).unwrap_or(first);
        (self.spec.containers.len() > 1 || owner != first).then_some(&owner.name)
    }

    /// All containers that may declare a port a Service can name, sidecars included.
    pub fn port_owners(&self) -> impl Iterator<Item = &Container> {
        self.spec.containers.iter().chain(&self.spec.init_containers)
    }
}

impl Object for Pod {
    const KIND: &'static str = "Pod";

    /// A Pod that is ready need not explain itself: what is left is what a selector, a port
    /// and an endpoint look at, and less than half of the text.
    fn among_all(mut self) -> Self {
        if !self.is_ready() {
            return self;
        }
        self.status = PodStatus {
            phase: self.status.phase,
            pod_ip: self.status.pod_ip,
            conditions: vec![Condition { kind: "Ready".into(), status: "True".into(), ..Condition::default() }],
            ..PodStatus::default()
        };
        self.spec.readiness_gates = Vec::new();
        self.metadata.uid = String::new();
        for container in self.spec.containers.iter_mut().chain(&mut self.spec.init_containers) {
            container.image = String::new();
            container.readiness_probe = None;
        }
        self
    }
}
