//! `minikube tunnel`, the load-balancer provider of minikube: two programs under one name.
//!
//! In route mode it sets a route to the cluster's Service addresses, and gives each load
//! balancer its own cluster address; in ssh mode it runs one ssh per Service, and gives each
//! 127.0.0.1. What it writes into the status outlives it, so the status proves nothing: the
//! route, the ssh and the probe do (facts: sections D and E of the real runs; minikube
//! `pkg/minikube/tunnel/`).

use std::net::{IpAddr, SocketAddr};

use super::Cluster;
use super::driver::Mode;
use super::roads::{leads_to, loopback, other_viewer};
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::host::{listeners, route};
use crate::fact::minikube::{Forward, processes};
use crate::report::{Evidence, Fact, Hop, RoadId, Source, State};
use crate::request::Viewer;

impl Cluster {
    /// The road through a load balancer's address.
    pub(super) fn load_balancer(&self, asking: &Asking, wanted: &Wanted) -> Plan {
        let plan = Plan {
            id: RoadId::LoadBalancer,
            hops: Vec::new(),
            entry: None,
            stays_local: false,
            node: Some(self.profile.clone()),
            blocked: None,
        };
        let ingress = &wanted.service.status.load_balancer.ingress;
        let address = ingress.iter().find_map(|entry| entry.ip.as_deref().or(entry.hostname.as_deref()));
        let mut plan = match address {
            None => self.pending(asking, wanted, plan),
            Some(address) if address == wanted.service.spec.cluster_ip => self.by_route(asking, wanted, plan, address),
            Some("127.0.0.1") => self.by_ssh(asking, wanted, plan),
            Some(address) => self.by_other(wanted, plan, address),
        };
        if wanted.viewer != Viewer::Here {
            self.seen_from_elsewhere(asking, wanted, &mut plan);
        }
        plan
    }

    /// What an open road is to a browser on another computer: a route is this computer's own,
    /// and so is an ssh that listens on loopback, but for Windows and its WSL.
    fn seen_from_elsewhere(&self, asking: &Asking, wanted: &Wanted, plan: &mut Plan) {
        let Some(entry) = plan.entry.take() else { return };
        if !entry.ip().is_loopback() {
            plan.hops.iter_mut().for_each(|hop| hop.state = State::Unknown);
            return;
        }
        let to_all = |forward: &Forward| forward.bind.is_some_and(|ip| ip.is_unspecified());
        let open = self.forward_to(asking, |forward| leads_to(forward, wanted) && to_all(forward)).is_some();
        if wanted.viewer == Viewer::Lan && !open {
            let finding = Finding::PublishedOnLoopbackOnly { host_port: entry.port(), address: entry.ip().to_string() };
            let ports: Vec<u16> = wanted.service.spec.ports.iter().map(|port| port.port).collect();
            plan.block(finding, self.tunnel(wanted, &ports).into_iter().chain(self.around(wanted)).collect());
            return;
        }
        plan.hops.push(other_viewer());
    }

