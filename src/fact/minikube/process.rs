//! minikube's processes: `minikube tunnel`, `minikube service`, and the ssh clients that do
//! the forwarding for both. An ssh outlives the minikube that started it (seen after
//! SIGKILL, SIGTERM and SIGHUP), and keeps its road open.

use std::net::IpAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw};
use crate::fact::live::decode;

/// One process that has to do with minikube's forwarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Process {
    /// minikube itself.
    Minikube {
        /// Process id.
        pid: u32,
        /// The profile that `-p` names; `None` where that was left to minikube.
        profile: Option<String>,
        /// tunnel or service.
        verb: String,
    },
    /// An ssh client into a node.
    Ssh(Ssh),
}

/// An ssh client into a node, started by minikube.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ssh {
    /// Process id.
    pub pid: u32,
    /// The machine whose key it uses.
    pub machine: String,
    /// The host port of the node's port 22 that it was given.
    pub through: u16,
    /// It is sudo, which still asks for a password or waits for its ssh.
    pub sudo: bool,
    /// What it forwards.
    pub forwards: Vec<Forward>,
    /// It is another user's, and no system shows whose socket is whose without that right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// One `-L [BIND:]PORT:HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forward {
    /// The address that it listens on; `None` for loopback.
    pub bind: Option<IpAddr>,
    /// The port on this computer.
    pub port: u16,
    /// The address inside the node: a cluster address, or 127.0.0.1 for an Ingress.
    pub to: String,
    /// The port there.
    pub to_port: u16,
}

impl Forward {
    /// Where it leads, seen from the node: `ADDRESS:PORT`.
    pub fn destination(&self) -> String {
        format!("{}:{}", self.to, self.to_port)
    }
}

impl Process {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        match self {
            Self::Minikube { pid, .. } => *pid,
            Self::Ssh(ssh) => ssh.pid,
        }
    }

    /// Reads a command line. `None` for everything that is not minikube's: nothing else is
    /// ever kept. A shell or a grep that has the words in its arguments is not it: the
    /// command itself counts.
    pub fn parse(pid: u32, arguments: &[String]) -> Option<Self> {
        let command = arguments.first()?.replace('\\', "/");
        let command = command.rsplit('/').next().unwrap_or_default().trim_end_matches(".exe");
        match command {
            command if is_minikube(command) => minikube(pid, &arguments[1..]),
            "ssh" => ssh(pid, &arguments[1..], false).map(Self::Ssh),
            "sudo" => {
                let rest = arguments.iter().position(|word| word == "ssh" || word.ends_with("/ssh"))?;
                ssh(pid, &arguments[rest + 1..], true).map(Self::Ssh)
            }
            _ => None,
        }
    }
}

/// Also by the name under which a release is downloaded: `minikube-linux-amd64`.
fn is_minikube(command: &str) -> bool {
    let system = |rest: &str| ["linux-", "darwin-", "windows-"].iter().any(|system| rest.starts_with(system));
    command == "minikube" || command.strip_prefix("minikube-").is_some_and(system)
}

fn minikube(pid: u32, arguments: &[String]) -> Option<Process> {
    let verb = arguments.iter().find(|word| ["tunnel", "service"].contains(&word.as_str()))?.clone();
    let mut profile = None;
    for (at, word) in arguments.iter().enumerate() {
        if word == "-p" || word == "--profile" {
            profile = arguments.get(at + 1).cloned();
        }
        if let Some(name) = word.strip_prefix("--profile=").or_else(|| word.strip_prefix("-p=")) {
            profile = Some(name.to_owned());
        }
    }
    Some(Process::Minikube { pid, profile, verb })
}

/// Reads ssh's arguments as minikube writes them (`pkg/minikube/tunnel/kic/ssh_conn.go`):
/// the machine stands in the path of its key, and each `-L 8090:...` is one argument with a
/// blank in it. A system that tells only one long line splits it there; both are read.
fn ssh(pid: u32, arguments: &[String], sudo: bool) -> Option<Ssh> {
    let line = arguments.join(" ").replace('\\', "/");
    if !line.contains("docker@") {
        return None;
    }
    let (_, key) = line.rsplit_once("/machines/")?;
    let machine = key.split_once("/id_rsa")?.0.to_owned();
    let first = |rest: &str| rest.split_whitespace().next().map(str::to_owned);
    let through = line.split(" -p ").skip(1).find_map(first)?.parse().ok()?;
    let forwards = line.split("-L ").skip(1).filter_map(first).filter_map(|text| forward(&text)).collect();
    Some(Ssh { pid, machine, through, sudo, forwards, hidden: false })
}

