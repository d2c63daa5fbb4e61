//! Machines with minikube on them.

mod profile;
mod ready;

pub use self::ready::*;
pub use crate::machine::{Machine, http_200, report};
