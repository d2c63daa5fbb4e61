//! The short way to Docker: its own socket instead of its command.
//!
//! A run of the docker command costs more than the whole rest of a report. Where docker
//! would talk to a local socket anyway, netpath asks that socket for the same JSON. With a
//! docker context, a remote `DOCKER_HOST` or on any trouble at all the command is asked:
//! it knows contexts, TLS and ssh, and its error is the one that users know.
#![allow(clippy::disallowed_methods, reason = "the shell: reads the environment and docker's configuration")]

use std::path::{Path, PathBuf};

use super::file;
use crate::ask::Why;

/// Where the docker command would connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A socket on this computer.
    Socket(PathBuf),
    /// Another computer: the ports that it publishes are published there.
    Elsewhere(String),
    /// A TCP port of this computer: only the command knows its certificates.
    Loopback(String),
    /// Somewhere that only the command itself knows.
    Unknown,
}

/// Where the docker command would connect: by `DOCKER_HOST`, else by the context that
/// `DOCKER_CONTEXT` or `currentContext` of docker's `config.json` names (docker/cli
/// `cli/command/cli.go`, `resolveContextName`; contexts are stored as
/// `contexts/meta/ID/meta.json`, `cli/context/store`).
///
/// # Errors
///
/// Why docker's configuration could not be looked at.
pub(super) async fn endpoint(host: Option<String>) -> Result<Endpoint, Why> {
    if let Some(host) = host.filter(|host| !host.is_empty()) {
        return Ok(of_host(&host));
    }
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let directory =
        variable("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".docker")));
    let (Some(directory), context) = (directory, variable("DOCKER_CONTEXT")) else { return Ok(Endpoint::Unknown) };
    of_directory(directory, context).await
}

/// The same by docker's own files; one that cannot be read leaves it to the command.
async fn of_directory(directory: PathBuf, context: Option<String>) -> Result<Endpoint, Why> {
    let read = file::in_time("docker's configuration", move || Ok(Some(by_files(&directory, context))));
    Ok(read.await?.unwrap_or(Endpoint::Unknown))
}

fn by_files(directory: &Path, context: Option<String>) -> Endpoint {
    let context = match context {
        Some(context) => context,
        None => match file::text(&directory.join("config.json")) {
            Ok(Some(config)) => current_context(&config),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Ok(None) | Err(_) => return Endpoint::Unknown,
        },
    };
    if context.is_empty() || context == "default" {
        return Endpoint::Socket(PathBuf::from("/var/run/docker.sock"));
    }
    let folders = std::fs::read_dir(directory.join("contexts/meta")).into_iter().flatten().flatten();
    let metas = folders.filter_map(|folder| file::text(&folder.path().join("meta.json")).ok().flatten());
    metas.filter_map(|meta| host_of(&meta, &context)).next().map_or(Endpoint::Unknown, |host| of_host(&host))
}

/// Whether a socket is where Docker Engine has it when root runs it, and not a link to the
/// socket of something else, as Docker Desktop and colima make one on request. On other
/// systems than Linux the engine is in a VM whatever its socket.
pub(super) fn is_system(socket: &std::path::Path) -> bool {
    let own = ["/var/run/docker.sock", "/run/docker.sock"].iter().any(|path| socket == std::path::Path::new(path));
    let linked = std::fs::symlink_metadata(socket).is_ok_and(|data| data.is_symlink());
    own && !linked && cfg!(target_os = "linux")
}

/// What a `DOCKER_HOST` or a context's endpoint points at.
pub(super) fn of_host(host: &str) -> Endpoint {
    if let Some(path) = host.strip_prefix("unix://") {
        return Endpoint::Socket(path.into());
    }
    let Some(part) = host_part(host) else { return Endpoint::Unknown };
    let near = ["127.", "localhost", "[::1]"].iter().any(|loopback| part.starts_with(loopback));
    // ssh to this computer ends in an engine that another user's rights may hide.
    if near && !host.starts_with("ssh://") { Endpoint::Loopback(part) } else { Endpoint::Elsewhere(part) }
}

/// The host part of an engine's address; a socket and a pipe have none. User names may
/// stand before the host; they are nobody's business.
pub(super) fn host_part(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or(rest);
    let part = authority.rsplit('@').next().unwrap_or(authority);
    let socket = ["unix", "npipe", "fd"].contains(&scheme) || part.is_empty();
    (!socket).then(|| part.to_owned())
}

pub(super) fn current_context(config: &str) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Config {
        #[serde(default)]
        current_context: String,
    }
    // A file that docker could not read either: the command says what is wrong with it.
    serde_json::from_str::<Config>(config).map_or_else(|_| "?".into(), |config| config.current_context)
}

