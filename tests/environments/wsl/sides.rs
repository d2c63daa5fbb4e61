//! C1 and C2: a kubeconfig from the other side of WSL.

use netpath::ask::{Engine, Why};
use netpath::fact::kubeconfig::Origin;
use netpath::report::Outcomes;
use netpath::request::{Goal, Viewer};

use super::{SHUTDOWN, in_wsl, windows};
use crate::kind;
use crate::machine::{Machine, report};
use crate::said::unsure;

/// What curl of Windows says to an API server that knows nobody.
const UNAUTHORIZED: (i32, &str) = (0, "401 0.001 0.012");
const SERVER: &str = "127.0.0.1:6443";

/// Docker Desktop's kubeconfig in a distribution that its integration does not know.
fn desktop(mode: &'static str) -> Machine {
    let node = ("docker-desktop", "192.168.65.3");
    let mut machine = Machine::bare("wsl", "linux", "docker-desktop", "https://127.0.0.1:6443", node);
    machine.api_down = Some(Why::Refused);
    machine.origin = Some(Origin::Windows);
    in_wsl(machine, mode)
}

fn root(machine: &Machine) -> Option<&'static str> {
    report(&machine.explain()).root().map(|found| found.finding.code().as_str())
}

/// C2: refused here, and Windows is answered at that very address.
#[test]
fn c2_the_loopback_is_that_of_windows() {
    let answers = |machine| windows(machine, SERVER, UNAUTHORIZED);
    unsure("c2", &answers(desktop("nat")), Some("V139"), &["", SHUTDOWN]);
    // From the distribution itself it is the same.
    let mut here = answers(desktop("nat"));
    (here.viewer, here.viewer_unsaid) = (Viewer::Here, false);
    assert_eq!(root(&here), Some("V139"));
    // Whoever asks where the context points is told the same, and not to start a product.
    let Outcomes::Environment(env) = answers(desktop("nat")).run(Goal::Environment) else { panic!("no environment") };
    assert_eq!(env.blocked.map(|found| found.finding.code().as_str()), Some("V139"));
    let mut unasked = desktop("nat");
    unasked.windows = None;
    unsure("c2-not-asked", &unasked, Some("V139"), &["", SHUTDOWN]);
}

/// C2, near-misses: Windows is refused too; the loopback is shared; the file is this side's; it
/// is not refused; another address.
#[test]
fn c2_not_every_refusal_is_the_loopbacks() {
    assert_eq!(root(&desktop("nat")), Some("V309"));
    for change in [
        |machine: &mut Machine| machine.wsl_mode = Some("mirrored"),
        |machine: &mut Machine| machine.wsl_mode = Some("sideways"),
        |machine: &mut Machine| machine.origin = None,
        |machine: &mut Machine| machine.api_down = Some(Why::TimedOut),
        |machine: &mut Machine| machine.server = "https://kubernetes.docker.internal:6443".into(),
        |machine: &mut Machine| machine.wsl = None,
    ] {
        let mut machine = windows(desktop("nat"), SERVER, UNAUTHORIZED);
        change(&mut machine);
        assert_ne!(root(&machine), Some("V139"));
    }
}

/// C2, near-miss: the node is a container of this side, and it is stopped.
#[test]
fn c2_a_node_that_is_seen_here_counts() {
    let mut machine = kind::machine::behind_a_wall("linux", Engine::Docker, &[]);
    machine.inspect(|node| node["State"]["Status"] = serde_json::json!("exited"));
    machine.api_down = Some(Why::Refused);
    machine.origin = Some(Origin::Windows);
    let mut machine = in_wsl(machine, "nat");
    machine.windows = None;
    assert_eq!(root(&machine), Some("V301"));
    // No container of it is there, so it may be one of Windows' engine.
    machine.containers[0].1.clear();
    assert_eq!(root(&machine), Some("V139"));
}

/// C1: certificates by paths of Linux, on Windows.
#[test]
fn c1_windows_opens_no_path_of_linux() {
    let mut machine = desktop("nat");
    (machine.os, machine.wsl, machine.windows) = ("windows", None, None);
    machine.origin = Some(Origin::Wsl);
    let detail = "certificate authority C:/home/me/.minikube/ca.crt: os error 3";
    machine.api_down = Some(Why::Certificate { detail: detail.into() });
    let flatten = "wsl.exe kubectl config view --raw --flatten --minify";
    unsure("c1", &machine, Some("C114"), &[flatten]);
    machine.api_down =
        Some(Why::Credentials { detail: detail.replace("authority", "file").replace("certificate", "token") });
    assert_ne!(root(&machine), Some("C114"));
    // Near-misses: a certificate that was read and does not fit; a file of Windows' own.
    machine.api_down = Some(Why::Certificate { detail: "invalid peer certificate: UnknownIssuer".into() });
    assert_eq!(root(&machine), Some("C103"));
    machine.api_down = Some(Why::Certificate { detail: detail.into() });
    machine.origin = None;
    assert_eq!(root(&machine), Some("C103"));
}
