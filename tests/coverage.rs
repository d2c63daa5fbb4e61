//! The page that says what is covered covers everything, and says nothing that is not so.

#![allow(clippy::disallowed_methods, reason = "reads the pages and the sources")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use netpath::diagnose::registry::{REGISTRY, find};

/// Every row of the list, in its order: what is not answered is said to be so.
const ROWS: &[&str] = &[
    // 2.1 Reaching the API
    "no-current-context",
    "context-missing",
    "context-dangling",
    "wrong-context",
    "apiserver-refused",
    "apiserver-timeout",
    "apiserver-cert-mismatch",
    "client-cert-expired",
    "unauthorized",
    "forbidden",
    "exec-plugin-missing",
    "proxy-env-intercepts",
    // 2.2 The target
    "namespace-missing",
    "service-missing",
    "service-terminating",
    "service-port-missing",
    "service-no-selector",
    "service-externalname",
    "service-headless",
    // 2.3 Selector and endpoints
    "selector-matches-no-pods",
    "workload-scaled-to-zero",
    "workload-cannot-create-pods",
    "selector-wrong-namespace",
    "endpointslice-controller-lag",
    "endpoint-missing-for-pod",
    "ip-family-mismatch",
    "endpoints-none-ready",
    "endpoints-partially-ready",
    "publish-not-ready",
    "selector-overmatches",
    // 2.4 Ports, protocol, listener
    "named-target-port-unresolved",
    "named-target-port-partial",
    "target-port-undeclared",
    "target-port-not-listening",
    "listener-loopback-only",
    "listener-pod-ip-only",
    "listener-ipv6-only",
    "protocol-mismatch",
    "udp-or-sctp-port",
    "app-protocol-tls",
    // 2.5 Node and data plane
    "node-not-ready",
    "cni-missing",
    "kube-proxy-absent",
    "kube-proxy-not-ready",
    "nodeport-addresses-restrict",
    "nodeport-not-on-loopback",
    "external-policy-local-no-endpoint",
    "internal-policy-local-no-endpoint",
    "session-affinity-pins",
    "topology-hints-exclude",
    // 2.6 NetworkPolicy
    "netpol-blocks-ingress",
    "netpol-not-enforced",
    "netpol-admits-node-only",
    // 2.7 NodePort, LoadBalancer, externalIPs
    "service-type-clusterip",
    "nodeport-not-allocated",
    "nodeport-out-of-range",
    "loadbalancer-pending",
    "loadbalancer-class-unserved",
    "loadbalancer-port-error",
    "loadbalancer-address-unreachable",
    "loadbalancer-stale-status",
    "lb-source-ranges-block",
    "external-ips-used",
    "hostport-used",
    "hostport-conflict",
    // 2.8 Ingress
    "ingress-no-controller",
    "ingress-class-missing",
    "ingress-no-class",
    "ingress-class-controller-down",
    "ingress-backend-service-missing",
    "ingress-backend-port-missing",
    "ingress-host-required",
    "ingress-host-unresolvable",
    "ingress-path-no-match",
    "ingress-tls-secret-missing",
    "ingress-tls-secret-type",
    "ingress-entry-unmapped",
    "ingress-nginx-retired",
    // 2.9 Gateway API
    "gateway-crds-missing",
    "gatewayclass-missing",
    "gatewayclass-not-accepted",
    "gateway-not-accepted",
    "gateway-not-programmed",
    "listener-invalid",
    "route-not-attached",
    "route-refs-unresolved",
    "gateway-stale-status",
    "gateway-attached-routes",
    // 2.10 DNS
    "cluster-dns-not-ready",
    "cluster-name-on-host",
    // 3 Why a Pod is not ready
    "3.1",
    "3.2",
    "3.3",
    "3.4",
    "3.5",
    "3.6",
    "3.7",
    "3.8",
    "3.9",
    "3.10",
    "3.11",
    "3.12",
    "3.13",
    "3.14",
    // 4.2 What a proxy answers
    "4.2.1",
    "4.2.2",
    "4.2.3",
    "4.2.4",
    "4.2.5",
    "4.2.6",
    "4.2.7",
    "4.2.8",
    "4.2.9",
    "4.2.10",
    "4.2.11",
    "4.2.12",
    "4.2.13",
    // 4.3 What a port-forward stream answers
    "4.3.1",
    "4.3.2",
    "4.3.3",
    "4.3.4",
    "4.3.5",
    "4.3.6",
    "4.3.7",
    "4.3.8",
    // 4.4 The truth table
    "T1",
    "T2",
    "T3",
    "T4",
    "T5",
    "T6",
    "T7",
    "T8",
    "T9",
    "T10",
    "T11",
    "T12",
    "T13",
    "T14",
    "T15",
    "T16",
    "T17",
    "T18",
    // 1 Semantics
    "S1",
    "S2",
    "S3",
    "S4",
    "S5",
    "S6",
    "S7",
    "S8",
    "S9",
    "S10",
    "S11",
    "S12",
    "S13",
    "S14",
    "S15",
    "S16",
    "S17",
    // 9 The ordered procedure
    "9.1",
    "9.2",
    "9.3",
    "9.4",
    "9.5",
    "9.6",
    "9.7",
    "9.8",
    "9.9",
    "9.10",
    "9.11",
    "9.12",
    // 9 Must-have tests
    "M1",
    "M2",
    "M3",
    "M4",
    "M5",
    "M6",
    "M7",
    "M8",
    "M9",
    "M10",
    "M11",
    "M12",
    "M13",
    "M14",
    "M15",
    "M16",
    "M17",
    "M18",
    "M19",
    "M20",
    "M21",
    "M22",
    "M23",
    "M24",
    "M25",
    "M26",
    "M27",
    "M28",
    "M29",
    "M30",
];

