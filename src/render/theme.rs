//! Glyphs and colours. The glyphs are of Unicode's "neutral" width, one cell in every
//! terminal; the sixteen ANSI colours follow the reader's own theme.

use owo_colors::OwoColorize;

use crate::report::{State, Verdict};

/// What a piece of text is; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words.
    Plain,
    /// There.
    Good,
    /// Missing.
    Bad,
    /// Unknown.
    Unsure,
    /// To be pasted.
    Command,
    /// URLs and pointers.
    Hint,
    /// Sources.
    Faint,
    /// Headings.
    Strong,
}

/// Colours a text.
pub(super) fn paint(ink: Ink, text: &str) -> String {
    match ink {
        Ink::Plain => text.to_owned(),
        Ink::Good | Ink::Command => text.green().to_string(),
        Ink::Bad => text.red().to_string(),
        Ink::Unsure => text.yellow().to_string(),
        Ink::Hint => text.cyan().to_string(),
        Ink::Faint => text.dimmed().to_string(),
        Ink::Strong => text.bold().to_string(),
    }
}

/// The colour of a state.
pub(super) fn ink(state: State) -> Ink {
    match state {
        State::Present => Ink::Good,
        State::Missing => Ink::Bad,
        State::Unknown => Ink::Unsure,
        State::NotNeeded => Ink::Plain,
    }
}

/// The glyph of a state.
pub(super) fn glyph(state: State, ascii: bool) -> &'static str {
    match (state, ascii) {
        (State::Present, false) => "✓",
        (State::Missing, false) => "✗",
        (State::Unknown, false) => "?",
        (State::NotNeeded, false) => "-",
        (State::Present, true) => "ok",
        (State::Missing, true) => "XX",
        (State::Unknown, true) => "??",
        (State::NotNeeded, true) => "--",
    }
}

/// The mark of a verdict and its colour. What works in part is neither fine nor broken.
pub(super) fn mark(verdict: Verdict, state: State, ascii: bool) -> (&'static str, Ink) {
    match (verdict, ascii) {
        (Verdict::Degraded, false) => ("~", Ink::Unsure),
        (Verdict::Degraded, true) => ("~~", Ink::Unsure),
        _ => (glyph(state, ascii), ink(state)),
    }
}

/// The state that a verdict looks like.
pub(super) fn state_of(verdict: Verdict) -> State {
    match verdict {
        Verdict::Reachable => State::Present,
        Verdict::Undetermined => State::Unknown,
        // Something behind it is missing: no check mark, and nothing is unknown.
        Verdict::Degraded | Verdict::Unreachable => State::Missing,
    }
}
