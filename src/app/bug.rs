//! A bug in netpath itself.

use std::panic::{Location, PanicHookInfo};
use std::process::exit;

use super::output;

/// Makes a panic, on whatever thread, end the program with an error and exit code 1. Its own
/// message stays unprinted: the standard library's quote what is sliced or unwrapped, and
/// that may be a kubeconfig.
pub(super) fn ends_with_an_error() {
    std::panic::set_hook(Box::new(end));
}

fn end(panic: &PanicHookInfo<'_>) {
    output::error(&text(panic.location()));
    #[allow(clippy::exit, reason = "nothing is left to return to: panics abort")]
    exit(1)
}

fn text(at: Option<&Location<'_>>) -> String {
    let at = at.map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let issues = concat!(env!("CARGO_PKG_REPOSITORY"), "/issues");
    format!(
        "this is a bug in {name} {version}{at}\n  nothing was changed; please report it, with the command: {issues}"
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// The second time, in a process of its own, it panics.
    #[test]
    fn a_panic_says_where_and_not_what() {
        const AGAIN: &str = "NETPATH_TEST_PANICS";
        if std::env::var_os(AGAIN).is_some() {
            super::ends_with_an_error();
            let secret = String::from("token: é");
            let _ = std::thread::spawn(move || secret[..8].len()).join();
            unreachable!("the panic of any thread ends the program");
        }
        let name = std::thread::current().name().expect("a test's name").to_owned();
        let mut again = Command::new(std::env::current_exe().expect("this program"));
        let output = again.args([&name, "--exact", "--nocapture"]).env(AGAIN, "1").output().expect("a test runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("error: this is a bug in kubectl-netpath"), "{said}");
        assert!(said.contains("bug.rs:") && said.contains("/issues"), "{said}");
        assert!(!said.contains("token"), "{said}");
    }
}
