//! ExternalName: a name that stands for another name. Nothing is forwarded.
//!
//! Names are read, never resolved: what a cluster's DNS answers, this computer's cannot say.

use crate::answers::Seen;
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::Blocked;
use crate::fact::cluster::{Service, service};
use crate::remedy::plugin_first;
use crate::report::{Action, Remedy};

/// How many names are followed before a chain counts as too long to understand.
const MOST: usize = 8;

/// Where a chain of ExternalNames ends.
enum End {
    /// Outside of the cluster, or it could not be read.
    Elsewhere,
    /// At a Service that is no ExternalName, or that is not there.
    Service { namespace: String, name: String, exists: bool },
    /// At a name that the chain has passed already.
    Loop(Vec<String>),
}

/// Why an ExternalName Service offers no road, and what its name means.
pub(super) fn explain(scene: &Scene, own: &Service) -> Blocked {
    let external_name = own.spec.external_name.clone().unwrap_or_default();
    let name = &own.metadata.name;
    let edit = || Remedy::new(Action::EditExternalName, scene.kubectl.call(&["edit", "service", name]));
    // The API server takes digits and dots for a name (k8s.io/api v0.36.2
    // `core/v1/types.go`, ServiceSpec.ExternalName), and DNS has no such name.
    if external_name.trim_end_matches('.').parse::<std::net::IpAddr>().is_ok() {
        return Blocked { finding: Finding::ExternalNameIsAddress { external_name }, remedies: vec![edit()] };
    }
    let namespace = if own.metadata.namespace.is_empty() { scene.namespace } else { &own.metadata.namespace };
    match follow(scene, namespace, name, &external_name) {
        End::Loop(names) => Blocked { finding: Finding::ExternalNameLoop { names }, remedies: vec![edit()] },
        End::Service { namespace, name, exists } => {
            let words = ["netpath", "explain", &format!("svc/{name}"), "-n", &namespace];
            let explain = plugin_first(scene.kubectl.cluster(&words));
            let remedy = Remedy::new(Action::ExplainService { name: name.clone() }, explain);
            let service = Some(format!("{namespace}/{name}"));
            Blocked {
                finding: Finding::ServiceExternalName { external_name, service, exists: Some(exists) },
                remedies: if exists { vec![remedy] } else { vec![edit()] },
            }
        }
        End::Elsewhere => Blocked {
            finding: Finding::ServiceExternalName { external_name, service: None, exists: None },
            remedies: Vec::new(),
        },
    }
}

fn follow(scene: &Scene, namespace: &str, name: &str, external_name: &str) -> End {
    let mut passed = vec![(name.to_owned(), namespace.to_owned())];
    let mut next = external_name.to_owned();
    while passed.len() <= MOST {
        let Some(at) = in_cluster(&next) else { return End::Elsewhere };
        let is_loop = passed.contains(&at);
        passed.push(at.clone());
        if is_loop {
            return End::Loop(passed.into_iter().map(|(name, namespace)| format!("{namespace}/{name}")).collect());
        }
        let (name, namespace) = at;
        match service(scene.asking, &namespace, &name) {
            Seen::Known(service) if service.spec.kind == "ExternalName" => {
                next = service.spec.external_name.clone().unwrap_or_default();
            }
            Seen::Known(_) => return End::Service { namespace, name, exists: true },
            Seen::Absent => return End::Service { namespace, name, exists: false },
            Seen::Pending | Seen::Unavailable(_) => return End::Elsewhere,
        }
    }
    End::Elsewhere
}

/// The Service and namespace of a cluster-internal name. Only the default domain is known:
/// a name below `svc` of somebody's own domain may be anywhere.
fn in_cluster(name: &str) -> Option<(String, String)> {
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    match labels.as_slice() {
        [service, namespace, "svc"] | [service, namespace, "svc", "cluster", "local"] => {
            Some(((*service).to_owned(), (*namespace).to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_cluster_are_told_from_others() {
        let web = Some(("web".to_owned(), "shop".to_owned()));
        for (name, wanted) in [
            ("web.shop.svc.cluster.local", web.clone()),
            ("web.shop.svc.cluster.local.", web.clone()),
            ("web.shop.svc", web),
            ("web.shop", None),
            ("db.example.com", None),
            ("web.shop.svc.example.com", None),
            ("0.web.shop.svc.cluster.local", None),
            ("", None),
        ] {
            assert_eq!(in_cluster(name), wanted, "{name}");
        }
    }
}
