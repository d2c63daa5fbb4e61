//! A real minikube (docker driver, Linux), state by state: recorded facts, assembled. What
//! the computer of a scenario holds, prints and answers is read from `facts/`; its
//! `README.md` says where that comes from.

use std::rc::Rc;

use netpath::answers::{Answers, Asking, Seen};
use netpath::ask::Raw;
use netpath::fact::minikube::{Status, status};
use netpath::report::{Fact, HopId, Outcomes, RoadId, State, Verdict};

use crate::minikube::facts_read::part;
use crate::minikube::machine::report;
use crate::minikube::says;

/// What a report must say.
pub struct Said<'a> {
    pub verdict: Verdict,
    /// The code of the root.
    pub root: Option<&'a str>,
    pub urls: &'a [&'a str],
    /// The root's remedies, the commands of one joined by `&&`.
    pub remedies: &'a [&'a str],
}

/// It works, at these URLs.
pub fn reachable<'a>(urls: &'a [&'a str]) -> Said<'a> {
    Said { verdict: Verdict::Reachable, root: None, urls, remedies: &[] }
}

/// It does not work, for a reason, and this opens it.
pub fn unreachable<'a>(root: &'a str, remedies: &'a [&'a str]) -> Said<'a> {
    Said { verdict: Verdict::Unreachable, root: Some(root), urls: &[], remedies }
}

/// It is not known whether it works.
pub fn undetermined<'a>(root: &'a str, remedies: &'a [&'a str]) -> Said<'a> {
    Said { verdict: Verdict::Undetermined, root: Some(root), urls: &[], remedies }
}

/// Asserts verdict, root, URLs and remedies, and compares the whole report.
#[track_caller]
pub fn expect(name: &str, outcomes: &Outcomes, wanted: &Said) {
    let found = report(outcomes);
    let urls: Vec<&str> = found.ports.iter().flat_map(|port| &port.urls).map(String::as_str).collect();
    let line =
        |commands: &Vec<Vec<String>>| commands.iter().map(|command| command.join(" ")).collect::<Vec<_>>().join(" && ");
    let root = found.root();
    let remedies: Vec<String> =
        root.map(|root| root.remedies.iter().map(|remedy| line(&remedy.commands)).collect()).unwrap_or_default();
    let code = root.map(|root| root.finding.code().as_str());
    assert_eq!(
        (found.verdict, code, urls, remedies.iter().map(String::as_str).collect::<Vec<_>>()),
        (wanted.verdict, wanted.root, wanted.urls.to_vec(), wanted.remedies.to_vec()),
        "{name}"
    );
    says(&format!("facts-{name}"), outcomes);
}

/// What became of one road, and the facts that its way in rests on.
#[track_caller]
pub fn road(outcomes: &Outcomes, id: RoadId) -> (State, Vec<String>) {
    let road = report(outcomes).ports[0].roads.iter().find(|road| road.id == id).expect("the road");
    let way_in = road.hops.iter().filter(|hop| hop.id == HopId::WayIn);
    let name = |fact: &Fact| format!("{fact:?}").split([' ', '{']).next().unwrap_or_default().to_owned();
    (road.state, way_in.flat_map(|hop| &hop.evidence).map(|evidence| name(&evidence.fact)).collect())
}

/// Every output of `minikube status -o json` that was written down, as netpath reads it:
/// host and API server, or nothing where there is no such profile.
#[test]
fn every_status_is_read() {
    for (name, until, wanted) in [
        ("A-running/minikube-status.json", "@", Some(("Running", "Running"))),
        ("F-states/1-paused.txt", "$ minikube -p ports unpause", Some(("Running", "Paused"))),
        ("F-states/2-docker-paused.txt", "$ docker unpause", Some(("Paused", "Paused"))),
        ("F-states/3-docker-restart.txt", "@", Some(("Running", "Stopped"))),
        ("F-states/5-docker-stop.txt", "@", Some(("Stopped", "Stopped"))),
        ("G-docker-env/docker-host-into-the-node.txt", "@", Some(("Running", "Running"))),
        ("C-published-port/dry-run-leftover.txt", "@", None),
        ("F-states/8-deleted-kubeconfig-kept.txt", "@", None),
    ] {
        let seen = read_status(part(name, "", until).status().expect("a status"));
        let said = seen.known().map(|all| (all[0].host.as_str(), all[0].api_server.as_str()));
        assert_eq!((said, seen.is_absent()), (wanted, wanted.is_none()), "{name}");
    }
    let removed = part("F-states/6-container-removed.txt", "", "@").status().expect("a status");
    assert!(read_status(removed).unavailable().is_some(), "null is no status");
}

fn read_status(text: String) -> Seen<Rc<Vec<Status>>> {
    let mut answers = Answers::default();
    let asking = Asking::new(&answers);
    let _ = status(&asking, "ports");
    let want = asking.into_wants().remove(0);
    let seen = want.distil(Ok(Some(Raw::Text(text))));
    answers.insert(want.ask, seen);
    status(&Asking::new(&answers), "ports")
}
