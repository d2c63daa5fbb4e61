//! Walks through a front to one port of one Service.

use std::net::SocketAddr;

use super::behind::{self, answers_itself, application};
use super::entry::{Entered, control, enter, forward, url};
use super::judge::{Said, said};
use super::name::{self, Name};
use super::roads::roads;
use super::{Entry, Front};
use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::app::App;
use crate::diagnose::stage_two::{self, StageTwo};
use crate::diagnose::{Objects, controller, replicas};
use crate::environment::Blocked;
use crate::fact::cluster::ServicePort;
use crate::fact::live::{Outcome, Proxied, through_service_to};
use crate::path::walk::Walked;
use crate::path::{Trip, judge};
use crate::report::{Argv, HopId, PortReport, State, Subject, Unobserved, Verdict};

/// What came back from the front, and whose it is.
pub(super) struct Answer {
    /// Where it was asked.
    pub(super) at: SocketAddr,
    /// What came back.
    pub(super) outcome: Outcome,
    /// Whose it is.
    pub(super) said: Said,
    /// What the API server was asked for then, as Service, port and path.
    pub(super) target: String,
    /// What the application says to that.
    pub(super) direct: Option<Proxied>,
}

/// A page of a Service, as evidence names it.
pub(super) fn page_of(objects: &Objects, port: &ServicePort, front: &Front) -> String {
    format!("svc/{}:{}{}", objects.service.metadata.name, port.port, front.page.path.trim_end_matches('/'))
}

/// The Service that a rule leads to, and its port.
type Backend<'a> = Option<(&'a Objects, &'a ServicePort)>;

/// Walks through a front. `backend` is the port that its rule leads to, if there is one.
///
/// Where several controllers may be the one that serves it, the one that brings an answer
/// of the application is.
pub fn walk(trip: &Trip, mut front: Front, backend: Backend) -> Walked {
    let others = std::mem::take(&mut front.others);
    let several = !others.is_empty();
    let mut walked = with_or_without_tls(trip, &mut front, backend);
    for service in others {
        // One after the other: where the first answers, the others are left alone.
        if walked.is_decided() || trip.scene.asking.is_waiting() {
            break;
        }
        front.served_by(controller::objects(trip.scene, &service));
        let next = with_or_without_tls(trip, &mut front, backend);
        if next.brings_app() {
            walked = next;
        }
    }
    if several && !walked.is_decided() {
        walked.forget_controller();
    }
    walked
}

/// A rule with TLS that does not answer may still answer without: Traefik 3 serves plain
/// HTTP where the certificate's Secret is missing, and nothing by TLS.
fn with_or_without_tls(trip: &Trip, front: &mut Front, backend: Backend) -> Walked {
    let walked = by(trip, front, backend);
    // A Gateway's listener speaks its one protocol.
    if !front.tls || front.listener.is_some() || walked.report.verdict == Verdict::Reachable {
        return walked;
    }
    front.tls = false;
    let mut plain = by(trip, front, backend);
    front.tls = true;
    let works = plain.report.verdict == Verdict::Reachable && !plain.redirects();
    match front.also.clone().filter(|_| works) {
        Some(also) => {
            let number = plain.report.port;
            plain.report.verdict = Verdict::Degraded;
            plain.report.root = Some(also.finding.code());
            let rules = plain.report.roads.iter_mut().flat_map(|road| &mut road.hops);
            for rule in rules.filter(|hop| hop.id == HopId::Route) {
                rule.finding = Some(also.finding.code());
            }
            plain.found = vec![also.found(true, number)];
            plain
        }
        None if works => plain,
        None => walked,
    }
}

impl Walked {
    /// Whether the answer only sends the browser elsewhere, as controllers do from HTTP to
    /// HTTPS.
    fn redirects(&self) -> bool {
        matches!(self.answer, Some((_, Outcome::Response { status: Some(300..=399), .. })))
    }

