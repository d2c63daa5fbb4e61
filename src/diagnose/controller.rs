//! The controller behind an IngressClass or a GatewayClass: where its own Service and
//! Pods are.
//!
//! Nothing in the API says where a controller runs. Its Service is found by the label
//! that its own manifests and chart give it; one that was installed with other labels is
//! not found, and that proves nothing.

use super::{Objects, Scene, unread};
use crate::answers::Seen;
use crate::fact::cluster::{self, PortRef, Service, ServicePort, pods_by, services, slices_of};
use crate::fact::read::Shared;
use crate::report::Unobserved;

/// The label that charts and manifests give a controller's Service.
const LABEL: &str = "app.kubernetes.io/name";

/// How many controllers with one label are tried.
const MAX_CONTROLLERS: usize = 3;

/// Controllers by what their class calls them, and the label of their Service: ingress-nginx
/// `deploy/static/provider/kind/deploy.yaml`, Traefik's chart `templates/_helpers.tpl`, the
/// charts of NGINX Inc., HAProxy Technologies, Kong and Contour. The second name is what the
/// old annotation says.
const CONTROLLERS: [(&str, &str, &str); 7] = [
    ("k8s.io/ingress-nginx", "nginx", "app.kubernetes.io/name=ingress-nginx"),
    ("traefik.io/ingress-controller", "traefik", "app.kubernetes.io/name=traefik"),
    ("traefik.io/gateway-controller", "", "app.kubernetes.io/name=traefik"),
    ("nginx.org/ingress-controller", "", "app.kubernetes.io/name=nginx-ingress"),
    ("haproxy.org/ingress-controller", "haproxy", "app.kubernetes.io/name=kubernetes-ingress"),
    ("ingress-controllers.konghq.com/kong", "kong", "app.kubernetes.io/name=kong"),
    ("projectcontour.io/", "contour", "app.kubernetes.io/name=contour"),
];

/// A controller's own Service, with what is behind it.
pub struct Controller {
    /// Its Service, slices, Pods and Nodes.
    pub objects: Objects,
    /// Services of other namespaces with the same label: which of the controllers serves a
    /// class, no label tells.
    pub others: Vec<Shared<Service>>,
}

/// What is known about where a controller runs.
pub enum Found {
    /// Too early to say.
    Pending,
    /// Found.
    Here(Box<Controller>),
    /// Not by the label that it usually has; `None` if netpath does not know its label.
    NotByLabel(Option<&'static str>),
    /// Could not look.
    Unread(Unobserved),
}

/// Finds a controller by the name that its class gives it.
pub fn find(scene: &Scene, controller: &str) -> Found {
    let known = CONTROLLERS.iter().find(|(name, short, _)| {
        controller == *name
            || (!short.is_empty() && controller == *short)
            || controller.starts_with(name) && name.ends_with('/')
    });
    let Some((_, _, label)) = known else { return Found::NotByLabel(None) };
    serving(scene, label, Some(label))
}

/// The Service that takes HTTP among those with a label.
fn serving(scene: &Scene, selector: &str, label: Option<&'static str>) -> Found {
    let all = match services(scene.asking, None, Some(selector)) {
        Seen::Known(all) => all,
        Seen::Pending => return Found::Pending,
        seen => return unread(scene, "services", &seen).map_or(Found::NotByLabel(label), Found::Unread),
    };
    // An admission webhook and metrics have Services with the same label.
    let rank = |service: &Shared<Service>| match service.spec.kind.as_str() {
        "LoadBalancer" => 0,
        "NodePort" => 1,
        _ => 2,
    };
    let mut serving: Vec<_> =
        all.iter().filter(|service| !service.spec.selector.is_empty() && entry(service, false).is_some()).collect();
    // A cluster may have several, each for its own namespaces: the nearest is the likeliest.
    let far = |service: &Shared<Service>| service.metadata.namespace != scene.namespace;
    serving.sort_by_key(|service| {
        (far(service), rank(service), service.metadata.namespace.clone(), service.metadata.name.clone())
    });
    let Some(first) = serving.first() else { return Found::NotByLabel(label) };
    let mut seen = vec![&first.metadata.namespace];
    let mut others = Vec::new();
    for service in &serving {
        if !seen.contains(&&service.metadata.namespace) {
            seen.push(&service.metadata.namespace);
            others.push((*service).clone());
        }
    }
    Found::Here(Box::new(Controller { objects: objects(scene, first), others }))
}

/// The controller that is meant, and the Services of others that may be: none, if one is
/// `named`, as an Ingress's status has its controller's address.
pub fn chosen(
    scene: &Scene,
    controller: Controller,
    named: impl Fn(&Service) -> bool,
) -> (Objects, Vec<Shared<Service>>) {
    let Controller { objects: first, mut others } = controller;
    if named(&first.service) {
        return (first, Vec::new());
    }
    if let Some(service) = others.iter().find(|service| named(service)) {
        return (objects(scene, service), Vec::new());
    }
    others.truncate(MAX_CONTROLLERS - 1);
    (first, others)
}

/// Finds any controller that netpath knows, for an Ingress that names none.
pub fn any(scene: &Scene) -> Found {
    let mut names: Vec<&str> =
        CONTROLLERS.iter().filter_map(|(_, _, label)| label.split_once('=')).map(|(_, name)| name).collect();
    names.sort_unstable();
    names.dedup();
    serving(scene, &format!("{LABEL} in ({})", names.join(",")), None)
}

/// The objects behind a controller's Service.
pub fn objects(scene: &Scene, service: &Shared<Service>) -> Objects {
    let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
    Objects {
        slices: slices_of(scene.asking, namespace, name),
        pods: pods_by(scene.asking, namespace, &service.spec.selector),
        nodes: cluster::nodes(scene.asking),
        service: service.clone(),
    }
}

/// The number behind a target port, by the Pods where it is a name.
pub fn target(objects: &Objects, port: &ServicePort) -> Option<u16> {
    match &port.target_port {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => {
            let mut declared = objects.pods.known()?.iter().flat_map(|pod| &pod.spec.containers);
            declared
                .find_map(|container| container.ports.iter().find(|port| port.name == *name))
                .map(|port| port.container_port)
        }
    }
}

/// The port of a Service that leads to a Gateway's listener. Traefik's listeners have the
/// numbers of its containers' ports (seen with v3.6.12); where a controller makes one
/// Service per Gateway, the Service has the listeners' numbers (GEP-1762).
pub fn listening(objects: &Objects, listener: u16, tls: bool) -> Option<&ServicePort> {
    let mut ports = objects.service.spec.ports.iter().filter(|port| port.is_tcp());
    let behind = ports.clone().find(|port| target(objects, port) == Some(listener));
    let same = || ports.find(|port| port.port == listener);
    // Without a Pod nobody knows the number behind a name.
    let unnumbered = || entry(&objects.service, tls).filter(|port| target(objects, port).is_none());
    behind.or_else(same).or_else(unnumbered)
}

/// The port of a controller's Service that takes HTTP, or HTTPS.
pub fn entry(service: &Service, tls: bool) -> Option<&ServicePort> {
    let (number, names) = if tls { (443, ["https", "websecure"]) } else { (80, ["http", "web"]) };
    let mut ports = service.spec.ports.iter().filter(|port| port.is_tcp());
    let named = ports.clone().find(|port| names.contains(&port.name.as_str()));
    named.or_else(|| ports.find(|port| port.port == number))
}
