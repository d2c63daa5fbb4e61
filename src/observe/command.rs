//! Runs commands of other tools: only those that the core can ask for, each without a
//! shell, without input, with a time limit and bounded output.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{PathBuf, is_separator};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::{MAX_OUTPUT, group, lack};
use crate::ask::Why;
use crate::fact::said::without_owners;

/// Finds a tool on PATH.
pub(super) fn find(tool: &str) -> Result<Command, Why> {
    let path = located(tool).ok_or_else(|| Why::ToolNotFound { tool: tool.into() })?;
    Ok(Command::new(path))
}

/// Where a program is: on PATH, unless its name says where. The one place that looks.
pub(super) fn located(program: &str) -> Option<PathBuf> {
    // Go's rule for what is a path (`os/exec/lp_unix.go`, `lp_windows.go`, `LookPath`).
    let is_path = program.contains(|letter| is_separator(letter) || cfg!(windows) && letter == ':');
    if is_path { which::which(program).ok() } else { on(&env::var_os("PATH")?, program) }
}

/// Only folders named from the root count. Anybody may put a `docker` into the current
/// folder, a repository too, and Go does not run what it found there either (`exec.ErrDot`,
/// since Go 1.19, https://go.dev/blog/path-security).
fn on(path: &OsStr, program: &str) -> Option<PathBuf> {
    let mut folders = env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| which::which_in_global(program, Some(folder)).ok()?.next())
}

/// What a command left behind.
pub(super) struct Finished {
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    err: String,
    status: ExitStatus,
}

impl Finished {
    /// Its exit code; `None` if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Its standard output, if it says that it succeeded.
    pub fn success(self, tool: &str) -> Result<String, Why> {
        if self.status.success() { Ok(self.out) } else { Err(explain(tool, &self.err)) }
    }
}

/// Runs a command to its end.
pub(super) async fn run(tool: &str, mut command: Command, limit: Duration) -> Result<Finished, Why> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let failed = |detail: String| Why::ToolFailed { tool: tool.into(), detail };
    let not_started = |error: io::Error| match lack::is_own_at_start(&error) {
        true => lack::not_started(tool, &error),
        false => failed(error.to_string()),
    };
    let (mut child, group) = group::start(&mut command).map_err(not_started)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let finished = timeout(limit, async {
        let (out, err) = tokio::join!(read(stdout), read(stderr));
        (out, err, child.wait().await)
    });
    let (out, err, status) = finished.await.map_err(|_| Why::TimedOut)?;
    group.finished();
    // First of all: a command whose output is not read to its end dies of that.
    let Some(out) = out else {
        return Err(Why::Unreadable { detail: format!("more than {MAX_OUTPUT} bytes from {tool}") });
    };
    let status = status.map_err(|error| failed(error.to_string()))?;
    Ok(Finished { out, err: err.unwrap_or_default(), status })
}

/// Reads a stream up to the limit; `None` if there is more.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await;
    }
    (bytes.len() as u64 <= MAX_OUTPUT).then(|| text(&bytes))
}

