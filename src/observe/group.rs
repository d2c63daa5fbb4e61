//! Tools that run, each with what it started itself: one process group, which is ended as one.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::process::{Child, Command};

use super::interrupt;

/// The groups that run, by the processes that lead them.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all of them.
pub(super) fn end_all() {
    running().iter().copied().for_each(end);
}

/// A process group. Dropped, it is ended: its tool was given up.
pub(super) struct Group(Option<u32>);

/// Starts a tool in a group of its own. It is in the background of a terminal then, and a
/// process that reads from the terminal is stopped there (`SIGTTIN`): not for what asks
/// somebody something.
pub(super) fn start(command: &mut Command) -> io::Result<(Child, Group)> {
    interrupt::watch()?;
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn()?;
    let leader = child.id();
    running().extend(leader);
    Ok((child, Group(leader)))
}

impl Group {
    /// The tool ended by itself. What it left running was meant to run.
    pub fn finished(mut self) {
        self.forget();
    }

    fn forget(&mut self) -> Option<u32> {
        let leader = self.0.take()?;
        running().remove(&leader);
        Some(leader)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Nobody has waited for the leader yet: the number is still its own.
        self.forget().into_iter().for_each(end);
    }
}

#[cfg(unix)]
fn end(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let leader = i32::try_from(leader).ok().and_then(Pid::from_raw);
    // Where none of it is left there is nothing to end.
    let _ = leader.map(|leader| kill_process_group(leader, Signal::KILL));
}

/// Windows has no such groups: the tool itself is ended, by its `kill_on_drop`.
#[cfg(not(unix))]
fn end(_leader: u32) {}
