//! A target port by name: what it means to the Pods (S6).

use super::endpoints::declared;
use super::finding::Finding;
use super::near_miss::show;
use super::stage_two::set_target_port;
use super::{Objects, Scene};
use crate::environment::Blocked;
use crate::fact::cluster::{ContainerPort, ServicePort};
use crate::report::{Action, Evidence, Fact, Remedy, Source};

/// A name that no Pod has for the Service port's protocol. Left out of the slices without
/// any event.
pub fn unresolved(scene: &Scene, objects: &Objects, port: &ServicePort) -> (Evidence, Blocked) {
    let ports = objects.pods.known().map(|pods| declared(pods)).unwrap_or_default();
    let target = port.target_port.to_string();
    let evidence = Evidence::new(
        Source::Api("EndpointSlice"),
        Fact::PortNotInSlices { target: target.clone(), declared: ports.clone() },
    );
    if let Some(namesake) = namesake(objects, &target, &port.protocol) {
        let finding = Finding::ProtocolMismatch {
            port: port.port,
            target,
            protocol: spelt(&port.protocol),
            pod_protocol: spelt(&namesake.protocol),
        };
        // A number is taken as it is, whatever protocol a container declares (S5).
        let remedies = vec![set_target_port(scene, objects, port, &namesake.container_port.to_string())];
        let fact = Fact::PodPort {
            name: namesake.name.clone(),
            port: namesake.container_port,
            protocol: spelt(&namesake.protocol),
        };
        return (Evidence::new(Source::Api("Pods"), fact), Blocked { finding, remedies });
    }
    let remedies = ports.first().filter(|_| ports.len() == 1).map(|(name, number)| {
        let to = if name.is_empty() { number.to_string() } else { name.clone() };
        set_target_port(scene, objects, port, &to)
    });
    let finding = Finding::NamedTargetPortUnresolved { port: port.port, target, declared: ports };
    let show = scene.kubectl.call(&["get", "pods", "-l", &show(&objects.service.spec.selector), "-o", "yaml"]);
    let remedies = remedies.map_or_else(|| vec![Remedy::new(Action::DescribePod, show)], |remedy| vec![remedy]);
    (evidence, Blocked { finding, remedies })
}

/// A port of that name on some Pod, for another protocol.
fn namesake<'a>(objects: &'a Objects, name: &str, protocol: &str) -> Option<&'a ContainerPort> {
    let pods = objects.pods.known()?;
    let mut ports = pods.iter().flat_map(|pod| pod.port_owners()).flat_map(|owner| &owner.ports);
    ports.find(|port| port.name == name && spelt(&port.protocol) != spelt(protocol))
}

/// TCP is what is meant where nothing is said.
fn spelt(protocol: &str) -> String {
    if protocol.is_empty() { "TCP".into() } else { protocol.into() }
}
