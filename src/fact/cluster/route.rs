//! The Gateway API: routes, and what they may refer to.
//!
//! Field names and defaults: sigs.k8s.io/gateway-api v1.4.0, `apis/v1/httproute_types.go`,
//! `shared_types.go`, `apis/v1beta1/referencegrant_types.go`.

use serde::{Deserialize, Serialize};

use super::{Gateway, GatewayCondition, GenerationMeta, Listener};
use crate::fact::read::{Object, nullable};
use crate::fact::said::name;

/// An HTTPRoute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpRoute {
    /// Name, namespace, version.
    pub metadata: GenerationMeta,
    /// What is wanted.
    pub spec: HttpRouteSpec,
    /// What the controllers of its parents made of it.
    #[serde(deserialize_with = "nullable")]
    pub status: RouteStatus,
}

/// `HTTPRoute.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// The Gateways that it wants to belong to.
    #[serde(deserialize_with = "nullable")]
    pub parent_refs: Vec<ParentRef>,
    /// The hosts that it is for; none means those of the listener.
    #[serde(deserialize_with = "nullable")]
    pub hostnames: Vec<String>,
    /// Its rules.
    #[serde(deserialize_with = "nullable")]
    pub rules: Vec<HttpRouteRule>,
}

/// What a route wants to belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ParentRef {
    /// Gateway, unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The route's own, unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// One listener of it, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
    /// Its listeners with this port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRouteRule {
    /// What it takes; none means everything.
    #[serde(deserialize_with = "nullable")]
    pub matches: Vec<HttpRouteMatch>,
    /// Where it leads, by weight.
    #[serde(deserialize_with = "nullable")]
    pub backend_refs: Vec<BackendRef>,
}

/// What a rule takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRouteMatch {
    /// By path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathMatch>,
    /// By method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// By headers, of which only the names are kept.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<MatchName>,
    /// By query, of which only the names are kept.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub query_params: Vec<MatchName>,
}

/// The name of a header or of a part of the query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MatchName {
    /// It.
    pub name: String,
}

/// A path and how it is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PathMatch {
    /// Exact, PathPrefix (also without a word) or RegularExpression.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The path.
    pub value: Option<String>,
}

/// Where a rule leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackendRef {
    /// Empty or absent for Services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Service, unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The route's own, unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// A port of the Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Its share; 0 means that nothing goes there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

/// `HTTPRoute.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteStatus {
    /// One entry per parent and controller.
    #[serde(deserialize_with = "nullable")]
    pub parents: Vec<RouteParentStatus>,
}

/// What a controller made of a route at one parent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteParentStatus {
    /// The parent.
    pub parent_ref: ParentRef,
    /// The controller.
    pub controller_name: String,
    /// Accepted, ResolvedRefs.
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<GatewayCondition>,
}

/// A ReferenceGrant: who may refer to objects of its namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReferenceGrant {
    /// Name and namespace.
    pub metadata: GenerationMeta,
    /// Who, and to what.
    pub spec: ReferenceGrantSpec,
}

/// `ReferenceGrant.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReferenceGrantSpec {
    /// Who.
    #[serde(deserialize_with = "nullable")]
    pub from: Vec<GrantFrom>,
    /// To what.
    #[serde(deserialize_with = "nullable")]
    pub to: Vec<GrantTo>,
}

/// Who may refer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantFrom {
    /// Objects of this kind ...
    pub kind: String,
    /// ... and this namespace.
    pub namespace: String,
}

/// What may be referred to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantTo {
    /// Objects of this kind ...
    pub kind: String,
    /// ... with this name, or all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl ReferenceGrant {
    /// Whether HTTPRoutes of a namespace may lead to a Service.
    pub fn lets(&self, namespace: &str, service: &str) -> bool {
        let from = |from: &GrantFrom| from.kind == "HTTPRoute" && from.namespace == namespace;
        let to = |to: &GrantTo| to.kind == "Service" && to.name.as_deref().is_none_or(|name| name == service);
        self.spec.from.iter().any(from) && self.spec.to.iter().any(to)
    }
}

impl ParentRef {
    /// Whether it is a Gateway.
    pub fn is_gateway(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "Gateway")
    }

    /// Its namespace, seen from a route's.
    pub fn namespace<'a>(&'a self, own: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(own)
    }

    /// Whether two references of one route mean the same: a status may spell out the
    /// namespace that the spec leaves out.
    pub fn is_same(&self, other: &Self, own: &str) -> bool {
        self.is_gateway() == other.is_gateway()
            && self.name == other.name
            && self.namespace(own) == other.namespace(own)
            && self.section_name == other.section_name
            && self.port == other.port
    }

    /// The listeners that it means.
    pub fn listeners<'a>(&'a self, gateway: &'a Gateway) -> impl Iterator<Item = &'a Listener> {
        gateway.spec.listeners.iter().filter(|listener| {
            self.section_name.as_ref().is_none_or(|name| listener.name == *name)
                && self.port.is_none_or(|port| listener.port == port)
        })
    }
}

