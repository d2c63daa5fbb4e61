//! What is known about the world: slim typed values and the questions that yield them.
//!
//! Every struct here is an allow-list. A field that is not named cannot enter a report
//! or a recording, whatever the cluster or the engine sends.

pub mod bulk;
pub mod cluster;
pub mod engine;
pub mod host;
pub mod installed;
pub mod kubeconfig;
pub mod lima;
pub mod live;
pub mod minikube;
pub mod read;
pub mod reserved;
pub mod said;
pub mod wsl;
