//! `docs/cli.md` is what `--help` says, and the examples in there are command lines that
//! netpath takes. `NETPATH_BLESS=1 cargo test --test cli_reference` writes the page anew.
#![allow(clippy::disallowed_methods, reason = "a test reads the files of the repository")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory, Parser};
use netpath::cli::Cli;

/// The commands that are no secret, with how they are called.
fn commands() -> Vec<(String, Command)> {
    let mut root = Cli::command().term_width(80);
    root.build();
    let shown = root.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set());
    let below: Vec<_> = shown
        .map(|command| (format!("kubectl netpath {}", command.get_name()), command.clone().term_width(80)))
        .collect();
    [vec![("kubectl netpath".to_owned(), root.clone())], below].concat()
}

fn page() -> String {
    let mut page =
        "# The command line\n\nWhat `--help` says, one section for each command; `-h` says less.\n".to_owned();
    for (name, mut command) in commands() {
        let help = command.render_long_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    }
    page
}

#[test]
fn the_page_is_what_help_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    if std::env::var_os("NETPATH_BLESS").is_some() {
        fs::write(&path, page()).expect("docs/cli.md");
    }
    let committed = fs::read_to_string(&path).expect("docs/cli.md");
    assert!(committed == page(), "docs/cli.md is out of date: NETPATH_BLESS=1 cargo test --test cli_reference");
}

#[test]
fn every_example_is_taken() {
    let mut found = 0;
    for (name, command) in commands() {
        let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        for line in examples.lines().filter_map(|line| line.strip_prefix("  kubectl netpath")) {
            let words = std::iter::once("kubectl-netpath").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_ok(), "{name}: {line}");
            found += 1;
        }
        assert!(examples.lines().all(|line| line.chars().count() <= 90), "{name}: an example is too wide");
    }
    assert!(found >= 20, "{found} examples");
}

#[test]
fn the_short_help_is_shorter_and_has_no_examples() {
    for (name, mut command) in commands() {
        let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
        assert!(short.lines().count() < long.lines().count(), "{name}");
        assert!(!short.contains("Examples:") && long.contains("Examples:"), "{name}");
        assert!(short.contains(&format!("Usage: {name}")), "{name}: {short}");
    }
}

/// Every flag of kubectl's about the connection (kubectl 1.34 `kubectl options`), but those
/// that docs/kubeconfig.md says are not there.
#[test]
fn the_connection_flags_are_kubectls() {
    let commands = commands();
    for name in ["explain", "env"] {
        let (_, command) = commands.iter().find(|(_, command)| command.get_name() == name).expect(name);
        for flag in [
            "as",
            "as-group",
            "as-uid",
            "as-user-extra",
            "certificate-authority",
            "client-certificate",
            "client-key",
            "cluster",
            "context",
            "insecure-skip-tls-verify",
            "kubeconfig",
            "namespace",
            "request-timeout",
            "server",
            "tls-server-name",
            "token",
            "user",
        ] {
            assert!(command.get_arguments().any(|argument| argument.get_long() == Some(flag)), "{name} --{flag}");
        }
    }
}
