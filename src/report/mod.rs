//! The report: what the core concludes, as typed values.
//!
//! No prose in here. The words for titles, evidence and remedies stand in one place per
//! language, `render/lang/`.

mod action;
mod evidence;
mod fact;
mod outcomes;
mod refusal;
mod remedy;

use serde::Serialize;

pub use self::action::Action;
pub use self::evidence::{Evidence, NotProbed, Source, Subject};
pub use self::fact::Fact;
pub use self::outcomes::{EnvironmentReport, Outcomes, Overview, Took};
pub use self::refusal::Refusal;
pub use self::remedy::{Argv, Found, Remedy, TextFile};
use crate::ask::{Engine, Why};
use crate::diagnose::registry::Code;
use crate::request::{Kind, Viewer};

/// Whose a hop or a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The VM or container that the node is locked into, and what opens it.
    VirtualizationLayer,
    /// Service, EndpointSlice, Pod, kube-proxy, node.
    Kubernetes,
    /// The process in the container.
    Application,
    /// This computer's kubeconfig, credentials, proxy or rights.
    Client,
}

/// The two stages of every path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Browser to node.
    One,
    /// Node to Pod.
    Two,
}

/// What is known about a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Observed.
    Present,
    /// Positively observed absence, or a failed probe and the fact that explains it.
    Missing,
    /// Could not look, or cannot be told apart.
    Unknown,
    /// This road does not use it, or an earlier missing hop leaves nothing to see.
    NotNeeded,
}

/// The answer to "can I reach it from here?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A probe got bytes from the application.
    Reachable,
    /// It works, but some endpoints do not.
    Degraded,
    /// A missing hop explains it.
    Unreachable,
    /// Neither could be shown.
    Undetermined,
}

impl Verdict {
    /// Its place among others, the best first.
    pub fn rank(self) -> u8 {
        match self {
            Self::Reachable => 0,
            Self::Degraded => 1,
            Self::Undetermined => 2,
            Self::Unreachable => 3,
        }
    }
}

/// How sure the recognition of the environment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The thing itself said so.
    Certain,
    /// Names fit, nothing contradicts, and the thing itself could not be asked.
    Likely,
    /// Little more than an address.
    Guess,
}

/// The report on one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The verdict over all ports: the worst one.
    pub verdict: Verdict,
    /// What was asked about.
    pub target: Target,
    /// Where the browser is.
    pub viewer: Viewer,
    /// What the kubeconfig says.
    pub context: ContextInfo,
    /// Where the context points.
    pub environment: EnvironmentInfo,
    /// One entry per Service port.
    pub ports: Vec<PortReport>,
    /// Other Services that lead to the target as well.
    pub services: Vec<OtherService>,
    /// Everything found, roots first.
    pub findings: Vec<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// What it cost.
    pub took: Took,
}

impl Report {
    /// The root of the first port that has one.
    pub fn root(&self) -> Option<&Found> {
        self.findings.iter().find(|found| found.root)
    }
}

/// A Service beside the one that the path leads through, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherService {
    /// Its name.
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The code of its first root.
    pub root: Option<Code>,
}

/// The object that a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its kind.
    pub kind: Kind,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The Service that the path leads through, if it is known.
    pub service: Option<String>,
    /// Type of that Service, if it could be read.
    pub service_type: Option<String>,
    /// The port that was asked about, if one was.
    pub port: Option<String>,
}

/// What the kubeconfig says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextInfo {
    /// Name of the context.
    pub name: String,
    /// Name of the cluster entry.
    pub cluster: String,
    /// Namespace that the run looked at.
    pub namespace: String,
    /// URL of the API server.
    pub server: String,
    /// linux, macos or windows.
    pub os: String,
}

/// Where the context points.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentInfo {
    /// Which kind of environment.
    pub id: EnvironmentId,
    /// Its own name, for example the kind cluster's.
    pub name: Option<String>,
    /// minikube's driver.
    pub driver: Option<String>,
    /// The container engine.
    pub engine: Option<Engine>,
    /// How sure that is ...
    pub certainty: Certainty,
    /// ... and why.
    pub because: Vec<Evidence>,
    /// Walls between here and the node, from the outside in.
    pub boundaries: Vec<Boundary>,
}

impl EnvironmentInfo {
    /// Whether the node is this computer itself, so that no virtualization layer is between.
    pub fn is_this_computer(&self) -> bool {
        let by_tool = matches!(
            self.id,
            EnvironmentId::K3s | EnvironmentId::Microk8s | EnvironmentId::K0s | EnvironmentId::Kubeadm
        );
        let in_vm = self.boundaries.iter().any(|wall| wall.kind == BoundaryKind::Vm);
        by_tool && !in_vm || self.id == EnvironmentId::Minikube && self.driver.as_deref() == Some("none")
    }
}

