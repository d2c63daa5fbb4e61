//! What the context points at.

use super::lang::Label;
use super::paper::{Line, Paper};
use super::text::{NORMAL, Rows, ThenOpen, remedies, rows, unobserved};
use super::theme::{Ink, glyph};
use super::{Style, Verbosity};
use crate::report::{EnvironmentReport, Evidence, Hop, State};

/// Renders the report on the environment.
pub(super) fn render(report: &EnvironmentReport, style: &Style) -> String {
    let words = style.lang.words();
    let mut paper = Paper::new(style);
    paper.words(0, Ink::Plain, &words.context(&report.context, &report.environment));
    if style.verbosity == Verbosity::Quiet {
        return paper.finish();
    }

    let sources: Vec<_> = report.environment.because.iter().map(|seen| words.source(seen.source)).collect();
    let facts = &report.environment.because;
    if !facts.is_empty() {
        paper.gap();
        paper.push(Line::indented(2).add(Ink::Strong, words.label(Label::Because)));
    }
    for (Evidence { fact, .. }, source) in facts.iter().zip(sources) {
        paper.words(4, Ink::Plain, &format!("{} ({source})", words.fact(fact, &super::lang::Numbers::default())));
    }

    if !report.environment.boundaries.is_empty() {
        paper.gap();
        paper.push(Line::indented(2).add(Ink::Strong, words.label(Label::Boundaries)));
    }
    for wall in &report.environment.boundaries {
        paper.push(
            Line::indented(4).plain(words.boundary(wall.kind)).plain(&format!(" \"{}\": {}", wall.name, wall.state)),
        );
    }

    paper.gap();
    paper.push(Line::indented(2).add(Ink::Strong, words.label(Label::Doors)));
    if report.doors.is_empty() {
        paper.words(4, Ink::Plain, words.label(Label::NoDoors));
    }
    let doors: Vec<&Hop> = report.doors.iter().collect();
    rows(&mut paper, style, &NORMAL, Rows::List(&doors));

    if let Some(found) = &report.blocked {
        let code = found.finding.code();
        paper.gap();
        let line = Line::indented(2).add(Ink::Bad, glyph(State::Missing, style.ascii)).plain(" ");
        paper.push(line.plain(&words.finding(&found.finding)).right(Ink::Bad, &format!("[{code}]"), style.columns()));
        let summary = super::view::summary_of(&found.finding);
        paper.words(2, Ink::Plain, &words.summary(&summary, &report.environment));
        paper.gap();
        remedies(&mut paper, found, &ThenOpen::default(), style, 3);
        paper.gap();
        let line = Line::indented(2).plain(words.label(Label::WhyThisHappens)).plain("  ");
        paper.push(line.add(Ink::Hint, &format!("kubectl netpath explain {code}")));
    }
    if !report.unobserved.is_empty() {
        paper.gap();
        unobserved(&mut paper, &report.unobserved, style, usize::MAX);
    }
    if style.verbosity == Verbosity::Verbose {
        paper.gap();
        paper.words(2, Ink::Faint, &words.took(&report.took));
    }
    paper.finish()
}
