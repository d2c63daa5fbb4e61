//! The target itself: is there such a namespace, such a Service, such a port, and does its
//! type offer a road from outside?

pub mod external_name;
pub mod load_balancer;
pub mod manual;
pub mod notes;
pub mod traffic_policy;

use super::endpoints::backends;
use super::finding::Finding;
use super::similar::similar;
use super::{Objects, Scene};
use crate::environment::{Blocked, Wanted};
use crate::fact::cluster::{PortRef, Service, ServicePort, deployments, namespace, namespaces, services};
use crate::remedy::plugin_first;
use crate::report::{Action, Evidence, Fact, Remedy, Source};
use crate::request::Viewer;

/// Explains a Service that is not there: the namespace first, since the API server
/// answers the same 404 for both.
pub fn missing(scene: &Scene, name: &str) -> (Evidence, Blocked) {
    if namespace(scene.asking, scene.namespace).is_absent() {
        return namespace_missing(scene);
    }
    let services = services(scene.asking, Some(scene.namespace), None);
    let names = services.known().map_or(&[][..], Vec::as_slice);
    let similar = similar(name, names.iter().map(|service| service.metadata.name.as_str()));
    let deployments = deployments(scene.asking, scene.namespace);
    let deployment = deployments.known().and_then(|all| all.iter().find(|deployment| deployment.metadata.name == name));

    let mut remedies = Vec::new();
    let declared = deployment.and_then(|deployment| {
        deployment.spec.template.spec.containers.iter().flat_map(|container| &container.ports).next()
    });
    if let Some(port) = declared {
        let port = port.container_port;
        let (target, port_flag, target_flag) =
            (format!("deployment/{name}"), "--port=80".to_owned(), format!("--target-port={port}"));
        let expose = scene.kubectl.call(&["expose", &target, "--type=NodePort", &port_flag, &target_flag]);
        remedies.push(Remedy::new(Action::ExposeDeployment { name: name.into() }, expose));
    }
    remedies.extend(similar.first().map(|close| {
        let target = format!("svc/{close}");
        let command = scene.kubectl.call(&["netpath", "explain", &target]);
        Remedy::new(Action::UseName { name: close.clone() }, plugin_first(command))
    }));
    if remedies.is_empty() {
        remedies.push(Remedy::new(Action::ListServices, scene.kubectl.call(&["get", "services"])));
    }
    let finding = Finding::ServiceMissing {
        name: name.into(),
        namespace: scene.namespace.into(),
        similar,
        deployment: deployment.map(|deployment| deployment.metadata.name.clone()),
    };
    (Evidence::new(Source::Api("Service"), Fact::ServiceAbsent { name: name.into() }), Blocked { finding, remedies })
}

pub(super) fn namespace_missing(scene: &Scene) -> (Evidence, Blocked) {
    let name = scene.namespace.to_owned();
    let all = namespaces(scene.asking);
    let names = all.known().map_or(&[][..], Vec::as_slice);
    let similar = similar(&name, names.iter().map(|namespace| namespace.metadata.name.as_str()));
    let list = Remedy::new(Action::ListNamespaces, scene.kubectl.cluster(&["get", "namespaces"]));
    let evidence = Evidence::new(Source::Api("Namespace"), Fact::NamespaceAbsent { name: name.clone() });
    (evidence, Blocked { finding: Finding::NamespaceMissing { name, similar }, remedies: vec![list] })
}

/// The ports to report on: the one asked for, or all of them.
///
/// # Errors
///
/// The finding, when the Service has no such port.
pub fn ports<'a>(service: &'a Service, wanted: Option<&str>) -> Result<Vec<&'a ServicePort>, Box<(Evidence, Blocked)>> {
    let Some(wanted) = wanted else { return Ok(service.spec.ports.iter().collect()) };
    let number: Option<u16> = wanted.parse().ok();
    let chosen: Vec<_> =
        service.spec.ports.iter().filter(|port| number == Some(port.port) || port.name == wanted).collect();
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let ports: Vec<String> = service.spec.ports.iter().map(show).collect();
    let evidence = Evidence::new(Source::Api("Service"), Fact::PortsAre { ports: ports.clone() });
    let finding = Finding::ServicePortMissing { wanted: wanted.into(), ports };
    Err(Box::new((evidence, Blocked { finding, remedies: Vec::new() })))
}

