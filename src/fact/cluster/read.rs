//! The reads of the API server that rules need.

use std::rc::Rc;

use super::{
    ClusterRole, DaemonSet, Deployment, EndpointSlice, Event, Gateway, GatewayClass, HttpRoute, Ingress, IngressClass,
    Job, KubeProxyConfigMap, Labels, Namespace, NetworkPolicy, Node, Pod, ReferenceGrant, ReplicaSet, Service,
    StatefulSet,
};
use crate::answers::{Asking, Seen};
use crate::fact::bulk::{Bulk, bulk, so_far};
use crate::fact::read::{Exists, Get, Object, Shared, encode, first_page, list};

/// One Service by name.
pub fn service(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Service>> {
    asking.ask(Get::new(format!("/api/v1/namespaces/{}/services/{}", encode(namespace), encode(name))))
}

/// The Services of a namespace, or of all of them.
pub fn services(asking: &Asking, namespace: Option<&str>, selector: Option<&str>) -> Seen<Vec<Shared<Service>>> {
    list(asking, &scoped("/api/v1", namespace, "services"), &label_query(selector))
}

/// The first page of all Services: enough to see which node ports are in use in a local
/// cluster, at a cost that does not grow with the cluster.
pub fn some_services(asking: &Asking) -> Seen<Vec<Shared<Service>>> {
    first_page(asking, "/api/v1/services", "")
}

/// The EndpointSlices of one Service.
pub fn slices_of(asking: &Asking, namespace: &str, service: &str) -> Seen<Vec<Shared<EndpointSlice>>> {
    let selector = format!("kubernetes.io/service-name={service}");
    list(asking, &scoped("/apis/discovery.k8s.io/v1", Some(namespace), "endpointslices"), &label_query(Some(&selector)))
}

/// The Services of a namespace, or of all of them, as many as could be read; and whether
/// they are all.
pub fn services_so_far(asking: &Asking, namespace: Option<&str>, selector: Option<&str>) -> (Bulk<Service>, Seen<()>) {
    so_far(asking, &scoped("/api/v1", namespace, "services"), &label_query(selector))
}

/// The EndpointSlices of a namespace, or of all of them: there may be any number.
pub fn slices(asking: &Asking, namespace: Option<&str>) -> Seen<Bulk<EndpointSlice>> {
    bulk(asking, &scoped("/apis/discovery.k8s.io/v1", namespace, "endpointslices"), "")
}

/// The Pods that a selector matches; of many, the first page.
pub fn pods_by(asking: &Asking, namespace: &str, selector: &Labels) -> Seen<Vec<Shared<Pod>>> {
    let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    first_page(asking, &scoped("/api/v1", Some(namespace), "pods"), &label_query(Some(&pairs.join(","))))
}

/// The Pods of a namespace, or of all of them.
pub fn pods(asking: &Asking, namespace: Option<&str>) -> Seen<Vec<Shared<Pod>>> {
    list(asking, &scoped("/api/v1", namespace, "pods"), "")
}

/// The same where there may be any number of them.
pub fn bulk_pods(asking: &Asking, namespace: Option<&str>) -> Seen<Bulk<Pod>> {
    bulk(asking, &scoped("/api/v1", namespace, "pods"), "")
}

/// Pods of a namespace, whatever their labels; of many, the first page.
pub fn some_pods(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Pod>>> {
    first_page(asking, &scoped("/api/v1", Some(namespace), "pods"), "")
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

/// The DaemonSets of a namespace.
pub fn daemonsets(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<DaemonSet>>> {
    first_page(asking, &scoped("/apis/apps/v1", Some(namespace), "daemonsets"), "")
}

/// The ReplicaSets of a namespace.
pub fn replicasets(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<ReplicaSet>>> {
    first_page(asking, &scoped("/apis/apps/v1", Some(namespace), "replicasets"), "")
}

/// The Jobs of a namespace.
pub fn jobs(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Job>>> {
    first_page(asking, &scoped("/apis/batch/v1", Some(namespace), "jobs"), "")
}

/// The Ingresses of a namespace.
pub fn ingresses(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<Ingress>>> {
    let own = |ingress: &Ingress| ingress.metadata.namespace == namespace;
    of_namespace(asking, "/apis/networking.k8s.io/v1", namespace, "ingresses", own)
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
    let own = |route: &HttpRoute| route.metadata.namespace == namespace;
    of_namespace(asking, GATEWAY_API, namespace, "httproutes", own)
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

/// The NetworkPolicies of a namespace.
pub fn network_policies(asking: &Asking, namespace: &str) -> Seen<Vec<Shared<NetworkPolicy>>> {
    list(asking, &scoped("/apis/networking.k8s.io/v1", Some(namespace), "networkpolicies"), "")
}

/// The DaemonSets of all namespaces, network plugins among them: they live in kube-system,
/// calico-system or a namespace of their own.
pub fn all_daemonsets(asking: &Asking) -> Seen<Vec<Shared<DaemonSet>>> {
    list(asking, "/apis/apps/v1/daemonsets", "")
}

/// One ClusterRole by name.
pub fn cluster_role(asking: &Asking, name: &str) -> Seen<Rc<ClusterRole>> {
    asking.ask(Get::new(format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{}", encode(name))))
}

/// One Namespace by name.
pub fn namespace(asking: &Asking, name: &str) -> Seen<Rc<Namespace>> {
    asking.ask(Get::new(format!("/api/v1/namespaces/{}", encode(name))))
}

/// All Namespaces.
pub fn namespaces(asking: &Asking) -> Seen<Vec<Shared<Namespace>>> {
    list(asking, "/api/v1/namespaces", "")
}

/// The Events about one Pod, by name.
pub fn events_of(asking: &Asking, namespace: &str, pod: &str) -> Seen<Vec<Shared<Event>>> {
    events_about(asking, namespace, "Pod", pod)
}

/// The Events about one object, by name; of many, the first page.
pub fn events_about(asking: &Asking, namespace: &str, kind: &str, name: &str) -> Seen<Vec<Shared<Event>>> {
    let query = format!("fieldSelector={}", encode(&format!("involvedObject.kind={kind},involvedObject.name={name}")));
    first_page(asking, &scoped("/api/v1", Some(namespace), "events"), &query)
}

/// One Deployment by name.
pub fn deployment(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Deployment>> {
    one(asking, "/apis/apps/v1", namespace, "deployments", name)
}

/// One StatefulSet by name.
pub fn statefulset(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<StatefulSet>> {
    one(asking, "/apis/apps/v1", namespace, "statefulsets", name)
}

/// One DaemonSet by name.
pub fn daemonset(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<DaemonSet>> {
    one(asking, "/apis/apps/v1", namespace, "daemonsets", name)
}

/// One ReplicaSet by name.
pub fn replicaset(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<ReplicaSet>> {
    one(asking, "/apis/apps/v1", namespace, "replicasets", name)
}

/// One Job by name.
pub fn job(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Job>> {
    one(asking, "/apis/batch/v1", namespace, "jobs", name)
}

/// One Pod by name.
pub fn pod(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Pod>> {
    one(asking, "/api/v1", namespace, "pods", name)
}

/// One Ingress by name.
pub fn ingress(asking: &Asking, namespace: &str, name: &str) -> Seen<Rc<Ingress>> {
    one(asking, "/apis/networking.k8s.io/v1", namespace, "ingresses", name)
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

/// kube-proxy's configuration as kubeadm keeps it. Absent where something else installed
/// kube-proxy or took its place.
pub fn kube_proxy_config(asking: &Asking) -> Seen<Rc<KubeProxyConfigMap>> {
    asking.ask(Get::new("/api/v1/namespaces/kube-system/configmaps/kube-proxy".into()))
}

/// Whether kubeadm made the cluster: it keeps its configuration in every one (kubernetes.io,
/// "kubeadm init phase upload-config kubeadm").
pub fn kubeadm_config(asking: &Asking) -> Seen<()> {
    asking.ask(Exists("/api/v1/namespaces/kube-system/configmaps/kubeadm-config".into())).map(|_| ())
}

/// kube-proxy's Pods on all nodes.
pub fn kube_proxy_pods(asking: &Asking) -> Seen<Vec<Shared<Pod>>> {
    let label = Labels::from([("k8s-app".to_owned(), "kube-proxy".to_owned())]);
    pods_by(asking, "kube-system", &label)
}

fn one<T: Object>(asking: &Asking, group: &str, namespace: &str, plural: &str, name: &str) -> Seen<Rc<T>> {
    asking.ask(Get::new(format!("{}/{}", scoped(group, Some(namespace), plural), encode(name))))
}

/// The objects of a namespace, out of the list of all namespaces where many of them are
/// looked at.
fn of_namespace<T: Object>(
    asking: &Asking,
    group: &str,
    namespace: &str,
    plural: &str,
    is_own: impl Fn(&T) -> bool,
) -> Seen<Vec<Shared<T>>> {
    if !asking.looks_across() {
        return list(asking, &scoped(group, Some(namespace), plural), "");
    }
    list(asking, &scoped(group, None, plural), "").map(|all| all.into_iter().filter(|one| is_own(one)).collect())
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
