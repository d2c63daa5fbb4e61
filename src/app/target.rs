//! What `explain TARGET` means: an object, a code, a topic, or nothing.

use crate::diagnose::registry::{self, Entry, REGISTRY};
use crate::diagnose::similar::similar;
use crate::fact::said;
use crate::render::{Style, page};
use crate::request::{Kind, Named};

/// Topics, by name.
pub(super) const TOPICS: &[(&str, &str)] = &[("two-stage", include_str!("../../docs/explain/two-stage.md"))];

/// What the user wants explained.
pub(super) enum Wanted {
    /// A page.
    Page(Page),
    /// One object.
    Target(Named),
    /// All Services.
    Overview,
}

/// A page of the manual.
pub(super) enum Page {
    Code(&'static Entry),
    Topic(&'static str),
}

impl Page {
    /// The page as text.
    pub(super) fn render(&self, style: &Style) -> String {
        match self {
            Self::Code(entry) => page::code(entry, style),
            Self::Topic(markdown) => page::topic(markdown, style),
        }
    }
}

/// Reads `svc/NAME`, `svc NAME`, `NAME`, `V101`, `two-stage` or nothing.
pub(super) fn wanted(words: &[String]) -> Result<Wanted, String> {
    match words {
        [] => Ok(Wanted::Overview),
        [word] => match word.split_once('/') {
            Some((kind, name)) => target(kind, name),
            None => bare(word),
        },
        [kind, name] if name.contains('/') || kind.contains('/') => {
            Err(format!("write svc/NAME or svc NAME, not a mixture: \"{kind} {name}\""))
        }
        [kind, name] => target(kind, name),
        _ => Err("one target at a time".into()),
    }
}

fn target(kind: &str, name: &str) -> Result<Wanted, String> {
    let Some(kind) = Kind::parse(kind) else {
        let kinds: Vec<_> = Kind::ALL.iter().skip(1).map(|kind| format!("{}/", kind.short())).collect();
        return Err(format!(
            "unknown target kind \"{kind}\"\n  netpath explains svc/NAME or NAME alone, and {}NAME\n  and pages: a code (V101) or a topic ({})",
            kinds.join(" "),
            topics()
        ));
    };
    named(Some(kind), name)
}

fn named(kind: Option<Kind>, name: &str) -> Result<Wanted, String> {
    let what = kind.unwrap_or(Kind::Service);
    if name.is_empty() || name.contains('/') {
        return Err(format!("\"{}/{name}\" names no {}; write {}/NAME", what.short(), what.as_str(), what.short()));
    }
    if !is_name(name) {
        return Err(format!(
            "\"{name}\" cannot be the name of a {}: lower-case letters, digits and - only",
            what.as_str()
        ));
    }
    Ok(Wanted::Target(Named { kind, name: name.into() }))
}

/// A word alone: codes are upper case and cannot collide with names, which the API
/// server only takes in lower case.
fn bare(word: &str) -> Result<Wanted, String> {
    if let Some((_, markdown)) = TOPICS.iter().find(|(topic, _)| *topic == word) {
        return Ok(Wanted::Page(Page::Topic(markdown)));
    }
    if let Some(entry) = registry::find(word).filter(|_| looks_like_code(word)) {
        return Ok(Wanted::Page(Page::Code(entry)));
    }
    if looks_like_code(word) {
        let codes = || REGISTRY.iter().map(|entry| entry.code.as_str());
        // Those of the same owner first: the letter is what one remembers.
        let own = || codes().filter(|code| code[..1].eq_ignore_ascii_case(&word[..1]));
        let wanted = word.to_ascii_uppercase();
        let mut near = similar(&wanted, own());
        if near.is_empty() {
            near = similar(&wanted, codes());
        }
        near.sort();
        if near.is_empty() {
            near = own().map(str::to_owned).collect();
        }
        return Err(format!("there is no code {word}\n  nearest:  {}\n  all:      explain --list", near.join(", ")));
    }
    named(None, word)
}

/// A letter and three digits, the letter one that codes start with.
fn looks_like_code(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() == 4 && b"VKACH".contains(&bytes[0].to_ascii_uppercase()) && bytes[1..].iter().all(u8::is_ascii_digit)
}

fn is_name(name: &str) -> bool {
    said::is_name(name)
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.')
}

fn topics() -> String {
    TOPICS.iter().map(|(topic, _)| *topic).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<String, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).into()).collect();
        Ok(match wanted(&words)? {
            Wanted::Target(Named { kind, name }) => format!("{} {name}", kind.map_or("any", Kind::singular)),
            Wanted::Overview => "overview".into(),
            Wanted::Page(Page::Code(entry)) => format!("code {}", entry.code),
            Wanted::Page(Page::Topic(_)) => "topic".into(),
        })
    }

    #[test]
    fn targets_are_read_as_kubectl_does() {
        for (words, wanted) in [
            (vec![], "overview"),
            (vec!["svc/web"], "service web"),
            (vec!["Service/web"], "service web"),
            (vec!["services", "web"], "service web"),
            (vec!["web"], "any web"),
            (vec!["deploy/web"], "deployment web"),
            (vec!["po", "web-0"], "pod web-0"),
            (vec!["httproutes/web"], "httproute web"),
            (vec!["Ingress/web"], "ingress web"),
            (vec!["V101"], "code V101"),
            (vec!["v101"], "code V101"),
            (vec!["two-stage"], "topic"),
            (vec!["svc/two-stage"], "service two-stage"),
        ] {
            assert_eq!(read(&words).as_deref(), Ok(wanted), "{words:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_target_is_said_clearly() {
        for (words, part) in [
            (vec!["pvc/x"], "unknown target kind \"pvc\""),
            (vec!["svc/"], "names no Service"),
            (vec!["svc", "a/b"], "not a mixture"),
            (vec!["V199"], "nearest:  V10"),
            (vec!["Web"], "lower-case"),
            (vec!["svc/-o"], "cannot be the name"),
        ] {
            let said = read(&words).unwrap_err();
            assert!(said.contains(part), "{words:?}: {said}");
        }
    }
}
