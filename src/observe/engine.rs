//! Asks a container engine through its own command.
//!
//! The command knows what no library does: docker contexts, `DOCKER_HOST`, TLS and ssh.
//! So netpath asks the same engine as the tool that made the cluster.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::MAX_OUTPUT;
use super::docker_socket::{self, Endpoint};
use crate::ask::{Engine, Observed, Raw, Why};

/// Time limit of one command. A hanging daemon must not hold up the report.
const LIMIT: Duration = Duration::from_secs(3);

/// The containers that carry a label, as `container inspect` prints them.
pub(super) async fn containers(engine: Engine, label: &str) -> Observed {
    if engine == Engine::Docker {
        match docker_socket::endpoint(docker_host()) {
            Endpoint::Elsewhere(host) => return Err(Why::EngineElsewhere { host }),
            Endpoint::Socket(socket) => {
                let asked = timeout(LIMIT, docker_socket::containers(&socket, label));
                if let Some(text) = asked.await.map_err(|_| Why::TimedOut)? {
                    return Ok(Some(Raw::Text(text)));
                }
            }
            Endpoint::Unknown => {}
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

/// Runs one command without a shell and without input.
async fn run(engine: Engine, arguments: &[&str]) -> Result<String, Why> {
    let tool = engine.command();
    let path = which::which(tool).map_err(|_| Why::ToolNotFound { tool: tool.into() })?;
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    undo_docker_env(&mut command);
    let failed = |detail: String| Why::ToolFailed { tool: tool.into(), detail };
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let finished = timeout(LIMIT, async {
        let (out, err) = tokio::join!(read(stdout), read(stderr));
        (out, err, child.wait().await)
    });
    let (out, err, status) = finished.await.map_err(|_| Why::TimedOut)?;
    // First of all: a command whose output is not read to its end dies of that.
    let Some(out) = out else {
        return Err(Why::Unreadable { detail: format!("more than {MAX_OUTPUT} bytes from {tool}") });
    };
    match status {
        Ok(status) if status.success() => Ok(out),
        Ok(_) => Err(explain(tool, &err.unwrap_or_default())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Reads a stream up to the limit; `None` if there is more.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await;
    }
    (bytes.len() as u64 <= MAX_OUTPUT).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The first line of what a command said, sorted by what it means.
fn explain(tool: &str, said: &str) -> Why {
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim();
    let detail: String = line.chars().take(200).collect();
    if detail.to_ascii_lowercase().contains("permission denied") {
        return Why::PermissionDenied { detail };
    }
    Why::ToolFailed { tool: tool.into(), detail }
}

/// The variables that `minikube docker-env` sets. It points a shell's docker at the engine
/// inside the node, which knows nothing of the node container itself, and keeps what was
/// there before in `MINIKUBE_EXISTING_*` (minikube `cmd/minikube/cmd/docker-env.go`).
const DOCKER_ENV: [&str; 3] = ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];

fn is_docker_env() -> bool {
    std::env::var_os("MINIKUBE_ACTIVE_DOCKERD").is_some()
}

/// `DOCKER_HOST` as it is without `minikube docker-env`.
fn docker_host() -> Option<String> {
    let name = if is_docker_env() { "MINIKUBE_EXISTING_DOCKER_HOST" } else { "DOCKER_HOST" };
    std::env::var(name).ok()
}

fn undo_docker_env(command: &mut Command) {
    if !is_docker_env() {
        return;
    }
    for name in DOCKER_ENV {
        match std::env::var_os(format!("MINIKUBE_EXISTING_{name}")) {
            Some(before) => command.env(name, before),
            None => command.env_remove(name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_socket_is_a_matter_of_rights() {
        let said =
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
        assert!(matches!(explain("docker", said), Why::PermissionDenied { .. }));
        let said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
        assert!(matches!(explain("docker", said), Why::ToolFailed { .. }));
    }
}
