//! Below the hops: other ports and roads, what is not known, and the remedies.

use super::{ALL, Detail, Rows, rows};
use crate::render::Style;
use crate::render::lang::{Label, Language, Numbers};
use crate::render::paper::{Line, Paper};
use crate::render::theme::{Ink, glyph, ink, mark, state_of};
use crate::render::view;
use crate::render::width::columns;
use crate::report::{
    Fact, Found, Hop, HopId, OtherService, PortReport, Report, Road, RoadId, Source, Stage, State, Unobserved,
};
use crate::request::Kind;

/// Other ports, other roads, other findings: one line each. Says whether some were left out.
pub(super) fn others(paper: &mut Paper<'_>, report: &Report, style: &Style, detail: &Detail) -> bool {
    let words = style.lang.words();
    let Some(focus) = view::focus(report) else { return false };
    let mut cut = false;
    let mut room = detail.others;

    let ports: Vec<_> = report.ports.iter().filter(|port| !std::ptr::eq(*port, focus)).collect();
    let label = words.label(Label::OtherPorts);
    for (index, port) in ports.iter().take(room).enumerate() {
        let line = Line::indented(2).plain(if index == 0 { label } else { "" }).to(2 + columns(label) + 2);
        let (line, ink, text) = other_port(line, report, port, style);
        paper.hanging(line, ink, &text);
    }
    cut |= ports.len() > room;
    room = room.saturating_sub(ports.len());

    let label = words.label(Label::OtherServices);
    for (index, other) in report.services.iter().take(room).enumerate() {
        let line = Line::indented(2).plain(if index == 0 { label } else { "" }).to(2 + columns(label) + 2);
        let (line, ink, text) = other_service(line, other, style);
        paper.hanging(line, ink, &text);
    }
    cut |= report.services.len() > room;
    room = room.saturating_sub(report.services.len());

    let root = view::root(report);
    let more = report
        .findings
        .iter()
        .filter(|found| !found.root && found.because.is_none() && !root.is_some_and(|root| std::ptr::eq(root, *found)));
    let more: Vec<_> = more.collect();
    for found in more.iter().take(room) {
        let code = found.finding.code();
        let own = report.target.kind == Kind::Pod && found.port.is_none();
        let label = if own { Label::ThisPod } else { Label::Also };
        let line = Line::indented(2).plain(words.label(label)).plain("  ");
        paper.hanging(line, Ink::Plain, &format!("{code} {}", words.finding(&found.finding)));
    }
    cut |= more.len() > room;
    room = room.saturating_sub(more.len());

    // The port-forward is no road of the path; where it helps it is a remedy.
    let first = focus.roads.first();
    let roads: Vec<&Road> = focus
        .roads
        .iter()
        .skip(1)
        .filter(|road| detail.all || says_more(road) || first.is_some_and(|first| shut(road, first).is_some()))
        .collect();
    let label = words.label(Label::OtherRoads);
    for (index, road) in roads.iter().take(room).enumerate() {
        let label = if index == 0 { label } else { "" };
        let line = Line::indented(2).plain(label).to(2 + columns(words.label(Label::OtherRoads)) + 2);
        paper.hanging(line, Ink::Plain, &format!("{}: {}", words.road(road.id), about(road, first, words)));
        if detail.all {
            let hops = view::hops(road, true);
            rows(paper, style, &ALL, Rows::List(&hops));
        }
    }
    cut |= roads.len() > room;
    cut
}

fn other_port(line: Line, report: &Report, port: &PortReport, style: &Style) -> (Line, Ink, String) {
    let words = style.lang.words();
    let state = match port.verdict {
        _ if view::is_internal(report) => State::NotNeeded,
        verdict => state_of(verdict),
    };
    let (mark, mark_ink) = mark(port.verdict, state, style.ascii);
    let line = line.add(mark_ink, mark).plain(" ").plain(&view::port(port, words));
    let line = line.plain("  ");
    let found = port.root.and_then(|code| view::root_of(report, port, code));
    match (port.urls.first(), port.root) {
        (Some(url), _) => (line, Ink::Hint, url.clone()),
        (None, Some(code)) => {
            let title = found.map_or_else(|| words.code(code), |found| words.finding(&found.finding));
            (line, ink(state), format!("{code} {title}"))
        }
        (None, None) => (line, ink(state), words.verdict(port.verdict, false).to_lowercase()),
    }
}

fn other_service(line: Line, other: &OtherService, style: &Style) -> (Line, Ink, String) {
    let words = style.lang.words();
    let internal = view::is_other_internal(other);
    let state = if internal { State::NotNeeded } else { state_of(other.verdict) };
    let line = line.add(ink(state), glyph(state, style.ascii)).plain(&format!(" svc/{}  ", other.name));
    let code = other.root.filter(|_| !internal).map(|code| format!(", {code} {}", words.code(code)));
    let verdict = words.verdict(other.verdict, internal).to_lowercase();
    (line, ink(state), format!("{verdict}{}", code.unwrap_or_default()))
}

/// Whether a road adds something to the one that is shown in full: it answers, or it is
/// closed before the node. What stops behind the node stops all roads alike.
fn says_more(road: &Road) -> bool {
    road.state == State::Present || to_node(road).any(|hop| !is_open(hop))
}

/// The hops that decide whether a road gets to the node.
fn to_node(road: &Road) -> impl Iterator<Item = &Hop> {
    let before = |hop: &&Hop| hop.stage == Stage::One || hop.id == HopId::WayIn;
    road.hops.iter().filter(move |hop| before(hop) && hop.id != HopId::ApiServer)
}

fn is_open(hop: &Hop) -> bool {
    matches!(hop.state, State::Present | State::NotNeeded)
}

