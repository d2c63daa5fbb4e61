//! The report on one target, for a reader: verdict first, commands last, one screen.
//!
//! The order is fixed: verdict, whose the missing hop is, diagram, what was recognised,
//! hops by stage, remedies, pointer to the code's page. Where that does not fit on one
//! screen, detail is left out step by step, and a last line says so.

mod diagram;
mod head;
mod hops;
mod rest;

use super::lang::{Label, Summary};
use super::paper::{Line, Paper};
use super::theme::Ink;
use super::view;
use super::width::columns;
use super::{Style, Verbosity};
use crate::report::{Action, Report, Verdict};

pub(super) use hops::{Rows, rows};
pub(super) use rest::{ThenOpen, remedies, unobserved};

/// Lines of one screen.
const SCREEN: usize = 30;

/// How much of each part is printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Evidence per hop that is there.
    pub(super) present: usize,
    /// Evidence per hop that is not.
    pub(super) wanting: usize,
    /// Evidence of hops that only follow from another one.
    pub(super) behind: usize,
    /// Lines per evidence.
    pub(super) lines: usize,
    /// Remedies.
    pub(super) remedies: usize,
    /// Other ports, other roads, other findings, each.
    pub(super) others: usize,
    /// Things that could not be observed.
    pub(super) unobserved: usize,
    /// The diagram.
    pub(super) diagram: bool,
    /// Hops of the other roads, and what it cost.
    pub(super) all: bool,
}

const ALL: Detail = Detail {
    present: usize::MAX,
    wanting: usize::MAX,
    behind: usize::MAX,
    lines: usize::MAX,
    remedies: usize::MAX,
    others: usize::MAX,
    unobserved: usize::MAX,
    diagram: true,
    all: true,
};

/// One screen full of detail.
pub(super) const NORMAL: Detail = Detail {
    present: 2,
    wanting: 4,
    behind: 2,
    lines: 3,
    remedies: 3,
    others: 4,
    unobserved: 3,
    diagram: true,
    all: false,
};

/// From one screen full of detail down to the least that is still an answer. Evidence of
/// the missing hop and the other ports go last.
const STEPS: [Detail; 12] = [
    NORMAL,
    LESS,
    Detail { wanting: 3, lines: 2, ..LESS },
    Detail { wanting: 3, lines: 2, remedies: 2, others: 3, ..LESS },
    Detail { wanting: 2, lines: 2, remedies: 2, others: 2, unobserved: 2, ..LESS },
    Detail { wanting: 2, lines: 2, remedies: 2, others: 1, unobserved: 1, ..LESS },
    Detail { wanting: 1, lines: 2, remedies: 2, others: 1, unobserved: 1, ..LESS },
    Detail { wanting: 2, lines: 2, remedies: 1, others: 1, unobserved: 1, ..LESS },
    Detail { wanting: 1, lines: 2, remedies: 1, others: 1, unobserved: 1, ..LESS },
    Detail { wanting: 1, lines: 1, remedies: 1, others: 1, unobserved: 1, ..LESS },
    Detail { wanting: 1, lines: 1, remedies: 1, others: 1, unobserved: 1, diagram: false, ..LESS },
    Detail { wanting: 1, lines: 1, remedies: 1, others: 0, unobserved: 1, diagram: false, ..LESS },
];

/// One statement for each hop that is not the trouble.
const LESS: Detail = Detail { present: 1, behind: 1, ..NORMAL };

/// Renders a report on one target.
pub(super) fn render(report: &Report, style: &Style) -> String {
    match style.verbosity {
        Verbosity::Quiet => quiet(report, style),
        Verbosity::Verbose => page(report, style, &ALL).finish(),
        Verbosity::Normal => {
            let mut pages = STEPS.iter().map(|detail| page(report, style, detail));
            let first_that_fits = pages.find(|page| page.len() <= SCREEN);
            first_that_fits.unwrap_or_else(|| page(report, style, &STEPS[STEPS.len() - 1])).finish()
        }
    }
}

/// The verdict and the first command.
fn quiet(report: &Report, style: &Style) -> String {
    let mut paper = Paper::new(style);
    head::verdict(&mut paper, report, style);
    let remedies = view::root(report).map(view::remedies).unwrap_or_default();
    let mut remedies = remedies.into_iter().filter(|remedy| !remedy.commands.is_empty());
    // Nobody gets a command that loses data without the words that say so.
    let remedy = remedies.clone().find(|remedy| !remedy.destructive).or_else(|| remedies.next());
    let settle = || match report.verdict {
        Verdict::Undetermined => report.unobserved.iter().find_map(|missing| missing.settle.first()),
        _ => None,
    };
    if let Some(remedy) = remedy.filter(|remedy| remedy.destructive || remedy.action == Action::PortForward) {
        paper.words(2, Ink::Plain, &format!("{}:", style.lang.words().remedy(remedy)));
    }
    if let Some(command) = remedy.and_then(|remedy| remedy.commands.first()).or_else(settle) {
        paper.command(2, command);
    }
    paper.finish()
}

fn page<'a>(report: &Report, style: &'a Style, detail: &Detail) -> Paper<'a> {
    let words = style.lang.words();
    let mut paper = Paper::new(style);
    let mut cut = false;

    head::verdict(&mut paper, report, style);
    head::summary(&mut paper, report, style);
    if detail.diagram && style.width >= 60 {
        paper.gap();
        diagram::draw(&mut paper, report, style);
    }
    paper.gap();
    head::context(&mut paper, report, style);

    if let Some(road) = view::focus(report).and_then(view::road) {
        paper.gap();
        cut |= rows(&mut paper, style, detail, Rows::Path(&view::hops(road, detail.all)));
    }
    paper.gap();
    cut |= rest::others(&mut paper, report, style, detail);

    let access = matches!(view::summary(report), Summary::Unreadable(_));
    if detail.all || report.verdict == Verdict::Undetermined || access {
        paper.gap();
        cut |= unobserved(&mut paper, &report.unobserved, style, detail.unobserved);
    }
    paper.gap();
    if let Some(found) = view::root(report) {
        cut |= remedies(&mut paper, found, &rest::then_open(report), style, detail.remedies);
    }
    if detail.all {
        paper.gap();
        paper.words(2, Ink::Faint, &words.took(&report.took));
    }
    paper.gap();
    pointer(&mut paper, report, style, cut);
    paper
}

/// Where to read on.
fn pointer(paper: &mut Paper<'_>, report: &Report, style: &Style, cut: bool) {
    let words = style.lang.words();
    let code = view::root(report).map(|found| found.finding.code());
    let mut line = Line::indented(2);
    if let Some(code) = code {
        line = line.plain(words.label(Label::WhyThisHappens)).plain("  ");
        line = line.add(Ink::Hint, &format!("kubectl netpath explain {code}"));
    }
    if cut {
        let more = columns(words.label(Label::Everything)) + columns("     -v");
        if line.columns() + more > style.columns() {
            paper.push(std::mem::replace(&mut line, Line::indented(2)));
        } else if code.is_some() {
            line = line.plain("   ");
        }
        line = line.plain(words.label(Label::Everything)).plain("  ").add(Ink::Hint, "-v");
    }
    if line.columns() > 2 {
        paper.push(line);
    }
}
