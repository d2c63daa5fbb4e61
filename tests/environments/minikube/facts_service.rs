//! Section E of the facts: `minikube service X --url` in port-forward mode, for every type of
//! Service, alive and killed.

use netpath::report::{RoadId, State, Verdict};

use crate::minikube::facts::{Said, expect, reachable, road, unreachable};
use crate::minikube::facts_computer::{Computer, LOOP};
use crate::minikube::facts_forward::{NODE, both, forwarded};
use crate::minikube::facts_read::{file, part, whole};
use crate::minikube::machine::report;

/// `minikube service X --url`: its ssh as written down, one `-L` after the other.
fn with_service(service: &str, title: &str) -> Computer {
    let name = "E-port-forward-mode/service-others.txt";
    let mut computer = forwarded().seen(&part(name, title, ""));
    let text = file(name);
    let lines = text.lines().skip_while(|line| !line.starts_with(title)).skip(1);
    let forwards = lines.take_while(|line| !line.starts_with("===")).filter(|line| line.starts_with("-L "));
    // The rest of the command line is the same for every Service.
    let argv = file("E-port-forward-mode/service-web.txt");
    let argv = argv.lines().skip_while(|line| *line != "ssh").take_while(|line| !line.starts_with("==="));
    let words: Vec<String> = argv.filter(|line| !line.starts_with("-L ")).chain(forwards).map(str::to_owned).collect();
    computer.machine.processes.push((27441, words));
    computer.machine.process(27211, &format!("minikube|-p|ports|service|{service}|--url"));
    computer
}

const SERVICE: &str = "E-port-forward-mode/service-web.txt";

#[test]
fn a_service_that_is_forwarded() {
    let computer = || forwarded().seen(&part(SERVICE, "=== processes", "=== deployment"));
    let forward = "http://127.0.0.1:40885/";
    let published = "http://127.0.0.1:18080/";
    let with = [published, "http://192.168.58.2:30080/", forward];
    both("service-alive", "web", computer, &reachable(&with), &reachable(&[published, forward]));
}

#[test]
fn a_forwarded_service_whose_ssh_was_killed() {
    let computer = || forwarded().seen(&part(SERVICE, "=== kill -9", ""));
    let published = "http://127.0.0.1:18080/";
    let with = [published, "http://192.168.58.2:30080/"];
    both("service-ssh-killed", "web", computer, &reachable(&with), &reachable(&[published]));
}

/// Killed by -9, TERM or HUP, minikube leaves its ssh.
#[test]
fn a_forwarded_service_whose_minikube_was_killed() {
    for (signal, port) in [("KILL", 41485), ("TERM", 34351), ("HUP", 34669)] {
        let computer = forwarded().seen(&part(SERVICE, &format!("=== a new one, SIG{signal}"), ""));
        let outcomes = computer.without_route().explain("web");
        let urls = ["http://127.0.0.1:18080/".to_owned(), format!("http://127.0.0.1:{port}/")];
        assert_eq!(report(&outcomes).ports[0].urls, urls, "{signal}");
    }
}

#[test]
fn a_profile_that_was_made_in_this_mode() {
    let before = || Computer::with(LOOP).in_wsl();
    let outcomes = before().without_route().explain("web");
    let recreate = "minikube -p loop delete && minikube -p loop start --driver=docker --ports=127.0.0.1:30080:30080";
    let wanted = ["minikube -p loop service web --url", "kubectl port-forward service/web 8080:80", recreate];
    expect("loop-without-route", &outcomes, &unreachable("V101", &wanted));
    let alive = || before().seen(&whole("E-port-forward-mode/fresh/commands.txt"));
    let forward = "http://127.0.0.1:39921/";
    let with = ["http://192.168.58.2:30080/", forward];
    both("loop-service", "web", alive, &reachable(&with), &reachable(&[forward]));
}

#[test]
fn other_services_that_are_forwarded() {
    let lb = || with_service("web-lb", "=== minikube service web-lb");
    let forward = "http://127.0.0.1:41251/";
    both("service-web-lb", "web-lb", lb, &reachable(&[NODE, forward]), &reachable(&[forward]));
    assert_eq!(road(&lb().explain("web-lb"), RoadId::LoadBalancer).0, State::Missing);
    let ci = || with_service("web-ci", "=== minikube service web-ci");
    let wanted = reachable(&["http://127.0.0.1:36917/"]);
    both("service-web-ci", "web-ci", ci, &wanted, &wanted);
    let two = || with_service("web-two-ports", "=== minikube service web-two");
    let wanted = reachable(&["http://127.0.0.1:40963/", "http://127.0.0.1:39061/"]);
    expect("service-two-ports-without-route", &two().without_route().explain("web-two-ports"), &wanted);
}

/// The forward leads to the word "None": it accepts and never answers.
#[test]
fn a_forward_to_a_headless_service() {
    let computer = || with_service("web-headless", "=== minikube service web-headless");
    let wanted = unreachable("K106", &["kubectl port-forward pod/web-7d4b 8080:8080"]);
    both("service-headless", "web-headless", computer, &wanted, &wanted);
}

/// Accepted, then reset: the forward is there, and what is wrong is behind it.
#[test]
fn a_forward_to_what_does_not_answer() {
    let unready = || with_service("unready", "=== minikube service unready");
    let wanted = unreachable("K215", &["kubectl describe pod unready-7d4b"]);
    both("service-unready", "unready", unready, &wanted, &wanted);
    let wrong = || {
        let mut computer = with_service("wrong-target", "=== minikube service wrong-target");
        let refused = "error trying to reach service: dial tcp 10.244.0.5:9999: connect: connection refused";
        computer.proxy_fails = vec![("/wrong-target:", refused), (":9999/", refused)];
        computer
    };
    let wanted = unreachable(
        "K207",
        &[r#"kubectl patch service wrong-target -p {"spec":{"ports":[{"port":80,"targetPort":8080}]}}"#],
    );
    expect("service-wrong-target-without-route", &wrong().without_route().explain("wrong-target"), &wanted);
}

/// A TCP forward to a port that only UDP packets are translated for.
#[test]
fn a_forward_to_a_udp_service() {
    let computer = || with_service("echo-udp", "=== minikube service echo-udp");
    let recreate = "minikube -p ports delete && minikube -p ports start --driver=docker \
        --ports=127.0.0.1:18080:30080,127.0.0.1:30053:30053/udp";
    let unknown = Said { verdict: Verdict::Undetermined, root: None, urls: &[], remedies: &[] };
    both("service-udp", "echo-udp", computer, &unknown, &unreachable("V101", &[recreate]));
}
