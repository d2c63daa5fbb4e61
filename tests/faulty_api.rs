//! An API server that is broken in every way there is: still a report, in time, that
//! claims nothing about the cluster.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::time::Duration;

use serde_json::json;
use support::{ApiServer, Fault, Lab, Output, Plan, Report, World};

/// How long a report may take, whatever the API server does.
const LIMIT: Duration = Duration::from_secs(6);

const SERVICE: &str = "/api/v1/namespaces/web/services/web";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/web/endpointslices";
const PODS: &str = "/api/v1/namespaces/web/pods";
const NODES: &str = "/api/v1/nodes";

/// Runs many checks side by side: most of their time is spent waiting.
fn side_by_side<T: Sync>(cases: &[T], check: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| check(case));
        }
    });
}

/// A run as JSON and one as text, at the same time.
fn both(world: &World, command: &[&str]) -> (Output, Output) {
    std::thread::scope(|scope| {
        let text = scope.spawn(|| world.run(command));
        let json = world.run(&[command, &["-o", "json"]].concat());
        let text = text.join().expect("a run");
        in_time(&json);
        in_time(&text);
        (json, text)
    })
}

#[track_caller]
fn claims_nothing(report: &Report) {
    let about = |code: &&str| code.starts_with('K') || code.starts_with('V') || code.starts_with('A');
    let claims: Vec<_> = report.codes().into_iter().filter(about).collect();
    assert!(claims.is_empty(), "{claims:?} in {report}");
    assert_eq!(report.verdict(), "undetermined", "{report}");
    assert!(report.missing(2).is_empty(), "{report}");
}

#[track_caller]
fn in_time(output: &Output) {
    assert!(output.elapsed < LIMIT, "{:?}: {}", output.elapsed, output.stdout);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
}

#[test]
fn every_fault_ends_in_a_report_that_blames_the_client_or_the_server() {
    let cases = [
        (Fault::Refuse, "C101", "connection refused"),
        (Fault::Hang, "C102", "no answer in time"),
        (Fault::HangAfterTls, "C102", "no answer in time"),
        (Fault::Reset, "C108", "the connection ended"),
        (Fault::CutBody, "C108", "the connection ended"),
        (Fault::WrongCertificate, "C103", "another authority of the same name"),
        (Fault::WrongName, "C103", "elsewhere.example"),
        (Fault::Status(401), "C104", "401"),
        (Fault::Status(403), "C105", "403"),
        (Fault::Status(429), "C106", "429"),
        (Fault::Status(500), "C106", "500"),
        (Fault::Status(503), "C106", "503"),
        (Fault::BadJson, "C106", "made no sense"),
        (Fault::NotKubernetes, "C106", "made no sense"),
        (Fault::LoginPage, "C106", "made no sense"),
        (Fault::Redirect, "C106", "302"),
        (Fault::NoGroup, "C106", "404"),
        (Fault::WrongTypes, "C106", "made no sense"),
        (Fault::Expired, "C103", "expired"),
        (Fault::HalfHandshake, "C102", "no answer in time"),
    ];
    side_by_side(&cases, |&(fault, code, why)| {
        let server = ApiServer::start(fault);
        support::healthy(&server);
        let world = World::with(&server);
        let (output, text) = both(&world, &["explain", "svc/web"]);
        let report = Report::read(&output);
        assert_eq!(report.root(), Some(code), "{fault:?}: {report}");
        claims_nothing(&report);
        let unobserved = report.unobserved();
        let services = unobserved.iter().find(|(what, ..)| what == "services");
        let (_, said, settle) = services.unwrap_or_else(|| panic!("{fault:?}: {unobserved:?}"));
        assert!(said.contains(why), "{fault:?}: {said}");
        assert!(!settle.is_empty(), "{fault:?}");

        assert!(text.stdout.contains(code), "{fault:?}: {}", text.stdout);
        for other in ["unreachable", "does not exist"] {
            assert!(!text.stdout.to_lowercase().contains(other), "{fault:?}: {}", text.stdout);
        }
        support::assert_no_canary(&(output.stdout + &text.stdout));
    });
}