    /// Whether the application answered through it, be its name astray or its Pods in part
    /// down.
    fn brings_app(&self) -> bool {
        let mut hops = self.report.roads.iter().flat_map(|road| &road.hops);
        hops.any(|hop| hop.id == HopId::App && hop.state == State::Present)
    }

    /// Whether it says what no other controller would change.
    fn is_decided(&self) -> bool {
        let behind = self.report.root.is_some_and(|code| {
            let code = code.as_str();
            code.starts_with("K2") || code.starts_with('A') || matches!(code, "K310" | "K311")
        });
        behind || self.brings_app()
    }

    /// Which controller it is, is not known: what is wrong with one of them is no cause.
    fn forget_controller(&mut self) {
        self.found.retain(|found| !found.root);
        self.report.verdict = Verdict::Undetermined;
        self.report.root = None;
        for hop in self.report.roads.iter_mut().flat_map(|road| &mut road.hops) {
            hop.finding = None;
            if hop.id == HopId::Controller {
                hop.state = State::Unknown;
            }
        }
    }
}

/// What was concluded.
pub(super) struct Conclusion {
    /// The verdict.
    pub(super) verdict: Verdict,
    /// The earliest missing hop that is a cause.
    pub(super) root: Option<Blocked>,
    /// The application's own trouble, where it was asked.
    pub(super) app: Option<App>,
    /// What could not be observed on the way.
    unobserved: Vec<Unobserved>,
}

impl Conclusion {
    fn new(verdict: Verdict, root: Option<Blocked>) -> Self {
        Self { verdict, root, app: None, unobserved: Vec::new() }
    }

    fn of_cause(cause: &Blocked) -> Self {
        Self::new(judge::verdict_of(cause), Some(cause.clone()))
    }

    /// What the application's own rules say of it.
    fn of_app(app: App) -> Self {
        let verdict = if app.state == State::Missing { Verdict::Unreachable } else { Verdict::Undetermined };
        Self { unobserved: app.unobserved.clone(), root: app.blocked.clone(), verdict, app: Some(app) }
    }
}

