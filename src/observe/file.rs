//! Files of other tools, read whole and never written.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use crate::ask::{Observed, Raw, Why};

/// How much of a file is read, in bytes: those of the tools are a few kilobytes.
const MAX: u64 = 1024 * 1024;

/// Time limit of one file: a file system of the network can be silent for minutes.
const LIMIT: Duration = Duration::from_secs(1);

/// Reads a file by its portable path.
pub(super) async fn read(path: &str) -> Observed {
    let Some(real) = real(path, std::env::home_dir().as_deref()) else {
        return Err(Why::Unreadable { detail: "no home directory is known".into() });
    };
    let reading = tokio::task::spawn_blocking(move || text(&real));
    let read = match timeout(LIMIT, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(Why::Unreadable { detail: format!("{path}: {error}") }),
        Err(_) => return Err(Why::TimedOut),
    };
    match read {
        Ok(None) => Err(Why::Unreadable { detail: format!("{path} is no regular file") }),
        Ok(Some(text)) if text.len() as u64 > MAX => {
            Err(Why::Unreadable { detail: format!("{path} is larger than {MAX} bytes") })
        }
        Ok(Some(text)) => Ok(Some(Raw::Text(text))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(Why::PermissionDenied { detail: path.to_owned() })
        }
        Err(error) => Err(Why::Unreadable { detail: format!("{path}: {error}") }),
    }
}

/// A little more than is taken, so that more is noticed; `None` for what is no regular file:
/// a named pipe waits for a writer for ever.
fn text(path: &Path) -> std::io::Result<Option<String>> {
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX + 1).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// A path as rules and recordings have it: `/` between its parts, `~` for the home
/// directory.
pub(super) fn portable(path: &str) -> String {
    shorten(path, std::env::home_dir().as_deref())
}

fn shorten(path: &str, home: Option<&Path>) -> String {
    let path = slashes(path);
    let home = home.map(|home| slashes(&home.to_string_lossy())).filter(|home| home.len() > 1);
    match home.as_deref().and_then(|home| path.strip_prefix(home.trim_end_matches('/'))) {
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        _ => path,
    }
}

/// Windows takes both; minikube itself writes both (`pkg/minikube/kubeconfig/kubeconfig.go`).
fn slashes(path: &str) -> String {
    let windows = path.as_bytes().get(1) == Some(&b':') || path.starts_with("\\\\");
    if windows { path.replace('\\', "/") } else { path.to_owned() }
}

pub(super) fn real(path: &str, home: Option<&Path>) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        Some(rest) => Some(home?.join(rest)),
        None => Some(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_not_named() {
        for (path, home, wanted) in [
            ("/home/me/.minikube/ca.crt", "/home/me", "~/.minikube/ca.crt"),
            ("/home/me/.minikube/ca.crt", "/home/me/", "~/.minikube/ca.crt"),
            ("/home/meg/.minikube/ca.crt", "/home/me", "/home/meg/.minikube/ca.crt"),
            ("C:\\Users\\me\\.minikube\\ca.crt", "C:\\Users\\me", "~/.minikube/ca.crt"),
            ("/srv/a\\b", "/home/me", "/srv/a\\b"),
            ("/etc/x", "/", "/etc/x"),
        ] {
            assert_eq!(shorten(path, Some(Path::new(home))), wanted, "{path}");
        }
        assert_eq!(real("~/a/b", Some(Path::new("/h"))), Some(PathBuf::from("/h/a/b")));
        assert_eq!(real("~/a", None), None);
        assert_eq!(real("/etc/x", None), Some(PathBuf::from("/etc/x")));
    }

    #[tokio::test]
    async fn what_is_not_there_is_absent() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        assert!(matches!(read(&path("no")).await, Ok(None)));
        std::fs::write(path("yes"), "text").unwrap();
        assert!(matches!(read(&path("yes")).await, Ok(Some(Raw::Text(text))) if text == "text"));
        assert!(matches!(read(&path("yes/below")).await, Ok(None)), "a file is no directory");
        std::fs::write(path("binary"), [0xff, 0xfe, 0x00]).unwrap();
        assert!(matches!(read(&path("binary")).await, Err(Why::Unreadable { .. })));
        assert!(matches!(read(&path("")).await, Err(Why::Unreadable { .. })), "a directory is no file");
    }
}
