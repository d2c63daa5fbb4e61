//! The report: what the core concludes, as typed values.
//!
//! No prose in here. The words for titles, evidence and remedies stand in one place per
//! language, `render/lang/`.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use crate::ask::{Engine, Why};
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::Code;
use crate::fact::live::{Forwarded, Outcome, Proxied};
use crate::request::Viewer;

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

/// The Service that a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Type of the Service, if it could be read.
    pub kind: Option<String>,
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

/// The environments of design 6. Those without a module of their own are never produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentId {
    /// kind.
    Kind,
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
    /// The node port at the node's own address.
    NodeAddress,
    /// The address that a load-balancer provider gave the Service.
    LoadBalancer,
    /// `kubectl port-forward`: through the API server, past both stages.
    PortForward,
    /// The Service offers no road from outside, or nothing is known about one.
    None,
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

/// The hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopId {
    /// The API server answers.
    ApiServer,
    /// The container or VM that is the node runs.
    NodeHost,
    /// There is a door from this host to the node.
    WayIn,
    /// The node takes traffic for the Service: node port, kube-proxy.
    NodePort,
    /// The Service exists and has the port.
    Service,
    /// Its selector matches Pods.
    Selector,
    /// It has ready endpoints for the port.
    Endpoints,
    /// Its Pods are ready.
    Pods,
    /// The application answers.
    App,
}

/// One observation that a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Who said it.
    pub source: Source,
    /// What was seen.
    pub fact: Fact,
}

impl Evidence {
    /// Puts a fact and its source together.
    pub fn new(source: Source, fact: Fact) -> Self {
        Self { source, fact }
    }

