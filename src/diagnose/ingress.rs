//! An Ingress: its class, its rules, and what they lead to.
//!
//! Field semantics: k8s.io/api `networking/v1/types.go`. What a controller makes of them
//! is its own business: a static fault is said only where hardly any controller can do
//! otherwise, and a probe that the application answers wins over it.

use super::finding::Finding;
use super::similar::{is_meant, similar};
use super::{Scene, unread};
use crate::answers::Seen;
use crate::ask::Page;
use crate::environment::Blocked;
use crate::fact::cluster::{
    Ingress, IngressBackend, IngressClass, IngressPath, IngressRule, Service, covers, ingress_classes, secret_exists,
    services,
};
use crate::fact::read::Shared;
use crate::report::{Action, Evidence, Fact, Remedy, Source, Subject, Unobserved};

/// One way through an Ingress: a path of a rule, or its default backend.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// The host; `None` for all.
    pub host: Option<&'a str>,
    /// The path; `None` for the default backend.
    pub path: Option<&'a IngressPath>,
    /// Where it leads.
    pub backend: &'a IngressBackend,
    /// Row of the rule and of the path in it; `None` for the default backend.
    at: Option<(usize, usize)>,
}

/// All ways through an Ingress, in its own order, the default backend last.
pub fn rules(ingress: &Ingress) -> Vec<Rule<'_>> {
    fn of_rule((row, rule): (usize, &IngressRule)) -> impl Iterator<Item = Rule<'_>> {
        let host = rule.host.as_deref().filter(|host| !host.is_empty());
        let paths = rule.http.paths.iter().enumerate();
        paths.map(move |(at, path)| Rule { host, path: Some(path), backend: &path.backend, at: Some((row, at)) })
    }
    let default = ingress.spec.default_backend.iter();
    let default = default.map(|backend| Rule { host: None, path: None, backend, at: None });
    ingress.spec.rules.iter().enumerate().flat_map(of_rule).chain(default).collect()
}

impl Rule<'_> {
    /// What a browser asks for to come by this way.
    pub fn page(&self) -> Page {
        // Any name below a wildcard will do.
        let host =
            self.host.map(|host| host.strip_prefix("*.").map_or_else(|| host.into(), |rest| format!("any.{rest}")));
        let path = self.path.and_then(|path| path.path.as_deref()).unwrap_or("/");
        // What controllers take for a regular expression, up to where it stops being plain text.
        let regular = self.path.and_then(|path| path.path_type.as_deref()) == Some("ImplementationSpecific");
        let plain =
            if regular { path.split(['(', '[', '*', '?', '|', '$', '^', '+', '\\']).next() } else { Some(path) };
        let path = plain.filter(|path| path.starts_with('/')).unwrap_or("/");
        Page { host, path: path.into() }
    }

    /// How well it fits a request: `None` if it does not take it. Hosts before wildcards
    /// before no host; Exact before the longest Prefix; what only the controller knows how
    /// to match, last.
    fn fits(&self, page: &Page) -> Option<(u8, u8, usize)> {
        let host = match (self.host, page.host.as_deref()) {
            (None, _) => 0,
            (Some(rule), Some(host)) if covers(rule, host) => 1 + u8::from(rule == host),
            _ => return None,
        };
        let Some(path) = self.path else { return Some((host, 0, 0)) };
        let own = path.path.as_deref().unwrap_or("/");
        match path.path_type.as_deref() {
            Some("Exact") => (own == page.path).then_some((host, 3, own.len())),
            Some("Prefix") => below(own, &page.path).then_some((host, 2, own.len())),
            _ => page.path.starts_with(&self.page().path).then_some((host, 1, own.len())),
        }
    }

    /// `web.example/api`, as a reader would say it.
    pub fn show(&self) -> String {
        let path = self.path.and_then(|path| path.path.as_deref()).unwrap_or("/");
        match self.path {
            Some(_) => format!("{}{path}", self.host.unwrap_or("*")),
            None => "*".into(),
        }
    }

    /// Where its backend stands in the object.
    fn pointer(&self) -> String {
        match self.at {
            Some((row, at)) => format!("/spec/rules/{row}/http/paths/{at}/backend"),
            None => "/spec/defaultBackend".into(),
        }
    }
}

