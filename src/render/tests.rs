//! The looks of reports, and what holds for every one of them.

use super::lang::Lang;
use super::shell::Shell;
use super::width::columns;
use super::{Format, Style, Verbosity, page, render, sample};
use crate::diagnose::registry::REGISTRY;
use crate::report::{Outcomes, Report};

fn text(report: &Report, style: &Style) -> String {
    render(&Outcomes::Path(Box::new(report.clone())), Format::Text, style)
}

fn all_outcomes() -> Vec<Outcomes> {
    let mut all: Vec<_> = sample::all().into_iter().map(|(_, report)| Outcomes::Path(Box::new(report))).collect();
    all.push(Outcomes::Path(Box::new(sample::heavy())));
    all.push(Outcomes::Overview(Box::new(sample::overview())));
    all.push(Outcomes::Overview(Box::new(sample::blocked_overview())));
    all.push(Outcomes::Environment(Box::new(sample::environment_report())));
    all
}

#[test]
fn looks() {
    for (name, report) in sample::all() {
        insta::assert_snapshot!(format!("text-{name}"), text(&report, &Style::default()));
    }
    let quiet = Style { verbosity: Verbosity::Quiet, ..Style::default() };
    let verbose = Style { verbosity: Verbosity::Verbose, ..Style::default() };
    insta::assert_snapshot!("quiet-v101", text(&sample::v101(), &quiet));
    insta::assert_snapshot!("verbose-v101", text(&sample::v101(), &verbose));
    insta::assert_snapshot!("ascii-k201", text(&sample::k201(), &Style { ascii: true, ..Style::default() }));
    insta::assert_snapshot!("narrow-v101", text(&sample::v101(), &Style { width: 50, ..Style::default() }));
    insta::assert_snapshot!("colour-k201", text(&sample::k201(), &Style { colour: true, ..Style::default() }));
    insta::assert_snapshot!(
        "powershell-v101",
        text(&sample::v101(), &Style { shell: Shell::PowerShell, ..Style::default() })
    );
    insta::assert_snapshot!("text-heavy", text(&sample::heavy(), &Style::default()));
}

#[test]
fn tables_fit_the_width() {
    let overview = Outcomes::Overview(Box::new(sample::overview()));
    for width in [60, 80] {
        let text = render(&overview, Format::Text, &Style { width, ..Style::default() });
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
    }
}

#[test]
fn looks_of_the_other_formats() {
    let style = Style::default();
    let path = Outcomes::Path(Box::new(sample::k201()));
    insta::assert_snapshot!("json-k201", render(&path, Format::Json, &style));
    insta::assert_snapshot!("yaml-k201", render(&path, Format::Yaml, &style));
    insta::assert_snapshot!("markdown-k201", render(&path, Format::Markdown, &style));
    let overview = Outcomes::Overview(Box::new(sample::overview()));
    insta::assert_snapshot!("overview", render(&overview, Format::Text, &style));
    insta::assert_snapshot!("json-overview", render(&overview, Format::Json, &style));
    let blocked = Outcomes::Overview(Box::new(sample::blocked_overview()));
    insta::assert_snapshot!("overview-blocked", render(&blocked, Format::Text, &style));
    let environment = Outcomes::Environment(Box::new(sample::environment_report()));
    insta::assert_snapshot!("environment", render(&environment, Format::Text, &style));
    insta::assert_snapshot!("json-environment", render(&environment, Format::Json, &style));
}

#[test]
fn one_target_fits_on_one_screen() {
    for (name, report) in sample::all().into_iter().chain([("heavy", sample::heavy())]) {
        for width in [60, 72, 80, 100, 200] {
            let style = Style { width, ..Style::default() };
            let text = text(&report, &style);
            if width >= 80 {
                assert!(text.lines().count() <= 30, "{name} at {width}:\n{text}");
            }
            for line in text.lines() {
                let single = line.trim_end_matches('\\').split_whitespace().count() == 1 || line.contains(" '[{");
                assert!(columns(line) <= width.min(100) || single, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn ascii_is_ascii_and_colour_is_wanted() {
    for outcomes in all_outcomes() {
        let ascii = render(&outcomes, Format::Text, &Style { ascii: true, ..Style::default() });
        assert!(ascii.is_ascii(), "{ascii}");
        for format in [Format::Text, Format::Json, Format::Yaml, Format::Markdown] {
            let plain = render(&outcomes, format, &Style::default());
            assert!(!plain.contains('\u{1b}'), "{plain}");
            assert!(plain.ends_with('\n'));
        }
        let coloured = render(&outcomes, Format::Text, &Style { colour: true, ..Style::default() });
        assert!(coloured.contains('\u{1b}'));
    }
}

#[test]
fn untrusted_text_never_reaches_a_terminal() {
    let hostile = Outcomes::Path(Box::new(sample::hostile()));
    let mut items = sample::overview();
    items.items.push(sample::hostile());
    let overview = Outcomes::Overview(Box::new(items));
    let mut report = sample::environment_report();
    report.environment = sample::hostile().environment;
    report.context = sample::hostile().context;
    report.blocked = sample::hostile().findings.pop();
    let environment = Outcomes::Environment(Box::new(report));
    for outcomes in [hostile, overview, environment] {
        for format in [Format::Text, Format::Json, Format::Yaml, Format::Markdown] {
            for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
                for shell in [Shell::Posix, Shell::PowerShell] {
                    let text = render(&outcomes, format, &Style { verbosity, shell, ..Style::default() });
                    let bad = text.chars().find(|letter| *letter != '\n' && super::clean::is_unsafe(*letter));
                    assert_eq!(bad, None, "{format:?} {verbosity:?}: {text}");
                }
            }
        }
    }
}

#[test]
fn no_check_mark_stands_over_a_hop_that_is_not_there() {
    let mut report = sample::reachable();
    report.ports[0].roads[0].hops[5].state = crate::report::State::Unknown;
    let text = text(&report, &Style::default());
    assert!(text.starts_with("? REACHABLE"), "{text}");
}

#[test]
fn nothing_shouts() {
    for outcomes in all_outcomes() {
        let text = render(&outcomes, Format::Text, &Style { verbosity: Verbosity::Verbose, ..Style::default() });
        assert!(!text.contains('!'), "{text}");
    }
}

#[test]
fn yaml_says_the_same_as_json() {
    let hostile = Outcomes::Path(Box::new(sample::hostile()));
    for outcomes in all_outcomes().into_iter().chain([hostile]) {
        let json: serde_json::Value =
            serde_json::from_str(&render(&outcomes, Format::Json, &Style::default())).unwrap();
        let yaml: serde_json::Value =
            serde_yaml::from_str(&render(&outcomes, Format::Yaml, &Style::default())).unwrap();
        assert_eq!(json, yaml);
    }
}

#[test]
fn every_code_has_a_page_and_a_line_in_the_list() {
    let style = Style::default();
    let list = page::list(&style);
    for entry in REGISTRY {
        assert!(list.contains(entry.slug));
        let page = page::code(entry, &style);
        assert!(page.starts_with(entry.code.as_str()));
    }
    assert_eq!(Lang::default(), Lang::En);
}

#[test]
fn a_page_is_printed_as_terminal_text() {
    let markdown = "# Two stages\n\nA path has `two stages`, and a very long sentence that has to be broken because it \
                    does not fit; use `kubectl netpath explain` then.\n\n## What\n- one\n- two **bold**\n\n```sh\nkubectl get svc\n```\n";
    insta::assert_snapshot!("topic", page::topic(markdown, &Style::default()));
}
