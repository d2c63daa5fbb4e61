//! `__complete`: what may stand at the cursor, for kubectl's own completion and for the
//! scripts of `completion`.
//!
//! kubectl runs the program `kubectl_complete-netpath` on PATH with the words after the
//! plugin's name, the last one being typed, and reads candidates, one a line, with a
//! description after a tab; the last line is `:` and a sum of cobra's directives (kubectl
//! `pkg/cmd/plugin/plugin_completion.go`, cobra `completions.go`). krew puts one file on
//! PATH, so the same program answers to both names.

mod line;
mod live;
mod script;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, CommandFactory};

use self::line::{Line, Wanted};
use super::target::TOPICS;
use super::{demo, output};
use crate::cli::Cli;
use crate::diagnose::registry::REGISTRY;
use crate::request::Kind;

pub(super) use self::script::print as script;

/// What follows is not done: `svc/` wants a name.
const NO_SPACE: u8 = 2;
/// File names would be no answer.
const NO_FILES: u8 = 4;

/// The words to complete, if that is what this process was started for.
pub(super) fn asked(arguments: &[OsString]) -> Option<Vec<String>> {
    let name = Path::new(arguments.first()?).file_stem()?.to_str()?;
    let words = if name.starts_with("kubectl_complete-") {
        &arguments[1..]
    } else {
        let (first, rest) = arguments[1..].split_first()?;
        (first == "__complete").then_some(rest)?
    };
    Some(words.iter().map(|word| word.to_string_lossy().into_owned()).collect())
}

/// Prints the candidates. Nothing ever goes to stderr: the user is in the middle of a line.
pub(super) fn run(words: &[String]) {
    let command = Cli::command();
    let answer = answer(&Line::read(&command, words));
    let mut text = String::new();
    for (value, about) in answer.candidates {
        // A name from a cluster or a file becomes a part of somebody's command line, where no
        // shell quotes it: what one would take for more than a word is not offered.
        let plain = |letter: char| letter.is_alphanumeric() || "_-./:=@%+,".contains(letter);
        if !value.chars().all(plain) {
            continue;
        }
        text.push_str(&value);
        if !about.is_empty() {
            text.push('\t');
            text.push_str(&about);
        }
        text.push('\n');
    }
    let _ = output::write(&format!("{text}:{}\n", answer.directive));
}

struct Answer {
    candidates: Vec<(String, String)>,
    directive: u8,
}

fn answer(line: &Line<'_>) -> Answer {
    let mut directive = NO_FILES;
    let mut candidates = match &line.wanted {
        Wanted::Subcommand => subcommands(line),
        Wanted::Flag => flags(line),
        Wanted::Value(flag) => {
            if line::is_path(flag) {
                directive = 0;
            }
            value(line, flag)
        }
        Wanted::Positional => match line.command.get_name() {
            "explain" => {
                if !line.typed.contains('/') && line.positionals.is_empty() {
                    directive |= NO_SPACE;
                }
                target(line)
            }
            "demo" => demo::names().map(|(name, shows)| (name.into(), shows.into())).collect(),
            _ => line.command.get_positionals().next().map(possible).unwrap_or_default(),
        },
        Wanted::Nothing => Vec::new(),
    };
    // A number may be the port of two protocols.
    let mut seen = BTreeSet::new();
    candidates.retain(|(value, _)| value.starts_with(&line.typed) && seen.insert(value.clone()));
    Answer { candidates, directive }
}

fn subcommands(line: &Line<'_>) -> Vec<(String, String)> {
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let shown = line.command.get_subcommands().filter(|command| !command.is_hide_set());
    shown.map(|command| (command.get_name().to_owned(), first_line(&about(command)))).collect()
}

fn flags(line: &Line<'_>) -> Vec<(String, String)> {
    let about = |flag: &Arg| first_line(&flag.get_help().map(ToString::to_string).unwrap_or_default());
    let long = |flag: &Arg| Some((format!("--{}", flag.get_long()?), about(flag)));
    let mut found: Vec<_> = line.command.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(long).collect();
    found.push(("--help".into(), "Print help".into()));
    found
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn possible(argument: &Arg) -> Vec<(String, String)> {
    let about = |value: &clap::builder::PossibleValue| value.get_help().map(ToString::to_string).unwrap_or_default();
    argument.get_possible_values().iter().map(|value| (value.get_name().to_owned(), about(value))).collect()
}

fn value(line: &Line<'_>, flag: &Arg) -> Vec<(String, String)> {
    let names = |names: Vec<String>| names.into_iter().map(|name| (name, String::new())).collect();
    match flag.get_id().as_str() {
        "context" => names(live::contexts(line)),
        "cluster" => names(live::clusters(line)),
        "user" => names(live::users(line)),
        "namespace" => names(live::namespaces(line)),
        "port" => {
            let target: Vec<&str> = line.positionals.iter().flat_map(|word| word.split('/')).collect();
            match target[..] {
                [name] => names(live::ports(line, name)),
                [kind, name] if Kind::parse(kind) == Some(Kind::Service) => names(live::ports(line, name)),
                _ => Vec::new(),
            }
        }
        _ => possible(flag),
    }
}

/// Objects, codes and topics.
fn target(line: &Line<'_>) -> Vec<(String, String)> {
    let bare = |names: Vec<String>| names.into_iter().map(|name| (name, String::new()));
    match (&line.positionals[..], line.typed.split_once('/')) {
        ([], Some((word, _))) => {
            let Some(kind) = Kind::parse(word) else { return Vec::new() };
            bare(live::objects(line, kind)).map(|(name, _)| (format!("{word}/{name}"), String::new())).collect()
        }
        // Codes are written in capitals, names never are.
        ([], None) if line.typed.starts_with(|letter: char| letter.is_ascii_uppercase()) => {
            REGISTRY.iter().map(|entry| (entry.code.as_str().to_owned(), entry.slug.to_owned())).collect()
        }
        ([], None) => {
            let kinds = Kind::ALL.iter().map(|kind| (format!("{}/", kind.short()), kind.as_str().to_owned()));
            let topics = TOPICS.iter().map(|(topic, _)| ((*topic).to_owned(), "a topic".to_owned()));
            let services = live::objects(line, Kind::Service).into_iter().map(|name| (name, "Service".to_owned()));
            services.chain(kinds).chain(topics).collect()
        }
        ([word], None) if !word.contains('/') => {
            Kind::parse(word).map(|kind| bare(live::objects(line, kind)).collect()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
