//! A cluster of hundreds of Services: what an overview of it costs, that one target costs
//! what it costs in a small one, and what is said when a list breaks off in the middle.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests look at the world, and say what they skip")]

mod support;

use std::path::Path;
use std::time::Duration;

use support::{Big, Fault, Lab, Like, Report, have, on_path};

const SERVICES: &str = "/api/v1/services";
const SLICES: &str = "/apis/discovery.k8s.io/v1/endpointslices";
const PODS: &str = "/api/v1/pods";

/// Enough for several pages of everything, and little enough for a build that is not
/// optimised: 1,200 Services, 2,400 Pods.
const BIG: Big = Big { services: 1200, pods: 2, nodes: 20, namespaces: 12, managed: false };

fn lab(big: Big) -> Lab {
    let mut lab = Lab::healthy();
    lab.world.limit(Duration::from_secs(120));
    big.serve(&lab.server);
    lab
}

/// The overview of all namespaces.
fn overview(lab: &Lab) -> Report {
    Report::read(&lab.run(&["explain", "-A", "-o", "json", "--timeout", "60s"]))
}

/// How many pages of a list were read.
fn pages(lab: &Lab, list: &str) -> usize {
    lab.server.count(|path| path.starts_with(&format!("{list}?")))
}

/// How many items have this verdict and root.
fn items(report: &Report, verdict: &str, root: Option<&str>) -> usize {
    let items = report.0["items"].as_array().expect("items");
    items.iter().filter(|item| item["verdict"] == verdict && item["root"].as_str() == root).count()
}

#[test]
fn an_overview_reads_each_list_once_page_by_page() {
    let lab = lab(BIG);
    let report = overview(&lab);
    let paths = lab.server.paths();
    // 1,201 Services, as many slices, 2,401 Pods, 500 to a page.
    assert_eq!((pages(&lab, SERVICES), pages(&lab, SLICES), pages(&lab, PODS)), (3, 3, 5), "{paths:#?}");
    assert!(paths.iter().all(|path| !path.contains('?') || path.contains("limit=500")), "{paths:#?}");
    let mut once = paths.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), paths.len(), "the same was read twice: {paths:#?}");
    // Beside them Nodes, Ingresses and routes; nothing per namespace, nothing per Service.
    assert_eq!(paths.len(), 14, "{paths:#?}");
    assert_eq!((lab.server.tcp(), lab.server.tls()), (1, 1));
    assert_eq!(report.0["items"].as_array().map(Vec::len), Some(BIG.services + 1));
    assert_eq!(items(&report, "unreachable", Some("K104")), BIG.count(Like::Internal), "{report}");
    assert_eq!(items(&report, "reachable", None), 1, "the one that is published");
    let broken = |like| BIG.count(like);
    let rest = report.0["items"].as_array().expect("items").len() - BIG.count(Like::Internal) - 1;
    assert_eq!(rest, broken(Like::Nothing) + broken(Like::NotReady) + broken(Like::NodePort));
    assert!(report.unobserved().is_empty(), "{report}");
}

/// Objects of other Services are neither counted nor mixed in: each item of the big cluster
/// says what the rules say of it alone.
#[test]
fn a_line_of_the_overview_says_what_its_own_report_says() {
    let lab = lab(Big { services: 50, pods: 3, nodes: 4, namespaces: 1, ..BIG });
    let whole = overview(&lab);
    let item = |name: &str| {
        let all = whole.0["items"].as_array().expect("items");
        all.iter().find(|item| item["target"]["name"] == name).cloned().expect("an item")
    };
    for (name, root) in [("svc-0000", "K104"), ("svc-0013", "K2"), ("svc-0021", "V101")] {
        let found = item(name)["root"].as_str().unwrap_or_default().to_owned();
        assert!(found.starts_with(root), "{name}: {} {:?}", item(name), whole.unobserved());
    }
    assert_eq!(item("web")["verdict"], "reachable");
}

#[test]
fn one_target_costs_what_it_costs_in_a_small_cluster() {
    let cost = |lab: &Lab| {
        let report = lab.explain(&["svc/web"]);
        assert_eq!(report.verdict(), "reachable", "{report}");
        let mut paths = lab.server.paths();
        paths.sort();
        (paths, lab.server.body_bytes())
    };
    let small = cost(&lab(Big { services: 0, nodes: 0, namespaces: 1, ..BIG }));
    let big = cost(&lab(Big { nodes: 0, ..BIG }));
    assert_eq!(small, big);
    // The list of Nodes is the one that grows, by a page of 500 at a time.
    let (paths, _) = cost(&lab(Big { nodes: 600, ..BIG }));
    assert_eq!(paths.len(), small.0.len() + 1, "{paths:#?}");
}

