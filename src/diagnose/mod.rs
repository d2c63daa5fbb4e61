//! Stage 2: what can be wrong between the node and the process in the Pod.

pub mod finding;
pub mod registry;
