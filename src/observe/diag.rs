//! Sockets that listen on a port, asked of Linux itself (sock_diag(7)). The files of
//! proc(5) say the same after a walk over the whole table of connections, which takes ten
//! times as long as all else that a report needs of this computer.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::net::{AddressFamily, SocketFlags, SocketType, netlink, socket_with};

use super::holders::Socket;

/// `AF_INET` and `AF_INET6`.
const FAMILIES: [u8; 2] = [2, 10];
/// `TCP_LISTEN` of the kernel's `net/tcp_states.h`.
const LISTEN: u8 = 10;
/// `SOCK_DIAG_BY_FAMILY`.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST` and `NLM_F_DUMP`.
const DUMP: u16 = 0x301;
/// `NLMSG_DONE`.
const DONE: u16 = 3;
const HEAD: usize = 16;
/// `struct inet_diag_msg`.
const BODY: usize = 72;

/// All sockets that listen on a TCP port.
pub(super) fn listening(port: u16) -> io::Result<Vec<Socket>> {
    let diag = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG))?;
    let mut diag = File::from(diag);
    let mut found = Vec::new();
    for family in FAMILIES {
        diag.write_all(&request(family, port))?;
        let mut buffer = vec![0; 32 * 1024];
        loop {
            let length = diag.read(&mut buffer)?;
            if messages(&buffer[..length], port, &mut found)? {
                break;
            }
        }
    }
    Ok(found)
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2`: everything of one family that listens on
/// the port.
fn request(family: u8, port: u16) -> [u8; 72] {
    let mut request = [0; 72];
    let mut put = |at: usize, bytes: &[u8]| request[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &72_u32.to_ne_bytes());
    put(4, &BY_FAMILY.to_ne_bytes());
    put(6, &DUMP.to_ne_bytes());
    // IPPROTO_TCP.
    put(HEAD, &[family, 6]);
    put(HEAD + 4, &(1_u32 << LISTEN).to_ne_bytes());
    put(HEAD + 8, &port.to_be_bytes());
    request
}

/// Reads what came at once; whether it is the end.
pub(super) fn messages(mut bytes: &[u8], port: u16, found: &mut Vec<Socket>) -> io::Result<bool> {
    let broken = || io::Error::from(io::ErrorKind::InvalidData);
    while !bytes.is_empty() {
        let length = number(bytes, 0).ok_or_else(broken)? as usize;
        let kind = u16::from_ne_bytes(bytes.get(4..6).and_then(|kind| kind.try_into().ok()).ok_or_else(broken)?);
        let message = bytes.get(HEAD..length).ok_or_else(broken)?;
        match kind {
            DONE => return Ok(true),
            BY_FAMILY => found.extend(socket(message.get(..BODY).ok_or_else(broken)?, port)),
            // NLMSG_ERROR: a kernel without this, or one that forbids it.
            _ => return Err(io::ErrorKind::Unsupported.into()),
        }
        // Messages begin at multiples of four.
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// `struct inet_diag_msg`: family, state, ..., own port and address, ..., user, inode.
fn socket(message: &[u8], port: u16) -> Option<Socket> {
    let (family, state) = (message[0], message[1]);
    if state != LISTEN || message[4..6] != port.to_be_bytes() {
        return None;
    }
    let address: IpAddr = match family {
        2 => Ipv4Addr::from(<[u8; 4]>::try_from(&message[8..12]).ok()?).into(),
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(&message[8..24]).ok()?).into(),
    };
    Some(Socket { address, user: number(message, 64)?, inode: number(message, 68)?.into() })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_tables_say() {
        let sockets = ["127.0.0.1:0", "[::1]:0"].map(std::net::TcpListener::bind);
        for socket in sockets.iter().flatten() {
            let at = socket.local_addr().unwrap();
            let Ok(found) = listening(at.port()) else { return };
            assert!(found.iter().any(|socket| socket.address == at.ip()), "{at}: {found:?}");
            let mut tables = super::super::holders::tables(at.port()).unwrap();
            tables.sort_by_key(|socket| socket.inode);
            let mut found = found;
            found.sort_by_key(|socket| socket.inode);
            assert_eq!(found, tables);
        }
    }

    #[test]
    fn what_is_cut_or_of_another_kind_is_an_error() {
        let message = |kind: u16, length: u32| [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 14]].concat();
        let mut found = Vec::new();
        assert!(messages(&message(DONE, 20), 80, &mut found).unwrap());
        assert!(!messages(&[], 80, &mut found).unwrap());
        for broken in [message(2, 20), message(BY_FAMILY, 20), message(DONE, 400), message(DONE, 0), vec![1, 2]] {
            assert!(messages(&broken, 80, &mut found).is_err(), "{broken:?}");
        }
        assert_eq!(found, []);
    }
}
