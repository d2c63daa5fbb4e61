//! What a VM's host agent wrote down about one port.
//!
//! The log is made anew at every start, one JSON object per line (lima-vm/lima @183a60d7
//! `pkg/instance/start.go:244-262`). Before it listens the host agent says where it forwards a
//! port from and to; that it could not listen is a line of its own, which names the address of
//! this computer (gRPC: `pkg/portfwd/listener.go:168-206`, `forward.go:64-80`) or the port
//! inside (ssh: `pkg/hostagent/port.go`, `hostagent.go:849-867` for static rules). So
//! "forwarding" proves nothing, and "failed" is about the attempt before it.

use std::net::SocketAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};
use crate::fact::live::decode;

/// What the log says about a port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// All since the VM was started was read; else only the end.
    pub whole: bool,
    /// The VM's agent told of the port, and was not heard to take it back.
    pub told: bool,
    /// Nothing that the host agent tried for it succeeded: why.
    pub failed: Option<Failed>,
}

/// Why the host agent could not listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failed {
    /// Somebody else had the port.
    InUse,
    /// It may not.
    Denied,
    /// It does not say.
    Unsaid,
}

/// The end of a log, as the shell reads it.
#[derive(Deserialize)]
struct Tail {
    text: String,
    whole: bool,
}

struct OfPort {
    home: Option<String>,
    instance: String,
    guest: u16,
    port: u16,
}

impl Question for OfPort {
    type Answer = Log;

    fn ask(&self) -> Ask {
        let Self { home, instance, guest, port } = self;
        Ask::LimaLog { home: home.clone(), instance: instance.clone(), guest: *guest, port: *port }
    }

    fn distil(&self, raw: Raw) -> Distilled<Log> {
        let tail: Option<Tail> = decode(raw)?;
        let tail = tail.ok_or_else(|| Why::Unreadable { detail: "not the end of a log".into() })?;
        Ok(Some(read(&tail, self.guest, self.port)))
    }
}

/// What a VM's host agent wrote down about a port inside that should come out at a port of
/// this computer.
pub fn forwarding_log(asking: &Asking, home: Option<&str>, instance: &str, guest: u16, port: u16) -> Seen<Rc<Log>> {
    asking.ask(OfPort { home: home.map(str::to_owned), instance: instance.to_owned(), guest, port })
}

/// One line. All else that stands there is not kept.
#[derive(Deserialize)]
struct Line {
    msg: String,
    #[serde(default)]
    error: String,
}

fn read(tail: &Tail, guest: u16, port: u16) -> Log {
    // The attempts that are not taken back: the address inside, and how its last one ended.
    let mut attempts: Vec<(SocketAddr, Option<Failed>)> = Vec::new();
    for line in tail.text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        match said(&line.msg, guest, port) {
            Some(Said::Forwarding(from)) => {
                attempts.retain(|(own, _)| *own != from);
                attempts.push((from, None));
            }
            Some(Said::Stopping(from)) => attempts.retain(|(own, _)| *own != from),
            // Several addresses inside may share one outside, and only the first gets it: a
            // failure is about the last of those that are still thought to have it.
            Some(Said::Failed) => {
                if let Some(last) = attempts.iter_mut().rev().find(|(_, failed)| failed.is_none()) {
                    last.1 = Some(why(&line.error));
                }
            }
            None => {}
        }
    }
    let failed = attempts.iter().all(|(_, failed)| failed.is_some());
    let failed = attempts.last().and_then(|(_, last)| *last).filter(|_| failed);
    Log { whole: tail.whole, told: !attempts.is_empty(), failed }
}

enum Said {
    Forwarding(SocketAddr),
    Stopping(SocketAddr),
    Failed,
}

/// What a message says about the port; `None` if it is about something else.
fn said(message: &str, guest: u16, port: u16) -> Option<Said> {
    let between = |pair: &str, word: &str| {
        let (from, to) = pair.split_once(word)?;
        let (from, to): (SocketAddr, SocketAddr) = (from.parse().ok()?, to.parse().ok()?);
        (from.port() == guest && to.port() == port).then_some(from)
    };
    let after = |prefix: &str| message.strip_prefix(prefix);
    if let Some(pair) = after("Forwarding TCP from ").or_else(|| after("Setting up static TCP forwarding from ")) {
        return between(pair, " to ").map(Said::Forwarding);
    }
    if let Some(pair) = after("Stopping forwarding TCP from ") {
        return between(pair, " to ").map(Said::Stopping);
    }
    if let Some(pair) = after("failed to set up static TCP forwarding ") {
        return between(pair, " -> ").map(|_| Said::Failed);
    }
    if let Some(at) = after("failed to listen tcp: ") {
        return at.parse().is_ok_and(|at: SocketAddr| at.port() == port).then_some(Said::Failed);
    }
    let rest = after("failed to set up forwarding tcp port ")?;
    (rest.split(' ').next() == Some(&guest.to_string())).then_some(Said::Failed)
}

