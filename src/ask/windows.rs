//! What a program of Windows may be asked for, from inside WSL2.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::Page;

/// A port of this machine itself: at loopback, or at an address of an interface of its own.
/// There is no other way to make one, so that no program of Windows is ever sent elsewhere.
/// One that a recording held is only ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnAddress(SocketAddr);

impl OwnAddress {
    /// A port of loopback. `None` if the address is no such one.
    pub fn loopback(at: SocketAddr) -> Option<Self> {
        let known = at.ip() == Ipv4Addr::LOCALHOST || at.ip() == Ipv6Addr::LOCALHOST;
        known.then_some(Self(at))
    }

    /// A port of an address that one of the machine's interfaces has. `None` if none has it.
    pub fn among(own: impl IntoIterator<Item = IpAddr>, at: SocketAddr) -> Option<Self> {
        let given = !at.ip().is_unspecified() && !at.ip().is_multicast();
        own.into_iter().any(|ip| given && ip == at.ip()).then_some(Self(at))
    }

    /// The address and port.
    pub fn at(self) -> SocketAddr {
        self.0
    }
}

/// What a program of Windows asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FromWindows {
    /// Where it asks.
    pub to: OwnAddress,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// What a browser would ask for, where that decides who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

impl FromWindows {
    /// The arguments of curl. It reads no file of the user's, asks no proxy, follows nothing,
    /// and verifies no certificate; the body is thrown away.
    pub fn arguments(&self) -> Vec<String> {
        let scheme = if self.tls { "https" } else { "http" };
        let path = self.page.as_ref().map_or("/", |page| page.path.as_str());
        let mut words = vec!["-q", "-g", "-sS", "-o", "NUL", "-m", "3", "--noproxy", "*"];
        words.extend(["-w", "%{http_code} %{time_connect} %{time_total}"]);
        words.extend(self.tls.then_some("-k"));
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        if let Some(host) = self.page.as_ref().and_then(|page| page.host.as_ref()) {
            words.extend(["-H".to_owned(), format!("Host: {}", host.replace(char::is_control, ""))]);
        }
        words.push(format!("{scheme}://{}{path}", self.to.at()));
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_can_be_named() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let own = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([172, 25, 1, 5]), IpAddr::from([0, 0, 0, 0])];
        for (to, loopback, among) in [
            ("127.0.0.1:80", true, true),
            ("[::1]:80", true, false),
            ("127.0.0.2:80", false, false),
            ("172.25.1.5:80", false, true),
            ("172.25.1.6:80", false, false),
            ("0.0.0.0:80", false, false),
            ("192.0.2.1:80", false, false),
        ] {
            assert_eq!(OwnAddress::loopback(at(to)).is_some(), loopback, "{to}");
            assert_eq!(OwnAddress::among(own, at(to)).is_some(), among, "{to}");
        }
    }
}
