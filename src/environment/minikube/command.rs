//! How minikube is called, so that a pasted command means this profile.

use std::net::IpAddr;

use super::Cluster;
use super::driver::{Made, Mode};
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Wanted};
use crate::fact::minikube::{Home, processes, tunnels};
use crate::remedy::{argv, plugin_first};
use crate::report::{Action, Argv, Remedy, State};
use crate::request::Viewer;

impl Cluster {
    /// A minikube command. The profile is always named: the active one
    /// (`minikube profile NAME`) need not be the context's.
    pub(super) fn minikube(&self, arguments: &[&str]) -> Argv {
        let mut command = Argv::new();
        // In another directory it would find no such profile, and start a new one. Neither `~`
        // nor Windows has a word for it that every shell takes.
        match self.home.0.as_str() {
            _ if self.is_minikubes || self.os == "windows" => {}
            Home::DEFAULT => command.extend(argv(&["env", "-u", "MINIKUBE_HOME"])),
            home if home.starts_with('/') => command.extend(argv(&["env", &format!("MINIKUBE_HOME={home}")])),
            _ => {}
        }
        command.extend(argv(&["minikube", "-p", &self.profile]));
        command.extend(argv(arguments));
        command
    }

    /// Starts the profile: also what repairs nearly everything, a stale kubeconfig and a
    /// kubelet that nobody started included (seen).
    pub(super) fn start_profile(&self) -> Remedy {
        Remedy::new(Action::StartMinikube, self.minikube(&["start"]))
    }

    /// Makes a profile again whose container somebody removed. A start alone ends in
    /// GUEST_START after six minutes (seen): the volume is still there, so minikube takes the
    /// cluster for configured, and the new container has no /etc/kubernetes
    /// (`pkg/minikube/bootstrapper/kubeadm/kubeadm.go`).
    pub(super) fn make_again(&self) -> Remedy {
        let mut start = self.minikube(&["start", &format!("--driver={}", self.driver)]);
        let ports = self.config.known().map(|config| config.exposed_ports.join(",")).unwrap_or_default();
        start.extend(Some(format!("--ports={ports}")).filter(|_| !ports.is_empty()));
        let mut remedy = Remedy::new(Action::CreateCluster, self.minikube(&["delete"])).destructive();
        remedy.commands.push(start);
        remedy
    }

    /// minikube's own API client takes the context that is named like the profile
    /// (`pkg/kapi/kapi.go:50-64`): a renamed one has to get its name back before
    /// `minikube service` and `minikube tunnel` work.
    fn with_context(&self, wanted: &Wanted, mut remedy: Remedy) -> Remedy {
        if let Some(context) = &self.renamed {
            let mut rename = argv(&["kubectl"]);
            rename.extend(wanted.kubectl.flags.iter().cloned());
            rename.extend(argv(&["config", "rename-context", context, &self.profile]));
            remedy.commands.insert(0, rename);
        }
        remedy
    }

    /// Whether a node's address leads anywhere. minikube believes so of every docker on
    /// Linux that is not Docker Desktop's, and then prints addresses and sets routes inside
    /// a VM of Colima's (`NeedsPortForward` knows no other VM).
    pub(super) fn is_reached(&self) -> bool {
        let ways = self.machines.iter().filter_map(|(name, ip)| Some(self.way_to(name, (*ip)?).0));
        ways.into_iter().any(|state| state != State::Missing)
    }

    /// Whether a route may have the node as its gateway: another computer (ssh) has to be in a
    /// network of this one for that.
    fn is_on_link(&self) -> bool {
        let near = |ip| self.host.as_ref().is_none_or(|host| host.reaches(ip));
        self.made != Made::Remote || self.machines.iter().filter_map(|(_, ip)| *ip).any(near)
    }

    /// `minikube service NAME --url`. It prints the node's address and ends, or forwards a
    /// port by ssh for as long as it runs; it serves type ClusterIP only in the second way
    /// (seen: "no node port", no URL).
    pub(super) fn service(&self, wanted: &Wanted) -> Option<Remedy> {
        let forwards = match self.mode {
            Mode::Loopback => true,
            Mode::NodeIp if wanted.port.node_port != 0 && self.is_reached() => false,
            Mode::NodeIp | Mode::Isolated | Mode::Unknown => return None,
        };
        // Its ssh listens on this computer's loopback only.
        let shut_in = wanted.viewer == Viewer::Lan || self.engine_elsewhere;
        if !wanted.port.is_tcp() || shut_in || wanted.service.spec.is_headless() {
            return None;
        }
        let meta = &wanted.service.metadata;
        let mut command = self.minikube(&["service", &meta.name]);
        if !matches!(meta.namespace.as_str(), "" | "default") {
            command.extend(argv(&["-n", &meta.namespace]));
        }
        command.push("--url".into());
        let mut remedy = Remedy::new(Action::RunMinikubeService { renames: self.renamed.is_some() }, command);
        remedy.blocks = forwards;
        Some(self.with_context(wanted, remedy))
    }

