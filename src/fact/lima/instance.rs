//! The VMs of Lima, and of colima and Rancher Desktop, which are made of it, as
//! `limactl list --json` prints them: one object per line (lima-vm/lima @183a60d7
//! `pkg/limatype/lima_instance.go:15-52`, `cmd/limactl/list.go`).
//!
//! The defaults of the port forwards are filled in there, whatever the version: the file
//! `lima.yaml` itself has none.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};
use crate::fact::read::nullable;
use crate::fact::said::{is_name, name};

/// One VM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The host name inside, which is the Node's name.
    pub hostname: String,
    /// Running, Stopped, Broken, Uninitialized or Installing.
    pub status: String,
    /// Without a guest agent: only static forwards are opened.
    pub plain: bool,
    /// The port of this computer that leads to its ssh.
    pub ssh_port: u16,
    /// The process on this computer that listens for it; 0 where there is none.
    #[serde(default)]
    pub agent: u32,
    /// Its port forwards, the first that matches wins.
    pub forwards: Vec<Forward>,
}

impl Instance {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.status == "Running"
    }
}

/// One rule of `portForwards`. Rules about sockets are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forward {
    /// Its place in the list, from 1.
    pub number: usize,
    /// The address inside that it is for.
    pub guest_ip: IpAddr,
    /// With the address 0.0.0.0: only for what listens there, not for every address.
    pub must_be_zero: bool,
    /// tcp, udp or any.
    pub protocol: String,
    /// First and last port inside.
    pub guest_ports: (u16, u16),
    /// The address on this computer.
    pub host_ip: IpAddr,
    /// First and last port on this computer.
    pub host_ports: (u16, u16),
    /// It keeps the ports inside.
    pub ignore: bool,
    /// It is opened when the VM starts, whatever listens inside.
    #[serde(rename = "static")]
    pub is_static: bool,
}

/// The VMs of one Lima home.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instances {
    /// Those that could be read.
    pub all: Vec<Instance>,
    /// How many could not be read.
    #[serde(default)]
    pub unreadable: usize,
}

impl Instances {
    /// The VM that fits. One that is not there may be one that could not be read.
    pub fn find(&self, fits: impl Fn(&Instance) -> bool) -> Seen<Instance> {
        match self.all.iter().find(|instance| fits(instance)) {
            Some(instance) => Seen::Known(instance.clone()),
            None if self.unreadable == 0 => Seen::Absent,
            None => Seen::Unavailable(Why::Unreadable { detail: "limactl list: a line is no instance".into() }),
        }
    }
}

/// How long a line may be, and how many rules a VM may have: those of a real one, with all its
/// scripts, are a tenth of it.
const LONGEST: usize = 1024 * 1024;
const RULES: usize = 1000;

struct OfHome(Option<String>);

impl Question for OfHome {
    type Answer = Instances;

    fn ask(&self) -> Ask {
        Ask::LimaInstances { home: self.0.clone() }
    }

    fn distil(&self, raw: Raw) -> Distilled<Instances> {
        match raw {
            Raw::Text(text) => instances(&text).map(Some),
            _ => Err(Why::Unreadable { detail: "not the output of a command".into() }),
        }
    }
}

/// The VMs of a Lima home; `None` for the one that limactl itself would take.
pub fn lima_instances(asking: &Asking, home: Option<&str>) -> Seen<Rc<Instances>> {
    asking.ask(OfHome(home.map(str::to_owned)))
}

