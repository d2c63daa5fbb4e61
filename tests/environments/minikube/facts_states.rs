//! Sections F and G of the facts: a profile that is paused, stopped, restarted, removed,
//! deleted or started again, and a shell in which `minikube docker-env` was evaluated.

use netpath::ask::Why;
use netpath::report::{Outcomes, Refusal, Verdict};

use crate::minikube::facts::{expect, reachable, undetermined, unreachable};
use crate::minikube::facts_computer::{Computer, FORWARDED, MINIKUBE, PORTS, kubeconfig};
use crate::minikube::facts_read::{file, json, part, whole};
use crate::minikube::machine::report;
use crate::minikube::says;

/// The profile in a state, and why its API server does not answer then.
fn state(name: &str, why: Why) -> Computer {
    let during = part(name, "$ ", "$ minikube -p ports unpause");
    let during = if name.contains("2-") { part(name, "$ ", "$ docker unpause") } else { during };
    let mut computer = Computer::with(PORTS).seen(&whole("F-states/0-healthy.txt")).seen(&during);
    computer.machine.api_down = Some(why);
    computer
}

/// What the system says of a stopped node's address, after three seconds.
fn no_route() -> Why {
    Why::Unreachable { detail: "No route to host (os error 113)".into() }
}

#[test]
fn healthy() {
    let computer = Computer::with(PORTS).seen(&whole("F-states/0-healthy.txt"));
    let urls = ["http://127.0.0.1:18080/", "http://192.168.58.2:30080/"];
    expect("healthy", &computer.explain("web"), &reachable(&urls));
}

/// `minikube pause` stops the control plane; both roads answer 200. Without the API server
/// nobody knows the Service, so nobody knows that.
#[test]
fn paused() {
    let computer = state("F-states/1-paused.txt", Why::TimedOut);
    let unpause = ["minikube -p ports unpause"];
    expect("paused", &computer.explain("web"), &undetermined("V304", &unpause));
}

/// `docker pause`: every road accepts and is silent.
#[test]
fn docker_paused() {
    let computer = state("F-states/2-docker-paused.txt", Why::TimedOut);
    expect("docker-paused", &computer.explain("web"), &unreachable("V302", &["docker unpause ports"]));
}

/// `docker restart`: the kubelet is not started, so `update-context` would not help. The
/// node port refuses, the published port closes (52, 56).
#[test]
fn docker_restarted() {
    let start = ["minikube -p ports start"];
    let name = "F-states/3-docker-restart.txt";
    let after = part(name, "--- kubeconfig of the node-IP mode", "");
    let mut computer = Computer::with(PORTS).seen(&part(name, "$ docker restart", "---")).seen(&after);
    computer.machine.api_down = Some(Why::Refused);
    expect("docker-restarted", &computer.explain("web"), &undetermined("K503", &start));
    // In port-forward mode the kubeconfig has the old port as well.
    let mut forwarded = Computer::with(FORWARDED).in_wsl().seen(&part(name, "$ docker restart", "---"));
    forwarded.machine.status = Some(
        r#"{"Name":"ports","Host":"Running","Kubelet":"Stopped","APIServer":"Stopped","Kubeconfig":"Misconfigured","Worker":false}"#.into(),
    );
    forwarded.machine.api_down = Some(Why::Refused);
    let forwarded = forwarded.without_route();
    expect("docker-restarted-without-route", &forwarded.explain("web"), &undetermined("K503", &start));
}

/// `minikube stop` takes the context along: there is nothing left to ask about. The profile
/// that is still there tells why.
#[test]
fn stopped() {
    let mut computer = Computer::with(MINIKUBE).seen(&whole("F-states/4-minikube-stop.txt"));
    computer.kubeconfig = kubeconfig("F-states/4-minikube-stop.kubeconfig.yaml");
    let (known, minikube) = (vec!["ports".to_owned()], Some("minikube".to_owned()));
    assert_eq!(
        computer.attempt(Some("web")),
        Err(Refusal::NoCurrentContext { known: known.clone(), minikube: minikube.clone() })
    );
    computer.kubeconfig.current_context = Some("minikube".into());
    assert_eq!(computer.attempt(Some("web")), Err(Refusal::NoSuchContext { name: "minikube".into(), known, minikube }));
}

/// With a copy of the kubeconfig of before, as of somebody who started it with
/// `--keep-context`.
#[test]
fn stopped_with_the_context_kept() {
    let mut computer = Computer::with(MINIKUBE);
    computer.containers = Ok(json("F-states/4-minikube-stop.docker-container-inspect.json"));
    let config = file("F-states/4-minikube-stop.profile-config.json");
    computer.machine.files.insert("~/.minikube/profiles/minikube/config.json".into(), config);
    let mut computer = computer.seen(&whole("F-states/4-minikube-stop.txt"));
    computer.machine.api_down = Some(no_route());
    expect("stopped", &computer.explain("web"), &unreachable("V301", &["minikube -p minikube start"]));
}

#[test]
fn docker_stopped() {
    let computer = state("F-states/5-docker-stop.txt", no_route());
    expect("docker-stopped", &computer.explain("web"), &unreachable("V301", &["minikube -p ports start"]));
    // A limit below three seconds sees a time-out instead.
    let outcomes = state("F-states/5-docker-stop.txt", Why::TimedOut).explain("web");
    assert_eq!(report(&outcomes).root().map(|found| found.finding.code().as_str()), Some("V301"));
    assert_eq!(report(&outcomes).verdict, Verdict::Unreachable);
}

