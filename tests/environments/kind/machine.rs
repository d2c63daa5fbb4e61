//! Computers with a kind cluster "dev" on them. Containers have the shape that engines
//! really print (3.4 of the reference, and a real podman 4.3.1 and nerdctl 2.1.2).

use netpath::ask::Engine;
use serde_json::json;

use crate::machine::{Container, Machine, http_200};

/// The node's address in the engine's network, and the network's gateway.
pub const NODE: &str = "172.18.0.2";
pub const GATEWAY: &str = "172.18.0.1";
const API_SERVER: (&str, &str, u16) = ("6443/tcp", "127.0.0.1", 41000);

/// The labels of a node's container.
fn labels(role: &'static str) -> [(&'static str, &'static str); 2] {
    [("io.x-k8s.kind.cluster", "dev"), ("io.x-k8s.kind.role", role)]
}

/// An engine in a VM or without root: its network is not this computer's.
pub fn behind_a_wall(os: &'static str, engine: Engine, published: &[(&str, &str, u16)]) -> Machine {
    let mut machine = Machine::bare("kind", os, "kind-dev", "https://127.0.0.1:41000", ("dev-control-plane", NODE));
    machine.provider_id(&format!("kind://{engine}/dev/dev-control-plane"));
    let published = [&[API_SERVER], published].concat();
    machine.add_container(
        engine,
        &Container {
            name: "dev-control-plane",
            labels: &labels("control-plane"),
            state: "running",
            published: &published,
            network: ("kind", NODE, GATEWAY),
        },
    );
    machine
}

/// Root's engine on this Linux: the bridge is this computer's own, and the node port answers
/// at the node's address.
pub fn linux(engine: Engine, published: &[(&str, &str, u16)]) -> Machine {
    let mut machine = behind_a_wall("linux", engine, published);
    machine.interfaces.push(("br-18", GATEWAY, 16));
    machine.doors.push(("172.18.0.2:30080", http_200()));
    machine
}

impl Machine {
    /// Names the tool that made the first node.
    pub fn provider_id(&mut self, id: &str) -> &mut Self {
        self.object("/api/v1/nodes", |nodes| nodes["items"][0]["spec"]["providerID"] = json!(id))
    }

    /// Adds a worker with published ports.
    pub fn worker(&mut self, engine: Engine, state: &str, published: &[(&str, &str, u16)]) -> &mut Self {
        self.add_node_object("dev-worker", "172.18.0.3");
        let name = "dev-worker";
        let network = ("kind", "172.18.0.3", GATEWAY);
        self.add_container(engine, &Container { name, labels: &labels("worker"), state, published, network })
    }

    /// The Pod and its endpoint run on a node.
    pub fn run_on(&mut self, node: &str) -> &mut Self {
        self.object("/api/v1/namespaces/default/pods", |pods| pods["items"][0]["spec"]["nodeName"] = json!(node));
        self.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
            slices["items"][0]["endpoints"][0]["nodeName"] = json!(node);
        })
    }

    /// Changes what the engine prints of the first node's container.
    pub fn inspect(&mut self, change: impl Fn(&mut serde_json::Value)) -> &mut Self {
        change(&mut self.containers[0].1[0]);
        self
    }

    /// Whether the engine says that it runs without root.
    pub fn rootless(&mut self, rootless: bool) -> &mut Self {
        self.engine_info = json!({ "host": { "security": { "rootless": rootless } } });
        self
    }
}
