//! What may block, on a thread of its own.
//!
//! Not on tokio's: it ends the program where the system starts no thread (1.54.1
//! `runtime/blocking/pool.rs`, `spawn_blocking`), and that is only one thing less to see. What is
//! left of its threads is the output of tools on Windows (`process/windows.rs`).
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::fmt::Display;
use std::thread;

use tokio::sync::{Semaphore, oneshot};

use super::lack::not_started;
use crate::ask::Why;

/// How many threads there are at once, as many as tokio has. One that hangs keeps its place to
/// the end of the run.
static ROOM: Semaphore = Semaphore::const_new(512);

/// Does something that may block. Dropped, it is no longer waited for, and goes on.
///
/// # Errors
///
/// [`Why::NotStarted`] when the system starts no thread.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Why> {
    let no_thread = |error: &dyn Display| not_started("a thread", error);
    let place = ROOM.acquire().await.map_err(|error| no_thread(&error))?;
    let (sender, receiver) = oneshot::channel();
    let working = move || {
        let done = work();
        drop(place);
        // Nobody waits any more, perhaps.
        let _ = sender.send(done);
    };
    thread::Builder::new().spawn(working).map_err(|error| no_thread(&error))?;
    receiver.await.map_err(|error| no_thread(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_longer_waited_for_keeps_nobody_waiting() {
        let slow = apart(|| thread::sleep(std::time::Duration::from_secs(60)));
        assert!(tokio::time::timeout(std::time::Duration::from_millis(10), slow).await.is_err());
        let own = thread::current().id();
        assert_ne!(apart(|| thread::current().id()).await.unwrap(), own);
    }
}