fn by(trip: &Trip, front: &Front, backend: Backend) -> Walked {
    let entered = enter(trip, front);
    let mut two = match backend {
        Some((objects, _)) if behind::leads_away(objects) => behind::nothing(objects),
        Some((objects, port)) => stage_two::walk(trip.scene, objects, port),
        None => StageTwo::default(),
    };
    let cause = front.blocked.clone().or_else(|| two.cause.clone());
    let answer = entered.as_ref().and_then(|entered| answer(trip, front, entered, backend, &two));
    let pending = two.pending || entered.is_none() && matches!(front.entry, Entry::Service(_));
    let is_app = answer.as_ref().is_some_and(|answer| answer.said == Said::App);
    // What answered once by chance may fail the next time, and what failed may work.
    let mut mixed = App::unasked();
    if let Some((objects, port)) = backend.filter(|_| trip.thorough && answer.is_some() && cause.is_none())
        && let Some(found) = replicas::one_by_one(trip.scene, objects, port, &two.ready)
    {
        let by_app = answer.iter().filter(|_| is_app).map(|answer| (front.road, answer.outcome.clone()));
        found.tell(&mut two, &mut mixed, &by_app.collect::<Vec<_>>());
    }

    let mut also: Vec<Blocked> = front.also.iter().cloned().collect();
    let (mut name, mut looking) = (None, false);
    let mut end = match (&answer, &entered) {
        (Some(Answer { said: Said::App, at, .. }), _) => {
            let mut unread = Vec::new();
            let page = url(front, *at);
            match name::find(trip, front.page.host.as_deref(), *at, &page, forward(trip, front)) {
                Name::Fits => {}
                Name::Pending => looking = true,
                Name::Unread(hop, entry) => {
                    unread.push(entry);
                    name = Some((hop, None));
                }
                Name::Astray(hop, blocked) => name = Some((hop, Some(blocked))),
            }
            let (verdict, root) = match (&name, &two.partial) {
                (Some((_, Some(blocked))), _) => (Verdict::Unreachable, Some(blocked.clone())),
                (Some((_, None)), _) => (Verdict::Undetermined, None),
                (None, _) if looking => (Verdict::Undetermined, None),
                (None, Some(partial)) => (Verdict::Degraded, Some(partial.clone())),
                (None, None) => (Verdict::Reachable, None),
            };
            Conclusion { unobserved: unread, ..Conclusion::new(verdict, root) }
        }
        (None | Some(Answer { said: Said::Nothing { entered: false }, .. }), Some(entered))
            if entered.blocked.is_some() =>
        {
            also.extend(cause.clone());
            Conclusion::new(entered.walked.report.verdict, entered.blocked.clone())
        }
        // The front answers by itself, and a hop behind it is missing: that is why.
        _ if cause.is_some() => match &cause {
            // Whose the rule is that answered, nobody can say: then nor who serves this one.
            Some(cause) if is_stranger(answer.as_ref()) && backend.is_some() && two.cause.is_none() => {
                Conclusion::new(Verdict::Undetermined, Some(cause.clone()))
            }
            Some(cause) => Conclusion::of_cause(cause),
            None => Conclusion::new(Verdict::Undetermined, None),
        },
        (Some(_), _) if mixed.blocked.is_some() => Conclusion::of_app(mixed),
        (Some(answer), _) => without_app(trip, front, answer, backend, &two),
        (None, _) => Conclusion::new(Verdict::Undetermined, None),
    };
    if pending && end.verdict != Verdict::Reachable {
        let sure = end.verdict == Verdict::Unreachable;
        end = Conclusion { root: end.root.filter(|_| sure), verdict: Verdict::Undetermined, ..end };
    }
    let mut unobserved = front.unobserved.clone();
    unobserved.extend(two.unobserved.iter().cloned());
    unobserved.extend(end.unobserved.iter().cloned());
    if let Some(entered) = &entered {
        // On which side of the node it stops is no question where it stops behind the front.
        let settled = answer.as_ref().is_some_and(|answer| answer.said.is_behind(end.root.is_some()));
        unobserved.extend(entered.walked.unobserved.iter().filter(|_| !settled).cloned());
    }
    let roads = roads(trip, front, entered.as_ref(), &two, answer.as_ref(), &end, name);
    let Conclusion { verdict, root, .. } = end;
    let works = matches!(verdict, Verdict::Reachable | Verdict::Degraded);
    let number = backend.map(|(_, port)| port.port);
    let code = root.as_ref().map(|root| root.finding.code());
    also.retain(|also| Some(also.finding.code()) != code);
    let found = root.map(|root| root.found(true, number)).into_iter();
    let found = found.chain(also.into_iter().map(|also| also.found(false, number))).collect();
    let urls = roads.iter().filter(|road| road.state == State::Present && works).filter_map(|road| road.url.clone());
    let report = PortReport {
        port: number,
        name: backend.map(|(_, port)| port.name.clone()).unwrap_or_default(),
        protocol: "TCP".into(),
        route: Some(front.route.clone()),
        service: backend.map(|(objects, _)| objects.service.metadata.name.clone()),
        verdict,
        root: code,
        urls: urls.collect(),
        roads,
    };
    let answer = answer.filter(|answer| answer.outcome.is_response()).map(|answer| (answer.at, answer.outcome));
    Walked { report, found, unobserved, answer }
}

fn is_stranger(answer: Option<&Answer>) -> bool {
    answer.is_some_and(|answer| answer.said == Said::Stranger)
}