    /// `minikube tunnel`. In ssh mode it asks for a password only for ports below 1024; on
    /// Windows its ssh does not. In route mode it always needs an administrator
    /// (`pkg/minikube/tunnel/route_{linux,darwin,windows}.go`).
    pub(super) fn tunnel(&self, wanted: &Wanted, ports: &[u16]) -> Option<Remedy> {
        // For another computer it has to listen there; then it works by ssh whatever the
        // mode, which only docker and podman have (`cmd/minikube/cmd/tunnel.go:101-102`).
        let lan = wanted.viewer == Viewer::Lan;
        if lan && self.made.engine().is_none() {
            return None;
        }
        let privileged = match self.mode {
            // ssh carries TCP only.
            _ if !wanted.port.is_tcp() && (lan || self.mode == Mode::Loopback) => return None,
            Mode::Loopback => self.os != "windows" && ports.iter().any(|port| *port < 1024),
            Mode::NodeIp if lan => ports.iter().any(|port| *port < 1024),
            Mode::NodeIp if self.is_reached() && self.is_on_link() => true,
            Mode::NodeIp | Mode::Isolated | Mode::Unknown => return None,
        };
        if self.engine_elsewhere {
            return None;
        }
        let host_port = Some(wanted.port.port).filter(|_| self.mode == Mode::Loopback && !lan);
        let mut command = self.minikube(&["tunnel"]);
        if lan {
            command.push("--bind-address=0.0.0.0".into());
        }
        let action = Action::RunMinikubeTunnel { host_port, renames: self.renamed.is_some() };
        let mut remedy = Remedy::new(action, command).blocking();
        remedy.privileged = privileged;
        Some(self.with_context(wanted, remedy))
    }