/// `docker rm -f`: a start alone ends in GUEST_START after six minutes, because the volume
/// still says that the cluster is configured. Deleted and started, it works. The node's address
/// is in a network of this computer, where nobody answers: the road is shut, whichever engine
/// may have had the container.
#[test]
fn container_removed() {
    let mut computer = state("F-states/6-container-removed.txt", no_route());
    computer.containers = Ok(serde_json::json!([]));
    let again = "minikube -p ports delete && \
        minikube -p ports start --driver=docker --ports=127.0.0.1:18080:30080";
    expect("container-removed", &computer.explain("web"), &unreachable("V303", &["docker context ls", again]));
}

/// The certificates went along: kubectl fails before it sends anything, which is well,
/// since the address goes to the default gateway now.
#[test]
fn deleted() {
    let name = "F-states/8-deleted-kubeconfig-kept.txt";
    let mut computer = Computer::with(PORTS).seen(&part(name, "--- with a kubeconfig", ""));
    computer.machine.files.clear();
    computer.containers = Ok(serde_json::json!([]));
    computer.machine.interfaces.retain(|(_, ip, _)| *ip != "192.168.58.1");
    computer.machine.doors.clear();
    let detail = "unable to read client-cert ~/.minikube/profiles/ports/client.crt".into();
    computer.machine.api_down = Some(Why::Credentials { detail });
    expect(
        "deleted",
        &computer.explain("web"),
        &unreachable("V305", &["kubectl config delete-context ports", "minikube -p ports start"]),
    );
}

/// A dry run leaves a directory, and no context. Asked by a context of that name, which
/// somebody wrote, it is no profile.
#[test]
fn dry_run() {
    let mut computer = Computer::with(MINIKUBE).seen(&whole("B-nodeport/roads.txt"));
    computer.machine.files.insert("~/.minikube/profiles/dry/events.json".into(), "{}".into());
    let contexts = kubeconfig("A-running/kubeconfig.yaml").contexts;
    assert!(contexts.iter().all(|context| context.name != "dry"));
    computer.kubeconfig.current_context = Some("dry".into());
    let wanted = Refusal::NoSuchContext { name: "dry".into(), known: vec!["minikube".into()], minikube: None };
    assert_eq!(computer.attempt(Some("web")), Err(wanted));
}

/// What may help where a node refuses although its endpoints are ready.
const RESTART: [&str; 1] = ["kubectl -n kube-system rollout restart daemonset/kube-proxy"];

/// Started again with `--ports`: `config.json` has it, docker never heard of it, and it is
/// refused. Right after the start the node port refused as well, before kube-proxy was up.
#[test]
fn started_again_with_other_ports() {
    let name = "F-states/7-start-again.txt";
    let mut computer = Computer::with(MINIKUBE).seen(&whole(name));
    let config = computer.machine.files.values_mut().next().expect("config.json");
    *config = config.replace(r#""ExposedPorts": []"#, r#""ExposedPorts": ["127.0.0.1:18081:30080"]"#);
    assert!(config.contains("18081"));
    expect("started-again", &computer.explain("web"), &undetermined("K501", &RESTART));
    // "200 once kube-proxy is up": its table says so, without a curl line.
    let later = Computer::with(MINIKUBE).seen(&whole("B-nodeport/roads.txt"));
    expect("started-again-later", &later.explain("web"), &reachable(&["http://192.168.49.2:30080/"]));
}

/// DOCKER_HOST points into the node, and the variable that tells so is set: it is undone.
#[test]
fn docker_env() {
    let name = "G-docker-env/docker-host-into-the-node.txt";
    let with = part(name, "--- with MINIKUBE_ACTIVE_DOCKERD", "");
    let mut computer = Computer::with(MINIKUBE).seen(&whole("B-nodeport/roads.txt")).seen(&with);
    computer.machine.variables.insert("MINIKUBE_ACTIVE_DOCKERD", "minikube".into());
    expect("docker-env", &computer.explain("web"), &reachable(&["http://192.168.49.2:30080/"]));
}

/// Without that variable nobody can know: docker itself fails. The node's address still
/// leads in.
#[test]
fn docker_env_half_undone() {
    let name = "G-docker-env/docker-host-into-the-node.txt";
    let without = part(name, "--- DOCKER_HOST", "--- with MINIKUBE");
    let mut computer = Computer::with(MINIKUBE).seen(&whole("B-nodeport/roads.txt")).seen(&without);
    computer.machine.engine_host = Some("127.0.0.1:32791");
    let detail = "error during connect: Get \"http://127.0.0.1:32791/v1.50/containers/minikube/json\"".into();
    computer.containers = Err(Why::ToolFailed { tool: "docker".into(), detail });
    expect("docker-env-half", &computer.explain("web"), &reachable(&["http://192.168.49.2:30080/"]));
}

/// `netpath env` in the states that it is asked in.
#[test]
fn the_environment_itself() {
    let env = |mut computer: Computer| -> Outcomes { computer.attempt(None).expect("a kubeconfig that is in order") };
    says("facts-env-healthy", &env(Computer::with(PORTS).seen(&whole("F-states/0-healthy.txt"))));
    says("facts-env-paused", &env(state("F-states/1-paused.txt", Why::TimedOut)));
    says("facts-env-docker-stopped", &env(state("F-states/5-docker-stop.txt", no_route())));
    says("facts-env-without-route", &env(Computer::with(FORWARDED).without_route()));
}