/// The same for minikube: rules, conditions, drivers and traps.
const MINIKUBE: &[&str] = &[
    // Who it is
    "mk I1",
    "mk I2",
    "mk I3",
    "mk I4",
    "mk I5",
    // Which mode
    "mk M1",
    "mk M2",
    "mk M3",
    "mk M4",
    "mk M5",
    "mk M6",
    // The six steps of NeedsPortForward
    "mk step 1",
    "mk step 2",
    "mk step 3",
    "mk step 4",
    "mk step 5",
    "mk step 6",
    // The truth table of hosts and drivers
    "mk linux docker",
    "mk linux rootless",
    "mk linux desktop",
    "mk linux other vm",
    "mk linux vm",
    "mk linux qemu",
    "mk linux none",
    "mk any ssh",
    "mk macos docker",
    "mk macos vm",
    "mk macos qemu",
    "mk windows docker",
    "mk windows vm",
    "mk wsl docker",
    "mk any engine",
    // The thirteen drivers
    "mk docker",
    "mk podman",
    "mk none",
    "mk ssh",
    "mk kvm2",
    "mk qemu2",
    "mk virtualbox",
    "mk hyperkit",
    "mk vmware",
    "mk hyperv",
    "mk parallels",
    "mk vfkit",
    "mk krunkit",
    // Roads into the node
    "mk R1",
    "mk R2",
    "mk R3",
    "mk R4",
    "mk R5",
    "mk R6",
    "mk R7",
    "mk R8",
    "mk R9",
    "mk R10",
    "mk R11",
    "mk R12",
    "mk R13",
    "mk R14",
    "mk R15",
    "mk R16",
    // What stands still
    "mk paused",
    // Traps
    "mk trap 1",
    "mk trap 2",
    "mk trap 3",
    "mk trap 4",
    "mk trap 5",
    "mk trap 6",
    "mk trap 7",
    "mk trap 8",
    "mk trap 9",
    "mk trap 10",
    "mk trap 11",
    "mk trap 12",
    "mk trap 13",
    "mk trap 14",
];

/// The rules of the list about kind and its relatives, in its order, then what was seen
/// beside it.
const KIND: &[&str] = &[
    // Detection
    "kd D1",
    "kd D2",
    "kd D4",
    "kd D5",
    "kd D6",
    "kd HA",
    // Published ports
    "kd N1",
    "kd N2",
    "kd N3",
    "kd N4",
    "kd N5",
    "kd N6",
    "kd N7",
    "kd N8",
    "kd N9",
    "kd N10",
    // Ingress
    "kd H1",
    "kd H2",
    "kd H3",
    "kd H4",
    "kd H5",
    // Load balancers
    "kd L1",
    "kd L2",
    "kd L3",
    "kd L4",
    "kd L5",
    "kd L6",
    "kd lb stopped",
    "kd lb moved",
    // Engines
    "kd podman",
    "kd nerdctl",
    "kd detached",
    "kd engine silent",
    "kd forwarder",
    // k3d
    "kd D3",
    "kd K1",
    "kd K1 ServiceLB",
    "kd K1 Traefik",
    "kd K2",
    "kd K3",
    "kd K4",
    "kd K5",
    "kd K6",
    "kd K7",
    // On this computer
    "kd k3s",
    "kd MicroK8s",
    "kd k0s",
    "kd kubeadm",
    "kd own address",
    "kd not needed",
    "kd own down",
    "kd own node port",
    "kd own balancer",
    "kd own Ingress",
    "kd MicroK8s Ingress",
];

