//! Profiles of docker and podman, and what is so of every profile.

use netpath::ask::{Engine, Why};
use netpath::report::Refusal;
use serde_json::json;

use super::{CONTEXTS, RENEW, START, unreachable};
use crate::minikube::machine::{Machine, linux_docker, linux_kvm2, macos_docker, macos_vfkit, wsl_native_docker};
use crate::said::{reachable, shut, unsure};

fn with_state(mut machine: Machine, state: &str, api: Why) -> Machine {
    machine.containers.clear();
    machine.container(
        Engine::Docker,
        state,
        &[("22/tcp", "127.0.0.1", 51001), ("8443/tcp", "127.0.0.1", 51000)],
        "192.168.49.2",
        "192.168.49.1",
    );
    machine.api_down = Some(api);
    machine
}

/// I4: `minikube stop` takes the context away (F/4). Then there is nothing to look at; the
/// profile that is still there tells why.
#[test]
fn i4_a_context_that_minikube_stop_took_away_is_a_stopped_profiles() {
    let (name, known) = ("minikube".to_owned(), vec!["kind-kind".to_owned()]);
    let refusal = |minikube: Option<&str>| {
        let minikube = minikube.map(str::to_owned);
        Refusal::NoSuchContext { name: name.clone(), known: known.clone(), minikube }
    };
    let mut machine = linux_docker();
    let stopped = refusal(Some("minikube"));
    assert_eq!(machine.refused("minikube", "kind-kind"), stopped);
    assert!(stopped.to_string().contains("minikube -p minikube start"));
    // In another directory, by the variable.
    machine.move_home("/srv/mk/.minikube");
    machine.variables.insert("MINIKUBE_HOME", "/srv/mk".into());
    assert_eq!(machine.refused("minikube", "kind-kind"), stopped);
    // Near-misses: there is no such profile, or only what a dry run leaves.
    machine.config(|config| config["Driver"] = json!(""));
    assert_eq!(machine.refused("minikube", "kind-kind"), refusal(None));
    machine.without_profile();
    assert_eq!(machine.refused("minikube", "kind-kind"), refusal(None));
}

/// I5: `docker stop`, or `minikube stop --keep-context-active` (F/5: EHOSTUNREACH after 3 s).
/// `docker start` would leave the kubelet off.
#[test]
fn i5_a_stopped_container_is_started_by_minikube() {
    shut("i5-container-stopped", &with_state(linux_docker(), "exited", unreachable()), "V301", &[START]);
    shut("i5-container-stopped-macos", &with_state(macos_docker(), "exited", Why::Refused), "V301", &[START]);
}

/// I5, near-miss: the container is stopped for docker, and the API server answers: it is
/// another cluster that answers, in another engine.
#[test]
fn i5_a_stopped_container_of_another_cluster_is_not_the_cause() {
    let mut machine = with_state(macos_docker(), "exited", Why::Refused);
    machine.api_down = None;
    let report = unsure("i5-another-engine", &machine, None, &[]);
    assert_eq!(report.took.probes, 0, "whose ports those are, nobody knows");
}

/// 1.3: a directory that only the kubeconfig tells. minikube would start a new profile in its
/// default one; its word about the profile of that name there says nothing.
#[test]
fn i5_minikube_is_told_the_directory_that_the_shell_lacks() {
    let mut machine = with_state(linux_docker(), "exited", unreachable());
    machine.move_home("/srv/mk/.minikube");
    shut("i5-minikube-home", &machine, "V301", &["env MINIKUBE_HOME=/srv/mk/.minikube minikube -p minikube start"]);
    // Near-miss: the variable is there.
    machine.variables.insert("MINIKUBE_HOME", "/srv/mk".into());
    shut("i5-minikube-home-exported", &machine, "V301", &[START]);
    // The other way round: the variable leads away from the profile.
    let mut machine = with_state(linux_docker(), "exited", unreachable());
    machine.variables.insert("MINIKUBE_HOME", "/srv/mk".into());
    let start = "env -u MINIKUBE_HOME minikube -p minikube start";
    shut("i5-minikube-home-elsewhere", &machine, "V301", &[start]);
    let mut machine = with_state(linux_docker(), "running", Why::TimedOut);
    machine.move_home("/srv/mk/.minikube").says_status("Running", "Stopped", "Paused", "Configured");
    let start = "env MINIKUBE_HOME=/srv/mk/.minikube minikube -p minikube start";
    unsure("i5-minikube-home-paused", &machine, Some("K503"), &[start]);
}