#[test]
fn every_fault_leaves_overview_and_environment_a_report_too() {
    let faults = [
        Fault::Refuse,
        Fault::Hang,
        Fault::HangAfterTls,
        Fault::Reset,
        Fault::CutBody,
        Fault::WrongCertificate,
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(503),
        Fault::BadJson,
        Fault::NotKubernetes,
    ];
    side_by_side(&faults, |&fault| {
        let server = ApiServer::start(fault);
        support::healthy(&server);
        let world = World::with(&server);
        for command in ["explain", "env"] {
            let (output, text) = both(&world, &[command]);
            let report = Report::read(&output);
            assert!(!report.unobserved().is_empty(), "{fault:?} {command}: {report}");
            let kubernetes = report.codes().iter().any(|code| code.starts_with('K') || code.starts_with('V'));
            assert!(!kubernetes, "{fault:?} {command}: {report}");
            assert!(!text.stdout.trim().is_empty(), "{fault:?} {command}");
        }
    });
}

/// An answer without an end is cut off by its size or, on a slow machine, by the time.
#[test]
fn an_endless_answer_is_cut_off() {
    let server = ApiServer::start(Fault::Endless);
    let output = World::with(&server).run(&["explain", "svc/web", "-o", "json"]);
    in_time(&output);
    let report = Report::read(&output);
    assert!(matches!(report.root(), Some("C102" | "C106")), "{report}");
    claims_nothing(&report);
}

#[test]
fn http1_is_no_fault() {
    let lab = Lab::broken(Fault::NoHttp2, |_| ());
    let output = lab.run(&["explain", "svc/web", "-o", "json"]);
    in_time(&output);
    assert_eq!((Report::read(&output).verdict(), Report::read(&output).root()), ("reachable", None));
}

/// The engine knows what the API server cannot say any more.
#[test]
fn the_nodes_container_says_why_the_api_server_does_not_answer() {
    let stopped = |plan: &mut Plan| plan.node_is("exited");
    let paused = |plan: &mut Plan| plan.node_is("paused");
    let absent = |plan: &mut Plan| plan.containers.clear();
    type Change = fn(&mut Plan);
    let cases: [(&str, Fault, Change, &str, &str, &str); 8] = [
        ("exited", Fault::Refuse, stopped, "V301", "unreachable", "docker start dev-control-plane"),
        ("paused", Fault::Hang, paused, "V302", "unreachable", "docker unpause dev-control-plane"),
        ("paused, after TLS", Fault::HangAfterTls, paused, "V302", "unreachable", "docker unpause dev-control-plane"),
        ("gone", Fault::Refuse, absent, "V303", "unreachable", "kind create cluster --name dev"),
        ("running, refused", Fault::Refuse, |_| (), "V105", "undetermined", "docker restart dev-control-plane"),
        ("running, reset", Fault::Reset, |_| (), "K503", "undetermined", "docker restart dev-control-plane"),
        ("running, silent", Fault::Hang, |_| (), "K503", "undetermined", "docker restart dev-control-plane"),
        ("anew", Fault::WrongCertificate, |_| (), "C103", "undetermined", "kind export kubeconfig --name dev"),
    ];
    side_by_side(&cases, |&(name, fault, change, code, verdict, command)| {
        let lab = Lab::broken(fault, change);
        let (output, text) = both(&lab.world, &["explain", "svc/web"]);
        let report = Report::read(&output);
        assert_eq!((report.root(), report.verdict()), (Some(code), verdict), "{name}: {report}");
        assert!(report.commands(code).contains(&command.to_owned()), "{name}: {:?}", report.commands(code));
        assert_eq!(report.environment()["id"], "kind", "{name}");
        assert!(report.unobserved().iter().any(|(what, ..)| what == "services"), "{name}: {report}");
        let about_objects = |code: &&str| code.starts_with("K1") || code.starts_with("K2");
        assert!(!report.codes().iter().any(about_objects), "{name}: {report}");

        assert!(text.stdout.contains(command), "{name}: {}", text.stdout);
        assert!(text.stdout.contains(&format!("[{code}]")), "{name}: {}", text.stdout);
    });
}

