//! What holds for every cluster there can be: random, type-correct objects and random
//! answers of everything that is asked live, through the pure core alone.
//!
//! Every run takes the same cases. `PROPTEST_CASES=5000 PROPTEST_RNG_SEED=7` takes more,
//! and others.

#![allow(clippy::disallowed_methods, reason = "a test takes its number of cases from the environment")]

mod cluster;
mod found;
mod minikube;
mod oracle;
mod wsl;

use std::collections::BTreeSet;

use netpath::ask::{Ask, Want, Why};
use netpath::render::{Format, Style, Verbosity, render};
use netpath::report::{Fact, Hop, HopId, Outcomes, PortReport, Report, RoadId, Source, State, Verdict};
use netpath::request::{Goal, Kind, Named, ProbePolicy, Request, Viewer};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use self::cluster::{oracle, unrelated};
use self::minikube::minikube;
use self::oracle::Oracle;
use self::wsl::in_wsl;

/// Few enough for every run of the tests, and the same ones, so that a change that broke
/// nothing is never the one that fails.
fn config(cases: u32) -> Config {
    let own = Config::default();
    let asked = |name| std::env::var_os(name).is_some();
    Config {
        cases: if asked("PROPTEST_CASES") { own.cases } else { cases },
        rng_seed: if asked("PROPTEST_RNG_SEED") { own.rng_seed } else { RngSeed::Fixed(4) },
        failure_persistence: None,
        max_shrink_iters: 120,
        ..own
    }
}

fn request(goal: Goal) -> Request {
    Request {
        goal,
        context: None,
        flags: Vec::new(),
        namespace: None,
        port: None,
        viewer: Some(Viewer::Here),
        probe: ProbePolicy::Auto,
    }
}

fn explain(kind: Option<Kind>, name: &str) -> Request {
    request(Goal::Explain { target: Named { kind, name: name.into() } })
}

fn web() -> Request {
    explain(Some(Kind::Service), "web")
}

/// Every kind of request that a run can be.
fn requests() -> impl Strategy<Value = Request> {
    let target = (proptest::option::of(select(Kind::ALL.to_vec())), select(vec!["web", "web", "web-0", "nobody"]))
        .prop_map(|(kind, name)| explain(kind, name));
    let overview = any::<bool>().prop_map(|all_namespaces| request(Goal::Overview { all_namespaces, selector: None }));
    let goal = prop_oneof![6 => Just(web()), 4 => target, 1 => overview, 1 => Just(request(Goal::Environment))];
    let port = proptest::option::weighted(0.2, select(vec!["80", "https", "7"]));
    let here = Some(Viewer::Here);
    let viewer = select(vec![here, here, None, Some(Viewer::Lan), Some(Viewer::Windows)]);
    let probe = select(vec![ProbePolicy::Auto, ProbePolicy::Auto, ProbePolicy::Always, ProbePolicy::Never]);
    (goal, port, viewer, probe).prop_map(|(request, port, viewer, probe)| Request {
        port: port.map(str::to_owned),
        viewer,
        probe,
        ..request
    })
}

fn hops(report: &Report) -> impl Iterator<Item = ((Option<u16>, RoadId), &Hop)> {
    let roads = report.ports.iter().flat_map(|port| port.roads.iter().map(move |road| ((port.port, road.id), road)));
    roads.flat_map(|(at, road)| road.hops.iter().map(move |hop| (at, hop)))
}

/// Where a hop stands, in words that can be compared.
fn place(((port, road), hop): ((Option<u16>, RoadId), &Hop)) -> String {
    format!("{port:?} {road:?} {:?}", hop.id)
}

fn places(report: &Report, state: State) -> BTreeSet<String> {
    hops(report).filter(|(_, hop)| hop.state == state).map(place).collect()
}

/// What is said, without the words and what it cost.
fn said(report: &Report) -> String {
    let port = |port: &PortReport| {
        format!("{:?} {:?} {:?} {:?}", port.port, port.verdict, port.root.map(|code| code.as_str()), port.urls)
    };
    let ports: Vec<String> = report.ports.iter().map(port).collect();
    format!("{:?} {ports:?}", report.verdict)
}

