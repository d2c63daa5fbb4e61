//! What makes Pods: Deployments and the like.

use serde::{Deserialize, Serialize};

use super::{Condition, Container, LabelledMeta, Labels, Meta};
use crate::fact::read::{Object, nullable};

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
    /// Whether the Pods use the node's own network.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
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

/// A StatefulSet: for a Service it is what a Deployment is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatefulSet(pub Deployment);

impl Object for StatefulSet {
    const KIND: &'static str = "StatefulSet";
}

/// A ReplicaSet, with its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplicaSet {
    /// Name and owner.
    pub metadata: LabelledMeta,
    /// What is wanted.
    pub spec: DeploymentSpec,
    /// What is there.
    pub status: DeploymentStatus,
}

impl Object for ReplicaSet {
    const KIND: &'static str = "ReplicaSet";
}

/// A Job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Name.
    pub metadata: Meta,
    /// Pod template.
    pub spec: JobSpec,
    /// Conditions, Complete and Failed among them.
    pub status: DeploymentStatus,
}

/// `Job.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobSpec {
    /// Makes no Pods for now.
    pub suspend: bool,
    /// The Pods it makes.
    pub template: PodTemplate,
}

impl Object for Job {
    const KIND: &'static str = "Job";
}

/// A DaemonSet: kube-proxy's, and those of a namespace.
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
