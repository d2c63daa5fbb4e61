//! Operating system and network interfaces of this computer.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use crate::ask::{Observed, Why};
use crate::fact::host::{Host, Interface};

/// Reads the operating system's name and the addresses of all interfaces.
pub(super) fn observe() -> Observed {
    let interfaces = if_addrs::get_if_addrs().map_err(|error| Why::PermissionDenied { detail: error.to_string() })?;
    let interfaces = interfaces
        .into_iter()
        .map(|interface| {
            let (ip, prefix) = (interface.ip(), prefix(&interface.addr));
            Interface { name: interface.name, ip, prefix }
        })
        .collect();
    super::value(&Host { os: std::env::consts::OS.into(), interfaces })
}

fn prefix(address: &if_addrs::IfAddr) -> u8 {
    match address {
        if_addrs::IfAddr::V4(v4) => v4.prefixlen,
        if_addrs::IfAddr::V6(v6) => v6.prefixlen,
    }
}
