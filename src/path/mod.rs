//! From the browser to the Pod: the roads of one Service port, probed and judged.

pub mod front;
pub mod judge;
mod layout;
pub mod policy;
pub mod walk;

use std::net::SocketAddr;

use crate::answers::Seen;
use crate::ask::{Engine, Page, Speak, Why};
use crate::diagnose::Scene;
use crate::diagnose::finding::Finding;
use crate::environment::walls::viewer::By;
use crate::environment::walls::wsl::{self, Wsl};
use crate::environment::{Beyond, Blocked, Place, Plan};
use crate::fact::cluster::ServicePort;
use crate::fact::host::Host;
use crate::fact::live::{Outcome, probe};
use crate::fact::reserved::reserved;
use crate::fact::wsl::{Mode, from_windows};
use crate::remedy::show_listener;
use crate::report::{Evidence, Fact, NotProbed, Source};
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
    /// The wall between this computer and the browser, where that is WSL2's.
    pub wsl: Option<&'a Wsl>,
    /// This computer.
    pub host: Option<&'a Host>,
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
    /// What answered on this computer, where the browser is on the Windows around it: the
    /// outcome is what Windows saw then.
    pub inside: Option<Outcome>,
    /// The outcome is what Windows saw.
    pub from_windows: bool,
    /// Why Windows could not be asked.
    pub unasked: Option<Why>,
}

impl Tried {
    /// Nothing was sent.
    pub fn unprobed(plan: Plan) -> Self {
        Self {
            plan,
            outcome: None,
            not_probed: None,
            pending: false,
            shut: None,
            inside: None,
            from_windows: false,
            unasked: None,
        }
    }

    /// Whether it came to the wall towards Windows, and did not get through.
    pub fn fails_at_wall(&self) -> bool {
        let shut = self.plan.entry.is_none() && self.plan.blocked.is_some();
        let lost = self.outcome.as_ref().is_some_and(|met| !met.is_response());
        let taken = self.not_probed == Some(NotProbed::MaybeStranger);
        self.shut.is_none() && (shut || self.inside.is_some() && (lost || taken))
    }

    /// Whether it is a second way, past what closes another one.
    pub fn is_second(&self) -> bool {
        self.plan.beyond.as_ref().is_some_and(|beyond| beyond.second)
    }

    /// Where the browser goes.
    pub fn at(&self) -> Option<SocketAddr> {
        let beyond = self.plan.beyond.as_ref().map(|beyond| beyond.at.at());
        beyond.filter(|_| self.plan.entry.is_some()).or(self.plan.entry)
    }

    /// What the browser met, and who saw it.
    pub fn met(&self) -> Option<Evidence> {
        let (to, source) = match self.from_windows {
            true => (self.at()?, Source::Windows),
            false => (self.plan.entry?, Source::Probe),
        };
        Some(Evidence::new(source, Fact::Probed { to, outcome: self.outcome.clone()? }))
    }

