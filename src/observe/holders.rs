//! Who listens on a TCP port of Linux: the sockets of that port first, and then only as many
//! processes as it takes to find them (proc(5)).
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::{diag, lack};
use crate::fact::host::Listener;

/// Programs that hold ports for others. They are looked at first: of hundreds of processes,
/// it is one of them as a rule.
const FORWARDERS: [&str; 8] =
    ["docker-proxy", "rootlessport", "pasta", "gvproxy", "ssh", "limactl", "kubectl", "minikube"];

/// The processes that listen on a port where a connection to loopback arrives. A user is
/// shown own processes only, root all of them.
pub(super) fn of(port: u16) -> io::Result<Vec<Listener>> {
    use std::os::unix::fs::MetadataExt;
    let own = fs::metadata("/proc/self")?.uid();
    let mut sockets = diag::listening(port).or_else(|_| tables(port))?;
    sockets.retain(Socket::is_for_loopback);
    // What belongs to others is shown to nobody but root: two files tell what else the
    // files of every process are opened for.
    sockets.retain(|socket| own == 0 || socket.user == own);
    let mut found = Vec::new();
    if sockets.is_empty() {
        return Ok(found);
    }
    let program = |pid: u32| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let is_likely = |pid: u32| {
        let path = program(pid);
        let name = path.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        name.is_some_and(|name| FORWARDERS.contains(&name))
    };
    let mut rest = Vec::new();
    for pid in fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()) {
        match is_likely(pid) {
            true => {
                let held = held_by(pid, &sockets)?;
                found.extend(taken_from(&mut sockets, pid, held));
            }
            false => rest.push(pid),
        }
        if sockets.is_empty() {
            return Ok(found);
        }
    }
    // What was started last, first: numbers rise, and begin anew when they are used up
    // (`kernel.pid_max`). The system's own processes, by the hundred, are older.
    rest.sort_unstable_by_key(|pid| std::process::id().wrapping_sub(*pid));
    for pid in rest {
        let held = held_by(pid, &sockets)?;
        if !held.is_empty() {
            found.extend(taken_from(&mut sockets, eldest(pid, &held)?, held));
        }
        if sockets.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// Of the processes that share sockets the one that made them: a server that forks leaves them
/// to its children, who are started again when they end. It is not the first process of all,
/// which may keep them for a service (systemd.socket(5)).
fn eldest(pid: u32, held: &[Socket]) -> io::Result<u32> {
    let mut eldest = pid;
    while let Some(parent) = parent(eldest).filter(|parent| *parent > 1)
        && held_by(parent, held)?.len() == held.len()
    {
        eldest = parent;
    }
    Ok(eldest)
}

/// The process that started another one: the second word behind the name, which may have spaces
/// and brackets in it (proc_pid_stat(5)).
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// What a process has taken of some sockets, which are then no longer looked for.
fn taken_from(sockets: &mut Vec<Socket>, pid: u32, held: Vec<Socket>) -> Vec<Listener> {
    let Some(name) = (!held.is_empty()).then(|| name(pid)).flatten() else { return Vec::new() };
    sockets.retain(|socket| !held.contains(socket));
    held.into_iter().map(|socket| Listener { pid, name: name.clone(), address: Some(socket.address) }).collect()
}

/// Those of some sockets that a process has open. One that may not be looked at, or that
/// ended meanwhile, has none; where this process may open no more files, nobody knows.
fn held_by(pid: u32, sockets: &[Socket]) -> io::Result<Vec<Socket>> {
    let open = match fs::read_dir(format!("/proc/{pid}/fd")) {
        Err(error) if lack::is_own(&error) => return Err(error),
        open => open.into_iter().flatten(),
    };
    let targets = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inodes =
        targets.filter_map(|target| target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
    let inodes: Vec<u64> = inodes.collect();
    Ok(sockets.iter().filter(|socket| inodes.contains(&socket.inode)).cloned().collect())
}

/// The command's name, without path and arguments.
fn name(pid: u32) -> Option<String> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end().to_owned())
}