/// What was read is shown, what was not is said, and nobody is told that something is
/// missing because it was on the page that did not come.
#[test]
fn a_list_that_breaks_off_is_no_proof_of_absence() {
    let faults = [Fault::Status(410), Fault::Status(429), Fault::Status(500), Fault::CutBody, Fault::BadJson];
    for fault in faults {
        std::thread::scope(|scope| {
            for list in [SERVICES, SLICES, PODS] {
                scope.spawn(move || breaks_off(list, fault));
            }
        });
    }
}

fn breaks_off(list: &str, fault: Fault) {
    let big = Big { services: 520, pods: 1, nodes: 2, namespaces: 2, ..BIG };
    let lab = lab(big);
    lab.server.fault(&format!("{list}?limit=500&continue="), fault);
    let report = overview(&lab);
    let plural = list.rsplit('/').next().expect("a name");
    let unobserved = report.unobserved();
    let said = unobserved.iter().find(|(what, ..)| what.split('.').next() == Some(plural));
    let (_, why, settle) = said.unwrap_or_else(|| panic!("{list} {fault:?}: {unobserved:?}"));
    assert!(settle.iter().all(|command| command.ends_with(" -A")), "{settle:?}");
    assert!(why.starts_with("only the first 500 could be read, then "), "{list} {fault:?}: {why}");
    let shown = report.0["items"].as_array().map_or(0, Vec::len);
    let claims = |code: &str| {
        let items = report.0["items"].as_array().expect("items");
        items.iter().filter(|item| item["root"].as_str().is_some_and(|root| root.starts_with(code))).count()
    };
    if fault == Fault::CutBody {
        // It takes the other lists on the same connection along, as far as they have come.
        assert!(claims("K2") <= big.count(Like::NotReady), "{list}: {report}");
        assert_eq!(claims("K20"), 0, "{list}: {report}");
    } else if list == SERVICES {
        assert_eq!(shown, 500, "{list} {fault:?}");
        assert!(claims("K2") > 0, "what was read is judged");
    } else {
        assert_eq!(shown, big.services + 1, "{list} {fault:?}");
        // That Pods are not ready they say themselves; whether there are endpoints only slices
        // do, and whether a selector matches only Pods.
        let told = if list == SLICES { big.count(Like::NotReady) } else { 0 };
        let claimed = if list == SLICES { claims("K2") } else { claims("K20") };
        assert_eq!(claimed, told, "{list} {fault:?}: {report}");
    }
}

/// As does that of a small one: what netpath writes, it reads.
#[test]
fn a_recording_of_a_big_cluster_replays() {
    let lab = lab(BIG);
    let path = lab.world.home().join("run.yaml");
    let path = path.to_str().expect("a path");
    let recorded = Report::read(&lab.run(&["explain", "-A", "-o", "json", "--timeout", "60s", "--record", path])).0;
    let length = std::fs::metadata(path).expect("a recording").len();
    assert!(length > 3_300_000, "{length} bytes: nothing is tried");
    let output = lab.run(&["explain", "-o", "json", "--replay", path]);
    // Not compared with assert_eq, which would print both.
    assert!(Report::read(&output).0 == recorded);
}

/// The bound is generous: 4,800 Pods are 28 MB on the way. GNU time reads it of the kernel.
#[test]
fn memory_does_not_grow_with_what_is_sent() {
    if !have(&["time"]) {
        return;
    }
    let peak = |big: Big| {
        let lab = lab(big);
        let time = on_path("time").expect("time");
        let program = env!("CARGO_BIN_EXE_kubectl-netpath");
        let arguments = ["-f", "%M", program, "explain", "-A", "--timeout", "60s"];
        let output = lab.world.run_program(Path::new(&time), &arguments);
        assert_eq!(output.code, 0, "{output:?}");
        let sent = lab.server.body_bytes() as usize / 1024;
        let peak: usize = output.stderr.trim().lines().last().and_then(|line| line.parse().ok()).expect("KiB");
        println!("{sent} KiB sent, {peak} KiB at most");
        (sent, peak)
    };
    let (few, many) = (peak(Big { services: 100, ..BIG }), peak(Big { pods: 4, managed: true, ..BIG }));
    assert!(many.0 > few.0 + 25_000, "{few:?} {many:?}");
    assert!(many.1 < few.1 + (many.0 - few.0) / 3, "{few:?} {many:?}");
}

/// Each port that is not published would name them all.
#[test]
fn of_many_published_ports_the_first_are_named() {
    let lab = Lab::with(|plan| {
        plan.unpublish();
        for port in 0..30 {
            plan.node().publish(&format!("{}/tcp", 31_000 + port), "127.0.0.1", 20_000 + port);
        }
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.finding("V101")["params"]["published"].as_array().map(Vec::len), Some(20), "{report}");
    assert!(report.to_string().contains("20019->31019, 10 more"), "{report}");
}
