//! How minikube is called, so that a pasted command means this profile.

use super::Cluster;
use super::driver::{Made, Mode};
use crate::environment::Wanted;
use crate::fact::minikube::Home;
use crate::remedy::argv;
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
    pub(super) fn start(&self) -> Remedy {
        Remedy::new(Action::StartMinikube, self.minikube(&["start"]))
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
        let mut remedy = Remedy::new(Action::RunMinikubeService, command);
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
            Mode::Loopback => self.os != "windows" && ports.iter().any(|port| *port < 1024),
            Mode::NodeIp if lan => ports.iter().any(|port| *port < 1024),
            Mode::NodeIp if self.is_reached() && self.is_on_link() => true,
            Mode::NodeIp | Mode::Isolated | Mode::Unknown => return None,
        };
        if self.engine_elsewhere {
            return None;
        }
        let mut command = self.minikube(&["tunnel"]);
        if lan {
            command.push("--bind-address=0.0.0.0".into());
        }
        let mut remedy = Remedy::new(Action::RunMinikubeTunnel, command).blocking();
        remedy.privileged = privileged;
        Some(self.with_context(wanted, remedy))
    }

    /// Publishes a port: only when the container is made, so the profile is made again with
    /// what it published before (`--ports` is ignored by `minikube start` of a profile that
    /// exists: seen).
    pub(super) fn recreate(&self, driver: &str, node_port: u16, protocol: &str) -> Remedy {
        let suffix = if matches!(protocol, "" | "tcp") { String::new() } else { format!("/{protocol}") };
        let mut ports: Vec<String> = self
            .containers
            .iter()
            .flat_map(|containers| containers.control_plane().map(|node| (containers, node)))
            .flat_map(|(containers, node)| {
                let kept = node.requested.iter().filter(|door| {
                    !containers.reserved.contains(&door.container_port)
                        && (door.container_port, door.protocol.as_str()) != (node_port, protocol)
                });
                kept.map(|door| {
                    let ip = door.host_ip.map(|ip| format!("{ip}:")).unwrap_or_default();
                    let protocol = if door.protocol == "tcp" { String::new() } else { format!("/{}", door.protocol) };
                    format!("{ip}{}:{}{protocol}", door.host_port, door.container_port)
                })
            })
            .collect();
        ports.push(format!("{node_port}:{node_port}{suffix}"));
        let driver = format!("--driver={driver}");
        let ports = format!("--ports={}", ports.join(","));
        let mut remedy = Remedy::new(Action::RecreateProfile { node_port }, self.minikube(&["delete"])).destructive();
        remedy.commands.push(self.minikube(&["start", &driver, &ports]));
        remedy
    }
}
