//! What others say: names that they give and sentences that they write.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The longest name that Kubernetes gives out (kubernetes
/// `apimachinery/pkg/util/validation/validation.go`, DNS1123SubdomainMaxLength).
const LONGEST_NAME: usize = 253;

/// More than any controller writes: an event's message has 1024 letters at most
/// (`pkg/apis/core/validation/events.go`).
const LONGEST_SENTENCE: usize = 2000;

/// A name as Kubernetes and the engines give them out. None begins with a dash: in a
/// command it would be a flag. Whoever says so is no API server.
pub fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if is_name(&name) { Ok(name) } else { Err(D::Error::custom("no name")) }
}

/// Whether it can be a name.
pub fn is_name(text: &str) -> bool {
    !text.starts_with('-') && text.len() <= LONGEST_NAME
}

/// The same where there may be none.
pub fn some_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Name(#[serde(deserialize_with = "name")] String);
    Ok(Option::<Name>::deserialize(deserializer)?.map(|name| name.0))
}

/// A sentence of somebody else's, see [`without_owners`]. `null` is none.
pub fn sentence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(without_owners(&Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
}

/// The same where there may be none.
pub fn some_sentence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|text| without_owners(&text)))
}

/// A sentence, not longer than one, in which no URL says with which user and password it was
/// asked: registries, proxies and engines are named by whole addresses in errors.
pub fn without_owners(text: &str) -> String {
    let mut out: String = text.chars().take(LONGEST_SENTENCE).collect();
    let mut from = 0;
    while let Some(at) = out[from..].find("://") {
        let start = from + at + 3;
        let rest = &out[start..];
        let end = rest.find(|letter: char| letter.is_whitespace() || "\"'<>\\".contains(letter));
        if let Some(owner) = owner(&rest[..end.unwrap_or(rest.len())]) {
            out.replace_range(start..start + owner, "");
        }
        from = start;
    }
    out
}

/// How much of what stands behind a URL's scheme is user and password. A password that
/// nobody encoded may hold a slash: what looks like a port and is no number is its begin.
pub fn owner(rest: &str) -> Option<usize> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let odd = || {
        let (host, port) = authority.rsplit_once(':')?;
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        (!is_port && !host.starts_with('[')).then(|| rest.rfind('@'))?
    };
    authority.rfind('@').or_else(odd).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_names_its_user() {
        for (text, wanted) in [
            ("Get \"https://me:p@ss@r.invalid/v2/\": denied", "Get \"https://r.invalid/v2/\": denied"),
            ("daemon at tcp://me:pw@127.0.0.1:1. Is it?", "daemon at tcp://127.0.0.1:1. Is it?"),
            ("http://a@b and ssh://c:d@e", "http://b and ssh://e"),
            ("http://a/b@c, me@here, ://@", "http://a/b@c, me@here, ://"),
            ("ftp://ü:é@ö", "ftp://ö"),
            ("http://me:pa/s?s@proxy:1/x", "http://proxy:1/x"),
            ("https://r:5000/v2/a@sha256:b", "https://r:5000/v2/a@sha256:b"),
            ("https://r/v2/a@sha256:b http://[::1]/a@b", "https://r/v2/a@sha256:b http://[::1]/a@b"),
            ("", ""),
        ] {
            assert_eq!(without_owners(text), wanted);
        }
        assert_eq!(without_owners(&"é".repeat(5000)).chars().count(), LONGEST_SENTENCE);
    }

    #[test]
    fn what_would_be_a_flag_is_no_name() {
        let read = |text: &str| name(&mut serde_json::Deserializer::from_str(&serde_json::json!(text).to_string()));
        for (text, is_name) in [("web", true), ("system:node", true), ("", true), ("-o", false), ("--x", false)] {
            assert_eq!(read(text).is_ok(), is_name, "{text}");
        }
        assert!(read(&"x".repeat(LONGEST_NAME)).is_ok() && read(&"x".repeat(LONGEST_NAME + 1)).is_err());
        let some = |text: &str| some_name(&mut serde_json::Deserializer::from_str(text));
        assert_eq!(some("null").unwrap(), None);
        assert!(some("\"-x\"").is_err() && some("\"x\"").unwrap().is_some());
    }
}