/// What an answer tells that is not the application's, with nothing missing by what is
/// configured.
fn without_app(trip: &Trip, front: &Front, answer: &Answer, backend: Backend, two: &StageTwo) -> Conclusion {
    let direct = answer.direct.as_ref();
    let itself = |status| Conclusion::new(Verdict::Undetermined, Some(answers_itself(front, status, direct)));
    match answer.said {
        Said::Front(status) => {
            // The application may be at fault: its own rules know more than the front says.
            let broken = backend.and_then(|(objects, port)| application(trip, objects, port, two, direct));
            match (broken, &front.also) {
                (Some(app), _) if app.state == State::Missing => Conclusion::of_app(app),
                // Seen with Traefik 3: a rule whose certificate is missing is not served at all.
                (_, Some(also)) => Conclusion::new(Verdict::Unreachable, Some(also.clone())),
                _ => itself(Some(status)),
            }
        }
        Said::Both(status) => itself(Some(status)),
        Said::Nothing { entered } => match backend {
            Some((objects, port)) => {
                let app = application(trip, objects, port, two, direct);
                match app.filter(|app| app.blocked.is_some()) {
                    Some(app) => Conclusion::of_app(app),
                    None if entered && direct.is_some_and(Proxied::is_answer) => itself(None),
                    None => Conclusion::new(Verdict::Undetermined, None),
                }
            }
            None => Conclusion::new(Verdict::Undetermined, None),
        },
        Said::Stranger => {
            let unobserved = front.contested.iter().cloned().collect();
            Conclusion { unobserved, ..Conclusion::new(Verdict::Undetermined, None) }
        }
        Said::App | Said::Either(_) => {
            let settle = vec![look(front, answer.at)];
            let unobserved = vec![Unobserved { what: Subject::Answerer, why: Why::Ambiguous, settle }];
            Conclusion { unobserved, ..Conclusion::new(Verdict::Undetermined, None) }
        }
    }
}

/// Shows where the front sends a browser, or what its page says: a person sees whose that is.
/// The name may lead elsewhere, and the certificate may be nobody's.
fn look(front: &Front, at: SocketAddr) -> Argv {
    let host = front.page.host.as_ref().map(|host| format!("{host}:{}:{}", at.port(), at.ip()));
    let words = ["curl", "-i"].into_iter().chain(front.tls.then_some("-k"));
    let words = words.chain(host.iter().flat_map(|host| ["--resolve", host]));
    words.map(str::to_owned).chain([url(front, at)]).collect()
}

/// What the front answered, and who said it. Where its entry only took the connection, what
/// it says for a name that nobody has tells whether it was the front that took it.
fn answer(trip: &Trip, front: &Front, entered: &Entered, backend: Backend, two: &StageTwo) -> Option<Answer> {
    let target = backend.map(|(objects, port)| page_of(objects, port, front)).unwrap_or_default();
    let mut asked = None;
    let mut direct = || {
        let Some((objects, port)) = backend else { return Seen::Absent };
        // The API server does not pass on to a name outside of the cluster.
        if behind::leads_away(objects) {
            return Seen::Absent;
        }
        let name = &objects.service.metadata.name;
        let seen = through_service_to(trip.scene.asking, trip.scene.namespace, name, port, &front.page.path);
        let seen = seen.map(|outcome| (*outcome).clone());
        asked = seen.known().cloned();
        seen
    };
    let Some((at, outcome)) = entered.walked.answer.clone() else {
        let (at, outcome) = entered.accepted().filter(|_| front.blocked.is_none() && two.cause.is_none())?;
        let control = control(trip, front, at);
        let seen = direct();
        if control.is_pending() || seen.is_pending() {
            return None;
        }
        let entered = control.known().is_some_and(|outcome| outcome.is_response());
        return Some(Answer { at, outcome, said: Said::Nothing { entered }, target, direct: asked });
    };
    let Outcome::Response { status, .. } = outcome else { return None };
    let any_name = front.page.host.is_none();
    let said = said(status, any_name, direct, || control(trip, front, at).map(|outcome| (*outcome).clone()));
    // Not yet: as long as it is open, either may have said it.
    let said = said.unwrap_or(Said::Either(status.unwrap_or_default()));
    // Nobody of this Service can have said it: another rule took the request.
    let elsewhere = backend.is_none() || two.cause.is_some() || front.contested.is_some();
    let said = if said == Said::App && elsewhere { Said::Stranger } else { said };
    Some(Answer { at, outcome, said, target, direct: asked })
}
