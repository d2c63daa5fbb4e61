//! What several formats need to read out of a report. Sorts and picks; decides nothing
//! that the report does not say.

use super::lang::{Counts, Language, Numbers, Summary};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::{Code, code};
use crate::fact::live::Outcome;
use crate::report::{
    Action, Evidence, Fact, Found, Hop, HopId, NotProbed, OtherService, Owner, PortReport, Remedy, Report, Road,
    Source, Stage, State, Subject, Verdict,
};
use crate::request::Kind;

/// Whether the target is healthy and has no road from outside because of its type: a
/// choice, not a fault.
pub(super) fn is_internal(report: &Report) -> bool {
    report.verdict == Verdict::Unreachable && root(report).is_some_and(|found| is_choice(&found.finding))
}

fn is_choice(finding: &Finding) -> bool {
    is_choice_code(finding.code())
}

fn is_choice_code(code: Code) -> bool {
    [code::K104, code::K105, code::K106].contains(&code)
}

/// The target as it was asked for: with its kind, unless that is what is unclear.
pub(super) fn target(report: &Report) -> String {
    let target = &report.target;
    match root(report) {
        Some(found) if found.finding.code() == code::C111 => target.name.clone(),
        _ => format!("{}/{}", target.kind.short(), target.name),
    }
}

/// The Service that the path leads through, where it is not the target itself.
pub(super) fn through(report: &Report) -> Option<&str> {
    report.target.service.as_deref().filter(|_| report.target.kind != Kind::Service)
}

/// Whether another Service of the same target is healthy and has no road because of its
/// type.
pub(super) fn is_other_internal(other: &OtherService) -> bool {
    other.verdict == Verdict::Unreachable && other.root.is_some_and(is_choice_code)
}

/// The port to show in full: the one that was asked about, else the first that does not
/// work, else the first. Where the verdict is that of the TCP ports, it is one of them.
pub(super) fn focus(report: &Report) -> Option<&PortReport> {
    let tcp = || report.ports.iter().filter(|port| port.protocol == "TCP");
    let asked = report.target.port.as_deref().and_then(|asked| {
        let is_meant =
            |port: &&PortReport| port.name == asked || port.port.is_some_and(|port| port.to_string() == asked);
        tcp().find(is_meant).or_else(|| report.ports.iter().find(is_meant))
    });
    let broken = |port: &&PortReport| port.verdict != Verdict::Reachable;
    asked
        .or_else(|| tcp().find(broken))
        .or_else(|| tcp().next())
        .or_else(|| report.ports.iter().find(broken))
        .or_else(|| report.ports.first())
}

/// The root of the port that is shown in full.
pub(super) fn root(report: &Report) -> Option<&Found> {
    let Some(port) = focus(report) else { return report.root() };
    let Some(code) = port.root else {
        return report.findings.iter().find(|found| found.root && found.port.is_none());
    };
    root_of(report, port, code)
}

/// The root of a port: its own, or the one that says the same of a port before it.
pub(super) fn root_of<'a>(report: &'a Report, port: &PortReport, code: Code) -> Option<&'a Found> {
    let at = report.ports.iter().position(|other| std::ptr::eq(other, port));
    let mut roots = report.findings.iter().filter(|found| found.root && found.finding.code() == code);
    let own = roots.clone().find(|found| found.at == at && at.is_some());
    own.or_else(|| roots.clone().find(|found| found.port == port.port)).or_else(|| roots.next())
}

/// The road that explains the verdict.
pub(super) fn road(port: &PortReport) -> Option<&Road> {
    port.roads.first()
}

/// A port as it is told from the others: by its number and name, or by the host and path
/// that lead to it.
pub(super) fn port(port: &PortReport, words: &dyn Language) -> String {
    match (&port.route, &port.service) {
        (Some(route), Some(service)) => format!("{route} -> svc/{service}"),
        (Some(route), None) => route.clone(),
        (None, _) => words.port(port.port, &port.name, &port.protocol),
    }
}

/// All URLs that answered.
pub(super) fn urls(report: &Report) -> impl Iterator<Item = &String> {
    report.ports.iter().flat_map(|port| &port.urls)
}

/// The state of one stage: the worst of its hops.
pub(super) fn stage(report: &Report, stage: Stage) -> State {
    let Some(road) = focus(report).and_then(road) else { return State::Unknown };
    worst(road.hops.iter().filter(|hop| hop.stage == stage && hop.id != HopId::ApiServer))
}