    /// What answered on this computer, in front of the wall to Windows.
    pub fn answered_inside(&self) -> Option<Evidence> {
        let (to, outcome) = (self.plan.entry?, self.inside.clone()?);
        Some(Evidence::new(Source::Probe, Fact::Probed { to, outcome }))
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
    let tls = matches!(speak, Speak::Tls | Speak::Https);
    if tried.plan.beyond.as_ref().is_some_and(|beyond| beyond.direct) {
        return from_outside(trip, tried, tls);
    }
    match probe(trip.scene.asking, entry, speak, trip.page) {
        Seen::Known(outcome) if *outcome != Outcome::Refused && is_doubted(&mut tried.plan, entry) => {
            tried.not_probed = Some(NotProbed::MaybeStranger);
        }
        Seen::Known(outcome) => tried.outcome = Some((*outcome).clone()),
        Seen::Pending => tried.pending = true,
        Seen::Absent | Seen::Unavailable(_) => {}
    }
    further(trip, tried, tls)
}

/// By what it wrote down, the VM's host agent does not listen there, and nobody is seen who does:
/// a program of another user may be what answers.
fn is_doubted(plan: &mut Plan, entry: SocketAddr) -> bool {
    let Some(Blocked { finding, remedies }) = &mut plan.blocked else { return false };
    match finding {
        Finding::VmListenFailed { answered, .. }
        | Finding::VmServiceNotForwarded { told: Some(false), answered, .. } => *answered = true,
        _ => return false,
    }
    remedies.insert(0, show_listener(entry.port()));
    true
}

/// Lets Windows ask for what answers here, where the browser is there. What does not answer
/// here is not the wall's doing.
fn further(trip: &Trip, mut tried: Tried, tls: bool) -> Tried {
    if tried.plan.beyond.is_some() && tried.outcome.as_ref().is_some_and(Outcome::is_response) {
        tried.inside = tried.outcome.take();
        return from_outside(trip, tried, tls);
    }
    tried
}

/// Asks from Windows.
fn from_outside(trip: &Trip, mut tried: Tried, tls: bool) -> Tried {
    let Some(beyond) = &mut tried.plan.beyond else { return tried };
    let seen = match from_windows(trip.scene.asking, beyond.at, tls, trip.page) {
        Seen::Known(seen) => (*seen).clone(),
        Seen::Pending => {
            tried.pending = true;
            return tried;
        }
        Seen::Absent => {
            tried.unasked = Some(Why::NotRecorded);
            return tried;
        }
        Seen::Unavailable(why) => {
            tried.unasked = Some(why);
            return tried;
        }
    };
    let own = tried.inside.as_ref().and_then(Outcome::status);
    // Another program of Windows may have the port there, whatever the distribution has.
    if let Some((inside, windows)) = own.zip(seen.status()).filter(|(inside, windows)| inside != windows) {
        let port = beyond.at.at().port();
        if !beyond.second {
            beyond.blocked =
                Blocked { finding: Finding::WslAnotherAnswers { port, inside, windows }, remedies: wsl::who_has(port) };
        }
        tried.not_probed = Some(NotProbed::MaybeStranger);
        return tried;
    }
    if seen == Outcome::Refused && !beyond.second {
        match reserved_on_windows(trip, beyond) {
            Seen::Known(blocked) if beyond.direct => tried.plan.blocked = Some(blocked),
            Seen::Known(blocked) => beyond.blocked = blocked,
            Seen::Pending => {
                tried.pending = true;
                return tried;
            }
            Seen::Absent | Seen::Unavailable(_) => {}
        }
    }
    let mirrored = trip.wsl.is_some_and(|wsl| wsl.mode() == Some(Mode::Mirrored));
    let of_docker = tried.plan.offered.as_ref().is_some_and(|offer| offer.by == By::Engine(Engine::Docker));
    if mirrored && of_docker && seen == Outcome::TimedOut && !beyond.direct {
        beyond.blocked = wsl::docker_in_mirrored(beyond.at.at().port());
    }
    if let (Finding::WslPortNotForwarded { refused, .. }, false) =
        (&mut beyond.blocked.finding, matches!(seen, Outcome::Refused | Outcome::Response { .. }))
    {
        *refused = false;
    }
    if beyond.second && !tried.from_windows {
        beyond.blocked.remedies.remove(0); // to try it by hand
    }
    tried.from_windows = true;
    tried.outcome = Some(seen);
    tried
}

/// Whether Windows keeps the port that it refused for itself. WSL's relay and a product fail
/// then; in the other modes the distribution's own program could not have listened.
fn reserved_on_windows(trip: &Trip, beyond: &Beyond) -> Seen<Blocked> {
    let relayed = trip.wsl.is_some_and(|wsl| matches!(wsl.mode(), Some(Mode::Nat | Mode::Bridged)));
    match beyond.blocked.finding {
        Finding::WslPortNotForwarded { .. } if relayed => {}
        Finding::PortNotBroughtOut { .. } => {}
        _ => return Seen::Absent,
    }
    let port = beyond.at.at().port();
    match reserved(trip.scene.asking) {
        Seen::Known(ranges) => match ranges.iter().find(|range| (range.first..=range.last).contains(&port)) {
            Some(range) => Seen::Known(wsl::reserved(port, *range)),
            None => Seen::Absent,
        },
        Seen::Pending => Seen::Pending,
        Seen::Absent => Seen::Absent,
        Seen::Unavailable(why) => Seen::Unavailable(why),
    }
}

/// Asks a road that accepted and closed once more, with the first words of TLS.
pub fn retry_with_tls(trip: &Trip, port: &ServicePort, mut tried: Tried) -> Tried {
    let closed = tried.outcome.as_ref().is_some_and(Outcome::is_closed);
    let Some(entry) = tried.plan.entry.filter(|_| closed && !port.says_tls()) else { return tried };
    if tried.from_windows {
        let before = tried.outcome.take();
        let mut again = from_outside(trip, tried, true);
        if !again.outcome.as_ref().is_some_and(Outcome::is_response) {
            again.outcome = before;
        }
        return again;
    }
    if let Seen::Known(outcome) = probe(trip.scene.asking, entry, Speak::Tls, None)
        && outcome.is_response()
    {
        tried.outcome = Some((*outcome).clone());
        return further(trip, tried, true);
    }
    tried
}
