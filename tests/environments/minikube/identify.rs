//! Is it minikube, which profile, and what is it made of (8.1, I1 to I3)?

use netpath::ask::{Engine, Why};
use netpath::report::{Certainty, EnvironmentId, Report, Verdict};
use serde_json::json;

use crate::minikube::machine::{Machine, linux_docker, linux_kvm2, macos_docker, macos_vfkit, qemu_builtin, report};
use crate::minikube::truth::{PORT_FORWARD, SERVICE, recreate};
use crate::said::{reachable, shut, unsure};

const URL: &str = "http://192.168.49.2:30080/";

fn who(report: &Report) -> (EnvironmentId, Option<&str>, Option<&str>, Certainty) {
    let info = &report.environment;
    (info.id, info.name.as_deref(), info.driver.as_deref(), info.certainty)
}

/// I1: each of the three signs alone is enough. After `minikube update-context` only the
/// cluster's extension is left (fact 0.9; seen).
#[test]
fn i1_any_sign_of_minikube_is_enough() {
    let known = (EnvironmentId::Minikube, Some("minikube"), Some("docker"), Certainty::Certain);
    let signs = [(true, false, true), (false, true, true), (false, false, true), (true, true, false)];
    for (cluster, context, certificate) in signs {
        let mut machine = linux_docker();
        machine.extensions = (cluster, context);
        machine.certificate = machine.certificate.filter(|_| certificate);
        assert_eq!(who(report(&machine.explain())), known, "{cluster} {context} {certificate}");
    }
    let mut machine = linux_docker();
    machine.extensions = (true, false);
    reachable("i1-after-update-context", &machine, URL);
}

/// I1: with nothing but the Node's label it is minikube all the same.
#[test]
fn i1_a_node_label_alone_names_the_profile() {
    let mut machine = linux_docker();
    (machine.extensions, machine.certificate) = ((false, false), None);
    machine.context = "somewhere".into();
    let report = reachable("i1-node-label", &machine, URL);
    assert_eq!(who(&report).1, Some("minikube"));
}

/// I1, near-miss: no extension, another tool's certificate, no label. The same answers, and
/// nothing is said of minikube.
#[test]
fn i1_a_cluster_of_another_tool_is_not_minikube() {
    let mut machine = linux_docker();
    (machine.extensions, machine.certificate) = ((false, false), Some("~/k3d/client.crt".into()));
    machine.object("/api/v1/nodes", |nodes| nodes["items"][0]["metadata"]["labels"] = json!({}));
    assert_ne!(report(&machine.explain()).environment.id, EnvironmentId::Minikube);
}

/// I1, near-miss: minikube wrote the entry once, and the Nodes are kind's by now (1.2).
#[test]
fn i1_nodes_of_kind_are_not_minikube() {
    let mut machine = linux_docker();
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["metadata"]["labels"] = json!({});
        nodes["items"][0]["spec"]["providerID"] = json!("kind://docker/kind/kind-control-plane");
    });
    assert_ne!(report(&machine.explain()).environment.id, EnvironmentId::Minikube);
}

/// I1: the certificate counts for more than the context's name; MINIKUBE_HOME is where the
/// certificate is, whether or not the variable is exported here (1.3).
#[test]
fn i1_the_certificate_names_profile_and_directory() {
    let mut machine = Machine::of("dev", "linux", "docker", "", "192.168.58.2", "https://192.168.58.2:8443");
    machine.interfaces.push(("br-58", "192.168.58.1", 24));
    machine.container(Engine::Docker, "running", &[("8443/tcp", "127.0.0.1", 32780)], "192.168.58.2", "192.168.58.1");
    machine.move_home("/srv/mk/.minikube");
    let report = unsure("i1-minikube-home", &machine, Some("K501"), &[crate::minikube::truth::KUBE_PROXY]);
    assert_eq!(who(&report), (EnvironmentId::Minikube, Some("dev"), Some("docker"), Certainty::Certain));
}

/// I1, 1.3: without a path in the kubeconfig the variable tells where to look, completed
/// where it does not end in `.minikube`.
#[test]
fn i1_embedded_certificates_leave_the_variable() {
    for (variable, home) in [("/srv/mk", "/srv/mk/.minikube"), ("/srv/mk/.minikube", "/srv/mk/.minikube")] {
        let mut machine = linux_docker();
        machine.config(|config| config["EmbedCerts"] = json!(true)).move_home(home);
        machine.certificate = None;
        machine.variables.insert("MINIKUBE_HOME", variable.into());
        let outcomes = machine.explain();
        assert_eq!(who(report(&outcomes)).2, Some("docker"), "{variable}");
        // Near-miss: not exported here, so the profile is not found, and that proves nothing.
        machine.variables.clear();
        let outcomes = machine.explain();
        let (_, name, _, certainty) = who(report(&outcomes));
        assert_eq!((name, certainty), (Some("minikube"), Certainty::Likely));
    }
}

/// I1, I5: the same while the API server is silent. A profile that was looked for in a
/// guessed directory is not gone.
#[test]
fn i1_a_profile_in_an_unknown_directory_is_not_called_deleted() {
    let mut machine = macos_vfkit();
    machine.config(|config| config["EmbedCerts"] = json!(true)).move_home("/srv/mk/.minikube");
    machine.certificate = None;
    machine.api_down = Some(Why::TimedOut);
    let contexts = "kubectl config get-contexts";
    unsure("i1-embedded-elsewhere", &machine, Some("C102"), &[contexts]);
}