impl BackendRef {
    /// Whether it is a Service that gets traffic.
    pub fn is_service(&self) -> bool {
        let core = self.group.as_deref().is_none_or(str::is_empty);
        core && self.kind.as_deref().is_none_or(|kind| kind == "Service")
    }

    /// Whether anything goes there.
    pub fn gets_traffic(&self) -> bool {
        self.weight != Some(0)
    }
}

impl HttpRoute {
    /// Whether any rule of it leads to the Service of its own namespace.
    pub fn leads_to(&self, service: &str) -> bool {
        let mut backends = self.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
        let own = &self.metadata.namespace;
        backends.any(|backend| {
            backend.is_service() && backend.name == service && backend.namespace.as_ref().is_none_or(|at| at == own)
        })
    }
}

/// The host that both a listener and a route are for: the narrower of the two. A wildcard
/// takes any number of labels here, other than in an Ingress (`shared_types.go`, Hostname).
/// `None` if they have nothing in common, `Some(None)` for every host.
pub fn common_host(listener: Option<&str>, route: Option<&str>) -> Option<Option<String>> {
    let below = |wide: &str, narrow: &str| {
        wide.strip_prefix('*').is_some_and(|rest| narrow.len() > rest.len() && narrow.ends_with(rest))
    };
    match (listener.filter(|host| !host.is_empty()), route) {
        (None, None) => Some(None),
        (Some(host), None) | (None, Some(host)) => Some(Some(host.into())),
        (Some(listener), Some(route)) if listener == route || below(listener, route) => Some(Some(route.into())),
        (Some(listener), Some(route)) if below(route, listener) => Some(Some(listener.into())),
        _ => None,
    }
}

impl Object for HttpRoute {
    const KIND: &'static str = "HTTPRoute";
}

impl Object for ReferenceGrant {
    const KIND: &'static str = "ReferenceGrant";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_host_counts() {
        for (listener, route, wanted) in [
            (None, None, Some(None)),
            (Some("web.example"), None, Some(Some("web.example"))),
            (None, Some("web.example"), Some(Some("web.example"))),
            (Some("*.example"), Some("a.b.example"), Some(Some("a.b.example"))),
            (Some("web.example"), Some("*.example"), Some(Some("web.example"))),
            (Some("*.example"), Some("*.b.example"), Some(Some("*.b.example"))),
            (Some("*.example"), Some("example"), None),
            (Some("foo.localhost"), Some("bar.localhost"), None),
        ] {
            let found = common_host(listener, route);
            assert_eq!(found.as_ref().map(Option::as_deref), wanted, "{listener:?} {route:?}");
        }
    }

    #[test]
    fn a_parent_is_the_same_with_and_without_its_namespace() {
        let parent = |text: &str| serde_json::from_str::<ParentRef>(text).unwrap();
        let spec = parent(r#"{"name":"web"}"#);
        for (status, same) in [
            (r#"{"name":"web","namespace":"own","kind":"Gateway","group":"gateway.networking.k8s.io"}"#, true),
            (r#"{"name":"web","namespace":"other"}"#, false),
            (r#"{"name":"web","sectionName":"http"}"#, false),
            (r#"{"name":"web","kind":"Service"}"#, false),
        ] {
            assert_eq!(spec.is_same(&parent(status), "own"), same, "{status}");
        }
    }

    #[test]
    fn a_grant_names_kind_namespace_and_perhaps_the_service() {
        let grant = |to: &str| {
            let text = format!(r#"{{"spec":{{"from":[{{"kind":"HTTPRoute","namespace":"web"}}],"to":[{to}]}}}}"#);
            serde_json::from_str::<ReferenceGrant>(&text).unwrap()
        };
        assert!(grant(r#"{"group":"","kind":"Service"}"#).lets("web", "far"));
        assert!(!grant(r#"{"group":"","kind":"Service","name":"near"}"#).lets("web", "far"));
        assert!(!grant(r#"{"group":"","kind":"Secret"}"#).lets("web", "far"));
        assert!(!grant(r#"{"group":"","kind":"Service"}"#).lets("other", "far"));
    }
}