/// Go prints the words of the system.
fn why(error: &str) -> Failed {
    let error = error.to_ascii_lowercase();
    match () {
        () if error.contains("address already in use") => Failed::InUse,
        () if error.contains("permission denied") => Failed::Denied,
        () => Failed::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    const FROM: &str = "0.0.0.0:30080";
    const SIX: &str = "[::]:30080";
    const TO: &str = "127.0.0.1:8080";

    fn line(message: &str, error: &str) -> String {
        serde_json::json!({ "level": "info", "msg": message, "error": error, "time": "2026-08-21T10:00:00Z" })
            .to_string()
    }

    fn forwarding(from: &str) -> String {
        line(&format!("Forwarding TCP from {from} to {TO}"), "")
    }

    fn busy() -> String {
        line(&format!("failed to listen tcp: {TO}"), "listen tcp 127.0.0.1:8080: bind: address already in use")
    }

    fn of(lines: &[String]) -> (bool, Option<Failed>) {
        let log = read(&Tail { text: lines.join("\n"), whole: true }, 30080, 8080);
        (log.told, log.failed)
    }

    #[test]
    fn a_listen_that_failed_is_told_from_one_that_did_not() {
        let stopping = line(&format!("Stopping forwarding TCP from {FROM} to {TO}"), "");
        for (lines, wanted) in [
            (vec![], (false, None)),
            (vec![forwarding(FROM)], (true, None)),
            (vec![forwarding(FROM), busy()], (true, Some(Failed::InUse))),
            // Both stacks share one address outside: the second always fails (lima#1366).
            (vec![forwarding(FROM), forwarding(SIX), busy()], (true, None)),
            (vec![forwarding(FROM), busy(), forwarding(SIX), busy()], (true, Some(Failed::InUse))),
            (vec![forwarding(FROM), forwarding(SIX), busy(), busy()], (true, Some(Failed::InUse))),
            // The Service was made anew, and this time the port was free.
            (vec![forwarding(FROM), busy(), forwarding(FROM)], (true, None)),
            (vec![forwarding(FROM), forwarding(FROM), busy()], (true, Some(Failed::InUse))),
            (vec![forwarding(FROM), stopping.clone()], (false, None)),
            (vec![forwarding(FROM), busy(), stopping], (false, None)),
            // Of an attempt that is not seen any more nothing is known.
            (vec![busy()], (false, None)),
        ] {
            assert_eq!(of(&lines), wanted, "{lines:#?}");
        }
    }

    #[test]
    fn ssh_and_static_rules_have_words_of_their_own() {
        let set_up = "failed to set up forwarding tcp port 30080 (negligible if already forwarded)";
        for (lines, wanted) in [
            (
                vec![forwarding(FROM), line(set_up, "mux_client_forward: forwarding request failed")],
                Some(Failed::Unsaid),
            ),
            (vec![forwarding(FROM), line(set_up, "bind: Permission denied")], Some(Failed::Denied)),
            (
                vec![
                    line(&format!("Setting up static TCP forwarding from {FROM} to {TO}"), ""),
                    line(&format!("failed to set up static TCP forwarding {FROM} -> {TO}"), "address already in use"),
                ],
                Some(Failed::InUse),
            ),
        ] {
            assert_eq!(of(&lines), (true, wanted), "{lines:#?}");
        }
    }

    #[test]
    fn other_ports_protocols_and_words_are_nothing() {
        for message in [
            "Forwarding TCP from 0.0.0.0:30081 to 127.0.0.1:8080",
            "Forwarding TCP from 0.0.0.0:30080 to 127.0.0.1:8081",
            "Forwarding UDP from 0.0.0.0:30080 to 127.0.0.1:8080",
            "Forwarding TCP from 0.0.0.0:30080",
            "Forwarding TCP from /run/x.sock to 127.0.0.1:8080",
            "Not forwarding TCP 0.0.0.0:30080",
            "\u{1b}[31mForwarding TCP from 0.0.0.0:30080 to 127.0.0.1:8080",
        ] {
            assert_eq!(of(&[line(message, "")]), (false, None), "{message}");
        }
        for message in [
            "failed to listen tcp: 127.0.0.1:8081",
            "failed to listen udp: 127.0.0.1:8080",
            "failed to listen tcp: 8080",
            "failed to set up forwarding tcp port 3008 (negligible if already forwarded)",
            "failed to stop forwarding tcp port 30080",
        ] {
            assert_eq!(of(&[forwarding(FROM), line(message, "")]), (true, None), "{message}");
        }
    }

    /// Words of the log's own, whole and in pieces, and anything.
    fn pieces() -> impl Strategy<Value = String> {
        let words = vec![
            "{",
            "}",
            "\"msg\":",
            "\"error\":",
            "\"Forwarding TCP from ",
            "\"failed to listen tcp: ",
            "0.0.0.0:30080",
            "[::]:",
            " to ",
            " -> ",
            "127.0.0.1:8080\"",
            "failed to set up forwarding tcp port ",
            "30080",
            "\n",
            ",",
            "null",
            "[[[[",
        ];
        let piece = prop_oneof![select(words).prop_map(str::to_owned), ".{0,8}"];
        vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        /// Whatever stands in a log, no word of it is kept, and nothing is told of a port that no
        /// line names.
        #[test]
        fn any_text_is_read(text in pieces(), whole: bool) {
            let tail = serde_json::json!({ "text": text, "whole": whole });
            let question = OfPort { home: None, instance: "k3s".into(), guest: 30080, port: 8080 };
            let log = question.distil(Raw::Value(tail)).unwrap().unwrap();
            prop_assert_eq!(log.whole, whole);
            prop_assert!(log.told || log.failed.is_none());
            prop_assert!(!log.told || text.contains("30080") && text.contains("8080"));
            prop_assert!(serde_json::to_string(&log).unwrap().len() < 64);
        }

        /// The last attempt of each address decides, however often it was tried before.
        #[test]
        fn a_last_attempt_that_went_well_is_no_failure(busies in vec(any::<bool>(), 0..12)) {
            let mut lines = Vec::new();
            for failed in busies {
                lines.push(forwarding(FROM));
                lines.extend(failed.then(busy));
            }
            lines.push(forwarding(FROM));
            prop_assert_eq!(of(&lines), (true, None));
        }
    }
}
