//! This computer: operating system and network interfaces.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::live::decode;
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// What netpath knows about the computer it runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// linux, macos or windows.
    pub os: String,
    /// Addresses of its network interfaces.
    pub interfaces: Vec<Interface>,
}

/// One address of a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Name of the interface.
    pub name: String,
    /// The address.
    pub ip: IpAddr,
    /// Length of the network prefix, in bits.
    pub prefix: u8,
}

impl Host {
    /// Whether a packet to this address provably stays on this computer or in a network
    /// that it is directly attached to. A default route is never enough: something else
    /// may answer there.
    pub fn reaches(&self, to: IpAddr) -> bool {
        to.is_loopback() || self.interface_to(to).is_some()
    }

    /// Name of the interface whose subnet holds the address.
    pub fn interface_to(&self, to: IpAddr) -> Option<String> {
        self.interfaces.iter().find(|interface| interface.holds(to)).map(|interface| interface.name.clone())
    }

    /// The address of this computer in the subnet that holds another one.
    pub fn address_to(&self, to: IpAddr) -> Option<IpAddr> {
        self.interfaces.iter().find(|interface| interface.holds(to)).map(|interface| interface.ip)
    }

    /// Whether the address is one of this computer's own.
    pub fn owns(&self, ip: IpAddr) -> bool {
        self.interfaces.iter().any(|interface| interface.ip == ip)
    }
}

impl Interface {
    /// Whether the address lies in this interface's subnet.
    fn holds(&self, to: IpAddr) -> bool {
        match (self.ip, to) {
            (IpAddr::V4(own), IpAddr::V4(to)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                u32::from(own) & mask == u32::from(to) & mask && self.prefix > 0
            }
            (IpAddr::V6(own), IpAddr::V6(to)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128))).unwrap_or(0);
                u128::from(own) & mask == u128::from(to) & mask && self.prefix > 0
            }
            _ => false,
        }
    }
}

/// Whether a network in CIDR notation holds an address; `None` if it is no network.
pub fn holds(network: &str, ip: IpAddr) -> Option<bool> {
    let (base, prefix) = network.split_once('/')?;
    let (base, prefix): (IpAddr, u8) = (base.parse().ok()?, prefix.parse().ok()?);
    if prefix == 0 {
        return Some(base.is_ipv4() == ip.is_ipv4());
    }
    Some(Interface { name: String::new(), ip: base, prefix }.holds(ip))
}

struct ThisHost;

impl Question for ThisHost {
    type Answer = Host;

    fn ask(&self) -> Ask {
        Ask::Host
    }

    fn distil(&self, raw: Raw) -> Distilled<Host> {
        super::live::decode(raw)
    }
}

/// This computer.
pub fn host(asking: &Asking) -> Seen<Rc<Host>> {
    asking.ask(ThisHost)
}

