//! The two stages in three lines, with an X in the arrow of the missing one.

use crate::render::Style;
use crate::render::lang::Label;
use crate::render::paper::{Line, Paper};
use crate::render::theme::Ink;
use crate::render::view;
use crate::render::width::columns;
use crate::report::{BoundaryKind, Fact, Hop, HopId, Owner, Report, Stage, State, Verdict};

/// What an arrow shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrow {
    Whole,
    Missing,
    Unknown,
    /// The Service offers no road.
    None,
}

/// Draws it.
pub(super) fn draw(paper: &mut Paper<'_>, report: &Report, style: &Style) {
    let words = style.lang.words();
    let arrows = arrows(report);
    let arrow = |line: Line, arrow: Arrow| match arrow {
        Arrow::Whole => line.plain(" -------> "),
        Arrow::Missing => line.plain(" ---").add(Ink::Bad, "X").plain("---> "),
        Arrow::Unknown => line.plain(" ---").add(Ink::Unsure, "?").plain("---> "),
        Arrow::None => {
            let text = words.label(Label::NoRoad);
            let column = line.columns();
            line.plain("  ").plain(text).plain("  ").to(column + 10)
        }
    };
    let browser = words.label(Label::Browser);
    let plain = words.label(Label::Node).to_owned();
    let named = node(report).map(|name| format!("{plain} \"{name}\""));
    let rest = columns("  ") + columns(browser) + 3 * 10 + 1 + columns("Service") + columns("Pod X");
    let node = named.filter(|name| rest + columns(name) <= style.columns()).unwrap_or(plain);

    let line = Line::indented(2).plain(browser);
    let one = line.columns() + 1;
    let line = arrow(line, arrows[0]).plain(&node);
    let two = line.columns() + 1;
    let line = arrow(line, arrows[1]).plain("Service");
    let line = arrow(line, arrows[2]).plain("Pod");
    let broken = view::root(report).filter(|found| found.finding.owner() == Owner::Application);
    let broken = broken.filter(|_| report.verdict == Verdict::Unreachable);
    paper.push(if broken.is_some() { line.plain(" ").add(Ink::Bad, "X") } else { line });
    let road = view::focus(report).and_then(view::road).map_or(&[][..], |road| &road.hops);
    // Where nothing could be read there is no node on the road; what was recognised is left.
    let unread = || report.environment.is_this_computer() && road.iter().all(|hop| hop.id != HopId::NodeHost);
    let layer = if view::is_on_the_node(road.iter()) && view::stage(report, Stage::One) == State::NotNeeded {
        words.label(Label::NotNeeded)
    } else if view::is_on_the_node(road.iter()) || unread() {
        words.label(Label::NoLayer)
    } else {
        let node = road.iter().find(|hop| hop.id == HopId::NodeHost);
        words.owner(node.map_or(Owner::VirtualizationLayer, |hop| hop.owner))
    };
    for (left, right) in
        [(words.stage_name(Stage::One), words.stage_name(Stage::Two)), (layer, words.owner(Owner::Kubernetes))]
    {
        let line = Line::indented(one).plain(left);
        let column = two.max(line.columns() + 2);
        paper.push(line.to(column).plain(right));
    }
}

/// The container or VM that the node is, as the report's own road names it.
fn node(report: &Report) -> Option<&str> {
    let hops = view::focus(report).and_then(view::road).map_or(&[][..], |road| &road.hops);
    let seen = hops.iter().flat_map(|hop| &hop.evidence).find_map(|seen| match &seen.fact {
        Fact::Container { name, .. } | Fact::Machine { name, .. } => Some(name.as_str()),
        _ => None,
    });
    seen.or_else(|| {
        let mut walls = report.environment.boundaries.iter().rev();
        walls
            .find(|wall| matches!(wall.kind, BoundaryKind::Container | BoundaryKind::Vm))
            .map(|wall| wall.name.as_str())
    })
}

/// Which of the three arrows a hop belongs to.
fn place(hop: &Hop) -> usize {
    match hop.id {
        // A load balancer that a program in the cluster is to give.
        HopId::WayIn if hop.stage == Stage::Two => 1,
        HopId::HostName | HopId::ApiServer | HopId::NodeHost | HopId::WayIn => 0,
        HopId::NodePort | HopId::Controller | HopId::Route | HopId::Service => 1,
        HopId::Selector | HopId::Endpoints | HopId::Pods | HopId::Policy | HopId::App => 2,
    }
}

fn arrows(report: &Report) -> [Arrow; 3] {
    let whole_or_unknown = if report.verdict == Verdict::Reachable { Arrow::Whole } else { Arrow::Unknown };
    let Some(road) = view::focus(report).and_then(view::road) else { return [whole_or_unknown; 3] };
    let root = view::root(report);
    let works = matches!(view::focus(report).map(|port| port.verdict), Some(Verdict::Reachable | Verdict::Degraded));
    let access = root.is_some_and(|found| view::about_access(&found.finding));
    let code = root.map(|found| found.finding.code());
    let missing = || road.hops.iter().filter(|hop| hop.state == State::Missing);
    let first = missing().find(|hop| hop.finding.is_some() && hop.finding == code).or_else(|| missing().next());
    // Both stages are there: the fault is behind the last arrow.
    let in_the_pod = root.is_some_and(|found| found.finding.owner() == Owner::Application);
    let first = first.filter(|_| !works && !access).map(place);

    [0, 1, 2].map(|index| {
        if view::is_internal(report) {
            return if index == 0 { Arrow::None } else { Arrow::Whole };
        }
        let unsure =
            |hop: &&Hop| matches!(hop.state, State::Unknown) || (hop.state == State::Missing && (works || access));
        let mut hops = road.hops.iter().filter(|hop| place(hop) == index).peekable();
        // A stage that nothing is known about is not drawn as whole.
        let unseen = hops.peek().is_none() && !works;
        // Nor is one that was not checked, because of an earlier hop. Where the node is this
        // computer there was nothing to check.
        let nothing = view::is_on_the_node(hops.clone());
        let unchecked = !nothing && hops.clone().all(|hop| hop.state == State::NotNeeded);
        let unknown = unseen || unchecked && first.is_some() || hops.any(|hop| unsure(&hop));
        match first {
            Some(first) if first == index && in_the_pod => Arrow::Whole,
            Some(first) if first == index => Arrow::Missing,
            Some(first) if first < index && !unseen && !unchecked => Arrow::Whole,
            _ if unknown => Arrow::Unknown,
            _ => Arrow::Whole,
        }
    })
}