/// What a command printed. Programs of Windows may print UTF-16 (wsl.exe does, unless told
/// otherwise: microsoft/WSL @3e27a6a50 `src/windows/common/WslClient.cpp:1847`).
pub(super) fn text(bytes: &[u8]) -> String {
    let marked = bytes.strip_prefix(&[0xff, 0xfe]);
    let wide = marked.or_else(|| matches!(bytes, [first, 0, ..] if *first != 0).then_some(bytes));
    match wide {
        Some(wide) => {
            let units: Vec<u16> = wide.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The first line of what a command said, sorted by what it means.
pub(super) fn explain(tool: &str, said: &str) -> Why {
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim();
    // docker names its engine as `DOCKER_HOST` does, password included.
    let detail: String = without_owners(line).chars().take(200).collect();
    if detail.to_ascii_lowercase().contains("permission denied") {
        return Why::PermissionDenied { detail };
    }
    Why::ToolFailed { tool: tool.into(), detail }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, RngSeed};

    use super::*;
    use crate::fact::reserved::ranges;
    use crate::fact::wsl::{Mode, Settings};

    #[cfg(unix)]
    #[test]
    fn nothing_is_found_from_the_current_folder() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("netpath-stub");
        std::fs::write(&tool, "").unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        let up: PathBuf = env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
        let relative = up.join(folder.path().strip_prefix("/").unwrap());
        assert!(relative.join("netpath-stub").exists(), "{relative:?}");
        let found = |path: &[&Path]| on(&env::join_paths(path).unwrap(), "netpath-stub");
        assert_eq!(found(&[&relative, Path::new("."), Path::new("")]), None);
        assert_eq!(found(&[&relative, folder.path()]), Some(tool));
        // Written as a path it is what whoever wrote it meant.
        assert!(located(relative.join("netpath-stub").to_str().unwrap()).is_some());
    }

    #[test]
    fn both_encodings_of_windows_are_read() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(text(b"200 0.01"), "200 0.01");
        assert_eq!(text(&wide("200 0.01")), "200 0.01");
        assert_eq!(text(&[&[0xff, 0xfe], wide("Größe").as_slice()].concat()), "Größe");
        assert_eq!(text(&[0xff, 0x41]), "\u{fffd}A");
        assert_eq!(text(b""), "");
    }

    /// Lines of Windows' tools and files, some of them mangled, in either encoding.
    fn output() -> impl Strategy<Value = Vec<u8>> {
        let known = select(vec![
            "[wsl2]\r\nnetworkingMode=mirrored\r\n",
            "localhostForwarding=false # as before\n",
            "  NAME      STATE           VERSION\r\n* Ubuntu    Running         2\r\n",
            "nat\n",
            "200 0.001 0.012",
            "000 0,0 2,03",
            "Start Port    End Port\r\n     30000       30099\r\n     50000   50059     *\r\n",
        ]);
        let noise = prop_oneof!["\\PC{0,40}", "[0-9 *.,=\\[\\]\r\n]{0,60}", any::<char>().prop_map(String::from)];
        let line = prop_oneof![known.prop_map(str::to_owned), noise];
        let long = (line.clone(), 1..20_000_usize)
            .prop_map(|(line, times)| line.repeat(times.min(1_000_000 / (line.len() + 1))));
        let text = vec(prop_oneof![8 => line, 1 => long], 0..8).prop_map(|lines| lines.concat());
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        (text, 0..5_u8, any::<Index>(), any::<u8>()).prop_map(move |(text, kind, at, byte)| {
            let mut bytes = match kind {
                0 | 1 => text.into_bytes(),
                2 => wide(&text),
                _ => [&[0xff, 0xfe], wide(&text).as_slice()].concat(),
            };
            // Cut or spoiled anywhere, so that a pair is halved too.
            if kind % 2 == 1 && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
                bytes.truncate(bytes.len() - usize::from(byte % 3).min(bytes.len()));
            }
            bytes
        })
    }

    proptest! {
        #![proptest_config(Config { cases: 200, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..Config::default() })]

        /// Whatever is printed, it is read without a panic, and what is kept of it is small.
        #[test]
        fn any_output_is_survived(bytes in output()) {
            let read = text(&bytes);
            prop_assert!(read.chars().count() <= bytes.len());
            let ranges = ranges(&read);
            prop_assert!(ranges.len() <= 1000 && ranges.iter().all(|range| 0 < range.first && range.first <= range.last));
            let settings = Settings::parse(&read);
            prop_assert!(settings.mode.is_none() || read.to_lowercase().contains("networkingmode"));
            prop_assert!(Mode::parse(&read).is_none() || read.trim().len() < 12);
            let said = explain("tool", &read);
            let (Why::ToolFailed { detail, .. } | Why::PermissionDenied { detail }) = said else { panic!("{said:?}") };
            prop_assert!(detail.chars().count() <= 200);
        }

        /// Both encodings of one text are one text.
        #[test]
        fn a_text_is_read_in_both_encodings(line in "[ -~][ -~\r\n]{0,200}") {
            let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
            prop_assert_eq!(&text(&wide), &line);
            let marked = text(&[&[0xff, 0xfe], wide.as_slice()].concat());
            prop_assert_eq!(&marked, &line);
            prop_assert_eq!(text(line.as_bytes()), line);
        }
    }

    #[test]
    fn a_refused_socket_is_a_matter_of_rights() {
        let said =
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
        assert!(matches!(explain("docker", said), Why::PermissionDenied { .. }));
        let said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
        assert!(matches!(explain("docker", said), Why::ToolFailed { .. }));
        // docker says it as DOCKER_HOST has it.
        let said = "Cannot connect to the Docker daemon at tcp://me:c4n4ry@127.0.0.1:1. Is the docker daemon running?";
        let Why::ToolFailed { detail, .. } = explain("docker", said) else { panic!("it failed") };
        assert!(detail.contains("tcp://127.0.0.1:1.") && !detail.contains("c4n4ry"), "{detail}");
    }
}
