//! Clusters in a VM of Lima's: Lima's own k3s and k8s templates, colima, and Rancher Desktop
//! on macOS and Linux, which are the same VM with other defaults.
//!
//! The name of a Lima cluster's context says nothing (`default`), so its Node is what counts:
//! it is called like the VM, `lima-NAME` (lima-vm/lima @183a60d7
//! `pkg/instance/hostname/hostname.go`). colima names context, cluster and node after its
//! profile (abiosoft/colima @490420d `config/profile.go:35`); Rancher Desktop has one name
//! for all of them (rancher-desktop @d048437 `pkg/rancher-desktop/backend/k3sHelper.ts:973-1052`).

mod holder;
mod opener;
mod product;
pub mod rules;
mod vm;
mod wall;

pub use self::product::Product;
pub use self::wall::of_socket;

use std::rc::Rc;

use self::product::home;
use self::vm::{Machine, Vm};
use self::wall::Forwarding;
use super::in_vm::InVm;
use super::walls::Wall;
use super::{Environment, Recognition, Situation};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::fact::cluster::Node;
use crate::fact::host::variable;
use crate::fact::lima::{Instance, lima_instances};
use crate::report::{Certainty, EnvironmentId, Evidence, Fact, Source};

const RANCHER_DESKTOP: &str = "rancher-desktop";
/// Where Lima puts the kubeconfig of a template (lima-vm/lima @183a60d7 `templates/k3s.yaml`).
const COPIED: &str = "/copied-from-guest/kubeconfig.yaml";

/// Lima, colima and Rancher Desktop.
pub struct Lima;

impl Environment for Lima {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        let os = match &situation.host {
            Seen::Pending => return Recognition::Pending,
            // Rancher Desktop has the same names there, and a distribution of WSL for a VM.
            Seen::Known(host) if host.os == "windows" => return Recognition::No,
            _ => situation.os(),
        };
        let claim = match &situation.nodes {
            Seen::Pending => return Recognition::Pending,
            Seen::Known(nodes) => nodes.iter().find_map(|node| by_node(situation, node)),
            Seen::Absent | Seen::Unavailable(_) => match by_name(asking, situation) {
                Seen::Pending => return Recognition::Pending,
                seen => seen.known().cloned(),
            },
        };
        let Some(Claim { product, name, because, k3s, unseen }) = claim else { return Recognition::No };
        let home = match home(asking, product, &name, &os) {
            Seen::Pending => return Recognition::Claimed,
            seen => seen.known().cloned().flatten(),
        };
        let fits = |instance: &Instance| match product {
            Product::Lima => instance.name == name || host_name(instance) == name,
            Product::Colima | Product::RancherDesktop => instance.name == product.instance(&name),
        };
        let seen = match lima_instances(asking, home.as_deref()) {
            Seen::Pending => return Recognition::Claimed,
            Seen::Known(all) => all.find(fits),
            Seen::Absent => Seen::Absent,
            Seen::Unavailable(why) => Seen::Unavailable(why),
        };
        // It answers, and so it is another one, of another Lima home for example.
        let answers = situation.nodes.known().is_some();
        let seen = match seen {
            Seen::Known(instance) if answers && instance.status == "Stopped" => Seen::Unavailable(Why::Ambiguous),
            seen => seen,
        };
        // A node of that name may be anybody's: only a VM of this computer makes it Lima's.
        if product == Product::Lima && seen.is_absent() {
            return Recognition::No;
        }
        let mut because = vec![because];
        if let Seen::Known(instance) = &seen {
            let fact = Fact::VmInstance { name: instance.name.clone(), status: instance.status.clone() };
            because.push(Evidence::new(Source::Lima, fact));
        }
        let found = seen.known().is_some();
        let name = seen.known().map_or_else(|| product.instance(&name).to_owned(), |instance| instance.name.clone());
        let shown = product.shown(&name).to_owned();
        let machine = Rc::new(Machine { product, name, home, seen, os, k3s, unseen });
        let wall: Rc<dyn Wall> = Rc::new(Forwarding(machine.clone()));
        let vm = Box::new(Vm { machine, server: situation.server.clone() });
        let mut place = InVm::new(situation, (product.id(), product.name()), because, vm).behind([wall]);
        if product == Product::Lima && !found {
            place.certainty = Certainty::Likely;
        }
        place.name = Some(shown);
        Recognition::Yes(Box::new(place))
    }
}

