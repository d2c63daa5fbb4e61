//! Lines of text in the making. Whatever is written on them has been cleaned: this is the
//! one door from untrusted strings to a terminal.

use super::Style;
use super::clean::{ascii, clean};
use super::shell;
use super::theme::{Ink, paint};
use super::width::{columns, wrap};
use crate::report::TextFile;

/// Longer than any name that Kubernetes gives out, twice.
const LONGEST: usize = 500;

/// One line: pieces of text and their ink.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Vec<(Ink, String)>);

impl Line {
    /// A line that starts with blanks.
    pub(super) fn indented(by: usize) -> Self {
        Self::default().to(by)
    }

    /// Adds text. A word that no page could hold is cut, unless it is a part of a command.
    pub(super) fn add(mut self, ink: Ink, text: &str) -> Self {
        let long = ink != Ink::Command && text.len() > LONGEST && text.chars().count() > LONGEST;
        let cut: String = if long { text.chars().take(LONGEST).chain("...".chars()).collect() } else { String::new() };
        self.0.push((ink, clean(if long { &cut } else { text }).into_owned()));
        self
    }

    /// Adds words.
    pub(super) fn plain(self, text: &str) -> Self {
        self.add(Ink::Plain, text)
    }

    /// Adds blanks up to a column.
    pub(super) fn to(mut self, column: usize) -> Self {
        let missing = column.saturating_sub(self.columns());
        self.0.push((Ink::Plain, " ".repeat(missing)));
        self
    }

    /// Adds text at the right edge, or after two blanks where the line is too full.
    pub(super) fn right(self, ink: Ink, text: &str, width: usize) -> Self {
        let column = width.saturating_sub(columns(text)).max(self.columns() + 2);
        self.to(column).add(ink, text)
    }

    /// Columns so far.
    pub(super) fn columns(&self) -> usize {
        self.0.iter().map(|(_, text)| columns(text)).sum()
    }

    fn finish(&self, style: &Style, out: &mut String) {
        let full = self.0.iter().rposition(|(_, text)| !text.trim_end().is_empty()).map_or(0, |last| last + 1);
        for (index, (ink, text)) in self.0[..full].iter().enumerate() {
            let text = if index + 1 == full { text.trim_end() } else { text };
            let text = if style.ascii { ascii(text) } else { text.into() };
            if style.colour && !text.trim().is_empty() {
                out.push_str(&paint(*ink, &text))
            } else {
                out.push_str(&text)
            }
        }
        out.push('\n');
    }
}

/// Lines, top to bottom.
#[derive(Debug, Clone)]
pub(super) struct Paper<'a> {
    style: &'a Style,
    lines: Vec<Line>,
}

impl<'a> Paper<'a> {
    /// Empty.
    pub(super) fn new(style: &'a Style) -> Self {
        Self { style, lines: Vec::new() }
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Adds an empty line, unless there is one or nothing stands above it.
    pub(super) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.columns() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// Adds words, broken into lines.
    pub(super) fn words(&mut self, indent: usize, ink: Ink, text: &str) {
        let text = clean(text);
        for line in wrap(&text, self.style.columns() - indent) {
            self.push(Line::indented(indent).add(ink, &line));
        }
    }

    /// Adds words behind the start of a line; further lines stand below them.
    pub(super) fn hanging(&mut self, start: Line, ink: Ink, text: &str) {
        let column = start.columns();
        let text = clean(text);
        let mut start = Some(start);
        for line in wrap(&text, self.style.columns().saturating_sub(column).max(20)) {
            self.push(start.take().unwrap_or_default().to(column).add(ink, &line));
        }
    }

    /// Adds a command, on a line of its own or broken the way its shell allows.
    pub(super) fn command(&mut self, indent: usize, argv: &[String]) {
        for line in shell::lines(argv, self.style.shell, self.style.columns() - indent) {
            self.push(Line::indented(indent).add(Ink::Command, &line));
        }
    }

    /// Adds the command that writes a file, as it has to be pasted.
    pub(super) fn file(&mut self, file: &TextFile) {
        for line in shell::file(file, self.style.shell) {
            self.push(Line::default().add(Ink::Command, &line));
        }
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The finished text.
    pub(super) fn finish(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            line.finish(self.style, &mut out);
        }
        out
    }
}
