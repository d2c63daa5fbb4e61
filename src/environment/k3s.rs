//! k3s as a service of this computer.
//!
//! Its kubelet, kube-proxy and API server are one process, `k3s server`. Its load balancer
//! (ServiceLB) and its Ingress controller (Traefik) run in the cluster, and take ports of
//! this computer.
//!
//! Facts: docs.k3s.io, "Cluster Access", "Networking Services", "Import Images" (k3s-io/docs
//! `docs/cluster-access.md`, `docs/networking/networking-services.md`, `docs/import-images.md`);
//! k3s `pkg/cloudprovider/instances.go` (providerID).

use super::Situation;
use super::this_computer::Tool;
use crate::answers::{Asking, Seen};
use crate::fact::cluster::Node;
use crate::remedy::argv;
use crate::report::{Argv, EnvironmentId, Evidence, Fact, Source};

/// k3s.
pub struct K3s;

/// Names of k3s nodes that another tool's VM or container has. Whoever asks from inside of
/// one starts it with that tool, not as a service.
const OTHERS: [&str; 3] = ["colima", "lima-rancher-desktop", "orbstack"];

impl Tool for K3s {
    fn id(&self) -> EnvironmentId {
        EnvironmentId::K3s
    }

    fn name(&self) -> &'static str {
        "k3s"
    }

    /// The providerID `k3s://NODE`, which the built-in cloud controller sets; without that
    /// (`--disable-cloud-controller`) the version is left.
    fn fingerprint(&self, _asking: &Asking, node: &Node) -> Seen<Evidence> {
        let id = &node.spec.provider_id;
        let name = id.strip_prefix("k3s://").unwrap_or(&node.metadata.name);
        let colima = name.starts_with("colima-");
        if name.starts_with("k3d-") || colima || OTHERS.contains(&name) {
            return Seen::Absent;
        }
        let source = Source::Api("Node");
        if id.starts_with("k3s://") {
            return Seen::Known(Evidence::new(source, Fact::ProviderId { id: id.clone() }));
        }
        if !id.is_empty() || !node.is_k3s() {
            return Seen::Absent;
        }
        let version = node.status.node_info.kubelet_version.clone();
        Seen::Known(Evidence::new(source, Fact::KubeletVersion { version }))
    }

    fn is_named(&self, situation: &Situation) -> bool {
        situation.context == "default" && situation.cluster == "default" && situation.server.port == 6443
    }

    /// The unit that the install script writes (`install.sh`, FILE_K3S_SERVICE).
    fn trace(&self) -> &'static str {
        "/etc/systemd/system/k3s.service"
    }

    fn start(&self) -> Vec<Argv> {
        vec![argv(&["sudo", "systemctl", "start", "k3s"])]
    }

    fn restart(&self) -> Vec<Argv> {
        vec![argv(&["sudo", "systemctl", "restart", "k3s"])]
    }

    fn log(&self) -> Argv {
        argv(&["sudo", "journalctl", "-u", "k3s", "-n", "30", "--no-pager"])
    }

    /// Only root may read `/etc/rancher/k3s/k3s.yaml`, unless it was told otherwise.
    fn kubeconfig(&self) -> Argv {
        argv(&["sudo", "k3s", "kubectl", "config", "view", "--raw"])
    }

    fn has_servicelb(&self) -> bool {
        true
    }

    fn import(&self, _runtime: Option<&str>, archive: &str) -> Option<Argv> {
        Some(argv(&["sudo", "k3s", "ctr", "images", "import", archive]))
    }
}
