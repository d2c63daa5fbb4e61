//! The binary against a real kind cluster: a fault is made, netpath is asked, what it
//! prints as the remedy is run, and netpath is asked again.
//!
//! `faults/` has one file per fault and `silent/` one per case that looks like a fault and
//! is none; `rig/` is what they stand on. A file there changes one thing about a scene in
//! which all is well, and says what netpath has to say.
//!
//! Ignored by default, since it needs `docker`, `kind` and `kubectl`; CONTRIBUTING.md says
//! how to run it. All packets stay on this computer: loopback, the engine's bridge, and a
//! network namespace of the tests' own.
#![allow(clippy::disallowed_methods, reason = "a test looks at the world")]
#![allow(clippy::print_stdout, reason = "what was asked and said; shown when a test fails")]

mod rig;

mod faults;
mod silent;
mod zz_last;
