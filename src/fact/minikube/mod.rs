//! What minikube leaves on this computer: its files, its processes, its own view.
//!
//! Facts: kubernetes/minikube @eb25dbc (2026-08-23), and a real minikube v1.38 on Linux
//! with the docker driver.

mod process;
mod profile;
mod status;
mod tunnel;

pub use process::{Forward, Process, Ssh, processes};
pub use profile::{Home, Node, Profile, active, profile};
pub use status::{Status, status};
pub use tunnel::{Entry, tunnels};
