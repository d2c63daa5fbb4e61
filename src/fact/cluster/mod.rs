//! Kubernetes objects, cut down to the fields that rules use.
//!
//! Container environment, commands, annotations (but for one of kubeadm's) and Secret data
//! have no field here and therefore cannot be kept. Labels are kept for Pods and workloads (selectors match on
//! them) and nowhere else.

mod gateway;
mod ingress;
mod kube_proxy;
mod named;
mod node;
mod pod;
mod policy;
mod read;
mod route;
mod service;
mod slice;
mod workload;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::gateway::*;
pub use self::ingress::*;
pub use self::kube_proxy::*;
pub use self::named::*;
pub use self::node::*;
pub use self::pod::*;
pub use self::policy::*;
pub use self::read::*;
pub use self::route::*;
pub use self::service::*;
pub use self::slice::*;
pub use self::workload::*;
use super::read::{Object, nullable, says_nothing};
use super::said::{name, sentence};

/// Label key to value.
pub type Labels = BTreeMap<String, String>;

/// The part of `metadata` that every object keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// Name.
    #[serde(deserialize_with = "name")]
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
    #[serde(deserialize_with = "name")]
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
    /// Tells an object from an earlier one of the same name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<String>,
    /// Who made it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Vec<OwnerReference>,
}

/// An owner of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnerReference {
    /// For example ReplicaSet.
    pub kind: String,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Whether it is the one that manages the object.
    pub controller: bool,
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
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "sentence", skip_serializing_if = "says_nothing")]
    pub message: String,
}

/// Finds a condition by its type.
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.kind == kind)
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
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    /// For example Unhealthy.
    pub reason: String,
    /// The sentence, in the kubelet's or scheduler's words.
    #[serde(deserialize_with = "sentence")]
    pub message: String,
    /// Normal or Warning.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about.
    pub involved_object: Involved,
    /// When it was last seen, for those who count repetitions in one event.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub last_timestamp: String,
    /// When it was first seen, in the events of `events.k8s.io`.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub event_time: String,
}

/// `Event.involvedObject`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Involved {
    /// Tells an object from an earlier one of the same name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

impl Event {
    /// When it last happened, to the second; empty if it does not say. Kubernetes writes
    /// all times in UTC, so they sort as text.
    pub fn at(&self) -> &str {
        let at = if self.last_timestamp.is_empty() { &self.event_time } else { &self.last_timestamp };
        at.get(..19).unwrap_or(at)
    }

    /// Whether it tells of trouble.
    pub fn is_warning(&self) -> bool {
        self.kind == "Warning"
    }
}

impl Object for Event {
    const KIND: &'static str = "Event";
}