/// The endpoint of a context, if the file is that context's.
pub(super) fn host_of(meta: &str, context: &str) -> Option<String> {
    let meta: serde_json::Value = serde_json::from_str(meta).ok()?;
    (meta.get("Name")?.as_str()? == context).then_some(())?;
    Some(meta.get("Endpoints")?.get("docker")?.get("Host")?.as_str()?.to_owned())
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

/// What the engine says of itself, as `docker system info` would print it. `None` on any
/// trouble.
#[cfg(unix)]
pub(super) async fn info(socket: &std::path::Path) -> Option<String> {
    String::from_utf8(get(socket, "/info").await?).ok()
}

/// No sockets of this kind: the command is asked.
#[cfg(not(unix))]
pub(super) async fn info(_socket: &std::path::Path) -> Option<String> {
    None
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
    // An inspection of a node is about 10 KiB.
    let mut answer = Vec::with_capacity(16 * 1024);
    let read = stream.take(super::MAX_OUTPUT + 1).read_to_end(&mut answer).await.ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let ok = answer.split(|byte| *byte == b' ').nth(1) == Some(b"200");
    (ok && read as u64 <= super::MAX_OUTPUT).then(|| answer.split_off(end + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_socket_another_computer_or_something_else() {
        let elsewhere = |host: &str| Endpoint::Elsewhere(host.into());
        for (host, wanted) in [
            ("unix:///run/user/1000/docker.sock", Endpoint::Socket("/run/user/1000/docker.sock".into())),
            ("ssh://me@devbox", elsewhere("devbox")),
            ("tcp://10.0.0.7:2376", elsewhere("10.0.0.7:2376")),
            ("tcp://127.0.0.1:2376", Endpoint::Loopback("127.0.0.1:2376".into())),
            ("tcp://localhost:2375", Endpoint::Loopback("localhost:2375".into())),
            ("npipe:////./pipe/docker_engine", Endpoint::Unknown),
        ] {
            assert_eq!(of_host(host), wanted, "{host}");
        }
    }

    #[test]
    fn a_context_is_read_from_docker_own_files() {
        assert_eq!(current_context("{}"), "");
        assert_eq!(current_context(r#"{"currentContext":"colima"}"#), "colima");
        let meta = r#"{"Name":"colima","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///c.sock"}}}"#;
        assert_eq!(host_of(meta, "colima").as_deref(), Some("unix:///c.sock"));
        assert_eq!(host_of(meta, "other"), None);
        assert_eq!(host_of("not json", "colima"), None);
    }

    #[tokio::test]
    async fn docker_own_files_are_read_up_to_a_bound_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().to_owned();
        let asked = |context: Option<&str>| of_directory(directory.clone(), context.map(String::from));
        let system = Endpoint::Socket("/var/run/docker.sock".into());
        assert_eq!(asked(None).await, Ok(system.clone()), "no configuration is the default");
        let config = directory.join("config.json");
        std::fs::write(&config, r#"{"currentContext":"c"}"#).unwrap();
        assert_eq!(asked(None).await, Ok(Endpoint::Unknown));
        assert_eq!(asked(Some("default")).await, Ok(system));
        let meta = directory.join("contexts/meta/1");
        std::fs::create_dir_all(&meta).unwrap();
        let text = r#"{"Name":"c","Endpoints":{"docker":{"Host":"unix:///c.sock"}}}"#;
        std::fs::write(meta.join("meta.json"), text).unwrap();
        assert_eq!(asked(None).await, Ok(Endpoint::Socket("/c.sock".into())));
        std::fs::File::options().write(true).open(&config).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(asked(None).await, Ok(Endpoint::Unknown), "longer than any memory");
        std::fs::remove_file(&config).unwrap();
        std::fs::create_dir(&config).unwrap();
        assert_eq!(asked(None).await, Ok(Endpoint::Unknown), "no file");
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