struct Variable(&'static str);

impl Question for Variable {
    type Answer = String;

    fn ask(&self) -> Ask {
        Ask::Variable(self.0.into())
    }

    fn distil(&self, raw: Raw) -> Distilled<String> {
        match raw {
            Raw::Text(text) => Ok(Some(text)),
            _ => Err(Why::Unreadable { detail: "not a variable".into() }),
        }
    }
}

/// One environment variable. Only variables that cannot hold a secret are ever asked.
pub fn variable(asking: &Asking, name: &'static str) -> Seen<Rc<String>> {
    asking.ask(Variable(name))
}

struct Lookup(String);

impl Question for Lookup {
    type Answer = Vec<IpAddr>;

    fn ask(&self) -> Ask {
        Ask::Resolve(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<IpAddr>> {
        decode(raw)
    }
}

/// The addresses that this computer finds for a host name. Absent: the name does not
/// exist, as far as its name servers know.
pub fn resolve(asking: &Asking, name: &str) -> Seen<Rc<Vec<IpAddr>>> {
    asking.ask(Lookup(name.into()))
}

/// Where the system would send a packet to an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The address of this computer that the packet would carry, unless it is a public one
    /// or there is no route at all.
    pub source: Option<IpAddr>,
    /// The gateway, where the system's table has a route of its own for the destination.
    /// `None` also where the table was not read.
    pub gateway: Option<IpAddr>,
}

struct RouteTo(IpAddr);

impl Question for RouteTo {
    type Answer = Route;

    fn ask(&self) -> Ask {
        Ask::Route(self.0)
    }

    fn distil(&self, raw: Raw) -> Distilled<Route> {
        decode(raw)
    }
}

/// Where the system would send a packet to an address. Nothing is sent.
pub fn route(asking: &Asking, to: IpAddr) -> Seen<Rc<Route>> {
    asking.ask(RouteTo(to))
}

/// A process that listens on a port of this computer's loopback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Process id.
    pub pid: u32,
    /// The command's name, without path and arguments.
    pub name: String,
    /// The address that it listens on; `None` in recordings of before it was asked.
    #[serde(default)]
    pub address: Option<IpAddr>,
}

impl Listener {
    /// Whether a connection to 127.0.0.1 arrives here. A socket of all IPv6 addresses takes
    /// those of IPv4 as well, unless its program forbade it.
    pub fn takes_ipv4(&self) -> bool {
        self.address.is_none_or(|ip| ip.is_ipv4() || ip.is_unspecified())
    }

    /// Whether a connection to an address of loopback arrives here.
    pub fn takes(&self, at: SocketAddr) -> bool {
        match self.address {
            None => true,
            Some(ip) if ip.is_unspecified() => ip.is_ipv6() || at.is_ipv4(),
            Some(ip) => ip == at.ip(),
        }
    }

    /// Whether that is sure: a socket for all IPv6 addresses may leave those of IPv4 alone, and
    /// nobody sees that.
    pub fn surely_takes(&self, at: SocketAddr) -> bool {
        let all_of_ipv6 = |ip: IpAddr| ip.is_unspecified() && ip.is_ipv6();
        self.takes(at) && self.address.is_some_and(|ip| !(all_of_ipv6(ip) && at.is_ipv4()))
    }

    /// Whether it is one of these programs, by the start of their names.
    pub fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.starts_with(name))
    }
}

struct ListenersOn(u16);

impl Question for ListenersOn {
    type Answer = Vec<Listener>;

    fn ask(&self) -> Ask {
        Ask::Listeners(self.0)
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<Listener>> {
        decode(raw)
    }
}

/// The processes that are seen to listen on a TCP port of loopback. Another user's process is not seen
/// without rights: none in the list is no proof that nothing listens.
pub fn listeners(asking: &Asking, port: u16) -> Seen<Rc<Vec<Listener>>> {
    asking.ask(ListenersOn(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(ip: &str, prefix: u8) -> Host {
        let interface = Interface { name: "br0".into(), ip: ip.parse().unwrap(), prefix };
        Host { os: "linux".into(), interfaces: vec![interface] }
    }

    #[test]
    fn only_attached_subnets_and_loopback_are_reached() {
        let bridge = host("172.18.0.1", 16);
        for (to, reached) in [
            ("172.18.0.2", true),
            ("172.18.255.254", true),
            ("172.19.0.2", false),
            ("10.96.0.1", false),
            ("127.0.0.1", true),
            ("::1", true),
            ("fc00::2", false),
        ] {
            assert_eq!(bridge.reaches(to.parse().unwrap()), reached, "{to}");
        }
    }

    #[test]
    fn a_prefix_of_zero_holds_nothing() {
        assert!(!host("10.0.0.1", 0).reaches("8.8.8.8".parse().unwrap()));
        assert!(!host("fe80::1", 0).reaches("2001:db8::1".parse().unwrap()));
        assert!(host("10.0.0.1", 32).reaches("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn networks_hold_addresses() {
        for (network, ip, wanted) in [
            ("10.0.0.0/8", "10.1.2.3", Some(true)),
            ("10.0.0.0/8", "11.1.2.3", Some(false)),
            ("0.0.0.0/0", "11.1.2.3", Some(true)),
            ("0.0.0.0/0", "fd00::1", Some(false)),
            ("fd00::/8", "fd00::1", Some(true)),
            ("172.18.0.1/32", "172.18.0.1", Some(true)),
            ("primary", "10.0.0.1", None),
            ("10.0.0.0", "10.0.0.0", None),
        ] {
            assert_eq!(holds(network, ip.parse().unwrap()), wanted, "{network} {ip}");
        }
    }
}
