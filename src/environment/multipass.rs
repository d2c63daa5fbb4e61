//! MicroK8s in a Multipass VM, as its installer for macOS and Windows makes it.
//!
//! Nothing is forwarded to localhost: the VM's own address leads in, which this computer is
//! in the network of (MicroK8s docs, "Services and ports"; microk8s#4219, #4494).

use super::in_vm::{InVm, Vm};
use super::{Environment, Recognition, Situation, Standstill};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::remedy::argv;
use crate::report::{Argv, Boundary, BoundaryKind, EnvironmentId, Evidence, Fact, Remedy, Source};

const PRODUCT: &str = "Multipass";
/// The VM, and the node in it.
const VM: &str = "microk8s-vm";

/// MicroK8s in a Multipass VM.
pub struct Multipass;

impl Environment for Multipass {
    fn recognise(&self, _asking: &Asking, situation: &Situation) -> Recognition {
        match &situation.nodes {
            Seen::Pending => Recognition::Pending,
            Seen::Known(nodes) if nodes.iter().any(|node| node.metadata.name == VM) => {
                let fact = Fact::NodeName { node: VM.into() };
                let because = vec![Evidence::new(Source::Api("Node"), fact)];
                let vm = Box::new(Machine);
                Recognition::Yes(Box::new(InVm::new(situation, (EnvironmentId::Microk8s, PRODUCT), because, vm)))
            }
            _ => Recognition::No,
        }
    }
}

struct Machine;

impl Vm for Machine {
    fn boundary(&self) -> Option<Boundary> {
        Some(Boundary { kind: BoundaryKind::Vm, name: VM.into(), state: "unknown".into() })
    }

    /// Its state was not asked for, and the API server's silence has other reasons.
    fn standstill(&self, _asking: &Asking, _api: &Why) -> Option<Standstill> {
        None
    }

    fn look_inside(&self, node_port: u16) -> Option<Argv> {
        let url = format!("http://127.0.0.1:{node_port}/");
        Some(argv(&["multipass", "exec", VM, "--", "curl", "-sS", "-m", "3", &url]))
    }

    fn start_kubelet(&self) -> Option<Remedy> {
        let command = argv(&["multipass", "exec", VM, "--", "sudo", "microk8s", "start"]);
        Some(Remedy::new(crate::report::Action::StartKubelet { node: VM.into() }, command))
    }
}
