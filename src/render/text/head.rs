//! The head of a report: verdict, whose the missing hop is, what was recognised.

use crate::render::Style;
use crate::render::lang::Label;
use crate::render::paper::{Line, Paper};
use crate::render::theme::{Ink, ink, mark, state_of};
use crate::render::view;
use crate::render::width::columns;
use crate::report::{Report, State, Verdict};

/// The verdict line, with the code or the URL at its right.
pub(super) fn verdict(paper: &mut Paper<'_>, report: &Report, style: &Style) {
    let words = style.lang.words();
    let state = view::headline(report);
    let internal = view::is_internal(report);
    let word = words.verdict(report.verdict, internal);
    let port = report.target.port.as_deref().map(|port| format!(" port {port}")).unwrap_or_default();
    let target = format!("{}{port}", view::target(report));
    let word_ink = match report.verdict {
        _ if internal => Ink::Plain,
        Verdict::Degraded => Ink::Unsure,
        verdict => ink(state_of(verdict)),
    };
    let (mark, mark_ink) = mark(report.verdict, state, style.ascii);
    let line = Line::default().add(mark_ink, mark).plain(" ").add(word_ink, word).plain("  ").add(Ink::Strong, &target);

    let from = format!(" {}", words.from(report.viewer, &report.context.os));
    let code = view::root(report).map(|found| format!("[{}]", found.finding.code()));
    let url = view::urls(report).next().filter(|_| report.verdict == Verdict::Reachable);
    let open = words.label(Label::Open);
    let right = match (url, &code) {
        (Some(url), _) => columns(open) + 4 + columns(url),
        (None, Some(code)) => columns(code) + 2,
        (None, None) => 0,
    };
    let fits = line.columns() + columns(&from) + right <= style.columns();
    let mut line = line.plain(&from);
    match url {
        Some(url) if fits => line = line.plain("  ").plain(open).plain("  ").add(Ink::Hint, url),
        Some(_) => {}
        None => {
            if let Some(code) = code.filter(|_| fits) {
                line = line.right(ink(state_of(report.verdict)), &code, style.columns());
            }
        }
    }
    paper.push(line);
    // Other URLs of the same Service stand with the other roads.
    let works = matches!(report.verdict, Verdict::Reachable | Verdict::Degraded);
    if let Some(url) = view::urls(report).next().filter(|_| works && !(url.is_some() && fits)) {
        paper.push(Line::indented(2).plain(open).plain("  ").add(Ink::Hint, url));
    }
    if let (false, None, Some(found)) = (fits, url, view::root(report)) {
        paper.push(Line::indented(2).add(ink(State::Missing), &format!("[{}]", found.finding.code())));
    }
}

/// Whose the missing hop is, in one or two sentences.
pub(super) fn summary(paper: &mut Paper<'_>, report: &Report, style: &Style) {
    let text = style.lang.words().summary(&view::summary(report), &report.environment);
    if !text.is_empty() {
        paper.words(2, Ink::Plain, &text);
    }
}

/// What was recognised, so that a wrong guess is noticed at once.
pub(super) fn context(paper: &mut Paper<'_>, report: &Report, style: &Style) {
    let words = style.lang.words();
    let mut text = words.context(&report.context, &report.environment);
    if let Some(service) = view::through(report) {
        text.push_str(", ");
        text.push_str(&words.through(service));
    }
    if let Some(port) = view::focus(report).filter(|_| report.ports.len() > 1) {
        text.push_str(", ");
        text.push_str(&view::port(port, words));
    }
    paper.words(2, Ink::Plain, &text);
}
