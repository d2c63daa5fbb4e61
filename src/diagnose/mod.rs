//! Stage 2: what can be wrong between the node and the process in the Pod.
//!
//! One file per object. To add a finding: an entry in [`registry`], a variant in
//! [`finding`], the `if` that emits it in the file of its object, its page in
//! `docs/explain/`, one test that triggers it and one near-miss that must not.

pub mod app;
pub mod client;
pub mod controller;
pub mod endpoints;
pub mod finding;
pub mod gateway;
pub mod ingress;
pub mod kube_proxy;
pub mod left_out;
pub mod near_miss;
pub mod partial;
pub mod pod;
pub mod policy;
pub mod registry;
pub mod replicas;
pub mod route;
pub mod rule;
pub mod service;
pub mod sides;
pub mod similar;
pub mod stage_two;
pub mod target;
pub mod target_port;
pub mod workload;

use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::environment::Place;
use crate::fact::cluster::{EndpointSlice, Node, Pod, Service};
use crate::fact::read::Shared;
use crate::remedy::Kubectl;
use crate::report::{Subject, Unobserved};

/// What every rule of stage 2 may use.
pub struct Scene<'a> {
    /// The window on the answers.
    pub asking: &'a Asking<'a>,
    /// Where the context points, once that is known.
    pub place: Option<&'a dyn Place>,
    /// How kubectl is called for this context and namespace.
    pub kubectl: &'a Kubectl,
    /// The namespace.
    pub namespace: &'a str,
}

/// The objects behind one Service, however they were read.
#[derive(Clone)]
pub struct Objects {
    /// The Service.
    pub service: Shared<Service>,
    /// Its EndpointSlices.
    pub slices: Seen<Vec<Shared<EndpointSlice>>>,
    /// The Pods that its selector matches.
    pub pods: Seen<Vec<Shared<Pod>>>,
    /// The Nodes.
    pub nodes: Seen<Vec<Shared<Node>>>,
}

impl Objects {
    /// Whether a Pod of the Service takes this port of its node for itself (hostPort).
    pub fn takes(&self, port: u16) -> bool {
        let pods = self.pods.known().into_iter().flatten();
        let ports = pods.flat_map(|pod| &pod.spec.containers).flat_map(|container| &container.ports);
        ports.into_iter().any(|own| port != 0 && own.host_port == Some(port))
    }
}

/// An entry for a list that could not be read, with the command that would tell.
pub fn unread<T>(scene: &Scene, plural: &'static str, seen: &Seen<T>) -> Option<Unobserved> {
    let why = seen.unavailable()?.clone();
    let settle = match &why {
        Why::Forbidden { .. } => scene.kubectl.call(&["auth", "can-i", "list", plural]),
        _ => scene.kubectl.call(&["get", plural]),
    };
    Some(Unobserved { what: Subject::Resource(plural), why, settle: vec![settle] })
}