/// I5: `docker pause` (F/2: accepts, and no answer).
#[test]
fn i5_a_paused_container_goes_on_by_docker() {
    let machine = with_state(linux_docker(), "paused", Why::TimedOut);
    shut("i5-container-paused", &machine, "V302", &["docker unpause minikube"]);
}

/// I5, F/1: `minikube pause` stops the control plane, and node ports work on.
#[test]
fn i5_a_paused_control_plane_goes_on_by_minikube() {
    let mut machine = with_state(linux_docker(), "running", Why::TimedOut);
    machine.says_status("Running", "Stopped", "Paused", "Configured");
    unsure("i5-control-plane-paused", &machine, Some("V304"), &["minikube -p minikube unpause"]);
    // The same of a VM.
    let mut machine = linux_kvm2();
    machine.api_down = Some(Why::TimedOut);
    machine.says_status("Running", "Stopped", "Paused", "Configured");
    unsure("i5-control-plane-paused-vm", &machine, Some("V304"), &["minikube -p minikube unpause"]);
}

/// Trap 13, near-miss of the above: without minikube on PATH nobody knows that it is paused.
#[test]
fn trap_13_minikube_need_not_be_on_path() {
    let machine = with_state(linux_docker(), "running", Why::TimedOut);
    unsure("trap-13-no-minikube", &machine, Some("K503"), &[START]);
    let mut machine = macos_vfkit();
    machine.api_down = Some(Why::TimedOut);
    unsure("trap-13-no-minikube-vm", &machine, Some("C102"), &[CONTEXTS]);
}

/// I5, fact 0.7: docker drew other ports, and minikube finds the cluster well. The kubeconfig
/// is from before.
#[test]
fn i5_a_stale_port_is_renewed() {
    let mut machine = with_state(macos_docker(), "running", Why::Refused);
    machine.server = "https://127.0.0.1:49999".into();
    machine.says_status("Running", "Running", "Running", "Misconfigured");
    unsure("i5-stale-port", &machine, Some("C109"), &[RENEW]);
    // Fact 0.9: `update-context` loses embedded certificates.
    machine.config(|config| config["EmbedCerts"] = json!(true));
    unsure("i5-stale-port-embedded", &machine, Some("C109"), &[START]);
    // Nobody tells whether the API server runs; nothing is where the kubeconfig says.
    machine.status = None;
    unsure("i5-stale-port-no-minikube", &machine, Some("C109"), &[START]);
}

/// I5, F/3, near-miss: after `docker restart` the port is another one as well, and nobody
/// started the kubelet. `update-context` would not help.
#[test]
fn i5_a_restarted_container_needs_a_start() {
    let mut machine = with_state(macos_docker(), "running", Why::Refused);
    machine.server = "https://127.0.0.1:49999".into();
    machine.says_status("Running", "Stopped", "Stopped", "Misconfigured");
    unsure("i5-restarted", &machine, Some("K503"), &[START]);
}

/// F, "kubeconfig of the other mode": made on Linux, used in WSL, exit 4.
#[test]
fn i5_a_kubeconfig_of_the_other_mode_is_renewed() {
    let mut machine = with_state(wsl_native_docker(), "running", Why::Refused);
    machine.server = "https://127.0.0.1:49999".into();
    machine.says_status("Running", "Running", "Running", "Misconfigured");
    unsure("i5-other-mode", &machine, Some("C109"), &[RENEW]);
}

/// A start alone does not repair a profile whose container was removed: the volume that is
/// left makes minikube believe that the cluster is configured (seen).
const MAKE_AGAIN: &str = "minikube -p minikube delete && minikube -p minikube start --driver=docker [destructive]";

/// F/6: the container was removed by hand; its profile is still there.
#[test]
fn i5_a_removed_container_is_made_again() {
    let mut machine = macos_docker();
    machine.containers = vec![(Engine::Docker, Vec::new())];
    machine.api_down = Some(Why::Refused);
    machine.status = Some("null".into());
    shut("i5-container-removed", &machine, "V303", &["docker context ls", MAKE_AGAIN]);
    // Near-miss: the container of another profile is not this one.
    machine.container_named("dev", Engine::Docker, "running", &[("8443/tcp", "127.0.0.1", 51000)], "192.168.58.2", "");
    shut("i5-container-removed", &machine, "V303", &["docker context ls", MAKE_AGAIN]);
}

/// F/6 on Linux: the network stays, and nobody answers in it.
#[test]
fn i5_a_removed_container_on_linux_leaves_its_network_silent() {
    let mut machine = linux_docker();
    machine.containers = vec![(Engine::Docker, Vec::new())];
    machine.api_down = Some(unreachable());
    machine.status = Some("null".into());
    shut("i5-container-removed-linux", &machine, "V303", &["docker context ls", MAKE_AGAIN]);
}

