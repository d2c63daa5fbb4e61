//! N9: another program answers at a published port (seen with a real docker-proxy that was
//! killed, and a server in its place).

use netpath::ask::Engine;

use super::machine::{behind_a_wall, linux};
use crate::machine::{Machine, http_200, report};
use crate::said::{reachable, shut};

const PUBLISHED: (&str, &str, u16) = ("30080/tcp", "127.0.0.1", 8080);

/// Docker on this Linux, and somebody who answers 200 at the published port.
fn with(listeners: &[(&'static str, u32, &'static str)]) -> Machine {
    let mut machine = linux(Engine::Docker, &[PUBLISHED]);
    // The road by the node's address would be open.
    machine.doors.clear();
    machine.doors.push(("127.0.0.1:8080", http_200()));
    machine.listeners = listeners.to_vec();
    machine
}

#[test]
fn n9_a_strangers_answer_is_not_the_services() {
    let mut machine = with(&[("127.0.0.1:8080", 4711, "python3")]);
    machine.interfaces.truncate(1);
    machine.interfaces.push(("br-18", "172.18.0.1", 32));
    shut("n9-stranger", &machine, "V113", &["kill 4711 && docker restart dev-control-plane"]);
}

/// Near-misses: docker's own proxy; a listener that is not shown; one for another address.
#[test]
fn n9_dockers_own_proxy_is_no_stranger() {
    let proxy = with(&[("127.0.0.1:8080", 99, "docker-proxy")]);
    reachable("n9-docker-proxy", &proxy, "http://127.0.0.1:8080/");
    // One for all IPv6 addresses may leave those of IPv4 to docker's, which is not shown.
    for listeners in [&[][..], &[("192.168.1.9:8080", 99, "python3")], &[("[::]:8080", 99, "nginx")]] {
        let report = report(&with(listeners).explain()).clone();
        assert_eq!(report.ports[0].urls[0], "http://127.0.0.1:8080/", "{listeners:?}");
    }
}

/// In front of a VM whatever program made it listens: one that netpath does not know is no
/// stranger, unless it stands beside one that it knows, at a narrower address.
#[test]
fn n9_in_front_of_a_vm_only_the_narrower_one_is_a_stranger() {
    let root = |listeners: &[(&'static str, u32, &'static str)]| {
        let mut machine = behind_a_wall("macos", Engine::Docker, &[("30080/tcp", "0.0.0.0", 8080)]);
        machine.doors.push(("127.0.0.1:8080", http_200()));
        machine.listeners = listeners.to_vec();
        report(&machine.explain()).ports[0].root.map(|code| code.as_str().to_owned())
    };
    assert_eq!(root(&[("0.0.0.0:8080", 9, "new-product")]), None);
    assert_eq!(root(&[("0.0.0.0:8080", 9, "com.docker.backend")]), None);
    let both = [("0.0.0.0:8080", 9, "com.docker.backend"), ("127.0.0.1:8080", 4711, "node")];
    assert_eq!(root(&both).as_deref(), Some("V113"));
}

/// A browser tries `[::1]` first: what listens there alone is told beside the right URL.
#[test]
fn n9_localhost_may_lead_to_another_program() {
    let machine = with(&[("127.0.0.1:8080", 99, "docker-proxy"), ("[::1]:8080", 4711, "node")]);
    reachable("n9-localhost", &machine, "http://127.0.0.1:8080/");
}
