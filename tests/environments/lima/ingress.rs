//! Traefik as the way in of an Ingress, and what only stays silent: R27, R29.

use netpath::fact::live::Outcome;
use netpath::report::RoadId;
use serde_json::json;

use super::{AGENT, balanced, colima, lima, rancher_desktop};
use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, says_of, unsure};

const INSIDE: &str = "192.168.5.15";

/// k3s with its Traefik at the load balancer, which ServiceLB serves, and an Ingress of its class.
fn traefik(mut machine: Machine) -> Machine {
    balanced(&mut machine, true);
    machine.ingress_of("traefik", "traefik.io/ingress-controller", INSIDE);
    let node = machine.cluster.clone();
    machine.traefik(&node, Some(INSIDE));
    machine.names.push(("app.test", "127.0.0.1"));
    machine
}

/// R29: port 80 of Traefik's load balancer comes out at port 80; on Linux only where everybody
/// may listen there.
#[test]
fn r29_traefik_is_entered_at_port_80_of_this_computer() {
    for (name, machine) in [("r29-lima", lima("macos", &json!({}))), ("r29-rancher-desktop", rancher_desktop())] {
        let mut machine = traefik(machine);
        machine.doors.push(("127.0.0.1:80", http_200()));
        let said = reachable(name, &machine, "http://app.test/");
        assert_eq!(said.ports[0].roads[0].id, RoadId::Ingress);
    }
    let mut machine = traefik(lima("linux", &json!({})));
    machine.files.insert("/proc/sys/net/ipv4/ip_unprivileged_port_start".into(), "1024\n".into());
    // Whoever answers there is not Lima.
    machine.doors.push(("127.0.0.1:80", http_200()));
    let said = says_of("r29-linux", &machine, "web");
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V125"));
}

/// R29 with R26: another web server has port 80, whatever it answers.
#[test]
fn r29_another_web_server_is_not_traefik() {
    let mut machine = traefik(lima("macos", &json!({})));
    machine.listeners = vec![("0.0.0.0:80", 80, "nginx")];
    machine.doors.push(("127.0.0.1:80", Outcome::Response { status: Some(404), tls: false, ms: 1 }));
    let said = says_of("r29-taken", &machine, "web");
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V128"));
    // Near-miss: the VM's own process.
    machine.listeners = vec![("0.0.0.0:80", AGENT, "limactl")];
    let said = says_of("r29-404", &machine, "web");
    assert_ne!(said.root().map(|found| found.finding.code().as_str()), Some("V128"));
}

/// R29: colima starts k3s without Traefik, and nobody takes the Ingress: Kubernetes' own.
#[test]
fn r29_colima_has_no_controller() {
    let mut machine = colima("macos");
    machine.ingress_of("traefik", "traefik.io/ingress-controller", INSIDE);
    machine
        .api
        .insert("/apis/networking.k8s.io/v1/ingressclasses".into(), json!({ "kind": "IngressClassList", "items": [] }));
    for path in ["", "/web"] {
        machine.object(&format!("/apis/networking.k8s.io/v1/namespaces/default/ingresses{path}"), |found| {
            let ingress = if path.is_empty() { &mut found["items"][0] } else { found };
            ingress["status"] = json!({});
        });
    }
    let said = says_of("r29-colima", &machine, "web");
    let owner = said.root().map(|found| found.finding.owner());
    assert_eq!(owner, Some(netpath::report::Owner::Kubernetes), "{:?}", said.root());
}

/// R27: it accepts and says nothing. Whether the forwarder hangs or the application is slow is
/// told from inside the VM only. Near-miss: the application is silent for the API server, too.
#[test]
fn r27_a_silent_port_has_two_explanations() {
    for (name, mut machine) in [("r27-lima", lima("macos", &json!({}))), ("r27-colima", colima("macos"))] {
        machine.listeners = vec![("127.0.0.1:30080", AGENT, "limactl")];
        machine.doors.push(("127.0.0.1:30080", Outcome::Silent));
        let said = unsure(name, &machine, None, &[]);
        let inside = said.unobserved.iter().flat_map(|unobserved| &unobserved.settle).flatten();
        assert!(inside.into_iter().any(|word| word == "http://127.0.0.1:30080/"), "{:?}", said.unobserved);
    }
    let mut machine = lima("macos", &json!({}));
    machine.doors.push(("127.0.0.1:30080", Outcome::Silent));
    machine.app_answers = false;
    let code = report(&machine.explain()).root().map(|found| found.finding.code().as_str());
    assert!(code.is_some_and(|code| code.starts_with(['A', 'K'])), "{code:?}");
}
