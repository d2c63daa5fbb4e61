//! kind with every engine: the rules D, N, H and L of its list, each with a near-miss.

mod balancer;
mod engines;
mod ingress;
pub mod machine;
mod podman_machine;
mod ports;
mod silent;
mod taken;

/// What opens a node port without an engine's help.
const PORT_FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";

/// The forwarder for the node port 30080.
fn forwarder(engine: &str, image: &str) -> String {
    format!(
        "{engine} run -d --name netpath-30080 --network kind -p 127.0.0.1:30080:30080 \
         --label netpath.forwards-to=dev-control-plane:30080 {image} \
         tcp-listen:30080,fork,reuseaddr tcp:dev-control-plane:30080"
    )
}

/// The remedy that loses the cluster; what is written first is in the expected JSON.
fn recreate(before: &str) -> String {
    format!(
        "{before}kind delete cluster --name dev && \
         {before}kind create cluster --name dev --config kind-dev-30080.yaml [destructive]"
    )
}
