//! Operating system and network interfaces of this computer.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::net::IpAddr;

use crate::ask::{Observed, Why};
use crate::fact::host::{Host, Interface};

/// Reads the operating system's name and the addresses of all interfaces.
pub(super) fn observe() -> Observed {
    let interfaces = if_addrs::get_if_addrs().map_err(|error| Why::PermissionDenied { detail: error.to_string() })?;
    let interfaces = interfaces
        .into_iter()
        .filter(|interface| is_kept(interface.ip()))
        .map(|interface| {
            let (ip, prefix) = (interface.ip(), prefix(&interface.addr));
            Interface { name: interface.name, ip, prefix }
        })
        .collect();
    super::value(&Host { os: std::env::consts::OS.into(), interfaces })
}

/// Whether an interface of this computer has the address now.
pub(super) fn owns(ip: IpAddr) -> bool {
    if_addrs::get_if_addrs().is_ok_and(|all| all.iter().any(|interface| interface.ip() == ip))
}

/// Whether an address may be kept. The network of an engine or a VM is never one of the
/// public internet, and a recording should not tell where its author lives.
pub(super) fn is_kept(ip: IpAddr) -> bool {
    match ip {
        // 100.64.0.0/10 is shared address space; some VM networks use it.
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || in_shared_space(v4.octets()),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

fn in_shared_space(octets: [u8; 4]) -> bool {
    octets[0] == 100 && octets[1] & 0b1100_0000 == 64
}

fn prefix(address: &if_addrs::IfAddr) -> u8 {
    match address {
        if_addrs::IfAddr::V4(v4) => v4.prefixlen,
        if_addrs::IfAddr::V6(v6) => v6.prefixlen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_not_kept() {
        for (ip, kept) in [
            ("172.18.0.1", true),
            ("192.168.65.3", true),
            ("127.0.0.1", true),
            ("100.100.0.1", true),
            ("169.254.1.1", true),
            ("8.8.8.8", false),
            ("100.128.0.1", false),
            ("fc00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_kept(ip.parse().unwrap()), kept, "{ip}");
        }
    }
}
