//! The reads of the API server that rules need.

use std::rc::Rc;

use super::{
    DaemonSet, Deployment, EndpointSlice, Event, Gateway, GatewayClass, HttpRoute, Ingress, IngressClass, Labels,
    Namespace, Node, Pod, ReferenceGrant, Service, StatefulSet,
};
use crate::answers::{Asking, Seen};
use crate::fact::read::{Exists, Get, Shared, encode, list};

/// One Service by name.
pub fn service(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Service>> {
    asking.ask(Get::new(format!("/api/v1/namespaces/{}/services/{}", encode(namespace), encode(name))))
}

/// The Services of a namespace, or of all of them.
pub fn services(asking: &Asking, namespace: Option<&str>, selector: Option<&str>) -> Seen<Vec<Shared<Service>>> {
    list(asking, &scoped("/api/v1", namespace, "services"), &label_query(selector))
}

/// The EndpointSlices of one Service.
pub fn slices_of(asking: &Asking, namespace: &str, service: &str) -> Seen<Vec<Shared<EndpointSlice>>> {
    let selector = format!("kubernetes.io/service-name={service}");
    list(asking, &scoped("/apis/discovery.k8s.io/v1", Some(namespace), "endpointslices"), &label_query(Some(&selector)))
}

/// The EndpointSlices of a namespace, or of all of them.
pub fn slices(asking: &Asking, namespace: Option<&str>) -> Seen<Vec<Shared<EndpointSlice>>> {
    list(asking, &scoped("/apis/discovery.k8s.io/v1", namespace, "endpointslices"), "")
}

/// The Pods that a selector matches.
pub fn pods_by(asking: &Asking, namespace: &str, selector: &Labels) -> Seen<Vec<Shared<Pod>>> {
    let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    list(asking, &scoped("/api/v1", Some(namespace), "pods"), &label_query(Some(&pairs.join(","))))
}

/// The Pods of a namespace, or of all of them.
pub fn pods(asking: &Asking, namespace: Option<&str>) -> Seen<Vec<Shared<Pod>>> {
    list(asking, &scoped("/api/v1", namespace, "pods"), "")
}

/// The Nodes.
pub fn nodes(asking: &Asking) -> Seen<Vec<Shared<Node>>> {
    list(asking, "/api/v1/nodes", "")
}

/// The Deployments of a namespace.
pub fn deployments(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Deployment>>> {
    list(asking, &scoped("/apis/apps/v1", Some(namespace), "deployments"), "")
}

/// The StatefulSets of a namespace.
pub fn statefulsets(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<StatefulSet>>> {
    list(asking, &scoped("/apis/apps/v1", Some(namespace), "statefulsets"), "")
}

/// The Ingresses of a namespace.
pub fn ingresses(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Ingress>>> {
    list(asking, &scoped("/apis/networking.k8s.io/v1", Some(namespace), "ingresses"), "")
}

/// One Ingress by name.
pub fn ingress(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Ingress>> {
    asking.ask(Get::new(format!(
        "{}/{}",
        scoped("/apis/networking.k8s.io/v1", Some(namespace), "ingresses"),
        encode(name)
    )))
}

/// All IngressClasses.
pub fn ingress_classes(asking: &Asking) -> Seen<Vec<Shared<IngressClass>>> {
    list(asking, "/apis/networking.k8s.io/v1/ingressclasses", "")
}

/// The Gateway API, in the version that is stable since its release 1.0.
const GATEWAY_API: &str = "/apis/gateway.networking.k8s.io/v1";

/// All GatewayClasses.
pub fn gateway_classes(asking: &Asking) -> Seen<Vec<Shared<GatewayClass>>> {
    list(asking, &scoped(GATEWAY_API, None, "gatewayclasses"), "")
}

/// The Gateways of a namespace.
pub fn gateways(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Gateway>>> {
    list(asking, &scoped(GATEWAY_API, Some(namespace), "gateways"), "")
}

/// One Gateway by name.
pub fn gateway(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Gateway>> {
    asking.ask(Get::new(format!("{}/{}", scoped(GATEWAY_API, Some(namespace), "gateways"), encode(name))))
}

/// The HTTPRoutes of a namespace.
pub fn http_routes(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<HttpRoute>>> {
    list(asking, &scoped(GATEWAY_API, Some(namespace), "httproutes"), "")
}

/// One HTTPRoute by name.
pub fn http_route(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<HttpRoute>> {
    asking.ask(Get::new(format!("{}/{}", scoped(GATEWAY_API, Some(namespace), "httproutes"), encode(name))))
}

/// The ReferenceGrants of a namespace, which the release 1.4 serves as v1beta1 only.
pub fn reference_grants(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<ReferenceGrant>>> {
    list(asking, &scoped("/apis/gateway.networking.k8s.io/v1beta1", Some(namespace), "referencegrants"), "")
}

/// Whether a Secret exists. Its content is neither asked for nor sent.
pub fn secret_exists(asking: &Asking, namespace: &str, name: &str) -> Seen<()> {
    asking.ask(Exists(format!("{}/{}", scoped("/api/v1", Some(namespace), "secrets"), encode(name)))).map(|_| ())
}

/// One Namespace by name.
pub fn namespace(asking: &Asking, name: &str) -> Seen<Rc<Namespace>> {
    asking.ask(Get::new(format!("/api/v1/namespaces/{}", encode(name))))
}

/// All Namespaces.
pub fn namespaces(asking: &Asking) -> Seen<Vec<Shared<Namespace>>> {
    list(asking, "/api/v1/namespaces", "")
}

/// The Events about one Pod, oldest first.
pub fn events_of(asking: &Asking, namespace: &str, pod: &str) -> Seen<Vec<Shared<Event>>> {
    let query = format!("fieldSelector={}", encode(&format!("involvedObject.kind=Pod,involvedObject.name={pod}")));
    list(asking, &scoped("/api/v1", Some(namespace), "events"), &query)
}

/// MetalLB's controller, by the name that its own manifests give it.
pub fn metallb(asking: &Asking) -> Seen<Rc<Deployment>> {
    asking.ask(Get::new("/apis/apps/v1/namespaces/metallb-system/deployments/controller".into()))
}

/// kube-proxy's DaemonSet. Absent by design in k3s, Cilium and others: that alone
/// proves nothing.
pub fn kube_proxy(asking: &Asking) -> Seen<Rc<DaemonSet>> {
    asking.ask(Get::new("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy".into()))
}

fn scoped(group: &str, namespace: Option<&str>, plural: &str) -> String {
    match namespace {
        Some(namespace) => format!("{group}/namespaces/{}/{plural}", encode(namespace)),
        None => format!("{group}/{plural}"),
    }
}

fn label_query(selector: Option<&str>) -> String {
    selector.map_or_else(String::new, |selector| format!("labelSelector={}", encode(selector)))
}

/// Whether labels satisfy a selector. An empty selector selects nothing (S10).
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
