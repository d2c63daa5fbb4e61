//! The rules about the wall itself.

use netpath::report::{Fact, RoadId, Verdict};
use netpath::request::Viewer;

use super::truth::desktop as docker_desktop;
use super::{ANSWER, FORWARD, OWN, SHUTDOWN, WHO, k3s, published, windows};
use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, shut, unsure};

fn root(machine: &Machine) -> (Verdict, Option<String>) {
    let said = report(&machine.explain()).clone();
    (said.verdict, said.root().map(|found| found.finding.code().as_str().to_owned()))
}

/// W10: it answers in the distribution, and Windows refuses.
#[test]
fn w10_windows_refuses_what_answers_inside() {
    shut("w10", &published("nat"), "V133", &[WHO, SHUTDOWN]);
    // Accepted and silent, or closed: more than one thing does that.
    for (code, out) in [(28, "000 0.001 3.0"), (52, "000 0.001 0.01"), (28, "000 0.0 3.0")] {
        let machine = windows(published("nat"), "127.0.0.1:30080", (code, out));
        assert_eq!(root(&machine), (Verdict::Undetermined, Some("V133".into())), "{code}");
    }
}

/// W11: both sides answer, and not the same.
#[test]
fn w11_another_program_of_windows() {
    let machine = windows(published("nat"), "127.0.0.1:30080", (0, "404 0.001 0.012"));
    unsure("w11", &machine, Some("V138"), &[WHO]);
}

/// W1: `.wslconfig` asks for another mode than WSL is in.
#[test]
fn w1_what_wsl_says_counts() {
    let mut machine = windows(published("nat"), "127.0.0.1:30080", ANSWER);
    machine.wsl_settings = Some("[wsl2]\nnetworkingMode=mirrored\n");
    let said = reachable("w1", &machine, "http://127.0.0.1:30080/");
    let facts = said.ports[0].roads[0].hops.iter().flat_map(|hop| &hop.evidence);
    assert!(facts.clone().any(|seen| matches!(seen.fact, Fact::WslModeDiffers { .. })));
    // Near-miss: it asks for the mode that it is in.
    machine.wsl_settings = Some("[wsl2]\nnetworkingMode=NAT\n");
    let said = report(&machine.explain()).clone();
    let mut facts = said.ports[0].roads[0].hops.iter().flat_map(|hop| &hop.evidence);
    assert!(!facts.any(|seen| matches!(seen.fact, Fact::WslModeDiffers { .. })));
}

/// W2: no wslinfo. nat, unless the interface of the newer modes is there.
#[test]
fn w2_without_wslinfo() {
    let mut machine = k3s("nat");
    machine.wsl_mode = None;
    // The way by the distribution's own address is nat's.
    let second = |machine: &Machine| {
        let said = report(&machine.explain()).clone();
        said.ports[0].roads.iter().any(|road| road.id == RoadId::WslAddress)
    };
    assert_eq!((root(&machine), second(&machine)), ((Verdict::Unreachable, Some("V130".into())), true));
    machine.wsl.as_mut().expect("a distribution").loopback = true;
    assert_eq!((root(&machine), second(&machine)), ((Verdict::Undetermined, Some("V130".into())), false));
    // A mode that nobody knows is no mode.
    for name in ["consomme2", "", "wsl1"] {
        let mut machine = k3s("nat");
        machine.wsl_mode = Some(name);
        assert_eq!(root(&machine), (Verdict::Undetermined, Some("V130".into())), "{name}");
    }
}

/// W3: no network at all, for everybody outside.
#[test]
fn w3_without_a_network() {
    shut("w3", &published("none"), "V131", &[SHUTDOWN]);
    let mut machine = published("none");
    (machine.viewer, machine.viewer_unsaid) = (Viewer::Lan, false);
    assert_eq!(root(&machine).1.as_deref(), Some("V131"));
    machine.viewer = Viewer::Here;
    assert_eq!(root(&machine), (Verdict::Reachable, None));
}

/// W4: forwarding is off, by the file. The file is not the truth: Windows is.
#[test]
fn w4_forwarding_is_off() {
    let mut machine = published("nat");
    machine.wsl_settings = Some("[wsl2]\nlocalhostForwarding=false\n");
    shut("w4", &machine, "V132", &[SHUTDOWN]);
    let mut unasked = machine.clone();
    unasked.windows = None;
    unsure("w4-not-asked", &unasked, Some("V132"), &[SHUTDOWN]);
    // Near-misses: it was changed without a restart; and mirrored mode ignores it.
    assert_eq!(root(&windows(machine.clone(), "127.0.0.1:30080", ANSWER)), (Verdict::Reachable, None));
    machine.wsl_mode = Some("mirrored");
    assert_eq!(root(&machine).1.as_deref(), Some("V133"));
}

/// W7: one listener of IPv6 for all addresses is at [::1] of Windows, and not at 127.0.0.1.
#[test]
fn w7_a_listener_of_ipv6_alone() {
    let mut machine = windows(published("nat"), "[::1]:30080", ANSWER);
    machine.sockets = vec!["[::]:30080"];
    reachable("w7", &machine, "http://[::1]:30080/");
    // Near-miss: mirrored mode shares IPv4 of loopback, and nothing else.
    let mut machine = windows(published("mirrored"), "127.0.0.1:30080", ANSWER);
    machine.sockets = vec!["[::]:30080"];
    assert_eq!(root(&machine), (Verdict::Reachable, None));
}

