//! The engine's side of a node: its network, its published ports, and who listens at them.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::cluster::{tool, until};

/// kind's own network.
const NETWORK: &str = "kind";

/// Makes a node's container run, in its network, with a forwarder behind each of its ports.
/// Where a step cannot be taken the cluster is not sound, and is made again.
pub fn wake(node: &str) {
    let state = tool("docker", &["inspect", "-f", "{{.State.Status}} {{len .NetworkSettings.Networks}}", node]).must();
    let state: Vec<_> = state.split_whitespace().collect();
    if state[1] == "0" {
        let _ = tool("docker", &["network", "connect", NETWORK, node]);
    }
    match state[0] {
        "paused" => drop(tool("docker", &["unpause", node])),
        "running" => {}
        _ => drop(tool("docker", &["start", node])),
    }
    if host_ports(node).into_iter().any(is_refused) {
        let _ = tool("docker", &["restart", "-t", "5", node]);
    }
}

/// Lets a worker tell the address that it has by now: a container that starts again may get
/// another one. kind's own entrypoint sees to that; the node image of a rig may not.
pub fn readdress(node: &str, address: &str) {
    let flags = "/var/lib/kubelet/kubeadm-flags.env";
    let tells = format!(
        "grep -q -- '--node-ip={address}[ \"]' {flags} || \
         {{ sed -i 's/--node-ip=[0-9.]*/--node-ip={address}/' {flags} && systemctl restart kubelet; }}"
    );
    tool("docker", &["exec", node, "sh", "-c", &tells]).must();
}

/// The TCP ports of this host that a container asked for.
pub fn host_ports(container: &str) -> Vec<u16> {
    let format = "{{range $port, $at := .HostConfig.PortBindings}}{{range $at}}{{.HostPort}}/{{$port}} {{end}}{{end}}";
    let ports = tool("docker", &["inspect", "-f", format, container]).must();
    let tcp = ports.split_whitespace().filter(|port| port.ends_with("/tcp"));
    tcp.map(|port| port.split('/').next().unwrap_or_default().parse().expect("a port")).collect()
}

fn is_refused(port: u16) -> bool {
    let refused = |error: std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
    TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err_and(refused)
}

/// Ends the docker-proxy of one host port: the one process that has these arguments.
pub fn end_forwarder(port: u16) {
    let wanted = ["-host-port".to_owned(), port.to_string()];
    let is_it = |pid: &str| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let argv: Vec<String> = line.split('\0').map(str::to_owned).collect();
        argv[0].ends_with("docker-proxy") && argv.windows(2).any(|pair| pair == wanted)
    };
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let mut processes = processes.map(|process| process.file_name().to_string_lossy().into_owned());
    let pid = processes.find(|pid| pid.parse::<u32>().is_ok() && is_it(pid)).expect("a docker-proxy");
    tool("kill", &[&pid]).must();
    until("the port is refused", 10, || is_refused(port));
}

/// A program of this computer that has an address and answers every request with 200. Gone
/// when dropped.
pub struct Stranger {
    at: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stranger {
    pub fn at(address: &str) -> Self {
        let at: SocketAddr = address.parse().expect("an address");
        let listener = TcpListener::bind(at).unwrap_or_else(|error| panic!("{at}: {error}"));
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            for client in listener.incoming().flatten().take_while(|_| !ended.load(Ordering::Relaxed)) {
                answer(client);
            }
        });
        Self { at, ends, thread: Some(thread) }
    }
}

fn answer(mut client: TcpStream) {
    let _ = client.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = client.read(&mut [0; 4096]);
    let _ = client.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nstranger\n");
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.at);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Takes something away when dropped, however the test ends.
pub struct Removed(Box<dyn Fn()>);

impl Removed {
    /// A container.
    pub fn container(name: &'static str) -> Self {
        Self::by(move || drop(tool("docker", &["rm", "-f", name])))
    }

    /// A kind cluster.
    pub fn cluster(name: &'static str) -> Self {
        Self::by(move || drop(tool("kind", &["delete", "cluster", "--name", name])))
    }

    pub fn by(removes: impl Fn() + 'static) -> Self {
        Self(Box::new(removes))
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        (self.0)();
    }
}
