//! Asks a container engine through its own command.
//!
//! The command knows what no library does: docker contexts, `DOCKER_HOST`, TLS and ssh.
//! So netpath asks the same engine as the tool that made the cluster.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::command;
use super::docker_socket::{self, Endpoint};
use crate::ask::{Engine, Observed, Raw, Why};
use crate::fact::engine;

/// Time limit of one command. A hanging daemon must not hold up the report.
const LIMIT: Duration = Duration::from_secs(3);

/// The containers that carry a label, as `container inspect` prints them.
pub(super) async fn containers(engine: Engine, label: &str) -> Observed {
    if engine == Engine::Docker {
        match docker_socket::endpoint(docker_host()).await {
            Ok(Endpoint::Elsewhere(host)) => return Err(Why::EngineElsewhere { host }),
            Ok(Endpoint::Socket(socket)) => {
                let asked = timeout(LIMIT, docker_socket::containers(&socket, label));
                if let Some(text) = asked.await.map_err(|_| Why::TimedOut)? {
                    return Ok(Some(Raw::Text(text)));
                }
            }
            Ok(Endpoint::Loopback(_) | Endpoint::Unknown) | Err(_) => {}
        }
    }
    let filter = format!("label={label}");
    // Quiet and untruncated: names and labels in `ls` templates differ between engines
    // (podman 6 made a list of what was a map), `inspect` does not.
    let ids = run(engine, &["container", "ls", "--all", "--quiet", "--no-trunc", "--filter", &filter]).await?;
    let mut arguments = vec!["container", "inspect"];
    arguments.extend(ids.split_whitespace());
    if arguments.len() == 2 {
        return Ok(Some(Raw::Text(String::new())));
    }
    run(engine, &arguments).await.map(|text| Some(Raw::Text(text)))
}

/// What the engine says of itself, as `info` prints it.
pub(super) async fn info(engine: Engine) -> Observed {
    if let (Engine::Docker, Ok(Endpoint::Socket(socket))) = (engine, docker_socket::endpoint(docker_host()).await) {
        let asked = timeout(LIMIT, docker_socket::info(&socket));
        if let Some(text) = asked.await.map_err(|_| Why::TimedOut)? {
            return Ok(Some(Raw::Text(text)));
        }
    }
    let format = if engine == Engine::Podman { "json" } else { "{{json .}}" };
    run(engine, &["system", "info", "--format", format]).await.map(|text| Some(Raw::Text(text)))
}

/// Where the engine's command connects.
pub(super) async fn endpoint(engine: Engine) -> Observed {
    let (mut system, mut path) = (false, None);
    let host = match engine {
        Engine::Docker => match docker_socket::endpoint(docker_host()).await? {
            Endpoint::Elsewhere(host) | Endpoint::Loopback(host) => Some(host),
            Endpoint::Socket(socket) => {
                system = docker_socket::is_system(&socket);
                let real = std::fs::read_link(&socket).unwrap_or(socket);
                path = Some(super::file::portable(&real.to_string_lossy()));
                None
            }
            Endpoint::Unknown => None,
        },
        Engine::Podman => variable_before("CONTAINER_HOST").and_then(|url| docker_socket::host_part(&url)),
        Engine::Nerdctl | Engine::Finch => None,
    };
    super::value(&engine::Endpoint { host, system, socket: path })
}

/// Runs one command of the engine.
async fn run(engine: Engine, arguments: &[&str]) -> Result<String, Why> {
    let tool = engine.command();
    let mut command = command::find(tool)?;
    command.args(arguments);
    undo_minikube_env(&mut command);
    command::run(tool, command, LIMIT).await?.success(tool)
}

/// The variables that `minikube docker-env` and `podman-env` set, by the variable that
/// tells so. The first points a shell's docker at the engine
/// inside the node, which knows nothing of the node container itself, and keeps what was
/// there before in `MINIKUBE_EXISTING_*` (minikube `cmd/minikube/cmd/docker-env.go`).
const POISONED: [(&str, &[&str]); 2] = [
    ("MINIKUBE_ACTIVE_DOCKERD", &["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"]),
    ("MINIKUBE_ACTIVE_PODMAN", &["CONTAINER_HOST", "CONTAINER_SSHKEY"]),
];

/// `DOCKER_HOST` as it is without `minikube docker-env`.
fn docker_host() -> Option<String> {
    variable_before("DOCKER_HOST")
}

/// A variable as it was before `minikube docker-env` or `podman-env`.
fn variable_before(name: &str) -> Option<String> {
    let is_poisoned = |(mark, names): &(&str, &[&str])| names.contains(&name) && std::env::var_os(mark).is_some();
    let before = POISONED.iter().any(is_poisoned);
    let name = if before { format!("MINIKUBE_EXISTING_{name}") } else { name.to_owned() };
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn undo_minikube_env(command: &mut Command) {
    let poisoned = POISONED.iter().filter(|(mark, _)| std::env::var_os(mark).is_some());
    for name in poisoned.flat_map(|(_, names)| names.iter()) {
        match variable_before(name) {
            Some(before) => command.env(name, before),
            None => command.env_remove(name),
        };
    }
}
