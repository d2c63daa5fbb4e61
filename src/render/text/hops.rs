//! Hops as aligned rows: glyph, number, title, evidence, source.

use super::Detail;
use crate::render::Style;
use crate::render::clean::clean;
use crate::render::lang::{Label, Language, Numbers};
use crate::render::paper::{Line, Paper};
use crate::render::theme::{Ink, glyph, ink};
use crate::render::view;
use crate::render::width::{columns, wrap_at_most};
use crate::report::{Evidence, Fact, Hop, HopId, Owner, Source, Stage, State};

/// Which rows are printed.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) enum Rows<'a> {
    /// The hops of a path, under the headings of the stages.
    Path(&'a [&'a Hop]),
    /// Hops without headings and numbers.
    List(&'a [&'a Hop]),
}

/// Headings of the rows, in the order of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    ApiServer(Owner),
    HostName,
    Stage(Stage, Owner),
    /// Stage 1 where the node is this computer itself: nobody's.
    OnTheNode,
    Pod,
}

/// Adds the rows. Says whether something was left out.
pub(in crate::render) fn rows(paper: &mut Paper<'_>, style: &Style, detail: &Detail, rows: Rows<'_>) -> bool {
    let (hops, headings) = match rows {
        Rows::Path(hops) => (hops, true),
        Rows::List(hops) => (hops, false),
    };
    let words = style.lang.words();
    let numbers = if headings { view::numbers(hops) } else { Numbers::default() };
    let table = Table::new(hops, headings, style);
    let mut group = None;
    let mut cut = false;
    for (index, hop) in hops.iter().enumerate() {
        let here = group_of(hop, hops);
        if headings && group != Some(here) {
            heading(paper, here, style);
            group = Some(here);
        }
        cut |= table.row(paper, index, hop, detail, words, &numbers);
    }
    cut
}

fn group_of(hop: &Hop, hops: &[&Hop]) -> Group {
    if hop.id == HopId::ApiServer {
        return Group::ApiServer(hop.owner);
    }
    if hop.id == HopId::HostName {
        return Group::HostName;
    }
    // The application gets a heading of its own only where it is the trouble.
    if hop.owner == Owner::Application && matches!(hop.state, State::Missing) {
        return Group::Pod;
    }
    let owner = match hop.stage {
        Stage::One if view::is_on_the_node(hops.iter().copied()) => return Group::OnTheNode,
        Stage::One => {
            let mut others = hops
                .iter()
                .filter(|hop| hop.stage == Stage::One && !matches!(hop.id, HopId::ApiServer | HopId::HostName));
            others.next().map_or(Owner::VirtualizationLayer, |first| first.owner)
        }
        Stage::Two => Owner::Kubernetes,
    };
    Group::Stage(hop.stage, owner)
}

fn heading(paper: &mut Paper<'_>, group: Group, style: &Style) {
    let words = style.lang.words();
    let (text, owner) = match group {
        Group::ApiServer(owner) => (words.label(Label::ApiServer), owner),
        Group::HostName => (words.label(Label::OnThisComputer), Owner::Client),
        Group::Stage(stage, owner) => (words.stage(stage), owner),
        Group::OnTheNode => {
            let line = Line::indented(2).add(Ink::Strong, words.stage(Stage::One));
            return paper.push(line.right(Ink::Plain, words.label(Label::NoLayer), style.columns()));
        }
        Group::Pod => (words.label(Label::InThePod), Owner::Application),
    };
    let owner = format!("{} {}", words.label(Label::Owner), words.owner(owner));
    paper.push(Line::indented(2).add(Ink::Strong, text).right(Ink::Plain, &owner, style.columns()));
}

/// Where the columns stand.
struct Table<'a> {
    style: &'a Style,
    indent: usize,
    title: usize,
    evidence: usize,
    source: usize,
    numbered: bool,
}

