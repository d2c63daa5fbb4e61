//! minikube's processes, and who listens on a port of loopback.

use std::net::{IpAddr, SocketAddr};

use netpath::fact::host::Listener;
use netpath::fact::minikube::Process;

use super::Machine;

impl Machine {
    /// The processes that are minikube's, as they are seen.
    pub fn parsed(&self) -> impl Iterator<Item = Process> {
        self.processes.iter().filter_map(|(pid, words)| {
            let mut parsed = Process::parse(*pid, words)?;
            if let Process::Ssh(ssh) = &mut parsed {
                ssh.hidden = self.roots.contains(pid);
            }
            Some(parsed)
        })
    }

    /// The kernel's tables of what listens, as `/proc/net/tcp` and `/proc/net/tcp6` have them.
    pub fn table(&self) -> String {
        let rows = self.sockets.iter().map(|at| {
            let at: SocketAddr = at.parse().expect("an address and a port");
            let bytes = match at.ip() {
                IpAddr::V4(ip) => ip.octets().to_vec(),
                IpAddr::V6(ip) => ip.octets().to_vec(),
            };
            let words = bytes.chunks_exact(4).map(|word| word.iter().rev().map(|byte| format!("{byte:02X}")));
            let ip: String = words.flatten().collect();
            format!("   0: {ip}:{:04X} 00000000:0000 0A 00000000:00000000 00:00000000\n", at.port())
        });
        rows.collect()
    }

    /// The sockets of a port, as they are seen.
    pub fn sockets(&self, port: u16) -> Vec<Listener> {
        let named = self.listeners.iter().filter_map(|(at, pid, name)| {
            let at: SocketAddr = at.parse().expect("an address and a port");
            (at.port() == port).then(|| Listener { pid: *pid, name: (*name).into(), address: Some(at.ip()) })
        });
        let named: Vec<Listener> = named.collect();
        if !named.is_empty() {
            return named;
        }
        let ssh = self.parsed().filter_map(|process| {
            let Process::Ssh(ssh) = process else { return None };
            let forward = ssh.forwards.iter().find(|forward| forward.port == port && !ssh.sudo && !ssh.hidden)?;
            let address = Some(forward.bind.unwrap_or([127, 0, 0, 1].into()));
            Some(Listener { pid: ssh.pid, name: "ssh".into(), address })
        });
        ssh.collect()
    }
}
