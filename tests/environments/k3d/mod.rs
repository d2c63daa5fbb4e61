//! k3d: a proxy in front of nodes that are containers (rules K1 to K7 and D3).

mod balancer;
mod facts;
mod identify;
mod ingress;
pub mod machine;
mod roads;
mod stopped;
