//! What an engine's networks and forwards are to this computer.

use super::NodeContainers;
use crate::answers::{Asking, Seen};
use crate::ask::Engine;
use crate::fact::engine::{Container, endpoint, info};
use crate::fact::host::Host;

/// What an engine says of its networks, where this computer has an address in one of the
/// same range: Docker Desktop's are in its VM and a rootless engine's in a namespace, so
/// that range is somebody else's (seen: a user's podman and root's give out the same
/// addresses); OrbStack shares its own with macOS (minikube#19633).
pub fn shares_networks(asking: &Asking, engine: Engine) -> Seen<Option<bool>> {
    match info(asking, engine) {
        Seen::Pending => Seen::Pending,
        Seen::Known(info) if info.rootless || info.is_desktop() => Seen::Known(Some(false)),
        Seen::Known(info) if info.operating_system == "OrbStack" => Seen::Known(Some(true)),
        _ => Seen::Known(None),
    }
}

/// The same for an engine that holds nodes, asked only where this computer has an address in
/// a network of theirs.
pub fn networks_of(
    asking: &Asking,
    engine: Engine,
    nodes: &Seen<Vec<Container>>,
    host: Option<&Host>,
) -> Seen<Option<bool>> {
    let reached = |node: &Container| {
        let mut addresses = node.networks.iter().filter_map(|network| network.ip);
        addresses.any(|ip| host.is_some_and(|host| host.reaches(ip)))
    };
    let in_doubt = nodes.known().is_some_and(|nodes| nodes.iter().any(reached));
    if in_doubt { networks(asking, engine) } else { Seen::Known(None) }
}

/// The same, asked only where it is not plain: Docker Engine at its own socket is root's and
/// on this computer, and to ask it costs more than all other questions together (300 ms on
/// a busy machine).
pub(super) fn networks(asking: &Asking, engine: Engine) -> Seen<Option<bool>> {
    if engine == Engine::Docker {
        match endpoint(asking, engine) {
            Seen::Pending => return Seen::Pending,
            Seen::Known(endpoint) if endpoint.system => return Seen::Known(None),
            _ => {}
        }
    }
    shares_networks(asking, engine)
}

impl NodeContainers {
    /// Whether a published port of a node passes packets on instead of accepting connections
    /// by itself: what a client sees then is what the node does. Root's podman (netavark, CNI)
    /// and nerdctl (CNI) translate addresses on loopback as well, where docker-proxy,
    /// rootlessport and every product with a VM accept first (seen: podman 4.3.1, nerdctl
    /// 2.1.2).
    pub fn passes_packets(&self, node: &Container) -> bool {
        let here = || self.address(node).zip(self.host.as_ref()).is_some_and(|(ip, host)| host.reaches(ip));
        matches!(self.engine, Engine::Podman | Engine::Nerdctl | Engine::Finch) && self.shared != Some(false) && here()
    }
}
