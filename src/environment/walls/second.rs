//! The second way from Windows into a distribution of WSL2: the distribution's own address.
//!
//! In nat mode Windows has a route to the network behind it (learn.microsoft.com, "Accessing
//! network applications with WSL"), and a bridged VM has an address in the LAN. There rules of
//! the kernel are met as well as programs, which localhost forwarding does not bring out.
//! The address is another one after `wsl --shutdown`, so localhost comes first.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::wsl::Wsl;
use crate::answers::Seen;
use crate::ask::OwnAddress;
use crate::environment::{Beyond, Blocked, Plan, Wanted};
use crate::fact::host::Host;
use crate::fact::wsl::Mode;
use crate::report::{Action, Evidence, Fact, Hop, Remedy, RoadId, Source, State};

/// Where a road ends within the distribution.
pub(super) struct Within<'a> {
    /// The address.
    pub at: SocketAddr,
    /// The addresses at which its port is listened on.
    pub sockets: &'a Seen<Rc<Vec<IpAddr>>>,
    /// What closes the first way.
    pub blocked: &'a Blocked,
}

/// The way to what a road leads to, by the distribution's own address. `plan` is the road as
/// far as this computer.
pub(super) fn way(wsl: &Wsl, host: &Host, wanted: &Wanted, plan: &Plan, within: &Within) -> Option<Plan> {
    let mode = wsl.mode().filter(|mode| matches!(mode, Mode::Nat | Mode::Bridged))?;
    let own = wsl.0.address?;
    let open = match within.sockets {
        // An IPv6 socket for all addresses takes those of IPv4 unless its program forbade it;
        // whether it does, the request from here tells.
        Seen::Known(all) if !all.is_empty() => all.iter().any(|ip| ip.is_unspecified() || *ip == own),
        // Rules for that very address.
        Seen::Known(_) | Seen::Absent | Seen::Unavailable(_) => within.at.ip() == own,
        Seen::Pending => false,
    };
    let at = SocketAddr::new(own, within.at.port());
    let outside = OwnAddress::among(host.interfaces.iter().map(|own| own.ip), at).filter(|_| open)?;
    let mut second = Plan::new(RoadId::WslAddress, plan.hops.clone(), plan.node.clone());
    second.passes = plan.passes;
    second.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Wsl, Fact::WslAddress { mode, ip: own })));
    second.open(at);
    let mut blocked = within.blocked.clone();
    blocked.remedies.insert(0, open_by_hand(wanted, at));
    second.beyond = Some(Beyond { at: outside, blocked, direct: false, second: true });
    Some(second)
}

/// What is left to a person where Windows could not be asked.
fn open_by_hand(wanted: &Wanted, at: SocketAddr) -> Remedy {
    if !wanted.port.is_tcp() {
        return Remedy::by_hand(Action::SendOnWindows { at });
    }
    let scheme = if wanted.port.says_tls() { "https" } else { "http" };
    Remedy::by_hand(Action::OpenOnWindows { url: format!("{scheme}://{at}/") })
}
