//! What runs of minikube: its tunnel, and the ssh of its forwards.

use std::net::{Ipv6Addr, SocketAddr};

use super::Cluster;
use super::roads::{leads_to, loopback};
use crate::answers::{Asking, Seen};
use crate::environment::Wanted;
use crate::fact::host::{Listener, Route, listeners};
use crate::fact::minikube::{Forward, Process, Ssh, active, processes, tunnels};
use crate::report::{Evidence, Fact, Source};

/// Who has a port of this computer's loopback.
pub(super) enum Holder {
    /// The ssh that was asked about, at this address.
    Own(SocketAddr),
    /// Another process, whose answer is not the Service's.
    Stranger(Listener),
    /// No process that is seen.
    Nobody,
    /// The sockets are not shown, or could not be looked at.
    Unknown,
}

impl Cluster {
    /// The tunnel's ssh for this port.
    pub(super) fn tunnel_forward(&self, asking: &Asking, wanted: &Wanted) -> Option<(Ssh, Forward)> {
        let such = |port: u16| port == wanted.port.port;
        self.forward_to(asking, |forward| leads_to(forward, wanted) && such(forward.port))
    }

    /// Whether sudo is there for this port and its ssh is not: it asks for a password in the
    /// tunnel's terminal.
    pub(super) fn is_asked_for(&self, asking: &Asking, wanted: &Wanted) -> bool {
        let seen = processes(asking);
        let all = seen.known().map_or(&[][..], |all| all.as_slice());
        all.iter().any(|process| match process {
            Process::Ssh(ssh) => {
                ssh.sudo && self.is_own(ssh) && ssh.forwards.iter().any(|forward| leads_to(forward, wanted))
            }
            Process::Minikube { .. } => false,
        })
    }

    /// Whether the ssh of a port may run unseen: macOS shows nobody the command lines and
    /// sockets of root's processes, and a privileged port is root's. Then another server may
    /// have the port as well, and no answer there proves anything.
    pub(super) fn hides(&self, port: u16) -> bool {
        port < 1024 && self.os == "macos"
    }

    /// Whether a route is another profile's, by minikube's registry of routes. Any other
    /// gateway proves nothing: a VPN often has all of 10.0.0.0/8, and a tunnel's narrower
    /// range wins over that.
    pub(super) fn is_of_another(&self, asking: &Asking, route: &Route) -> bool {
        let seen = tunnels(asking, &self.home);
        let all = seen.known().map_or(&[][..], |all| all.as_slice());
        let others = all.iter().filter(|entry| entry.machine != self.profile);
        route.gateway.is_some()
            && !self.leads_here(route)
            && others.into_iter().any(|entry| entry.gateway == route.gateway)
    }

    /// Where the ssh of a process leads that was given a port.
    pub(super) fn forward_of(&self, asking: &Asking, pid: u32, port: u16) -> Option<String> {
        let seen = processes(asking);
        let ssh = seen.known()?.iter().find_map(|process| match process {
            Process::Ssh(ssh) if ssh.pid == pid => Some(ssh),
            _ => None,
        })?;
        let forward = ssh.forwards.iter().find(|forward| forward.port == port)?;
        Some(forward.destination())
    }

    /// Who has a port of this computer's loopback that an ssh was given, or that a status
    /// names. An ssh that found its port taken runs on without it (seen).
    pub(super) fn holder(&self, asking: &Asking, ssh: Option<&Ssh>, port: u16) -> Holder {
        let owners = listeners(asking, port);
        let Some(all) = owners.known() else { return Holder::Unknown };
        let own = |listener: &&Listener| ssh.is_some_and(|ssh| ssh.pid == listener.pid);
        if all.iter().filter(own).any(Listener::takes_ipv4) {
            return Holder::Own(loopback(port));
        }
        if let Some(stranger) = all.iter().find(|listener| !own(listener) && listener.takes_ipv4()) {
            return Holder::Stranger(stranger.clone());
        }
        match ssh {
            _ if all.iter().any(|listener| own(&listener)) => {
                Holder::Own(SocketAddr::from((Ipv6Addr::LOCALHOST, port)))
            }
            Some(ssh) if ssh.hidden => Holder::Unknown,
            _ => Holder::Nobody,
        }
    }

    /// A running `minikube tunnel` of this profile. One without `-p` is the active profile's.
    pub(super) fn tunnel_process(&self, asking: &Asking) -> Option<(u32, Evidence)> {
        let seen = processes(asking);
        let pid = seen.known()?.iter().find_map(|process| {
            let Process::Minikube { pid, profile, verb } = process else { return None };
            let own = match profile {
                Some(profile) => *profile == self.profile,
                None => match active(asking, &self.home) {
                    Seen::Known(active) => *active == self.profile,
                    _ => self.profile == "minikube",
                },
            };
            (verb == "tunnel" && own).then_some(*pid)
        })?;
        let fact = Fact::TunnelProcess { pid, profile: self.profile.clone() };
        Some((pid, Evidence::new(Source::Processes, fact)))
    }

    /// That no tunnel of this profile runs, as evidence.
    pub(super) fn no_tunnel(&self, asking: &Asking) -> Option<Evidence> {
        let looked = processes(asking).known().is_some() && self.tunnel_process(asking).is_none();
        looked.then(|| Evidence::new(Source::Processes, Fact::NoTunnelProcess { profile: self.profile.clone() }))
    }
}

/// What an ssh forwards, as evidence.
pub(super) fn forwards(ssh: &Ssh, forward: &Forward) -> Evidence {
    let fact = Fact::SshForward { pid: ssh.pid, port: forward.port, to: forward.destination() };
    Evidence::new(Source::Processes, fact)
}
