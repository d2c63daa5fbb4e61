//! MicroK8s, the snap, on this computer. On macOS and Windows it is in a VM of Multipass,
//! which is not this.
//!
//! Facts: canonical/microk8s @d099c907, `microk8s-resources/client-x509.config.template`
//! (names and port), `default-args/kubelet` (label), `wrappers/microk8s-start.wrapper`,
//! `wrappers/microk8s-config.wrapper`, `scripts/wrappers/images.py`; canonical/microk8s-core-addons
//! `addons/metallb/enable`.

use super::Situation;
use super::this_computer::Tool;
use crate::answers::{Asking, Seen};
use crate::fact::cluster::Node;
use crate::remedy::argv;
use crate::report::{Action, Argv, EnvironmentId, Evidence, Fact, Remedy, Source};

/// MicroK8s.
pub struct Microk8s;

impl Tool for Microk8s {
    fn id(&self) -> EnvironmentId {
        EnvironmentId::Microk8s
    }

    fn name(&self) -> &'static str {
        "MicroK8s"
    }

    fn fingerprint(&self, _asking: &Asking, node: &Node) -> Seen<Evidence> {
        let Some(value) = node.microk8s_label() else { return Seen::Absent };
        let fact = Fact::NodeLabel { label: "microk8s.io/cluster", value: value.into() };
        Seen::Known(Evidence::new(Source::Api("Node"), fact))
    }

    fn is_named(&self, situation: &Situation) -> bool {
        situation.context == "microk8s" && situation.cluster == "microk8s-cluster" && situation.server.port == 16443
    }

    /// What snapd mounts for the snap.
    fn trace(&self) -> &'static str {
        "/snap/microk8s/current/meta/snap.yaml"
    }

    /// It calls sudo by itself where it has to.
    fn start(&self) -> Vec<Argv> {
        vec![argv(&["microk8s", "start"])]
    }

    fn restart(&self) -> Vec<Argv> {
        vec![argv(&["microk8s", "stop"]), argv(&["microk8s", "start"])]
    }

    /// Kubelet, kube-proxy and API server are one process, kubelite.
    fn log(&self) -> Argv {
        argv(&["sudo", "journalctl", "-u", "snap.microk8s.daemon-kubelite", "-n", "30", "--no-pager"])
    }

    fn kubeconfig(&self) -> Argv {
        argv(&["microk8s", "config"])
    }

    fn import(&self, _runtime: Option<&str>, archive: &str) -> Option<Argv> {
        Some(argv(&["microk8s", "images", "import", archive]))
    }

    fn load_balancer(&self) -> Option<Remedy> {
        Some(Remedy::new(Action::EnableMetallb, argv(&["microk8s", "enable", "metallb"])))
    }
}