/// Reads the lines. One that makes no sense does not hide the others.
fn instances(text: &str) -> Result<Instances, Why> {
    let mut read = Instances::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let listed = (line.len() <= LONGEST).then(|| serde_json::from_str::<Listed>(line));
        let sane = |listed: &Listed| {
            !listed.name.is_empty() && is_name(&listed.name) && listed.config.port_forwards.len() <= RULES
        };
        match listed {
            Some(Ok(listed)) if sane(&listed) => read.all.push(listed.into()),
            _ => read.unreadable += 1,
        }
    }
    if read.all.is_empty() && read.unreadable > 0 {
        return Err(Why::Unreadable { detail: "limactl list: not one JSON object per line".into() });
    }
    Ok(read)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: String,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    ssh_local_port: u16,
    // A stale one is no reason to know nothing of the VM.
    #[serde(default, rename = "hostAgentPID", deserialize_with = "nullable")]
    agent: u32,
    // Without it nothing is known about the forwards, and the line counts as unreadable.
    config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default, deserialize_with = "nullable")]
    plain: bool,
    #[serde(default, deserialize_with = "nullable")]
    port_forwards: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    #[serde(default, rename = "guestIPMustBeZero", deserialize_with = "nullable")]
    must_be_zero: bool,
    #[serde(default, rename = "guestIP")]
    guest_ip: Option<IpAddr>,
    #[serde(default)]
    guest_port: u16,
    #[serde(default)]
    guest_port_range: (u16, u16),
    #[serde(default, deserialize_with = "nullable")]
    guest_socket: String,
    #[serde(default, rename = "hostIP")]
    host_ip: Option<IpAddr>,
    #[serde(default)]
    host_port: u16,
    #[serde(default)]
    host_port_range: (u16, u16),
    #[serde(default, deserialize_with = "nullable")]
    host_socket: String,
    #[serde(default, deserialize_with = "nullable")]
    proto: String,
    #[serde(default, deserialize_with = "nullable")]
    ignore: bool,
    #[serde(default, rename = "static", deserialize_with = "nullable")]
    is_static: bool,
}

impl From<Listed> for Instance {
    fn from(listed: Listed) -> Self {
        let rules = listed.config.port_forwards.into_iter().enumerate();
        let is_port = |rule: &Rule| rule.guest_socket.is_empty() && rule.host_socket.is_empty();
        let forwards = rules.filter(|(_, rule)| is_port(rule)).map(|(at, rule)| rule.filled(at + 1)).collect();
        Self {
            name: listed.name,
            hostname: listed.hostname,
            status: listed.status,
            plain: listed.config.plain,
            ssh_port: listed.ssh_local_port,
            agent: listed.agent,
            forwards,
        }
    }
}

