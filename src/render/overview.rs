//! All Services of a namespace: one line each.

use std::cmp::Reverse;

use super::lang::{Label, Language, Numbers};
use super::paper::{Line, Paper};
use super::text::{ThenOpen, remedies, unobserved};
use super::theme::{Ink, glyph, ink, mark};
use super::width::columns;
use super::{Style, Verbosity, view};
use crate::report::{Overview, Report, Stage, State, Verdict};

/// Renders an overview.
pub(super) fn render(overview: &Overview, style: &Style) -> String {
    let words = style.lang.words();
    let mut paper = Paper::new(style);
    paper.words(0, Ink::Plain, &words.context(&overview.context, &overview.environment));
    paper.gap();

    if let Some(found) = &overview.blocked {
        let code = found.finding.code();
        let line = Line::indented(2).add(Ink::Bad, glyph(State::Missing, style.ascii)).plain(" ");
        paper.push(line.plain(&words.finding(&found.finding)).right(Ink::Bad, &format!("[{code}]"), style.columns()));
        let summary = super::view::summary_of(&found.finding);
        paper.words(2, Ink::Plain, &words.summary(&summary, &overview.environment));
        paper.gap();
        remedies(&mut paper, found, &ThenOpen::default(), style, most(style));
        paper.gap();
        let line = Line::indented(2).plain(words.label(Label::WhyThisHappens)).plain("  ");
        paper.push(line.add(Ink::Hint, &format!("kubectl netpath explain {code}")));
        return paper.finish();
    }

    if overview.items.is_empty() {
        paper.words(2, Ink::Plain, words.label(Label::NoServices));
    } else {
        let rows = rows(&overview.items, style);
        table(&mut paper, &rows, style, words);
        let fine = overview.items.iter().filter(|item| is_fine(item)).count();
        if rows.len() < overview.items.len() {
            paper.words(2, Ink::Faint, &words.not_listed(fine, overview.items.len() - rows.len() - fine));
        }
        paper.gap();
        paper.words(2, Ink::Plain, &words.counts(&view::counts(&overview.items)));
        if let Some(first) = rows.iter().find(|item| !is_fine(item)) {
            let line = Line::indented(2).plain(words.label(Label::MoreAboutOne)).plain("  ");
            paper.push(line.add(Ink::Hint, &explain(first)));
        }
    }
    if !overview.unobserved.is_empty() {
        paper.gap();
        unobserved(&mut paper, &overview.unobserved, style, most(style));
    }
    if style.verbosity == Verbosity::Verbose {
        paper.gap();
        paper.words(2, Ink::Faint, &words.took(&overview.took));
    }
    paper.finish()
}

/// More Services than this are no table that anybody reads: then it is those that need a
/// look, the worst first.
const READABLE: usize = 60;
/// How many of those.
const FIRST: usize = 30;

/// The items that get a line.
fn rows<'a>(items: &'a [Report], style: &Style) -> Vec<&'a Report> {
    if items.len() <= READABLE || style.verbosity == Verbosity::Verbose {
        return items.iter().collect();
    }
    let mut rows: Vec<&Report> = items.iter().filter(|item| !is_fine(item)).collect();
    rows.sort_by_key(|item| Reverse(item.verdict.rank()));
    rows.truncate(FIRST);
    rows
}

/// Whether there is nothing to do about it.
fn is_fine(item: &Report) -> bool {
    view::is_internal(item) || view::headline(item) == State::Present
}

fn most(style: &Style) -> usize {
    match style.verbosity {
        Verbosity::Quiet => 1,
        Verbosity::Normal => 3,
        Verbosity::Verbose => usize::MAX,
    }
}

fn explain(report: &Report) -> String {
    format!("kubectl netpath explain svc/{} -n {}", report.target.name, report.target.namespace)
}

fn table(paper: &mut Paper<'_>, items: &[&Report], style: &Style, words: &dyn Language) {
    if items.is_empty() {
        return;
    }
    let several = items.iter().any(|item| item.target.namespace != items[0].target.namespace);
    let name = |item: &Report| match several {
        true => format!("{}/svc/{}", item.target.namespace, item.target.name),
        false => format!("svc/{}", item.target.name),
    };
    let widest = |label: Label, values: &mut dyn Iterator<Item = usize>| {
        values.max().unwrap_or(0).max(columns(words.label(label))) + 2
    };
    let start = 2 + columns(glyph(State::Present, style.ascii)) + 1;
    let kind = start + widest(Label::Target, &mut items.iter().map(|item| columns(&name(item))));
    let one = kind
        + widest(
            Label::Type,
            &mut items.iter().map(|item| columns(item.target.service_type.as_deref().unwrap_or("?"))),
        );
    let two = one + columns(words.label(Label::StageOne)).max(7) + 2;
    let open = two + columns(words.label(Label::StageTwo)).max(7) + 2;

    let head = Line::indented(start).plain(words.label(Label::Target)).to(kind).plain(words.label(Label::Type));
    let head = head.to(one).plain(words.label(Label::StageOne)).to(two).plain(words.label(Label::StageTwo));
    paper.push(head.to(open).plain(words.label(Label::OpenOrMissing)));
    for item in items {
        let state = view::headline(item);
        let stages = [Stage::One, Stage::Two].map(|stage| match view::is_internal(item) && stage == Stage::One {
            true => State::NotNeeded,
            false => view::stage(item, stage),
        });
        let (mark, mark_ink) = mark(item.verdict, state, style.ascii);
        let line = Line::indented(2).add(mark_ink, mark).to(start).plain(&name(item));
        let line = line.to(kind).plain(item.target.service_type.as_deref().unwrap_or("?"));
        let line = line.to(one).add(ink(stages[0]), words.state(stages[0]));
        let line = line.to(two).add(ink(stages[1]), words.state(stages[1])).to(open);
        let (ink, text) = last(item, words);
        paper.hanging(line, ink, &text);
    }
}

/// The URL, or the first missing hop, or why nothing is known.
fn last(item: &Report, words: &dyn Language) -> (Ink, String) {
    let url = view::urls(item).next();
    let verdict = |internal| words.verdict(item.verdict, internal).to_lowercase();
    match (url, view::root(item)) {
        (Some(url), None) => (Ink::Hint, url.clone()),
        (Some(url), Some(found)) if item.verdict == Verdict::Degraded => {
            (Ink::Hint, format!("{url} {} {}", found.finding.code(), words.finding(&found.finding)))
        }
        (_, Some(_)) if view::is_internal(item) => (Ink::Plain, verdict(true)),
        (_, Some(found)) => {
            let text = format!("{} {}", found.finding.code(), words.finding(&found.finding));
            (ink(super::theme::state_of(item.verdict)), text)
        }
        (None, None) => {
            let why = view::first_open(item).map(|fact| words.fact(fact, &Numbers::default()));
            (Ink::Unsure, why.unwrap_or_else(|| verdict(false)))
        }
    }
}
