//! Untrusted text. A Pod's message or a context's name may hold escape sequences that
//! repaint the screen, or bidi controls that turn a command round. They are made visible
//! instead of being obeyed.

use std::borrow::Cow;

/// Text for one line: white space becomes single blanks, everything that a terminal obeys
/// instead of showing becomes `\u{..}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' if out.ends_with(' ') => {}
            '\n' | '\r' | '\t' => out.push(' '),
            letter if is_unsafe(letter) => push_escape(&mut out, letter),
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// An argument of a command as data: nothing is left out, so that it stays recognisable.
pub fn clean_argument(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if is_unsafe(letter) { push_escape(&mut out, letter) } else { out.push(letter) }
    }
    Cow::Owned(out)
}

/// Cleans every string inside a JSON value.
pub fn clean_value(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = clean(text).into_owned(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(clean_value),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(clean_value),
        _ => {}
    }
}

/// Only ASCII: other letters become `\u{..}`.
pub(super) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if letter.is_ascii() { out.push(letter) } else { push_escape(&mut out, letter) }
    }
    Cow::Owned(out)
}

fn push_escape(out: &mut String, letter: char) {
    out.extend(letter.escape_unicode());
}

/// Control characters (C0, DEL, C1), line separators, bidi controls, invisible formatting
/// and tag characters.
pub(super) fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_left_alone() {
        for text in ["plain", "ポート 8080", "a  b", "✓"] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_a_terminal_would_obey_becomes_visible() {
        for (text, wanted) in [
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{9b}31mb", "a\\u{9b}31mb"),
            ("one\r\ntwo\tthree", "one two three"),
            ("nginx\u{202e}txt", "nginx\\u{202e}txt"),
            ("a\u{2028}b\u{7f}", "a\\u{2028}b\\u{7f}"),
        ] {
            assert_eq!(clean(text), wanted);
        }
        assert_eq!(clean_argument("a\nb"), "a\\u{a}b");
    }
}
