//! What a client sees at a published port and at the node's address, for each thing that can
//! be behind, and what netpath says of it on a laptop.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::rig::{Cluster, Removed, Scene, WORKER, tool};

struct Row {
    behind: &'static str,
    scene: fn() -> Scene,
    breaks: fn(&Cluster),
    /// Where the host is asked.
    host: &'static str,
    node_port: u16,
    at_host: &'static str,
    /// `None`: there is no node to be asked.
    at_node: Option<&'static str>,
    verdict: &'static str,
    root: Option<&'static str>,
}

const ANSWERS: Row = Row {
    behind: "something answers",
    scene: web,
    breaks: |_| (),
    host: "127.0.0.1:28380",
    node_port: 30080,
    at_host: "response",
    at_node: Some("response"),
    verdict: "reachable",
    root: None,
};
const ROWS: [Row; 7] = [
    ANSWERS,
    Row { behind: "published on 127.0.0.1", host: "127.0.0.2:28380", at_host: "refused", ..ANSWERS },
    Row { behind: "published for IPv4", host: "[::1]:28380", at_host: "refused", ..ANSWERS },
    Row {
        behind: "nothing listens",
        scene: || web().app(&["-protocol=none"]),
        at_host: "closed",
        at_node: Some("refused"),
        verdict: "unreachable",
        root: Some("A101"),
        ..ANSWERS
    },
    Row {
        behind: "the node drops packets",
        breaks: |_| drop(iptables("-I").must()),
        at_host: "silent",
        at_node: Some("timed out"),
        verdict: "undetermined",
        ..ANSWERS
    },
    Row {
        behind: "no mapping",
        scene: || web().port("{nodePort: 30081}"),
        host: "127.0.0.1:30081",
        node_port: 30081,
        at_host: "refused",
        verdict: "unreachable",
        root: Some("V101"),
        ..ANSWERS
    },
    Row {
        behind: "the container is stopped",
        breaks: |_| drop(tool("docker", &["stop", "-t", "5", WORKER]).must()),
        at_host: "refused",
        at_node: None,
        verdict: "unreachable",
        root: Some("V301"),
        ..ANSWERS
    },
];

fn web() -> Scene {
    Scene::web().with_worker()
}

fn iptables(what: &str) -> crate::rig::Done {
    let rule = ["-t", "mangle", what, "PREROUTING", "-p", "tcp", "--dport", "30080", "-j", "DROP"];
    tool("docker", &[&["exec", WORKER, "iptables"], &rule[..]].concat())
}

#[test]
#[ignore = "needs kind and docker"]
fn probe_matrix() {
    for row in ROWS {
        println!("== {}", row.behind);
        let _undone = Removed::by(|| while iptables("-D").ok {});
        let here = (row.scene)().stage();
        let address = here.cluster().address(WORKER);
        let here = if row.at_node.is_some() { here.changed(row.breaks) } else { here.broken(row.breaks) };
        assert_eq!(seen(row.host), row.at_host, "{}: {}", row.behind, row.host);
        if let Some(at_node) = row.at_node {
            assert_eq!(seen(&format!("{address}:{}", row.node_port)), at_node, "{}: node", row.behind);
        }
        let Some(laptop) = here.laptop() else { return };
        let said = laptop.ask();
        assert_eq!((said.verdict(), said.roots()), (row.verdict, Vec::from_iter(row.root)), "{}", said.shown());
        if row.verdict == "undetermined" {
            // What settles it must not clear the node.
            assert!(!laptop.run(&said.settles()).ok, "{}", said.shown());
        }
    }
}

/// One request of HTTP over TCP.
fn seen(address: &str) -> &'static str {
    let address: SocketAddr = address.parse().expect("an address");
    let patience = Duration::from_secs(3);
    let mut stream = match TcpStream::connect_timeout(&address, patience) {
        Ok(stream) => stream,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => return "refused",
        Err(_) => return "timed out",
    };
    stream.set_read_timeout(Some(patience)).expect("a time-out");
    let _ = stream.write_all(b"GET / HTTP/1.0\r\n\r\n");
    match stream.read(&mut [0; 64]) {
        Ok(0) => "closed",
        Ok(_) => "response",
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => "silent",
        Err(_) => "closed",
    }
}
