//! The report as Markdown, to be pasted into an issue.

use super::clean::clean;
use super::lang::{Label, Numbers};
use super::{Format, Style, Verbosity, shell, view};
use crate::report::{Found, Outcomes, Report, Road};

/// Renders as Markdown. Overviews and environment reports are tables of text already.
pub(super) fn render(outcomes: &Outcomes, style: &Style) -> String {
    match outcomes {
        Outcomes::Path(report) => path(report, style),
        Outcomes::Overview(_) | Outcomes::Environment(_) => {
            let plain = Style { colour: false, verbosity: Verbosity::Verbose, ..*style };
            fenced("text", &super::render(outcomes, Format::Text, &plain))
        }
    }
}

fn path(report: &Report, style: &Style) -> String {
    let words = style.lang.words();
    let root = view::root(report);
    let mut out = format!(
        "## {}: {} {}\n",
        words.verdict(report.verdict, view::is_internal(report)),
        escape(&view::target(report)),
        escape(&words.from(report.viewer, &report.context.os)),
    );
    if let Some(found) = root {
        let code = found.finding.code();
        out.push_str(&format!(
            "\n**{code} {}** ({}: {})\n",
            code.entry().slug,
            words.label(Label::Owner).trim_end_matches(':'),
            words.owner(code.owner())
        ));
    }
    let summary = words.summary(&view::summary(report), &report.environment);
    if !summary.is_empty() {
        out.push_str(&format!("\n{}\n", escape(&summary)));
    }
    for url in view::urls(report) {
        out.push_str(&format!("\n{} {}\n", words.label(Label::Open), code(url)));
    }
    let mut context = words.context(&report.context, &report.environment);
    if let Some(service) = view::through(report) {
        context.push_str(&format!(", {}", words.through(service)));
    }
    out.push_str(&format!("\n{}\n", escape(&context)));
    if !report.services.is_empty() {
        out.push_str(&format!("\n{}\n\n", words.label(Label::OtherServices)));
    }
    for other in &report.services {
        let verdict = words.verdict(other.verdict, view::is_other_internal(other)).to_lowercase();
        let code = other.root.map(|code| format!(" ({code})")).unwrap_or_default();
        out.push_str(&format!("- svc/{}: {verdict}{code}\n", escape(&other.name)));
    }

    for port in &report.ports {
        for road in port.roads.iter().filter(|road| !road.hops.is_empty()) {
            out.push_str(&format!("\n### {}, {}\n\n", escape(&view::port(port, words)), words.road(road.id)));
            out.push_str(&hops(road, style));
        }
    }
    if let Some(found) = root {
        out.push_str(&remedies(found, style));
    }
    out.push_str(&details(report, style));
    out
}

fn hops(road: &Road, style: &Style) -> String {
    let words = style.lang.words();
    let head = [Label::Hop, Label::State, Label::Evidence, Label::Source].map(|label| words.label(label));
    let mut out = format!("| # | {} |\n|---|---|---|---|---|\n", head.join(" | "));
    let shown = view::hops(road, true);
    let numbers = view::numbers(&shown);
    for (index, hop) in shown.iter().enumerate() {
        let texts: Vec<_> = hop.evidence.iter().map(|seen| escape(&words.fact(&seen.fact, &numbers))).collect();
        let sources: Vec<_> = hop.evidence.iter().map(|seen| escape(&words.source(seen.source))).collect();
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            index + 1,
            words.hop(hop.id),
            words.state(hop.state),
            texts.join("<br>"),
            sources.join("<br>")
        ));
    }
    out
}

fn remedies(found: &Found, style: &Style) -> String {
    let words = style.lang.words();
    let mut out = String::new();
    for (index, remedy) in view::remedies(found).into_iter().enumerate() {
        if index == 0 {
            out.push_str(&format!("\n### {}\n", words.label(Label::HowToOpen)));
        }
        out.push_str(&format!("\n{}\n", escape(&words.remedy(remedy))));
        if !remedy.commands.is_empty() {
            let mut commands: Vec<_> = remedy.files.iter().flat_map(|file| shell::file(file, style.shell)).collect();
            commands.extend(remedy.commands.iter().map(|argv| shell::line(argv, style.shell)));
            out.push('\n');
            out.push_str(&fenced("sh", &commands.join("\n")));
        }
    }
    out
}

fn details(report: &Report, style: &Style) -> String {
    let words = style.lang.words();
    let mut out = format!("\n<details>\n<summary>{}</summary>\n\n", words.label(Label::Environment));
    for seen in &report.environment.because {
        let text = words.fact(&seen.fact, &Numbers::default());
        out.push_str(&format!("- {} ({})\n", escape(&text), escape(&words.source(seen.source))));
    }
    for wall in &report.environment.boundaries {
        out.push_str(&format!("- {} {}: {}\n", words.boundary(wall.kind), escape(&wall.name), escape(&wall.state)));
    }
    for missing in &report.unobserved {
        let text =
            format!("{} {}: {}", words.label(Label::NotObserved), words.subject(missing.what), words.why(&missing.why));
        out.push_str(&format!("- {}\n", escape(&text)));
    }
    out.push_str(&format!("- {}\n", words.took(&report.took)));
    out.push_str("\n</details>\n");
    out
}

/// A fenced block; the fence is longer than any run of backticks inside.
fn fenced(kind: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{kind}\n{}\n{fence}\n", text.trim_end())
}

fn code(text: &str) -> String {
    format!("`{}`", clean(text).replace('`', "'"))
}

/// Text that Markdown and HTML show as it is. An `@name` must not notify anybody.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in clean(text).chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            letter => out.push(letter),
        }
    }
    out
}