/// W8 and W14: listeners at one address.
#[test]
fn w8_and_w14_a_listener_at_one_address() {
    let at = |mode, at| {
        let mut machine = published(mode);
        machine.sockets = vec![at];
        machine
    };
    shut("w8", &at("nat", "172.18.0.1:30080"), "V134", &[FORWARD]);
    shut("w14", &at("mirrored", "[::1]:30080"), "V134", &[FORWARD]);
    unsure("w8-mirrored", &at("mirrored", "172.18.0.1:30080"), Some("V134"), &[FORWARD]);
    // Near-miss: [::1] is brought out in nat mode.
    assert_eq!(root(&windows(at("nat", "[::1]:30080"), "[::1]:30080", ANSWER)), (Verdict::Reachable, None));
}

/// W18: UDP.
#[test]
fn w18_udp_stays_inside() {
    let udp = |mode| {
        let mut machine = k3s(mode);
        machine.port(|port| port["protocol"] = serde_json::json!("UDP"));
        machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
            slices["items"][0]["ports"][0]["protocol"] = serde_json::json!("UDP");
        });
        machine
    };
    // No browser and no probe speaks it, and the distribution's own address may lead there.
    unsure("w18", &udp("nat"), Some("V137"), &["", SHUTDOWN]);
    assert_eq!(root(&udp("mirrored")).1, None);
}

/// What is no distribution of WSL2 keeps the browser here: a container of one, WSL 1, and
/// Windows itself.
#[test]
fn only_a_distribution_looks_from_windows() {
    let viewer = |change: fn(&mut Machine)| {
        let mut machine = published("nat");
        change(&mut machine);
        report(&machine.explain()).viewer
    };
    assert_eq!(viewer(|_| ()), Viewer::Windows);
    assert_eq!(
        viewer(|machine| {
            let traces = machine.wsl.as_mut().expect("traces");
            (traces.run, traces.container) = (false, true);
        }),
        Viewer::Here
    );
    assert_eq!(
        viewer(|machine| machine.wsl.as_mut().expect("traces").kernel = "4.4.0-19041-Microsoft".into()),
        Viewer::Here
    );
    assert_eq!(viewer(|machine| machine.wsl = None), Viewer::Here);
    let mut machine = published("nat");
    (machine.os, machine.wsl) = ("windows", None);
    (machine.viewer, machine.viewer_unsaid) = (Viewer::Windows, false);
    assert_eq!(report(&machine.explain()).viewer, Viewer::Here);
}

/// W13: docker publishes it, and in mirrored mode nothing comes back to Windows.
#[test]
fn w13_docker_in_mirrored_mode() {
    let met = |mode, at| windows(published(mode), "127.0.0.1:30080", at);
    let lost = (28, "000 0.0 3.0");
    unsure("w13", &met("mirrored", lost), Some("V141"), &["docker version", SHUTDOWN]);
    // Near-misses: another mode; a refusal; an accepted connection; Docker Desktop; no engine's.
    assert_eq!(root(&met("nat", lost)), (Verdict::Undetermined, Some("V133".into())));
    assert_eq!(root(&met("mirrored", (7, "000 0.0 2.03"))).1.as_deref(), Some("V133"));
    assert_eq!(root(&met("mirrored", (28, "000 0.001 3.0"))).1.as_deref(), Some("V133"));
    let mut desktop = windows(docker_desktop(), "127.0.0.1:30080", lost);
    desktop.wsl_mode = Some("mirrored");
    assert_ne!(root(&desktop).1.as_deref(), Some("V141"));
    let mut k3s = windows(k3s("mirrored"), "127.0.0.1:30080", lost);
    k3s.sockets = vec!["0.0.0.0:30080"];
    assert_eq!(root(&k3s).1.as_deref(), Some("V133"));
}

/// What netsh of Windows prints, in German.
const RESERVED: &str = "\r\nPortausschlussbereiche f\u{fffd}r das Protokoll \"tcp\"\r\n\r\nStartport    Endport\r\n\
                        ---------    -------\r\n     30000       30099\r\n     50000       50059     *\r\n";

/// W12, D7: Windows keeps the port for itself, so neither WSL nor Docker Desktop could open it.
#[test]
fn w12_a_port_that_windows_reserves() {
    let mut machine = published("nat");
    machine.reserved = Some(RESERVED);
    shut("w12", &machine, "V140", &[FREE]);
    let mut desktop = docker_desktop();
    desktop.reserved = Some(RESERVED);
    shut("d7", &desktop, "V140", &[FREE]);
    // Another way that answers counts for more.
    let mut second = windows(machine.clone(), "172.25.1.5:30080", ANSWER);
    second.interfaces.push(("eth0", OWN, 20));
    second.doors.push(("172.25.1.5:30080", http_200()));
    assert_eq!(root(&second), (Verdict::Reachable, None));
}

const FREE: &str = "net stop winnat && netsh int ipv4 add excludedportrange protocol=tcp startport=30080 \
                    numberofports=1 && net start winnat [privileged]";

/// W12, near-misses: other ports; an administrator's own row; nothing that is a row; a port that
/// is silent and not refused; a mode in which the distribution's program could not listen.
#[test]
fn w12_not_every_refusal_is_a_reserved_port() {
    let with = |text| {
        let mut machine = published("nat");
        machine.reserved = text;
        machine
    };
    for text in ["30000 30079\n30081 30100\n", "30080 30080 *\n", "The system cannot find 30000 30100\n", ""] {
        assert_eq!(root(&with(Some(text))), (Verdict::Unreachable, Some("V133".into())), "{text}");
    }
    let silent = windows(with(Some(RESERVED)), "127.0.0.1:30080", (28, "000 0.001 3.0"));
    assert_eq!(root(&silent), (Verdict::Undetermined, Some("V133".into())));
    for mode in ["mirrored", "consomme"] {
        let mut machine = published(mode);
        machine.reserved = Some(RESERVED);
        assert_eq!(root(&machine).1.as_deref(), Some("V133"), "{mode}");
    }
}