/// Whether a path lies below a prefix, element by element: `/foo` takes `/foo/bar` and not
/// `/foobar`.
fn below(prefix: &str, path: &str) -> bool {
    let elements =
        |path: &str| path.split('/').filter(|element| !element.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    elements(path).starts_with(&elements(prefix))
}

/// Another rule that takes the requests meant for one, at least as well: which of two
/// equals counts, each controller decides for itself.
pub struct Rival<'a> {
    /// The Ingress that it belongs to.
    pub ingress: &'a Ingress,
    /// The rule.
    pub rule: Rule<'a>,
}

/// Looks for such a rule in the same Ingress and in others, those of another class
/// excepted. One that leads to the same port of the same Service changes nothing.
pub fn rival<'a>(ingress: &'a Ingress, rule: &Rule, others: &'a [Shared<Ingress>]) -> Option<Rival<'a>> {
    let page = rule.page();
    let own = rule.fits(&page)?;
    let takes = |other: &Rule| other.backend != rule.backend && other.fits(&page).is_some_and(|fits| fits >= own);
    let same_class = |other: &Ingress| match (other.class(), ingress.class()) {
        (Some(other), Some(own)) => other == own,
        _ => true,
    };
    let others = others.iter().map(|other| &**other);
    let others = others.filter(|other| other.metadata.name != ingress.metadata.name && same_class(other));
    std::iter::once(ingress).chain(others).find_map(|ingress| {
        let rule = rules(ingress).into_iter().find(&takes)?;
        Some(Rival { ingress, rule })
    })
}

/// Who is to serve an Ingress.
pub enum Class {
    /// Too early to say.
    Pending,
    /// Could not look.
    Unread(Unobserved),
    /// A class, and the name of its controller.
    Served {
        /// The class.
        name: String,
        /// Its controller, for example `k8s.io/ingress-nginx`.
        controller: String,
    },
    /// Nobody, for this reason.
    Nobody(Evidence, Box<Blocked>),
}

/// Finds the class of an Ingress. The annotation is older than IngressClass objects and
/// needs none: such a class is known by its name only.
pub fn class(scene: &Scene, ingress: &Ingress) -> Class {
    let classes = match ingress_classes(scene.asking) {
        Seen::Known(classes) => classes,
        Seen::Pending => return Class::Pending,
        Seen::Absent => Vec::new(),
        seen @ Seen::Unavailable(_) => {
            return match unread(scene, "ingressclasses.networking.k8s.io", &seen) {
                Some(unobserved) => Class::Unread(unobserved),
                None => Class::Pending,
            };
        }
    };
    let named = ingress.class();
    let found = named.and_then(|name| classes.iter().find(|class| class.metadata.name == name));
    if let Some(class) = found {
        return Class::Served { name: class.metadata.name.clone(), controller: class.spec.controller.clone() };
    }
    if let (Some(name), None) = (&ingress.metadata.annotations.class, &ingress.spec.ingress_class_name) {
        return Class::Served { name: name.clone(), controller: name.clone() };
    }
    let known: Vec<String> = classes.iter().map(|class| class.metadata.name.clone()).collect();
    let fact = Fact::IngressClasses { wanted: named.map(str::to_owned), known: known.clone() };
    let evidence = Evidence::new(Source::Api("IngressClass"), fact);
    let list = Remedy::new(Action::ListIngressClasses, scene.kubectl.cluster(&["get", "ingressclasses"]));
    let choose = choice(&classes).map(|class| set_class(scene, ingress, class));
    let finding = match named {
        Some(name) => Finding::IngressClassMissing { name: name.into(), known },
        None if classes.is_empty() => Finding::IngressNoController { name: ingress.metadata.name.clone() },
        None => Finding::IngressNoClass { name: ingress.metadata.name.clone(), known },
    };
    Class::Nobody(evidence, Box::new(Blocked { finding, remedies: choose.into_iter().chain([list]).collect() }))
}

/// The class that was most likely meant: the only one, or the default.
fn choice(classes: &[Shared<IngressClass>]) -> Option<&str> {
    let default = classes.iter().find(|class| class.metadata.annotations.is_default == "true");
    let only = classes.first().filter(|_| classes.len() == 1);
    default.or(only).map(|class| class.metadata.name.as_str())
}

fn set_class(scene: &Scene, ingress: &Ingress, class: &str) -> Remedy {
    let patch = serde_json::json!({ "spec": { "ingressClassName": class } }).to_string();
    let command = scene.kubectl.call(&["patch", "ingress", &ingress.metadata.name, "--type=merge", "-p", &patch]);
    Remedy::new(Action::SetIngressClass { class: class.into() }, command)
}

