//! A place without a route to the node, as behind Docker Desktop, colima or a rootless
//! engine.
//!
//! On Linux with a rootful engine the host reaches a node's address directly, so a node
//! port that is not published is no fault there. A laptop is a network namespace with
//! nothing but a loopback. A relay brings the published ports onto it, accepting first and
//! dialling then, as the forwarders of such engines do. The engine's socket is a file and
//! stays where it is.

use std::process::Command;

use super::cluster::Cluster;

/// Set to 1 where there cannot be one.
const SKIP: &str = "NETPATH_LIVE_SKIP_LAPTOP";

/// A network namespace, gone when dropped.
pub struct Laptop {
    name: String,
}

/// Makes one, without this published port. `None` if that is not wanted.
///
/// # Panics
///
/// Where it is wanted and cannot be: a test that did not run must not look like one that
/// passed.
pub fn laptop(cluster: &Cluster, without: Option<u16>) -> Option<Laptop> {
    if std::env::var_os(SKIP).is_some_and(|value| value == "1") {
        println!("skipped: {SKIP}=1");
        return None;
    }
    Some(Laptop::new(cluster, without).unwrap_or_else(|error| {
        panic!("{error}\nA laptop needs Linux, root and ip (iproute2); {SKIP}=1 leaves these tests out.")
    }))
}

impl Laptop {
    /// A program that will run there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Brings one more port onto it: an engine publishes another one only by another
    /// container.
    pub fn relay(&self, port: u16) {
        self.relay_all(vec![port]).expect("a relay");
    }

    #[cfg(not(target_os = "linux"))]
    fn relay_all(&self, _ports: Vec<u16>) -> Result<(), String> {
        Err("network namespaces are Linux's".into())
    }

    #[cfg(target_os = "linux")]
    fn relay_all(&self, ports: Vec<u16>) -> Result<(), String> {
        relay::start(format!("/run/netns/{}", self.name), ports).map_err(|error| error.to_string())
    }

    #[cfg(not(target_os = "linux"))]
    fn new(_cluster: &Cluster, _without: Option<u16>) -> Result<Self, String> {
        Err("network namespaces are Linux's".into())
    }

    #[cfg(target_os = "linux")]
    fn new(cluster: &Cluster, without: Option<u16>) -> Result<Self, String> {
        use super::cluster::tool;

        let name = format!("netpath-live-{}", std::process::id());
        if std::process::Command::new("ip").arg("-V").output().is_err() {
            return Err("ip is not on PATH".into());
        }
        let _ = tool("ip", &["netns", "del", &name]);
        let added = tool("ip", &["netns", "add", &name]);
        if !added.ok {
            return Err(added.stderr);
        }
        let laptop = Self { name };
        let up = tool("ip", &["-n", &laptop.name, "link", "set", "lo", "up"]);
        if !up.ok {
            return Err(up.stderr);
        }
        laptop.relay_all(cluster.host_ports().into_iter().filter(|port| Some(*port) != without).collect())?;
        Ok(laptop)
    }
}

impl Drop for Laptop {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

#[cfg(target_os = "linux")]
mod relay {
    use std::fs::File;
    use std::io;
    use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
    use std::os::fd::AsFd;
    use std::thread;

    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

    /// Listens on the ports in another network namespace, and dials the same ports here.
    pub fn start(namespace: String, ports: Vec<u16>) -> io::Result<()> {
        // A namespace is a thread's own: this one enters, listens, and ends. A socket
        // stays where it was made, whoever accepts on it.
        let entered = thread::spawn(move || {
            let namespace = File::open(namespace)?;
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            let listen = |port| Ok((port, TcpListener::bind((Ipv4Addr::LOCALHOST, port))?));
            ports.into_iter().map(listen).collect::<io::Result<Vec<_>>>()
        });
        for (port, listener) in entered.join().expect("a thread that ends")? {
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    thread::spawn(move || serve(client, port));
                }
            });
        }
        Ok(())
    }

    fn serve(client: TcpStream, port: u16) -> io::Result<()> {
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        let (from, to) = (client.try_clone()?, server.try_clone()?);
        let there = thread::spawn(move || copy(&from, &to));
        copy(&server, &client);
        let _ = there.join();
        Ok(())
    }

    fn copy(mut from: &TcpStream, mut to: &TcpStream) {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
        let _ = from.shutdown(Shutdown::Read);
    }
}
