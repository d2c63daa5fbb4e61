//! The VM as the node of a cluster: whether it runs, how it is started and entered, and who
//! serves load balancers inside.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::Product;

use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::environment::in_vm;
use crate::environment::servicelb::{self, ServiceLb};
use crate::environment::{Blocked, Server, Standstill, Wanted};
use crate::fact::cluster::metallb;
use crate::fact::host::holds;
use crate::fact::lima::Instance;
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Evidence, Fact, Hop, HopId, Owner, Remedy, Source, Stage, State, Subject, Unobserved,
};

/// Networks that only the VM itself is in: Lima's user-mode network and its `user-v2`
/// (lima-vm/lima @183a60d7 `pkg/networks/const.go:8-11`, `networks.TEMPLATE.yaml:24-27`). A
/// network of the same range at home is another one.
const INSIDE: [&str; 2] = ["192.168.5.0/24", "192.168.104.0/24"];

/// One VM of the family.
pub(super) struct Machine {
    pub(super) product: Product,
    /// Its name in Lima's list.
    pub(super) name: String,
    /// The Lima home that holds it; `None` for limactl's own.
    pub(super) home: Option<String>,
    /// What Lima says of it.
    pub(super) seen: Seen<Instance>,
    /// The system of this computer.
    pub(super) os: String,
    /// Whether the node says that it is one of k3s.
    pub(super) k3s: Option<bool>,
    /// Whether the node's kubeconfig is where the guest agent does not look.
    pub(super) unseen: bool,
}

impl Machine {
    pub(super) fn shown(&self) -> &str {
        self.product.shown(&self.name)
    }

    /// What it waits for, where Lima says that it does not run (lima-vm/lima @183a60d7
    /// `pkg/store/instance.go:176-199`: a broken one has lost one of its two processes).
    pub(super) fn stopped(&self) -> Option<Blocked> {
        let instance = self.seen.known().filter(|instance| !instance.is_running())?;
        let mut start =
            Remedy::new(Action::StartProduct { product: self.product.name() }, self.product.start(&self.name));
        if instance.status == "Broken" && self.product != Product::RancherDesktop {
            start.commands.insert(0, self.product.command(&["stop", "-f"], &self.name, &[]));
        }
        let finding = Finding::MachineStopped {
            name: self.shown().to_owned(),
            driver: self.product.name().to_owned(),
            state: instance.status.clone(),
        };
        // It is on its way already.
        (instance.status != "Installing").then(|| Blocked { finding, remedies: vec![start] })
    }

    /// What Lima says of it.
    pub(super) fn said(&self) -> Option<Evidence> {
        let (name, status) = (self.shown().to_owned(), self.seen.known()?.status.clone());
        Some(Evidence::new(Source::Lima, Fact::VmInstance { name, status }))
    }

    /// Stops and starts it.
    pub(super) fn restart(&self) -> [Argv; 2] {
        [self.product.stop(&self.name), self.product.start(&self.name)]
    }

    pub(super) fn unobserved(&self) -> Vec<Unobserved> {
        let Seen::Unavailable(why) = &self.seen else { return Vec::new() };
        let settle = match self.product {
            Product::Lima => vec![argv(&["limactl", "list"])],
            Product::Colima => vec![argv(&["colima", "list"])],
            // It has no command that tells of its VM.
            Product::RancherDesktop => Vec::new(),
        };
        vec![Unobserved { what: Subject::LimaInstances, why: why.clone(), settle }]
    }
}

/// The VM that is the node.
pub(super) struct Vm {
    pub(super) machine: Rc<Machine>,
    /// Where the kubeconfig has its API server.
    pub(super) server: Server,
}

