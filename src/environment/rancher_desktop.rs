//! Rancher Desktop on Windows: k3s in a distribution of WSL2 of its own.
//!
//! A program on Windows listens for what is in there (`host-switch.exe`): for the node port of
//! a Service of type NodePort, and for the own port of one of type LoadBalancer
//! (rancher-desktop @d0484373f `pkg/rancher-desktop/backend/wsl.ts:117-139`,
//! `src/go/guestagent/pkg/kube/servicewatcher_linux.go:156-172`). The distribution has a
//! network namespace of its own, so WSL's forwarding has no part in it. On macOS and Linux it
//! is one of Lima's family.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use super::in_vm::{InVm, Vm};
use super::walls::{Passage, Port, Wall};
use super::{Blocked, Environment, Recognition, Situation, Standstill, Wanted};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::fact::wsl::traces;
use crate::remedy::argv;
use crate::report::{Action, Boundary, BoundaryKind, EnvironmentId, Evidence, Fact, Hop, Remedy, Source, State};

const PRODUCT: &str = "Rancher Desktop";
/// The name of its context and cluster (`pkg/rancher-desktop/backend/k3sHelper.ts:974`).
const NAME: &str = "rancher-desktop";

/// Rancher Desktop on Windows, asked from there or from a distribution.
pub struct RancherDesktop;

impl Environment for RancherDesktop {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        if situation.context != NAME || situation.cluster != NAME {
            return Recognition::No;
        }
        let host = match &situation.host {
            Seen::Pending => return Recognition::Pending,
            Seen::Known(host) => host,
            Seen::Absent | Seen::Unavailable(_) => return Recognition::No,
        };
        if host.os != "windows" {
            match traces(asking) {
                Seen::Pending => return Recognition::Pending,
                Seen::Known(traces) if traces.version() == Some(2) => {}
                _ => return Recognition::No,
            }
        }
        match &situation.nodes {
            Seen::Pending => return Recognition::Pending,
            // k3s of the distribution itself has an address of this computer.
            Seen::Known(nodes) => {
                let own = |ip: Option<IpAddr>| ip.is_some_and(|ip| host.owns(ip));
                if !nodes.iter().any(|node| node.is_k3s() && !own(node.internal_ip())) {
                    return Recognition::No;
                }
            }
            // The names are its own, and nobody else answers to them.
            Seen::Absent | Seen::Unavailable(_) => {}
        }
        let because = vec![Evidence::new(Source::Kubeconfig, Fact::ContextName { name: NAME.into() })];
        let wall: Rc<dyn Wall> = Rc::new(HostSwitch);
        let place = InVm::new(situation, (EnvironmentId::RancherDesktop, PRODUCT), because, Box::new(Machine));
        Recognition::Yes(Box::new(place.behind([wall])))
    }
}

/// Its distribution.
struct Machine;

impl Vm for Machine {
    fn is_beside(&self) -> bool {
        true
    }

    /// Whether it runs was not asked: a distribution that it does not serve is refused as well.
    fn standstill(&self, _asking: &Asking, api: &Why) -> Option<Standstill> {
        let start = Remedy::new(Action::StartProduct { product: PRODUCT }, argv(&["rdctl", "start"]));
        let stopped = Finding::ProductStopped { product: PRODUCT };
        (*api == Why::Refused).then(|| Blocked { finding: stopped, remedies: vec![start] }.into())
    }
}

/// The program on Windows that listens for what the distribution offers.
struct HostSwitch;

impl Wall for HostSwitch {
    fn boundary(&self) -> Boundary {
        Boundary { kind: BoundaryKind::Vm, name: PRODUCT.into(), state: "unknown".into() }
    }

    fn passage(&self, _asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        // At all addresses where an administrator installed it, else at loopback
        // (`backend/wsl.ts:833`): which of the two, nobody here can see.
        let at = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port.number);
        let fact = Fact::PortBroughtOut { product: PRODUCT, port: port.number };
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact));
        let finding = Finding::PortNotBroughtOut { product: PRODUCT, port: port.number, sure: true };
        let remedies = wanted.port_forward().into_iter().collect();
        Passage { hop, at: Some(at), blocked: Some(Blocked { finding, remedies }) }
    }
}
