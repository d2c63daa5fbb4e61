//! The API server cannot be asked: names count then, but only where the tool is installed
//! here and the address is this computer's own (2.5).

use netpath::ask::Why;
use netpath::report::{Certainty, EnvironmentId, Owner};

use crate::host::machine::{Machine, k0s, k3s, kubeadm, microk8s, report};
use crate::said::unsure;

const K3S: &str = "/etc/systemd/system/k3s.service";
const CONTEXTS: &str = "kubectl config get-contexts";

fn log(unit: &str) -> String {
    format!("sudo journalctl -u {unit} -n 30 --no-pager [privileged]")
}

fn who(machine: &Machine) -> (EnvironmentId, Certainty) {
    let outcomes = machine.explain();
    let info = &report(&outcomes).environment;
    (info.id, info.certainty)
}

const UNKNOWN: (EnvironmentId, Certainty) = (EnvironmentId::Unknown, Certainty::Guess);

/// A stopped service is Kubernetes' own, since no layer is there that could be stopped; its
/// containers may run on (docs.k3s.io, "Stopping K3s"), so nothing is said of the Service.
#[test]
fn a_stopped_service_is_started_by_its_own_tool() {
    for (name, mut machine, trace, unit, start, id) in [
        ("k3s-stopped", k3s(), K3S, "k3s", "sudo systemctl start k3s [privileged]", EnvironmentId::K3s),
        (
            "microk8s-stopped",
            microk8s(),
            "/snap/microk8s/current/meta/snap.yaml",
            "snap.microk8s.daemon-kubelite",
            "microk8s start",
            EnvironmentId::Microk8s,
        ),
        (
            "k0s-stopped",
            k0s(),
            "/etc/systemd/system/k0scontroller.service",
            "k0scontroller",
            "sudo k0s start [privileged]",
            EnvironmentId::K0s,
        ),
        (
            "kubeadm-stopped",
            kubeadm(),
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
            "kubelet",
            "sudo systemctl start kubelet [privileged]",
            EnvironmentId::Kubeadm,
        ),
    ] {
        machine.stopped(trace);
        let report = unsure(name, &machine, Some("K503"), &[start, &log(unit)]);
        assert_eq!((report.environment.id, report.environment.certainty), (id, Certainty::Likely), "{name}");
        assert_eq!(report.root().map(|found| found.finding.owner()), Some(Owner::Kubernetes), "{name}");
        // Near-miss: it is not installed here. The address may be a VM's, or a tunnel's.
        machine.files.clear();
        assert_eq!(who(&machine), UNKNOWN, "{name}");
    }
}

/// Near-miss: nothing is known of a tool here; only the refusal is.
#[test]
fn a_refusal_alone_is_the_clients() {
    let mut machine = k3s();
    machine.stopped(K3S).files.clear();
    unsure("k3s-not-installed", &machine, Some("C101"), &[CONTEXTS]);
}

/// A file that only root may read is there all the same (kubeadm's manifests, snapd's).
#[test]
fn a_trace_that_may_not_be_read_is_there() {
    let mut machine = k3s();
    machine.stopped(K3S).files.clear();
    machine.unreadable.push(K3S.into());
    assert_eq!(who(&machine), (EnvironmentId::K3s, Certainty::Likely));
}

/// 2.5, near-misses: a remote address, another port, another name, and macOS.
#[test]
fn names_alone_do_not_make_a_cluster_this_computers() {
    let near = |change: fn(&mut Machine)| {
        let mut machine = k3s();
        machine.stopped(K3S);
        change(&mut machine);
        who(&machine).0
    };
    assert_eq!(near(|_| ()), EnvironmentId::K3s);
    assert_eq!(near(|machine| machine.server = "https://192.168.1.20:6443".into()), EnvironmentId::K3s);
    assert_eq!(near(|machine| machine.server = "https://10.9.8.7:6443".into()), EnvironmentId::Remote);
    assert_eq!(near(|machine| machine.server = "https://192.168.1.30:6443".into()), EnvironmentId::Unknown);
    assert_eq!(near(|machine| machine.server = "https://127.0.0.1:51001".into()), EnvironmentId::Unknown);
    assert_eq!(near(|machine| machine.context = "prod".into()), EnvironmentId::Unknown);
    assert_eq!(near(|machine| machine.entries.0 = "prod".into()), EnvironmentId::Unknown);
    assert_eq!(near(|machine| machine.os = "macos"), EnvironmentId::Unknown);
    // kubeadm never writes loopback: that is a forward to somebody's cluster.
    let mut machine = kubeadm();
    machine.stopped("/etc/kubernetes/manifests/kube-apiserver.yaml").server = "https://127.0.0.1:6443".into();
    assert_eq!(who(&machine), UNKNOWN);
}

/// `k0s kubeconfig create` gives other names than `k0s kubeconfig admin`.
#[test]
fn k0s_has_two_sets_of_names() {
    let mut machine = k0s();
    machine.stopped("/etc/systemd/system/k0scontroller.service");
    (machine.context, machine.entries.0) = ("k0s".into(), "k0s".into());
    assert_eq!(who(&machine), (EnvironmentId::K0s, Certainty::Likely));
    machine.entries.0 = "local".into();
    assert_eq!(who(&machine), UNKNOWN);
}

/// It listens and says nothing: what it says in its log comes before a restart.
#[test]
fn a_silent_api_server_is_asked_for_its_log_first() {
    let mut machine = k3s();
    machine.stopped(K3S).api_down = Some(Why::TimedOut);
    let restart = "sudo systemctl restart k3s [privileged]";
    unsure("k3s-silent", &machine, Some("K503"), &[&log("k3s"), restart]);
    // Near-miss: our own deadline says nothing about it.
    machine.api_down = Some(Why::Deadline);
    let outcomes = machine.explain();
    assert_ne!(report(&outcomes).root().map(|found| found.finding.code().as_str()), Some("K503"));
}

/// It answers, and does not know us: the kubeconfig is from before. Nothing says where the
/// node is, so nothing is probed.
#[test]
fn old_credentials_are_the_clients_and_the_tool_has_new_ones() {
    for (name, mut machine, trace, print) in [
        ("k3s-unauthorized", k3s(), K3S, "sudo k3s kubectl config view --raw [privileged]"),
        ("microk8s-unauthorized", microk8s(), "/snap/microk8s/current/meta/snap.yaml", "microk8s config"),
        (
            "k0s-unauthorized",
            k0s(),
            "/etc/systemd/system/k0scontroller.service",
            "sudo k0s kubeconfig admin [privileged]",
        ),
        (
            "kubeadm-unauthorized",
            kubeadm(),
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
            "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf config view --raw [privileged]",
        ),
    ] {
        machine.stopped(trace).api_down = Some(Why::Unauthorized);
        let report = unsure(name, &machine, Some("C104"), &[print]);
        assert_eq!((report.environment.certainty, report.took.probes), (Certainty::Likely, 0), "{name}");
    }
}
