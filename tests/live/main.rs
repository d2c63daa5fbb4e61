//! The binary against a real kind cluster: a fault is made, netpath is asked, what it
//! prints as the remedy is run, and netpath is asked again.
//!
//! Ignored by default, since it needs `docker`, `kind` and `kubectl`; CONTRIBUTING.md says
//! how to run it. All packets stay on this computer: loopback, the engine's bridge, and a
//! network namespace of the tests' own.
#![allow(clippy::disallowed_methods, reason = "a test looks at the world")]
#![allow(clippy::print_stdout, reason = "what was asked and said; shown when a test fails")]

mod cluster;
mod laptop;
mod run;
mod scene;

mod application;
mod healthy;
mod node;
mod pods;
mod rights;
mod service;
mod way_in;
mod zz_last;
