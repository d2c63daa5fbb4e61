//! Controllers that take a port of their own node (hostPort): only the node that runs the
//! Pod has that port, so it has to be the one whose port leads to this computer.

use crate::diagnose::Objects;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::code;
use crate::environment::Blocked;
use crate::fact::cluster::{Node, Pod};
use crate::fact::read::Shared;
use crate::path::Trip;
use crate::remedy::{Kubectl, argv};
use crate::report::{Action, Remedy};

/// The port is published at a node where the controller does not run (kind#3365, #3005).
/// `found` is what closes the road at that node: it has no endpoint of its own.
pub(super) fn elsewhere(objects: &Objects, kubectl: &Kubectl, port: u16, found: &Blocked) -> Option<Blocked> {
    let Finding::ExternalPolicyLocalNoEndpoint { node, endpoint_nodes } = &found.finding else { return None };
    let meta = &objects.service.metadata;
    let finding = Finding::IngressControllerElsewhere {
        service: format!("{}/{}", meta.namespace, meta.name),
        port,
        node: node.clone(),
        pod_nodes: endpoint_nodes.clone(),
    };
    let pods = objects.pods.known().map_or(&[][..], Vec::as_slice);
    let remedies = pods.first().and_then(|pod| pod.made_by()).map(|(kind, name)| {
        let patch =
            selecting(node, nodes(objects).iter().any(|own| own.metadata.name == *node && own.is_control_plane()));
        let command = kubectl.call(&["patch", &kind.to_ascii_lowercase(), &name, "-p", &patch]);
        Remedy::new(Action::MoveController { node: node.clone() }, command)
    });
    Some(Blocked { finding, remedies: remedies.into_iter().collect() })
}

/// A patch that lets a workload's Pods run on one node only. kubeadm's taint keeps them away
/// from a control plane, unless they tolerate it; the list of what they tolerate is replaced
/// as a whole.
fn selecting(node: &str, control_plane: bool) -> String {
    let node = serde_json::Value::from(node);
    let tolerations = if control_plane {
        r#","tolerations":[{"key":"node-role.kubernetes.io/control-plane","operator":"Exists"}]"#
    } else {
        ""
    };
    format!(
        r#"{{"spec":{{"template":{{"spec":{{"nodeSelector":{{"kubernetes.io/hostname":{node}}}{tolerations}}}}}}}}}"#
    )
}

/// No node has the label that the controller's Pods select theirs by, as the manifests of
/// ingress-nginx for kind do (v0.41.2 `deploy/static/provider/kind`): kind sets it only where
/// its configuration says so.
pub(super) fn unlabelled(trip: &Trip, objects: &Objects, port: u16, found: &Blocked) -> Option<Remedy> {
    let waits = matches!(&found.finding, Finding::IngressControllerDown { cause, .. } if *cause == code::K211);
    let pods = objects.pods.known().filter(|_| waits)?;
    let wanted = pods.iter().find_map(|pod: &Shared<Pod>| pod.spec.node_selector.get("ingress-ready"))?;
    let nodes = objects.nodes.known()?;
    if nodes.iter().any(|node| node.ingress_ready() == Some(wanted)) {
        return None;
    }
    let published = trip.place.publishes(port);
    let node = published.or_else(|| nodes.first().map(|node| node.metadata.name.clone()))?;
    let label = format!("ingress-ready={wanted}");
    let mut command = trip.scene.kubectl.cluster(&["label", "node"]);
    command.extend(argv(&[&node, &label]));
    Some(Remedy::new(Action::LabelNode { node, label }, command))
}

fn nodes(objects: &Objects) -> &[Shared<Node>] {
    objects.nodes.known().map_or(&[], Vec::as_slice)
}