/// Near-misses: a fault of rights or of the server says nothing about the node, whatever
/// state its container is in.
#[test]
fn an_api_server_that_answers_proves_that_its_node_runs() {
    let cases = [(Fault::Status(401), "C104"), (Fault::Status(403), "C105"), (Fault::Status(500), "C106")];
    side_by_side(&cases, |&(fault, code)| {
        let lab = Lab::broken(fault, |plan| plan.node_is("exited"));
        let report = lab.explain(&["svc/web"]);
        assert_eq!((report.root(), report.verdict()), (Some(code), "undetermined"), "{fault:?}: {report}");
    });
}

#[test]
fn a_stopped_cluster_is_started_with_all_its_nodes() {
    let lab = Lab::broken(Fault::Refuse, |plan| {
        plan.node().state("exited");
        let mut worker = support::Container::worker("dev");
        worker.state("exited");
        plan.containers.push(worker);
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.commands("V301"), ["docker start dev-control-plane dev-worker"]);
}

/// What the engine itself says about a stopped node is passed on.
#[test]
fn a_port_that_was_taken_is_quoted() {
    let error =
        "driver failed programming external connectivity: Bind for 0.0.0.0:8080 failed: port is already allocated";
    let lab = Lab::broken(Fault::Refuse, |plan| {
        plan.node().state("exited");
        plan.node().0["State"]["Error"] = json!(error);
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.finding("V301")["params"]["error"], error);
}

/// One resource that may not be read, or does not come, spoils no other; and what was not
/// seen is never missing.
#[test]
fn one_resource_that_cannot_be_read_is_unknown() {
    let slices = "endpointslices.discovery.k8s.io";
    let cases = [
        (SLICES, Fault::Status(403), slices, "kubectl auth can-i list endpointslices.discovery.k8s.io"),
        (SLICES, Fault::Hang, slices, "kubectl get endpointslices.discovery.k8s.io"),
        (SLICES, Fault::Status(500), slices, "kubectl get endpointslices.discovery.k8s.io"),
        (SLICES, Fault::BadJson, slices, "kubectl get endpointslices.discovery.k8s.io"),
        (SLICES, Fault::NotKubernetes, slices, "kubectl get endpointslices.discovery.k8s.io"),
        (PODS, Fault::Status(403), "pods", "kubectl auth can-i list pods"),
        (PODS, Fault::Hang, "pods", "kubectl get pods"),
        (PODS, Fault::Status(503), "pods", "kubectl get pods"),
    ];
    side_by_side(&cases, |&(path, fault, what, settle)| {
        let lab = Lab::healthy();
        lab.server.fault(path, fault);
        let output = lab.run(&["explain", "svc/web", "--no-probe", "-o", "json"]);
        in_time(&output);
        let report = Report::read(&output);
        claims_nothing(&report);
        assert_eq!(report.root(), None, "{path} {fault:?}: {report}");
        let unobserved = report.unobserved();
        let entry = unobserved.iter().find(|(named, ..)| named == what);
        let (.., commands) = entry.unwrap_or_else(|| panic!("{path} {fault:?}: {unobserved:?}"));
        assert_eq!(commands, &[settle], "{path} {fault:?}");

        // A probe settles it all the same: what answers is there.
        let probed = lab.explain(&["svc/web"]);
        assert_eq!(probed.verdict(), "reachable", "{path} {fault:?}: {probed}");
    });
}

/// Without the Nodes there is no providerID; the engine still knows the cluster.
#[test]
fn nodes_that_cannot_be_read_leave_the_environment_to_the_engine() {
    side_by_side(&[Fault::Status(403), Fault::Hang, Fault::BadJson], |&fault| {
        let lab = Lab::healthy();
        lab.server.fault(NODES, fault);
        let output = lab.run(&["explain", "svc/web", "-o", "json"]);
        in_time(&output);
        let report = Report::read(&output);
        assert_eq!(report.verdict(), "reachable", "{fault:?}: {report}");
        let environment = report.environment();
        assert_eq!((&environment["id"], &environment["certainty"]), (&json!("kind"), &json!("certain")), "{fault:?}");

        let output = lab.run(&["explain", "svc/web", "--no-probe", "-o", "json"]);
        in_time(&output);
        claims_nothing(&Report::read(&output));

        let output = lab.run(&["env", "-o", "json"]);
        let unobserved = Report::read(&output).unobserved();
        assert!(unobserved.iter().any(|(what, ..)| what == "nodes"), "{fault:?}: {unobserved:?}");
    });
}

/// A 404 means "not there" only in the API server's own words.
#[test]
fn somebody_elses_404_is_not_missing() {
    for body in ["404 page not found\n", "<html>not here</html>", "{\"kind\":\"Pet\",\"reason\":\"NotFound\"}", ""] {
        let lab = Lab::healthy();
        lab.server.raw(SERVICE, 404, "text/plain", body);
        let report = lab.explain(&["svc/web"]);
        claims_nothing(&report);
        assert_eq!(report.root(), Some("C106"), "{body}: {report}");
    }
    let lab = Lab::healthy();
    let report = lab.explain(&["svc/none"]);
    assert_eq!((report.verdict(), report.root()), ("unreachable", Some("K101")));
}

/// A list that stops half-way through its pages is not a list.
#[test]
fn a_page_that_cannot_be_read_makes_the_list_unknown() {
    let lab = Lab::healthy();
    let slice = support::Cluster::healthy().slice;
    let slices = (0..600).map(|index| {
        let mut slice = slice.clone();
        slice["metadata"]["name"] = json!(format!("web-{index}"));
        slice["endpoints"] = json!([]);
        slice
    });
    lab.server.list(SLICES, "EndpointSliceList", slices);
    let query = "limit=500&labelSelector=kubernetes.io%2Fservice-name%3Dweb&continue=";
    lab.server.fault(&format!("{SLICES}?{query}"), Fault::Status(500));
    let report = lab.explain(&["svc/web", "--no-probe"]);
    claims_nothing(&report);
    assert!(report.unobserved().iter().any(|(what, ..)| what.contains("endpointslices")), "{report}");
}

/// `--timeout` is the limit of the whole run; what is still open then is unknown.
#[test]
fn the_time_limit_of_the_run_is_kept() {
    for flag in ["--timeout=1s", "--timeout=1000ms", "--request-timeout=1"] {
        let server = ApiServer::start(Fault::HangAfterTls);
        let world = World::with(&server);
        let output = world.run(&["explain", "svc/web", "-o", "json", flag]);
        assert!(output.elapsed < Duration::from_millis(2500), "{flag}: {:?}", output.elapsed);
        let report = Report::read(&output);
        claims_nothing(&report);
        assert_eq!(report.root(), Some("C102"), "{flag}: {report}");
    }
}

/// The labels are blamed last, and only when it is known that no workload explains it:
/// what could not be read is named instead.
#[test]
fn a_workload_that_cannot_be_read_is_named() {
    for fault in [Fault::Status(403), Fault::Status(500), Fault::Hang] {
        let lab = Lab::with(|plan| {
            plan.cluster.service["spec"]["selector"] = json!({ "app": "wbe" });
            plan.cluster.slice["endpoints"] = json!([]);
        });
        lab.server.fault("/apis/apps/v1/namespaces/web/deployments", fault);
        let report = lab.explain(&["svc/web", "--no-probe"]);
        assert!(!report.codes().contains(&"K202") && !report.codes().contains(&"K201"), "{fault:?}: {report}");
        assert_eq!(report.verdict(), "undetermined", "{fault:?}: {report}");
        let unobserved = report.unobserved();
        assert!(unobserved.iter().any(|(what, ..)| what.starts_with("deployments")), "{fault:?}: {report}");
    }
}
