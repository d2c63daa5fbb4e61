//! What is wrong with a command line, in kubectl's words (`pflag`, `cobra`; kubectl
//! `pkg/cmd/util/helpers.go`, `UsageErrorf`).

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The error's text, without `error: `; `None` for what clap prints itself: help, version.
pub(super) fn worded(error: &clap::Error) -> Option<String> {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    // `--output <OUTPUT>` is a flag and the name of its value.
    let flag = argument.split([' ', '[', '=']).next().unwrap_or_default();
    let (what, mut more) = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::UnknownArgument if argument.starts_with("--") => {
            (format!("unknown flag: {argument}"), similar(&text(ContextKind::SuggestedArg)))
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let letter = argument.trim_start_matches('-');
            (format!("unknown shorthand flag: '{letter}' in {argument}"), String::new())
        }
        ErrorKind::UnknownArgument => (format!("one target at a time: what is \"{argument}\"?"), String::new()),
        ErrorKind::InvalidSubcommand => {
            let unknown = text(ContextKind::InvalidSubcommand);
            let near = text(ContextKind::SuggestedSubcommand);
            (format!("unknown command \"{unknown}\" for \"kubectl netpath\""), similar(&near))
        }
        ErrorKind::InvalidValue if value.is_empty() => (format!("flag needs an argument: {flag}"), String::new()),
        ErrorKind::InvalidValue => {
            let what = if flag.starts_with('-') { format!("for \"{flag}\"") } else { format!("as {flag}") };
            let allowed = text(ContextKind::ValidValue);
            (format!("invalid argument \"{value}\" {what}, allowed: {allowed}"), String::new())
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            (format!("invalid argument \"{value}\" for \"{flag}\": {why}"), String::new())
        }
        ErrorKind::ArgumentConflict => {
            let other = text(ContextKind::PriorArg);
            let other = other.split([' ', '[']).next().unwrap_or_default();
            let what = if flag == other {
                format!("{flag} may be given once")
            } else {
                format!("{flag} cannot be used together with {other}")
            };
            (what, String::new())
        }
        ErrorKind::MissingRequiredArgument => (format!("missing: {argument}"), String::new()),
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            (format!("one target at a time: what is \"{value}\"?"), String::new())
        }
        _ => (first_line(&error.to_string()), String::new()),
    };
    more.push_str(&format!("\nSee '{} --help' for usage.", command(error)));
    Some(what + &more)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn similar(names: &str) -> String {
    if names.is_empty() { String::new() } else { format!("\n  did you mean:  {names}") }
}

/// The command that was being read, from clap's line about its usage.
fn command(error: &clap::Error) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    let words = usage.split_whitespace().skip_while(|word| *word != "kubectl");
    let named: Vec<&str> = words.take_while(|word| !word.starts_with(['[', '<', '-', '.'])).collect();
    // Without a usage, or one of several forms, the plugin itself.
    match named[..] {
        ["kubectl", "netpath", command] if !command.chars().any(char::is_uppercase) => {
            format!("kubectl netpath {command}")
        }
        _ => "kubectl netpath".into(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn usage_errors_are_worded_as_kubectl_does() {
        for (line, wanted) in [
            ("explain --nothing", "unknown flag: --nothing\nSee 'kubectl netpath explain --help' for usage."),
            ("explain --namspace x", "unknown flag: --namspace\n  did you mean:  --namespace\nSee"),
            ("env -z", "unknown shorthand flag: 'z' in -z\nSee 'kubectl netpath env --help' for usage."),
            (
                "explian",
                "unknown command \"explian\" for \"kubectl netpath\"\n  did you mean:  explain\nSee 'kubectl netpath --help'",
            ),
            ("env --context", "flag needs an argument: --context\nSee"),
            ("explain -o xml", "invalid argument \"xml\" for \"--output\", allowed: text, json, yaml, markdown\nSee"),
            (
                "explain --timeout soon",
                "invalid argument \"soon\" for \"--timeout\": \"soon\" is no time; write 10s or 1500ms\nSee",
            ),
            (
                "explain --request-timeout 9223372036854775807s",
                "invalid argument \"9223372036854775807s\" for \"--request-timeout\": 24h is the longest\nSee",
            ),
            ("explain -q -v", "--quiet cannot be used together with --verbose\nSee"),
            ("explain --context a --context b", "--context may be given once\nSee"),
            ("completion", "missing: <SHELL>\nSee 'kubectl netpath completion --help' for usage."),
            ("completion tcsh", "invalid argument \"tcsh\" as <SHELL>, allowed: bash, "),
            ("explain svc a b", "one target at a time: what is \"b\"?\nSee"),
            ("env svc/web", "one target at a time: what is \"svc/web\"?"),
        ] {
            let words = std::iter::once("kubectl-netpath").chain(line.split(' '));
            let said = worded(&Cli::try_parse_from(words).expect_err(line)).expect(line);
            assert!(said.starts_with(wanted), "{line}:\n{said}");
        }
        assert!(Cli::try_parse_from(["kubectl-netpath", "--help"]).is_err_and(|error| worded(&error).is_none()));
    }
}
