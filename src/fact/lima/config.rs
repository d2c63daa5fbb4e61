//! Settings of this computer that decide what a VM of the family brings out.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// What colima wrote down about a VM that netpath uses: which of Lima's forwarders it asked
/// for (abiosoft/colima @490420d `environment/vm/lima/lima.go:389-395`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColimaConfig {
    /// ssh, grpc or none; empty for its default, which is ssh.
    pub port_forwarder: String,
}

struct OfColima(String);

impl Question for OfColima {
    type Answer = ColimaConfig;

    fn ask(&self) -> Ask {
        Ask::File(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<ColimaConfig> {
        let Raw::Text(text) = raw else { return Err(Why::Unreadable { detail: "not a file".into() }) };
        // One word at the top level; the file may hold environment variables, too.
        let word = text.lines().find_map(|line| line.strip_prefix("portForwarder:")).unwrap_or_default();
        let word = word.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        Ok(Some(ColimaConfig { port_forwarder: word.to_owned() }))
    }
}

/// The configuration that colima applied to a VM.
pub fn colima_config(asking: &Asking, file: &str) -> Seen<Rc<ColimaConfig>> {
    asking.ask(OfColima(file.to_owned()))
}

struct FirstPort;

impl Question for FirstPort {
    type Answer = u16;

    fn ask(&self) -> Ask {
        // Linux: the first port that everybody may listen at (kernel
        // `Documentation/networking/ip-sysctl.rst`, ip_unprivileged_port_start).
        Ask::File("/proc/sys/net/ipv4/ip_unprivileged_port_start".into())
    }

    fn distil(&self, raw: Raw) -> Distilled<u16> {
        let unreadable = || Why::Unreadable { detail: "ip_unprivileged_port_start is no port".into() };
        let Raw::Text(text) = raw else { return Err(unreadable()) };
        text.trim().parse().map(Some).map_err(|_| unreadable())
    }
}

/// The first port of this computer that needs no privileges, where Linux tells.
pub fn first_free_port(asking: &Asking) -> Seen<Rc<u16>> {
    asking.ask(FirstPort)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colima_names_its_forwarder() {
        for (text, wanted) in
            [("cpu: 2\nportForwarder: grpc # x\n", "grpc"), ("env:\n  portForwarder: grpc\n", ""), ("", "")]
        {
            let read = OfColima(String::new()).distil(Raw::Text(text.into())).unwrap().unwrap();
            assert_eq!(read.port_forwarder, wanted, "{text}");
        }
    }

    proptest! {
        /// The word is one of the file's, and nothing that makes it panic is in one.
        #[test]
        fn any_file_of_colimas_is_read(text in "(portForwarder:|env:|[ \\t\"'#:]|\n|grpc|.){0,40}") {
            let read = OfColima(String::new()).distil(Raw::Text(text.clone())).unwrap().unwrap();
            prop_assert!(text.contains(&read.port_forwarder));
            prop_assert!(!read.port_forwarder.contains('\n') && !read.port_forwarder.contains('#'));
            let first = FirstPort.distil(Raw::Text(text.clone()));
            prop_assert_eq!(first.is_ok(), text.trim().parse::<u16>().is_ok());
        }
    }
}
