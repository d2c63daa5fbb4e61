//! What an engine's networks and forwards are to this computer.

use std::rc::Rc;

use super::NodeContainers;
use crate::answers::{Asking, Seen};
use crate::ask::Engine;
use crate::diagnose::finding::Finding;
use crate::environment::walls::Wall;
use crate::environment::{Standstill, lima, podman_machine};
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

/// The walls around an engine: the VM whose socket its command connects to.
pub fn walls_of(asking: &Asking, engine: Engine, os: &str) -> Seen<Vec<Rc<dyn Wall>>> {
    match engine {
        Engine::Docker => {}
        Engine::Podman => return Seen::Known(podman_machine::around(os).into_iter().collect()),
        Engine::Nerdctl | Engine::Finch => return Seen::Known(Vec::new()),
    }
    let socket = match endpoint(asking, engine) {
        Seen::Pending => return Seen::Pending,
        seen => seen.known().and_then(|endpoint| endpoint.socket.clone()),
    };
    match socket.map(|socket| lima::of_socket(asking, &socket, os)) {
        Some(Seen::Pending) => Seen::Pending,
        Some(Seen::Known(wall)) => Seen::Known(wall.into_iter().collect()),
        _ => Seen::Known(Vec::new()),
    }
}

impl NodeContainers {
    /// The same nodes behind walls: no network of theirs is this computer's, whatever its
    /// range, on Linux too.
    pub fn behind(mut self, walls: Vec<Rc<dyn Wall>>) -> Self {
        if !walls.is_empty() {
            self.shared = Some(false);
        }
        self.walls = walls;
        self
    }

    /// The VM around the engine does not run, and with it nothing inside.
    pub(super) fn stopped_wall(&self) -> Option<Standstill> {
        let (mut blocked, seen) = self.walls.iter().find_map(|wall| wall.stopped())?;
        if let Finding::MachineStopped { name, driver, state } = blocked.finding {
            // The VM is around the node, and not the node itself.
            blocked.finding = Finding::EngineMachineStopped { name, product: driver, state };
        }
        Some(Standstill { blocked, seen: seen.into_iter().collect(), certain: true })
    }

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