    /// No address yet: nobody runs the tunnel, or it has not come to this Service (R3, R4).
    fn pending(&self, asking: &Asking, wanted: &Wanted, mut plan: Plan) -> Plan {
        // The ssh of a privileged port outlives its tunnel and the address that it gave
        // (seen: HTTP 200 behind "<pending>").
        if let Some(forward) = self.tunnel_forward(asking, wanted) {
            let pending = Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending);
            plan.hops.push(Hop { evidence: vec![pending, forward], ..self.present() });
            plan.entry = Some(loopback(wanted.port.port));
            plan.stays_local = true;
            return plan;
        }
        let mut hop = Hop::way_in(State::Missing, Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending));
        let running = self.tunnel_process(asking);
        hop.evidence.extend(running.clone().map(|(_, evidence)| evidence));
        if running.is_none() {
            hop.evidence.extend(Self::no_processes(asking).or_else(|| self.no_tunnel(asking)));
        }
        plan.hops.push(hop);
        let Some((pid, _)) = running else {
            let remedies = self.without_tunnel(asking, wanted);
            plan.block(Finding::LoadBalancerPending { class: None }, remedies);
            return plan;
        };
        if self.is_asked_for(asking, wanted) {
            plan.hops[0].evidence.insert(0, asks(wanted));
            let finding = Finding::TunnelWaitsForPassword { pid, port: wanted.port.port };
            plan.block(finding, self.password(wanted));
            return plan;
        }
        let cluster_ip: Option<IpAddr> = wanted.service.spec.cluster_ip.parse().ok();
        if let (Mode::NodeIp, Some(ip)) = (self.mode, cluster_ip)
            && let Seen::Known(seen) = route(asking, ip)
            && self.is_of_another(asking, &seen)
        {
            plan.hops[0].evidence.insert(0, self.route_evidence(ip, &seen));
            let Blocked { finding, remedies } = self.conflict(asking, wanted, ip, seen.gateway);
            plan.block(finding, remedies);
            return plan;
        }
        // Nothing is written in the first seconds of a tunnel (seen: five).
        plan.block(Finding::TunnelStarting { pid }, self.again(wanted));
        plan
    }

    /// The cluster address as the load balancer's: a tunnel in route mode gave it.
    fn by_route(&self, asking: &Asking, wanted: &Wanted, mut plan: Plan, address: &str) -> Plan {
        let given = Evidence::new(Source::Api("Service"), Fact::LoadBalancerAddress { address: address.into() });
        let mut hop = Hop::way_in(State::Unknown, given);
        let Ok(ip) = address.parse::<IpAddr>() else {
            plan.hops.push(hop);
            return plan;
        };
        match route(asking, ip) {
            Seen::Known(seen) => {
                hop.evidence.push(self.route_evidence(ip, &seen));
                if self.leads_here(&seen) {
                    // Nobody need maintain it: a killed tunnel's route works on (seen).
                    hop.state = State::Present;
                    plan.entry = Some(SocketAddr::new(ip, wanted.port.port));
                    plan.stays_local = true;
                    plan.hops.push(hop);
                    return plan;
                }
                let elsewhere = self.is_of_another(asking, &seen);
                // What closes it comes first: where another road is open, it is all that is shown.
                hop.evidence.reverse();
                let running = self.tunnel_process(asking).map(|(_, evidence)| evidence);
                hop.evidence.extend(running.or_else(|| self.no_tunnel(asking)));
                plan.hops.push(hop);
                if elsewhere {
                    let Blocked { finding, remedies } = self.conflict(asking, wanted, ip, seen.gateway);
                    plan.block(finding, remedies);
                } else {
                    let finding = Finding::LoadBalancerStaleStatus { address: address.into(), tunnel: None };
                    plan.block(finding, self.without_tunnel(asking, wanted));
                }
            }
            Seen::Pending | Seen::Absent | Seen::Unavailable(_) => plan.hops.push(hop),
        }
        plan
    }

    /// 127.0.0.1 as the load balancer's address: a tunnel in ssh mode gave it, and wrote it
    /// whether or not its ssh could listen.
    fn by_ssh(&self, asking: &Asking, wanted: &Wanted, mut plan: Plan) -> Plan {
        let address = "127.0.0.1";
        let given = Evidence::new(Source::Api("Service"), Fact::LoadBalancerAddress { address: address.into() });
        let mut hop = Hop::way_in(State::Unknown, given);
        let port = wanted.port.port;
        if !wanted.port.is_tcp() {
            hop.evidence.insert(0, Evidence::new(Source::Api("Service"), Fact::ForwardsTcpOnly { port }));
            hop.evidence.extend(self.tunnel_forward(asking, wanted));
            plan.hops.push(hop);
            // Only containers publish ports.
            let remedies = self.made.engine().map(|_| self.recreate(wanted)).into_iter().collect();
            plan.block(Finding::TunnelCarriesTcpOnly { port }, remedies);
            return plan;
        }
        let forward = self.forward_to(asking, |forward| leads_to(forward, wanted) && forward.port == port);
        if processes(asking).is_pending() {
            plan.hops.push(hop);
            return plan;
        }
        hop.evidence.extend(self.tunnel_forward(asking, wanted).or_else(|| Self::no_processes(asking)));
        let owners = listeners(asking, port);
        let strangers = || {
            let own = forward.as_ref().map(|(ssh, _)| ssh.pid);
            owners.known().and_then(|all| all.iter().find(|listener| Some(listener.pid) != own).cloned())
        };
        let holds = |pid: u32| owners.known().is_some_and(|all| all.iter().any(|listener| listener.pid == pid));
        match (&forward, strangers()) {
            (Some((ssh, _)), _) if holds(ssh.pid) => hop.state = State::Present,
            (_, Some(stranger)) => {
                let fact = Fact::HeldBy { port, pid: stranger.pid, name: stranger.name.clone() };
                hop.evidence.insert(0, Evidence::new(Source::Processes, fact));
                plan.hops.push(hop);
                let to = self.forward_of(asking, stranger.pid, port);
                let finding = Finding::TunnelPortConflict { port, pid: stranger.pid, name: stranger.name, to };
                plan.block(finding, self.past(wanted, port));
                return plan;
            }
            // Another user's ssh, as sudo makes it for a privileged port: its socket is not
            // seen, but only one forward claims the port.
            (Some(_), None) if self.claims(asking, port) == 1 => hop.state = State::Present,
            (Some(_), None) => {}
            // The address is written while sudo still asks (`pkg/minikube/tunnel/kic/ssh_tunnel.go`).
            (None, None) if self.is_asked_for(asking, wanted) => {
                let running = self.tunnel_process(asking);
                let pid = running.as_ref().map(|(pid, _)| *pid).unwrap_or_default();
                hop.evidence.insert(0, asks(wanted));
                hop.evidence.extend(running.map(|(_, evidence)| evidence));
                plan.hops.push(hop);
                plan.block(Finding::TunnelWaitsForPassword { pid, port }, self.password(wanted));
                return plan;
            }
            (None, None) if self.hides(port) => {
                let running = self.tunnel_process(asking).map(|(_, evidence)| evidence);
                hop.evidence.extend(running.or_else(|| self.no_tunnel(asking)));
            }
            (None, None) if processes(asking).known().is_some() => {
                let running = self.tunnel_process(asking);
                let tunnel = running.as_ref().map(|(pid, _)| *pid);
                let none = Evidence::new(Source::Processes, Fact::NoSshForward { port });
                let running = running.map(|(_, evidence)| evidence).or_else(|| self.no_tunnel(asking));
                hop.evidence.splice(0..0, [none].into_iter().chain(running));
                plan.hops.push(hop);
                let finding = Finding::LoadBalancerStaleStatus { address: address.into(), tunnel };
                plan.block(finding, self.without_tunnel(asking, wanted));
                return plan;
            }
            (None, None) => {}
        }
        // What answers at a port that nobody is seen to hold may be a stranger.
        if hop.state == State::Present {
            plan.entry = Some(loopback(port));
            plan.stays_local = true;
        }
        plan.hops.push(hop);
        plan
    }

    /// Another address: MetalLB or somebody else gave it. In the nodes' own network it is as
    /// reachable as they are (R13).
    fn by_other(&self, wanted: &Wanted, mut plan: Plan, address: &str) -> Plan {
        let ip: Option<IpAddr> = address.parse().ok();
        let fact = match ip {
            Some(_) => Fact::LoadBalancerAddress { address: address.into() },
            None => Fact::LoadBalancerName { name: address.into() },
        };
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::Api("Service"), fact));
        plan.hops.push(hop);
        let Some(ip) = ip else { return plan };
        let interface = |ip| self.host.as_ref().and_then(|host| host.interface_to(ip));
        let mut nodes = self.machines.iter().filter_map(|(name, ip)| Some((name, (*ip)?)));
        let open = nodes.any(|(name, node)| {
            self.way_to(name, node).0 == State::Present && interface(ip).is_some() && interface(ip) == interface(node)
        });
        if open {
            plan.hops[0].state = State::Present;
            plan.entry = Some(SocketAddr::new(ip, wanted.port.port));
            plan.stays_local = true;
        } else if self.mode == Mode::Loopback && self.host.as_ref().is_some_and(|host| !host.reaches(ip)) {
            plan.hops[0].evidence.insert(0, Evidence::new(Source::Interfaces, Fact::NodeNotRoutable { ip }));
            // A tunnel would overwrite the other provider's address, and take it away at its end.
            let finding = Finding::LoadBalancerAddressUnreachable { address: address.into() };
            plan.block(finding, self.service(wanted).into_iter().chain(self.around(wanted)).collect());
        }
        plan
    }

    fn present(&self) -> Hop {
        Hop { evidence: Vec::new(), ..Hop::way_in(State::Present, Evidence::new(Source::Processes, Fact::Skipped)) }
    }
}

fn asks(wanted: &Wanted) -> Evidence {
    Evidence::new(Source::Processes, Fact::SudoAsks { port: wanted.port.port })
}