/// One root per port at most, in the findings and at a hop; nothing is said without
/// evidence; verdict and root fit each other.
fn is_consistent(report: &Report) -> Result<(), TestCaseError> {
    for port in &report.ports {
        let roots: Vec<_> = report
            .findings
            .iter()
            .filter(|found| found.root && found.port == port.port)
            .map(|f| f.finding.code())
            .collect();
        prop_assert!(roots.len() <= 1, "roots {roots:?} of port {:?}", port.port);
        match port.verdict {
            Verdict::Reachable => {
                prop_assert!(!port.urls.is_empty(), "reachable, and no URL: {port:?}");
                prop_assert!(port.root.is_none(), "reachable, and a root: {port:?}");
            }
            Verdict::Degraded => prop_assert!(!port.urls.is_empty(), "degraded, and no URL: {port:?}"),
            Verdict::Unreachable => prop_assert!(port.root.is_some(), "unreachable, and nobody's: {port:?}"),
            Verdict::Undetermined => {}
        }
        let Some(root) = port.root else { continue };
        let named = report.findings.iter().any(|found| found.root && found.finding.code() == root);
        prop_assert!(named, "the root {root} is no root finding");
        let at_hop = port.roads.iter().flat_map(|road| &road.hops).any(|hop| hop.finding == Some(root));
        let works = matches!(port.verdict, Verdict::Degraded);
        prop_assert!(at_hop || works, "no hop carries the root {root}: {port:?}");
    }
    for road in report.ports.iter().flat_map(|port| &port.roads) {
        // What a probe met at the node's own address stands at the door it went through.
        let probed = road.hops.iter().flat_map(|hop| &hop.evidence).any(|seen| seen.source == Source::Probe);
        for hop in road.hops.iter().filter(|hop| hop.state == State::Missing) {
            let known = !hop.evidence.is_empty() || hop.id == HopId::App && probed;
            prop_assert!(known, "{:?} {:?} is missing, and nobody says how that is known", road.id, hop.id);
        }
    }
    Ok(())
}

fn is_live(source: &Source) -> bool {
    matches!(source, Source::Probe | Source::ServiceProxy | Source::PodProxy | Source::PortForward)
}

