//! Kubernetes objects, cut down to the fields that rules use.
//!
//! Container environment, commands, annotations and Secret data have no field here and
//! therefore cannot be kept. Labels are kept for Pods and workloads (selectors match on
//! them) and nowhere else.

mod gateway;
mod ingress;
mod node;
mod pod;
mod read;
mod route;
mod service;
mod slice;
mod workload;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::gateway::*;
pub use self::ingress::*;
pub use self::node::*;
pub use self::pod::*;
pub use self::read::*;
pub use self::route::*;
pub use self::service::*;
pub use self::slice::*;
pub use self::workload::*;
use super::read::{Object, nullable};

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
