//! Roads into a VM: what its walls bring out, and the node's own address where this
//! computer is in that network.

use std::net::SocketAddr;

use super::InVm;
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::environment::walls::viewer::{By, Offer};
use crate::environment::walls::{Opened, Port, through};
use crate::environment::{Plan, Wanted};
use crate::report::{EnvironmentId, Evidence, Fact, Hop, NotProbed, RoadId, Source, State};
use crate::request::Viewer;

impl InVm {
    pub(super) fn all_roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut plans = Vec::new();
        let is_balanced = wanted.service.spec.kind == "LoadBalancer";
        if is_balanced || wanted.port.node_port != 0 {
            let port = if is_balanced {
                Port { number: wanted.port.port, opened: Opened::LoadBalancer }
            } else {
                Port { number: wanted.port.node_port, opened: Opened::NodePort }
            };
            plans.push(self.forwarded(asking, wanted, port));
        }
        if wanted.port.node_port != 0 {
            plans.extend(self.node_address(wanted));
        }
        plans
    }

    /// Through the walls, to a port of this computer.
    fn forwarded(&self, asking: &Asking, wanted: &Wanted, port: Port) -> Plan {
        let node = self.nodes().first().map(|(name, _)| name.clone());
        let mut plan = Plan::new(RoadId::ForwardedPort, Vec::new(), node);
        if let Some((hop, blocked)) = self.vm.balancer(asking, wanted).filter(|_| port.opened == Opened::LoadBalancer) {
            plan.hops.push(hop);
            if blocked.is_some() {
                plan.blocked = blocked;
                return plan;
            }
        }
        let outside = through(self.vm.walls(), asking, wanted, port, &mut plan);
        match (wanted.viewer, outside) {
            (Viewer::Lan, Some(at)) if at.ip().is_loopback() => {
                let finding = Finding::PublishedOnLoopbackOnly { host_port: at.port(), address: at.ip().to_string() };
                plan.entry = None;
                plan.block(finding, wanted.port_forward().into_iter().collect());
            }
            (Viewer::Lan | Viewer::Windows, Some(_)) => {
                // Docker Desktop's VM is beside a distribution of WSL2, not in it.
                let desktop = self.id == EnvironmentId::DockerDesktop;
                let by = if desktop { By::Product(self.vm.product()) } else { By::Here };
                plan.offered = plan.entry.take().map(|at| Offer { at, by });
                plan.blocked = None;
                let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
                plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Request, fact)));
            }
            (Viewer::Here, _) | (_, None) => {}
        }
        plan
    }

    /// The node port at an address that the VM has in a network of this computer's.
    fn node_address(&self, wanted: &Wanted) -> Option<Plan> {
        if wanted.viewer != Viewer::Here || !wanted.service.spec.has_ipv4() {
            return None;
        }
        let (name, ip) = self.nodes().first()?;
        let (host, ip) = (self.host.as_ref()?, (*ip)?);
        let mut plan = Plan::new(RoadId::NodeAddress, Vec::new(), Some(name.clone()));
        let (state, fact) = match host.interface_to(ip) {
            Some(interface) => (State::Present, Fact::NodeRoutable { ip, interface }),
            None => (State::Missing, Fact::NodeNotRoutable { ip }),
        };
        plan.hops.push(Hop::way_in(state, Evidence::new(Source::Interfaces, fact)));
        if state == State::Present {
            plan.open(SocketAddr::new(ip, wanted.port.node_port));
        }
        Some(plan)
    }
}