fn show(port: &ServicePort) -> String {
    if port.name.is_empty() { port.port.to_string() } else { format!("{} ({})", port.port, port.name) }
}

/// Whether a Service belongs to Kubernetes itself: nobody is told to open the API server or
/// the cluster's DNS to a browser.
fn is_own(service: &Service) -> bool {
    let meta = &service.metadata;
    meta.namespace == "kube-system" || (meta.namespace == "default" && meta.name == "kubernetes")
}

/// Why a Service offers no road from outside, if it offers none by its type.
pub fn without_road(scene: &Scene, objects: &Objects, port: Option<&ServicePort>) -> Option<Blocked> {
    let service = &objects.service;
    let name = service.metadata.name.clone();
    // kubectl refuses a Service without a selector, and takes a headless Service's port for
    // the container's (kubectl @dee3483 `polymorphichelpers/helpers.go:201`,
    // `pkg/util/service_port.go:35`).
    let works = |port: &&ServicePort| {
        let same = port.target_port == PortRef::Number(port.port) || !service.spec.is_headless();
        port.is_tcp() && same && !service.spec.selector.is_empty()
    };
    // Where it does not work for the Service, it does for a Pod behind it, at the Pod's port.
    let backend = port
        .zip(objects.slices.known())
        .and_then(|(port, slices)| backends(slices, port).ready().find(|backend| backend.pod.is_some()).cloned());
    let forward = |port: Option<&ServicePort>| {
        let port = port.filter(|port| port.is_tcp())?;
        if works(&port) {
            return Some(scene.kubectl.port_forward(&name, port.port));
        }
        let backend = backend.as_ref()?;
        Some(scene.kubectl.port_forward_to(&format!("pod/{}", backend.pod.as_deref()?), backend.port))
    };
    let expose = || {
        let free = port.and_then(|port| Some((port, scene.place?.free_node_port(scene.asking, &port.protocol)?)));
        let (command, host_port) = match free {
            Some((port, (node_port, host_port))) => {
                let value = node_port.to_string();
                let command = scene.kubectl.patch_port(service, port, ("nodePort", &value), Some("NodePort"));
                (command, Some(host_port))
            }
            None => (scene.kubectl.call(&["patch", "service", &name, "-p", r#"{"spec":{"type":"NodePort"}}"#]), None),
        };
        let opens = host_port.is_some() || scene.place.is_none_or(|place| place.opens_node_ports());
        opens.then(|| Remedy::new(Action::ExposeAsNodePort { host_port }, command))
    };
    Some(match service.spec.kind.as_str() {
        "ExternalName" => external_name::explain(scene, service),
        _ if service.spec.is_headless() => Blocked {
            finding: Finding::ServiceHeadless {
                name: name.clone(),
                // DNS gives addresses, not ports: what the Service maps, its clients do not see.
                dial: backend.as_ref().map(|backend| backend.port).filter(|to| port.is_some_and(|own| own.port != *to)),
            },
            remedies: forward(port).into_iter().collect(),
        },
        "ClusterIP" => Blocked {
            finding: Finding::InternalOnly { name: name.clone() },
            remedies: match opened(scene, service, port) {
                _ if is_own(service) => Vec::new(),
                opened if opened.is_empty() => forward(port).into_iter().chain(expose()).collect(),
                // Another type would not bring it any nearer there.
                opened => opened.into_iter().chain(forward(port)).collect(),
            },
        },
        _ => {
            // An address of a provider is a road of its own.
            let addressed = !service.status.load_balancer.ingress.is_empty();
            let port = port.filter(|port| port.node_port == 0 && !addressed)?;
            let turned_off =
                service.spec.kind == "LoadBalancer" && service.spec.allocate_load_balancer_node_ports == Some(false);
            let allocate = turned_off.then(|| scene.kubectl.allocate_node_ports(service));
            Blocked {
                finding: Finding::NodePortNotAllocated { port: port.port, turned_off },
                remedies: allocate.into_iter().chain(forward(Some(port))).collect(),
            }
        }
    })
}

/// The environment's own ways to a Service whose type offers none.
fn opened(scene: &Scene, service: &Service, port: Option<&ServicePort>) -> Vec<Remedy> {
    let (Some(place), Some(port)) = (scene.place, port) else { return Vec::new() };
    let kubectl = scene.kubectl;
    place.open(&Wanted { service, port, endpoint_nodes: &[], kubectl, viewer: Viewer::Here, host_port: false })
}