    /// Whether traffic was sent to learn it, as opposed to reading what is configured.
    pub fn is_live(&self) -> bool {
        matches!(self.source, Source::Probe | Source::ServiceProxy | Source::PodProxy | Source::PortForward)
    }
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The kubeconfig.
    Kubeconfig,
    /// This computer's network interfaces.
    Interfaces,
    /// `container inspect` of an engine.
    Engine(Engine),
    /// An API object, by kind.
    Api(&'static str),
    /// The connection to the API server itself.
    ApiServer,
    /// A probe from this computer.
    Probe,
    /// The API server's service proxy.
    ServiceProxy,
    /// The API server's pod proxy.
    PodProxy,
    /// A port-forward stream.
    PortForward,
    /// What other hops imply.
    Inference,
    /// The request's own flags.
    Request,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A node container and its state.
    Container {
        /// Its name.
        name: String,
        /// Its state, in the engine's words.
        state: String,
        /// Its address in the engine's network.
        ip: Option<IpAddr>,
    },
    /// The engine has no container of the cluster.
    NoContainer {
        /// The cluster.
        cluster: String,
    },
    /// A container publishes the API server's port.
    PublishesApiServer {
        /// The container.
        container: String,
        /// The host port.
        port: u16,
        /// The label that names the cluster.
        label: &'static str,
    },
    /// Container of that cluster, but none publishes the API server's port.
    ClusterContainers {
        /// The cluster.
        cluster: String,
        /// How many.
        count: usize,
    },
    /// The Node's providerID.
    ProviderId {
        /// The providerID.
        id: String,
    },
    /// The context's name has the environment's prefix.
    ContextName {
        /// The name.
        name: String,
    },
    /// The API server's address.
    ServerAddress {
        /// Host and port.
        address: String,
        /// Whether it is on this computer or in a network it is attached to.
        local: bool,
    },
    /// The engine publishes a node's port on this host.
    Published {
        /// The node container.
        container: String,
        /// Address and port on the host.
        at: String,
        /// Port in the container.
        container_port: u16,
    },
    /// The engine does not publish the node port.
    NotPublished {
        /// The node port.
        node_port: u16,
        /// What is published instead, as host port and container port.
        published: Vec<(u16, u16)>,
    },
    /// The engine publishes the port for another protocol only.
    PublishedOtherProtocol {
        /// The node port.
        node_port: u16,
        /// The protocol that is published.
        protocol: String,
    },
    /// This host is attached to the node's network.
    NodeRoutable {
        /// The node's address.
        ip: IpAddr,
        /// The interface.
        interface: String,
    },
    /// This host is not attached to the node's network.
    NodeNotRoutable {
        /// The node's address.
        ip: IpAddr,
    },
    /// The load balancer has an address.
    LoadBalancerAddress {
        /// It.
        address: String,
    },
    /// The load balancer has no address yet.
    LoadBalancerPending,
    /// A provider's container serves this Service.
    ProviderRunning {
        /// The container.
        container: String,
    },
    /// No provider's container serves this Service.
    ProviderGone,
    /// A probe from this computer.
    Probed {
        /// Where it went.
        to: SocketAddr,
        /// What it saw.
        outcome: Outcome,
    },
    /// The port of the Service.
    ServicePort {
        /// Type of the Service.
        kind: String,
        /// The port.
        port: u16,
        /// The node port; 0 when there is none.
        node_port: u16,
        /// The target port.
        target: String,
        /// The protocol.
        protocol: String,
    },
    /// There is no such Service.
    ServiceAbsent {
        /// Its name.
        name: String,
    },
    /// There is no such namespace.
    NamespaceAbsent {
        /// Its name.
        name: String,
    },
    /// The Service's ports, none of which is the one asked for.
    PortsAre {
        /// The ports.
        ports: Vec<String>,
    },
    /// ExternalName.
    ExternalName {
        /// The name it stands for.
        name: String,
    },
    /// The selector matches Pods.
    Selects {
        /// The selector.
        selector: String,
        /// How many Pods it matches.
        pods: usize,
    },
    /// The one pair of the selector that no Pod has, and what comes close.
    NearMiss {
        /// `key=value` that fails.
        pair: String,
        /// `key=value` that Pods have instead.
        closest: String,
        /// How many Pods have it.
        pods: usize,
    },
    /// The Service has no selector: endpoints are made by hand.
    NoSelector,
    /// A workload whose Pods the selector would match.
    Workload {
        /// Its name.
        name: String,
        /// Pods wanted.
        replicas: u32,
    },
    /// Endpoints for the port.
    Endpoints {
        /// How many are ready.
        ready: usize,
        /// How many there are.
        total: usize,
        /// The first ready one.
        first: Option<String>,
    },
    /// No EndpointSlice at all.
    NoSlices,
    /// The slices do not carry the port.
    PortNotInSlices {
        /// The target port's name.
        target: String,
        /// Ports that the Pods declare, as name and number.
        declared: Vec<(String, u16)>,
    },
    /// Ready Pods.
    PodsReady {
        /// How many.
        ready: usize,
        /// Of how many.
        total: usize,
        /// One of them.
        name: String,
    },
    /// State of one Pod that is not ready.
    PodState {
        /// The Pod.
        pod: String,
        /// In one word or reason, as Kubernetes says it.
        reason: String,
        /// The message that comes with it.
        message: String,
    },
    /// State of a Node.
    NodeState {
        /// The Node.
        node: String,
        /// Reason, as Kubernetes says it.
        reason: String,
        /// Whether it is Ready.
        ready: bool,
    },
    /// kube-proxy's DaemonSet.
    KubeProxy {
        /// Pods wanted.
        desired: u32,
        /// Pods ready.
        ready: u32,
    },
    /// What a proxy of the API server brought back.
    Proxied {
        /// Pod or Service, and port.
        target: String,
        /// What it said.
        outcome: Proxied,
    },
    /// What a port-forward stream saw.
    Forwarded {
        /// Pod and port.
        target: String,
        /// What it saw.
        outcome: Forwarded,
    },
    /// The type of the Service offers no road from outside.
    NoRoadByType {
        /// ClusterIP, headless, ExternalName.
        kind: String,
    },
    /// An earlier hop leaves nothing to see.
    Behind {
        /// The hop.
        hop: HopId,
    },
    /// The endpoints are on other nodes than the one that traffic enters.
    NoLocalEndpoint {
        /// The node that traffic enters.
        node: String,
    },
    /// Could not look.
    CouldNotLook {
        /// What was wanted.
        what: Subject,
        /// Why not.
        why: Why,
    },
    /// Probing was not wanted or not safe.
    NotProbed {
        /// Why not.
        why: NotProbed,
    },
    /// This road skips the hop.
    Skipped,
}

/// Why no probe was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotProbed {
    /// `--no-probe`.
    Forbidden,
    /// The cluster is not recognised as local; `--probe` would allow it.
    NotLocal,
    /// The address is not proven to stay on this computer.
    NotProvenLocal,
    /// UDP and SCTP cannot be probed.
    NotTcp,
    /// The browser is elsewhere.
    OtherViewer,
}