/// The environments of design 6. Those without a module of their own are never produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentId {
    /// kind.
    Kind,
    /// minikube.
    Minikube,
    /// k3d.
    K3d,
    /// k3s, directly on this computer.
    K3s,
    /// MicroK8s, directly on this computer.
    Microk8s,
    /// k0s, directly on this computer.
    K0s,
    /// A cluster that `kubeadm init` made directly on this computer.
    Kubeadm,
    /// Docker Desktop's own Kubernetes.
    DockerDesktop,
    /// OrbStack's own Kubernetes.
    Orbstack,
    /// A VM of Lima's.
    Lima,
    /// A VM of colima's.
    Colima,
    /// Rancher Desktop.
    RancherDesktop,
    /// A cluster on another computer.
    Remote,
    /// A local address that nothing recognises.
    Unknown,
}

/// One wall between here and the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// What it is made of.
    pub kind: BoundaryKind,
    /// Its name, for example the container's.
    pub name: String,
    /// Its state in the engine's words: running, paused, exited, absent, unknown.
    pub state: String,
}

/// What a boundary is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundaryKind {
    /// A container that is a node.
    Container,
    /// A virtual machine that is a node.
    Vm,
    /// WSL2, around this computer.
    Wsl,
}

/// The report on one port of the Service.
#[derive(Debug, Clone, PartialEq)]
pub struct PortReport {
    /// Number; `None` when the Service could not be read.
    pub port: Option<u16>,
    /// Name.
    pub name: String,
    /// TCP, UDP or SCTP.
    pub protocol: String,
    /// Host and path that lead to it, where the target is an Ingress or a route.
    pub route: Option<String>,
    /// The Service it is a port of, where the target is not a Service.
    pub service: Option<String>,
    /// Its verdict.
    pub verdict: Verdict,
    /// The earliest missing hop that is a cause.
    pub root: Option<Code>,
    /// URLs that answered.
    pub urls: Vec<String>,
    /// All roads, the one that explains the verdict first.
    pub roads: Vec<Road>,
}

/// One way to reach the target.
#[derive(Debug, Clone, PartialEq)]
pub struct Road {
    /// Which one.
    pub id: RoadId,
    /// The URL it leads to, whether or not it answers.
    pub url: Option<String>,
    /// Present if it answered, missing if a hop of it is missing.
    pub state: State,
    /// Its hops, browser first.
    pub hops: Vec<Hop>,
}

/// The roads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoadId {
    /// A port that the engine publishes on this host, forwarded to the node port.
    PublishedPort,
    /// A port that what is around the node's VM brings to this host.
    ForwardedPort,
    /// The node port at the node's own address.
    NodeAddress,
    /// What the distribution of WSL2 serves at its own address, for a browser on Windows.
    WslAddress,
    /// The address that a load-balancer provider gave the Service.
    LoadBalancer,
    /// A forward of ssh that the environment's own tool made: `minikube service`.
    SshForward,
    /// The Service's cluster address, while a route leads to a node.
    ClusterAddress,
    /// The address of an Ingress controller, which passes on what the Ingress names.
    Ingress,
    /// The address of a Gateway, which passes on what its routes name.
    Gateway,
    /// `kubectl port-forward`: through the API server, past both stages.
    PortForward,
    /// The Service offers no road from outside, or nothing is known about one.
    None,
}

impl RoadId {
    /// Whether it enters at a port of this host that somebody brings there: a refusal says
    /// that nobody does.
    pub fn is_of_this_host(self) -> bool {
        matches!(self, Self::PublishedPort | Self::ForwardedPort)
    }
}

/// One step of a road.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// Which one.
    pub id: HopId,
    /// Its stage.
    pub stage: Stage,
    /// Whose it is.
    pub owner: Owner,
    /// What is known about it.
    pub state: State,
    /// How that is known.
    pub evidence: Vec<Evidence>,
    /// What is wrong with it.
    pub finding: Option<Code>,
}

impl Hop {
    /// The node itself: the virtualization layer's, whatever it is made of.
    pub fn node_host(state: State, evidence: Evidence) -> Self {
        Self { id: HopId::NodeHost, ..Self::way_in(state, evidence) }
    }

    /// The door from this host to the node: the virtualization layer's, whatever it is
    /// made of.
    pub fn way_in(state: State, evidence: Evidence) -> Self {
        Self {
            id: HopId::WayIn,
            stage: Stage::One,
            owner: Owner::VirtualizationLayer,
            state,
            evidence: vec![evidence],
            finding: None,
        }
    }
}

/// The hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopId {
    /// The host name leads to the entry.
    HostName,
    /// The API server answers.
    ApiServer,
    /// The container or VM that is the node runs.
    NodeHost,
    /// There is a door from this host to the node.
    WayIn,
    /// The node takes traffic for the Service: node port, kube-proxy.
    NodePort,
    /// The Ingress controller or the Gateway takes traffic.
    Controller,
    /// It has a rule for this host and path, which leads to the Service.
    Route,
    /// The Service exists and has the port.
    Service,
    /// Its selector matches Pods.
    Selector,
    /// It has ready endpoints for the port.
    Endpoints,
    /// Its Pods are ready.
    Pods,
    /// NetworkPolicies let traffic into its Pods.
    Policy,
    /// The application answers.
    App,
}

/// Something that could not be observed, and what would settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unobserved {
    /// What was wanted.
    pub what: Subject,
    /// Why it was not to be had.
    pub why: Why,
    /// Commands that would show it.
    pub settle: Vec<Argv>,
}
