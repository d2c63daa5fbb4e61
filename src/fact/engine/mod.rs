//! The local container engine: its containers, and what it says of itself.

mod about;
mod inspect;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use self::about::{Endpoint, Info, endpoint, info};
use super::said::name;
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Engine, Question, Raw, Why};

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Name, without the leading slash.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// running, paused, exited, created, restarting, removing or dead.
    pub state: String,
    /// What the engine says went wrong, for example a port that was taken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// How often the engine restarted it by itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub restarts: u32,
    /// The labels that rules use.
    pub labels: BTreeMap<String, String>,
    /// Published ports: what is really there.
    pub published: Vec<Binding>,
    /// Published ports: what was asked for when the container was made.
    pub requested: Vec<Binding>,
    /// Networks it is attached to.
    pub networks: Vec<Network>,
    /// The image it was made from, as it was named then.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// Directories of the host that it sees: to make it again, they have to be named again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
}

/// A directory or file of the host that a container sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// Path on the host, as the engine knows it.
    pub host_path: String,
    /// Path inside the container.
    pub container_path: String,
    /// Whether the container may only read it.
    #[serde(default)]
    pub read_only: bool,
    /// `rslave` or `rshared` where mounts below it are passed on; else empty or `rprivate`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub propagation: String,
}

/// One published port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Port inside the container.
    pub container_port: u16,
    /// tcp, udp or sctp.
    pub protocol: String,
    /// Address on the host; `None` means all of them.
    pub host_ip: Option<IpAddr>,
    /// Port on the host; 0 when the engine was to choose one.
    pub host_port: u16,
}

impl Binding {
    /// The loopback address at which this host reaches the binding, if there is one.
    pub fn loopback(&self) -> Option<IpAddr> {
        match self.host_ip {
            None => Some(IpAddr::from([127, 0, 0, 1])),
            Some(ip) if ip.is_unspecified() && ip.is_ipv4() => Some(IpAddr::from([127, 0, 0, 1])),
            Some(ip) if ip.is_unspecified() => Some(std::net::Ipv6Addr::LOCALHOST.into()),
            Some(ip) if ip.is_loopback() => Some(ip),
            Some(_) => None,
        }
    }

    /// Whether only this computer can use it.
    pub fn is_loopback_only(&self) -> bool {
        self.host_ip.is_some_and(|ip| ip.is_loopback())
    }
}

/// One network of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Name.
    pub name: String,
    /// The container's IPv4 address in it; `None` while the container is stopped.
    pub ip: Option<IpAddr>,
    /// The network's gateway.
    pub gateway: Option<IpAddr>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Container {
    /// The value of a kept label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// Whether it runs (a paused container does not).
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// Whether it publishes, or published before it was stopped, a port at this host port.
    pub fn publishes_at(&self, host_port: u16) -> Option<&Binding> {
        let at = |binding: &&Binding| binding.host_port == host_port;
        self.published.iter().find(at).or_else(|| self.requested.iter().find(at))
    }
}

/// The containers that carry a label.
struct Labelled {
    engine: Engine,
    label: &'static str,
}

impl Question for Labelled {
    type Answer = Vec<Container>;

    fn ask(&self) -> Ask {
        Ask::Containers { engine: self.engine, label: self.label.into() }
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<Container>> {
        let Raw::Text(text) = raw else {
            return Err(Why::Unreadable { detail: "not the output of a command".into() });
        };
        inspect::containers(&text).map(Some)
    }
}

/// All containers of `engine` that have the label `label`.
pub fn labelled(asking: &Asking, engine: Engine, label: &'static str) -> Seen<Rc<Vec<Container>>> {
    asking.ask(Labelled { engine, label })
}
