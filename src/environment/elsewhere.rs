//! What nothing recognises: a local address of an unknown program, or a remote cluster.
//!
//! Nothing is known about stage 1 here, and nothing is claimed. Stage 2 is diagnosed all
//! the same.

use std::net::SocketAddr;

use super::walls::viewer::{By, Offer};
use super::{Place, Plan, Situation, Standstill, Wanted};
use crate::answers::Asking;
use crate::ask::Why;
use crate::fact::host::Host;
use crate::report::{
    Argv, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Fact, Hop, NotProbed, Remedy, RoadId, Source, State,
    Unobserved,
};
use crate::request::Viewer;

struct Elsewhere {
    local: bool,
    /// What says that it is far away, where the address does not.
    far: Option<Evidence>,
    address: String,
    nodes: Vec<(String, std::net::IpAddr)>,
    host: Option<std::rc::Rc<Host>>,
}

/// The place that a context points at when no environment claims it.
pub fn place(situation: &Situation) -> Box<dyn Place> {
    new(situation, None)
}

/// A cluster that is seen to be on another computer.
pub fn far(situation: &Situation, seen: Evidence) -> Box<dyn Place> {
    new(situation, Some(seen))
}

fn new(situation: &Situation, far: Option<Evidence>) -> Box<dyn Place> {
    let local = far.is_none() && situation.is_near();
    // A network of the same range is another one.
    let host = situation.host.known().filter(|_| far.is_none()).cloned();
    let nodes = situation.nodes.known().into_iter().flatten();
    let nodes = nodes.filter_map(|node| Some((node.metadata.name.clone(), node.internal_ip()?))).collect();
    Box::new(Elsewhere {
        local,
        far,
        address: format!("{}:{}", situation.server.host, situation.server.port),
        nodes,
        host,
    })
}

impl Elsewhere {
    /// What tells where it is.
    fn because(&self) -> Evidence {
        let fact = Fact::ServerAddress { address: self.address.clone(), local: self.local };
        self.far.clone().unwrap_or_else(|| Evidence::new(Source::Kubeconfig, fact))
    }

    fn all_roads(&self, wanted: &Wanted) -> Vec<Plan> {
        let mut roads = Vec::new();
        for ingress in &wanted.service.status.load_balancer.ingress {
            let Some(ip) = ingress.ip.as_deref().and_then(|ip| ip.parse::<std::net::IpAddr>().ok()) else {
                // A name is not resolved here: what it leads to is not known.
                let Some(name) = ingress.hostname.clone() else { continue };
                let evidence = Evidence::new(Source::Api("Service"), Fact::LoadBalancerName { name });
                roads.push(Plan::new(RoadId::LoadBalancer, vec![Hop::way_in(State::Unknown, evidence)], None));
                continue;
            };
            let fact = Fact::LoadBalancerAddress { address: ip.to_string() };
            roads.push(Plan {
                id: RoadId::LoadBalancer,
                hops: vec![Hop::way_in(State::Unknown, Evidence::new(Source::Api("Service"), fact))],
                entry: Some(SocketAddr::new(ip, wanted.port.port)),
                stays_local: self.host.as_ref().is_some_and(|host| host.reaches(ip)),
                node: None,
                passes: false,
                blocked: None,
                offered: None,
                beyond: None,
            });
        }
        if wanted.port.node_port == 0 {
            return roads;
        }
        // With externalTrafficPolicy Local only a node that has an endpoint answers.
        let local = wanted.service.spec.is_local_only();
        let serving = self.nodes.iter().find(|(node, _)| local && wanted.endpoint_nodes.contains(node));
        if let Some((node, ip)) = serving.or(self.nodes.first()) {
            let near = self.host.as_ref().is_some_and(|host| host.reaches(*ip));
            let fact = if near {
                let interface = self.host.as_ref().and_then(|host| host.interface_to(*ip));
                Fact::NodeRoutable { ip: *ip, interface: interface.unwrap_or_default() }
            } else {
                Fact::NodeNotRoutable { ip: *ip }
            };
            let state = if near { State::Present } else { State::Unknown };
            roads.push(Plan {
                id: RoadId::NodeAddress,
                hops: vec![Hop::way_in(state, Evidence::new(Source::Interfaces, fact))],
                entry: Some(SocketAddr::new(*ip, wanted.port.node_port)),
                stays_local: near,
                node: Some(node.clone()),
                passes: true,
                blocked: None,
                offered: None,
                beyond: None,
            });
        }
        roads
    }

