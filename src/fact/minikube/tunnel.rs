//! `tunnels.json`: the tunnels in route mode. A tunnel in ssh mode never stands in it
//! (seen: it stays `[]`).

use std::net::IpAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Home;
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// One tunnel, as minikube registered it. A killed tunnel stays registered, and so does
/// one whose cluster was deleted (both seen).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The machine whose range it serves: the profile.
    pub machine: String,
    /// The node that the route leads to.
    pub gateway: Option<IpAddr>,
    /// The process that made it.
    pub pid: u32,
}

struct Registry(Ask);

impl Question for Registry {
    type Answer = Vec<Entry>;

    fn ask(&self) -> Ask {
        self.0.clone()
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<Entry>> {
        let Raw::Text(text) = raw else { return Err(Why::Unreadable { detail: "not a file".into() }) };
        read(&text).map(Some)
    }
}

/// The registered tunnels in route mode. Absent: there never was one.
pub fn tunnels(asking: &Asking, home: &Home) -> Seen<Rc<Vec<Entry>>> {
    asking.ask(Registry(home.tunnels()))
}

fn read(text: &str) -> Result<Vec<Entry>, Why> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Written {
        route: Route,
        machine_name: String,
        pid: u32,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Route {
        gateway: String,
    }
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let written: Option<Vec<Written>> = serde_json::from_str(text).map_err(|error| Why::Unreadable {
        detail: format!("tunnels.json: line {}, column {}", error.line(), error.column()),
    })?;
    let entry = |written: Written| Entry {
        machine: written.machine_name,
        gateway: written.route.gateway.parse().ok(),
        pid: written.pid,
    };
    Ok(written.unwrap_or_default().into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_read() {
        let one = r#"[{"Route":{"Gateway":"192.168.49.2","DestCIDR":{"IP":"10.96.0.0","Mask":"//AAAA=="},
            "ClusterDomain":"cluster.local","ClusterDNSIP":"10.96.0.10"},"MachineName":"minikube","Pid":29815}]"#;
        let entry = &read(one).unwrap()[0];
        assert_eq!((entry.machine.as_str(), entry.pid), ("minikube", 29815));
        assert_eq!(entry.gateway, Some("192.168.49.2".parse().unwrap()));
        for empty in ["", "[]", "null", "\n"] {
            assert_eq!(read(empty).unwrap(), []);
        }
        assert!(read("{").is_err());
    }
}
