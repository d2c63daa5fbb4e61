//! One line on stderr while something slow is awaited: only on a terminal, only after a
//! moment, gone before the report.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::answers::Answers;
use crate::ask::Ask;
use crate::cli::PrintArgs;
use crate::observe::interrupt;
use crate::render::clean::clean;
use crate::render::width::cut;

/// Nothing is said before this: a healthy run is over by then.
const PATIENCE: Duration = Duration::from_millis(300);

/// The progress line.
pub(super) struct Progress {
    enabled: bool,
    waiting: RefCell<String>,
}

impl Progress {
    /// A line for a run with these flags.
    pub(super) fn new(print: &PrintArgs) -> Self {
        // A dumb terminal cannot take a line back.
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let enabled = std::io::stderr().is_terminal() && !dumb && !print.quiet && std::env::var_os("CI").is_none();
        Self { enabled, waiting: RefCell::default() }
    }

    /// Notes what is awaited now.
    pub(super) fn waiting_for(&self, answers: &Answers, open: Option<&Ask>) {
        if let Some(ask) = open.filter(|_| self.enabled) {
            let pages = answers.count(|ask| matches!(ask, Ask::Api(path) if path.contains("&continue=")));
            *self.waiting.borrow_mut() = words(ask, pages);
        }
    }

    /// Shows the line while a future runs, and takes it away afterwards.
    pub(super) async fn beside<T>(&self, future: impl Future<Output = T>) -> T {
        tokio::pin!(future);
        if !self.enabled {
            return future.await;
        }
        let mut shown = false;
        loop {
            tokio::select! {
                done = &mut future => {
                    if shown {
                        self.print("");
                    }
                    return done;
                }
                () = tokio::time::sleep(PATIENCE) => {
                    if !shown {
                        // Who ends the program takes it away; without, Ctrl-C only looks worse.
                        let _ = interrupt::watch_and(|| write(""));
                    }
                    shown = true;
                    self.print(&self.waiting.borrow());
                }
            }
        }
    }

    fn print(&self, text: &str) {
        let line = line(text, super::output::terminal_width());
        write(&line);
    }
}

/// Carriage return and "erase to the end of the line", and another line.
fn write(line: &str) {
    let _ = write!(std::io::stderr(), "\r\x1b[K{line}").and_then(|()| std::io::stderr().flush());
}

/// One line of a terminal: names are untrusted text, and a second line could not be taken
/// back. The last column stays free, where some terminals begin the next line.
fn line(text: &str, columns: usize) -> String {
    cut(&clean(text), columns.saturating_sub(1))
}

fn words(ask: &Ask, pages: usize) -> String {
    match ask {
        Ask::Host
        | Ask::Kubeconfig
        | Ask::Variable(_)
        | Ask::File(_)
        | Ask::EngineEndpoint(_)
        | Ask::LimaLog { .. }
        | Ask::MinikubeProcesses
        | Ask::Listeners(_)
        | Ask::Route(_)
        | Ask::Wsl
        | Ask::WslMode
        | Ask::WslSettings
        | Ask::Sockets(_)
        | Ask::WindowsReserved => "looking at this computer ...".into(),
        Ask::LimaInstances { .. } => "asking limactl for its VMs ...".into(),
        Ask::EngineInfo(engine) => format!("asking {engine} about itself ..."),
        Ask::MinikubeStatus { profile } => format!("asking minikube about the profile {profile} ..."),
        Ask::Containers { engine, .. } => format!("asking {engine} about the node's container ..."),
        Ask::Api(_) if pages > 0 => format!("reading from the API server, {pages} more pages so far ..."),
        Ask::Api(_) | Ask::Metadata(_) => "reading from the API server ...".into(),
        Ask::Proxy(_) | Ask::Forward { .. } => "asking the application through the API server ...".into(),
        Ask::Probe(probe) => format!("probing {} ...", probe.to),
        Ask::FromWindows(probe) => format!("asking {} from Windows ...", probe.to.at()),
        Ask::Resolve(name) => format!("looking up {name} ..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_whatever_a_name_holds() {
        let of = |name: &str| line(&words(&Ask::MinikubeStatus { profile: name.into() }, 0), 60);
        assert_eq!(of("dev"), "asking minikube about the profile dev ...");
        let hostile = of("m\u{1b}]0;PWNED\u{7}\u{202e}\r\nx");
        assert!(!hostile.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{hostile:?}");
        let long = of(&"x".repeat(200));
        assert_eq!((long.len(), long.ends_with("x ...")), (59, true), "{long}");
        // Each of them takes two columns.
        assert_eq!(line(&"\u{30dd}".repeat(40), 60).chars().count(), 27 + 4);
        assert_eq!(line("abc", 0), "");
    }
}
