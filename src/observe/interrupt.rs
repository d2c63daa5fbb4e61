//! The end that somebody else wants: Ctrl-C, or another process.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::io;
use std::process::exit;
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
#[cfg(unix)]
use std::task::Poll;
use std::thread;

use tokio::runtime::Runtime;

use super::group;

static WATCHED: Mutex<bool> = Mutex::new(false);
static BEFORE: OnceLock<fn()> = OnceLock::new();

/// From now on the signals that would end the program anyway end the tools that it runs with
/// it: they lead process groups of their own, to which no Ctrl-C of the terminal comes. As long
/// as there is no tool the system does it as always, and a run that needs none is spared a
/// thread.
///
/// # Errors
///
/// When there is no thread to be had.
pub(super) fn watch() -> io::Result<()> {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*watched {
        start()?;
        *watched = true;
    }
    Ok(())
}

/// The same, with what takes away what must not stay on the terminal.
///
/// # Errors
///
/// When there is no thread to be had.
pub fn watch_and(before: fn()) -> io::Result<()> {
    BEFORE.get_or_init(|| before);
    watch()
}

/// On a thread of its own, since a pass of the core and a pipe that nobody reads keep the other
/// one.
fn start() -> io::Result<()> {
    let (told, caught) = mpsc::channel();
    let watching = move || match prepared() {
        Ok((runtime, signals)) => {
            let _ = told.send(Ok(()));
            let signal = runtime.block_on(signals.first());
            BEFORE.get().into_iter().for_each(|before| before());
            group::end_all();
            // As a shell reports the signal; who pressed the keys needs no words.
            #[allow(clippy::exit, reason = "there is nothing to return to: another thread has the program")]
            exit(128 + signal);
        }
        Err(error) => drop(told.send(Err(error))),
    };
    thread::Builder::new().spawn(watching)?;
    caught.recv().map_err(io::Error::other)?
}

fn prepared() -> io::Result<(Runtime, Signals)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let signals = {
        let _within = runtime.enter();
        Signals::caught()?
    };
    Ok((runtime, signals))
}

#[cfg(unix)]
struct Signals(Vec<(i32, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn caught() -> io::Result<Self> {
        use std::io::IsTerminal;
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // Under nohup it does not end the program; nohup takes the terminal away.
        if io::stderr().is_terminal() {
            kinds.push(SignalKind::hangup());
        }
        kinds.into_iter().map(|kind| Ok((kind.as_raw_value(), signal(kind)?))).collect::<io::Result<_>>().map(Self)
    }

    async fn first(mut self) -> i32 {
        std::future::poll_fn(|context| {
            for (number, signal) in &mut self.0 {
                if signal.poll_recv(context).is_ready() {
                    return Poll::Ready(*number);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// Windows tells all programs of a console by itself.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn caught() -> io::Result<Self> {
        Ok(Self)
    }

    async fn first(self) -> i32 {
        const SIGINT: i32 = 2;
        match tokio::signal::ctrl_c().await {
            Ok(()) => SIGINT,
            // Nobody can tell: the console does what it always does.
            Err(_) => std::future::pending().await,
        }
    }
}