    /// What opens a load balancer that no tunnel serves. MetalLB and a tunnel overwrite each
    /// other's addresses: with that addon its configuration comes first.
    pub(super) fn without_tunnel(&self, asking: &Asking, wanted: &Wanted) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        if self.config.known().is_some_and(|config| config.has_addon("metallb")) {
            let command = self.minikube(&["addons", "configure", "metallb"]);
            remedies.push(Remedy::new(Action::ConfigureMetallb, command));
        } else {
            let ports: Vec<u16> = wanted.service.spec.ports.iter().map(|port| port.port).collect();
            let tunnel = self.tunnel(wanted, &ports);
            remedies.extend(match self.tunnel_process(asking) {
                Some((pid, _)) => tunnel.map(|tunnel| self.instead_of(pid, tunnel)),
                None => tunnel,
            });
        }
        remedies.extend(self.service(wanted).filter(|_| self.mode == Mode::Loopback));
        // `minikube service` asks for no password: it is the cheaper way then.
        remedies.sort_by_key(|remedy| remedy.privileged);
        remedies.extend(self.around(wanted));
        remedies
    }

    /// Ends a tunnel before another is run. While it lives a second one is refused, whether or
    /// not the first still carries anything (seen: exit code 111); SIGINT alone makes it clean
    /// up (seen).
    fn instead_of(&self, pid: u32, mut tunnel: Remedy) -> Remedy {
        let pid = pid.to_string();
        let windows = self.os == "windows";
        let end = if windows { argv(&["taskkill", "/F", "/PID", &pid]) } else { argv(&["kill", "-INT", &pid]) };
        tunnel.commands.insert(0, end);
        tunnel.action = Action::RestartMinikubeTunnel { host_port: tunnel.action.host_port() };
        tunnel
    }

    /// The route leads to another profile, whose tunnel set it: what that means, and a tunnel
    /// of this profile in its place. What a killed one left behind a new tunnel takes away
    /// (`pkg/minikube/tunnel/tunnel_manager.go`, `CleanupNotRunningTunnels`).
    pub(super) fn conflict(
        &self,
        asking: &Asking,
        wanted: &Wanted,
        address: IpAddr,
        gateway: Option<IpAddr>,
    ) -> Blocked {
        let registered = tunnels(asking, &self.home);
        let entry = registered.known().and_then(|all| all.iter().find(|entry| entry.gateway == gateway).cloned());
        let seen = processes(asking);
        let alive = |pid: &u32| seen.known().is_some_and(|all| all.iter().any(|process| process.pid() == *pid));
        let pid = entry.as_ref().map(|entry| entry.pid).filter(alive);
        let own = self.tunnel_process(asking).map(|(pid, _)| pid);
        let tunnel = self.tunnel(wanted, &[wanted.port.port]);
        let tunnel = tunnel.map(|tunnel| {
            let tunnel = pid.into_iter().chain(own).fold(tunnel, |tunnel, pid| self.instead_of(pid, tunnel));
            let action = if pid.is_some() { Action::TakeRoute } else { tunnel.action };
            Remedy { action, ..tunnel }
        });
        let other = entry.map(|entry| entry.machine).unwrap_or_default();
        let finding = Finding::TunnelRouteConflict { profile: self.profile.clone(), address, gateway, other, pid };
        Blocked { finding, remedies: tunnel.into_iter().chain(self.around(wanted)).collect() }
    }

    /// The password, or what needs none: a forward at a port that this user may have.
    pub(super) fn password(&self, wanted: &Wanted) -> Vec<Remedy> {
        let answer = Remedy::by_hand(Action::TypePassword);
        [answer].into_iter().chain(self.service(wanted)).chain(self.around(wanted)).collect()
    }

    /// What to do about a tunnel that has only begun.
    pub(super) fn again(&self, wanted: &Wanted) -> Vec<Remedy> {
        let target = format!("svc/{}", wanted.service.metadata.name);
        let ask = Remedy::new(Action::AskAgain, plugin_first(wanted.kubectl.call(&["netpath", "explain", &target])));
        [ask].into_iter().chain(self.around(wanted)).collect()
    }

    /// What leads past a tunnel whose port on this computer another process holds.
    pub(super) fn past(&self, wanted: &Wanted, held: u16) -> Vec<Remedy> {
        let mut kubectl = wanted.kubectl.clone();
        kubectl.taken.push(held);
        let past = Wanted { kubectl: &kubectl, ..*wanted };
        self.service(wanted).into_iter().chain(self.around(&past)).collect()
    }

    /// Publishes a port: only when the container is made, so the profile is made again with
    /// what it published before (`--ports` is ignored by `minikube start` of a profile that
    /// exists: seen). It is published to this computer alone, unless the browser is elsewhere.
    pub(super) fn recreate(&self, wanted: &Wanted) -> Remedy {
        let node_port = wanted.port.node_port;
        let protocol = match wanted.port.protocol.to_ascii_lowercase() {
            protocol if protocol.is_empty() => "tcp".to_owned(),
            protocol => protocol,
        };
        let first = self.containers.as_ref().and_then(|containers| Some((containers, containers.control_plane()?)));
        let mut ports: Vec<String> = Vec::new();
        if let Some((containers, node)) = first {
            let doors = node.requested.iter().filter(|door| !containers.reserved.contains(&door.container_port));
            let kept = doors.filter(|door| (door.container_port, &door.protocol) != (node_port, &protocol));
            ports.extend(kept.map(|door| mapping(door.host_ip, door.host_port, door.container_port, &door.protocol)));
        }
        let here = (wanted.viewer != Viewer::Lan).then(|| IpAddr::from([127, 0, 0, 1]));
        ports.push(mapping(here, node_port, node_port, &protocol));
        let (driver, ports) = (format!("--driver={}", self.driver), format!("--ports={}", ports.join(",")));
        let delete = self.minikube(&["delete"]);
        let mut remedy = Remedy::new(Action::RecreateProfile { node_port }, delete).destructive();
        remedy.commands.push(self.minikube(&["start", &driver, &ports]));
        remedy
    }
}

/// One `--ports` entry: `[IP:]HOST:CONTAINER[/PROTOCOL]`.
fn mapping(ip: Option<IpAddr>, host: u16, port: u16, protocol: &str) -> String {
    let ip = match ip {
        Some(IpAddr::V6(ip)) => format!("[{ip}]:"),
        Some(ip) => format!("{ip}:"),
        None => String::new(),
    };
    let suffix = if protocol == "tcp" { String::new() } else { format!("/{protocol}") };
    format!("{ip}{host}:{port}{suffix}")
}
