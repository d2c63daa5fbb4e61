//! The Gateway API: classes and Gateways.
//!
//! Field names and defaults: sigs.k8s.io/gateway-api v1.4.0, `apis/v1/*_types.go`.

use serde::{Deserialize, Serialize};

use super::{Condition, LabelSelector};
use crate::fact::read::{Object, nullable};
use crate::fact::said::name;

/// `metadata` of an object whose status says which version of it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerationMeta {
    /// Name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Namespace; empty for classes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Grows with every change of the spec.
    pub generation: i64,
}

/// A condition that says which version of the object it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewayCondition {
    /// Type, status, reason and message.
    #[serde(flatten)]
    pub said: Condition,
    /// The version it is about. The defaults of the CRD ("Waiting for controller") have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

/// A GatewayClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayClass {
    /// Its name.
    pub metadata: GenerationMeta,
    /// Who serves it.
    pub spec: GatewayClassSpec,
    /// Whether somebody does.
    pub status: ConditionsOnly,
}

/// `GatewayClass.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewayClassSpec {
    /// The controller's name, for example `traefik.io/gateway-controller`.
    pub controller_name: String,
}

/// A status of conditions alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConditionsOnly {
    /// They.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<GatewayCondition>,
}

/// A Gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gateway {
    /// Name, namespace, version.
    pub metadata: GenerationMeta,
    /// What is wanted.
    pub spec: GatewaySpec,
    /// What its controller made of it.
    #[serde(deserialize_with = "nullable")]
    pub status: GatewayStatus,
}

/// `Gateway.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewaySpec {
    /// The class.
    pub gateway_class_name: String,
    /// Where it listens.
    #[serde(deserialize_with = "nullable")]
    pub listeners: Vec<Listener>,
}

/// A listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Listener {
    /// Its name, unique in the Gateway.
    pub name: String,
    /// The host that it is for; none means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Its port.
    pub port: u16,
    /// HTTP, HTTPS, TLS, TCP, UDP or a controller's own.
    pub protocol: String,
    /// Whose routes it takes.
    #[serde(deserialize_with = "nullable")]
    pub allowed_routes: AllowedRoutes,
}

/// Whose routes a listener takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowedRoutes {
    /// By namespace.
    #[serde(deserialize_with = "nullable")]
    pub namespaces: RouteNamespaces,
}

/// The namespaces whose routes a listener takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteNamespaces {
    /// All, Selector or Same; the CRD fills in Same.
    pub from: String,
    /// Labels of the Namespace object, never of the route.
    #[serde(deserialize_with = "nullable")]
    pub selector: LabelSelector,
}

/// `Gateway.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayStatus {
    /// Its addresses.
    #[serde(deserialize_with = "nullable")]
    pub addresses: Vec<GatewayAddress>,
    /// Accepted, Programmed.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<GatewayCondition>,
    /// One entry per listener that its controller looked at.
    #[serde(deserialize_with = "nullable")]
    pub listeners: Vec<ListenerStatus>,
}

/// An address of a Gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayAddress {
    /// An IP address or a name.
    pub value: String,
}

/// What a controller made of a listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerStatus {
    /// The listener.
    pub name: String,
    /// How many routes it serves, of whatever namespace.
    pub attached_routes: u32,
    /// Accepted, ResolvedRefs, Programmed, Conflicted.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<GatewayCondition>,
}

impl Gateway {
    /// What its controller made of a listener.
    pub fn status_of(&self, listener: &str) -> Option<&ListenerStatus> {
        self.status.listeners.iter().find(|status| status.name == listener)
    }
}

impl Object for GatewayClass {
    const KIND: &'static str = "GatewayClass";
}

impl Object for Gateway {
    const KIND: &'static str = "Gateway";
}
