//! Who said it: the front itself, or the application behind it?

use crate::answers::Seen;
use crate::fact::live::Proxied;

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
}

/// Decides by the status, and by what the application says when the API server asks it
/// for the same path. `None` while that answer is on its way.
pub(super) fn said(status: Option<u16>, direct: impl FnOnce() -> Seen<Proxied>) -> Option<Said> {
    // Something that is no HTTP at all was passed on by the front.
    let Some(status) = status.filter(|status| OWN.contains(status)) else { return Some(Said::App) };
    match direct() {
        Seen::Pending => None,
        Seen::Known(Proxied::Response { status: own }) if own == status => Some(Said::App),
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
        for (status, direct, wanted) in [
            (Some(200), app(200), Some(Said::App)),
            (Some(401), Seen::Pending, Some(Said::App)),
            (None, Seen::Pending, Some(Said::App)),
            // The application's own 404.
            (Some(404), app(404), Some(Said::App)),
            (Some(404), app(200), Some(Said::Front(404))),
            (Some(503), Seen::Known(Proxied::NoEndpoints), Some(Said::Front(503))),
            (Some(502), Seen::Known(Proxied::Refused), Some(Said::Front(502))),
            (Some(404), Seen::Known(Proxied::TimedOut), Some(Said::Either(404))),
            (Some(404), Seen::Unavailable(Why::Forbidden { detail: String::new() }), Some(Said::Either(404))),
            (Some(404), Seen::Pending, None),
        ] {
            assert_eq!(said(status, || direct), wanted, "{status:?}");
        }
    }
}
