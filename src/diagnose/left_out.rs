//! Ready Pods that are no endpoints.

use super::endpoints::Backends;
use super::finding::Finding;
use super::{Objects, Scene};
use crate::environment::Blocked;
use crate::fact::read::PAGE;
use crate::report::{Action, Remedy};

/// A Pod that is Ready and in no slice (S3: its Node object is gone; or the controller has
/// not seen it yet). A family that has no slice is another matter.
pub fn left_out(scene: &Scene, objects: &Objects, found: &Backends) -> Option<Blocked> {
    let (pods, slices) = (objects.pods.known()?, objects.slices.known()?);
    if found.whatever_port > 0 || pods.iter().any(|pod| !pod.is_gone() && !pod.is_ready()) {
        return None;
    }
    let family = |ip: &str| if ip.contains(':') { "IPv6" } else { "IPv4" };
    let pod = pods.iter().filter(|pod| pod.is_ready() && !pod.is_gone()).find(|pod| {
        let ip = pod.status.pod_ip.as_deref();
        ip.is_some_and(|ip| slices.iter().any(|slice| slice.address_type == family(ip)))
    })?;
    let nodes = objects.nodes.known().filter(|nodes| nodes.len() < PAGE);
    let there = |name: &String| nodes.is_none_or(|nodes| nodes.iter().any(|node| node.metadata.name == *name));
    let node_missing = pod.spec.node_name.clone().filter(|name| !there(name));
    let describe = match &node_missing {
        Some(_) => Remedy::new(Action::DescribeNode, scene.kubectl.cluster(&["get", "nodes"])),
        None => {
            let label = format!("kubernetes.io/service-name={}", objects.service.metadata.name);
            Remedy::new(Action::ShowEndpoints, scene.kubectl.call(&["get", "endpointslices", "-l", &label]))
        }
    };
    let finding = Finding::EndpointMissingForPod { pod: pod.metadata.name.clone(), node_missing };
    Some(Blocked { finding, remedies: vec![describe] })
}