/// Rows about products that keep a VM: `dd` is Docker Desktop, `lc` the list of Lima and the others.
const VMS: &[&str] = &[
    "dd D1",
    "dd D2",
    "dd D3",
    "dd D4",
    "dd D5",
    "dd D6",
    "dd D7",
    "dd stopped",
    "lc R3",
    "lc R12 OrbStack",
    "lc R15 OrbStack",
    "lc R30",
    "lc R31",
    "lc R26 others",
    "lc R31 Windows",
    "lc R32",
    "lc R32 balancer",
    "lc orbstack off",
    "lc R1",
    "lc R2",
    "lc R4",
    "lc R5",
    "lc R6",
    "lc R7",
    "lc R8",
    "lc R9",
    "lc R10",
    "lc R11",
    "lc R12",
    "lc R13",
    "lc R14",
    "lc R15",
    "lc R16",
    "lc R17",
    "lc R18",
    "lc R19",
    "lc R20",
    "lc R21",
    "lc R22",
    "lc R23",
    "lc R24",
    "lc R25",
    "lc R26",
    "lc R27",
    "lc R28",
    "lc R29",
    "lc R33",
    "lc T Lima k3s",
    "lc T Lima k8s",
    "lc T Lima k0s",
    "lc T kind in Lima",
    "lc T minikube in Lima",
    "lc T colima k3s",
    "lc T colima docker",
    "lc T RD macOS",
    "lc T RD Linux",
    // WSL2 and the browser on Windows
    "ws W1",
    "ws W2",
    "ws W3",
    "ws W4",
    "ws W5",
    "ws W6",
    "ws W7",
    "ws W8",
    "ws W9",
    "ws W10",
    "ws W11",
    "ws W12",
    "ws W13",
    "ws W14",
    "ws W15",
    "ws W16",
    "ws W17",
    "ws W18",
    "ws M1",
    "ws M2",
    "ws M3",
    "ws M4",
    "ws M5",
    "ws H1",
    "ws H2",
    "ws K1",
    "ws K2",
    "ws C1",
    "ws C2",
    "ws C3",
    "ws C4",
    "ws Z1",
    "ws side",
    "ws viewer",
    "ws Windows",
    "ws T k3s node port",
    "ws T k3s balancer",
    "ws T cluster address",
    "ws T minikube",
    "ws T kind published",
    "ws T kind node",
    "ws T cloud-provider-kind",
    "ws T port-forward",
    "ws T desktop",
    "ws T LAN",
    // Other products on Windows
    "rd R1",
    "rd R2",
    "rd R3",
    "pm P1",
    "pm T podman",
];

/// A reason has at least so many words.
const REASON: usize = 4;
const PROOFS: [&str; 4] = ["live", "recorded", "composed", "unit"];
/// How sure a rule about a tool is, from the surest down.
const SURE: [&str; 5] = ["seen", "verified", "documented", "reported", "inferred"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One line of the page.
struct Line {
    row: String,
    what: String,
    place: String,
    proof: String,
    /// How sure the rule is: only where it stands in a list about somebody else's program.
    sure: Option<String>,
}

fn page() -> Vec<Line> {
    let path = root().join("docs/coverage.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row "));
    lines
        .map(|line| {
            let mut cells = cells(line);
            let sure = (cells.len() == 5).then(|| cells.remove(4));
            match <[String; 4]>::try_from(cells) {
                Ok([row, what, place, proof]) => Line { row, what, place, proof, sure },
                Err(cells) => panic!("{} cells: {line}", cells.len()),
            }
        })
        .collect()
}

/// The texts between a pair of marks.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(inner, _)| inner))
}

fn codes(place: &str) -> BTreeSet<&str> {
    between(place, "[", "]").collect()
}

#[test]
fn every_row_stands_on_the_page_once_and_in_order() {
    let rows: Vec<String> = page().into_iter().map(|line| line.row).collect();
    let wanted: Vec<&str> = ROWS.iter().chain(MINIKUBE).chain(KIND).chain(VMS).copied().collect();
    assert_eq!(rows, wanted);
    let once: BTreeSet<&str> = wanted.iter().copied().collect();
    assert_eq!(once.len(), wanted.len(), "a row twice");
}

