//! Clusters that run directly on this computer: k3s, MicroK8s, k0s, kubeadm (2.5, and the last
//! block of section 10).

mod balancer;
mod down;
mod environment;
mod identify;
mod ingress;
pub mod machine;
mod roads;
