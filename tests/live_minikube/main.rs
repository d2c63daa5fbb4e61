//! The binary against a real minikube (docker driver, Linux): the profile is put into a
//! state, netpath is asked, and what it proposes is done.
//!
//! Ignored by default, since it needs `minikube`, `docker` and `kubectl`; CONTRIBUTING.md
//! says how to run it. All packets stay on this computer: loopback and docker's bridge, and
//! a cluster address only while a tunnel's route leads to the node.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test looks at the world")]
#![allow(clippy::print_stdout, reason = "what was said; shown when a test fails")]

mod rig;

use std::thread::sleep;
use std::time::Duration;

use rig::{PROFILE, Running, copy_of_kubeconfig, end_ssh, kubectl, profile, run, said, start, until};

/// What minikube looks at to take this for WSL, where it forwards ports by ssh.
const FORWARDS: [(&str, &str); 1] = [("WSL_DISTRO_NAME", "Debian")];

fn container(state: &str) {
    let state_of = ["docker", "container", "inspect", "-f", "{{.State.Status}}", PROFILE];
    until("docker says so", 30, || run(&state_of, &[]).out.trim() == state);
}

#[test]
#[ignore = "needs minikube and docker"]
fn a_nodes_address_leads_in_and_a_cluster_address_does_not() {
    let Some(_turn) = profile() else { return };
    let seen = said("svc/web", &[]);
    seen.must("reachable", None);
    assert_eq!(seen.roads()["node-address"], "present");
    said("svc/web-ci", &[]).must("unreachable", Some("K104"));
    let pending = said("svc/web-lb", &[]);
    pending.must("reachable", None);
    assert_eq!(pending.roads()["load-balancer"], "missing");
}

#[test]
#[ignore = "needs minikube and docker"]
fn a_tunnels_route_outlives_it() {
    let Some(_turn) = profile() else { return };
    if which::which("sudo").is_err() {
        println!("skipped: minikube calls sudo for a route, and there is none");
        return;
    }
    let mut tunnel = Running::new(&["minikube", "-p", PROFILE, "tunnel"], &[]);
    until("the tunnel opens the load balancer", 30, || said("svc/web-lb", &[]).roads()["load-balancer"] == "present");
    let inside = said("svc/web-ci", &[]);
    inside.must("reachable", None);
    assert_eq!(inside.roads()["cluster-address"], "present");
    tunnel.kill();
    assert_eq!(said("svc/web-lb", &[]).roads()["load-balancer"], "present", "nobody need maintain a route");
    // A new tunnel cleans up what the killed one left.
    let tunnel = Running::new(&["minikube", "-p", PROFILE, "tunnel"], &[]);
    sleep(Duration::from_secs(8));
    drop(tunnel);
    until("the address is gone", 30, || said("svc/web-lb", &[]).roads()["load-balancer"] == "missing");
}

#[test]
#[ignore = "needs minikube and docker"]
fn a_tunnel_by_ssh_is_its_ssh() {
    let Some(_turn) = profile() else { return };
    run(&["minikube", "-p", PROFILE, "update-context"], &FORWARDS).must();
    let mut tunnel = Running::new(&["minikube", "-p", PROFILE, "tunnel"], &FORWARDS);
    let road = || said("svc/web-lb", &FORWARDS).roads()["load-balancer"].to_owned();
    until("the tunnel opens the load balancer", 30, || road() == "present");
    end_ssh();
    until("its ssh is gone", 10, || road() == "missing");
    tunnel.kill();
    drop(tunnel);
    // Killed while its ssh lives, it stays open.
    let mut tunnel = Running::new(&["minikube", "-p", PROFILE, "tunnel"], &FORWARDS);
    until("the tunnel opens the load balancer", 30, || road() == "present");
    tunnel.kill();
    assert_eq!(road(), "present");
    drop(tunnel);
    assert_eq!(road(), "missing");
    let address = kubectl(&["get", "service", "web-lb", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"]);
    assert_eq!(address.must(), "127.0.0.1", "the status is what a dead tunnel leaves");
    run(&["minikube", "-p", PROFILE, "update-context"], &[]).must();
}

#[test]
#[ignore = "needs minikube and docker"]
fn a_live_service_command_is_a_road() {
    let Some(_turn) = profile() else { return };
    run(&["minikube", "-p", PROFILE, "update-context"], &FORWARDS).must();
    let closed = said("svc/web-ci", &FORWARDS);
    closed.must("unreachable", Some("K104"));
    let commands = closed.remedy();
    let words: Vec<&str> = commands[0].iter().map(String::as_str).collect();
    assert_eq!(words, ["minikube", "-p", PROFILE, "service", "web-ci", "--url"]);
    let service = Running::new(&words, &FORWARDS);
    until("its ssh forwards", 30, || said("svc/web-ci", &FORWARDS).verdict() == "reachable");
    drop(service);
    said("svc/web-ci", &FORWARDS).must("unreachable", Some("K104"));
    run(&["minikube", "-p", PROFILE, "update-context"], &[]).must();
}

#[test]
#[ignore = "needs minikube and docker"]
fn what_stands_still_is_named_and_mended() {
    let Some(_turn) = profile() else { return };
    let docker = |verb: &str| run(&["docker", verb, PROFILE], &[]).must();
    let do_as_said = |commands: Vec<Vec<String>>| {
        for command in commands {
            // As root minikube wants a flag, and here it may need more: the start has its
            // own program.
            if command.ends_with(&["start".to_owned()]) {
                start();
                continue;
            }
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            run(&words, &[]).must();
        }
        until("it answers again", 90, || said("svc/web", &[]).verdict() == "reachable");
    };

    run(&["minikube", "-p", PROFILE, "pause"], &[]).must();
    let paused = said("svc/web", &[]);
    paused.must("undetermined", Some("V304"));
    do_as_said(paused.remedy());

    docker("pause");
    container("paused");
    let paused = said("svc/web", &[]);
    paused.must("unreachable", Some("V302"));
    do_as_said(paused.remedy());

    docker("restart");
    let restarted = said("svc/web", &[]);
    restarted.must("undetermined", Some("K503"));
    do_as_said(restarted.remedy());

    docker("stop");
    container("exited");
    let stopped = said("svc/web", &[]);
    stopped.must("unreachable", Some("V301"));
    do_as_said(stopped.remedy());

    run(&["minikube", "-p", PROFILE, "stop"], &[]).must();
    let refused = run(&[env!("CARGO_BIN_EXE_kubectl-netpath"), "explain", "svc/web", "--context", PROFILE], &[]);
    assert!(!refused.ok && refused.err.contains(&format!("minikube -p {PROFILE} start")), "{}", refused.err);
    start();

    run(&["docker", "rm", "-f", PROFILE], &[]).must();
    let removed = said("svc/web", &[]);
    removed.must("unreachable", Some("V303"));
    let delete: Vec<String> = ["minikube", "-p", PROFILE, "delete"].map(str::to_owned).into();
    assert!(removed.commands().contains(&delete), "a start alone does not repair this");
    run(&["minikube", "-p", PROFILE, "delete"], &[]).must();
    start();
}

#[test]
#[ignore = "needs minikube and docker"]
fn zz_a_deleted_profile_is_gone() {
    let Some(_turn) = profile() else { return };
    let before = copy_of_kubeconfig();
    run(&["minikube", "-p", PROFILE, "delete"], &[]).must();
    let kubeconfig = before.to_string_lossy().into_owned();
    said("svc/web", &[("KUBECONFIG", &kubeconfig)]).must("unreachable", Some("V305"));
}
