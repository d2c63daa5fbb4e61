//! The shell: everything that looks at the world. Each look has its own time limit.

pub mod api;
pub mod kubeconfig;
