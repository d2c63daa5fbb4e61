//! A profile that does not run, or not where the kubeconfig leads (8.1, I4 and I5; section F
//! of the real runs).

mod containers;
mod vms;

use netpath::ask::Why;

pub const START: &str = "minikube -p minikube start";
pub const RENEW: &str = "minikube -p minikube update-context";
pub const CONTEXTS: &str = "kubectl config get-contexts";

pub fn unreachable() -> Why {
    Why::Unreachable { detail: "No route to host (os error 113)".into() }
}
