//! The same values as JSON, as YAML.

use super::json;
use super::lang::Lang;
use crate::report::Outcomes;

/// Renders as YAML.
pub(super) fn render(outcomes: &Outcomes, lang: Lang) -> String {
    let mut out = serde_yaml::to_string(&json::document(outcomes, lang)).expect("views have string keys only");
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    fn words_that_yaml_would_take_for_something_else_survive() {
        for word in [
            "yes",
            "no",
            "on",
            "null",
            "~",
            "1",
            "1e3",
            "0x1f",
            "1.0",
            "",
            " x",
            "a: b",
            "# x",
            "- x",
            "'",
            "\"",
            "*a",
            "&a",
            "!t",
            "%x",
            "@x",
            "`x",
            "12:30",
            "=",
            "<<",
            "2001-01-01",
            "true",
            "{",
            "]",
        ] {
            let map = BTreeMap::from([("key", word.to_owned())]);
            let text = serde_yaml::to_string(&map).unwrap();
            let back: BTreeMap<String, String> = serde_yaml::from_str(&text).unwrap();
            assert_eq!(back["key"], word, "{text}");
            let untyped: serde_json::Value = serde_yaml::from_str(&text).unwrap();
            assert_eq!(untyped["key"], serde_json::json!(word), "{text}");
        }
    }
}