/// The node port where a road is shut and the first one is not.
fn shut<'a>(road: &'a Road, first: &Road) -> Option<&'a Hop> {
    let closed = |road: &'a Road| road.hops.iter().find(|hop| hop.id == HopId::NodePort && hop.state == State::Missing);
    let open = first.hops.iter().all(|hop| hop.id != HopId::NodePort || hop.state != State::Missing);
    closed(road).filter(|_| open)
}

/// One line about a road: its URL where it answers, else what stops it on the way to the
/// node. Behind the node all roads are one.
fn about(road: &Road, first: Option<&Road>, words: &dyn Language) -> String {
    // An answer that the name in the URL does not lead to is none of that URL's.
    let whole = road.hops.iter().all(|hop| hop.state != State::Missing);
    if let (State::Present, Some(url), true) = (road.state, &road.url, whole) {
        return words.answers(url);
    }
    if let Some(seen) = first.and_then(|first| shut(road, first)).and_then(|hop| hop.evidence.first()) {
        return words.fact(&seen.fact, &Numbers::default());
    }
    let probed = to_node(road).flat_map(|hop| &hop.evidence).find(|seen| matches!(seen.fact, Fact::Probed { .. }));
    let closed = to_node(road).find(|hop| !is_open(hop)).and_then(|hop| hop.evidence.first());
    match (probed.or(closed), &road.url) {
        // The same address is another one on Windows.
        (Some(seen), _) if seen.source == Source::Windows => {
            format!("{} ({})", words.fact(&seen.fact, &Numbers::default()), words.source(seen.source))
        }
        (Some(seen), _) => words.fact(&seen.fact, &Numbers::default()),
        (None, Some(url)) => words.same_behind(url),
        (None, None) => words.state(road.state).to_owned(),
    }
}

/// What could not be observed, and what would settle it. Says whether some were left out.
pub(in crate::render) fn unobserved(
    paper: &mut Paper<'_>,
    unobserved: &[Unobserved],
    style: &Style,
    most: usize,
) -> bool {
    let words = style.lang.words();
    for missing in unobserved.iter().take(most) {
        let text = format!(
            "{} {} ({})",
            words.label(Label::NotObserved),
            words.subject(missing.what),
            words.why(&missing.why)
        );
        paper.words(2, Ink::Plain, &text);
        if !missing.settle.is_empty() {
            paper.words(4, Ink::Plain, words.to_find_out(missing.what));
        }
        for command in &missing.settle {
            paper.command(6, command);
        }
    }
    unobserved.len() > most
}

/// The remedies, side effects in the sentence above the command; after the first one the
/// URL that works then. Says whether some were left out.
pub(in crate::render) fn remedies(
    paper: &mut Paper<'_>,
    found: &Found,
    then: &ThenOpen<'_>,
    style: &Style,
    most: usize,
) -> bool {
    let words = style.lang.words();
    let shown = view::first_remedies(found, most);
    let hides_all_that_opens = view::only_detours(&shown) && shown.len() < found.remedies.len();
    for (index, remedy) in shown.into_iter().enumerate() {
        let text = words.remedy(remedy);
        let text = if index == 0 { text } else { words.alternative(&text) };
        let colon = if remedy.commands.is_empty() { "" } else { ":" };
        paper.words(2, Ink::Plain, &format!("{text}{colon}"));
        for file in &remedy.files {
            paper.file(file);
        }
        for command in &remedy.commands {
            paper.command(4, command);
        }
        let own = remedy.action.host_port().map(|port| then.on_this_computer(port));
        let url = own.as_deref().or(then.url).filter(|_| index == 0 && remedy.action.opens());
        if let Some(url) = url {
            paper.push(Line::indented(2).plain(words.label(Label::ThenOpen)).plain("  ").add(Ink::Hint, url));
        }
    }
    if hides_all_that_opens {
        let harmless = found.remedies.iter().any(|remedy| !remedy.files.is_empty() && !remedy.destructive);
        let label = if harmless { Label::OpensWithFile } else { Label::OpensForGood };
        paper.push(Line::indented(2).plain(words.label(label)).plain("  ").add(Ink::Hint, "-v"));
    }
    found.remedies.len() > most
}

/// What to open once the hop is there.
#[derive(Default)]
pub(in crate::render) struct ThenOpen<'a> {
    /// The URL, where the way in is there already.
    url: Option<&'a str>,
    /// Host and path that a front passes on.
    route: Option<&'a str>,
}

impl ThenOpen<'_> {
    /// The URL at a port of this computer.
    fn on_this_computer(&self, port: u16) -> String {
        let (host, path) = match self.route.and_then(|route| route.split_once('/')) {
            Some((host, path)) if host != "*" => (host, path),
            Some((_, path)) => ("127.0.0.1", path),
            None => ("127.0.0.1", ""),
        };
        match port {
            80 => format!("http://{host}/{path}"),
            _ => format!("http://{host}:{port}/{path}"),
        }
    }
}

/// What to open once the root of a report is out of the way.
pub(super) fn then_open(report: &Report) -> ThenOpen<'_> {
    let route = view::focus(report).and_then(|port| port.route.as_deref());
    ThenOpen { url: url_behind(report), route }
}

fn url_behind(report: &Report) -> Option<&str> {
    let road = view::focus(report).and_then(view::road)?;
    let has_way_in = road.hops.iter().any(|hop| hop.id == HopId::WayIn && hop.state == State::Present);
    let leads = !matches!(road.id, RoadId::PortForward | RoadId::None);
    road.url.as_deref().filter(|_| road.state == State::Missing && leads && has_way_in)
}
