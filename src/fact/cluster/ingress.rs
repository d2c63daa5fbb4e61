//! Ingresses and their classes.

use serde::{Deserialize, Serialize};

use super::{LoadBalancerStatus, PortRef, ServicePort};
use crate::fact::read::{Object, nullable};
use crate::fact::said::name;

/// An Ingress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// Name, namespace, and the class as it was named before there was a field for it.
    pub metadata: IngressMeta,
    /// Its rules.
    pub spec: IngressSpec,
    /// The address that its controller wrote.
    pub status: IngressStatus,
}

/// `Ingress.metadata`, with the one annotation that names a class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressMeta {
    /// Name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Only the annotation that names a class.
    #[serde(deserialize_with = "nullable")]
    pub annotations: IngressAnnotations,
}

/// The one annotation of an Ingress that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressAnnotations {
    /// The class, in the form that needs no IngressClass object.
    #[serde(rename = "kubernetes.io/ingress.class", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// `Ingress.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressSpec {
    /// The class that is to serve it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_class_name: Option<String>,
    /// Where everything goes that no rule takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_backend: Option<IngressBackend>,
    /// Rules, by host.
    #[serde(deserialize_with = "nullable")]
    pub rules: Vec<IngressRule>,
    /// Hosts that TLS is spoken for.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub tls: Vec<IngressTls>,
}

/// Hosts that TLS is spoken for, and the Secret with the certificate, which is never read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressTls {
    /// The hosts; none means all.
    #[serde(deserialize_with = "nullable")]
    pub hosts: Vec<String>,
    /// Name of the Secret.
    #[serde(deserialize_with = "nullable")]
    pub secret_name: String,
}

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// The host it is for; none means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
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
#[serde(default, rename_all = "camelCase")]
pub struct IngressPath {
    /// The path; none means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Exact, Prefix or ImplementationSpecific.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_type: Option<String>,
    /// Where it leads.
    pub backend: IngressBackend,
}

/// Where a path leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressBackend {
    /// A Service of the same namespace; none when it leads to something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<IngressService>,
}

/// The Service behind a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressService {
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Its port.
    #[serde(deserialize_with = "nullable")]
    pub port: IngressPort,
}

/// The port of a Service, by number or by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressPort {
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u16>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl IngressPort {
    /// Finds it among the ports of a Service. A name that is not set is not the empty name
    /// of an unnamed port: the two must never match.
    pub fn find<'a>(&self, ports: &'a [ServicePort]) -> Option<&'a ServicePort> {
        ports.iter().find(|port| match (&self.name, self.number) {
            (Some(name), _) => port.name == *name,
            (None, Some(number)) => port.port == number,
            (None, None) => false,
        })
    }

    /// As the Ingress has it.
    pub fn as_ref(&self) -> PortRef {
        match (&self.name, self.number) {
            (Some(name), _) => PortRef::Name(name.clone()),
            (None, number) => PortRef::Number(number.unwrap_or_default()),
        }
    }
}

/// `Ingress.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressStatus {
    /// Its addresses.
    #[serde(deserialize_with = "nullable")]
    pub load_balancer: LoadBalancerStatus,
}

impl Ingress {
    /// The class that it names, by field or by annotation.
    pub fn class(&self) -> Option<&str> {
        self.spec.ingress_class_name.as_deref().or(self.metadata.annotations.class.as_deref())
    }

    /// Whether TLS is spoken for a host.
    pub fn tls_for(&self, host: Option<&str>) -> Option<&IngressTls> {
        self.spec.tls.iter().find(|tls| match host {
            Some(host) => tls.hosts.is_empty() || tls.hosts.iter().any(|name| covers(name, host)),
            None => tls.hosts.is_empty(),
        })
    }

    /// Whether any path of it leads to the Service.
    pub fn leads_to(&self, service: &str) -> bool {
        let paths = self.spec.rules.iter().flat_map(|rule| &rule.http.paths).map(|path| &path.backend);
        let mut services = paths.chain(&self.spec.default_backend).filter_map(|backend| backend.service.as_ref());
        services.any(|behind| behind.name == service)
    }
}

/// Whether the host of a rule takes a request for a host: the same name, or `*.` and one
/// label more (k8s.io/api `networking/v1/types.go`, IngressRule.Host).
pub fn covers(rule: &str, host: &str) -> bool {
    match rule.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(label, domain)| !label.is_empty() && domain == rest),
        None => rule == host,
    }
}

impl Object for Ingress {
    const KIND: &'static str = "Ingress";
}

/// An IngressClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressClass {
    /// Its name, and whether it is the default.
    pub metadata: ClassMeta,
    /// Who serves it.
    pub spec: ClassSpec,
}

/// `IngressClass.metadata`, with the one annotation that makes it the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassMeta {
    /// Name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Only the annotation about the default.
    #[serde(deserialize_with = "nullable")]
    pub annotations: ClassAnnotations,
}

/// The one annotation of an IngressClass that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassAnnotations {
    /// `true` for the class of Ingresses that name none when they are created.
    #[serde(rename = "ingressclass.kubernetes.io/is-default-class")]
    pub is_default: String,
}

/// `IngressClass.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassSpec {
    /// The controller's name, for example `k8s.io/ingress-nginx`.
    pub controller: String,
}

impl Object for IngressClass {
    const KIND: &'static str = "IngressClass";
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

    #[test]
    fn an_unnamed_port_is_not_a_port_without_a_name() {
        let unnamed = [ServicePort { port: 80, ..ServicePort::default() }];
        let by = |number, name: Option<&str>| IngressPort { number, name: name.map(str::to_owned) };
        assert!(by(Some(80), None).find(&unnamed).is_some());
        assert!(by(Some(8080), None).find(&unnamed).is_none());
        assert!(by(None, Some("http")).find(&unnamed).is_none());
        assert!(by(None, None).find(&unnamed).is_none());
    }

    #[test]
    fn a_wildcard_takes_one_label() {
        for (rule, host, takes) in [
            ("web.example", "web.example", true),
            ("*.example", "web.example", true),
            ("*.example", "a.web.example", false),
            ("*.example", "example", false),
            ("web.example", "example", false),
        ] {
            assert_eq!(covers(rule, host), takes, "{rule} {host}");
        }
    }
}
