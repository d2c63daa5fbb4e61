//! OrbStack's own Kubernetes, in the VM that it keeps on macOS.
//!
//! It routes the addresses of Pods, Services and the node to the Mac, and serves load
//! balancers at `*.k8s.orb.local` (docs.orbstack.dev, "Kubernetes"; orbstack#1). Node ports
//! are at localhost as well, on loopback only (reported). It is closed source: what a probe
//! did not show stays open.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use super::in_vm::{InVm, Vm, known_by};
use super::walls::taken::Listening;
use super::walls::{Opened, Passage, Port, Wall};
use super::{Blocked, Environment, Recognition, Situation, Standstill, Wanted};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::fact::cluster::Node;
use crate::fact::engine::info;
use crate::remedy::argv;
use crate::report::{Action, Boundary, BoundaryKind, EnvironmentId, Evidence, Fact, Hop, Remedy, Source, State};

const PRODUCT: &str = "OrbStack";
/// The name of context, cluster and node.
const NAME: &str = "orbstack";

/// OrbStack's own Kubernetes.
pub struct OrbStack;

impl Environment for OrbStack {
    fn recognise(&self, _asking: &Asking, situation: &Situation) -> Recognition {
        let because = match known_by(situation, NAME, |node| own(node).map(|fact| (fact, ()))) {
            Seen::Pending => return Recognition::Pending,
            Seen::Known((because, _)) => because,
            Seen::Absent | Seen::Unavailable(_) => return Recognition::No,
        };
        let os = situation.os();
        let restart = vec![argv(&["orb", "stop"]), argv(&["orb", "start"])];
        let listening = Listening { product: PRODUCT, own: &["OrbStack", "orbstack"], os, restart };
        let wall: Rc<dyn Wall> = Rc::new(Helper { listening });
        let place = InVm::new(situation, (EnvironmentId::Orbstack, PRODUCT), vec![because], Box::new(Machine));
        Recognition::Yes(Box::new(place.behind([wall])))
    }
}

/// What a node of its says of itself: its k3s has a version of its own (public outputs).
fn own(node: &Node) -> Option<Fact> {
    let info = &node.status.node_info;
    if info.kubelet_version.contains("+orb") {
        return Some(Fact::KubeletVersion { version: info.kubelet_version.clone() });
    }
    let image = &info.os_image;
    (image == PRODUCT).then(|| Fact::NodeImage { node: node.metadata.name.clone(), image: image.clone() })
}

/// The VM.
struct Machine;

impl Vm for Machine {
    fn is_routed(&self) -> bool {
        true
    }

    /// Its engine tells whether it runs at all. To start Kubernetes restarts that engine: all
    /// other containers stop (orbstack#2043).
    fn standstill(&self, asking: &Asking, _api: &Why) -> Option<Standstill> {
        let engine = info(asking, Engine::Docker);
        let runs = engine.known().is_some_and(|info| info.operating_system == PRODUCT);
        let silent = engine.unavailable().is_some_and(|why| !matches!(why, Why::ToolNotFound { .. }));
        let (finding, command) = if runs {
            (Finding::ProductKubernetesOff { product: PRODUCT }, argv(&["orb", "start", "k8s"]))
        } else if silent {
            (Finding::ProductStopped { product: PRODUCT }, argv(&["orb", "start"]))
        } else {
            return None; // another engine answers: nothing tells of this one
        };
        let start = Remedy::new(Action::StartProduct { product: PRODUCT }, command);
        Some(Blocked { finding, remedies: vec![start] }.into())
    }
}

/// The program on the Mac that listens for what the VM offers.
struct Helper {
    listening: Listening,
}

impl Wall for Helper {
    fn boundary(&self) -> Boundary {
        Boundary { kind: BoundaryKind::Vm, name: PRODUCT.into(), state: "unknown".into() }
    }

    fn passage(&self, asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number));
        // Whether it would be at localhost was only reported: a stranger there is no proof that
        // nothing else leads in, and its answer none that something does.
        if let Some(Passage { hop, .. }) = self.listening.taken(asking, wanted, port, at) {
            return Passage { hop: Hop { state: State::Unknown, ..hop }, at: None, blocked: None };
        }
        let fact = Fact::PortBroughtOut { product: PRODUCT, port: port.number };
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact));
        let finding = Finding::PortNotBroughtOut { product: PRODUCT, port: port.number, sure: false };
        // The name is for load balancers, whose ports it has (docs.orbstack.dev).
        let by_name = (port.opened == Opened::LoadBalancer).then(|| {
            let url = format!("http://k8s.orb.local:{}/", port.number);
            Remedy::new(Action::AskByName { name: "k8s.orb.local".into() }, argv(&["curl", &url]))
        });
        let remedies = by_name.into_iter().chain(wanted.port_forward()).collect();
        Passage { hop, at: Some(at), blocked: Some(Blocked { finding, remedies }) }
    }
}
