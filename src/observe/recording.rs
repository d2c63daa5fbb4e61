//! Recordings: the request and every answer of a run, in one YAML file.
//!
//! Only distilled answers exist in here, so a recording holds what the slim types have
//! fields for and nothing else: no credential, no container environment, no annotation.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::{MOST, opened, whole_text};
use crate::answers::Answers;
use crate::ask::{Ask, Observation};
use crate::request::{Request, recalled};

/// The version of the file's shape.
const API_VERSION: &str = "netpath/v1alpha1";
const KIND: &str = "Recording";

/// How a recording begins, of whatever version.
const BEGIN: &[u8] = b"apiVersion: netpath/";

/// The longest file that is replayed, in bytes (`file::whole_text`).
const LONGEST: usize = MOST as usize;

/// The most keys and values in one: the parser's own limit is that of a configuration, and
/// less than 1500 Services have. A recording has one in every 8 to 13 bytes.
const MOST_NODES: usize = LONGEST / 4;

/// One recorded run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recording {
    api_version: String,
    kind: String,
    /// The netpath that recorded it.
    pub netpath: String,
    /// What was asked for.
    pub request: Request,
    answers: Vec<Answer>,
    /// Milliseconds the run took. Stands last and must be there: a file that was cut short
    /// can be good YAML, and would show half a list as the whole.
    pub took_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    ask: Ask,
    answer: Observation,
}

/// Why a file is not a recording that can be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error("recording {path} could not be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML, cut short, or of another shape.
    #[error("recording {path} is not a complete netpath recording{at}")]
    Shape {
        /// The file.
        path: String,
        /// Where reading stopped.
        at: String,
    },
    /// It is of another version.
    #[error("recording {path} is a {found}; this netpath replays {API_VERSION} {KIND}")]
    Version {
        /// The file.
        path: String,
        /// What it says it is.
        found: String,
    },
    /// Its request has words that netpath does not write there.
    #[error("recording {path} is not replayed: netpath writes no such words into request.flags")]
    Flags {
        /// The file.
        path: String,
    },
    /// Something else is in the file that it is to be written to.
    #[error("{path} is no netpath recording, and is not overwritten\n  give --record the name of a new file")]
    Taken {
        /// The file.
        path: String,
    },
    /// It could not be written.
    #[error("recording {path} could not be written: {detail}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        detail: String,
    },
}

impl Recording {
    /// Puts a run's request and answers together.
    pub fn new(request: Request, answers: &Answers, took_ms: u64) -> Self {
        let answers = answers.iter().map(|(ask, answer)| Answer { ask: ask.clone(), answer: answer.clone() }).collect();
        Self {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            netpath: env!("CARGO_PKG_VERSION").into(),
            request,
            answers,
            took_ms,
        }
    }

    /// The recorded answer to a question.
    pub fn answer(&self, ask: &Ask) -> Option<Observation> {
        self.answers.iter().find(|answer| answer.ask == *ask).map(|answer| answer.answer.clone())
    }

