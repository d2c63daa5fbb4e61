//! The shell's own readers of foreign bytes, for those who try them with anything: `fuzz/`
//! and its stand-in `tests/fuzz_corpus.rs`.
//!
//! What a question distils is reached by asking it. These are not: they run before there is
//! a raw answer, or decide where to look. Nothing in the program calls them from here.

use std::net::Ipv4Addr;

use super::{api, command, docker_socket, kubeconfig, network, wsl};
#[cfg(target_os = "linux")]
use super::{diag, holders};
use crate::probe;

/// The file that it stands in, and what it is given.
pub type Reader = (&'static str, fn(&[u8]));

/// All of them.
pub const READERS: &[Reader] = &[
    ("observe/api/forward.rs", |bytes| {
        let _ = api::forward::worded(&String::from_utf8_lossy(bytes), 8080);
    }),
    ("observe/api/tls.rs", |bytes| {
        let _ = api::tls::chain_and_key(bytes, bytes);
    }),
    ("observe/command.rs", |bytes| {
        let said = command::text(bytes);
        let _ = command::explain("tool", &said);
    }),
    ("observe/docker_socket.rs", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = docker_socket::of_host(&text);
        let _ = docker_socket::host_of(&text, &docker_socket::current_context(&text));
    }),
    ("observe/kubeconfig/plugin.rs", |bytes| {
        let _ = kubeconfig::plugin::said(&String::from_utf8_lossy(bytes));
    }),
    #[cfg(target_os = "linux")]
    ("observe/diag.rs", |bytes| {
        let _ = diag::messages(bytes, 8080, &mut Vec::new());
    }),
    #[cfg(target_os = "linux")]
    ("observe/holders.rs", |bytes| {
        let _ = holders::sockets(&String::from_utf8_lossy(bytes), 8080).count();
    }),
    ("observe/network.rs", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = network::best(&text, Ipv4Addr::new(10, 96, 0, 10));
    }),
    ("observe/wsl.rs", |bytes| {
        let _ = wsl::home_on_path(&String::from_utf8_lossy(bytes));
    }),
    ("probe/mod.rs", |bytes| {
        let _ = probe::status(bytes);
        let _ = probe::speaks_tls(bytes);
    }),
];