/// I1, I2: a renamed context with embedded certificates and a silent API server. The cluster's
/// entry keeps the profile's name (1.1): the new one is no profile, and none is gone.
#[test]
fn i1_a_renamed_context_does_not_rename_the_profile() {
    let mut machine = linux_docker_stopped();
    machine.config(|config| config["EmbedCerts"] = json!(true));
    (machine.certificate, machine.context) = (None, "laptop".into());
    let report = shut("i1-embedded-renamed", &machine, "V301", &["minikube -p minikube start"]);
    assert_eq!(who(&report).1, Some("minikube"));
}

fn linux_docker_stopped() -> Machine {
    let mut machine = linux_docker();
    machine.containers.clear();
    machine.container(Engine::Docker, "exited", &[("8443/tcp", "127.0.0.1", 51000)], "", "");
    machine.api_down = Some(Why::Unreachable { detail: "No route to host".into() });
    machine
}

/// I1, near-miss: a cluster of another computer by a tunnel, whose profile has the same name
/// as one of this computer. The Nodes have other addresses, so this computer's VM is another
/// cluster, and who answers there is a stranger.
#[test]
fn i1_a_profile_of_the_same_name_on_another_computer_is_not_this_one() {
    let mut machine = linux_kvm2();
    (machine.server, machine.certificate) = ("https://127.0.0.1:8443".into(), None);
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["status"]["addresses"][0]["address"] = json!("192.168.49.2");
        nodes["items"][0]["status"]["nodeInfo"]["osImage"] = json!("Debian GNU/Linux 12 (bookworm)");
    });
    let report = unsure("i1-another-computers", &machine, None, &[]);
    assert_eq!(report.environment.driver, None);
}

/// I2: minikube's own commands take the context that is named like the profile.
#[test]
fn i2_a_renamed_context_gets_its_name_back_first() {
    let mut machine = macos_docker();
    machine.context = "laptop".into();
    let rename = format!("kubectl config rename-context laptop minikube && {SERVICE}");
    shut("i2-renamed", &machine, "V101", &[&rename, PORT_FORWARD, &recreate("docker")]);
    // Near-miss: not renamed.
    machine.context = "minikube".into();
    shut("macos-docker", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
}

/// I3, trap 6: a VM by its image; which driver made it, nobody can tell. Its address leads in
/// where the API server answers at it.
#[test]
fn i3_buildroot_is_a_vm_of_an_unknown_driver() {
    let mut machine = macos_vfkit();
    machine.certificate = None;
    machine.without_profile();
    let report = reachable("i3-buildroot", &machine, "http://192.168.64.3:30080/");
    assert_eq!(who(&report), (EnvironmentId::Minikube, Some("minikube"), None, Certainty::Likely));
    // Near-miss: the image that containers have, and no engine holds such a container.
    let mut machine = linux_docker();
    (machine.server, machine.certificate) = ("https://127.0.0.1:51000".into(), None);
    machine.containers.clear();
    machine.without_profile();
    let report = unsure("i3-nothing-tells", &machine, None, &[]);
    assert_eq!((report.environment.driver.as_deref(), report.environment.certainty), (None, Certainty::Likely));
}

/// I3: QEMU's own network by the address that every VM in it has, and the word localhost.
#[test]
fn i3_qemu_by_its_address_and_localhost() {
    let mut machine = qemu_builtin("linux");
    machine.unreadable = machine.files.keys().cloned().collect();
    let said = shut("i3-qemu", &machine, "V107", &[PORT_FORWARD]);
    assert_eq!(who(&said).3, Certainty::Likely);
    // Near-miss: the address of a VM behind somebody's own forward.
    machine.server = "https://127.0.0.1:52341".into();
    machine.object("/api/v1/nodes", |nodes| nodes["items"][0]["status"]["nodeInfo"]["osImage"] = json!("Debian"));
    let outcomes = machine.explain();
    assert_eq!(report(&outcomes).verdict, Verdict::Undetermined);
    assert_eq!(report(&outcomes).environment.driver, None);
}

/// I3: a container by its label, whichever engine has it.
#[test]
fn i3_a_container_by_its_label() {
    let mut machine = macos_docker();
    machine.unreadable = machine.files.keys().cloned().collect();
    let report = shut("i3-container", &machine, "V101", &[SERVICE, PORT_FORWARD, &recreate("docker")]);
    assert_eq!(who(&report), (EnvironmentId::Minikube, Some("minikube"), Some("docker"), Certainty::Likely));
    assert!(!report.unobserved.is_empty(), "the profile could not be read, and that is said");
}

/// Trap 7: fields of other drivers hold defaults in every profile. They are no evidence.
#[test]
fn trap_7_defaults_of_other_drivers_mean_nothing() {
    let mut machine = linux_docker();
    machine.config(|config| {
        config["SocketVMnetPath"] = json!("/opt/socket_vmnet/bin/socket_vmnet");
        config["SocketVMnetClientPath"] = json!("/opt/socket_vmnet/bin/socket_vmnet_client");
    });
    let report = reachable("linux-docker", &machine, URL);
    assert_eq!(report.environment.driver.as_deref(), Some("docker"));
}

/// Trap 12: the directory that a dry run leaves has neither driver nor nodes.
#[test]
fn trap_12_a_profile_without_driver_is_none() {
    let mut machine = linux_docker();
    machine.config(|config| {
        config["Driver"] = json!("");
        config["Nodes"] = json!(null);
    });
    let report = reachable("trap-12-leftover", &machine, URL);
    assert_eq!(who(&report).3, Certainty::Likely);
}