/// The Service that a rule names is not there.
pub fn backend_missing(scene: &Scene, ingress: &Ingress, rule: &Rule, service: &str) -> (Evidence, Blocked) {
    let services = services(scene.asking, Some(scene.namespace), None);
    let names = services.known().map_or(&[][..], Vec::as_slice);
    let similar = similar(service, names.iter().map(|service| service.metadata.name.as_str()));
    let replace = similar.iter().find(|close| is_meant(service, close)).map(|close| {
        let at = format!("{}/service/name", rule.pointer());
        let command = replace(scene, ingress, &at, &serde_json::json!(close).to_string());
        Remedy::new(Action::SetBackend { backend: close.clone() }, command)
    });
    let list = Remedy::new(Action::ListServices, scene.kubectl.call(&["get", "services"]));
    let finding = Finding::IngressBackendServiceMissing {
        ingress: ingress.metadata.name.clone(),
        service: service.into(),
        similar: similar.clone(),
    };
    let evidence = Evidence::new(Source::Api("Service"), Fact::ServiceAbsent { name: service.into() });
    (evidence, Blocked { finding, remedies: replace.into_iter().chain([list]).collect() })
}

/// The Service that a rule names has no such port.
pub fn port_missing(scene: &Scene, ingress: &Ingress, rule: &Rule, service: &Service) -> (Evidence, Blocked) {
    let wanted = rule.backend.service.as_ref().map(|backend| backend.port.as_ref().to_string()).unwrap_or_default();
    let ports = &service.spec.ports;
    let only = ports.first().filter(|_| ports.len() == 1).map(|port| {
        let at = format!("{}/service/port", rule.pointer());
        let command = replace(scene, ingress, &at, &format!(r#"{{"number":{}}}"#, port.port));
        Remedy::new(Action::SetBackend { backend: format!("{}:{}", service.metadata.name, port.port) }, command)
    });
    let show = scene.kubectl.call(&["get", "service", &service.metadata.name]);
    let ports: Vec<String> = ports.iter().map(|port| port.port.to_string()).collect();
    let evidence = Evidence::new(Source::Api("Service"), Fact::PortsAre { ports: ports.clone() });
    let finding = Finding::IngressBackendPortMissing {
        ingress: ingress.metadata.name.clone(),
        service: service.metadata.name.clone(),
        port: wanted,
        ports,
    };
    let remedies = only.into_iter().chain([Remedy::new(Action::ListServices, show)]).collect();
    (evidence, Blocked { finding, remedies })
}

fn replace(scene: &Scene, ingress: &Ingress, at: &str, value: &str) -> Vec<String> {
    let patch = format!(r#"[{{"op":"replace","path":"{at}","value":{value}}}]"#);
    scene.kubectl.call(&["patch", "ingress", &ingress.metadata.name, "--type=json", "-p", &patch])
}

/// The Secret with the certificate is not there: the controller answers with a made-up
/// one, and the browser warns.
pub fn without_certificate(scene: &Scene, ingress: &Ingress, rule: &Rule) -> (Option<Blocked>, Option<Unobserved>) {
    let Some(tls) = ingress.tls_for(rule.host).filter(|tls| !tls.secret_name.is_empty()) else { return (None, None) };
    match secret_exists(scene.asking, scene.namespace, &tls.secret_name) {
        Seen::Absent => {
            let list = scene.kubectl.call(&["get", "secrets", "--field-selector=type=kubernetes.io/tls"]);
            let finding = Finding::IngressTlsSecretMissing {
                ingress: ingress.metadata.name.clone(),
                secret: tls.secret_name.clone(),
            };
            (Some(Blocked { finding, remedies: vec![Remedy::new(Action::ListSecrets, list)] }), None)
        }
        Seen::Unavailable(why) => {
            let settle = vec![scene.kubectl.call(&["auth", "can-i", "get", "secrets"])];
            (None, Some(Unobserved { what: Subject::Resource("secrets"), why, settle }))
        }
        Seen::Known(()) | Seen::Pending => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ingress(paths: &[(&str, &str, &str, &str)]) -> Ingress {
        let rules: Vec<_> = paths
            .iter()
            .map(|(host, path, kind, service)| {
                json!({ "host": host, "http": { "paths": [{ "path": path, "pathType": kind,
                    "backend": { "service": { "name": service, "port": { "number": 80 } } } }] } })
            })
            .collect();
        serde_json::from_value(json!({ "metadata": { "name": "web" }, "spec": { "rules": rules } })).unwrap()
    }

    fn taken_by<'a>(ingress: &'a Ingress, host: &str, path: &str) -> Option<&'a str> {
        let page = Page { host: Some(host.into()), path: path.into() };
        let rules = rules(ingress);
        let best = rules.iter().filter_map(|rule| Some((rule.fits(&page)?, rule))).max_by_key(|(fits, _)| *fits);
        best.and_then(|(_, rule)| Some(rule.backend.service.as_ref()?.name.as_str()))
    }

    #[test]
    fn requests_are_matched_as_kubernetes_says() {
        let ingress = ingress(&[
            ("web.example", "/", "Prefix", "root"),
            ("web.example", "/foo", "Prefix", "foo"),
            ("web.example", "/foo/bar/", "Prefix", "bar"),
            ("web.example", "/foo", "Exact", "exact"),
            ("*.example", "/", "Prefix", "wild"),
        ]);
        for (host, path, service) in [
            ("web.example", "/", Some("root")),
            ("web.example", "/foo", Some("exact")),
            ("web.example", "/foo/", Some("foo")),
            ("web.example", "/foo/bar", Some("bar")),
            // By elements, not by letters.
            ("web.example", "/foobar", Some("root")),
            ("other.example", "/", Some("wild")),
            ("a.other.example", "/", None),
            ("example.org", "/", None),
        ] {
            assert_eq!(taken_by(&ingress, host, path), service, "{host}{path}");
        }
    }

    #[test]
    fn a_rule_behind_a_better_one_is_in_its_shadow() {
        let ingress = ingress(&[
            ("web.example", "/", "Prefix", "root"),
            ("web.example", "/", "Exact", "home"),
            ("web.example", "/api", "Prefix", "api"),
        ]);
        let rules = rules(&ingress);
        let shadows: Vec<_> = rules.iter().map(|rule| rival(&ingress, rule, &[]).is_some()).collect();
        assert_eq!(shadows, [true, false, false]);
    }

    #[test]
    fn equals_are_rivals_wherever_they_stand() {
        let own = ingress(&[("web.example", "/", "Prefix", "web"), ("web.example", "/", "Prefix", "other")]);
        assert!(rules(&own).iter().all(|rule| rival(&own, rule, &[]).is_some()));
        let own = ingress(&[("web.example", "/", "Prefix", "web"), ("web.example", "/", "Prefix", "web")]);
        assert!(rules(&own).iter().all(|rule| rival(&own, rule, &[]).is_none()), "one Service");
        let rule = &rules(&own)[0];
        for (paths, class, wanted) in [
            (("web.example", "/", "Prefix", "other"), None, true),
            (("web.example", "/", "Exact", "other"), Some("nginx"), true),
            (("web.example", "/", "Prefix", "web"), None, false),
            (("web.example", "/api", "Prefix", "other"), None, false),
            (("*.example", "/", "Prefix", "other"), None, false),
            (("web.example", "/", "Prefix", "other"), Some("traefik"), false),
        ] {
            let mut own = own.clone();
            own.spec.ingress_class_name = Some("nginx".into());
            let mut other = ingress(&[paths]);
            other.metadata.name = "other".into();
            other.spec.ingress_class_name = class.map(str::to_owned);
            assert_eq!(rival(&own, rule, &[Shared::from(other)]).is_some(), wanted, "{paths:?} {class:?}");
        }
    }

    #[test]
    fn the_page_to_ask_for_is_plain() {
        for (host, path, kind, wanted) in [
            ("web.example", "/api", "Prefix", (Some("web.example"), "/api")),
            ("*.example", "/", "Prefix", (Some("any.example"), "/")),
            ("", "/api(/|$)(.*)", "ImplementationSpecific", (None, "/api")),
            ("", "/a.b", "ImplementationSpecific", (None, "/a.b")),
            ("", "/*", "ImplementationSpecific", (None, "/")),
        ] {
            let ingress = ingress(&[(host, path, kind, "web")]);
            let page = rules(&ingress)[0].page();
            assert_eq!((page.host.as_deref(), page.path.as_str()), wanted, "{host}{path}");
        }
    }
}
