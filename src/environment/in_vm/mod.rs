//! Clusters whose node is a VM that a product keeps for it: Docker Desktop's own Kubernetes,
//! and k3s or kubeadm in a VM of Lima's family.
//!
//! Node ports are rules of the kernel inside that VM. What comes out of it, and where, only
//! the product knows: a [`Vm`] says that, and how to mend what is the product's own. This
//! module walks the roads, which are the same for all of them.

mod roads;

use std::net::IpAddr;
use std::rc::Rc;

use super::walls::Wall;
use super::{Blocked, Place, Plan, Server, Situation, Standstill, Wanted};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::fact::cluster::Node;
use crate::fact::host::Host;
use crate::report::{
    Argv, Boundary, Certainty, EnvironmentId, EnvironmentInfo, Evidence, Fact, Hop, Remedy, Source, State, Unobserved,
};

/// What a product knows about the VM that is the node.
pub trait Vm {
    /// What stands between where no wall does.
    fn boundary(&self) -> Option<Boundary> {
        None
    }

    /// Whether the product routes the addresses of Nodes and Services to this computer.
    fn is_routed(&self) -> bool {
        false
    }

    /// Whether it is beside a distribution of WSL2 and not in it, so that what brings its ports
    /// out listens on Windows itself.
    fn is_beside(&self) -> bool {
        false
    }

    /// What stands still, where the API server is silent.
    fn standstill(&self, asking: &Asking, api: &Why) -> Option<Standstill>;

    /// Who answers instead, where the API server is not the one that the kubeconfig means.
    fn mistaken(&self, _asking: &Asking, _why: &Why) -> Option<Standstill> {
        None
    }

    /// Whether an address is one that only the VM itself knows: a network of the same range that
    /// this computer is in is another one.
    fn is_inside(&self, _ip: IpAddr) -> bool {
        false
    }

    /// The hop of whoever serves load balancers inside, where the product knows, with what
    /// closes it.
    fn balancer(&self, _asking: &Asking, _wanted: &Wanted) -> Option<(Hop, Option<Blocked>)> {
        None
    }

    /// How to put a local image into the VM.
    fn load_image(&self, _image: &str) -> Option<Remedy> {
        None
    }

    /// A command that asks a node port from inside the VM.
    fn look_inside(&self, _node_port: u16) -> Option<Argv> {
        None
    }

    /// How to make the kubelet run again.
    fn start_kubelet(&self) -> Option<Remedy> {
        None
    }

    /// How to write the kubeconfig entry again.
    fn renew_kubeconfig(&self) -> Option<Remedy> {
        None
    }

    /// What of it could not be observed.
    fn unobserved(&self) -> Vec<Unobserved> {
        Vec::new()
    }
}

/// How a product's own cluster is known: by what a node of its says of itself. Where nobody
/// may read the nodes, by a name that is the product's alone, given to both the context and
/// the cluster; what else the nodes would have told is `None` then.
pub fn known_by<T>(
    situation: &Situation,
    name: &str,
    says: impl Fn(&Node) -> Option<(Fact, T)>,
) -> Seen<(Evidence, Option<T>)> {
    match &situation.nodes {
        Seen::Pending => Seen::Pending,
        Seen::Known(nodes) => match nodes.iter().find_map(|node| says(node)) {
            Some((fact, more)) => Seen::Known((Evidence::new(Source::Api("Node"), fact), Some(more))),
            None => Seen::Absent,
        },
        Seen::Absent | Seen::Unavailable(_) if situation.context == name && situation.cluster == name => {
            let fact = Fact::ContextName { name: name.into() };
            Seen::Known((Evidence::new(Source::Kubeconfig, fact), None))
        }
        Seen::Absent | Seen::Unavailable(_) => Seen::Absent,
    }
}

