//! Does the browser find the front by the host name of the rule?

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::answers::Seen;
use crate::diagnose::finding::Finding;
use crate::environment::Blocked;
use crate::fact::host::resolve;
use crate::path::Trip;
use crate::remedy::argv;
use crate::report::{Action, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State, Subject, Unobserved};

/// What is known about a host name.
pub(super) enum Name {
    /// It leads to the entry, or it is not needed.
    Fits,
    /// Too early to say.
    Pending,
    /// It leads nowhere, or elsewhere.
    Astray(Hop, Blocked),
    /// Could not look: a browser that cannot either does not get there.
    Unread(Hop, Unobserved),
}

/// Whether a name means the browser's own computer. Browsers take every name below
/// localhost for it without asking anybody (RFC 6761, section 6.3), whatever the system's
/// own lookup says.
pub(super) fn is_this_computer(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether a name is safe as a part of a shell's own line. The API server takes no other
/// host, but an object may come out of a stranger's recording.
fn is_plain(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

/// Looks whether a name leads to the entry that answered. `forward` brings the front to
/// this computer's own address.
pub(super) fn find(trip: &Trip, host: Option<&str>, entry: SocketAddr, url: &str, forward: Option<Remedy>) -> Name {
    let Some(host) = host else { return Name::Fits };
    let own = is_this_computer(host);
    let found = if own {
        vec![IpAddr::from(Ipv4Addr::LOCALHOST)]
    } else {
        match resolve(trip.scene.asking, host) {
            Seen::Pending => return Name::Pending,
            Seen::Known(found) => found.to_vec(),
            Seen::Absent => Vec::new(),
            Seen::Unavailable(why) => {
                let fact = Fact::CouldNotLook { what: Subject::HostName, why: why.clone() };
                let settle = vec![argv(&["curl", url])];
                return Name::Unread(hop(State::Unknown, fact), Unobserved { what: Subject::HostName, why, settle });
            }
        }
    };
    if found.iter().any(|ip| *ip == entry.ip() || (ip.is_loopback() && entry.ip().is_loopback())) {
        return Name::Fits;
    }
    let fact = Fact::HostLeadsTo { host: host.into(), found: found.clone(), wanted: entry.ip() };
    let hop = hop(State::Missing, fact);
    let at = format!("{host}:{}:{}", entry.port(), entry.ip());
    let ask = Remedy::new(Action::AskWithHost, argv(&["curl", "--resolve", &at, url]));
    let mut remedies: Vec<Remedy> = forward.filter(|_| own).into_iter().chain([ask]).collect();
    if !own && is_plain(host) && trip.os != "windows" {
        // Windows keeps its hosts file elsewhere and has no one-line way to add to it.
        let line = format!("echo {} {host} >> /etc/hosts", entry.ip());
        remedies.push(Remedy::new(Action::AddHostsEntry, argv(&["sudo", "sh", "-c", &line])).privileged());
    }
    let finding = Finding::IngressHostUnresolvable { host: host.into(), address: entry.ip().to_string(), found };
    Name::Astray(hop, Blocked { finding, remedies })
}

fn hop(state: State, fact: Fact) -> Hop {
    let evidence = vec![Evidence::new(Source::Resolver, fact)];
    Hop { id: HopId::HostName, stage: Stage::One, owner: Owner::Client, state, evidence, finding: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_localhost_mean_this_computer() {
        for (host, wanted) in
            [("localhost", true), ("web.localhost", true), ("mylocalhost", false), ("localhost.example", false)]
        {
            assert_eq!(is_this_computer(host), wanted, "{host}");
        }
    }

    #[test]
    fn a_name_that_a_shell_would_read_is_not_put_into_its_line() {
        for (host, wanted) in
            [("web.example", true), ("a-1.b", true), ("a;reboot", false), ("$(id)", false), ("a b", false)]
        {
            assert_eq!(is_plain(host), wanted, "{host}");
        }
    }
}