/// Whether the road starts on the node itself, so that no virtualization layer is part of it.
pub(super) fn is_on_the_node<'a>(hops: impl Iterator<Item = &'a Hop> + Clone) -> bool {
    // Around the node may be WSL, where the browser is on Windows.
    let walled = hops.clone().flat_map(|hop| &hop.evidence).any(|seen| seen.source == Source::Wsl);
    let mut hops = hops;
    !walled
        && hops.any(|hop| {
            let itself = hop.evidence.iter().any(|seen| seen.fact == Fact::NodeIsThisComputer);
            hop.id == HopId::NodeHost && hop.state == State::NotNeeded && itself
        })
}

/// The worst state of some hops.
pub(super) fn worst<'a>(hops: impl Iterator<Item = &'a Hop>) -> State {
    let rank = |state: State| match state {
        State::NotNeeded => 0,
        State::Present => 1,
        State::Unknown => 2,
        State::Missing => 3,
    };
    hops.map(|hop| hop.state).max_by_key(|state| rank(*state)).unwrap_or(State::NotNeeded)
}

/// The state that the headline shows. No check mark stands over a hop that is missing or
/// unknown, and a choice is not a fault.
pub(super) fn headline(report: &Report) -> State {
    let whole = || {
        // Where the verdict is that of the TCP ports, the others do not spoil it.
        let tcp = report.ports.iter().any(|port| port.protocol == "TCP");
        let counts = |port: &&PortReport| !tcp || port.protocol == "TCP";
        report
            .ports
            .iter()
            .filter(counts)
            .filter_map(road)
            .all(|road| matches!(worst(road.hops.iter()), State::Present | State::NotNeeded))
    };
    match report.verdict {
        _ if is_internal(report) => State::NotNeeded,
        Verdict::Reachable if !whole() => State::Unknown,
        verdict => super::theme::state_of(verdict),
    }
}

/// What the first sentence says.
pub(super) fn summary(report: &Report) -> Summary<'_> {
    let found = root(report).map(|found| &found.finding);
    let verdict = focus(report).map_or(report.verdict, |port| port.verdict);
    match (verdict, found) {
        (Verdict::Reachable, _) if headline(report) == State::Unknown => Summary::WorksUnclear,
        (Verdict::Reachable, _) => error_of(report).map_or(Summary::Works, Summary::WorksWithError),
        (Verdict::Degraded, found) => Summary::WorksPartly(found),
        (_, Some(finding)) if is_choice(finding) => Summary::Internal(finding),
        (_, Some(finding)) if finding.code() == code::C111 => Summary::Ambiguous(finding),
        (_, Some(finding)) if about_access(finding) => Summary::Unreadable(finding),
        (Verdict::Undetermined, Some(finding)) if hides_all(finding) => Summary::Unreadable(finding),
        (Verdict::Unreachable, Some(finding)) => Summary::Missing(finding),
        (Verdict::Unreachable, None) => Summary::Unexplained,
        (Verdict::Undetermined, Some(finding)) if finding.code() == code::A103 => Summary::Silent(finding),
        (Verdict::Undetermined, Some(finding)) => Summary::Unsure(finding),
        (Verdict::Undetermined, None) => either(report).map_or_else(|| unknown(report), Summary::Either),
    }
}

/// What is said where nothing is known to be missing, and not everything is known to be there.
fn unknown(report: &Report) -> Summary<'_> {
    match report {
        report if is_between(report) => Summary::Between,
        report if is_expected(report) => Summary::Expected,
        report if is_elsewhere(report) => Summary::Elsewhere,
        _ => Summary::Unknown,
    }
}

/// The status of the application's answer, if it is an error of the application.
fn error_of(report: &Report) -> Option<u16> {
    let hops = &focus(report).and_then(road)?.hops;
    let answer = hops.iter().find(|hop| hop.id == HopId::App)?;
    answer.evidence.iter().filter_map(status).find(|status| *status >= 500)
}

/// The status that a probe got.
fn status(seen: &Evidence) -> Option<u16> {
    match &seen.fact {
        Fact::Probed { outcome: Outcome::Response { status, .. }, .. } => *status,
        _ => None,
    }
}

/// What is said about a finding that hits everything.
pub(super) fn summary_of(finding: &Finding) -> Summary<'_> {
    match finding.code() {
        _ if about_access(finding) || hides_all(finding) => Summary::Unreadable(finding),
        // Its silence at the kubeconfig's address is all that is known.
        code::K503 => Summary::Unsure(finding),
        _ => Summary::Missing(finding),
    }
}

/// Whether netpath itself could not read what it needs. A host name that leads nowhere is
/// this computer's as well, but a hop of the road.
pub(super) fn about_access(finding: &Finding) -> bool {
    finding.owner() == Owner::Client && finding.code() != code::C112
}

/// Whether the control plane is what stands still or cannot be reached: the path itself may
/// be whole.
fn hides_all(finding: &Finding) -> bool {
    [code::V304, code::V307].contains(&finding.code())
}

