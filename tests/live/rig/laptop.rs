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

/// Which published ports the forwarders around the browser leave out.
#[derive(Clone, Copy, Default)]
pub struct Walls {
    /// One that nothing brings to where the browser is.
    pub without: Option<u16>,
    /// A second forwarder behind the first, as Windows has one in front of a VM's.
    pub second: bool,
    /// One that the second forwarder leaves out: the first accepts it, and gets nowhere.
    pub second_without: Option<u16>,
}

/// A network namespace, gone when dropped.
pub struct Laptop {
    name: String,
    /// Where its forwarder dials; `None` for the host itself.
    behind: Option<Box<Self>>,
}

/// Makes one. `None` if that is not wanted.
///
/// # Panics
///
/// Where it is wanted and cannot be: a test that did not run must not look like one that
/// passed.
pub fn laptop(cluster: &Cluster, walls: Walls) -> Option<Laptop> {
    if std::env::var_os(SKIP).is_some_and(|value| value == "1") {
        println!("skipped: {SKIP}=1");
        return None;
    }
    Some(Laptop::behind(cluster, walls).unwrap_or_else(|error| {
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
        let namespace = |laptop: &Self| format!("/run/netns/{}", laptop.name);
        relay::start(namespace(self), self.behind.as_deref().map(namespace), ports).map_err(|error| error.to_string())
    }

    fn behind(cluster: &Cluster, walls: Walls) -> Result<Self, String> {
        let ports = |without: Option<u16>| cluster.host_ports().into_iter().filter(move |port| Some(*port) != without);
        let behind = match walls.second {
            true => Some(Box::new(Self::new("-inner", ports(walls.second_without).collect(), None)?)),
            false => None,
        };
        Self::new("", ports(walls.without).collect(), behind)
    }

    #[cfg(not(target_os = "linux"))]
    fn new(_name: &str, _ports: Vec<u16>, _behind: Option<Box<Self>>) -> Result<Self, String> {
        Err("network namespaces are Linux's".into())
    }

    #[cfg(target_os = "linux")]
    fn new(name: &str, ports: Vec<u16>, behind: Option<Box<Self>>) -> Result<Self, String> {
        use super::cluster::tool;

        let name = format!("netpath-live-{}{name}", std::process::id());
        if std::process::Command::new("ip").arg("-V").output().is_err() {
            return Err("ip is not on PATH".into());
        }
        let _ = tool("ip", &["netns", "del", &name]);
        let added = tool("ip", &["netns", "add", &name]);
        if !added.ok {
            return Err(added.stderr);
        }
        let laptop = Self { name, behind };
        let up = tool("ip", &["-n", &laptop.name, "link", "set", "lo", "up"]);
        if !up.ok {
            return Err(up.stderr);
        }
        laptop.relay_all(ports)?;
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

    /// Listens on the ports in another network namespace, and dials the same ports in a third
    /// one, or here.
    pub fn start(namespace: String, behind: Option<String>, ports: Vec<u16>) -> io::Result<()> {
        // A namespace is a thread's own: this one enters, listens, and ends. A socket
        // stays where it was made, whoever accepts on it.
        let entered = thread::spawn(move || {
            enter(&namespace)?;
            let listen = |port| Ok((port, TcpListener::bind((Ipv4Addr::LOCALHOST, port))?));
            ports.into_iter().map(listen).collect::<io::Result<Vec<_>>>()
        });
        for (port, listener) in entered.join().expect("a thread that ends")? {
            let behind = behind.clone();
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    let behind = behind.clone();
                    thread::spawn(move || serve(client, behind.as_deref(), port));
                }
            });
        }
        Ok(())
    }

    fn enter(namespace: &str) -> io::Result<()> {
        let namespace = File::open(namespace)?;
        Ok(move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?)
    }

    fn serve(client: TcpStream, behind: Option<&str>, port: u16) -> io::Result<()> {
        behind.map_or(Ok(()), enter)?;
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
