//! The short way to Docker: its own socket instead of its command.
//!
//! A run of the docker command costs more than the whole rest of a report. Where docker
//! would talk to a local socket anyway, netpath asks that socket for the same JSON. With a
//! docker context, a remote `DOCKER_HOST` or on any trouble at all the command is asked:
//! it knows contexts, TLS and ssh, and its error is the one that users know.
#![allow(clippy::disallowed_methods, reason = "the shell: reads the environment and docker's configuration")]

use std::path::PathBuf;

/// Where the docker command would connect, if that is a socket on this computer: by
/// `DOCKER_HOST`, unless `DOCKER_CONTEXT` or `currentContext` of docker's `config.json`
/// names a context (docker/cli `cli/command/cli.go`, `resolveContextName`).
pub(super) fn path(host: Option<String>) -> Option<PathBuf> {
    if let Some(host) = host.filter(|host| !host.is_empty()) {
        return host.strip_prefix("unix://").map(PathBuf::from);
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(context) = variable("DOCKER_CONTEXT") {
        return (context == "default").then(default_path);
    }
    let directory =
        variable("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".docker")))?;
    match std::fs::read_to_string(directory.join("config.json")) {
        Ok(config) => uses_default_context(&config).then(default_path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(default_path()),
        Err(_) => None,
    }
}

fn default_path() -> PathBuf {
    PathBuf::from("/var/run/docker.sock")
}

fn uses_default_context(config: &str) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Config {
        #[serde(default)]
        current_context: String,
    }
    serde_json::from_str::<Config>(config)
        .is_ok_and(|config| config.current_context.is_empty() || config.current_context == "default")
}

/// The containers that carry a label, as `docker container inspect` would print them.
/// `None` on any trouble.
#[cfg(unix)]
pub(super) async fn containers(socket: &std::path::Path, label: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Listed {
        #[serde(rename = "Id")]
        id: String,
    }
    let filters = crate::fact::read::encode(&format!(r#"{{"label":["{label}"]}}"#));
    let list = get(socket, &format!("/containers/json?all=true&filters={filters}")).await?;
    let listed: Vec<Listed> = serde_json::from_slice(&list).ok()?;
    let mut inspected = Vec::new();
    for container in listed.iter().filter(|container| container.id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        let body = get(socket, &format!("/containers/{}/json", container.id)).await?;
        inspected.push(String::from_utf8(body).ok()?);
    }
    Some(format!("[{}]", inspected.join(",")))
}

/// No sockets of this kind: the command is asked.
#[cfg(not(unix))]
pub(super) async fn containers(_socket: &std::path::Path, _label: &str) -> Option<String> {
    None
}

/// One request in HTTP/1.0, whose answer ends with the connection: no chunks to undo.
#[cfg(unix)]
async fn get(socket: &std::path::Path, path: &str) -> Option<Vec<u8>> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::UnixStream::connect(socket).await.ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let read = stream.take(super::engine::MAX_OUTPUT + 1).read_to_end(&mut answer).await.ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let ok = answer.split(|byte| *byte == b' ').nth(1) == Some(b"200");
    (ok && read as u64 <= super::engine::MAX_OUTPUT).then(|| answer.split_off(end + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_unix_socket_is_a_short_way() {
        for (host, socket) in [
            ("unix:///run/user/1000/docker.sock", Some("/run/user/1000/docker.sock")),
            ("tcp://127.0.0.1:2376", None),
            ("ssh://host", None),
            ("npipe:////./pipe/docker_engine", None),
        ] {
            assert_eq!(path(Some(host.into())), socket.map(PathBuf::from), "{host}");
        }
    }

    #[test]
    fn a_context_of_ones_own_takes_the_command() {
        for (config, default) in [
            ("{}", true),
            (r#"{"currentContext":"default"}"#, true),
            (r#"{"currentContext":"colima"}"#, false),
            ("not json", false),
        ] {
            assert_eq!(uses_default_context(config), default, "{config}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_the_socket_says_is_passed_on_and_trouble_is_not() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("docker.sock");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert_eq!(containers(&socket, "x").await, None, "no socket at all");
            let listener = tokio::net::UnixListener::bind(&socket).unwrap();
            tokio::spawn(async move {
                for answer in [
                    "HTTP/1.0 200 OK\r\n\r\n[{\"Id\":\"ab12\"}]",
                    "HTTP/1.0 200 OK\r\n\r\n{\"Name\":\"/n\"}",
                    "HTTP/1.0 500 No\r\n\r\n{}",
                ] {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    let mut request = [0; 512];
                    let _ = stream.read(&mut request).await;
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
            assert_eq!(containers(&socket, "x").await.as_deref(), Some("[{\"Name\":\"/n\"}]"));
            assert_eq!(containers(&socket, "x").await, None, "an error is left to the command");
        });
    }
}
