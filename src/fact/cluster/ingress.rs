//! Ingresses, as far as they name the Services they lead to.

use serde::{Deserialize, Serialize};

use super::Meta;
use crate::fact::read::{Object, nullable};

/// An Ingress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// Name and namespace.
    pub metadata: Meta,
    /// Its rules.
    pub spec: IngressSpec,
}

/// `Ingress.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressSpec {
    /// Where everything goes that no rule takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_backend: Option<IngressBackend>,
    /// Rules, by host.
    #[serde(deserialize_with = "nullable")]
    pub rules: Vec<IngressRule>,
}

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// Its paths.
    #[serde(deserialize_with = "nullable")]
    pub http: IngressPaths,
}

/// The paths of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressPaths {
    /// One entry per path.
    #[serde(deserialize_with = "nullable")]
    pub paths: Vec<IngressPath>,
}

/// One path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressPath {
    /// Where it leads.
    pub backend: IngressBackend,
}

/// Where a path leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressBackend {
    /// A Service of the same namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<IngressService>,
}

/// The Service behind a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressService {
    /// Its name.
    pub name: String,
}

impl Ingress {
    /// Whether any path of it leads to the Service.
    pub fn leads_to(&self, service: &str) -> bool {
        let paths = self.spec.rules.iter().flat_map(|rule| &rule.http.paths).map(|path| &path.backend);
        let mut services = paths.chain(&self.spec.default_backend).filter_map(|backend| backend.service.as_ref());
        services.any(|behind| behind.name == service)
    }
}

impl Object for Ingress {
    const KIND: &'static str = "Ingress";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_counts() {
        let ingress: Ingress = serde_json::from_str(
            r#"{"spec":{"defaultBackend":{"service":{"name":"rest"}},"rules":[{"host":"a"},{"http":{"paths":[
                {"backend":{"resource":{"kind":"Bucket"}}},{"backend":{"service":{"name":"web"}}}]}}]}}"#,
        )
        .unwrap();
        assert!(ingress.leads_to("web") && ingress.leads_to("rest"));
        assert!(!ingress.leads_to("db"));
    }
}
