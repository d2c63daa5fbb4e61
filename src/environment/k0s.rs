//! k0s as a service of this computer.
//!
//! Facts: k0sproject/k0s @dff90cee, `docs/install.md` (start, kubelet's version),
//! `cmd/kubeconfig/create.go` and `cmd/kubeconfig/admin.go` (names), `cmd/ctr/ctr.go` (its
//! own containerd, namespace k8s.io), `docs/examples/metallb-loadbalancer.md` (no load
//! balancer of its own).

use super::Situation;
use super::this_computer::Tool;
use crate::answers::{Asking, Seen};
use crate::fact::cluster::Node;
use crate::remedy::argv;
use crate::report::{Argv, EnvironmentId, Evidence, Fact, Source};

/// k0s.
pub struct K0s;

impl Tool for K0s {
    fn id(&self) -> EnvironmentId {
        EnvironmentId::K0s
    }

    fn name(&self) -> &'static str {
        "k0s"
    }

    fn fingerprint(&self, _asking: &Asking, node: &Node) -> Seen<Evidence> {
        if !node.is_k0s() {
            return Seen::Absent;
        }
        let version = node.status.node_info.kubelet_version.clone();
        Seen::Known(Evidence::new(Source::Api("Node"), Fact::KubeletVersion { version }))
    }

    /// `k0s kubeconfig create` says k0s, `k0s kubeconfig admin` says Default and local.
    fn is_named(&self, situation: &Situation) -> bool {
        let names = (situation.context.as_str(), situation.cluster.as_str());
        [("k0s", "k0s"), ("Default", "local")].contains(&names) && situation.server.port == 6443
    }

    /// The unit that `k0s install controller` writes.
    fn trace(&self) -> &'static str {
        "/etc/systemd/system/k0scontroller.service"
    }

    fn start(&self) -> Vec<Argv> {
        vec![argv(&["sudo", "k0s", "start"])]
    }

    fn restart(&self) -> Vec<Argv> {
        vec![argv(&["sudo", "k0s", "stop"]), argv(&["sudo", "k0s", "start"])]
    }

    fn log(&self) -> Argv {
        argv(&["sudo", "journalctl", "-u", "k0scontroller", "-n", "30", "--no-pager"])
    }

    fn kubeconfig(&self) -> Argv {
        argv(&["sudo", "k0s", "kubeconfig", "admin"])
    }

    fn import(&self, _runtime: Option<&str>, archive: &str) -> Option<Argv> {
        Some(argv(&["sudo", "k0s", "ctr", "images", "import", archive]))
    }
}
