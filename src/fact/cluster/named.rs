//! Objects by kind and name, and what all that runs Pods has in common.

use std::rc::Rc;

use super::{
    Container, Deployment, Labels, Pod, Service, daemonset, daemonsets, deployment, deployments, gateway, gateways,
    http_route, http_routes, ingress, ingresses, job, jobs, pod, pods, replicaset, replicasets, selects, service,
    statefulset, statefulsets,
};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::request::Kind;

/// A workload or a single Pod, as far as a Service is concerned.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The labels that its Pods are made with.
    pub labels: Labels,
    /// The containers of its Pods.
    pub containers: Vec<Container>,
    /// Whether its Pods use the node's own network.
    pub host_network: bool,
    /// How many Pods are wanted, where that is its own number.
    pub replicas: Option<u32>,
    /// The Pod itself, if it is one.
    pub pod: Option<Rc<Pod>>,
}

/// Labels that controllers put on Pods, new ones for every version or Pod. A Service that
/// selects by them loses its Pods with the next rollout.
const CONTROLLER_LABELS: [&str; 8] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-uid",
    // The older spelling of batch.kubernetes.io/job-name.
    "job-name",
    "batch.kubernetes.io/controller-uid",
];
/// The label by which a Service selects one Pod of a StatefulSet.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

impl Workload {
    /// Whether a Service sends traffic to its Pods, or in a StatefulSet to one of them.
    pub fn is_selected_by(&self, service: &Service) -> bool {
        let mut selector = service.spec.selector.clone();
        let one = selector.get(POD_NAME).and_then(|pod| pod.strip_prefix(&self.name)?.strip_prefix('-'));
        if self.kind == Kind::StatefulSet && one.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit())) {
            selector.remove(POD_NAME);
            return selector.is_empty() || selects(&selector, &self.labels);
        }
        service.spec.kind != "ExternalName" && selects(&selector, &self.labels)
    }

    /// The labels that stay the same from one version to the next.
    pub fn lasting_labels(&self) -> Labels {
        let lasting = self.labels.iter().filter(|(key, _)| !CONTROLLER_LABELS.contains(&key.as_str()));
        lasting.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// The first TCP port that its containers declare.
    pub fn declared_port(&self) -> Option<u16> {
        let mut ports = self.containers.iter().flat_map(|container| &container.ports);
        ports.find(|port| matches!(port.protocol.as_str(), "" | "TCP")).map(|port| port.container_port)
    }

    /// Ports of the node that its Pods take as well.
    pub fn host_ports(&self) -> Vec<u16> {
        self.containers.iter().flat_map(|container| &container.ports).filter_map(|port| port.host_port).collect()
    }

    fn new(kind: Kind, workload: &Deployment) -> Self {
        let template = &workload.spec.template;
        Self {
            kind,
            name: workload.metadata.name.clone(),
            labels: template.metadata.labels.clone(),
            containers: template.spec.containers.clone(),
            host_network: template.spec.host_network,
            replicas: Some(workload.spec.replicas.unwrap_or(1)),
            pod: None,
        }
    }

    fn one_pod(pod: &Rc<Pod>) -> Self {
        Self {
            kind: Kind::Pod,
            name: pod.metadata.name.clone(),
            labels: pod.metadata.labels.clone(),
            containers: pod.port_owners().cloned().collect(),
            host_network: pod.spec.host_network,
            replicas: None,
            pod: Some(pod.clone()),
        }
    }
}

/// One workload or Pod by kind and name. Kinds that run no Pods are absent.
pub fn workload(asking: &Asking, namespace: &str, kind: Kind, name: &str) -> Seen<Workload> {
    match kind {
        Kind::Deployment => deployment(asking, namespace, name).map(|it| Workload::new(kind, &it)),
        Kind::StatefulSet => statefulset(asking, namespace, name).map(|it| Workload::new(kind, &it.0)),
        Kind::ReplicaSet => replicaset(asking, namespace, name).map(|it| {
            let metadata = super::Meta { name: it.metadata.name.clone(), ..Default::default() };
            Workload::new(kind, &Deployment { metadata, spec: it.spec.clone(), status: it.status.clone() })
        }),
        Kind::DaemonSet => daemonset(asking, namespace, name).map(|it| {
            let spec = super::DeploymentSpec { template: it.spec.template.clone(), ..Default::default() };
            let made = Deployment { metadata: it.metadata.clone(), spec, ..Default::default() };
            Workload { replicas: None, ..Workload::new(kind, &made) }
        }),
        Kind::Job => job(asking, namespace, name).map(|it| {
            let spec = super::DeploymentSpec { template: it.spec.template.clone(), ..Default::default() };
            let made = Deployment { metadata: it.metadata.clone(), spec, status: it.status.clone() };
            Workload { replicas: None, ..Workload::new(kind, &made) }
        }),
        Kind::Pod => pod(asking, namespace, name).map(|it| Workload::one_pod(&it)),
        Kind::Service | Kind::Ingress | Kind::Gateway | Kind::HttpRoute => Seen::Absent,
    }
}