/// What could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An API resource, by plural name.
    Resource(&'static str),
    /// The containers of an engine.
    Engine(Engine),
    /// The service proxy.
    ServiceProxy,
    /// The pod proxy.
    PodProxy,
    /// The port-forward stream.
    PortForward,
    /// Which hop of a road lets nothing through.
    Road,
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

/// An argument vector. Never a shell line: quoting is the renderer's work.
pub type Argv = Vec<String>;

/// A finding with its place in the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was found.
    pub finding: Finding,
    /// Whether it is the root of its port.
    pub root: bool,
    /// The finding it follows from.
    pub because: Option<Code>,
    /// The port it belongs to; `None` for all of them.
    pub port: Option<u16>,
    /// What opens it, cheapest first. Consequences have none.
    pub remedies: Vec<Remedy>,
}

/// One way to open a missing hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What it does.
    pub action: Action,
    /// The commands, in order.
    pub commands: Vec<Argv>,
    /// It keeps running and holds the terminal.
    pub blocks: bool,
    /// It needs an administrator.
    pub privileged: bool,
    /// It loses data.
    pub destructive: bool,
    /// It can be undone.
    pub reversible: bool,
}

impl Remedy {
    /// A harmless remedy of one command: does not block, needs no rights, loses nothing.
    pub fn new(action: Action, command: Argv) -> Self {
        Self { action, commands: vec![command], blocks: false, privileged: false, destructive: false, reversible: true }
    }

    /// The same, keeping the terminal.
    pub fn blocking(mut self) -> Self {
        self.blocks = true;
        self
    }

    /// The same, losing data.
    pub fn destructive(mut self) -> Self {
        self.destructive = true;
        self.reversible = false;
        self
    }
}

/// What a remedy does; the words are the language's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `kubectl port-forward`: past both stages, for debugging.
    PortForward,
    /// Move the Service's node port onto one that is published already.
    MoveNodePort {
        /// The published node port.
        node_port: u16,
        /// The host port that leads to it.
        host_port: u16,
    },
    /// Recreate the cluster with the port published.
    RecreateWithMapping {
        /// The node port.
        node_port: u16,
    },
    /// Give the Service a node port that leads in.
    ExposeAsNodePort {
        /// The published node port it gets, if one is free.
        node_port: Option<u16>,
    },
    /// Start the stopped node.
    StartNode,
    /// Continue the paused node.
    UnpauseNode,
    /// Restart the node, whose forwarding or API server hangs.
    RestartNode,
    /// Create the cluster again.
    CreateCluster,
    /// List the engine's contexts: the cluster may live in another one.
    ListEngineContexts,
    /// Run the load-balancer provider.
    RunLoadBalancerProvider,
    /// Make the Service for a Deployment that exists.
    ExposeDeployment {
        /// The Deployment.
        name: String,
    },
    /// The name was probably meant to be this.
    UseName {
        /// The name.
        name: String,
    },
    /// List what there is.
    ListServices,
    /// List the namespaces.
    ListNamespaces,
    /// Select the Pods that were meant (replaces the whole selector).
    SetSelector,
    /// Compare selector and labels by eye.
    ShowLabels,
    /// Start Pods.
    Scale {
        /// The Deployment.
        name: String,
    },
    /// Send the traffic to another target port.
    SetTargetPort {
        /// It.
        port: String,
    },
    /// Allow every node to take the traffic.
    SetTrafficPolicyCluster,
    /// Look at a Pod.
    DescribePod,
    /// Read a Pod's log.
    ReadLogs,
    /// Read the log of the run before.
    ReadPreviousLogs,
    /// Put the local image into the node.
    LoadImage {
        /// The image.
        image: String,
    },
    /// Make the application listen on all addresses.
    ListenOnAllAddresses,
    /// Start the kubelet.
    StartKubelet {
        /// The node.
        node: String,
    },
    /// Look at a Node.
    DescribeNode,
    /// Let kube-proxy run on the nodes again.
    UnselectKubeProxy {
        /// The label that no node has.
        label: String,
    },
    /// Restart kube-proxy.
    RestartKubeProxy,
    /// Look at the controller manager.
    ShowControllerManager,
    /// Name the slice's port like the Service's.
    ShowSlices,
    /// Ask who may do what.
    CanI,
    /// Renew the kubeconfig entry.
    ExportKubeconfig,
    /// Choose another context.
    UseContext,
    /// Look at the Deployment's own events.
    DescribeWorkload,
}

