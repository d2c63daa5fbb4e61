//! Findings: one variant per code, with typed parameters.

use serde::Serialize;

use super::pod::{CrashCause, PullCause, Unfit};
use super::registry::{Code, code};
use super::workload::NoPodsBecause;
use crate::ask::{Engine, Why};
use crate::fact::lima::Failed;
use crate::fact::wsl::Mode;
use crate::report::Owner;
use crate::request::Kind;

/// Why k3s's own load balancer takes a Service's port on no node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum LbBecause {
    /// Something else has the port of the node; `by` is another Service with it.
    PortTaken { pod: String, by: Option<String> },
    /// No node has the labels that a node must have.
    NoNode { selector: String },
    /// Its Pod fails for a reason of its own.
    Pod { pod: String, cause: Code },
}

/// What can be wrong. Fields are named after what they hold; the fields are the finding's `params` in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum Finding {
    /// V101: the engine publishes nothing that leads to the node port, and this host has
    /// no route to the node. `service` is the controller's, where the node port is not the
    /// target's own; `published` are the first of the ports that it publishes instead.
    NodePortNotPublished {
        node_port: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
        container: String,
        engine: Engine,
        published: Vec<u16>,
    },
    /// V102: a mapping exists, but to the Service's port instead of its node port. `service`
    /// as above.
    PublishedPortIsNotTheNodePort {
        node_port: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
        published: u16,
        host_port: u16,
        container: String,
    },
    /// V103: the node port is published for another protocol.
    PublishedWithOtherProtocol { node_port: u16, wanted: String, published: String },
    /// V104: published for this computer only, and the browser is elsewhere.
    PublishedOnLoopbackOnly { host_port: u16, address: String },
    /// V105: the engine lists the port as published, and the host refuses it.
    PublishedPortRefuses { host_port: u16, container: String, engine: Engine },
    /// V106: the controller takes a port of the node, and the engine publishes it nowhere.
    IngressEntryUnmapped { port: u16, container: String, engine: Engine, published: Vec<u16> },
    /// V107: a VM in QEMU's user-mode network: no packet from outside gets in.
    NodeIsolated { profile: String },
    /// V108: the VM's address does not answer at the node port, though this host is in its
    /// network. `os` tells what else may hold the packets back.
    NodeAddressSilent { ip: std::net::IpAddr, driver: String, os: String },
    /// V109: the container that publishes the API server for the nodes; `ports`: and all
    /// other ports.
    ProxyStopped { container: String, engine: Engine, state: String, error: String, ports: bool },
    /// V110: that container does not come up: its proxy knows no address for a node on its
    /// list. `stopped` are the nodes that do not run.
    ProxyRestarting { container: String, engine: Engine, stopped: Vec<String>, restarts: u32 },
    /// V112: the node runs, was asked to publish the port, and does not.
    PublishedPortNotInEffect { node_port: u16, container: String, engine: Engine },
    /// V113: the engine lists the port as published, and another program has it.
    PublishedPortTaken { host_port: u16, pid: u32, name: String, container: String, engine: Engine },
    /// V114: the node runs, and is in no network of the engine any more.
    NodeDetached { container: String, engine: Engine },
    /// V120: nothing listens on this computer for a port that the product's VM offers.
    /// Without `sure` it is not known whether the product brings such ports out.
    PortNotBroughtOut { product: &'static str, port: u16, sure: bool },
    /// V121: the VM's rules bring the Service out, and nothing listens: its guest agent may not
    /// see the Service. `told`: whether the host agent's log says that the guest agent told of
    /// it, where the log says anything. `answered`: something answers there all the same.
    VmServiceNotForwarded { product: &'static str, vm: String, port: u16, told: Option<bool>, answered: bool },
    /// V122: a rule keeps the port inside; without a number it is the one for ssh.
    VmForwardIgnored { product: &'static str, vm: String, port: u16, rule: Option<usize> },
    /// V123: a VM without a guest agent.
    VmPlain { product: &'static str, vm: String, port: u16 },
    /// V124: what listens inside does so at an address that no rule is for.
    VmAddressNotForwarded { product: &'static str, address: std::net::IpAddr, port: u16 },
    /// V125: Linux lets nobody listen below the port `first` without privileges.
    LowPortNotForwarded { product: &'static str, port: u16, first: u16 },
    /// V126: the VM's forwarder does not carry the protocol.
    VmProtocolNotForwarded { product: &'static str, protocol: String, port: u16 },
    /// V127: a Pod's hostPort, which Lima 2.0 and newer do not see.
    VmHostPortNotForwarded { product: &'static str, port: u16 },
    /// V128: another program has the port that the VM's should come out at; `agent`: it is the
    /// host agent of another VM, which has a name where that was seen.
    VmPortTaken { product: &'static str, port: u16, pid: u32, name: String, agent: bool, other: Option<String> },
    /// V129: the host agent's log says that it could not listen there; `answered` as for V121.
    VmListenFailed { product: &'static str, vm: String, port: u16, why: Failed, answered: bool },
    /// V130: rules of the kernel serve the port in a distribution of WSL2, and WSL brings only
    /// sockets to Windows. Without `sure` that is inferred for the mode.
    WslSeesNoSocket { port: u16, mode: Option<Mode>, sure: bool },
    /// V131: WSL2 without a network.
    WslWithoutNetwork { port: u16 },
    /// V132: the forwarding of localhost is turned off.
    WslForwardingOff { port: u16 },
    /// V133: it answers in the distribution, and not at Windows' localhost, which refuses or
    /// does something else.
    WslPortNotForwarded { port: u16, refused: bool },
    /// V134: a program listens at an address that WSL does not bring to Windows.
    WslAddressNotForwarded { port: u16, address: std::net::IpAddr, sure: bool },
    /// V135: WSL brings the port to Windows' own loopback, and the browser is elsewhere.
    WslHiddenFromLan { port: u16 },
    /// V136: a firewall is between mirrored WSL and other computers.
    WslFirewall { port: u16 },
    /// V137: WSL brings no UDP and no SCTP to Windows.
    WslCarriesTcpOnly { port: u16 },
    /// V138: Windows' localhost answers otherwise than the distribution.
    WslAnotherAnswers { port: u16, inside: u16, windows: u16 },
    /// V141: docker publishes the port, and Windows gets nothing back in mirrored mode.
    DockerInMirroredWsl { port: u16 },
    /// V140: Windows reserves the range that the port is in, so nobody can listen there.
    WindowsReservesPort { port: u16, first: u16, last: u16 },
    /// V139: the kubeconfig is one of Windows', and its loopback is not this distribution's.
    /// `seen`: the API server answers Windows.
    LoopbackOfWindows { server: String, seen: bool },
    /// V201: type LoadBalancer, and nobody gives it an address.
    LoadBalancerPending { class: Option<String> },
    /// V202: the address of a provider that is gone.
    LoadBalancerStaleStatus {
        address: String,
        /// A `minikube tunnel` that still runs, without its ssh.
        #[serde(skip_serializing_if = "Option::is_none")]
        tunnel: Option<u32>,
    },
    /// V203: the load balancer's address is in a network that this host has no route to.
    LoadBalancerAddressUnreachable { address: String },
    /// V204: a class that no provider serves.
    LoadBalancerClassUnserved { class: String },
    /// V205: the provider itself reports an error for the port.
    LoadBalancerPortError { port: u16, error: String },
    /// V206: the tunnel's port on this computer is somebody else's. `to` is where that leads,
    /// if it is another forward of minikube's.
    TunnelPortConflict { port: u16, pid: u32, name: String, to: Option<String> },
    /// V207: a tunnel runs, and its ssh for a port below 1024 waits for a password.
    TunnelWaitsForPassword { pid: u32, port: u16 },
    /// V208: the route to the Service addresses leads to another cluster.
    TunnelRouteConflict {
        profile: String,
        address: std::net::IpAddr,
        gateway: Option<std::net::IpAddr>,
        /// The profile whose tunnel set the route.
        other: String,
        /// Its process, if it still runs.
        pid: Option<u32>,
    },
    /// V209: a tunnel runs, and has not come to this Service yet.
    TunnelStarting { pid: u32 },
    /// V210: ssh forwards TCP only, and the port is UDP.
    TunnelCarriesTcpOnly { port: u16 },
    /// V211: the container of the load balancer is there and does not run.
    LoadBalancerContainerStopped { container: String, state: String },
    /// V212: the load balancer's container has another address than the Service says.
    LoadBalancerAddressMoved { address: std::net::IpAddr, now: Option<std::net::IpAddr> },
    /// V213: the class belongs to a program outside of the cluster, which has not taken the
    /// Ingress or the Gateway.
    FrontProviderSilent { kind: &'static str, name: String, class: String, program: String },
    /// V301: the node's container is stopped.
    NodeStopped { container: String, engine: Engine, state: String, error: String },
    /// V302: the node's container is paused.
    NodePaused { container: String, engine: Engine },
    /// V303: the engine has no container of this cluster.
    NodeGone { cluster: String, engine: Engine },
    /// V304: `minikube pause`: the control plane stands still, node ports work on.
    ControlPlanePaused { profile: String },
    /// V305: minikube has no such profile any more.
    ProfileGone { profile: String, home: String },
    /// V306: the node's VM does not run.
    MachineStopped { name: String, driver: String, state: String },
    /// V307: the ssh that carries the API server of QEMU's own network is gone.
    ApiForwardGone { profile: String, port: u16 },
    /// V308: macOS may keep this terminal from local networks.
    LocalNetworkDenied { address: String, driver: String },
    /// V309: the product that keeps the cluster's VM does not run.
    ProductStopped { product: &'static str },
    /// V310: the product runs, and its Kubernetes does not.
    ProductKubernetesOff { product: &'static str },
    /// V311: the VM that holds the engine does not run.
    EngineMachineStopped { name: String, product: String, state: String },
    /// V312: the engine that holds the node does not answer.
    EngineSilent { engine: Engine, why: Why },
    /// V313: something else answers at the address of the API server of a VM; `by` are the
    /// program and its process, where they are seen, and the VM that it listens for.
    ApiPortOfAnother {
        vm: String,
        product: &'static str,
        port: u16,
        name: Option<String>,
        pid: u32,
        other: Option<String>,
    },
    /// K101
    ServiceMissing { name: String, namespace: String, similar: Vec<String>, deployment: Option<String> },
    /// K102
    NamespaceMissing { name: String, similar: Vec<String> },
    /// K103
    ServicePortMissing { wanted: String, ports: Vec<String> },
    /// K104: type ClusterIP offers no road from outside.
    InternalOnly { name: String },
    /// K105
    ServiceExternalName { external_name: String, service: Option<String>, exists: Option<bool> },
    /// K106; `dial` is the port of the Pods, where it differs from the Service's.
    ServiceHeadless { name: String, dial: Option<u16> },
    /// K107: type NodePort or LoadBalancer without a node port.
    NodePortNotAllocated { port: u16, turned_off: bool },
    /// K108: the load balancer admits other networks only.
    LbSourceRangesBlock { address: String, source: std::net::IpAddr, ranges: Vec<String> },
    /// K109: deleted, and held back by finalizers.
    ServiceTerminating { name: String, finalizers: Vec<String> },
    /// K110: an address where DNS wants a name.
    ExternalNameIsAddress { external_name: String },
    /// K111: a name that leads back to itself.
    ExternalNameLoop { names: Vec<String> },
    /// K112: a hand-made EndpointSlice has the port for another protocol.
    ManualEndpointProtocol { port: u16, wanted: String, found: String },
    /// K113: EndpointSlices with names instead of addresses.
    EndpointsAreNames { names: Vec<String> },
    /// K114: k3s's own load balancer takes the Service's port on no node. `service` is its
    /// namespace and name: it may be a controller's.
    ServiceLbNotReady { service: String, port: u16, because: LbBecause },
    /// K115: type LoadBalancer, on a computer where nothing but a program in the cluster can
    /// give an address, and none does.
    LoadBalancerNoProvider { class: Option<String>, metallb: bool },
    /// K116: the load balancer may use none of the nodes that could serve. `local`: only
    /// nodes with an endpoint could.
    LoadBalancerNoNode { excluded: Vec<String>, local: bool },
    /// K120: `service` is the Service whose selector comes close, `pair` the pair of it that
    /// the Pods lack, `closest` the one that they have.
    NoServiceSelectsWorkload {
        workload: String,
        labels: String,
        service: Option<String>,
        pair: Option<String>,
        closest: Option<String>,
        host_network: bool,
        host_ports: Vec<u16>,
    },
    /// K121
    TargetMissing { kind: Kind, name: String, namespace: String, similar: Vec<String>, service: bool },
    /// K201
    SelectorMatchesNoPods {
        selector: String,
        pair: Option<String>,
        closest: Option<String>,
        closest_pods: usize,
        /// How many Pods were looked at: at most the first 500.
        pods: usize,
    },
    /// K202
    WorkloadScaledToZero { workload: String },
    /// K203
    WorkloadCannotCreatePods { workload: String, why: NoPodsBecause, reason: String, message: String },
    /// K204
    EndpointSliceControllerNotRunning { name: String },
    /// K205
    ManualEndpointsMissing { name: String },
    /// K206
    NamedTargetPortUnresolved { port: u16, target: String, declared: Vec<(String, u16)> },
    /// K207: nothing listens on the target port, and another declared port answers.
    WrongTargetPort { port: u16, target: u16, answers: u16 },
    /// K208
    ManualEndpointPortName { port_name: String, slice_names: Vec<String> },
    /// K209
    EndpointsPartiallyReady {
        ready: usize,
        total: usize,
        pods: Vec<String>,
        /// Why the first of the Pods is not ready.
        #[serde(serialize_with = "code_of")]
        reason: Option<Box<Finding>>,
    },
    /// K210: all that still serve are being deleted.
    OnlyTerminatingEndpoints {
        serving: usize,
        /// Why no other Pod is ready.
        #[serde(serialize_with = "code_of")]
        reason: Option<Box<Finding>>,
    },
    /// K211
    PodUnschedulable { pod: String, reasons: Vec<Unfit>, message: String },
    /// K212
    ImagePullFailed {
        pod: String,
        container: String,
        image: String,
        reason: String,
        cause: PullCause,
        registry: String,
        message: String,
    },
    /// K213
    ContainerCrashLoop {
        pod: String,
        container: String,
        exit_code: Option<i32>,
        reason: String,
        restarts: u32,
        cause: CrashCause,
        message: String,
    },
    /// K214
    ContainerConfigError { pod: String, container: String, reason: String, message: String },
    /// K215
    ReadinessProbeFailing {
        pod: String,
        container: String,
        message: String,
        probe_port: Option<u16>,
        probe_path: Option<String>,
        /// Where the traffic goes, if the probe asks another port, and that one refuses.
        target_port: Option<u16>,
    },
    /// K216
    PodStarting { pod: String, reason: String, message: String },
    /// K217
    PodTerminating { pod: String },
    /// K218
    InitContainerFailed { pod: String, container: String, sidecar: bool, reason: String, exit_code: Option<i32> },
    /// K219
    PodTerminal { pod: String, phase: String, reason: String, message: String },
    /// K220
    PodSchedulingGated { pod: String, gates: Vec<String> },
    /// K221: no scheduler has looked at the Pod, as far as one look can tell.
    SchedulerNotRunning { pod: String },
    /// K222
    PodSandboxFailed { pod: String, message: String },
    /// K223
    VolumeMountFailed { pod: String, message: String },
    /// K224
    InitContainerWaiting { pod: String, container: String, sidecar: bool, message: String },
    /// K225
    StartupProbePending { pod: String, container: String, message: String },
    /// K226
    ReadinessGatePending { pod: String, gates: Vec<String> },
    /// K227: never to be pulled, and not in the node.
    ImageNotInNode { pod: String, container: String, image: String },
    /// K228: Ready, selected, and in no EndpointSlice.
    EndpointMissingForPod { pod: String, node_missing: Option<String> },
    /// K229: the target port's name means something on some of the Pods only.
    NamedTargetPortPartial { port: u16, target: String, with: usize, without: Vec<String> },
    /// K230: a Pod has a port of that name, for another protocol.
    ProtocolMismatch { port: u16, target: String, protocol: String, pod_protocol: String },
    /// K231: Pods of another workload are selected as well, and do not answer.
    SelectorOvermatches { pods: Vec<String>, workload: String, others: Vec<String>, port: u16 },
    /// K301
    IngressNoController { name: String },
    /// K302
    IngressClassMissing { name: String, known: Vec<String> },
    /// K303
    IngressNoClass { name: String, known: Vec<String> },
    /// K304: the controller's own Pods or Service do not work; `cause` is why.
    IngressControllerDown { service: String, cause: Code },
    /// K309: the controller takes a port of its node, and that port is published at another.
    IngressControllerElsewhere { service: String, port: u16, node: String, pod_nodes: Vec<String> },
    /// K305: the controller's Service has the type ClusterIP.
    IngressControllerInternal { service: String },
    /// K306: everything is there, and the controller answers by itself. `direct` is the
    /// status that the application gives to the API server.
    IngressAnswersItself { route: String, status: Option<u16>, direct: Option<u16> },
    /// K307: no rule leads anywhere.
    IngressPathNoMatch { name: String },
    /// K308
    IngressTlsSecretMissing { ingress: String, secret: String },
    /// K310
    IngressBackendServiceMissing { ingress: String, service: String, similar: Vec<String> },
    /// K311
    IngressBackendPortMissing { ingress: String, service: String, port: String, ports: Vec<String> },
    /// K320
    GatewayCrdsMissing { version: String },
    /// K321
    GatewayClassMissing { name: String, known: Vec<String> },
    /// K322
    GatewayClassNotAccepted { name: String, controller: String, reason: String, message: String },
    /// K323
    GatewayNotAccepted { name: String, reason: String, message: String },
    /// K324
    GatewayNotProgrammed { name: String, reason: String, message: String },
    /// K325
    ListenerInvalid { gateway: String, listener: String, reason: String, message: String },
    /// K326: without a reason, nobody wrote anything about the route at this Gateway.
    RouteNotAttached { route: String, gateway: String, reason: Option<String>, message: String },
    /// K327
    RouteRefsUnresolved { route: String, backend: String, reason: String, message: String },
    /// K328
    GatewayMissing { route: String, name: String, namespace: String, similar: Vec<String> },
    /// K329
    GatewayNoRoute { name: String, listener: String },
    /// K401: policies let nobody from outside in.
    NetpolBlocksIngress { policies: Vec<String>, pod: String, port: u16, plugin: Option<String> },
    /// K402: they do, and the API server's own node gets through all the same.
    NetpolAdmitsNodeOnly { policies: Vec<String>, pod: String, port: u16, plugin: Option<String> },
    /// K501: ready endpoints, and the node does not take traffic at the node port.
    NodePortNotServed { node_port: u16, node: String, kube_proxy_desired: Option<u32>, selector: Option<String> },
    /// K502
    NodeNotReady { node: String, reason: String, message: String },
    /// K503: the node's container runs, and its API server does not answer; or the node is
    /// this computer, where a tool runs the API server.
    ApiServerNotAnswering {
        #[serde(skip_serializing_if = "String::is_empty")]
        container: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        tool: Option<&'static str>,
        why: Why,
    },
    /// K504
    ExternalPolicyLocalNoEndpoint { node: String, endpoint_nodes: Vec<String> },
    /// K505: clients inside the cluster on these nodes get no answer.
    InternalPolicyLocalNoEndpoint { nodes: Vec<String>, endpoint_nodes: Vec<String> },
    /// K506: kube-proxy does not work on the node that traffic enters.
    KubeProxyNotReady { node: String, ready: u32, desired: u32, pod: Option<String>, reason: String },
    /// K507: kube-proxy serves node ports at other addresses only.
    NodePortAddressesRestrict { node: String, address: std::net::IpAddr, mode: String, addresses: Vec<String> },
    /// A101
    TargetPortNotListening { pod: String, port: u16 },
    /// A102
    AppClosesConnection { pod: String, port: u16 },
    /// A103
    AppSilent { pod: String, port: u16, seconds: u32 },
    /// A104
    ListenerLoopbackOnly { pod: String, port: u16 },
    /// A105: some ready endpoints answer, some do not.
    EndpointInconsistent { pods: Vec<String>, answering: usize, port: u16 },
    /// C101
    ApiServerRefused { server: String },
    /// C102
    ApiServerTimeout { server: String },
    /// C103
    ApiServerCertMismatch { server: String, detail: String },
    /// C104
    Unauthorized { server: String },
    /// C105
    Forbidden { what: String, message: String },
    /// C106
    ApiServerError { server: String, detail: String },
    /// C107
    CredentialsFailed { detail: String },
    /// C108
    ApiServerUnreachable { server: String, detail: String },
    /// C109: the cluster runs, and the kubeconfig entry leads to where it was before.
    KubeconfigStale { profile: String, server: String },
    /// C111
    TargetAmbiguous { name: String, candidates: Vec<String> },
    /// C112: the front answers at its address, and the rule's host name does not lead there.
    IngressHostUnresolvable { host: String, address: String, found: Vec<std::net::IpAddr> },
    /// C113: the host in the kubeconfig's URL is of no use here, and the API server is
    /// published at `at`. `proxy` took the request, if one did.
    ServerHostUnusable { host: String, at: String, proxy: Option<String> },
    /// C114: the kubeconfig names files by paths of Linux, and is read on Windows.
    KubeconfigOfWsl { detail: String },
}

impl Finding {
    /// Its code.
    pub fn code(&self) -> Code {
        match self {
            Self::NodePortNotPublished { .. } => code::V101,
            Self::PublishedPortIsNotTheNodePort { .. } => code::V102,
            Self::PublishedWithOtherProtocol { .. } => code::V103,
            Self::PublishedOnLoopbackOnly { .. } => code::V104,
            Self::PublishedPortRefuses { .. } => code::V105,
            Self::IngressEntryUnmapped { .. } => code::V106,
            Self::NodeIsolated { .. } => code::V107,
            Self::NodeAddressSilent { .. } => code::V108,
            Self::ProxyStopped { .. } => code::V109,
            Self::ProxyRestarting { .. } => code::V110,
            Self::PublishedPortNotInEffect { .. } => code::V112,
            Self::PublishedPortTaken { .. } => code::V113,
            Self::NodeDetached { .. } => code::V114,
            Self::PortNotBroughtOut { .. } => code::V120,
            Self::VmServiceNotForwarded { .. } => code::V121,
            Self::VmForwardIgnored { .. } => code::V122,
            Self::VmPlain { .. } => code::V123,
            Self::VmAddressNotForwarded { .. } => code::V124,
            Self::LowPortNotForwarded { .. } => code::V125,
            Self::VmProtocolNotForwarded { .. } => code::V126,
            Self::VmHostPortNotForwarded { .. } => code::V127,
            Self::VmPortTaken { .. } => code::V128,
            Self::VmListenFailed { .. } => code::V129,
            Self::WslSeesNoSocket { .. } => code::V130,
            Self::WslWithoutNetwork { .. } => code::V131,
            Self::WslForwardingOff { .. } => code::V132,
            Self::WslPortNotForwarded { .. } => code::V133,
            Self::WslAddressNotForwarded { .. } => code::V134,
            Self::WslHiddenFromLan { .. } => code::V135,
            Self::WslFirewall { .. } => code::V136,
            Self::WslCarriesTcpOnly { .. } => code::V137,
            Self::WslAnotherAnswers { .. } => code::V138,
            Self::LoopbackOfWindows { .. } => code::V139,
            Self::WindowsReservesPort { .. } => code::V140,
            Self::DockerInMirroredWsl { .. } => code::V141,
            Self::LoadBalancerPending { .. } => code::V201,
            Self::LoadBalancerStaleStatus { .. } => code::V202,
            Self::LoadBalancerAddressUnreachable { .. } => code::V203,
            Self::LoadBalancerClassUnserved { .. } => code::V204,
            Self::LoadBalancerPortError { .. } => code::V205,
            Self::TunnelPortConflict { .. } => code::V206,
            Self::TunnelWaitsForPassword { .. } => code::V207,
            Self::TunnelRouteConflict { .. } => code::V208,
            Self::TunnelStarting { .. } => code::V209,
            Self::TunnelCarriesTcpOnly { .. } => code::V210,
            Self::LoadBalancerContainerStopped { .. } => code::V211,
            Self::LoadBalancerAddressMoved { .. } => code::V212,
            Self::FrontProviderSilent { .. } => code::V213,
            Self::NodeStopped { .. } => code::V301,
            Self::NodePaused { .. } => code::V302,
            Self::NodeGone { .. } => code::V303,
            Self::ControlPlanePaused { .. } => code::V304,
            Self::ProfileGone { .. } => code::V305,
            Self::MachineStopped { .. } => code::V306,
            Self::ApiForwardGone { .. } => code::V307,
            Self::LocalNetworkDenied { .. } => code::V308,
            Self::ProductStopped { .. } => code::V309,
            Self::ProductKubernetesOff { .. } => code::V310,
            Self::EngineMachineStopped { .. } => code::V311,
            Self::EngineSilent { .. } => code::V312,
            Self::ApiPortOfAnother { .. } => code::V313,
            Self::ServiceMissing { .. } => code::K101,
            Self::NamespaceMissing { .. } => code::K102,
            Self::ServicePortMissing { .. } => code::K103,
            Self::InternalOnly { .. } => code::K104,
            Self::ServiceExternalName { .. } => code::K105,
            Self::ServiceHeadless { .. } => code::K106,
            Self::NodePortNotAllocated { .. } => code::K107,
            Self::LbSourceRangesBlock { .. } => code::K108,
            Self::ServiceTerminating { .. } => code::K109,
            Self::ExternalNameIsAddress { .. } => code::K110,
            Self::ExternalNameLoop { .. } => code::K111,
            Self::ManualEndpointProtocol { .. } => code::K112,
            Self::EndpointsAreNames { .. } => code::K113,
            Self::ServiceLbNotReady { .. } => code::K114,
            Self::LoadBalancerNoProvider { .. } => code::K115,
            Self::LoadBalancerNoNode { .. } => code::K116,
            Self::NoServiceSelectsWorkload { .. } => code::K120,
            Self::TargetMissing { .. } => code::K121,
            Self::SelectorMatchesNoPods { .. } => code::K201,
            Self::WorkloadScaledToZero { .. } => code::K202,
            Self::WorkloadCannotCreatePods { .. } => code::K203,
            Self::EndpointSliceControllerNotRunning { .. } => code::K204,
            Self::ManualEndpointsMissing { .. } => code::K205,
            Self::NamedTargetPortUnresolved { .. } => code::K206,
            Self::WrongTargetPort { .. } => code::K207,
            Self::ManualEndpointPortName { .. } => code::K208,
            Self::EndpointsPartiallyReady { .. } => code::K209,
            Self::OnlyTerminatingEndpoints { .. } => code::K210,
            Self::PodUnschedulable { .. } => code::K211,
            Self::ImagePullFailed { .. } => code::K212,
            Self::ContainerCrashLoop { .. } => code::K213,
            Self::ContainerConfigError { .. } => code::K214,
            Self::ReadinessProbeFailing { .. } => code::K215,
            Self::PodStarting { .. } => code::K216,
            Self::PodTerminating { .. } => code::K217,
            Self::InitContainerFailed { .. } => code::K218,
            Self::PodTerminal { .. } => code::K219,
            Self::PodSchedulingGated { .. } => code::K220,
            Self::SchedulerNotRunning { .. } => code::K221,
            Self::PodSandboxFailed { .. } => code::K222,
            Self::VolumeMountFailed { .. } => code::K223,
            Self::InitContainerWaiting { .. } => code::K224,
            Self::StartupProbePending { .. } => code::K225,
            Self::ReadinessGatePending { .. } => code::K226,
            Self::ImageNotInNode { .. } => code::K227,
            Self::EndpointMissingForPod { .. } => code::K228,
            Self::NamedTargetPortPartial { .. } => code::K229,
            Self::ProtocolMismatch { .. } => code::K230,
            Self::SelectorOvermatches { .. } => code::K231,
            Self::IngressNoController { .. } => code::K301,
            Self::IngressClassMissing { .. } => code::K302,
            Self::IngressNoClass { .. } => code::K303,
            Self::IngressControllerDown { .. } => code::K304,
            Self::IngressControllerElsewhere { .. } => code::K309,
            Self::IngressControllerInternal { .. } => code::K305,
            Self::IngressAnswersItself { .. } => code::K306,
            Self::IngressPathNoMatch { .. } => code::K307,
            Self::IngressTlsSecretMissing { .. } => code::K308,
            Self::IngressBackendServiceMissing { .. } => code::K310,
            Self::IngressBackendPortMissing { .. } => code::K311,
            Self::GatewayCrdsMissing { .. } => code::K320,
            Self::GatewayClassMissing { .. } => code::K321,
            Self::GatewayClassNotAccepted { .. } => code::K322,
            Self::GatewayNotAccepted { .. } => code::K323,
            Self::GatewayNotProgrammed { .. } => code::K324,
            Self::ListenerInvalid { .. } => code::K325,
            Self::RouteNotAttached { .. } => code::K326,
            Self::RouteRefsUnresolved { .. } => code::K327,
            Self::GatewayMissing { .. } => code::K328,
            Self::GatewayNoRoute { .. } => code::K329,
            Self::NetpolBlocksIngress { .. } => code::K401,
            Self::NetpolAdmitsNodeOnly { .. } => code::K402,
            Self::NodePortNotServed { .. } => code::K501,
            Self::NodeNotReady { .. } => code::K502,
            Self::ApiServerNotAnswering { .. } => code::K503,
            Self::ExternalPolicyLocalNoEndpoint { .. } => code::K504,
            Self::InternalPolicyLocalNoEndpoint { .. } => code::K505,
            Self::KubeProxyNotReady { .. } => code::K506,
            Self::NodePortAddressesRestrict { .. } => code::K507,
            Self::TargetPortNotListening { .. } => code::A101,
            Self::AppClosesConnection { .. } => code::A102,
            Self::AppSilent { .. } => code::A103,
            Self::ListenerLoopbackOnly { .. } => code::A104,
            Self::EndpointInconsistent { .. } => code::A105,
            Self::ApiServerRefused { .. } => code::C101,
            Self::ApiServerTimeout { .. } => code::C102,
            Self::ApiServerCertMismatch { .. } => code::C103,
            Self::Unauthorized { .. } => code::C104,
            Self::Forbidden { .. } => code::C105,
            Self::ApiServerError { .. } => code::C106,
            Self::CredentialsFailed { .. } => code::C107,
            Self::ApiServerUnreachable { .. } => code::C108,
            Self::KubeconfigStale { .. } => code::C109,
            Self::TargetAmbiguous { .. } => code::C111,
            Self::IngressHostUnresolvable { .. } => code::C112,
            Self::ServerHostUnusable { .. } => code::C113,
            Self::KubeconfigOfWsl { .. } => code::C114,
        }
    }

    /// Whose it is.
    pub fn owner(&self) -> Owner {
        self.code().owner()
    }
}

/// A finding inside another one: its code says enough.
fn code_of<S: serde::Serializer>(finding: &Option<Box<Finding>>, serializer: S) -> Result<S::Ok, S::Error> {
    finding.as_ref().map(|finding| finding.code()).serialize(serializer)
}
