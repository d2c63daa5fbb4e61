//! Asks minikube: its status, and which of its processes forward ports.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::time::Duration;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, Uid, UpdateKind};

use super::apart::apart;
use super::command;
use crate::ask::{Observed, Raw};
use crate::fact::minikube::Process;

/// Time limit of `minikube status`, which logs in to the node: 1.3 to 3.2 s on a busy
/// machine (seen).
const LIMIT: Duration = Duration::from_secs(5);

/// Prints the status. minikube's exit code is a sum of what does not run, so it says
/// nothing about the output. This command is not among those that minikube writes into its
/// audit log (`pkg/minikube/audit/audit.go`).
pub(super) async fn status(profile: &str) -> Observed {
    let mut command = command::find("minikube")?;
    command.args(["-p", profile, "status", "-o", "json"]);
    command::run("minikube", command, LIMIT).await.map(|finished| Some(Raw::Text(finished.out)))
}

/// The processes of minikube's. Command lines of others are looked at and forgotten.
pub(super) async fn processes() -> Observed {
    let looked = apart(|| {
        let mut system = System::new();
        let only = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always).with_user(UpdateKind::Always);
        let only = only.without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, only);
        let own = sysinfo::get_current_pid().ok().and_then(|pid| system.process(pid)).map(sysinfo::Process::user_id);
        let mut found: Vec<Process> = system
            .processes()
            .values()
            .filter_map(|process| {
                let words: Vec<_> = process.cmd().iter().map(|word| word.to_string_lossy().into_owned()).collect();
                let mut parsed = Process::parse(process.pid().as_u32(), &words)?;
                if let Process::Ssh(ssh) = &mut parsed {
                    ssh.hidden = !own.is_some_and(|own| shows_sockets(own, process.user_id()));
                }
                Some(parsed)
            })
            .collect();
        found.sort_by_key(Process::pid);
        found
    });
    super::value(&looked.await?)
}

/// Whether one user is shown the sockets of another's processes. Windows shows everybody the
/// process of a socket (`GetExtendedTcpTable`).
#[cfg(windows)]
fn shows_sockets(_own: Option<&Uid>, _of: Option<&Uid>) -> bool {
    true
}

/// Whether one user is shown the sockets of another's processes: root is shown all.
#[cfg(not(windows))]
fn shows_sockets(own: Option<&Uid>, of: Option<&Uid>) -> bool {
    own.is_some_and(|own| **own == 0 || of == Some(own))
}
