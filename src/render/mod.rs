//! From a report to bytes. Decides nothing: no environment, no terminal, no printing.
//!
//! One file per format; the words stand in one place per language, [`lang`]. Every text
//! that came from a cluster, a file or a process passes [`clean`] on its way out: the
//! terminal formats through `paper::Line`, the data formats through `json::Text`.

pub mod clean;
mod environment;
mod json;
pub mod lang;
mod markdown;
mod overview;
pub mod page;
mod paper;
pub mod shell;
mod text;
mod theme;
mod view;
pub(crate) mod width;
mod yaml;

#[cfg(test)]
#[path = "../../tests/support/samples.rs"]
mod sample;
#[cfg(test)]
mod tests;

use crate::report::Outcomes;
use lang::Lang;
use shell::Shell;

/// What is produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a reader at a terminal. Not a stable interface.
    Text,
    /// For programs.
    Json,
    /// The same values as YAML.
    Yaml,
    /// For an issue.
    Markdown,
}

/// How much of a report is printed as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// `-q`: the verdict and the first command.
    Quiet,
    /// One screen.
    #[default]
    Normal,
    /// `-v`: everything.
    Verbose,
}

/// How a report is printed as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. Text is laid out for 60 to 100; below 60 the diagram goes.
    pub width: usize,
    /// Whether to colour. Colour only repeats what words say.
    pub colour: bool,
    /// Whether to use nothing but ASCII.
    pub ascii: bool,
    /// How much to say.
    pub verbosity: Verbosity,
    /// The shell that commands are pasted into.
    pub shell: Shell,
    /// The language of the words.
    pub lang: Lang,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 80,
            colour: false,
            ascii: false,
            verbosity: Verbosity::Normal,
            shell: Shell::Posix,
            lang: Lang::En,
        }
    }
}

impl Style {
    /// The columns that text is laid out for.
    pub(crate) fn columns(&self) -> usize {
        self.width.clamp(60, 100)
    }
}

/// Renders what a run produced. The result ends with a newline.
pub fn render(outcomes: &Outcomes, format: Format, style: &Style) -> String {
    match format {
        Format::Json => json::render(outcomes, style.lang),
        Format::Yaml => yaml::render(outcomes, style.lang),
        Format::Markdown => markdown::render(outcomes, style),
        Format::Text => match outcomes {
            Outcomes::Path(report) => text::render(report, style),
            Outcomes::Overview(overview) => overview::render(overview, style),
            Outcomes::Environment(report) => environment::render(report, style),
        },
    }
}