/// Whether an object exists. An API that the server does not serve has no objects.
pub fn exists(asking: &Asking, namespace: &str, kind: Kind, name: &str) -> Seen<()> {
    let seen = match kind {
        Kind::Service => service(asking, namespace, name).map(drop),
        Kind::Ingress => ingress(asking, namespace, name).map(drop),
        Kind::Gateway => gateway(asking, namespace, name).map(drop),
        Kind::HttpRoute => http_route(asking, namespace, name).map(drop),
        _ => workload(asking, namespace, kind, name).map(drop),
    };
    match seen {
        Seen::Unavailable(Why::ServerError { status: 404, .. }) => Seen::Absent,
        seen => seen,
    }
}

/// The names of all objects of a kind in a namespace, for "did you mean".
pub fn names_of(asking: &Asking, namespace: &str, kind: Kind) -> Seen<Vec<String>> {
    fn names<T>(all: Vec<crate::fact::read::Shared<T>>, name: impl Fn(&T) -> &String) -> Vec<String> {
        all.iter().map(|one| name(one).clone()).collect()
    }
    match kind {
        Kind::Deployment => deployments(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::StatefulSet => statefulsets(asking, namespace).map(|all| names(all, |it| &it.0.metadata.name)),
        Kind::DaemonSet => daemonsets(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::ReplicaSet => replicasets(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::Job => jobs(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::Pod => pods(asking, Some(namespace)).map(|all| names(all, |it| &it.metadata.name)),
        Kind::Ingress => ingresses(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::Gateway => gateways(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::HttpRoute => http_routes(asking, namespace).map(|all| names(all, |it| &it.metadata.name)),
        Kind::Service => Seen::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(selector: &str) -> Service {
        serde_json::from_str(&format!(r#"{{"spec":{{"type":"ClusterIP","selector":{selector}}}}}"#)).unwrap()
    }

    fn workload(kind: Kind, labels: &str) -> Workload {
        let template = format!(r#"{{"spec":{{"template":{{"metadata":{{"labels":{labels}}}}}}}}}"#);
        let mut made: Deployment = serde_json::from_str(&template).unwrap();
        made.metadata.name = "db".into();
        Workload::new(kind, &made)
    }

    #[test]
    fn a_service_selects_what_has_all_of_its_pairs() {
        for (kind, labels, selector, wanted) in [
            (Kind::Deployment, r#"{"app":"db","tier":"back"}"#, r#"{"app":"db"}"#, true),
            (Kind::Deployment, r#"{"app":"db"}"#, r#"{"app":"db","tier":"back"}"#, false),
            (Kind::Deployment, r#"{"app":"db"}"#, "{}", false),
            (Kind::StatefulSet, r#"{"app":"db"}"#, r#"{"statefulset.kubernetes.io/pod-name":"db-0"}"#, true),
            (Kind::StatefulSet, r#"{"app":"db"}"#, r#"{"statefulset.kubernetes.io/pod-name":"db-x"}"#, false),
            (Kind::StatefulSet, r#"{"app":"db"}"#, r#"{"statefulset.kubernetes.io/pod-name":"web-0"}"#, false),
            (Kind::Deployment, r#"{"app":"db"}"#, r#"{"statefulset.kubernetes.io/pod-name":"db-0"}"#, false),
        ] {
            assert_eq!(
                workload(kind, labels).is_selected_by(&service(selector)),
                wanted,
                "{kind:?} {labels} {selector}"
            );
        }
    }

    #[test]
    fn labels_of_one_version_do_not_last() {
        let made = workload(Kind::ReplicaSet, r#"{"app":"db","pod-template-hash":"7c5d"}"#);
        assert_eq!(made.lasting_labels(), Labels::from([("app".to_owned(), "db".to_owned())]));
    }
}
