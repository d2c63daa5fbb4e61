//! Docker Desktop's own Kubernetes, made by kubeadm or by kind, in the VM that Docker
//! Desktop keeps on every system.
//!
//! kubeadm: a controller in the cluster tells Docker Desktop to listen on this computer for
//! every node port of a NodePort Service, and for the own port of a LoadBalancer Service
//! (moby/vpnkit @011a846 `go/pkg/controller/controller.go`: both to 0.0.0.0, straight to the
//! cluster address). kind: only load balancers come out (docker/desktop-cloud-provider
//! @318750d `pkg/loadbalancer/server.go:60-70,198-206`); whether node ports do was not seen.
//! The nodes' own addresses never lead in (docs.docker.com, "Networking on Docker Desktop").

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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

const PRODUCT: &str = "Docker Desktop";
/// The name that it gives context and cluster.
const NAME: &str = "docker-desktop";
/// Starts of the names of its programs that listen: com.docker.backend, vpnkit.
const OWN: &[&str] = &["com.docke", "docker", "vpnkit"];

/// Docker Desktop's own Kubernetes.
pub struct DockerDesktop;

impl Environment for DockerDesktop {
    fn recognise(&self, _asking: &Asking, situation: &Situation) -> Recognition {
        let (because, maker) = match known_by(situation, NAME, made_by) {
            Seen::Pending => return Recognition::Pending,
            Seen::Known(known) => known,
            Seen::Absent | Seen::Unavailable(_) => return Recognition::No,
        };
        let os = situation.os();
        let listening =
            Listening { product: PRODUCT, own: OWN, os, restart: vec![argv(&["docker", "desktop", "restart"])] };
        let wall: Rc<dyn Wall> = Rc::new(Backend { maker, listening });
        let place = InVm::new(situation, (EnvironmentId::DockerDesktop, PRODUCT), vec![because], Box::new(Machine));
        Recognition::Yes(Box::new(place.behind([wall])))
    }
}

/// What made the cluster inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Kubeadm,
    Kind,
}

/// kubeadm's one node has its name and image; kind's cluster is called `desktop`
/// (docker/docs `use-desktop/kubernetes.md` @00ba4d3, and public outputs).
fn made_by(node: &Node) -> Option<(Fact, Maker)> {
    let image = &node.status.node_info.os_image;
    if image == PRODUCT || node.metadata.name == NAME {
        let fact = Fact::NodeImage { node: node.metadata.name.clone(), image: image.clone() };
        return Some((fact, Maker::Kubeadm));
    }
    let id = &node.spec.provider_id;
    let own = id.strip_prefix("kind://docker/desktop/").is_some_and(|name| name == node.metadata.name);
    own.then(|| (Fact::ProviderId { id: id.clone() }, Maker::Kind))
}

/// The VM.
struct Machine;

impl Vm for Machine {
    fn is_beside(&self) -> bool {
        true
    }

    /// Its engine tells whether it runs at all.
    fn standstill(&self, asking: &Asking, _api: &Why) -> Option<Standstill> {
        match info(asking, Engine::Docker) {
            Seen::Known(info) if info.is_desktop() => {
                let look =
                    Remedy::new(Action::EnableKubernetes { product: PRODUCT }, argv(&["docker", "desktop", "status"]));
                let finding = Finding::ProductKubernetesOff { product: PRODUCT };
                Some(Blocked { finding, remedies: vec![look] }.into())
            }
            // Another engine answers, or none: nothing tells of this one.
            Seen::Pending | Seen::Known(_) | Seen::Absent => None,
            Seen::Unavailable(why) => {
                // `docker desktop` is there since 4.37 (docs.docker.com, "docker desktop").
                let start =
                    Remedy::new(Action::StartProduct { product: PRODUCT }, argv(&["docker", "desktop", "start"]));
                let finding = Finding::ProductStopped { product: PRODUCT };
                let fact = Fact::CouldNotLook { what: crate::report::Subject::Engine(Engine::Docker), why };
                let seen = vec![Evidence::new(Source::Engine(Engine::Docker), fact)];
                Some(Standstill { blocked: Blocked { finding, remedies: vec![start] }, seen, certain: false })
            }
        }
    }
}

/// The program on this computer that listens for what the VM offers.
struct Backend {
    /// What made the cluster, where the nodes could be read.
    maker: Option<Maker>,
    listening: Listening,
}

impl Wall for Backend {
    fn boundary(&self) -> Boundary {
        Boundary { kind: BoundaryKind::Vm, name: PRODUCT.into(), state: "unknown".into() }
    }

    fn passage(&self, asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        let at = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port.number);
        if let Some(taken) = self.listening.taken(asking, wanted, port, at) {
            return taken;
        }
        let fact = Fact::PortBroughtOut { product: PRODUCT, port: port.number };
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact));
        let finding = Finding::PortNotBroughtOut {
            product: PRODUCT,
            port: port.number,
            sure: match port.opened {
                Opened::LoadBalancer => true,
                Opened::NodePort => self.maker == Some(Maker::Kubeadm),
                // A Pod's hostPort did not come out (docker/for-win#5406, #7094).
                Opened::HostPort | Opened::Socket(_) => false,
            },
        };
        let remedies = wanted.port_forward().into_iter().collect();
        Passage { hop, at: Some(at), blocked: Some(Blocked { finding, remedies }) }
    }
}
