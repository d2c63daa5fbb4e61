//! Every fault on every read: what one run asks the API server for is broken, one read at a
//! time and in every way. A report comes in time, and it claims nothing that the same cluster
//! does not show when all can be read: a read that failed is never "missing".
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Fault, Lab, Plan, Report};

/// The run's own limit, and what the process may take beside it on a busy machine.
const LIMIT: Duration = Duration::from_secs(1);
const BESIDE: Duration = Duration::from_secs(2);
/// Runs at the same time: most of their time is spent waiting.
const AT_ONCE: usize = 8;

const FAULTS: [Fault; 15] = [
    Fault::Hang,
    Fault::Status(401),
    Fault::Status(403),
    Fault::Status(409),
    Fault::Status(429),
    Fault::Status(500),
    Fault::Status(503),
    Fault::CutBody,
    Fault::BadJson,
    Fault::WrongTypes,
    Fault::Endless,
    Fault::NotKubernetes,
    Fault::LoginPage,
    Fault::Redirect,
    Fault::NoGroup,
];

/// Its name, what is changed in a healthy cluster, and what is asked for.
type Scene = (&'static str, fn(&mut Plan), &'static [&'static str]);

/// Clusters whose diagnosis needs other reads each.
const SCENES: [Scene; 6] = [
    ("healthy", |_| (), &["svc/web"]),
    ("no probe", |_| (), &["svc/web", "--no-probe"]),
    ("no Pods", no_pods, &["svc/web", "--no-probe"]),
    ("not ready", not_ready, &["svc/web", "--no-probe"]),
    ("workload", |_| (), &["deploy/web"]),
    ("not there", |_| (), &["svc/none"]),
];

fn no_pods(plan: &mut Plan) {
    plan.cluster.service["spec"]["selector"] = json!({ "app": "wbe" });
    plan.cluster.slice["endpoints"] = json!([]);
}

fn not_ready(plan: &mut Plan) {
    plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
    plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
}

/// What a report claims about the cluster: its findings and the missing hops of both stages. That
/// the API server does not answer, as it was seen to do, is no claim where it decides nothing.
fn claims(report: &Report) -> BTreeSet<String> {
    let seen = |code: &str| report.verdict() == "undetermined" && ["K503", "V105"].contains(&code);
    let about = |code: &&str| !code.starts_with('C') && !seen(code);
    let codes = report.codes().into_iter().filter(about).map(str::to_owned);
    codes.chain([1, 2].into_iter().flat_map(|stage| report.missing(stage)).map(str::to_owned)).collect()
}

struct Case {
    scene: usize,
    path: String,
    fault: Fault,
}

/// The reads of each scene, one after the other with each fault.
fn cases() -> Vec<Case> {
    let of_scene = |(scene, (_, change, command)): (usize, &Scene)| {
        let lab = Lab::with(change);
        lab.explain(command);
        // Without the query: the pages of a list are one read.
        let paths: BTreeSet<String> =
            lab.server.paths().iter().filter_map(|path| path.split('?').next().map(str::to_owned)).collect();
        assert!(paths.len() >= 3, "{paths:?}");
        paths.into_iter().flat_map(move |path| FAULTS.map(|fault| Case { scene, path: path.clone(), fault }))
    };
    SCENES.iter().enumerate().flat_map(of_scene).collect()
}

/// What is wrong with a report, if anything is.
fn wrong(case: &Case, whole: &Report) -> Option<String> {
    let Case { scene, path, fault } = case;
    let (name, change, command) = SCENES[*scene];
    let shown = format!("{name}: {fault:?} at {path}");
    let lab = Lab::with(change);
    lab.server.fault(path, *fault);
    let started = Instant::now();
    let limit = format!("{}s", LIMIT.as_secs());
    let output = lab.run(&[&["explain", "-o", "json", "--timeout", &limit], command].concat());
    if started.elapsed() > LIMIT + BESIDE {
        return Some(format!("{shown}: {:?}", started.elapsed()));
    }
    let report = Report::read(&output);
    support::assert_no_canary(&output.stdout);

    let allowed = claims(whole);
    let new: Vec<String> = claims(&report).into_iter().filter(|claim| !allowed.contains(claim)).collect();
    if !new.is_empty() {
        return Some(format!("{shown}: {new:?} in {report}"));
    }
    if lab.server.count(|path| path.starts_with("/login")) > 0 {
        return Some(format!("{shown}: a redirect was followed"));
    }
    // What says less than before says why.
    let same = (report.verdict(), report.root()) == (whole.verdict(), whole.root());
    let excused = !report.unobserved().is_empty() || report.codes().iter().any(|code| code.starts_with('C'));
    (!same && report.verdict() != "reachable" && !excused).then(|| format!("{shown}: {report}"))
}

#[test]
fn no_fault_of_a_read_becomes_a_claim() {
    let whole: Vec<Report> = SCENES.iter().map(|(_, change, command)| Lab::with(change).explain(command)).collect();
    let cases = cases();
    let (count, queue) = (cases.len(), Mutex::new(cases.iter()));
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic while it is held").next();
                    let Some(case) = next else { break };
                    let wrong = wrong(case, &whole[case.scene]);
                    found.lock().expect("no panic while it is held").extend(wrong);
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic while it is held");
    assert!(found.is_empty(), "{} of {count}:\n{}", found.len(), found.join("\n"));
    assert!(count > 300, "{count} cases");
}
