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
use super::roads::{leads_to, other_viewer};
use super::running::{Holder, forwards};
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::walls::viewer::{By, Offer};
use crate::environment::{Blocked, Plan, Wanted};
use crate::fact::host::{Listener, route};
use crate::fact::minikube::{Forward, Ssh, processes};
use crate::report::{Evidence, Fact, Hop, RoadId, Source, State};
use crate::request::Viewer;

impl Cluster {
    /// The road through a load balancer's address.
    pub(super) fn load_balancer(&self, asking: &Asking, wanted: &Wanted) -> Plan {
        let plan = Plan::new(RoadId::LoadBalancer, Vec::new(), Some(self.profile.clone()));
        let address = wanted.service.status.load_balancer.address();
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
            // Behind a wall that lets nothing in from there it would open nothing.
            plan.offered = Some(Offer { at: entry, by: By::Here });
            return;
        }
        plan.offered = Some(Offer { at: entry, by: By::Here });
        plan.hops.push(other_viewer());
    }

    /// No address yet: nobody runs the tunnel, or it has not come to this Service (R3, R4).
    fn pending(&self, asking: &Asking, wanted: &Wanted, mut plan: Plan) -> Plan {
        if self.mode == Mode::Loopback && !wanted.port.is_tcp() {
            plan.hops.push(Hop::way_in(State::Missing, pending()));
            self.tcp_only(wanted, &mut plan);
            return plan;
        }
        // The ssh of a privileged port outlives its tunnel and the address that it gave
        // (seen: HTTP 200 behind "<pending>").
        if let Some((ssh, forward)) = self.tunnel_forward(asking, wanted) {
            let mut hop = Hop::way_in(State::Unknown, pending());
            hop.evidence.push(forwards(&ssh, &forward));
            plan.hops.push(hop);
            self.at_forward(asking, wanted, &ssh, &forward, &mut plan);
            return plan;
        }
        let mut hop = Hop::way_in(State::Missing, pending());
        let running = self.tunnel_process(asking);
        hop.evidence.extend(running.clone().map(|(_, evidence)| evidence));
        if running.is_none() {
            hop.evidence.extend(Self::no_processes(asking).or_else(|| self.no_tunnel(asking)));
        }
        plan.hops.push(hop);
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
                    plan.open(SocketAddr::new(ip, wanted.port.port));
                    plan.hops.push(hop);
                    return plan;
                }
                let elsewhere = self.is_of_another(asking, &seen);
                // Nobody knows where the node is: the gateway may be it.
                if !elsewhere && self.machines.iter().all(|(_, ip)| ip.is_none()) {
                    hop.evidence.truncate(1);
                    plan.hops.push(hop);
                    return plan;
                }
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
            hop.evidence.extend(self.tunnel_forward(asking, wanted).map(|(ssh, forward)| forwards(&ssh, &forward)));
            plan.hops.push(hop);
            self.tcp_only(wanted, &mut plan);
            return plan;
        }
        if processes(asking).is_pending() {
            plan.hops.push(hop);
            return plan;
        }
        if let Some((ssh, forward)) = self.tunnel_forward(asking, wanted) {
            hop.evidence.push(forwards(&ssh, &forward));
            plan.hops.push(hop);
            self.at_forward(asking, wanted, &ssh, &forward, &mut plan);
            return plan;
        }
        hop.evidence.extend(Self::no_processes(asking));
        match self.holder(asking, None, port) {
            Holder::Stranger(stranger) => {
                plan.hops.push(hop);
                self.held(asking, wanted, port, &stranger, &mut plan);
                return plan;
            }
            // The address is written while sudo still asks (`pkg/minikube/tunnel/kic/ssh_tunnel.go`).
            _ if self.is_asked_for(asking, wanted) => {
                let running = self.tunnel_process(asking);
                let pid = running.as_ref().map(|(pid, _)| *pid).unwrap_or_default();
                hop.evidence.insert(0, asks(wanted));
                hop.evidence.extend(running.map(|(_, evidence)| evidence));
                plan.hops.push(hop);
                plan.block(Finding::TunnelWaitsForPassword { pid, port }, self.password(wanted));
                return plan;
            }
            _ if self.hides(port) => {
                let running = self.tunnel_process(asking).map(|(_, evidence)| evidence);
                hop.evidence.extend(running.or_else(|| self.no_tunnel(asking)));
            }
            _ if processes(asking).known().is_some() => {
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
            Holder::Own(_) | Holder::Nobody | Holder::Unknown => {}
        }
        // What answers at a port that nobody is seen to hold may be a stranger.
        plan.hops.push(hop);
        plan
    }

    /// No tunnel by ssh will ever carry this port.
    fn tcp_only(&self, wanted: &Wanted, plan: &mut Plan) {
        let port = wanted.port.port;
        if let Some(hop) = plan.hops.last_mut() {
            hop.evidence.insert(0, Evidence::new(Source::Api("Service"), Fact::ForwardsTcpOnly { port }));
        }
        // Only containers publish ports.
        let remedies = self.made.engine().map(|_| self.recreate(wanted)).into_iter().collect();
        plan.block(Finding::TunnelCarriesTcpOnly { port }, remedies);
    }

    /// The road through a forward that leads to what is wanted: open where its ssh is seen to
    /// have the port, and shut where somebody else has it. Two forwards of one port is a race
    /// that either may win (seen).
    pub(super) fn at_forward(&self, asking: &Asking, wanted: &Wanted, ssh: &Ssh, forward: &Forward, plan: &mut Plan) {
        match self.holder(asking, Some(ssh), forward.port) {
            Holder::Own(entry) => {
                plan.hops.iter_mut().for_each(|hop| hop.state = State::Present);
                plan.open(entry);
            }
            Holder::Stranger(stranger) => self.held(asking, wanted, forward.port, &stranger, plan),
            Holder::Unknown if !ssh.hidden => {}
            Holder::Nobody | Holder::Unknown => {
                let fact = Fact::ForwardUnheld { pid: ssh.pid, port: forward.port, hidden: ssh.hidden };
                let seen = Evidence::new(Source::Processes, fact);
                plan.hops.last_mut().into_iter().for_each(|hop| hop.evidence.insert(0, seen.clone()));
            }
        }
    }

    /// Another process has the port: its answer is not the Service's.
    fn held(&self, asking: &Asking, wanted: &Wanted, port: u16, holder: &Listener, plan: &mut Plan) {
        let Listener { pid, name, .. } = holder.clone();
        if let Some(hop) = plan.hops.last_mut() {
            hop.evidence.insert(0, Evidence::new(Source::Processes, Fact::HeldBy { port, pid, name: name.clone() }));
        }
        let to = self.forward_of(asking, pid, port);
        plan.block(Finding::TunnelPortConflict { port, pid, name, to }, self.past(wanted, port));
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
            plan.open(SocketAddr::new(ip, wanted.port.port));
        } else if self.mode == Mode::Loopback && self.host.as_ref().is_some_and(|host| !host.reaches(ip)) {
            plan.hops[0].evidence.insert(0, Evidence::new(Source::Interfaces, Fact::NodeNotRoutable { ip }));
            // A tunnel would overwrite the other provider's address, and take it away at its end.
            let finding = Finding::LoadBalancerAddressUnreachable { address: address.into() };
            plan.block(finding, self.service(wanted).into_iter().chain(self.around(wanted)).collect());
        }
        plan
    }
}

fn pending() -> Evidence {
    Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending)
}

fn asks(wanted: &Wanted) -> Evidence {
    Evidence::new(Source::Processes, Fact::SudoAsks { port: wanted.port.port })
}
