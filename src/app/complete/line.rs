//! A command line that is not finished, read along clap's own description of it.

use std::ffi::OsString;

use clap::builder::ValueHint;
use clap::{Arg, Command};

/// What stands before the cursor.
pub(super) struct Line<'a> {
    /// The subcommand that is reached.
    pub command: &'a Command,
    /// Flags with a value, by long name.
    pub given: Vec<(&'a str, String)>,
    /// Words that are neither flags nor their values.
    pub positionals: Vec<String>,
    /// What the cursor stands at.
    pub wanted: Wanted<'a>,
    /// As much of it as is there.
    pub typed: String,
}

/// What the cursor stands at.
pub(super) enum Wanted<'a> {
    Subcommand,
    Flag,
    Value(&'a Arg),
    Positional,
    Nothing,
}

/// Whether a flag's value is a file's name.
pub(super) fn is_path(flag: &Arg) -> bool {
    matches!(flag.get_value_hint(), ValueHint::FilePath | ValueHint::AnyPath)
        || flag.get_value_names().is_some_and(|names| names.iter().any(|name| *name == "FILE"))
}

impl<'a> Line<'a> {
    /// Reads the words after the program's name; the last one is being typed.
    pub fn read(root: &'a Command, words: &[String]) -> Self {
        let (typed, before) = words.split_last().map_or((String::new(), words), |(last, rest)| (last.clone(), rest));
        let mut line = Self { command: root, given: vec![], positionals: vec![], wanted: Wanted::Nothing, typed };
        // The flag whose value comes next.
        let mut open: Option<&'a Arg> = None;
        let mut only_names = false;
        for word in before {
            if let Some(flag) = open.take() {
                line.give(flag, word);
            } else if only_names || !word.starts_with('-') || word == "-" {
                line.name(word);
            } else if word == "--" {
                only_names = true;
            } else {
                open = line.flag(word);
            }
        }
        line.wanted = match (open, &line.typed) {
            (Some(flag), _) => Wanted::Value(flag),
            (None, typed) if typed.starts_with('-') && !only_names => match typed.split_once('=') {
                None => Wanted::Flag,
                Some((name, value)) => {
                    let flag = line.long(name.trim_start_matches('-'));
                    line.typed = value.to_owned();
                    flag.map_or(Wanted::Nothing, Wanted::Value)
                }
            },
            _ if line.command.has_subcommands() => Wanted::Subcommand,
            _ => Wanted::Positional,
        };
        line
    }

    fn name(&mut self, word: &str) {
        match self.command.find_subcommand(word) {
            Some(command) if self.positionals.is_empty() => self.command = command,
            _ => self.positionals.push(word.to_owned()),
        }
    }

    /// Takes one word of flags; the one that wants the next word is given back.
    fn flag(&mut self, word: &str) -> Option<&'a Arg> {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let flag = self.long(name)?;
            match value {
                Some(value) => self.give(flag, value),
                None if takes(flag) => return Some(flag),
                None => {}
            }
            return None;
        }
        // -qn NAME, -nNAME, -n=NAME
        for (at, letter) in word.char_indices().skip(1) {
            let flag = self.command.get_arguments().find(|flag| flag.get_short() == Some(letter))?;
            if takes(flag) {
                let rest = &word[at + letter.len_utf8()..];
                if rest.is_empty() {
                    return Some(flag);
                }
                self.give(flag, rest.strip_prefix('=').unwrap_or(rest));
                return None;
            }
        }
        None
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.command.get_arguments().find(|flag| flag.get_long() == Some(name))
    }

    fn give(&mut self, flag: &'a Arg, value: &str) {
        self.given.extend(flag.get_long().map(|name| (name, value.to_owned())));
    }

    /// The same flags as a command line of a subcommand that takes all those about the
    /// connection.
    pub fn connection(&self, taking: &Command) -> Vec<OsString> {
        let known = |name: &str| taking.get_arguments().any(|flag| flag.get_long() == Some(name));
        let flags = self.given.iter().filter(|(name, _)| known(name));
        let mut words: Vec<OsString> = vec!["kubectl-netpath".into(), taking.get_name().into()];
        words.extend(flags.map(|(name, value)| format!("--{name}={value}").into()));
        words
    }
}

fn takes(flag: &Arg) -> bool {
    // `--insecure-skip-tls-verify` takes a value after `=` only.
    flag.get_action().takes_values() && !flag.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn read(words: &[&str]) -> String {
        let root = Cli::command();
        let words: Vec<String> = words.iter().map(|word| (*word).into()).collect();
        let line = Line::read(&root, &words);
        let wanted = match line.wanted {
            Wanted::Subcommand => "subcommand".into(),
            Wanted::Flag => "flag".into(),
            Wanted::Value(flag) => format!("value of {}", flag.get_id()),
            Wanted::Positional => format!("word {}", line.positionals.len()),
            Wanted::Nothing => "nothing".into(),
        };
        format!("{}: {wanted} {:?} {:?}", line.command.get_name(), line.typed, line.given)
    }

    #[test]
    fn the_cursor_is_found() {
        for (words, wanted) in [
            (&[][..], "kubectl-netpath: subcommand \"\" []"),
            (&["ex"], "kubectl-netpath: subcommand \"ex\" []"),
            (&["explain", ""], "explain: word 0 \"\" []"),
            (&["explain", "svc", "w"], "explain: word 1 \"w\" []"),
            (&["explain", "--"], "explain: flag \"--\" []"),
            (&["explain", "--", "--x"], "explain: word 0 \"--x\" []"),
            (&["explain", "-n", ""], "explain: value of namespace \"\" []"),
            (&["explain", "-qn", "x"], "explain: value of namespace \"x\" []"),
            (&["explain", "-nweb", ""], "explain: word 0 \"\" [(\"namespace\", \"web\")]"),
            (
                &["explain", "--context=a", "-n", "b", "s"],
                "explain: word 0 \"s\" [(\"context\", \"a\"), (\"namespace\", \"b\")]",
            ),
            (&["explain", "--context=ki"], "explain: value of context \"ki\" []"),
            (&["explain", "--insecure-skip-tls-verify", ""], "explain: word 0 \"\" []"),
            (&["explain", "-A", ""], "explain: word 0 \"\" []"),
            (&["explain", "--none=x"], "explain: nothing \"x\" []"),
            (&["env", "x", ""], "env: word 1 \"\" []"),
        ] {
            assert_eq!(read(words), wanted, "{words:?}");
        }
    }
}
