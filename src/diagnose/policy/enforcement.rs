//! Who enforces NetworkPolicy: without a network plugin (CNI) that does, a policy is a
//! piece of paper (S14).

use crate::answers::{Asking, Seen};
use crate::fact::cluster::{DaemonSet, all_daemonsets, cluster_role};
use crate::fact::read::Shared;

/// A network plugin that enforces NetworkPolicy.
#[derive(Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The name of its DaemonSet.
    daemonset: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Kinds of policies of its own, which netpath does not evaluate.
    pub own_kinds: &'static [&'static str],
    /// It drops what no policy admits, so that the sender waits in vain; kube-router
    /// rejects it, so that the sender hears at once (`controllers/netpol/pod.go:124`
    /// @7c2c2779).
    pub drops: bool,
}

const CALICO: &[&str] = &["networkpolicies.crd.projectcalico.org", "globalnetworkpolicies.crd.projectcalico.org"];
const CILIUM: &[&str] = &["ciliumnetworkpolicies.cilium.io", "ciliumclusterwidenetworkpolicies.cilium.io"];
const ANTREA: &[&str] = &["networkpolicies.crd.antrea.io", "clusternetworkpolicies.crd.antrea.io"];

/// By the names that the plugins' own manifests give their DaemonSets. Flannel is not
/// among them: it enforces nothing by itself, but may stand beside something that does.
static PLUGINS: &[Plugin] = &[
    Plugin { daemonset: "calico-node", name: "Calico", own_kinds: CALICO, drops: true },
    Plugin { daemonset: "canal", name: "Calico", own_kinds: CALICO, drops: true },
    Plugin { daemonset: "cilium", name: "Cilium", own_kinds: CILIUM, drops: true },
    Plugin { daemonset: "antrea-agent", name: "Antrea", own_kinds: ANTREA, drops: true },
    Plugin { daemonset: "kube-router", name: "kube-router", own_kinds: &[], drops: false },
    Plugin { daemonset: "weave-net", name: "Weave Net", own_kinds: &[], drops: true },
    Plugin { daemonset: KINDNET, name: "kindnet", own_kinds: &[], drops: true },
];
const KINDNET: &str = "kindnet";

/// Whether something in the cluster enforces NetworkPolicy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// This plugin does.
    By(&'static Plugin),
    /// The cluster's plugin is known not to.
    Nobody,
    /// Nobody can tell: plugins may be built in (k3s) or unknown here.
    Unknown,
}

/// Looks for a plugin that enforces NetworkPolicy.
pub fn enforcement(asking: &Asking) -> Seen<Enforcement> {
    let running = match all_daemonsets(asking) {
        Seen::Known(all) => PLUGINS.iter().find(|plugin| all.iter().any(|found| plugin.runs_as(found))),
        other => return other.map(|_| Enforcement::Unknown),
    };
    match running {
        Some(plugin) if plugin.daemonset == KINDNET => kindnet(asking, plugin),
        Some(plugin) => Seen::Known(Enforcement::By(plugin)),
        None => Seen::Known(Enforcement::Unknown),
    }
}

/// kindnet enforces since kind v0.24 (kind `images/kindnetd/cmd/kindnetd/main.go:224-266`
/// @fed2688), and minikube ships it too. It can only do so where it may read policies:
/// kind c3e24ff gave it that right.
fn kindnet(asking: &Asking, plugin: &'static Plugin) -> Seen<Enforcement> {
    cluster_role(asking, KINDNET).map(|role| {
        let reads = role.rules.iter().flat_map(|rule| &rule.resources).any(|resource| resource == "networkpolicies");
        if reads { Enforcement::By(plugin) } else { Enforcement::Nobody }
    })
}

impl Plugin {
    fn runs_as(&self, found: &Shared<DaemonSet>) -> bool {
        found.metadata.name == self.daemonset && found.status.number_ready > 0
    }
}
