//! The truth table of hosts and drivers (3.2): what can be reached from where, and what
//! opens what cannot. Each row with a machine where it must not be said.

mod linux;
mod macos;
mod windows;

/// What opens a node port of a node behind forwards, without losing anything.
pub const SERVICE: &str = "minikube -p minikube service web --url [blocks]";
pub const PORT_FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";

/// What may help where the node takes no traffic at the node port.
pub const KUBE_PROXY: &str = "kubectl -n kube-system rollout restart daemonset/kube-proxy";

/// The remedy that loses the cluster.
pub fn recreate(driver: &str) -> String {
    format!(
        "minikube -p minikube delete && \
         minikube -p minikube start --driver={driver} --ports=127.0.0.1:30080:30080 [destructive]"
    )
}
