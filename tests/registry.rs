//! The registry of findings and its pages keep their promises.
//!
//! Codes and slugs are an interface, and a page is the long answer to every report. What
//! can be checked about them without reading the prose is checked here.

#![allow(clippy::disallowed_methods, reason = "reads the pages and the tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use netpath::diagnose::registry::{REGISTRY, find};
use netpath::report::Owner;

/// Pages that explain a concept and no code.
const TOPICS: &[&str] = &["two-stage"];

const HEADINGS: &[&str] = &["What you see", "Why", "How to tell", "How to open it", "Not this if"];

/// A page is one screen.
const PAGE_LINES: usize = 40;
const TOPIC_LINES: usize = 45;
const COLUMNS: usize = 80;
/// Commands are never wrapped, so that they can be copied.
const COMMAND_COLUMNS: usize = 110;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page of a code and of a topic: its name and its text.
fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> =
        REGISTRY.iter().map(|entry| (entry.code.as_str().to_owned(), entry.page.to_owned())).collect();
    for topic in TOPICS {
        let path = root().join("docs/explain").join(topic).with_extension("md");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        pages.push(((*topic).to_owned(), text));
    }
    pages
}

/// Every file below a directory; none if there is no such directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.expect("a directory that can be listed").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn is_code(word: &str) -> bool {
    matches!(word.as_bytes(), [b'V' | b'K' | b'A' | b'C', digits @ ..]
        if digits.len() == 3 && digits.iter().all(u8::is_ascii_digit))
}

/// Every code that a text mentions, whether or not it exists.
fn codes(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_code(word)).collect()
}

fn is_command(line: &str) -> bool {
    line.starts_with("    ")
}

#[test]
fn codes_and_slugs_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for entry in REGISTRY {
        let (code, slug) = (entry.code.as_str(), entry.slug);
        assert!(is_code(code), "{code}: not a letter of an owner and three digits");
        assert!(seen.insert(code), "{code}: twice in the registry");
        assert!(seen.insert(slug), "{code}: the slug {slug} is taken");
        assert!(
            slug.split('-').all(|word| {
                !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            }),
            "{code}: {slug} is not kebab-case"
        );
    }
}

#[test]
fn entries_are_found_by_code_in_any_case() {
    for entry in REGISTRY {
        let code = entry.code.as_str();
        for spelling in [code.to_owned(), code.to_lowercase()] {
            assert_eq!(find(&spelling).map(|found| found.code), Some(entry.code), "{spelling}");
        }
    }
    assert!(find("V000").is_none());
    assert!(find("").is_none());
}

#[test]
fn pages_begin_with_code_slug_and_owner() {
    for entry in REGISTRY {
        let code = entry.code.as_str();
        let owner = match entry.code.owner() {
            Owner::VirtualizationLayer => "virtualization layer (not Kubernetes)",
            Owner::Kubernetes => "Kubernetes (not the virtualization layer)",
            Owner::Application => "the application (neither Kubernetes nor the virtualization layer)",
            Owner::Client => "this client: kubeconfig, credentials or network (neither half of the path)",
        };
        let head = format!("# {code} {}\n\nowner: {owner}\n\n## {}\n", entry.slug, HEADINGS[0]);
        assert!(entry.page.starts_with(&head), "{code}: the page does not begin with\n{head}");
    }
}

#[test]
fn pages_have_the_five_headings_in_order_and_none_is_empty() {
    for entry in REGISTRY {
        let code = entry.code.as_str();
        let headings: Vec<_> = entry.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "{code}");
        for section in entry.page.split("\n## ").skip(1) {
            let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
            assert!(!text.trim().is_empty(), "{code}: nothing below \"{heading}\"");
        }
    }
}

#[test]
fn pages_fit_one_screen() {
    for (name, page) in pages() {
        let limit = if TOPICS.contains(&name.as_str()) { TOPIC_LINES } else { PAGE_LINES };
        let lines = page.lines().count();
        assert!(lines <= limit, "{name}: {lines} lines, at most {limit}");
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{name}: ends with one newline");
        for line in page.lines() {
            assert_eq!(line.trim_end(), line, "{name}: white space at the end of: {line}");
            assert!(line.chars().all(|c| (' '..='~').contains(&c)), "{name}: not plain ASCII: {line}");
            // The owner's line is fixed text, 82 columns for `C`.
            if !line.starts_with("owner: ") {
                let (width, limit) = (line.len(), if is_command(line) { COMMAND_COLUMNS } else { COLUMNS });
                assert!(width <= limit, "{name}: {width} columns, at most {limit}: {line}");
            }
        }
    }
}

/// Markdown takes an indented line for code only after a heading, a blank line or more code.
#[test]
fn commands_stand_alone() {
    for (name, page) in pages() {
        let mut before = "";
        for line in page.lines() {
            if is_command(line) {
                let alone = before.is_empty() || before.starts_with('#') || is_command(before);
                assert!(alone, "{name}: no blank line before: {line}");
                assert!(!line.trim_start().starts_with('$'), "{name}: a prompt before: {line}");
            }
            before = line;
        }
    }
}

#[test]
fn port_forward_is_never_sold_as_a_proof() {
    for (name, page) in pages() {
        let prose = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let honest = prose.contains("a separate road") && prose.contains("skips both stages and proves neither");
        assert!(honest || !prose.contains("port-forward"), "{name}: says port-forward without saying what it is");
    }
}

#[test]
fn every_page_belongs_to_a_code_or_a_topic() {
    for path in files(&root().join("docs/explain")) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let stem = name.strip_suffix(".md").unwrap_or_else(|| panic!("{name}: not a page"));
        let known = TOPICS.contains(&stem) || find(stem).is_some_and(|entry| entry.code.as_str() == stem);
        assert!(known, "{name}: no such code or topic");
    }
}

#[test]
fn every_code_mentioned_in_a_page_exists() {
    for (name, page) in pages() {
        for code in codes(&page) {
            assert!(find(code).is_some(), "{name}: mentions {code}, which is not in the registry");
        }
    }
}

/// "Not this if" exists to send the reader to the neighbours.
#[test]
fn every_page_names_a_neighbour() {
    for entry in REGISTRY {
        let code = entry.code.as_str();
        let (_, neighbours) = entry.page.split_once("\n## Not this if\n").unwrap_or_default();
        assert!(codes(neighbours).iter().any(|other| *other != code), "{code}: names no neighbouring code");
        assert!(!codes(neighbours).contains(code), "{code}: names itself as its neighbour");
    }
}

#[test]
fn every_code_is_tested_somewhere() {
    let mut mentioned = BTreeSet::new();
    for path in files(&root().join("tests")) {
        if path != root().join("tests/registry.rs") {
            let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            mentioned.extend(codes(&String::from_utf8_lossy(&text)).into_iter().map(str::to_owned));
        }
    }
    for path in files(&root().join("src")) {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            // Test modules stand at the end of a file.
            let tests = text.split_once("#[cfg(test)]").map_or("", |(_, tests)| tests);
            mentioned.extend(codes(tests).into_iter().map(str::to_owned));
        }
    }
    let untested: Vec<_> =
        REGISTRY.iter().map(|entry| entry.code.as_str()).filter(|code| !mentioned.contains(*code)).collect();
    assert!(untested.is_empty(), "no test or scenario mentions {untested:?}");
}