impl<'a> Table<'a> {
    fn new(hops: &[&Hop], numbered: bool, style: &'a Style) -> Self {
        let words = style.lang.words();
        let number = if numbered { if hops.len() > 9 { 3 } else { 2 } } else { 0 };
        let indent = if numbered { 2 } else { 4 };
        let title = indent + columns(glyph(State::Present, style.ascii)) + 1 + number;
        let widest = hops.iter().map(|hop| columns(words.hop(hop.id))).max().unwrap_or(0);
        let sources = hops.iter().flat_map(|hop| &hop.evidence).map(|seen| columns(&words.source(seen.source)));
        let source = sources.max().unwrap_or(0).min(16);
        Self { style, indent, title, evidence: title + widest + 2, source: style.columns() - source, numbered }
    }

    fn row(
        &self,
        paper: &mut Paper<'_>,
        index: usize,
        hop: &Hop,
        detail: &Detail,
        words: &dyn Language,
        numbers: &Numbers,
    ) -> bool {
        let mut line = Line::indented(self.indent).add(ink(hop.state), glyph(hop.state, self.style.ascii)).plain(" ");
        if self.numbered {
            line = line.plain(&(index + 1).to_string());
        }
        let mut line = Some(line.to(self.title).plain(words.hop(hop.id)));

        let said = statements(hop, words, numbers);
        let follows = hop.finding.is_none() && hop.evidence.iter().any(|seen| matches!(seen.fact, Fact::Behind { .. }));
        let most = match hop.state {
            State::Present => detail.present,
            _ if follows => detail.behind,
            _ => detail.wanting,
        };
        let mut cut = said.len() > most;
        for (text, source) in said.iter().take(most) {
            let text = clean(text);
            let width = self.source - 2 - self.evidence;
            // What is not there is cut to one line last of all.
            let whole = hop.state == State::Present || !detail.diagram;
            let lines = if whole { detail.lines } else { detail.lines.max(2) };
            let parts = wrap_at_most(&text, width, lines);
            cut |= parts.last().is_some_and(|last| last.ends_with(" ..."));
            let mut source = source.map(|source| words.source(source));
            for part in &parts {
                let mut row = line.take().unwrap_or_default().to(self.evidence).plain(part);
                if row.columns() + 2 <= self.source
                    && let Some(source) = source.take()
                {
                    row = row.to(self.source).add(Ink::Faint, &source);
                }
                paper.push(row);
            }
            if let Some(source) = source {
                paper.push(Line::indented(self.source).add(Ink::Faint, &source));
            }
        }
        if let Some(line) = line {
            paper.push(line);
        }
        cut
    }
}

/// Columns of a statement that leave room for "because of hop 4" on the same line.
const SHORT: usize = 28;

/// What is said about a hop: each text with its source.
fn statements(hop: &Hop, words: &dyn Language, numbers: &Numbers) -> Vec<(String, Option<Source>)> {
    let is_behind = |seen: &&Evidence| matches!(seen.fact, Fact::Behind { .. });
    let behind = hop.evidence.iter().find(is_behind);
    let because = behind.map(|seen| words.because(&seen.fact, numbers));
    let behind = behind.map(|seen| words.fact(&seen.fact, numbers));
    let mut said: Vec<(String, Option<Source>)> = hop
        .evidence
        .iter()
        .filter(|seen| !is_behind(seen))
        .map(|seen| (words.fact(&seen.fact, numbers), shown(seen.source)))
        .collect();
    match (behind, said.first_mut()) {
        (Some(_), Some(first)) if columns(&first.0) <= SHORT => {
            first.0 = format!("{}, {}", first.0, because.unwrap_or_default());
        }
        (Some(behind), _) => said.insert(0, (behind, None)),
        (None, Some(_)) => {}
        (None, None) if matches!(hop.state, State::Present | State::NotNeeded) => {}
        (None, None) => said.push((words.state(hop.state).to_owned(), None)),
    }
    said
}

/// Conclusions have no source of their own.
fn shown(source: Source) -> Option<Source> {
    Some(source).filter(|source| !matches!(source, Source::Inference))
}
