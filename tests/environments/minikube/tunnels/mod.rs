//! Load balancers: `minikube tunnel` in its two programs, and MetalLB (8.3: R3, R4, R13;
//! sections D and E of the real runs).

mod metallb;
mod route;
mod ssh;

use netpath::report::{Report, Road, RoadId};

pub const CLUSTER_IP: &str = "10.105.244.12";
pub const BY_ROUTE: &str = "http://10.105.244.12:80/";
pub const BY_NODE: &str = "http://192.168.49.2:30080/";
pub const BY_SSH: &str = "http://127.0.0.1:80/";
pub const TUNNEL: &str = "minikube -p minikube tunnel [blocks, privileged]";

pub fn load_balancer(report: &Report) -> &Road {
    let mut roads = report.ports[0].roads.iter();
    roads.find(|road| road.id == RoadId::LoadBalancer).expect("the road of a load balancer")
}
