//! What the tests of the whole program stand on: a real API server in the test process
//! ([`ApiServer`]), a private little computer to run the binary on ([`World`]) and one
//! healthy cluster to serve or to break ([`Cluster`]). A [`Lab`] is all of it together:
//! a kind cluster with its engine ([`engine`]) and a published port ([`Door`]).
//!
//! Everything stays on the loopback interface.
#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

mod answers;
mod big;
mod cluster;
mod door;
mod engine;
mod lab;
mod schema;
mod server;
#[cfg(unix)]
mod terminal;
mod tls;
mod world;

pub use big::{Big, Like};
pub use cluster::{Cluster, healthy};
pub use door::{Behind, Door};
pub use engine::Container;
#[cfg(unix)]
pub use engine::{engine, engine_at, only};
pub use lab::{Lab, Plan, Report};
pub use schema::assert_fits;
pub use server::{ApiServer, Arrived, Fault, Names};
#[cfg(unix)]
pub use terminal::{Terminal, have, on_path};
pub use world::{Output, World};

/// The bearer token that the server wants and that its kubeconfig carries.
pub const TOKEN: &str = "CANARY-TOKEN";

/// Words that [`healthy`] and the kubeconfig put where a recording must never look:
/// container environment, annotations, secrets (arguments, probe headers, Secret data)
/// and credentials.
pub const CANARIES: [&str; 4] = ["CANARY-ENV", "CANARY-ANNOTATION", "CANARY-SECRET", TOKEN];

/// Fails if a text holds anything that must never leave the cluster or the kubeconfig.
#[track_caller]
pub fn assert_no_canary(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} leaked into:\n{text}");
    }
}