/// Trap 10: on Linux the containers of podman are root's and not seen, so their absence is
/// none; near-miss: on macOS podman sees them all.
#[test]
fn trap_10_containers_of_roots_podman_are_not_called_gone() {
    let mut machine = Machine::new("linux", "podman", "", "192.168.49.2", "https://192.168.49.2:8443");
    machine.containers.push((Engine::Podman, Vec::new()));
    machine.api_down = Some(unreachable());
    unsure("trap-10-podman", &machine, Some("C108"), &[CONTEXTS]);
    let mut machine = Machine::new("macos", "podman", "", "192.168.49.2", "https://127.0.0.1:51000");
    machine.containers.push((Engine::Podman, Vec::new()));
    machine.api_down = Some(Why::Refused);
    let again = MAKE_AGAIN.replace("docker", "podman");
    shut("i5-podman-removed", &machine, "V303", &[&again]);
}

/// Several nodes: the control plane is stopped, and a worker may still serve.
#[test]
fn i5_a_stopped_control_plane_leaves_workers() {
    let mut machine = with_state(linux_docker(), "exited", unreachable());
    machine.add_node("m02", "192.168.49.3");
    let ports = [("22/tcp", "127.0.0.1", 51011)];
    machine.container_named("minikube-m02", Engine::Docker, "running", &ports, "192.168.49.3", "192.168.49.1");
    unsure("i5-control-plane-stopped", &machine, Some("V301"), &[START]);
}

/// Several nodes: the Pod's own one is stopped. A kubelet that reports nothing is Kubernetes's,
/// a node that does not run is not.
#[test]
fn i5_a_stopped_worker_is_the_virtualization_layers() {
    let with = |state: &str, reason: &str| {
        let mut machine = linux_docker();
        machine.add_node("m02", "192.168.49.3");
        let ports = [("22/tcp", "127.0.0.1", 51011)];
        machine.container_named("minikube-m02", Engine::Docker, state, &ports, "192.168.49.3", "192.168.49.1");
        machine.object("/api/v1/nodes", |nodes| {
            let gone = json!([{ "type": "Ready", "status": "Unknown", "reason": reason, "message": "" }]);
            nodes["items"][1]["status"]["conditions"] = gone;
        });
        machine.object("/api/v1/namespaces/default/pods", |pods| {
            pods["items"][0]["spec"]["nodeName"] = json!("minikube-m02");
            pods["items"][0]["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        });
        machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
            slices["items"][0]["endpoints"][0]["nodeName"] = json!("minikube-m02");
            slices["items"][0]["endpoints"][0]["conditions"] = json!({ "ready": false, "serving": false });
        });
        machine.doors.clear();
        machine.app_answers = false;
        machine
    };
    const DESCRIBE: &str = "kubectl describe node minikube-m02";
    shut("i5-worker-stopped", &with("exited", "NodeStatusUnknown"), "V301", &[START]);
    let unpause = "docker unpause minikube-m02";
    shut("i5-worker-paused", &with("paused", "NodeStatusUnknown"), "V302", &[unpause]);
    // Near-miss: it runs.
    shut("i5-worker-silent", &with("running", "NodeStatusUnknown"), "K502", &[START, DESCRIBE]);
    // Near-miss: its kubelet runs as well, and says so itself.
    shut("i5-worker-not-ready", &with("running", "KubeletNotReady"), "K502", &[DESCRIBE]);
}

/// F/8: `minikube delete`, and a kubeconfig of before: kubectl cannot read the certificate.
#[test]
fn i5_a_deleted_profile_is_said_to_be_gone() {
    let mut machine = linux_docker();
    machine.without_profile();
    machine.containers = vec![(Engine::Docker, Vec::new())];
    machine.api_down = Some(Why::Credentials { detail: "~/.minikube/profiles/minikube/client.crt".into() });
    shut("i5-profile-deleted", &machine, "V305", &["kubectl config delete-context minikube", START]);
    // Near-miss: the profile is there, and its certificate cannot be read.
    let mut machine = linux_docker();
    machine.api_down = Some(Why::Credentials { detail: "~/.minikube/profiles/minikube/client.crt".into() });
    unsure("i5-certificate-unreadable", &machine, Some("C107"), &[CONTEXTS]);
}

/// Nothing of this is said while everything answers.
#[test]
fn i5_a_healthy_profile_stands_not_still() {
    let mut machine = linux_docker();
    machine.says_status("Running", "Stopped", "Paused", "Misconfigured");
    reachable("linux-docker", &machine, "http://192.168.49.2:30080/");
}
