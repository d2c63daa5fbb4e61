//! Who answers at a published port: the engine's forwarder, or somebody else.
//!
//! An engine lists a mapping whose forwarder is dead (seen: docker 20.10, its docker-proxy
//! killed), and then any program may take the port and answer. And a browser that is told
//! `localhost` tries `[::1]` first, which the mapping may not have.

use std::net::SocketAddr;

use super::{NodeContainers, networks};
use crate::answers::{Asking, Seen};
use crate::ask::Engine;
use crate::fact::engine::Binding;
use crate::fact::host::{Listener, listeners};
use crate::report::{Evidence, Fact, Source};

/// Start of the names of Docker Engine's own programs: docker-proxy, dockerd (seen).
const DOCKER: &[&str] = &["docker"];
/// The same of programs that listen for an engine which has no bridge on this computer:
/// rootless engines (rootlesskit, whose child is `exe`, rootlessport, slirp4netns, pasta),
/// podman (conmon), and the products that keep an engine in a VM. What is missing here is
/// taken for a forwarder unless it stands beside one, so the list may be short.
const FORWARDERS: &[&str] = &[
    "docker",
    "com.docke",
    "vpnkit",
    "rootless",
    "exe",
    "slirp4netns",
    "pasta",
    "passt",
    "conmon",
    "podman",
    "gvproxy",
    "limactl",
    "colima",
    "ssh",
    "qemu",
    "OrbStack",
    "wslrelay",
    "wslhost",
];

impl NodeContainers {
    /// The process that has the port of a published port's address instead of the engine.
    ///
    /// Where the engine is this computer's own, no other program has any business there. In
    /// front of a VM whatever product made it may listen; a program is a stranger there only
    /// beside a forwarder, whose socket for all addresses it overrides at this one.
    pub(super) fn stranger(&self, asking: &Asking, at: SocketAddr) -> Option<Listener> {
        let seen = listeners(asking, at.port());
        let mut here: Vec<&Listener> = seen.known()?.iter().filter(|listener| listener.surely_takes(at)).collect();
        here.sort_by_key(|listener| listener.address.is_some_and(|ip| ip.is_unspecified()));
        let first = (*here.first()?).clone();
        if first.is_one_of(DOCKER) {
            return None;
        }
        let beside = || here.iter().any(|listener| listener.is_one_of(FORWARDERS)) && !first.is_one_of(FORWARDERS);
        // The engine itself is asked only now that it matters.
        (self.is_native(asking) || beside()).then_some(first)
    }

    /// That `localhost` may lead to another program than the mapping does, since a browser
    /// tries IPv6 first.
    pub(super) fn at_localhost(&self, asking: &Asking, at: SocketAddr) -> Option<Evidence> {
        if !at.is_ipv4() {
            return None;
        }
        let localhost = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, at.port()));
        let seen = listeners(asking, at.port());
        // What takes both families is judged at the mapping's own address.
        let only = |listener: &&Listener| listener.takes(localhost) && !listener.takes(at);
        let other = seen.known()?.iter().filter(only).find(|listener| !listener.is_one_of(FORWARDERS))?;
        let fact = Fact::LocalhostHeldBy { port: at.port(), pid: other.pid, name: other.name.clone() };
        Some(Evidence::new(Source::Processes, fact))
    }

    /// Whether the engine runs on this computer itself, with nothing in front of it: docker,
    /// whose bridge this computer is attached to, and which says that it is neither rootless
    /// nor in a VM of Docker Desktop's.
    fn is_native(&self, asking: &Asking) -> bool {
        let gateways = self.running().flat_map(|node| &node.networks).filter_map(|network| network.gateway);
        let owns = |gateway| self.host.as_ref().is_some_and(|host| host.os == "linux" && host.owns(gateway));
        let attached = self.engine == Engine::Docker && gateways.into_iter().any(owns);
        attached && matches!(networks(asking, self.engine), Seen::Known(None))
    }
}

/// Whether the port is published at the address that is asked.
pub(super) fn entry(binding: &Binding) -> Option<SocketAddr> {
    let ip = binding.loopback().or(binding.host_ip)?;
    Some(SocketAddr::new(ip, binding.host_port))
}