fn forward(text: &str) -> Option<Forward> {
    let text = text.trim_matches('"');
    let (rest, to_port) = text.rsplit_once(':')?;
    let (rest, to) = match rest.strip_suffix(']') {
        Some(rest) => rest.rsplit_once(":[")?,
        None => rest.rsplit_once(':')?,
    };
    let (bind, port) = match rest.rsplit_once(':') {
        Some((bind, port)) => (Some(bind), port),
        None => (None, rest),
    };
    let bind = match bind {
        None | Some("localhost") => None,
        Some("*") => Some(IpAddr::from([0, 0, 0, 0])),
        Some(bind) => Some(bind.trim_matches(['[', ']']).parse().ok()?),
    };
    Some(Forward { bind, port: port.parse().ok()?, to: to.to_owned(), to_port: to_port.parse().ok()? })
}

struct Processes;

impl Question for Processes {
    type Answer = Vec<Process>;

    fn ask(&self) -> Ask {
        Ask::MinikubeProcesses
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<Process>> {
        decode(raw)
    }
}

/// The processes that have to do with minikube's forwarding.
pub fn processes(asking: &Asking) -> Seen<Rc<Vec<Process>>> {
    asking.ask(Processes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split('|').map(str::to_owned).collect()
    }

    const SEEN: &str = "ssh|-o|UserKnownHostsFile=/dev/null|-o|StrictHostKeyChecking=no|-o|IdentitiesOnly=yes|-N|\
        docker@127.0.0.1|-p|32782|-i|/home/user/.minikube/machines/ports/id_rsa|-L 80:127.0.0.1:80|-L 443:127.0.0.1:443";

    #[test]
    fn the_ssh_of_a_real_tunnel_is_read() {
        let wanted = |pid, sudo| {
            let forward = |port| Forward { bind: None, port, to: "127.0.0.1".into(), to_port: port };
            let (machine, forwards) = ("ports".into(), vec![forward(80), forward(443)]);
            Some(Process::Ssh(Ssh { pid, machine, through: 32782, sudo, forwards, hidden: false }))
        };
        assert_eq!(Process::parse(7, &words(SEEN)), wanted(7, false));
        assert_eq!(Process::parse(8, &words(&format!("sudo|{SEEN}"))), wanted(8, true));
        // As a system tells it that knows only the whole line.
        let line: Vec<String> = SEEN.replace('|', " ").split(' ').map(str::to_owned).collect();
        assert_eq!(Process::parse(9, &line), wanted(9, false));
        let windows = SEEN.replace("ssh|", "C:\\Windows\\System32\\OpenSSH\\ssh.exe|");
        let windows =
            windows.replace("/home/user/.minikube/machines/ports/", "C:\\Users\\me u\\.minikube\\machines\\ports\\");
        assert_eq!(Process::parse(10, &words(&windows)), wanted(10, false));
    }

    #[test]
    fn minikube_itself_is_read() {
        let of = |line: &str| Process::parse(1, &words(line));
        let wanted = |profile: Option<&str>, verb: &str| {
            Some(Process::Minikube { pid: 1, profile: profile.map(Into::into), verb: verb.into() })
        };
        assert_eq!(of("minikube|tunnel"), wanted(None, "tunnel"));
        assert_eq!(of("/usr/local/bin/minikube|-p|ports|service|web|--url"), wanted(Some("ports"), "service"));
        assert_eq!(of("minikube|tunnel|--profile=dev|--cleanup"), wanted(Some("dev"), "tunnel"));
        assert_eq!(of("minikube|start"), None);
        assert_eq!(of("./minikube-linux-amd64|tunnel"), wanted(None, "tunnel"));
        assert_eq!(of("C:\\bin\\minikube-windows-amd64.exe|tunnel"), wanted(None, "tunnel"));
        assert_eq!(of("minikube-tools|tunnel"), None);
    }

    /// The node's own processes show on the host, with the same words in them.
    #[test]
    fn other_processes_are_not_kept() {
        for line in [
            "kube-apiserver|--service-account-issuer=minikube|tunnel",
            "grep|ssh docker@127.0.0.1 /machines/ports/id_rsa -L 80:",
            "ssh|me@devbox|-L|8080:localhost:80",
            "bash|-c|minikube tunnel",
        ] {
            assert_eq!(Process::parse(1, &words(line)), None, "{line}");
        }
    }

    #[test]
    fn forwards_have_many_forms() {
        let of = |text| forward(text).map(|f| (f.bind.map(|ip| ip.to_string()), f.port, f.to, f.to_port));
        assert_eq!(of("8090:10.105.110.80:8090"), Some((None, 8090, "10.105.110.80".into(), 8090)));
        assert_eq!(of("0.0.0.0:8090:10.0.0.1:80"), Some((Some("0.0.0.0".into()), 8090, "10.0.0.1".into(), 80)));
        assert_eq!(of("36483:None:80"), Some((None, 36483, "None".into(), 80)));
        assert_eq!(of("8090:[fd00::1]:80"), Some((None, 8090, "fd00::1".into(), 80)));
        assert_eq!(of("x"), None);
    }
}
