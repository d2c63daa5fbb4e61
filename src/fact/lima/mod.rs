//! Lima, and colima and Rancher Desktop, which are made of it.

mod config;
mod instance;
mod log;

pub use self::config::{ColimaConfig, colima_config, first_free_port};
pub use self::instance::{Forward, Instance, Instances, lima_instances};
pub use self::log::{Failed, Log, forwarding_log};
