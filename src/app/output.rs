//! Where bytes leave: reports to stdout, everything else to stderr.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::cli::{Colour, LangArg, Output, PrintArgs};
use crate::render::clean::clean;
use crate::render::lang::Lang;
use crate::render::shell::Shell;
use crate::render::{Format, Style, Verbosity, render};
use crate::report::Outcomes;

/// Prints a report in the format that was asked for.
pub(super) fn report(outcomes: &Outcomes, print: &PrintArgs) -> io::Result<()> {
    let format = match print.output {
        Output::Text => Format::Text,
        Output::Json => Format::Json,
        Output::Yaml => Format::Yaml,
        Output::Markdown => Format::Markdown,
    };
    write(&render(outcomes, format, &style(print)))
}

/// Writes to stdout.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    unless_nobody_reads(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// A reader that has gone away (`| head`) is no error. Any other, such as a disk that is
/// full, is one: half a report is none.
pub(super) fn unless_nobody_reads(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Writes an error to stderr, as kubectl does.
pub(super) fn error(text: &str) {
    let lines: Vec<_> = text.lines().map(clean).collect();
    let _ = writeln!(io::stderr(), "error: {}", lines.join("\n"));
}

/// How to print, by flags, terminal and environment.
pub(super) fn style(print: &PrintArgs) -> Style {
    let stdout = io::stdout();
    let colour = match print.color {
        Colour::Always => true,
        Colour::Never => false,
        // NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM and the terminal, in one place.
        Colour::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let verbosity = match (print.quiet, print.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    Style {
        width: if stdout.is_terminal() { terminal_width() } else { 80 },
        colour,
        ascii: print.ascii || !speaks_utf8(),
        verbosity,
        shell: if cfg!(windows) { Shell::PowerShell } else { Shell::Posix },
        lang: match print.lang {
            LangArg::En => Lang::En,
        },
    }
}

pub(super) fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(80)
}

/// Whether the locale says UTF-8. No locale at all says nothing: terminals of today do.
fn speaks_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    locale.is_empty() || cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}

/// Writes a remark that is no part of the report to stderr.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
