//! What the tests stand on: clusters, scenes, who asks, and what was said.

mod cluster;
mod ingress;
mod laptop;
mod reader;
mod said;
mod scene;
mod viewer;

pub use cluster::{Cluster, app_image, delete_all, tool, until};
pub use scene::Scene;
