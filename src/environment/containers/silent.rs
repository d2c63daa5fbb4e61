//! The engine itself does not answer, and with it stands everything that it holds. That is
//! every morning's state of a computer whose engine is in a VM that nobody has started yet.

use super::NodeContainers;
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Standstill};
use crate::fact::engine::{Endpoint, endpoint};
use crate::fact::host::variable;
use crate::remedy::argv;
use crate::report::{Action, Remedy};

impl NodeContainers {
    /// What stands still around the nodes, where their API server is silent: the VM that holds
    /// the engine, or the engine. Only likely the latter: another one may hold the cluster.
    pub fn stopped_engine(&self, asking: &Asking) -> Option<Standstill> {
        if let Some(stopped) = self.stopped_wall() {
            return Some(stopped);
        }
        let Seen::Unavailable(why @ (Why::ToolFailed { .. } | Why::TimedOut)) = &self.nodes else { return None };
        let finding = Finding::EngineSilent { engine: self.engine, why: why.clone() };
        let mut remedies: Vec<Remedy> = self.start_engine(asking).into_iter().collect();
        if self.engine == Engine::Docker {
            remedies.push(Remedy::new(Action::ListEngineContexts, self.command(&["context", "ls"])));
        }
        Some(Blocked { finding, remedies }.into())
    }

    /// How to start the engine, as far as its socket tells whose it is.
    fn start_engine(&self, asking: &Asking) -> Option<Remedy> {
        let os = self.host.as_ref().map(|host| host.os.as_str())?;
        let (product, command) = match (self.engine, os) {
            // Outside of Linux podman is always in a machine of its own; on Linux it is no
            // program that runs.
            (Engine::Podman, "macos" | "windows") => ("podman machine", argv(&["podman", "machine", "start"])),
            (Engine::Docker, os) => {
                let seen = endpoint(asking, Engine::Docker);
                let wsl = variable(asking, "WSL_DISTRO_NAME").known().is_some();
                return starter(seen.known()?, os, wsl);
            }
            _ => return None,
        };
        Some(Remedy::new(Action::StartProduct { product }, command))
    }
}

/// Whose socket a docker command talks to, and how that is started. `docker desktop` is there
/// since Docker Desktop 4.37 (docs.docker.com, "docker desktop"); its sockets and those of
/// OrbStack and of a user's own engine are where docs.docker.com ("Docker contexts", "Rootless
/// mode") and orbstack.dev say. In WSL2 the system's socket may be Docker Desktop's as well,
/// which is started on Windows.
fn starter(endpoint: &Endpoint, os: &str, wsl: bool) -> Option<Remedy> {
    let socket = endpoint.socket.as_deref().unwrap_or_default();
    let start = |product, command: &[&str]| Some(Remedy::new(Action::StartProduct { product }, argv(command)));
    let of_system = endpoint.system || socket == "/var/run/docker.sock" || socket == "/run/docker.sock";
    match os {
        _ if socket.ends_with("/.orbstack/run/docker.sock") => start("OrbStack", &["orb", "start"]),
        "linux" if socket.ends_with("/.docker/desktop/docker.sock") => {
            start("Docker Desktop", &["systemctl", "--user", "start", "docker-desktop"])
        }
        "linux" if of_system && wsl => {
            let command = argv(&["sudo", "service", "docker", "start"]);
            Some(Remedy::new(Action::StartDockerInWsl, command).privileged())
        }
        "linux" if of_system => {
            start("Docker Engine", &["sudo", "systemctl", "start", "docker"]).map(Remedy::privileged)
        }
        "linux" if socket.starts_with("/run/user/") => {
            start("Docker Engine", &["systemctl", "--user", "start", "docker"])
        }
        "macos" if of_system || socket.ends_with("/.docker/run/docker.sock") => {
            start("Docker Desktop", &["docker", "desktop", "start"])
        }
        "windows" => start("Docker Desktop", &["docker", "desktop", "start"]),
        _ => None,
    }
}
