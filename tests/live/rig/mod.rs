//! What the tests stand on: clusters, scenes, who asks, and what was said.

mod cluster;
mod engine;
mod ingress;
mod laptop;
mod reader;
mod said;
mod scene;
mod viewer;

pub use cluster::{Cluster, Done, MOUNTED, WORKER, app_image, delete_all, finish, tool, until};
pub use engine::{Removed, Stranger, end_forwarder};
pub use ingress::UNLABELLED;
pub use laptop::Walls;
pub use scene::Scene;
