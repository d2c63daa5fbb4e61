//! A rule of an HTTPRoute: what a browser asks for to come by it.
//!
//! Precedence: sigs.k8s.io/gateway-api v1.4.0, `apis/v1/httproute_types.go`,
//! HTTPRouteRule.Matches.

use crate::ask::Page;
use crate::fact::cluster::{HttpRoute, HttpRouteMatch, HttpRouteRule};

/// A match that a plain request for a page satisfies.
fn is_plain(one: &&HttpRouteMatch) -> bool {
    let get = one.method.as_deref().is_none_or(|method| method == "GET");
    get && one.headers.is_empty() && one.query_params.is_empty()
}

/// The path that a rule takes and what a browser would ask for; `None` if the rule is only
/// for requests that a browser's address line cannot make.
pub fn path(rule: &HttpRouteRule) -> Option<(String, String)> {
    if rule.matches.is_empty() {
        return Some(("/".into(), "/".into()));
    }
    let plain = rule.matches.iter().find(is_plain)?;
    let value = plain.path.as_ref().and_then(|path| path.value.as_deref()).unwrap_or("/");
    let regular = plain.path.as_ref().and_then(|path| path.kind.as_deref()) == Some("RegularExpression");
    let text = if regular {
        value.split(['(', '[', '.', '*', '?', '|', '$', '^', '+', '\\']).find(|part| !part.is_empty())
    } else {
        Some(value)
    };
    let text = text.filter(|path| path.starts_with('/')).unwrap_or("/");
    Some((value.into(), text.into()))
}

/// How well a rule fits a page: Exact before the longest PathPrefix, before what only the
/// controller knows how to match.
fn fits(rule: &HttpRouteRule, page: &str) -> Option<(u8, usize)> {
    if rule.matches.is_empty() {
        return Some((1, 1));
    }
    let of = |one: &HttpRouteMatch| {
        let value = one.path.as_ref().and_then(|path| path.value.as_deref()).unwrap_or("/");
        match one.path.as_ref().and_then(|path| path.kind.as_deref()) {
            Some("Exact") => (value == page).then_some((2, value.len())),
            Some("RegularExpression") => None,
            _ => below(value, page).then_some((1, value.len())),
        }
    };
    rule.matches.iter().filter(is_plain).filter_map(of).max()
}

/// By elements: `/foo` takes `/foo/bar` and not `/foobar`.
fn below(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Another rule of the route that takes the requests meant for this one, and leads elsewhere.
pub fn shadow(route: &HttpRoute, rule: usize, page: &Page) -> Option<String> {
    let this = route.spec.rules.get(rule)?;
    let own = fits(this, &page.path)?;
    let elsewhere = |other: &HttpRouteRule| other.backend_refs != this.backend_refs;
    let mut others = route.spec.rules.iter().enumerate().filter(|(row, other)| *row != rule && elsewhere(other));
    let (_, other) = others
        .find(|(row, other)| fits(other, &page.path).is_some_and(|found| found > own || found == own && *row < rule))?;
    path(other).map(|(shown, _)| shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn route(matches: &[(&str, &str)]) -> HttpRoute {
        let rules: Vec<_> = matches
            .iter()
            .enumerate()
            .map(|(row, (kind, value))| {
                json!({ "matches": [{ "path": { "type": kind, "value": value } }],
                    "backendRefs": [{ "name": format!("web-{row}") }] })
            })
            .collect();
        serde_json::from_value(json!({ "spec": { "rules": rules } })).unwrap()
    }

    #[test]
    fn a_rule_behind_a_better_one_is_in_its_shadow() {
        let page = |path: &str| Page { host: None, path: path.into() };
        let found = route(&[("PathPrefix", "/"), ("Exact", "/"), ("PathPrefix", "/api"), ("PathPrefix", "/api")]);
        for (rule, path, shadowed) in [
            (0, "/", Some("/")),
            (1, "/", None),
            (2, "/api", None),
            // The first of two equals.
            (3, "/api", Some("/api")),
            // By elements, not by letters.
            (0, "/apis", None),
        ] {
            assert_eq!(shadow(&found, rule, &page(path)).as_deref(), shadowed, "{rule} {path}");
        }
    }

    #[test]
    fn the_page_to_ask_for_is_plain() {
        for (kind, value, wanted) in [
            ("PathPrefix", "/api", "/api"),
            ("Exact", "/a.b", "/a.b"),
            ("RegularExpression", "/v/[0-9]+", "/v/"),
            ("RegularExpression", ".*", "/"),
        ] {
            let found = route(&[(kind, value)]);
            assert_eq!(path(&found.spec.rules[0]), Some((value.into(), wanted.into())), "{value}");
        }
        let header: HttpRouteRule =
            serde_json::from_value(json!({ "matches": [{ "headers": [{ "name": "x-user", "value": "me" }] }] }))
                .unwrap();
        assert_eq!(path(&header), None);
    }
}
