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

/// Whether a front may say it before it passes anything on: a redirect to HTTPS, a login.
fn is_before(status: u16) -> bool {
    matches!(status, 300..=399 | 401 | 403)
}

/// Decides by the status, and by what the application says when the API server asks it
/// for the same path (`direct`). If both say the same, `control` decides: what the front says
/// for a name that nobody has. It says nothing where the rule is for every name (`any_name`).
/// `None` while an answer is on its way.
pub(super) fn said(
    status: Option<u16>,
    any_name: bool,
    direct: impl FnOnce() -> Seen<Proxied>,
    control: impl FnOnce() -> Seen<Outcome>,
) -> Option<Said> {
    // Something that is no HTTP at all was passed on by the front.
    let Some(status) = status else { return Some(Said::App) };
    if OWN.contains(&status) { own(status, direct, control) } else { foreign(status, any_name, direct, control) }
}

/// A status that a front gives for want of a rule or of somebody behind it.
fn own(status: u16, direct: impl FnOnce() -> Seen<Proxied>, control: impl FnOnce() -> Seen<Outcome>) -> Option<Said> {
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
        Seen::Known(Proxied::Response { .. }) => Some(Said::Front(status)),
        Seen::Known(outcome) if is_dead(&outcome) => Some(Said::Front(status)),
        _ => Some(Said::Either(status)),
    }
}

/// A status that applications give. A front gives it as well where it sends every request
/// elsewhere or has a page for every name.
fn foreign(
    status: u16,
    any_name: bool,
    direct: impl FnOnce() -> Seen<Proxied>,
    control: impl FnOnce() -> Seen<Outcome>,
) -> Option<Said> {
    if !is_before(status) && !any_name {
        match control() {
            Seen::Pending => return None,
            Seen::Known(Outcome::Response { status: Some(of_front), .. }) if of_front == status => {}
            _ => return Some(Said::App),
        }
    }
    match direct() {
        Seen::Pending => None,
        Seen::Known(outcome) if is_dead(&outcome) => Some(Said::Front(status)),
        Seen::Known(Proxied::Response { status: own }) if own == status && (any_name || is_before(status)) => {
            Some(Said::App)
        }
        // Whoever wants a login lets the right ones through to an application that is there.
        Seen::Known(Proxied::Response { .. }) if matches!(status, 401 | 403) => Some(Said::App),
        // Also for a name outside of the cluster, where the API server does not go.
        _ if any_name && !is_before(status) => Some(Said::App),
        _ => Some(Said::Either(status)),
    }
}

/// Whether the application did not answer the API server for certain.
fn is_dead(outcome: &Proxied) -> bool {
    matches!(outcome, Proxied::NoEndpoints | Proxied::Refused | Proxied::Closed)
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
            (Some(200), Seen::Pending, front(404), Some(Said::App)),
            (Some(200), Seen::Pending, none(), None),
            // A page for every name says nothing of the application; nor does a redirect.
            (Some(200), Seen::Known(Proxied::Refused), front(200), Some(Said::Front(200))),
            (Some(200), app(200), front(200), Some(Said::Either(200))),
            (Some(308), Seen::Known(Proxied::Refused), none(), Some(Said::Front(308))),
            (Some(308), app(200), none(), Some(Said::Either(308))),
            (Some(302), app(302), none(), Some(Said::App)),
            (Some(302), Seen::Absent, none(), Some(Said::Either(302))),
            // A name outside of the cluster.
            (Some(200), Seen::Absent, front(404), Some(Said::App)),
            (Some(200), Seen::Absent, front(200), Some(Said::Either(200))),
            (Some(401), app(200), none(), Some(Said::App)),
            (Some(401), Seen::Known(Proxied::Closed), none(), Some(Said::Front(401))),
            (Some(401), Seen::Pending, none(), None),
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
            assert_eq!(said(status, false, || direct, || control), wanted, "{status:?}");
        }
    }

    /// Its rule takes whatever name comes: nobody can be asked for one that it lacks.
    #[test]
    fn behind_a_rule_for_every_name_the_application_is_asked() {
        let said = |direct| said(Some(200), true, || direct, || unreachable!("no name is nobody's"));
        assert_eq!(said(Seen::Known(Proxied::Response { status: 200 })), Some(Said::App));
        assert_eq!(said(Seen::Known(Proxied::NoEndpoints)), Some(Said::Front(200)));
        assert_eq!(said(Seen::Unavailable(Why::TimedOut)), Some(Said::App));
        assert_eq!(said(Seen::Pending), None);
    }
}