    /// Reads a recording's text. `path` is only named in errors.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] for another version or kind, [`Error::Shape`] for anything that
    /// is not a complete recording, [`Error::Flags`] for words that would get into commands.
    pub fn parse(text: &str, path: &str) -> Result<Self, Error> {
        // By way of an untyped value: a YAML parser made for every type of an answer would
        // be a tenth of the program.
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! {
                max_nodes: MOST_NODES,
                max_events: 2 * MOST_NODES,
                // None is ever written. Without them a file cannot be more than it is long.
                max_aliases: 0,
                max_anchors: 0,
            },
        };
        let value: Value = serde_yaml::from_str_with_options(text, options).map_err(|error| {
            // The parser's own message quotes the input; the place alone is enough.
            let at = error.location().map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            Error::Shape { path: path.into(), at: at.unwrap_or_default() }
        })?;
        let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let found = format!("{} {}", word("apiVersion"), word("kind"));
        if found != format!("{API_VERSION} {KIND}") {
            let found = if found.trim().is_empty() { "file without apiVersion and kind".into() } else { found };
            return Err(Error::Version { path: path.into(), found });
        }
        let mut recording =
            Self::deserialize(value).map_err(|_| Error::Shape { path: path.into(), at: String::new() })?;
        recording.request.flags =
            recalled(&recording.request.flags).ok_or_else(|| Error::Flags { path: path.into() })?;
        Ok(recording)
    }

    /// Reads a recording from a file.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let text = whole_text(path).map_err(|source| Error::Read { path: shown.clone(), source })?;
        Self::parse(&text, &shown)
    }

    /// Whether a recording may be written there: to a new or empty file, over another
    /// recording, or to what is no file, such as a pipe. Anything else is a slip, and would
    /// cost a kubeconfig.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`], and [`Error::Read`] where what is there cannot be seen.
    pub fn fits(path: &Path) -> Result<(), Error> {
        let shown = || path.display().to_string();
        // What cannot be looked at cannot be written either, and that is said then.
        let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
        if !found.is_file() || found.len() == 0 {
            return Ok(());
        }
        let mut begin = Vec::new();
        File::open(path)
            .and_then(|file| file.take(BEGIN.len() as u64).read_to_end(&mut begin))
            .map_err(|source| Error::Read { path: shown(), source })?;
        if begin == BEGIN { Ok(()) } else { Err(Error::Taken { path: shown() }) }
    }

    /// Writes the recording to a file.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let failed = |detail: String| Error::Write { path: path.display().to_string(), detail };
        let text = serde_yaml::to_string(self).map_err(|error| failed(error.to_string()))?;
        if text.len() > LONGEST {
            return Err(failed(format!(
                "it would be longer than the {LONGEST} bytes that are replayed; record one namespace, or one target"
            )));
        }
        let file = opened(path, OpenOptions::new().write(true).create(true).truncate(true), "nobody reads it");
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "apiVersion: netpath/v1alpha1
kind: Recording
netpath: 0.1.0
request: {goal: environment, context: null, namespace: null, port: null, probe: auto, flags: FLAGS}
answers: ANSWERS
tookMs: 1
";

    fn parse(flags: &str, answers: &str) -> Result<Recording, Error> {
        Recording::parse(&WHOLE.replace("FLAGS", flags).replace("ANSWERS", answers), "seen.yaml")
    }

    #[test]
    fn what_is_made_to_hurt_is_refused() {
        assert_eq!(parse("[]", "[]").expect("a recording").took_ms, 1);
        let answer = "{ask: {file: f}, answer: {known: VALUE}}";
        let known = |value: &str| parse("[]", &format!("[{}]", answer.replace("VALUE", value)));
        assert!(known("[[x]]").is_ok());
        for bomb in [
            // One alias already, and one anchor.
            "[&a x, *a]".to_owned(),
            "&a x".to_owned(),
            format!("{}x{}", "[".repeat(100), "]".repeat(100)),
        ] {
            assert!(matches!(known(&bomb), Err(Error::Shape { .. })), "{bomb}");
        }
    }

    #[test]
    fn flags_of_a_stranger_name_no_place_and_nothing_else() {
        let flags = |flags: &str| parse(flags, "[]").map(|recording| recording.request.flags);
        for (written, kept) in [
            ("[]", &[][..]),
            ("[--cluster, a, --user, b]", &["--cluster", "a", "--user", "b"]),
            ("[--kubeconfig, ./evil, --server, 'https://evil']", &["--kubeconfig", "FILE", "--server", "URL"]),
            ("[--user, --token=x]", &["--user", "--token=x"]),
            ("[--as, admin, --as-group, 'system:masters']", &["--as", "USER", "--as-group", "GROUP"]),
        ] {
            assert_eq!(flags(written).expect(written), kept);
        }
        for written in [
            "[--insecure-skip-tls-verify]",
            "[--token, x]",
            "[get, secret]",
            "[--cluster, a, get, secret, -A]",
            "[--cluster]",
            "[--cluster, '']",
            "['--server=https://evil', x]",
        ] {
            assert!(matches!(flags(written), Err(Error::Flags { .. })), "{written}");
        }
    }

    /// The limit is that of the reader.
    #[test]
    fn what_is_longer_than_is_read_is_not_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("seen.yaml");
        let file = File::create(&path).expect("a file");
        file.set_len(LONGEST as u64).expect("a file");
        assert!(whole_text(&path).is_ok());
        file.set_len(LONGEST as u64 + 1).expect("a file");
        assert!(whole_text(&path).is_err());
        let mut recording = parse("[]", "[]").expect("a recording");
        recording.netpath = "x".repeat(LONGEST);
        let said = recording.write(&directory.path().join("new.yaml")).expect_err("too long").to_string();
        assert!(said.contains("longer") && !directory.path().join("new.yaml").exists(), "{said}");
    }

    #[test]
    fn only_recordings_are_overwritten() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        let fits = |text: &str| {
            std::fs::write(&path, text).expect("a file");
            Recording::fits(&path).is_ok()
        };
        assert!(Recording::fits(&path).is_ok(), "a new file");
        assert!(Recording::fits(directory.path()).is_ok(), "writing there says why not");
        for (text, wanted) in [
            ("", true),
            ("apiVersion: netpath/v1alpha1\nkind: Recording\n", true),
            ("apiVersion: netpath/v2", true),
            ("apiVersion: v1\nkind: Config\n", false),
            ("apiVersion: netpath", false),
            ("\n", false),
        ] {
            assert_eq!(fits(text), wanted, "{text}");
        }
    }
}
