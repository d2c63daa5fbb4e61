//! Who has the port of this computer where a VM's host agent should listen.
//!
//! A port that another program has does not come out, and the host agent says so in its log
//! only (lima#3521, #1366): whatever answers there then is not the VM. The host agent runs as
//! the user who started the VM, so whoever may ask limactl about it is shown its socket.

use std::net::{Ipv6Addr, SocketAddr};

use super::Product;
use super::vm::Machine;
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::environment::walls::taken::{free, taker};
use crate::environment::{Blocked, Standstill};
use crate::fact::host::{Listener, listeners};
use crate::fact::lima::lima_instances;
use crate::remedy::{argv, show_listener};
use crate::report::{Action, Evidence, Fact, Remedy, Source};

/// What listens for a VM of the family: the host agent for gRPC, ssh for the other forwarder and
/// for static rules (lima-vm/lima @183a60d7 `pkg/hostagent/hostagent.go:849-867,953-974`), and
/// what their products may have beside. What is missing here is taken for a stranger.
const OWN: &[&str] =
    &["limactl", "ssh", "colima", "rancher", "Rancher", "rdctl", "gvproxy", "qemu", "vfkit", "krunkit"];
/// The host agent: its process is the one that limactl names.
const AGENT: &str = "limactl";

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
    /// That VM, where limactl lists it, and whose it is.
    vm: Option<(Product, String)>,
}

/// Who gets a connection to an address of loopback.
pub(super) fn holder(asking: &Asking, machine: &Machine, at: SocketAddr) -> Holder {
    let seen = match listeners(asking, at.port()) {
        Seen::Pending => return Holder::Pending,
        Seen::Known(seen) => seen,
        Seen::Absent | Seen::Unavailable(_) => return Holder::Unseen,
    };
    let Some(first) = taker(&seen, at) else { return Holder::Unseen };
    let agent = machine.seen.known().map_or(0, |instance| instance.agent);
    // The process that limactl names is the host agent, whatever it is called.
    if agent != 0 && first.pid == agent {
        return Holder::Own;
    }
    if !first.is_one_of(OWN) {
        return Holder::Other(Other { by: first.clone(), agent: false, vm: None });
    }
    if first.is_one_of(&[AGENT]) && agent != 0 && first.pid != agent {
        let named = |home: Option<&str>, product: Product| {
            let all = lima_instances(asking, home);
            let of = all.known()?.all.iter().find(|instance| instance.agent == first.pid)?;
            Some((product, of.name.clone()))
        };
        let own = named(machine.home.as_deref(), machine.product);
        // Beside colima and Rancher Desktop there may be a VM of Lima's own.
        let vm = own.or_else(|| machine.home.as_ref().and_then(|_| named(None, Product::Lima)));
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

impl Other {
    pub(super) fn seen(&self, port: u16) -> Evidence {
        Evidence::new(Source::Processes, Fact::HeldBy { port, pid: self.by.pid, name: self.by.name.clone() })
    }

    pub(super) fn finding(&self, product: Product, port: u16) -> Finding {
        let Self { by: Listener { pid, name, .. }, agent, .. } = self;
        let (name, other) = (name.clone(), self.vm_name());
        Finding::VmPortTaken { product: product.name(), port, pid: *pid, name, agent: *agent, other }
    }

    fn vm_name(&self) -> Option<String> {
        self.vm.as_ref().map(|(product, vm)| product.shown(vm).to_owned())
    }

    /// How the port becomes free again; the VM has to be started again then, since a listen
    /// that failed is not tried a second time (lima-vm/lima @183a60d7
    /// `pkg/guestagent/guestagent_linux.go:64-110`).
    pub(super) fn free(&self, machine: &Machine) -> Option<Remedy> {
        let Some((product, vm)) = &self.vm else {
            let list = || Remedy::new(Action::ListVms, argv(&["limactl", "list"]));
            return if self.agent { Some(list()) } else { free(&self.by, &machine.os, &machine.restart()) };
        };
        let mut remedy = Remedy::new(Action::StopOtherVm { name: product.shown(vm).to_owned() }, product.stop(vm));
        remedy.commands.extend(machine.restart());
        Some(remedy)
    }
}

impl Machine {
    /// Who answers where its API server should, and is not it: the certificate or the rights are
    /// another cluster's. All of Lima's templates and Rancher Desktop want port 6443
    /// (lima-vm/lima @183a60d7 `templates/k3s.yaml`, rancher-desktop @d048437
    /// `pkg/rancher-desktop/backend/k3sHelper.ts:973-1052`).
    pub(super) fn instead(&self, asking: &Asking, at: SocketAddr, why: &Why) -> Option<Standstill> {
        let (vm, product, port) = (self.shown().to_owned(), self.product.name(), at.port());
        if let Holder::Other(by) = holder(asking, self, at) {
            let (name, pid, other) = (Some(by.by.name.clone()), by.by.pid, by.vm_name());
            let finding = Finding::ApiPortOfAnother { vm, product, port, name, pid, other };
            let remedies = by.free(self).into_iter().collect();
            return Some(Standstill {
                blocked: Blocked { finding, remedies },
                seen: vec![by.seen(port)],
                certain: false,
            });
        }
        // Its own API server would have said no as well, had the VM been running.
        let stopped = self.seen.known().is_some_and(|instance| instance.status == "Stopped");
        let foreign = stopped && matches!(why, Why::Certificate { .. });
        foreign.then(|| {
            let start = self.stopped().map(|stopped| stopped.remedies).unwrap_or_default();
            let remedies = std::iter::once(show_listener(port)).chain(start).collect();
            let finding = Finding::ApiPortOfAnother { vm, product, port, name: None, pid: 0, other: None };
            let seen = self.said().into_iter().collect();
            Standstill { blocked: Blocked { finding, remedies }, seen, certain: false }
        })
    }
}