/// A cluster in a VM of a product's own.
pub struct InVm {
    /// The environment's id.
    pub id: EnvironmentId,
    /// What the product is called.
    pub product: &'static str,
    /// Which of the product's VMs, where there may be several.
    pub name: Option<String>,
    /// How sure that is.
    pub certainty: Certainty,
    /// Why.
    pub because: Vec<Evidence>,
    /// The VM.
    pub vm: Box<dyn Vm>,
    /// The walls that bring ports of the VM to this computer, from the inside out. Without
    /// any, only the VM's own address leads in.
    pub walls: Vec<Rc<dyn Wall>>,
    nodes: Seen<Vec<(String, Option<IpAddr>)>>,
    server: Server,
    host: Option<Rc<Host>>,
}

impl InVm {
    /// A cluster in a VM, as far as the situation tells.
    pub fn new(
        situation: &Situation,
        (id, product): (EnvironmentId, &'static str),
        because: Vec<Evidence>,
        vm: Box<dyn Vm>,
    ) -> Self {
        let names = |nodes: Vec<_>| nodes.iter().map(named).collect();
        Self {
            id,
            product,
            name: None,
            certainty: if situation.nodes.known().is_some() { Certainty::Certain } else { Certainty::Likely },
            because,
            vm,
            walls: Vec::new(),
            nodes: situation.nodes.clone().map(names),
            server: situation.server.clone(),
            host: situation.host.known().cloned(),
        }
    }

    /// The same behind walls.
    pub fn behind(mut self, walls: impl IntoIterator<Item = Rc<dyn Wall>>) -> Self {
        self.walls = walls.into_iter().collect();
        self
    }

    fn nodes(&self) -> &[(String, Option<IpAddr>)] {
        self.nodes.known().map_or(&[], Vec::as_slice)
    }
}

fn named(node: &crate::fact::read::Shared<Node>) -> (String, Option<IpAddr>) {
    (node.metadata.name.clone(), node.internal_ip())
}

impl Place for InVm {
    fn info(&self) -> EnvironmentInfo {
        EnvironmentInfo {
            id: self.id,
            name: self.name.clone(),
            driver: None,
            engine: None,
            certainty: self.certainty,
            because: self.because.clone(),
            boundaries: self.walls.iter().rev().map(|wall| wall.boundary()).chain(self.vm.boundary()).collect(),
        }
    }

    fn is_local(&self) -> bool {
        // A name alone may be a tunnel's to a cluster far away.
        self.certainty == Certainty::Certain && self.server.is_loopback()
            || self
                .host
                .as_ref()
                .zip(self.server.address())
                .is_some_and(|(host, ip)| !ip.is_loopback() && host.reaches(ip))
    }

    fn standstill(&self, asking: &Asking, api: Option<&Why>) -> Option<Standstill> {
        let why = api?;
        if why.is_silence() { self.vm.standstill(asking, why) } else { self.vm.mistaken(asking, why) }
    }

    fn node_host(&self, node: Option<&str>) -> Hop {
        let first = self.nodes().iter().find(|(name, _)| node.is_none_or(|node| node == name));
        let product = self.product;
        match first {
            Some((name, ip)) => {
                let fact = Fact::NodeInVm { product, node: name.clone(), ip: *ip };
                Hop::node_host(State::Present, Evidence::new(Source::Api("Node"), fact))
            }
            None => {
                let fact = Fact::NodeInVm { product, node: String::new(), ip: None };
                Hop::node_host(State::Unknown, Evidence::new(Source::Inference, fact))
            }
        }
    }

    fn roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        self.all_roads(asking, wanted)
    }

    fn start_kubelet(&self, _node: &str) -> Option<Remedy> {
        self.vm.start_kubelet()
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        self.vm.renew_kubeconfig()
    }

    fn load_image(&self, image: &str) -> Option<Remedy> {
        self.vm.load_image(image)
    }

    fn look_inside(&self, _node: Option<&str>, node_port: u16) -> Option<Argv> {
        self.vm.look_inside(node_port)
    }

    fn host_ports(&self) -> Vec<u16> {
        vec![self.server.port]
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        self.vm.unobserved()
    }

    fn doors(&self) -> Vec<Hop> {
        Vec::new()
    }
}
