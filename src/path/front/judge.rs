//! Who said it: the front itself, or the application behind it?

use crate::answers::Seen;
use crate::fact::live::{Outcome, Proxied};

/// Statuses that a front gives by itself: no rule for this host and path (404, 421), and
/// nobody behind the rule (500, 502, 503, 504). Seen with Traefik 3; ingress-nginx and
/// Envoy use the same.
const OWN: [u16; 6] = [404, 421, 500, 502, 503, 504];

/// Whose an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The application's.
    App,
    /// Probably the front's: asked directly, the application answers otherwise.
    Front(u16),
    /// Could be either's.
    Either(u16),
    /// Both say it, and the front does so for a name that nobody has.
    Both(u16),
    /// Somebody else's, or perhaps so: another rule took the request.
    Stranger,
    /// Nobody's: something took the connection and gave no answer.
    Nothing {
        /// Whether it was the front: at the same entry it answers for a name that nobody has.
        entered: bool,
    },
}

impl Said {
    /// Whether the front's own entry is no longer in doubt.
    pub(super) fn is_behind(self, root: bool) -> bool {
        matches!(self, Self::Nothing { entered } if entered || root)
    }
}

/// Decides by the status, and by what the application says when the API server asks it
/// for the same path. If both say the same, `control` decides: what the front says for a
/// name that nobody has. `None` while an answer is on its way.
pub(super) fn said(
    status: Option<u16>,
    direct: impl FnOnce() -> Seen<Proxied>,
    control: impl FnOnce() -> Seen<Outcome>,
) -> Option<Said> {
    // Something that is no HTTP at all was passed on by the front.
    let Some(status) = status.filter(|status| OWN.contains(status)) else { return Some(Said::App) };
    match direct() {
        Seen::Pending => None,
        Seen::Known(Proxied::Response { status: own }) if own == status => match control() {
            Seen::Pending => None,
            Seen::Known(Outcome::Response { status: Some(of_front), .. }) if of_front == status => {
                Some(Said::Both(status))
            }
            Seen::Known(Outcome::Response { .. }) => Some(Said::App),
            _ => Some(Said::Either(status)),
        },
        Seen::Known(Proxied::Response { .. } | Proxied::NoEndpoints | Proxied::Refused | Proxied::Closed) => {
            Some(Said::Front(status))
        }
        _ => Some(Said::Either(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Why;

    #[test]
    fn the_front_is_told_from_the_application_by_asking_both() {
        let app = |status| Seen::Known(Proxied::Response { status });
        let front = |status| Seen::Known(Outcome::Response { status: Some(status), tls: false, ms: 1 });
        let none = || Seen::Pending;
        for (status, direct, control, wanted) in [
            (Some(200), app(200), none(), Some(Said::App)),
            (Some(401), Seen::Pending, none(), Some(Said::App)),
            (None, Seen::Pending, none(), Some(Said::App)),
            // The application's own 503, and a 404 that both say.
            (Some(503), app(503), front(404), Some(Said::App)),
            (Some(404), app(404), front(404), Some(Said::Both(404))),
            (Some(404), app(404), Seen::Known(Outcome::Reset), Some(Said::Either(404))),
            (Some(404), app(404), none(), None),
            (Some(404), app(200), none(), Some(Said::Front(404))),
            (Some(503), Seen::Known(Proxied::NoEndpoints), none(), Some(Said::Front(503))),
            (Some(502), Seen::Known(Proxied::Refused), none(), Some(Said::Front(502))),
            (Some(404), Seen::Known(Proxied::TimedOut), none(), Some(Said::Either(404))),
            (Some(404), Seen::Unavailable(Why::Forbidden { detail: String::new() }), none(), Some(Said::Either(404))),
            (Some(404), Seen::Pending, none(), None),
        ] {
            assert_eq!(said(status, || direct, || control), wanted, "{status:?}");
        }
    }
}
