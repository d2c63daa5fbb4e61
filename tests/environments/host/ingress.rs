//! Ingress controllers of a cluster on this computer (2.5): Traefik of k3s behind ServiceLB,
//! and the addon of MicroK8s at port 80 of the node.
//!
//! The Service is of type ClusterIP, so the Ingress is the way to it.

use netpath::report::{RoadId, Verdict};
use netpath::request::{Goal, Kind, Named};

use crate::host::machine::{NAME, OWN, http_200, k3s, microk8s, report};
use crate::said::{reachable, remedies, unsure};
use crate::says;

const HOST: &str = "app.test";
const URL: &str = "http://app.test/";

const TAKEN: &str = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";

/// Traefik's Service has port 80 of this computer, by ServiceLB.
#[test]
fn traefik_of_k3s_is_entered_at_port_80() {
    let mut machine = k3s();
    machine.ingress_of("traefik", "traefik.io/ingress-controller", OWN);
    machine.servicelb(Some(NAME), "").traefik(NAME, Some(OWN));
    machine.names.push((HOST, OWN));
    machine.doors = vec![("192.168.1.20:80", http_200())];
    let report = reachable("k3s-traefik", &machine, URL);
    assert_eq!(report.ports[0].roads[0].id, RoadId::Ingress);
}

/// Near-miss: the name does not lead here. The Ingress itself says so; of the Service that is
/// no cause, since its cluster address is served on this computer.
#[test]
fn a_name_that_leads_nowhere_gets_an_entry() {
    let mut machine = k3s();
    machine.ingress_of("traefik", "traefik.io/ingress-controller", OWN);
    machine.servicelb(Some(NAME), "").traefik(NAME, Some(OWN));
    machine.doors = vec![("192.168.1.20:80", http_200())];
    let curl = "curl --resolve app.test:80:192.168.1.20 http://app.test/";
    let hosts = "sudo sh -c 'echo 192.168.1.20 app.test >> /etc/hosts' [privileged]";
    let outcomes = machine.run(Goal::Explain { target: Named { kind: Some(Kind::Ingress), name: "web".into() } });
    let root = report(&outcomes).root().map(|found| found.finding.code().as_str());
    assert_eq!((report(&outcomes).verdict, root), (Verdict::Unreachable, Some("C112")));
    assert_eq!(remedies(report(&outcomes)), [curl, hosts]);
    says("host/k3s-traefik-no-name", &outcomes);
    unsure("k3s-traefik-no-name-service", &machine, None, &[]);
}

/// K5, near-miss: another program's Pod has port 80, so ServiceLB's cannot start. Its node
/// port still leads to Traefik.
#[test]
fn traefik_without_port_80_is_entered_by_its_node_port() {
    let mut machine = k3s();
    machine.ingress_of("traefik", "traefik.io/ingress-controller", OWN);
    machine.servicelb(None, TAKEN).traefik(NAME, None);
    machine.names.push((HOST, OWN));
    machine.doors = vec![("192.168.1.20:31380", http_200())];
    reachable("k3s-traefik-node-port", &machine, "http://app.test:31380/");
}

/// The addon of MicroK8s, before it became Traefik: nginx in a DaemonSet with hostPort and no Service,
/// which writes 127.0.0.1 into the status (canonical/microk8s-core-addons
/// `addons/ingress/ingress.yaml`, `enable`). Any web server of this computer may be what answers there:
/// it is not asked, and nothing is said to be missing.
#[test]
fn loopback_in_the_status_of_an_ingress_proves_nothing() {
    let mut machine = microk8s();
    machine.ingress_of("public", "k8s.io/ingress-nginx", "127.0.0.1");
    machine.names.push((HOST, "127.0.0.1"));
    machine.doors = vec![("127.0.0.1:80", http_200())];
    let outcomes = machine.run(Goal::Explain { target: Named { kind: Some(Kind::Ingress), name: "web".into() } });
    assert_eq!(report(&outcomes).verdict, Verdict::Undetermined);
    assert!(report(&outcomes).findings.is_empty());
    says("host/microk8s-ingress", &outcomes);
}