/// A rule about somebody else's program is only as good as where it comes from.
#[test]
fn every_row_about_a_tool_says_how_sure_it_is() {
    for Line { row, sure, .. } in page() {
        assert_eq!(
            sure.is_some(),
            MINIKUBE.iter().chain(KIND).chain(VMS).any(|own| *own == row),
            "{row}: how sure is {sure:?}"
        );
        let Some(sure) = sure else { continue };
        let known: Option<Vec<usize>> =
            sure.split(", ").map(|word| SURE.iter().position(|known| *known == word)).collect();
        let falling = known.is_some_and(|known| known.is_sorted_by(|one, next| one < next));
        assert!(falling, "{row}: {sure} is not some of {SURE:?}, in that order");
    }
}

#[test]
fn every_code_is_in_the_registry_and_linked_to_its_page() {
    for Line { row, place, .. } in page() {
        for code in codes(&place) {
            assert!(find(code).is_some_and(|entry| entry.code.as_str() == code), "{row}: no such code {code}");
            assert!(place.contains(&format!("[{code}](explain/{code}.md)")), "{row}: {code} without its page");
        }
    }
}

#[test]
fn every_code_is_named() {
    let page = page();
    let named: BTreeSet<&str> = page.iter().flat_map(|line| codes(&line.place)).collect();
    let all = REGISTRY.iter().map(|entry| entry.code.as_str());
    let unnamed: Vec<_> = all.filter(|code| !named.contains(code)).collect();
    assert!(unnamed.is_empty(), "no row names {unnamed:?}");
}

/// A slug of the list is the slug of the finding, wherever there is one of that name.
#[test]
fn a_row_with_the_slug_of_a_finding_names_its_code() {
    for Line { row, place, .. } in page() {
        if let Some(entry) = REGISTRY.iter().find(|entry| entry.slug == row) {
            assert!(codes(&place).contains(entry.code.as_str()), "{row} does not name {}", entry.code);
        }
    }
}

#[test]
fn every_source_exists() {
    for Line { row, place, .. } in page() {
        let files: Vec<&str> = place.split('`').skip(1).step_by(2).collect();
        assert_eq!(files.is_empty(), !place.contains("behaviour ") && !place.contains("evidence "), "{row}: {place}");
        for file in files {
            assert!(file.starts_with("src/") && root().join(file).is_file(), "{row}: no file {file}");
        }
    }
}

#[test]
fn every_row_is_answered_and_proven_or_says_why_not() {
    for Line { row, what, place, proof, .. } in page() {
        let words = what.split_whitespace().count();
        assert!((3..=8).contains(&words), "{row}: {words} words");
        if let Some(reason) = place.strip_prefix("no: ") {
            assert!(reason.split_whitespace().count() >= REASON, "{row}: no reason in {reason}");
            assert_eq!(proof, "-", "{row}");
            continue;
        }
        let answered = !codes(&place).is_empty() || place.starts_with("evidence `") || place.starts_with("behaviour `");
        assert!(answered, "{row}: neither a code nor a file: {place}");
        let known = !proof.is_empty() && proof.split(", ").all(|kind| PROOFS.contains(&kind));
        assert!(known, "{row}: proof {proof}");
    }
}

/// Every text below a folder of the tests.
fn texts(folder: &Path, such: &dyn Fn(&Path) -> bool) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder that can be listed").path();
        if !such(&path) {
            continue;
        }
        if path.is_dir() {
            all += &texts(&path, such);
        } else {
            all += &String::from_utf8_lossy(&fs::read(&path).expect("a file that can be read"));
        }
    }
    all
}

/// A kind of proof is claimed for a row of codes only if it mentions one of them.
#[test]
fn a_proof_that_is_claimed_is_there() {
    let tests = root().join("tests");
    let elsewhere = ["live", "live_minikube", "scenarios", "coverage.rs", "registry.rs"].map(|name| tests.join(name));
    let live = texts(&tests.join("live"), &|_| true) + &texts(&tests.join("live_minikube"), &|_| true);
    let recorded = texts(&tests.join("scenarios"), &|_| true);
    let composed = texts(&tests, &|path| !elsewhere.iter().any(|other| other == path));
    for Line { row, place, proof, sure, .. } in page() {
        let codes = codes(&place);
        // A file beside the codes may be what is proven; about a tool the codes are, too.
        if codes.is_empty() || place.contains('`') && sure.is_none() {
            continue;
        }
        for (kind, text) in [("live", &live), ("recorded", &recorded), ("composed", &composed)] {
            let shown = codes.iter().any(|code| text.contains(code));
            // A row may be narrower than its codes.
            let claimed = proof.split(", ").any(|claimed| claimed == kind);
            assert!(shown || !claimed, "{row}: {kind}, and no such test mentions {codes:?}");
        }
    }
}
