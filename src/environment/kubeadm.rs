//! A cluster that `kubeadm init` made on this computer.
//!
//! kubeadm makes the nodes of kind and minikube as well: those have names of their own, and
//! addresses that are not this computer's.
//!
//! Facts: kubernetes.io, "Creating a cluster with kubeadm", "kubeadm init phase upload-config
//! kubeadm", "Troubleshooting kubeadm"; kubernetes `cmd/kubeadm/app/constants/constants.go`.

use super::Situation;
use super::this_computer::Tool;
use crate::answers::{Asking, Seen};
use crate::fact::cluster::{Node, kubeadm_config};
use crate::remedy::argv;
use crate::report::{Argv, EnvironmentId, Evidence, Fact, Source};

/// kubeadm.
pub struct Kubeadm;

/// The annotation that kubeadm gives the nodes it makes.
const SOCKET: &str = "kubeadm.alpha.kubernetes.io/cri-socket";
/// What kubeadm keeps in the cluster.
const CONFIG: &str = "kube-system/kubeadm-config";

impl Tool for Kubeadm {
    fn id(&self) -> EnvironmentId {
        EnvironmentId::Kubeadm
    }

    fn name(&self) -> &'static str {
        "kubeadm"
    }

    /// The API server is a static Pod of the kubelet.
    fn service(&self) -> &'static str {
        "kubelet"
    }

    fn fingerprint(&self, asking: &Asking, node: &Node) -> Seen<Evidence> {
        // A tool that has a name for its nodes is that tool, whatever it uses inside.
        if !node.spec.provider_id.is_empty() || node.minikube_profile().is_some() {
            return Seen::Absent;
        }
        if node.kubeadm_socket().is_some() {
            return Seen::Known(Evidence::new(Source::Api("Node"), Fact::NodeAnnotation { annotation: SOCKET }));
        }
        kubeadm_config(asking).map(|_| Evidence::new(Source::Api("ConfigMap"), Fact::ObjectThere { name: CONFIG }))
    }

    /// It writes the address that the API server tells others, never loopback.
    fn is_named(&self, situation: &Situation) -> bool {
        let named = situation.context == "kubernetes-admin@kubernetes" && situation.cluster == "kubernetes";
        named && !situation.server.is_loopback() && situation.server.port == 6443
    }

    /// The API server's manifest, which only root may read.
    fn trace(&self) -> &'static str {
        "/etc/kubernetes/manifests/kube-apiserver.yaml"
    }

    fn start(&self) -> Vec<Argv> {
        vec![argv(&["sudo", "systemctl", "start", "kubelet"])]
    }

    fn restart(&self) -> Vec<Argv> {
        vec![argv(&["sudo", "systemctl", "restart", "kubelet"])]
    }

    fn log(&self) -> Argv {
        argv(&["sudo", "journalctl", "-u", "kubelet", "-n", "30", "--no-pager"])
    }

    fn kubeconfig(&self) -> Argv {
        argv(&["sudo", "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "config", "view", "--raw"])
    }

    /// It leaves the container runtime to others: only containerd's own command is known.
    fn import(&self, runtime: Option<&str>, archive: &str) -> Option<Argv> {
        runtime.filter(|socket| socket.contains("containerd"))?;
        Some(argv(&["sudo", "ctr", "-n", "k8s.io", "images", "import", archive]))
    }
}
