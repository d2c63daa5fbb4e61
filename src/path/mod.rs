//! From the browser to the Pod: the roads of one Service port, probed and judged.

pub mod front;
pub mod judge;
mod layout;
pub mod policy;
pub mod walk;

use crate::answers::Seen;
use crate::ask::{Page, Speak};
use crate::diagnose::Scene;
use crate::environment::{Blocked, Place, Plan};
use crate::fact::cluster::ServicePort;
use crate::fact::live::{Outcome, probe};
use crate::report::NotProbed;
use crate::request::Viewer;

/// What every step of a walk may use.
pub struct Trip<'a> {
    /// Rules of stage 2.
    pub scene: &'a Scene<'a>,
    /// Where the context points.
    pub place: &'a dyn Place,
    /// Where the browser is.
    pub viewer: Viewer,
    /// Whether probes may be sent.
    pub probing: Result<(), NotProbed>,
    /// One target is explained, as opposed to one line of an overview.
    pub thorough: bool,
    /// What a browser would ask for, where several applications share an entry.
    pub page: Option<&'a Page>,
    /// Whether that page is asked for by TLS.
    pub tls: bool,
    /// The operating system of this computer.
    pub os: &'a str,
}

/// A road with what a probe saw.
pub struct Tried {
    /// The road.
    pub plan: Plan,
    /// What the probe saw; `None` if none was sent or it has not come back.
    pub outcome: Option<Outcome>,
    /// Why none was sent.
    pub not_probed: Option<NotProbed>,
    /// It is under way.
    pub pending: bool,
    /// What closes it at the node, by what is configured.
    pub shut: Option<Blocked>,
}

impl Tried {
    /// Nothing was sent.
    pub fn unprobed(plan: Plan) -> Self {
        Self { plan, outcome: None, not_probed: None, pending: false, shut: None }
    }
}

/// Probes a road, if it is open as far as is known and the probe stays on this computer.
pub fn attempt(trip: &Trip, port: &ServicePort, plan: Plan) -> Tried {
    let mut tried = Tried::unprobed(plan);
    let Some(entry) = tried.plan.entry else { return tried };
    let allowed = match trip.probing {
        _ if !port.is_tcp() => Err(NotProbed::NotTcp),
        Err(why) => Err(why),
        Ok(()) if !tried.plan.stays_local => Err(NotProbed::NotProvenLocal),
        Ok(()) => Ok(()),
    };
    if let Err(why) = allowed {
        tried.not_probed = Some(why);
        return tried;
    }
    let speak = match trip.page {
        Some(_) if trip.tls => Speak::Https,
        Some(_) => Speak::Http,
        None => port.speak(),
    };
    match probe(trip.scene.asking, entry, speak, trip.page) {
        Seen::Known(outcome) => tried.outcome = Some((*outcome).clone()),
        Seen::Pending => tried.pending = true,
        Seen::Absent | Seen::Unavailable(_) => {}
    }
    tried
}

/// Asks a road that accepted and closed once more, with the first words of TLS.
pub fn retry_with_tls(trip: &Trip, port: &ServicePort, mut tried: Tried) -> Tried {
    let closed = tried.outcome.as_ref().is_some_and(Outcome::is_closed);
    let Some(entry) = tried.plan.entry.filter(|_| closed && !port.says_tls()) else { return tried };
    if let Seen::Known(outcome) = probe(trip.scene.asking, entry, Speak::Tls, None)
        && outcome.is_response()
    {
        tried.outcome = Some((*outcome).clone());
    }
    tried
}
