//! Who has the port of this computer where a VM's host agent should listen.
//!
//! A port that another program has does not come out, and the host agent says so in its log
//! only (lima#3521, #1366): whatever answers there then is not the VM. The host agent runs as
//! the user who started the VM, so whoever may ask limactl about it is shown its socket.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::Product;
use super::vm::Machine;
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::fact::host::{Listener, listeners};
use crate::fact::lima::lima_instances;
use crate::remedy::argv;
use crate::report::{Action, Evidence, Fact, Remedy, Source};

/// What listens for a VM of the family: the host agent for gRPC, ssh for the other forwarder and
/// for static rules (lima-vm/lima @183a60d7 `pkg/hostagent/hostagent.go:849-867,953-974`), and
/// what their products may have beside. What is missing here is taken for a stranger.
const OWN: &[&str] =
    &["limactl", "lima-", "ssh", "colima", "rancher", "Rancher", "rdctl", "gvproxy", "qemu", "vfkit", "krunkit"];
/// The host agent: its process is the one that limactl names.
const AGENT: &str = "limactl";
/// Start of the names of programs that listen for the containers of some other engine: to end
/// one of them ends all of those.
const ENGINES: &[&str] =
    &["docker", "com.docke", "vpnkit", "OrbStack", "rootless", "conmon", "podman", "pasta", "slirp4netns", "wslrelay"];
/// AirPlay's receiver in macOS, which takes ports 5000 and 7000 (docker/docs#14248).
const AIRPLAY: &str = "ControlCe";

/// Who has the port.
pub(super) enum Holder {
    /// Not known yet.
    Pending,
    /// Nobody was seen, or nobody could look.
    Unseen,
    /// The VM's own forwarder, as far as that can be told.
    Own,
    /// Somebody else.
    Other(Other),
}

/// Somebody else who has the port.
pub(super) struct Other {
    by: Listener,
    /// It is the host agent of another VM.
    agent: bool,
    /// That VM, where limactl lists it.
    vm: Option<String>,
}

/// Who gets a connection to an address of loopback: the socket with the most special address.
pub(super) fn holder(asking: &Asking, machine: &Machine, at: SocketAddr) -> Holder {
    let seen = match listeners(asking, at.port()) {
        Seen::Pending => return Holder::Pending,
        Seen::Known(seen) => seen,
        Seen::Absent | Seen::Unavailable(_) => return Holder::Unseen,
    };
    let taking = seen.iter().filter(|listener| listener.takes(at));
    let Some(first) = taking.min_by_key(|listener| (is_for_all(listener), !listener.surely_takes(at))) else {
        return Holder::Unseen;
    };
    let agent = machine.seen.known().map_or(0, |instance| instance.agent);
    if !first.is_one_of(OWN) {
        return Holder::Other(Other { by: first.clone(), agent: false, vm: None });
    }
    if first.is_one_of(&[AGENT]) && agent != 0 && first.pid != agent {
        let all = lima_instances(asking, machine.home.as_deref());
        let of = all.known().and_then(|all| all.all.iter().find(|instance| instance.agent == first.pid));
        let vm = of.map(|instance| machine.product.shown(&instance.name).to_owned());
        return Holder::Other(Other { by: first.clone(), agent: true, vm });
    }
    Holder::Own
}

/// That `localhost` may lead to another program than the VM's forwarder does, which listens for
/// IPv4: a browser tries IPv6 first.
pub(super) fn at_localhost(asking: &Asking, at: SocketAddr) -> Option<Evidence> {
    let localhost = SocketAddr::from((Ipv6Addr::LOCALHOST, at.port()));
    let seen = listeners(asking, at.port());
    let only = |listener: &&Listener| listener.takes(localhost) && !listener.takes(at);
    let other = seen.known()?.iter().filter(only).find(|listener| !listener.is_one_of(OWN))?;
    let fact = Fact::LocalhostHeldBy { port: at.port(), pid: other.pid, name: other.name.clone() };
    Some(Evidence::new(Source::Processes, fact))
}

fn is_for_all(listener: &Listener) -> bool {
    listener.address.is_none_or(|ip| ip.is_unspecified())
}

impl Other {
    pub(super) fn seen(&self, port: u16) -> Evidence {
        Evidence::new(Source::Processes, Fact::HeldBy { port, pid: self.by.pid, name: self.by.name.clone() })
    }

    pub(super) fn finding(&self, product: Product, port: u16) -> Finding {
        let Self { by: Listener { pid, name, .. }, agent, vm } = self;
        let (name, other) = (name.clone(), vm.clone());
        Finding::VmPortTaken { product: product.name(), port, pid: *pid, name, agent: *agent, other }
    }

    /// How the port becomes free again; the VM has to be started again then, since a listen
    /// that failed is not tried a second time (lima-vm/lima @183a60d7
    /// `pkg/guestagent/guestagent_linux.go:64-110`).
    pub(super) fn free(&self, machine: &Machine) -> Option<Remedy> {
        let Listener { pid, name, .. } = &self.by;
        let mut remedy = match &self.vm {
            Some(vm) => Remedy::new(Action::StopOtherVm { name: vm.clone() }, machine.product.stop(vm)),
            None if self.agent => return Some(Remedy::new(Action::ListVms, argv(&["limactl", "list"]))),
            None if self.by.is_one_of(ENGINES) => return None,
            None if machine.os == "macos" && name.starts_with(AIRPLAY) => {
                Remedy::new(Action::TurnOffAirPlay, argv(&["open", "-b", "com.apple.systempreferences"]))
            }
            None => {
                let action = Action::FreePortForVm { pid: *pid, name: name.clone() };
                Remedy::new(action, argv(&["kill", &pid.to_string()]))
            }
        };
        remedy.commands.extend(machine.restart());
        Some(remedy)
    }
}

/// Whether what listens there can be seen: loopback, or all addresses.
pub(super) fn is_visible(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}
