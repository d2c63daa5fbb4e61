//! What a whole report has to be, in every format.

use netpath::render::shell::Shell;
use netpath::render::{Format, Style, Verbosity, render};
use netpath::report::Outcomes;
use serde_json::Value;

/// What holds for every report, whatever it is about. How wide it is depends on the names in
/// it; with those that Kubernetes permits `tests/properties` looks at that.
pub fn hold(outcomes: &Outcomes) {
    for (verbosity, width, shell, ascii, colour) in [
        (Verbosity::Normal, 80, Shell::Posix, false, false),
        (Verbosity::Verbose, 100, Shell::PowerShell, true, false),
        (Verbosity::Quiet, 60, Shell::PowerShell, false, true),
    ] {
        let style = Style { verbosity, width, shell, ascii, colour, ..Style::default() };
        let text = render(outcomes, Format::Text, &style);
        is_printable(&text, colour);
        if matches!(outcomes, Outcomes::Path(_)) && verbosity == Verbosity::Normal {
            let lines = text.lines().count();
            assert!(lines <= 30, "{lines} lines:\n{text}");
        }
        is_printable(&render(outcomes, Format::Markdown, &style), false);
    }
    let json = render(outcomes, Format::Json, &Style::default());
    is_printable(&json, false);
    let json: Value = serde_json::from_str(&json).expect("JSON that can be read");
    let yaml = render(outcomes, Format::Yaml, &Style::default());
    is_printable(&yaml, false);
    let yaml: Value = serde_yaml::from_str(&yaml).expect("YAML that can be read");
    assert_eq!(json, yaml, "the same values in both formats");
}

/// Nothing that a terminal obeys, but line ends and our own colours.
fn is_printable(text: &str, colour: bool) {
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' && colour {
            let sequence: String = rest.by_ref().take_while(|letter| *letter != 'm').collect();
            let own =
                sequence.strip_prefix('[').is_some_and(|codes| codes.chars().all(|c| c.is_ascii_digit() || c == ';'));
            assert!(own, "the sequence {sequence:?} is nobody's colour");
            continue;
        }
        let obeyed = letter.is_control() && letter != '\n'
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        assert!(!obeyed, "{:?} in {text:?}", letter);
    }
}
