//! Files of other tools, read whole and never written.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use tokio::time::timeout;

use super::apart::apart;
use super::lack;
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
    match in_time(path, move || text(&real)).await? {
        Some(text) if text.len() as u64 > MAX => {
            Err(Why::Unreadable { detail: format!("{path} is larger than {MAX} bytes") })
        }
        text => Ok(text.map(Raw::Text)),
    }
}

/// The last lines of a file, at most so many bytes of it, and whether that is all of it. `None`
/// if it is not there.
pub(super) async fn end(path: PathBuf, most: u64) -> Result<Option<(String, bool)>, Why> {
    let name = portable(&path.to_string_lossy());
    in_time(&name, move || last(&path, most)).await
}

/// How much of a file that the user names is read, in bytes: more than any recording or
/// kubeconfig has. A device has no end.
pub(super) const MOST: u64 = 16 * 1024 * 1024;

/// The same for one that a kubeconfig names. All certificates of an operating system are a
/// quarter of a MiB.
const MOST_CREDENTIALS: u64 = 4 * 1024 * 1024;

/// A whole file that the user names; it may be a pipe.
pub(super) fn whole(path: &Path) -> std::io::Result<Vec<u8>> {
    up_to(MOST, opened(path, OpenOptions::new().read(true), "nobody writes to it")?)
}

/// How long the other side of a named pipe is waited for. Who makes one starts both sides, and
/// so do shells that know `<(...)` no other way.
const OTHER_SIDE: Duration = Duration::from_secs(2);

/// Opens what the user names. At a named pipe the system waits until somebody has its other
/// side open (fifo(7)), and that may be for ever. A pipe without a name is open on both sides
/// already (`fifo_open` of Linux' `fs/pipe.c` waits for none): `/dev/stdin`, `<(...)` and
/// `>(...)` are read and written for as long as it takes.
pub(super) fn opened(path: &Path, how: &OpenOptions, alone: &str) -> std::io::Result<File> {
    if !is_pipe(path) {
        return how.open(path);
    }
    let (sender, receiver) = mpsc::channel();
    let (at, how) = (path.to_owned(), how.clone());
    std::thread::Builder::new().spawn(move || sender.send(how.open(at)))?;
    receiver
        .recv_timeout(OTHER_SIDE)
        .unwrap_or_else(|_| Err(std::io::Error::new(ErrorKind::TimedOut, format!("it is a named pipe, and {alone}"))))
}

/// Whether it is a pipe, with or without a name.
#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

/// Named pipes of Windows wait for nobody.
#[cfg(not(unix))]
fn is_pipe(_path: &Path) -> bool {
    false
}

/// A certificate, a key or a token; it may be a pipe too, as with kubectl.
pub(super) fn credentials(path: &Path) -> std::io::Result<Vec<u8>> {
    up_to(MOST_CREDENTIALS, File::open(path)?)
}

fn up_to(most: u64, file: File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

/// A whole file that the user names, as text.
pub(super) fn whole_text(path: &Path) -> std::io::Result<String> {
    String::from_utf8(whole(path)?).map_err(|_| std::io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Reads on a thread of its own, within the time limit. What is not there is `None`; the reader
/// has `None` for what is no regular file.
pub(super) async fn in_time<T: Send + 'static>(
    path: &str,
    read: impl FnOnce() -> std::io::Result<Option<T>> + Send + 'static,
) -> Result<Option<T>, Why> {
    match timeout(LIMIT, apart(read)).await.map_err(|_| Why::TimedOut)?? {
        Ok(None) => Err(Why::Unreadable { detail: format!("{path} is no regular file") }),
        Ok(Some(read)) => Ok(Some(read)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) if lack::is_own(&error) => Err(lack::not_started(&format!("to read {path}"), &error)),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(Why::PermissionDenied { detail: path.to_owned() })
        }
        Err(error) => Err(Why::Unreadable { detail: format!("{path}: {error}") }),
    }
}

/// A little more than is taken, so that more is noticed; `None` for what is no regular file:
/// a named pipe waits for a writer for ever.
pub(super) fn text(path: &Path) -> std::io::Result<Option<String>> {
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    File::open(path)?.take(MAX + 1).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// The first line of what is read is left out where its beginning is not.
fn last(path: &Path, most: u64) -> std::io::Result<Option<(String, bool)>> {
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let cut = text.find('\n').map_or(text.len(), |at| at + 1);
    Ok(Some(if start == 0 { (text, true) } else { (text[cut..].to_owned(), false) }))
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

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let file = File::create(&path).unwrap();
        file.set_len(MOST).unwrap();
        assert_eq!(whole(&path).unwrap().len() as u64, MOST);
        file.set_len(MOST + 1).unwrap();
        assert_eq!(whole(&path).unwrap_err().kind(), ErrorKind::FileTooLarge);
        std::fs::write(&path, [0xff]).unwrap();
        assert!(whole_text(&path).unwrap_err().to_string().contains("UTF-8"));
    }

    #[tokio::test]
    async fn of_a_long_file_the_last_whole_lines_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("log"), b"one\ntwo\nthr\xffe\n").unwrap();
        for (most, wanted) in [
            (100, ("one\ntwo\nthr\u{fffd}e\n", true)),
            (9, ("thr\u{fffd}e\n", false)),
            (3, ("", false)),
            (0, ("", false)),
        ] {
            let (text, whole) = end(path("log"), most).await.unwrap().unwrap();
            assert_eq!((text.as_str(), whole), wanted, "{most}");
        }
        assert_eq!(end(path("no"), 9).await.unwrap(), None);
        assert!(matches!(end(path(""), 9).await, Err(Why::Unreadable { .. })), "a directory is no file");
    }
}