    /// What is near to this computer is this computer's own: it tells nothing of a browser on
    /// another one. An address of this computer itself may be open there too.
    fn seen_from_elsewhere(&self, road: &mut Plan) {
        let Some(at) = road.entry.filter(|_| road.stays_local) else { return };
        let own = at.ip().is_loopback() || self.host.as_ref().is_some_and(|host| host.owns(at.ip()));
        (road.entry, road.stays_local) = (None, false);
        road.offered = own.then_some(Offer { at, by: By::Here });
        let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
        road.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Request, fact)));
    }
}

impl Place for Elsewhere {
    fn info(&self) -> EnvironmentInfo {
        EnvironmentInfo {
            id: if self.local { EnvironmentId::Unknown } else { EnvironmentId::Remote },
            name: None,
            driver: None,
            engine: None,
            certainty: if self.far.is_some() { Certainty::Certain } else { Certainty::Guess },
            because: vec![self.because()],
            boundaries: Vec::new(),
        }
    }

    fn is_local(&self) -> bool {
        // A local address may be a tunnel to a cluster far away.
        false
    }

    fn standstill(&self, _asking: &Asking, _api: Option<&Why>) -> Option<Standstill> {
        None
    }

    fn node_host(&self, _node: Option<&str>) -> Hop {
        Hop::node_host(State::Unknown, self.because())
    }

    fn roads(&self, _asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        let mut roads = self.all_roads(wanted);
        if wanted.viewer != Viewer::Here {
            roads.iter_mut().for_each(|road| self.seen_from_elsewhere(road));
        }
        roads
    }

    fn start_kubelet(&self, _node: &str) -> Option<Remedy> {
        None
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        None
    }

    fn load_image(&self, _image: &str) -> Option<Remedy> {
        None
    }

    fn look_inside(&self, _node: Option<&str>, _node_port: u16) -> Option<Argv> {
        None
    }

    fn host_ports(&self) -> Vec<u16> {
        Vec::new()
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        Vec::new()
    }

    fn doors(&self) -> Vec<Hop> {
        match self.nodes.first() {
            Some((_, ip)) if self.host.as_ref().is_some_and(|host| host.reaches(*ip)) => {
                let interface = self.host.as_ref().and_then(|host| host.interface_to(*ip)).unwrap_or_default();
                let fact = Fact::NodeRoutable { ip: *ip, interface };
                vec![Hop::way_in(State::Present, Evidence::new(Source::Interfaces, fact))]
            }
            Some((_, ip)) => {
                let fact = Fact::NodeNotRoutable { ip: *ip };
                vec![Hop::way_in(State::Unknown, Evidence::new(Source::Interfaces, fact))]
            }
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answers;
    use crate::fact::cluster::Service;
    use crate::remedy::Kubectl;

    /// A cluster of several nodes is entered where the Pods are, if only that node answers.
    #[test]
    fn the_node_with_an_endpoint_is_entered_where_the_policy_is_local() {
        let node = |name: &str, ip: &str| (name.to_owned(), ip.parse().unwrap());
        let place = Elsewhere {
            local: false,
            far: None,
            address: "api.example.com:443".into(),
            nodes: vec![node("a", "192.0.2.1"), node("b", "192.0.2.2")],
            host: None,
        };
        let (answers, kubectl, endpoint_nodes) = (Answers::default(), Kubectl::default(), vec!["b".to_owned()]);
        for (policy, wanted) in [("Local", "b"), ("Cluster", "a")] {
            let json = format!(
                r#"{{"spec":{{"type":"NodePort","externalTrafficPolicy":"{policy}","ports":[{{"port":80,"nodePort":30080}}]}}}}"#
            );
            let service: Service = serde_json::from_str(&json).unwrap();
            let want = Wanted {
                service: &service,
                port: &service.spec.ports[0],
                endpoint_nodes: &endpoint_nodes,
                kubectl: &kubectl,
                viewer: Viewer::Here,
                host_port: false,
            };
            let roads = place.roads(&Asking::new(&answers), &want);
            assert_eq!(roads[0].node.as_deref(), Some(wanted), "{policy}");
        }
    }
}
