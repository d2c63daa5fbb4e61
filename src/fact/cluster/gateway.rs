//! Gateways and HTTPRoutes of the Gateway API.

use serde::{Deserialize, Serialize};

use super::Meta;
use crate::fact::read::Object;

/// A Gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gateway {
    /// Name and namespace.
    pub metadata: Meta,
}

impl Object for Gateway {
    const KIND: &'static str = "Gateway";
}

/// An HTTPRoute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpRoute {
    /// Name and namespace.
    pub metadata: Meta,
}

impl Object for HttpRoute {
    const KIND: &'static str = "HTTPRoute";
}