/// A socket that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) address: IpAddr,
    pub(super) user: u32,
    pub(super) inode: u64,
}

impl Socket {
    /// Whether a connection to loopback arrives here: another address of this computer may
    /// have the same port for something else.
    fn is_for_loopback(&self) -> bool {
        let ip = self.address;
        ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST
    }
}

/// The sockets that listen on a port by the kernel's tables.
pub(super) fn tables(port: u16) -> io::Result<Vec<Socket>> {
    // A kernel without IPv6 has no second one.
    let tables = [fs::read_to_string("/proc/net/tcp")?, fs::read_to_string("/proc/net/tcp6").unwrap_or_default()];
    Ok(tables.iter().flat_map(|table| sockets(table, port)).collect())
}

/// The rows of a table in state 0A, LISTEN.
pub(super) fn sockets(table: &str, port: u16) -> impl Iterator<Item = Socket> {
    table.lines().skip(1).filter_map(move |line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, "0A", _, _, _, user, _, inode, ..] = cells[..] else { return None };
        let (address, own) = local.rsplit_once(':')?;
        if u16::from_str_radix(own, 16).ok()? != port {
            return None;
        }
        let address = address_of(address)?;
        Some(Socket { address, user: user.parse().ok()?, inode: inode.parse().ok()? })
    })
}

/// An address is numbers in the byte order of the network, printed as the machine's own.
fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(index)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn row(local: &str, state: &str, inode: u64) -> String {
        format!(
            "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0 100\n"
        )
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn only_what_listens_where_loopback_arrives_counts() {
        let table = [
            HEADER.into(),
            row("0100007F:1F90", "0A", 1),
            row("00000000:1F90", "0A", 2),
            // Another port, a connection, another address, no address.
            row("0100007F:1F91", "0A", 3),
            row("0100007F:1F90", "01", 4),
            row("0200007F:1F90", "0A", 5),
            row("XX:1F90", "0A", 6),
            row("00000000000000000000000001000000:1F90", "0A", 7),
            row("00000000000000000000000000000000:1F90", "0A", 8),
        ];
        let table = table.concat();
        let seen = sockets(&table, 8080)
            .filter(Socket::is_for_loopback)
            .map(|socket| (socket.address.to_string(), socket.inode));
        let wanted = [("127.0.0.1", 1), ("0.0.0.0", 2), ("::1", 7), ("::", 8)];
        assert_eq!(seen.collect::<Vec<_>>(), wanted.map(|(ip, inode)| (ip.to_owned(), inode)));
        assert_eq!(sockets("header\n\n1: x\n", 80).count(), 0);
    }

    #[test]
    fn each_address_of_a_port_has_its_listener() {
        let first = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        let second = std::net::TcpListener::bind(("::1", port));
        let found = of(port).unwrap();
        assert_eq!(found.len(), 1 + usize::from(second.is_ok()), "{found:?}");
        assert!(found.iter().all(|listener| listener.pid == std::process::id()), "{found:?}");
        drop((first, second));
        assert_eq!(of(port).unwrap(), []);
    }

    #[test]
    fn of_those_that_share_a_socket_it_is_the_one_that_made_it() {
        use std::os::fd::OwnedFd;
        use std::process::{Command, Stdio};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inherited = OwnedFd::from(listener.try_clone().unwrap());
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::from(inherited)).spawn().unwrap();
        let pid = |found: Vec<Listener>| found.iter().map(|listener| listener.pid).collect::<Vec<_>>();
        let shared = pid(of(port).unwrap());
        drop(listener);
        let left = pid(of(port).unwrap());
        child.kill().and_then(|()| child.wait()).unwrap();
        assert_eq!((shared, left), (vec![std::process::id()], vec![child.id()]));
    }
}
