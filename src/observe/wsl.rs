//! WSL from inside a distribution: its traces, its mode, its settings, the sockets that it
//! watches, and a request from Windows' own side.
//!
//! A debug build, and no other, takes `NETPATH_TEST_ROOT` for the directory in which the
//! traces and the drive of Windows are looked for, so that a test can dress any computer up
//! as a distribution. A release build has no such door.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{command, file};
use crate::ask::{FromWindows, Observed, Raw, Why};
use crate::fact::wsl::{Curl, Traces};

/// Time limit of `wslinfo`, which asks a service of Windows'.
const MODE: Duration = Duration::from_secs(2);
/// Time limit of a program of Windows, which starts slowly: more than its own limit of 3 s.
const CURL: Duration = Duration::from_secs(6);
/// Time limit of netsh, which starts slowly as well.
const NETSH: Duration = Duration::from_secs(6);
const NETSH_EXE: &str = "/mnt/c/Windows/System32/netsh.exe";
/// It comes with Windows since 10 1803.
const CURL_EXE: &str = "/mnt/c/Windows/System32/curl.exe";

/// How many programs of Windows run at the same time.
static TURNS: Semaphore = Semaphore::const_new(4);

fn at(path: &str) -> PathBuf {
    let root = if cfg!(debug_assertions) { std::env::var_os("NETPATH_TEST_ROOT") } else { None };
    match root {
        Some(root) => Path::new(&root).join(path.trim_start_matches('/')),
        None => PathBuf::from(path),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The traces. Absent where there is no Linux kernel at all.
pub(super) fn traces() -> Observed {
    let Ok(kernel) = std::fs::read_to_string(at("/proc/sys/kernel/osrelease")) else { return Ok(None) };
    let inside = ["/.dockerenv", "/run/.containerenv"].iter().any(|path| at(path).exists());
    super::value(&Traces {
        kernel: kernel.trim().into(),
        run: at("/run/WSL").exists(),
        container: inside || variable("KUBERNETES_SERVICE_HOST").is_some(),
        distro: variable("WSL_DISTRO_NAME"),
        loopback: at("/sys/class/net/loopback0").exists(),
    })
}

/// What `wslinfo` says.
pub(super) async fn mode() -> Observed {
    let mut command = command::find("wslinfo")?;
    command.arg("--networking-mode");
    let finished = command::run("wslinfo", command, MODE).await?;
    finished.success("wslinfo").map(|text| Some(Raw::Text(text)))
}

/// The user's `.wslconfig`. Only a program of Windows could say where a user's files are,
/// and none is started for that.
pub(super) async fn settings() -> Observed {
    let Some(home) = windows_home() else {
        return Err(Why::Unreadable { detail: "where Windows keeps the user's files is not known".into() });
    };
    // The path names the user, and an error would keep it.
    match file::read(&format!("{home}/.wslconfig")).await {
        Err(why @ (Why::TimedOut | Why::NotStarted { .. })) => Err(why),
        Err(_) => Err(Why::Unreadable { detail: ".wslconfig could not be read".into() }),
        read => read,
    }
}

/// The user's directory of Windows, by the two variables that may hold it: `USERPROFILE`,
/// where the user shares it by WSLENV, and the entry that Windows itself puts on PATH.
fn windows_home() -> Option<String> {
    let shared = variable("USERPROFILE").filter(|path| path.starts_with('/'));
    shared.or_else(|| home_on_path(&variable("PATH")?))
}

pub(super) fn home_on_path(path: &str) -> Option<String> {
    const APPS: &str = "/AppData/Local/Microsoft/WindowsApps";
    let mut homes: Vec<&str> =
        path.split(':').filter_map(|entry| entry.trim_end_matches('/').strip_suffix(APPS)).collect();
    homes.sort_unstable();
    homes.dedup();
    // Several users: whose it is, nobody says.
    let [home] = homes.as_slice() else { return None };
    home.starts_with('/').then(|| (*home).to_owned())
}

/// The kernel's tables of TCP sockets, of this process's own network namespace.
pub(super) async fn sockets() -> Observed {
    let mut tables = String::new();
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
        if let Some(Raw::Text(text)) = file::read(path).await? {
            tables.push_str(&text);
        } else if path == "/proc/net/tcp" {
            return Err(Why::Unreadable { detail: "this system has no table of sockets".into() });
        }
    }
    Ok(Some(Raw::Text(tables)))
}

/// Lets curl of Windows ask Windows' own loopback, or this distribution.
pub(super) async fn from_windows(probe: &FromWindows) -> Observed {
    const TOOL: &str = "curl.exe";
    let failed = |detail: &str| Why::ToolFailed { tool: TOOL.into(), detail: detail.into() };
    // The type says so already; an address may have moved on since it was looked at.
    let ip = probe.to.at().ip();
    if !ip.is_loopback() && !super::host::owns(ip) {
        return Err(failed("only this machine is asked"));
    }
    let (_turn, mut curl) = program(TOOL, CURL_EXE).await?;
    curl.args(probe.arguments());
    let finished = command::run(TOOL, curl, CURL).await?;
    let Some(code) = finished.code() else { return Err(failed("ended by a signal")) };
    super::value(&Curl { code, out: finished.out.chars().take(100).collect() })
}

/// Lets netsh of Windows list the ports that Windows reserves. A read: `show` changes nothing.
pub(super) async fn reserved() -> Observed {
    const TOOL: &str = "netsh.exe";
    let (_turn, mut netsh) = program(TOOL, NETSH_EXE).await?;
    netsh.args(["interface", "ipv4", "show", "excludedportrange", "protocol=tcp"]);
    let finished = command::run(TOOL, netsh, NETSH).await?;
    finished.success(TOOL).map(|text| Some(Raw::Text(text)))
}

/// A program of Windows, and the turn to run it: in an overview they run one after the other,
/// since each is a process of Windows.
async fn program(tool: &str, path: &str) -> Result<(SemaphorePermit<'static>, Command), Why> {
    let failed = |detail: &str| Why::ToolFailed { tool: tool.into(), detail: detail.into() };
    // Without the handler a shell would be made to read the program as a script.
    if !has_interop() {
        return Err(failed("this distribution may not start programs of Windows"));
    }
    let path = at(path);
    if !path.exists() {
        return Err(Why::ToolNotFound { tool: tool.into() });
    }
    let turn = TURNS.acquire().await.map_err(|_| failed("nothing more is started"))?;
    Ok((turn, Command::new(path)))
}

/// `WSLInterop`, or `WSLInterop-late` where systemd registers it again.
fn has_interop() -> bool {
    ["WSLInterop", "WSLInterop-late"].iter().any(|name| {
        let handler = std::fs::read_to_string(at("/proc/sys/fs/binfmt_misc").join(name));
        handler.is_ok_and(|text| text.starts_with("enabled"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::OwnAddress;

    #[test]
    fn windows_own_entry_on_the_path_names_the_home() {
        let apps = "/mnt/c/Users/me/AppData/Local/Microsoft/WindowsApps";
        for (path, home) in [
            (format!("/usr/bin:{apps}:/snap/bin"), Some("/mnt/c/Users/me")),
            (format!("{apps}/:{apps}"), Some("/mnt/c/Users/me")),
            (format!("{apps}:/mnt/c/Users/you/AppData/Local/Microsoft/WindowsApps"), None),
            ("/usr/bin:/bin".into(), None),
            ("AppData/Local/Microsoft/WindowsApps".into(), None),
        ] {
            assert_eq!(home_on_path(&path).as_deref(), home, "{path}");
        }
    }

    #[tokio::test]
    async fn windows_is_asked_about_this_machine_only() {
        let at = "192.0.2.1:80".parse().unwrap();
        let gone = OwnAddress::among(["192.0.2.1".parse().unwrap()], at).expect("an address of before");
        let probe = FromWindows { to: gone, tls: false, page: None };
        assert!(matches!(from_windows(&probe).await, Err(Why::ToolFailed { .. })));
    }
}
