//! minikube's roads to a port: the node's own address, a live `minikube service`, and the
//! cluster address while a tunnel's route leads to the node.

use std::net::{IpAddr, SocketAddr};

use super::Cluster;
use super::driver::{Made, Mode};
use super::running::forwards;
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::environment::walls::viewer::{By, Offer};
use crate::environment::{Blocked, Plan, Wanted, this_computer};
use crate::fact::host::{Route, route};
use crate::fact::minikube::{Forward, Process, Ssh, processes};
use crate::report::{Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, State, Subject};
use crate::request::Viewer;

impl Cluster {
    /// The roads of a port, whatever the Service's type.
    pub(super) fn all_roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut plans = Vec::new();
        if wanted.service.spec.kind == "LoadBalancer" {
            plans.push(self.load_balancer(asking, wanted));
        }
        if wanted.port.node_port != 0 {
            let address = self.node_address(wanted);
            let direct = address.as_ref().is_some_and(|plan| plan.entry.is_some());
            if let Some(containers) = &self.containers {
                let published = containers.published(asking, wanted, self);
                // Where the node's address leads in, a port that nobody published is no
                // missing hop.
                if !direct || published.blocked.is_none() || published.entry.is_some() {
                    plans.push(published);
                }
            }
            plans.extend(address);
        }
        if let Some(forwarded) = self.forwarded(asking, wanted) {
            // One that may be there unseen is what is left to look at.
            let at = if forwarded.hops.iter().any(|hop| hop.state == State::Unknown) { 0 } else { plans.len() };
            plans.insert(at, forwarded);
        }
        if wanted.service.spec.kind == "ClusterIP" {
            plans.extend(self.routed(asking, wanted));
        }
        if wanted.port.node_port != 0 && plans.is_empty() {
            plans.push(self.unseen());
        }
        plans
    }

    /// The way to a node port where none is known: its node has no address, or one of a
    /// network that is only known from here.
    fn unseen(&self) -> Plan {
        let (name, ip) = self.machines.first().cloned().unwrap_or_default();
        let evidence = match ip {
            // Open to the network that this computer is in, as far as can be told from here.
            Some(_) if matches!(self.made, Made::Host | Made::Remote) => {
                Evidence::new(Source::Request, Fact::NotProbed { why: NotProbed::OtherViewer })
            }
            Some(ip) => self.way_to(&name, ip).1,
            None => {
                let missing = || Why::Unreadable { detail: "no address of a node".into() };
                let why = self.config.unavailable().cloned().unwrap_or_else(missing);
                let fact = Fact::CouldNotLook { what: Subject::MinikubeProfile, why };
                Evidence::new(Source::MinikubeProfile, fact)
            }
        };
        Plan::new(RoadId::NodeAddress, vec![Hop::way_in(State::Unknown, evidence)], Some(name))
    }

    /// The road to the node port at the node's own address (M1, M2).
    fn node_address(&self, wanted: &Wanted) -> Option<Plan> {
        // A VM's network and an engine's bridge are this computer's own.
        if wanted.viewer != Viewer::Here || !wanted.service.spec.has_ipv4() {
            return None;
        }
        let serving = |name: &String| wanted.endpoint_nodes.contains(name);
        let local = wanted.service.spec.is_local_only();
        let mut nodes = self.machines.iter().filter(|(_, ip)| ip.is_some());
        let (name, ip) = nodes.clone().find(|(name, _)| local && serving(name)).or_else(|| nodes.next())?;
        let ip = (*ip)?;
        let mut plan = Plan::new(RoadId::NodeAddress, Vec::new(), Some(name.clone()));
        if self.made == Made::IsolatedVm {
            let fact = Fact::UserModeNetwork { ip };
            plan.hops.push(Hop::way_in(State::Missing, Evidence::new(Source::MinikubeProfile, fact)));
            plan.block(Finding::NodeIsolated { profile: self.profile.clone() }, self.around(wanted));
            return Some(plan);
        }
        if self.made == Made::Host && self.host.as_ref().is_some_and(|host| host.owns(ip)) {
            plan.hops.push(this_computer::own_address(ip));
            plan.open(SocketAddr::new(ip, wanted.port.node_port));
            return Some(plan);
        }
        let (state, evidence) = self.way_to(name, ip);
        let open = state == State::Present;
        plan.hops.push(Hop::way_in(state, evidence));
        if open {
            plan.open(SocketAddr::new(ip, wanted.port.node_port));
        }
        if open && self.made.is_vm() && self.answered != Some(ip) {
            // Only used when the probe is not answered at all. Where the API server has just
            // answered at this very address, neither a route nor macOS is in the way (M4).
            let finding = Finding::NodeAddressSilent { ip, driver: self.driver.clone(), os: self.os.clone() };
            plan.blocked = Some(Blocked { finding, remedies: self.around(wanted) });
        }
        Some(plan)
    }

    /// Whether a packet to the node's address arrives there: the API server has just
    /// answered at it, or this computer is attached to the node's own network.
    pub(super) fn way_to(&self, name: &str, ip: IpAddr) -> (State, Evidence) {
        if self.answered == Some(ip) {
            return (State::Present, Evidence::new(Source::ApiServer, Fact::ApiServerAt { ip }));
        }
        let host = self.host.as_ref();
        let interface = || host.and_then(|host| host.interface_to(ip)).unwrap_or_default();
        let attached = Evidence::new(Source::Interfaces, Fact::NodeRoutable { ip, interface: interface() });
        if host.is_some_and(|host| host.owns(ip)) {
            return (State::Present, attached);
        }
        let away = || Evidence::new(Source::Interfaces, Fact::NodeNotRoutable { ip });
        match (self.made, &self.containers) {
            (Made::Container(_), Some(containers)) => {
                match containers.known().iter().find(|node| node.name == name).map(|node| containers.address_fact(node))
                {
                    Some(Some((state, fact))) => (state, Evidence::new(Source::Interfaces, fact)),
                    // A stopped node, or one that its engine does not tell of.
                    _ if self.mode == Mode::Loopback => (State::Missing, away()),
                    _ => (State::Unknown, Evidence::new(Source::MinikubeProfile, Fact::NodeAt { ip })),
                }
            }
            // Who knows whose network that is: a cluster at the other end of a tunnel has the
            // same addresses.
            (Made::Unknown, _) => (State::Unknown, Evidence::new(Source::ApiServer, Fact::NodeAt { ip })),
            // A VM's network is an interface of this computer; the address alone proves
            // nothing where there is none.
            _ if host.is_some_and(|host| host.reaches(ip)) => (State::Present, attached),
            (Made::Vm, _) if host.is_some() => (State::Missing, away()),
            _ => (State::Unknown, Evidence::new(Source::MinikubeProfile, Fact::NodeAt { ip })),
        }
    }

    /// A live `minikube service`, or an Ingress forward of `minikube tunnel`: an ssh that
    /// leads to this very port (R2b, R6, R9).
    fn forwarded(&self, asking: &Asking, wanted: &Wanted) -> Option<Plan> {
        if self.mode != Mode::Loopback || !wanted.port.is_tcp() || wanted.viewer == Viewer::Lan {
            return None;
        }
        // The same port on both sides is `minikube tunnel`, which is told with the load
        // balancer.
        let tunnel = |forward: &Forward| {
            wanted.service.spec.kind == "LoadBalancer" && forward.port == wanted.port.port && forward.to != "127.0.0.1"
        };
        let here = wanted.viewer == Viewer::Here;
        let Some((ssh, forward)) = self.forward_to(asking, |forward| leads_to(forward, wanted) && !tunnel(forward))
        else {
            // A tunnel's forward of the node's own port 80 or 443 is root's.
            let running = self.tunnel_process(asking).filter(|_| self.hides(wanted.port.node_port))?;
            let hops = vec![Hop::way_in(State::Unknown, running.1)];
            return (wanted.port.node_port != 0)
                .then(|| Plan::new(RoadId::SshForward, hops, Some(self.profile.clone())));
        };
        let mut plan = Plan::new(
            RoadId::SshForward,
            vec![Hop::way_in(State::Unknown, forwards(&ssh, &forward))],
            Some(self.profile.clone()),
        );
        self.at_forward(asking, wanted, &ssh, &forward, &mut plan);
        if !here && let Some(entry) = plan.entry.take() {
            plan.offered = Some(Offer { at: entry, by: By::Here });
            plan.stays_local = false;
            plan.hops.push(other_viewer());
        }
        Some(plan)
    }

    /// The first live ssh of this profile that forwards what is wanted. Sudo is no forward:
    /// its ssh is a process of its own.
    pub(super) fn forward_to(&self, asking: &Asking, such: impl Fn(&Forward) -> bool) -> Option<(Ssh, Forward)> {
        let seen = processes(asking);
        seen.known()?.iter().find_map(|process| {
            let Process::Ssh(ssh) = process else { return None };
            let own = !ssh.sudo && self.is_own(ssh) && self.is_live(ssh);
            let forward = ssh.forwards.iter().find(|forward| such(forward)).filter(|_| own)?;
            Some((ssh.clone(), forward.clone()))
        })
    }

    /// Whether an ssh goes to a node of this profile.
    pub(super) fn is_own(&self, ssh: &Ssh) -> bool {
        self.machines.iter().any(|(name, _)| *name == ssh.machine)
    }

    /// Whether an ssh goes through the port that its node publishes now. Ports are drawn anew
    /// whenever the container starts (seen): the far end of an older ssh is gone.
    fn is_live(&self, ssh: &Ssh) -> bool {
        let nodes = self.containers.as_ref().map_or(&[][..], |containers| containers.known());
        let node = nodes.iter().find(|node| node.name == ssh.machine);
        let mut doors = node.into_iter().flat_map(|node| &node.published).filter(|door| door.container_port == 22);
        let Some(first) = doors.next() else { return true };
        [first].into_iter().chain(doors).any(|door| door.host_port == ssh.through)
    }

    /// The cluster address of a Service, while a route leads to the node (R5): a tunnel in
    /// route mode opens every Service, not only load balancers (seen).
    fn routed(&self, asking: &Asking, wanted: &Wanted) -> Option<Plan> {
        let ip: IpAddr = wanted.service.spec.cluster_ip.parse().ok()?;
        if self.mode != Mode::NodeIp || wanted.viewer != Viewer::Here {
            return None;
        }
        let road = |hop| Plan::new(RoadId::ClusterAddress, vec![hop], Some(self.profile.clone()));
        if self.made == Made::Host {
            return this_computer::cluster_address(wanted, self.profile.clone());
        }
        let Seen::Known(seen) = route(asking, ip) else { return None };
        self.leads_here(&seen).then(|| {
            let mut plan = road(Hop::way_in(State::Present, self.route_evidence(ip, &seen)));
            plan.open(SocketAddr::new(ip, wanted.port.port));
            plan
        })
    }

    /// Whether a route leads to one of this cluster's nodes: its gateway is one, or, where
    /// the system does not tell the gateway, the packet would leave by the address that
    /// this computer has in the nodes' own network.
    pub(super) fn leads_here(&self, seen: &Route) -> bool {
        let nodes = || self.machines.iter().filter_map(|(_, ip)| *ip);
        match seen.gateway {
            Some(gateway) => nodes().any(|ip| ip == gateway),
            None => {
                let host = self.host.as_ref();
                let own = |ip| host.and_then(|host| host.address_to(ip));
                self.os != "linux" && seen.source.is_some_and(|source| nodes().any(|ip| own(ip) == Some(source)))
            }
        }
    }

    pub(super) fn route_evidence(&self, to: IpAddr, seen: &Route) -> Evidence {
        Evidence::new(Source::Routes, Fact::RouteTo { to, gateway: seen.gateway, to_node: self.leads_here(seen) })
    }

    /// What is left where the way to the node is shut: through the API server.
    pub(super) fn around(&self, wanted: &Wanted) -> Vec<Remedy> {
        wanted.port_forward().into_iter().collect()
    }

    /// Why the processes could not be looked at, as evidence.
    pub(super) fn no_processes(asking: &Asking) -> Option<Evidence> {
        let why = processes(asking).unavailable()?.clone();
        Some(Evidence::new(Source::Processes, Fact::CouldNotLook { what: Subject::Processes, why }))
    }
}

/// Whether a forward ends at this port: at the Service's own address, or at the node's
/// loopback for a port that a Pod takes on the node itself. For a headless Service minikube
/// forwards to the word "None", which leads nowhere (seen: silence).
pub(super) fn leads_to(forward: &Forward, wanted: &Wanted) -> bool {
    let spec = &wanted.service.spec;
    let service = !spec.is_headless() && forward.to == spec.cluster_ip && forward.to_port == wanted.port.port;
    let on_node = forward.to == "127.0.0.1" && wanted.port.node_port != 0 && forward.to_port == wanted.port.node_port;
    service || on_node
}

/// The last step to a browser on another computer, which is not seen from here.
pub(super) fn other_viewer() -> Hop {
    let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
    Hop::way_in(State::Unknown, Evidence::new(Source::Request, fact))
}

/// A port of this computer's IPv4 loopback, where ssh listens unless told otherwise.
pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