/// What says that it is one of the family.
#[derive(Clone)]
struct Claim {
    product: Product,
    /// Name of the Node, or of the VM where the Nodes could not be read.
    name: String,
    because: Evidence,
    /// Whether the Node says that it is one of k3s; `None` where it could not be read.
    k3s: Option<bool>,
    /// Whether it says that its kubeconfig is where the guest agent does not look.
    unseen: bool,
}

/// By the name of a Node, whose API server is at this computer and which is not this computer
/// itself: netpath may run inside the VM, where nothing is in front of the node.
fn by_node(situation: &Situation, node: &Node) -> Option<Claim> {
    let owns = |ip| situation.host.known().is_some_and(|host| host.owns(ip));
    if !situation.is_near() || node.internal_ip().is_some_and(owns) {
        return None;
    }
    let name = node.metadata.name.clone();
    let product = match name.as_str() {
        "lima-rancher-desktop" => Product::RancherDesktop,
        name if is_colimas(name) => Product::Colima,
        name if name.starts_with("lima-") => Product::Lima,
        _ => return None,
    };
    let because = Evidence::new(Source::Api("Node"), Fact::NodeName { node: name.clone() });
    Some(Claim { product, name, because, k3s: Some(node.is_k3s()), unseen: keeps_kubeconfig(node) })
}

/// k0s and rke2 keep theirs where the guest agent does not look, and bring no kubectl into its
/// PATH (lima-vm/lima @183a60d7 `pkg/guestagent/kubernetesservice/kubernetesservice.go:95-108`,
/// `templates/k0s.yaml`, `templates/experimental/rke2.yaml`). That no Service comes out then was
/// not tried.
fn keeps_kubeconfig(node: &Node) -> bool {
    node.is_k0s() || node.status.node_info.kubelet_version.contains("+rke2")
}

/// The API server is silent: the names that a product gives a context and its cluster, or
/// where Lima put the kubeconfig.
fn by_name(asking: &Asking, situation: &Situation) -> Seen<Claim> {
    let name = situation.context.clone();
    let product = match name.as_str() {
        _ if situation.context != situation.cluster => None,
        RANCHER_DESKTOP => Some(Product::RancherDesktop),
        name if is_colimas(name) => Some(Product::Colima),
        _ => None,
    };
    if let Some(product) = product {
        let because = Evidence::new(Source::Kubeconfig, Fact::ContextName { name: name.clone() });
        return Seen::Known(Claim { product, name, because, k3s: None, unseen: false });
    }
    let path = match variable(asking, "KUBECONFIG") {
        Seen::Known(path) => path,
        Seen::Pending => return Seen::Pending,
        _ => return Seen::Absent,
    };
    let Some((_, name)) = path.strip_suffix(COPIED).and_then(|directory| directory.rsplit_once('/')) else {
        return Seen::Absent;
    };
    let name = name.to_owned();
    let because = Evidence::new(Source::Kubeconfig, Fact::LimaKubeconfig { name: name.clone() });
    Seen::Known(Claim { product: Product::Lima, name, because, k3s: None, unseen: false })
}

fn is_colimas(name: &str) -> bool {
    name == "colima" || name.starts_with("colima-")
}

/// Older limactl do not tell the host name. Dots and underscores become dashes.
fn host_name(instance: &Instance) -> String {
    if !instance.hostname.is_empty() {
        return instance.hostname.clone();
    }
    format!("lima-{}", instance.name.replace(['.', '_'], "-"))
}

impl Product {
    fn id(self) -> EnvironmentId {
        match self {
            Self::Lima => EnvironmentId::Lima,
            Self::Colima => EnvironmentId::Colima,
            Self::RancherDesktop => EnvironmentId::RancherDesktop,
        }
    }
}
