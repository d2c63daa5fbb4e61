//! What a profile's nodes are: their names and addresses, the containers among them, and
//! what is left to tell a driver by where the profile's file cannot be read (I3).

use std::net::IpAddr;
use std::rc::Rc;

use super::driver::Made;
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::environment::Situation;
use crate::fact::engine::{Container, labelled};
use crate::fact::minikube::Profile;

/// Label that minikube puts on every container that it makes.
pub(super) const CREATED_LABEL: &str = "created_by.minikube.sigs.k8s.io";
/// The address that every VM in QEMU's own network has (`pkg/minikube/machine/machine.go:140-152`).
pub(super) const QEMU_ADDRESS: &str = "10.0.2.15";

/// Names and addresses of the nodes: by the profile, else by the Nodes themselves.
pub(super) fn machines(situation: &Situation, config: &Seen<Rc<Profile>>, name: &str) -> Vec<(String, Option<IpAddr>)> {
    let by_profile: Vec<_> = config
        .known()
        .into_iter()
        .flat_map(|config| &config.nodes)
        .map(|node| (Profile::machine(name, node), node.ip))
        .collect();
    let nodes = situation.nodes.known().map_or(&[][..], Vec::as_slice);
    // The node of the none driver has this computer's name (`bsutil/kubelet.go:163`).
    let is_host = config.known().is_some_and(|config| config.driver == "none");
    if !by_profile.is_empty() && (!is_host || nodes.is_empty()) {
        return by_profile;
    }
    let by_nodes: Vec<_> = nodes.iter().map(|node| (node.metadata.name.clone(), node.internal_ip())).collect();
    if by_nodes.is_empty() {
        vec![(name.to_owned(), situation.server.address().filter(|ip| !ip.is_loopback()))]
    } else {
        by_nodes
    }
}

/// The profile's own containers. While the API server answers, one of them must be what
/// answers: another computer's cluster of the same name has the same addresses.
pub(super) fn own(
    all: Seen<Vec<Container>>,
    engine: Engine,
    machines: &[(String, Option<IpAddr>)],
    situation: &Situation,
) -> Seen<Vec<Container>> {
    let Seen::Known(mut all) = all else { return all };
    all.retain(|container| machines.iter().any(|(name, _)| *name == container.name));
    all.sort_by_key(|container| machines.iter().position(|(name, _)| *name == container.name));
    let linux = situation.host.known().is_some_and(|host| host.os == "linux");
    if all.is_empty() && engine == Engine::Podman && linux {
        // minikube calls podman by sudo on Linux, unless MINIKUBE_ROOTLESS is set
        // (`pkg/drivers/kic/oci/cli_runner.go:103-118`); netpath never does.
        return Seen::Unavailable(Why::PermissionDenied { detail: "the containers are root's own".into() });
    }
    let server = &situation.server;
    let holds = |container: &Container| {
        let published = container.published.iter().any(|door| door.host_port == server.port && server.is_loopback());
        published || container.networks.iter().any(|network| network.ip.is_some() && network.ip == server.address())
    };
    // An address of several control planes, or one behind --apiserver-name, is no node's.
    let known = server.is_loopback() || machines.iter().any(|(_, ip)| ip.is_some() && *ip == server.address());
    if situation.api_answers() && known && !all.iter().any(holds) {
        return Seen::Unavailable(Why::OtherEngine { engine });
    }
    Seen::Known(all)
}

/// The driver without the profile's file: what is left are hints (I3). `None` while they are
/// still to come.
pub(super) fn heuristics(asking: &Asking, situation: &Situation, name: &str) -> Option<(String, Made)> {
    let nodes = situation.nodes.known().map_or(&[][..], Vec::as_slice);
    let unknown = || Some((String::new(), Made::Unknown));
    let qemu = nodes.iter().any(|node| node.internal_ip().is_some_and(|ip| ip.to_string() == QEMU_ADDRESS));
    if qemu && situation.server.host == "localhost" {
        return Some(("qemu2".into(), Made::IsolatedVm));
    }
    // Nobody else's node is Buildroot: it is minikube's VM image.
    if nodes.iter().any(|node| node.status.node_info.os_image.starts_with("Buildroot")) {
        return Some((String::new(), Made::Vm));
    }
    if !situation.is_near() {
        return unknown();
    }
    for engine in [Engine::Docker, Engine::Podman] {
        match labelled(asking, engine, CREATED_LABEL) {
            Seen::Pending => return None,
            Seen::Known(all) if all.iter().any(|container| container.name == name) => {
                return Some((engine.command().into(), Made::Container(engine)));
            }
            _ => {}
        }
    }
    unknown()
}