/// The status that came back, where it may be the controller's own.
fn either(report: &Report) -> Option<u16> {
    report.unobserved.iter().find(|entry| entry.what == Subject::Answerer)?;
    let hops = &focus(report).and_then(road)?.hops;
    hops.iter().flat_map(|hop| &hop.evidence).find_map(status)
}

/// The application answers by another way, and no road from here gets through.
fn is_between(report: &Report) -> bool {
    let Some(road) = focus(report).and_then(road) else { return false };
    let answers = road.hops.iter().any(|hop| hop.id == HopId::App && hop.state == State::Present);
    answers && report.unobserved.iter().any(|entry| entry.why == Why::Ambiguous)
}

/// Nothing is missing, and what is unknown was deliberately not probed.
fn is_expected(report: &Report) -> bool {
    let Some(road) = focus(report).and_then(road) else { return false };
    let present = road.hops.iter().any(|hop| hop.state == State::Present);
    let not_probed = |hop: &Hop| hop.evidence.iter().any(|seen| matches!(seen.fact, Fact::NotProbed { .. }));
    present
        && road.hops.iter().all(|hop| match hop.state {
            State::Present | State::NotNeeded => true,
            State::Unknown => not_probed(hop),
            State::Missing => false,
        })
}

/// What is left open is the step to a browser elsewhere.
fn is_elsewhere(report: &Report) -> bool {
    let elsewhere = Fact::NotProbed { why: NotProbed::OtherViewer };
    let hops = focus(report).and_then(road).map(|road| &road.hops);
    hops.into_iter().flatten().flat_map(|hop| &hop.evidence).any(|seen| seen.fact == elsewhere)
}

/// What is said about the first hop that is missing without a finding that explains it, or
/// else about the first that nothing is known about.
pub(super) fn first_open(report: &Report) -> Option<&Fact> {
    first(report, State::Missing).or_else(|| first(report, State::Unknown))
}

fn first(report: &Report, state: State) -> Option<&Fact> {
    let road = focus(report).and_then(road)?;
    let such = road.hops.iter().filter(|hop| hop.state == state);
    such.flat_map(|hop| &hop.evidence).map(|seen| &seen.fact).find(|fact| !matches!(fact, Fact::Behind { .. }))
}

/// The hops to print. The API server is no hop of the path: it is shown only where it is
/// the trouble.
pub(super) fn hops(road: &Road, all: bool) -> Vec<&Hop> {
    road.hops
        .iter()
        .filter(|hop| all || hop.id != HopId::ApiServer || matches!(hop.state, State::Missing | State::Unknown))
        .collect()
}

/// The numbers of printed hops.
pub(super) fn numbers(hops: &[&Hop]) -> Numbers {
    Numbers(hops.iter().enumerate().map(|(index, hop)| (hop.id, index + 1)).collect())
}

/// Remedies as they are printed: port-forward last, since it opens nothing.
pub(super) fn remedies(found: &Found) -> Vec<&Remedy> {
    let is_detour = |remedy: &&Remedy| remedy.action == Action::PortForward;
    let (detours, mut remedies): (Vec<_>, Vec<_>) = found.remedies.iter().partition(is_detour);
    remedies.extend(detours);
    remedies
}

/// The first few of them, the last one kept if it is the port-forward. One that begins with
/// a file takes a page of its own: it is left to the full report.
pub(super) fn first_remedies(found: &Found, most: usize) -> Vec<&Remedy> {
    let mut remedies = remedies(found);
    if most != usize::MAX {
        remedies.retain(|remedy| remedy.files.is_empty());
    }
    if remedies.len() > most {
        // A harmless detour before a command that loses data.
        let room = most > 1 || remedies.first().is_some_and(|first| first.destructive);
        let last = remedies.pop().filter(|last| room && last.action == Action::PortForward);
        remedies.truncate(most - usize::from(last.is_some()));
        remedies.extend(last);
    }
    remedies
}

/// Whether none of these remedies opens anything for good.
pub(super) fn only_detours(remedies: &[&Remedy]) -> bool {
    remedies.iter().all(|remedy| remedy.action == Action::PortForward)
}

/// Counts the Services of an overview.
pub(super) fn counts(items: &[Report]) -> Counts {
    let mut counts = Counts::default();
    for item in items {
        match item.verdict {
            _ if is_internal(item) => counts.internal += 1,
            Verdict::Reachable => counts.reachable += 1,
            Verdict::Degraded => counts.degraded += 1,
            Verdict::Unreachable => counts.unreachable += 1,
            Verdict::Undetermined => counts.undetermined += 1,
        }
    }
    counts
}
