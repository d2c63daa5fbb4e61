//! A port of this computer where a product should listen for its VM, and another program
//! does: whatever answers there, it is not the Service.

use std::net::SocketAddr;

use super::{Opened, Passage, Port, entry};
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, NODE_PORTS, Wanted};
use crate::fact::host::{Listener, listeners, variable};
use crate::remedy::{argv, end_process};
use crate::report::{Action, Argv, Evidence, Fact, Hop, Remedy, Source, State};
use crate::request::Viewer;

/// Start of the names of programs that listen for the containers of some engine: to end one of
/// them ends all of those.
const ENGINES: &[&str] =
    &["docker", "com.docke", "vpnkit", "OrbStack", "rootless", "conmon", "podman", "pasta", "slirp4netns", "wslrelay"];
/// AirPlay's receiver in macOS, which takes ports 5000 and 7000 (docker/docs#14248).
const AIRPLAY: &str = "ControlCe";

/// A product that has a program of its own listen on this computer, one socket for each port.
pub struct Listening {
    /// What the product is called.
    pub product: &'static str,
    /// Starts of the names of its programs; what is missing here is taken for a stranger.
    pub own: &'static [&'static str],
    /// The operating system of this computer.
    pub os: String,
    /// What makes it listen again.
    pub restart: Vec<Argv>,
}

impl Listening {
    /// The way through a port that a stranger has; `None` where nobody is seen to be one. Only
    /// loopback of this very computer is looked at: in WSL2 such a product listens on Windows.
    pub fn taken(&self, asking: &Asking, wanted: &Wanted, port: &Port, at: SocketAddr) -> Option<Passage> {
        let here = wanted.viewer == Viewer::Here && wanted.port.is_tcp() && is_visible(at);
        if !here || self.os == "linux" && variable(asking, "WSL_DISTRO_NAME").known().is_some() {
            return None;
        }
        let Seen::Known(all) = listeners(asking, at.port()) else { return None };
        let by = taker(&all, entry(at)).filter(|by| !by.is_one_of(self.own))?;
        let finding = Finding::VmPortTaken {
            product: self.product,
            port: at.port(),
            pid: by.pid,
            name: by.name.clone(),
            agent: false,
            other: None,
        };
        let next = port.number.checked_add(1).and_then(|next| other_node_port(wanted, port, next, next));
        let freed = free(by, &self.os, &self.restart);
        let remedies = next.into_iter().chain(freed).chain(wanted.port_forward_beside(at.port())).collect();
        let held = Fact::HeldBy { port: at.port(), pid: by.pid, name: by.name.clone() };
        let mut hop = Hop::way_in(State::Missing, Evidence::new(Source::Processes, held));
        let expected = Fact::PortBroughtOut { product: self.product, port: at.port() };
        hop.evidence.push(Evidence::new(Source::Inference, expected));
        Some(Passage { hop, at: None, blocked: Some(Blocked { finding, remedies }) })
    }
}

/// Whether what listens there can be seen: loopback, or all addresses.
pub fn is_visible(at: SocketAddr) -> bool {
    at.ip().is_loopback() || at.ip().is_unspecified()
}

/// Who gets a connection to an address of loopback: the socket with the most special address.
pub fn taker(all: &[Listener], at: SocketAddr) -> Option<&Listener> {
    let for_all = |listener: &Listener| listener.address.is_none_or(|ip| ip.is_unspecified());
    let taking = all.iter().filter(|listener| listener.takes(at));
    taking.min_by_key(|listener| (for_all(listener), !listener.surely_takes(at)))
}

/// How the port becomes free again for a product; `restart` makes it listen there.
pub fn free(by: &Listener, os: &str, restart: &[Argv]) -> Option<Remedy> {
    if by.is_one_of(ENGINES) {
        return None;
    }
    let mut remedy = if os == "macos" && by.name.starts_with(AIRPLAY) {
        Remedy::new(Action::TurnOffAirPlay, argv(&["open", "-b", "com.apple.systempreferences"]))
    } else {
        Remedy::new(Action::FreePortForVm { pid: by.pid, name: by.name.clone() }, end_process(os, by.pid))
    };
    remedy.commands.extend_from_slice(restart);
    Some(remedy)
}

/// The cheapest way past a port that is taken: another node port, for which nothing restarts.
/// The API server refuses a number that is taken in the cluster. `host_port` is where it comes
/// out.
pub fn other_node_port(wanted: &Wanted, port: &Port, next: u16, host_port: u16) -> Option<Remedy> {
    let command = wanted.kubectl.patch_port(wanted.service, wanted.port, ("nodePort", &next.to_string()), None);
    let possible = port.opened == Opened::NodePort && NODE_PORTS.contains(&next);
    possible.then(|| Remedy::new(Action::ChangeNodePort { node_port: next, host_port }, command))
}