impl Vm {
    /// A terminal without the right gets EHOSTUNREACH for every address of a local network
    /// (macOS 15; lima#4444, colima#1339). The same comes of a VM that has lost its address.
    fn without_permission(&self, api: &Why) -> Option<Blocked> {
        let machine = &self.machine;
        let runs = machine.seen.known().is_some_and(Instance::is_running);
        let unreachable = matches!(api, Why::Unreachable { .. }) && !self.server.is_loopback();
        if machine.os != "macos" || !runs || !unreachable {
            return None;
        }
        let driver = machine.product.name().to_owned();
        let finding = Finding::LocalNetworkDenied { address: self.server.host.clone(), driver };
        let settings = "x-apple.systempreferences:com.apple.preference.security";
        let mut remedies = vec![Remedy::new(Action::AllowLocalNetwork, argv(&["open", settings]))];
        if machine.product == Product::Colima {
            let mut without = Remedy::new(Action::StartWithoutAddress, machine.product.stop(&machine.name));
            without.commands.push(machine.product.command(&["start"], &machine.name, &["--network-address=false"]));
            remedies.push(without);
        }
        Some(Blocked { finding, remedies })
    }
}

impl in_vm::Vm for Vm {
    fn standstill(&self, _asking: &Asking, api: &Why) -> Option<Standstill> {
        let seen = self.machine.said().into_iter().collect();
        if let Some(blocked) = self.machine.stopped() {
            return Some(Standstill { blocked, seen, certain: true });
        }
        let blocked = self.without_permission(api)?;
        Some(Standstill { blocked, seen, certain: false })
    }

    fn mistaken(&self, asking: &Asking, why: &Why) -> Option<Standstill> {
        let not_this_one = matches!(why, Why::Certificate { .. } | Why::Unauthorized);
        let at = self.server.address().filter(|ip| not_this_one && ip.is_loopback())?;
        self.machine.instead(asking, SocketAddr::new(at, self.server.port), why)
    }

    fn is_inside(&self, ip: IpAddr) -> bool {
        INSIDE.iter().any(|network| holds(network, ip) == Some(true))
    }

    fn balancer(&self, asking: &Asking, wanted: &Wanted) -> Option<(Hop, Option<Blocked>)> {
        let servicelb = match self.machine.k3s {
            Some(true) if wanted.service.spec.load_balancer_class.is_none() => servicelb::look(asking, wanted),
            Some(_) => ServiceLb::Absent,
            None => return None,
        };
        match servicelb {
            ServiceLb::Absent if wanted.service.status.load_balancer.address().is_some() => None,
            ServiceLb::Absent => Some(unprovided(asking, wanted)),
            servicelb => Some(servicelb.hop(wanted.port.port)),
        }
    }

    fn look_inside(&self, node_port: u16) -> Option<Argv> {
        let url = format!("http://127.0.0.1:{node_port}/");
        // Alpine has no curl of its own.
        let words = match self.machine.product {
            Product::RancherDesktop => vec!["wget", "-qO-", "-T", "3", &url],
            Product::Lima | Product::Colima => vec!["curl", "-sS", "-m", "3", &url],
        };
        Some(self.machine.product.shell(&self.machine.name, &words))
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        self.machine.unobserved()
    }
}

/// Nobody gives the Service an address, and nobody takes its port: Lima may listen for it all
/// the same, and close at once (kubernetesservice.go:196-235 asks only for the type).
fn unprovided(asking: &Asking, wanted: &Wanted) -> (Hop, Option<Blocked>) {
    let class = wanted.service.spec.load_balancer_class.clone();
    let metallb = matches!(metallb(asking), Seen::Known(_));
    let finding = Finding::LoadBalancerNoProvider { class, metallb };
    let patch = r#"{"spec":{"type":"NodePort"}}"#;
    let command = wanted.kubectl.call(&["patch", "service", &wanted.service.metadata.name, "-p", patch]);
    let node_port = Remedy::new(Action::ExposeAsNodePort { host_port: None }, command);
    let remedies = std::iter::once(node_port).chain(wanted.port_forward()).collect();
    let hop = Hop {
        id: HopId::WayIn,
        stage: Stage::Two,
        owner: Owner::Kubernetes,
        state: State::Missing,
        evidence: vec![Evidence::new(Source::Api("Service"), Fact::LoadBalancerPending)],
        finding: Some(finding.code()),
    };
    (hop, Some(Blocked { finding, remedies }))
}
