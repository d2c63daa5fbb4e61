//! A kubeconfig from the other side of WSL: its addresses and its paths are that side's.

use super::finding::Finding;
use crate::answers::{Asking, Seen};
use crate::ask::{OwnAddress, Page, Why};
use crate::environment::walls::wsl::mirror;
use crate::environment::{Blocked, Server};
use crate::fact::kubeconfig::Origin;
use crate::fact::live::Outcome;
use crate::fact::wsl::{Mode, Traces, from_windows, mode};
use crate::remedy::Kubectl;
use crate::report::{Action, Evidence, Fact, Remedy, Source};

/// What is wrong with the entry of a cluster on this side, and what was seen of it.
pub struct Sides {
    /// What it is.
    pub blocked: Blocked,
    /// What Windows met.
    pub seen: Option<Evidence>,
    /// Whether it is certain, so that nothing on this side need be looked at.
    pub certain: bool,
}

/// Whether an entry is of no use because of the side that it is from. `why` is why the API
/// server could not be read; `may_ask`, whether Windows may be asked.
pub fn blocked(
    asking: &Asking,
    server: &Server,
    entry: (Option<Origin>, Option<&Traces>),
    why: &Why,
    may_ask: bool,
    kubectl: &Kubectl,
) -> Option<Sides> {
    match entry {
        (Some(Origin::Windows), Some(traces)) => loopback(asking, server, traces, why, may_ask),
        (Some(Origin::Wsl), _) => paths(why, kubectl),
        _ => None,
    }
}

/// In nat mode the loopback of a distribution is not that of Windows.
fn loopback(asking: &Asking, server: &Server, traces: &Traces, why: &Why, may_ask: bool) -> Option<Sides> {
    if *why != Why::Refused || !server.is_loopback() || traces.version() != Some(2) {
        return None;
    }
    mode(asking, traces).known().filter(|mode| **mode == Mode::Nat)?;
    let at = std::net::SocketAddr::from(([127, 0, 0, 1], server.port));
    let page = Page { host: None, path: "/version".into() };
    let asked = OwnAddress::loopback(at).filter(|_| may_ask);
    let seen = asked.map(|to| from_windows(asking, to, server.url.starts_with("https"), Some(&page)));
    let certain = match &seen {
        // 401 is an answer too: no credential is sent.
        Some(Seen::Known(outcome)) if outcome.is_response() => true,
        // Nothing is there either: it is stopped, or it was never there.
        Some(Seen::Known(_)) => return None,
        Some(Seen::Pending) => return None,
        Some(Seen::Absent | Seen::Unavailable(_)) | None => false,
    };
    let outcome: Option<Outcome> = seen.as_ref().and_then(Seen::known).map(|outcome| (**outcome).clone());
    let seen = outcome.map(|outcome| Evidence::new(Source::Windows, Fact::Probed { to: at, outcome }));
    let finding = Finding::LoopbackOfWindows { server: server.url.clone(), seen: certain };
    let remedies = vec![Remedy::by_hand(Action::IntegrateDistribution), mirror()];
    Some(Sides { blocked: Blocked { finding, remedies }, seen, certain })
}

/// Windows opens no path of Linux.
fn paths(why: &Why, kubectl: &Kubectl) -> Option<Sides> {
    let (Why::Credentials { detail } | Why::Certificate { detail }) = why else { return None };
    let unread = ["certificate authority ", "client certificate ", "client key "];
    unread.iter().find(|what| detail.starts_with(**what))?;
    let mut command = kubectl.cluster(&["config", "view", "--raw", "--flatten", "--minify"]);
    command.insert(0, "wsl.exe".into());
    let finding = Finding::KubeconfigOfWsl { detail: detail.clone() };
    let remedies = vec![Remedy::new(Action::FlattenKubeconfig, command)];
    Some(Sides { blocked: Blocked { finding, remedies }, seen: None, certain: true })
}