/// As the renderer's own tests have it: what is one word or one patch is never broken.
fn fits(text: &str) -> Result<(), TestCaseError> {
    for line in text.lines() {
        let whole = line.trim_end_matches('\\').split_whitespace().count() == 1 || line.contains(" '[{");
        prop_assert!(line.width() <= 80 || whole, "{} columns: {line}\n{text}", line.width());
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(64))]

    /// Every run ends, in a report that agrees with itself and can be printed.
    #[test]
    fn every_run_ends_in_a_report((oracle, request) in (prop_oneof![oracle(), minikube(), in_wsl()], requests())) {
        let run = oracle.run(&request);
        if let Outcomes::Path(report) = &run.outcomes {
            is_consistent(report)?;
        }
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            let text = render(&run.outcomes, Format::Text, &Style { verbosity, ..Style::default() });
            fits(&text)?;
            let paths = matches!(run.outcomes, Outcomes::Path(_));
            let lines = text.lines().count();
            prop_assert!(verbosity == Verbosity::Verbose || !paths || lines <= 30, "{lines} lines:\n{text}");
        }
        let json = render(&run.outcomes, Format::Json, &Style::default());
        prop_assert!(serde_json::from_str::<Value>(&json).is_ok());
        render(&run.outcomes, Format::Yaml, &Style::default());
        render(&run.outcomes, Format::Markdown, &Style::default());
    }

    /// Whichever answer is the slow one: the same is said in the end.
    #[test]
    fn the_order_of_answers_changes_nothing((oracle, request) in (prop_oneof![oracle(), minikube(), in_wsl()], requests())) {
        let (at_once, one_by_one) = (oracle.run(&request), oracle.run_by(&request, |_: &[Want]| 1));
        if let (Outcomes::Path(at_once), Outcomes::Path(one_by_one)) = (at_once.outcomes, one_by_one.outcomes) {
            prop_assert_eq!(said(&at_once), said(&one_by_one));
        }
    }

    /// A read that is refused takes knowledge away. It never shows that something is not
    /// there, and never closes a road that answers.
    #[test]
    fn a_read_that_is_refused_is_never_absence(
        (oracle, which, why) in (prop_oneof![oracle(), minikube()], any::<Index>(), select(vec![
            Why::Forbidden { detail: "no right".into() },
            Why::ServerError { status: 500, detail: "broken".into() },
            Why::TimedOut,
        ]))
    ) {
        let full = oracle.run(&web());
        let reads: Vec<&Ask> = full.asked.iter()
            .filter(|ask| matches!(ask, Ask::Api(_) | Ask::Metadata(_) | Ask::Containers { .. }))
            .collect();
        let refused = (*which.get(&reads)).clone();
        let partial = Oracle { refused: vec![(refused.clone(), why)], ..oracle.clone() }.run(&web());
        let (full, partial) = (full.report(), partial.report());
        // See `found`: endpoints made by hand beside a selector without Pods.
        let by_hand = |hop: &Hop| hop.id == HopId::Selector && hop.state == State::NotNeeded;
        let slices = matches!(&refused, Ask::Api(path) if path.contains("endpointslices"));
        prop_assume!(!(slices && hops(full).any(|(_, hop)| by_hand(hop))));
        let (present, doubted) = (places(full, State::Present), places(full, State::Missing));
        // What a probe saw that the whole run had no need to send does not rest on a read.
        let probed = |hop: &Hop| hop.evidence.iter().any(|seen| is_live(&seen.source));
        let gone = hops(partial).filter(|(_, hop)| hop.state == State::Missing && !probed(hop)).map(place);
        let lost: Vec<String> = gone.filter(|hop| present.contains(hop) && !doubted.contains(hop)).collect();
        prop_assert!(lost.is_empty(), "without {refused:?}: {lost:?} missing");
        let works = |port: &PortReport| matches!(port.verdict, Verdict::Reachable | Verdict::Degraded);
        for port in partial.ports.iter().filter(|port| port.verdict == Verdict::Unreachable) {
            let worked = full.ports.iter().any(|own| own.port == port.port && works(own));
            prop_assert!(!worked, "without {refused:?}: {}, not {}", said(partial), said(full));
        }
        is_consistent(partial)?;
    }

    /// Whoever may read nothing but the Service is told no more than that, unless a probe
    /// or the Service itself says it.
    #[test]
    fn without_rights_nothing_is_blamed(oracle in prop_oneof![oracle(), minikube()]) {
        let blind = vec![
            "EndpointSlice", "Pod", "Node", "Containers", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job",
        ];
        let run = Oracle { blind, ..oracle }.run(&web());
        let report = run.report();
        is_consistent(report)?;
        for port in report.ports.iter().filter(|port| port.verdict == Verdict::Unreachable) {
            let root = port.root.expect("checked above");
            // What a probe met at the node's own address stands at the door it went through.
            let roads = port.roads.iter().filter(|road| road.hops.iter().any(|hop| hop.finding == Some(root)));
            let such = |hop: &&Hop| hop.finding == Some(root) || hop.evidence.iter().any(|seen| is_live(&seen.source));
            let at = roads.flat_map(|road| &road.hops).filter(such);
            let seen: Vec<_> = at.flat_map(|hop| &hop.evidence).filter(|seen| seen.source != Source::Inference).collect();
            let blind = |source: &Source| matches!(source, Source::Engine(_) | Source::Api(
                "EndpointSlice" | "Pod" | "Pods" | "Node" | "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job"
            ));
            let looked = seen.iter().any(|seen| !matches!(seen.fact, Fact::CouldNotLook { .. }));
            prop_assert!(looked && !seen.iter().any(|seen| blind(&seen.source)), "{root} out of nothing: {}", said(report));
        }
    }

    /// Only what Windows met is open from Windows, and Windows is asked about this machine alone.
    #[test]
    fn what_is_open_from_windows_was_asked_there((oracle, request) in (in_wsl(), requests())) {
        let run = oracle.run(&request);
        let asked: Vec<String> = run.asked.iter().filter_map(|ask| match ask {
            Ask::FromWindows(probe) => Some(probe.to.at().to_string()),
            _ => None,
        }).collect();
        let own = |at: &str| ["127.0.0.1:", "[::1]:", "172.25.1.5:"].iter().any(|own| at.starts_with(own));
        prop_assert!(asked.iter().all(|at| own(at)), "{asked:?}");
        let Outcomes::Path(report) = &run.outcomes else { return Ok(()) };
        is_consistent(report)?;
        for url in report.ports.iter().flat_map(|port| &port.urls).filter(|_| report.viewer == Viewer::Windows) {
            // By name, an Ingress's entry has the port alone.
            let to = asked.iter().any(|at| url.contains(at.as_str()) || at.ends_with(":80") || at.ends_with(":443"));
            prop_assert!(to, "{url}, and Windows was asked about {asked:?}: {}", said(report));
        }
    }

    /// What has nothing to do with the Service changes nothing.
    #[test]
    fn a_stranger_changes_nothing((oracle, stranger) in (oracle(), unrelated())) {
        let alone = oracle.run(&web());
        let mut crowded = oracle.clone();
        crowded.objects.push(stranger.clone());
        let beside = crowded.run(&web());
        prop_assert_eq!(said(alone.report()), said(beside.report()), "{}", stranger);
    }

    /// Nobody promises an order of slices, of endpoints or of ports in a slice. Objects that
    /// somebody named are listed by name (see `found`).
    #[test]
    fn the_order_of_objects_changes_nothing(mut oracle in oracle()) {
        // All that is asked live says the same, and no Pod is special: which of several is
        // asked is chance.
        oracle.dice.truncate(1);
        for pod in oracle.objects.iter_mut().filter(|object| object["kind"] == "Pod") {
            pod["spec"]["hostNetwork"] = Value::Bool(false);
            pod["spec"]["containers"].as_array_mut().expect("containers").truncate(1);
        }
        let slice = |object: &Value| object["kind"] == "EndpointSlice";
        let by_name = |object: &Value| (!slice(object)).then(|| object["metadata"]["name"].to_string());
        oracle.objects.sort_by_key(by_name);
        let forwards = oracle.run(&web());
        let mut turned = oracle.clone();
        turned.objects.reverse();
        turned.objects.sort_by_key(by_name);
        for slice in turned.objects.iter_mut().filter(|object| object["kind"] == "EndpointSlice") {
            for list in ["endpoints", "ports"] {
                if let Some(items) = slice[list].as_array_mut() {
                    items.reverse();
                }
            }
        }
        let backwards = turned.run(&web());
        let roots = |report: &Report| report.ports.iter().map(|port| (port.verdict, port.root)).collect::<Vec<_>>();
        prop_assert_eq!(roots(forwards.report()), roots(backwards.report()));
    }
}
