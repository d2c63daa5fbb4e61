//! EndpointSlices.

use serde::{Deserialize, Serialize};

use crate::fact::read::{Object, nullable, says_nothing};
use crate::fact::said::{name, some_name};

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
    #[serde(deserialize_with = "name")]
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
    #[serde(deserialize_with = "nullable", skip_serializing_if = "says_nothing")]
    pub conditions: Conditions,
    /// The node its Pod runs on.
    #[serde(deserialize_with = "some_name", skip_serializing_if = "Option::is_none")]
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
    #[serde(deserialize_with = "name")]
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

    /// Whether its Pod is Ready, whatever the Service publishes (S1, S2).
    pub fn is_serving(&self) -> bool {
        self.conditions.serving.unwrap_or(true)
    }

    /// Whether it is on its way out.
    pub fn is_terminating(&self) -> bool {
        self.conditions.terminating.unwrap_or(false)
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

    /// A condition that is as if it were not set is not set.
    fn among_all(mut self) -> Self {
        for Conditions { ready, serving, terminating } in self.endpoints.iter_mut().map(|one| &mut one.conditions) {
            *ready = ready.filter(|ready| !ready);
            *serving = serving.filter(|serving| !serving);
            *terminating = terminating.filter(|terminating| *terminating);
        }
        self
    }
}