impl Rule {
    /// What limactl did not fill in is Lima's own default (lima-vm/lima @183a60d7
    /// `pkg/limayaml/defaults.go:991-1001`).
    fn filled(self, number: usize) -> Forward {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let zero = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let range = |range: (u16, u16), port: u16, all: (u16, u16)| match (range, port) {
            ((0, 0), 0) => all,
            ((0, 0), port) => (port, port),
            (range, _) => range,
        };
        let guest_ports = range(self.guest_port_range, self.guest_port, (1, u16::MAX));
        Forward {
            number,
            guest_ip: self.guest_ip.unwrap_or(if self.must_be_zero { zero } else { loopback }),
            must_be_zero: self.must_be_zero,
            protocol: if self.proto.is_empty() { "tcp".into() } else { self.proto },
            guest_ports,
            host_ip: self.host_ip.unwrap_or(loopback),
            host_ports: range(self.host_port_range, self.host_port, guest_ports),
            ignore: self.ignore,
            is_static: self.is_static,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::lima::rules::decide;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    const LINE: &str = r#"{"name":"k3s","hostname":"lima-k3s","status":"Running","dir":"/Users/me/.lima/k3s","vmType":"vz",
        "sshLocalPort":60022,"hostAgentPID":501,"config":{"plain":false,"env":{"TOKEN":"CANARY"},"portForwards":[
        {"guestIPMustBeZero":true,"guestIP":"0.0.0.0","guestPortRange":[1,65535],"hostIP":"0.0.0.0","hostPortRange":[1,65535],"proto":"any"},
        {"guestSocket":"/run/x.sock","hostSocket":"/Users/me/x.sock"},
        {"guestPort":80,"hostPort":8080,"ignore":null,"static":true}]}}"#;

    fn one_line() -> String {
        LINE.replace('\n', "")
    }

    #[test]
    fn a_line_is_an_instance() {
        let read = instances(&format!("{}\n\n", one_line())).unwrap();
        let [instance] = &read.all[..] else { panic!("{read:?}") };
        assert_eq!((instance.hostname.as_str(), instance.ssh_port, instance.plain), ("lima-k3s", 60022, false));
        assert!(instance.is_running());
        assert_eq!(instance.agent, 501);
        let [all, one] = &instance.forwards[..] else { panic!("{instance:?}") };
        assert_eq!((all.number, all.guest_ports, all.must_be_zero), (1, (1, 65535), true));
        assert_eq!((one.number, one.guest_ports, one.host_ports, one.is_static), (3, (80, 80), (8080, 8080), true));
        assert_eq!((one.guest_ip.to_string(), one.host_ip.to_string()), ("127.0.0.1".into(), "127.0.0.1".into()));
        let kept = serde_json::to_string(&read).unwrap();
        assert!(!kept.contains("CANARY") && !kept.contains("/Users"), "{kept}");
    }

    #[test]
    fn a_broken_line_does_not_hide_the_others_and_is_not_forgotten() {
        let read = instances(&format!("{0}\nnot json\n{0}", one_line())).unwrap();
        assert_eq!((read.all.len(), read.unreadable), (2, 1));
        assert!(matches!(read.find(|instance| instance.name == "k3s"), Seen::Known(_)));
        assert!(matches!(read.find(|instance| instance.name == "other"), Seen::Unavailable(_)));
        assert!(matches!(instances(&one_line()).unwrap().find(|_| false), Seen::Absent));
        assert!(instances("not json").is_err());
        assert_eq!(instances("").unwrap(), Instances::default());
        // A rule that cannot be read would leave the ones after it in the wrong place.
        assert!(instances(&one_line().replace("[1,65535]", "[1,99999]")).is_err());
    }

    #[test]
    fn what_is_kept_of_a_line_is_bounded() {
        let many =
            |count: usize| format!(r#"{{"name":"a","config":{{"portForwards":[{}]}}}}"#, vec!["{}"; count].join(","));
        assert_eq!(instances(&many(RULES)).unwrap().all[0].forwards.len(), RULES);
        assert!(instances(&many(RULES + 1)).is_err());
        let long = |length: usize| format!(r#"{{"name":"a","message":"{}","config":{{}}}}"#, "x".repeat(length));
        assert_eq!(instances(&long(LONGEST / 2)).unwrap().all.len(), 1);
        assert!(instances(&long(LONGEST)).is_err());
    }

    /// What limactl could print, and does not: pieces of a line, cut and put together.
    fn mutated() -> impl Strategy<Value = String> {
        let insert =
            select(vec!["", "null", "-1", "99999", "0", "[1]", "\"x\"", "{", "}", "\n", "\u{0}", "\\ud800", "1e99"]);
        let cut = (any::<prop::sample::Index>(), 0usize..40, insert);
        (vec(cut, 0..6), 1usize..3).prop_map(|(cuts, times)| {
            let mut text = one_line();
            for (at, length, insert) in cuts {
                let letters: Vec<char> = text.chars().collect();
                let from = at.index(letters.len().max(1)).min(letters.len());
                let to = (from + length).min(letters.len());
                let (head, tail) = (&letters[..from], &letters[to..]);
                text = head.iter().chain(insert.chars().collect::<Vec<_>>().iter()).chain(tail).collect();
            }
            vec![text; times].join("\n")
        })
    }

    proptest! {
        /// No text makes it panic; every line is an instance or counted, and rules that were read
        /// can be decided about.
        #[test]
        fn any_list_is_read(text in prop_oneof![mutated(), ".{0,200}"], ip in any::<[u8; 4]>(), port: u16) {
            let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
            if let Ok(read) = instances(&text) {
                prop_assert_eq!(read.all.len() + read.unreadable, lines);
                for instance in &read.all {
                    prop_assert!(!instance.name.is_empty());
                    let _ = decide(instance, (IpAddr::from(ip), port).into(), "tcp");
                }
                prop_assert!(serde_json::to_string(&read).unwrap().len() <= 1024 * (1 + lines) + 4 * text.len());
            } else {
                prop_assert!(lines > 0);
            }
        }
    }
}