impl Action {
    /// Whether it changes something, as opposed to showing what is wrong: only then is
    /// there something to open afterwards.
    pub fn opens(&self) -> bool {
        !matches!(
            self,
            Self::PortForward
                | Self::ListEngineContexts
                | Self::UseName { .. }
                | Self::ListServices
                | Self::ListNamespaces
                | Self::ShowLabels
                | Self::DescribePod
                | Self::ReadLogs
                | Self::ReadPreviousLogs
                | Self::DescribeNode
                | Self::ShowControllerManager
                | Self::ShowSlices
                | Self::CanI
                | Self::DescribeWorkload
        )
    }
}

/// What a run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Took {
    /// Milliseconds of wall time.
    pub ms: u64,
    /// Reads of the API server.
    pub reads: usize,
    /// Probes, from this computer and through the API server.
    pub probes: usize,
}

/// All Services of a namespace in one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// What the kubeconfig says.
    pub context: ContextInfo,
    /// Where the context points.
    pub environment: EnvironmentInfo,
    /// One report per Service, by namespace and name.
    pub items: Vec<Report>,
    /// A finding that hits every Service, for example a stopped node.
    pub blocked: Option<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// What it cost.
    pub took: Took,
}

/// What the context points at.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentReport {
    /// What the kubeconfig says.
    pub context: ContextInfo,
    /// Where the context points.
    pub environment: EnvironmentInfo,
    /// Ways from this host to the node, whatever the Service.
    pub doors: Vec<Hop>,
    /// A finding about the environment as a whole.
    pub blocked: Option<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// What it cost.
    pub took: Took,
}

/// What a run produces.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcomes {
    /// `explain svc/NAME`.
    Path(Box<Report>),
    /// `explain`.
    Overview(Box<Overview>),
    /// `env`.
    Environment(Box<EnvironmentReport>),
}

/// Why no report could be produced at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No kubeconfig file exists.
    #[error("no kubeconfig found\n  looked for: {}\n  kubectl would now ask http://localhost:8080, which may be any program; netpath does not", looked_for.join(", "))]
    NoKubeconfig {
        /// Where it was looked for.
        looked_for: Vec<String>,
    },
    /// A kubeconfig file could not be read.
    #[error("{detail}")]
    Kubeconfig {
        /// What is wrong and where, without any content.
        detail: String,
    },
    /// No current context and no `--context`.
    #[error(
        "no current context is set in the kubeconfig\n  choose one:  kubectl config use-context NAME\n  there are:   {}",
        list(known)
    )]
    NoCurrentContext {
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The context does not exist.
    #[error("context \"{name}\" does not exist in the kubeconfig\n  there are:  {}", list(known))]
    NoSuchContext {
        /// Its name.
        name: String,
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The context names a cluster or user that does not exist.
    #[error("context \"{context}\" names the {what} \"{name}\", and the kubeconfig has no such {what}")]
    Dangling {
        /// The context.
        context: String,
        /// cluster or user.
        what: &'static str,
        /// The name that leads nowhere.
        name: String,
    },
}

fn list(known: &[String]) -> String {
    if known.is_empty() { "none".into() } else { known.join(", ") }
}
