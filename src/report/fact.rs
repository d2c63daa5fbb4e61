//! What was seen, one variant per kind of observation: one list, long as it is, so that a
//! language without words for one of them does not compile.

use std::net::{IpAddr, SocketAddr};

use super::{HopId, NotProbed, Subject};
use crate::ask::Why;
use crate::fact::lima::Failed;
use crate::fact::live::{Forwarded, Outcome, Proxied};
use crate::fact::wsl::Mode;
use crate::request::Kind;

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
    /// A node container that runs, in no network of the engine.
    ContainerDetached {
        /// Its name.
        name: String,
    },
    /// A forwarder to the node port, and its state.
    Forwarder {
        /// The container's name.
        name: String,
        /// Its state, in the engine's words.
        state: String,
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
    /// A node has the kernel of WSL2, which this computer does not have.
    NodeKernel {
        /// The node.
        node: String,
        /// The kernel's release.
        kernel: String,
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
        /// What is published instead, as host port and container port; the first of it.
        published: Vec<(u16, u16)>,
        /// How many more are.
        more: usize,
    },
    /// The engine publishes the port for another protocol only.
    PublishedOtherProtocol {
        /// The node port.
        node_port: u16,
        /// The protocol that is published.
        protocol: String,
    },
    /// The node's address, and nobody knows whether this computer has a route to it.
    NodeAt {
        /// The address.
        ip: IpAddr,
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
    /// The API server has just answered at the node's address.
    ApiServerAt {
        /// The address.
        ip: IpAddr,
    },
    /// The node is in QEMU's user-mode network, which nothing outside can enter.
    UserModeNetwork {
        /// The address that the node believes to have.
        ip: IpAddr,
    },
    /// A node that is a VM or another computer.
    Machine {
        /// Its name.
        name: String,
        /// minikube's driver; empty when nothing tells it.
        driver: String,
        /// Its address.
        ip: Option<IpAddr>,
    },
    /// The node is this computer itself.
    NodeIsThisComputer,
    /// An address of this computer itself.
    OwnAddress {
        /// It.
        ip: IpAddr,
    },
    /// An address of the cluster as other computers see it.
    OpenToOthers {
        /// The address and the port.
        at: SocketAddr,
    },
    /// kube-proxy serves the cluster address on the node, which is this computer.
    ClusterAddressHere {
        /// The address and the port.
        at: SocketAddr,
    },
    /// A tool is installed on this computer.
    InstalledHere {
        /// The tool.
        tool: &'static str,
        /// The file that tells.
        file: &'static str,
    },
    /// The version that a Node's kubelet reports.
    KubeletVersion {
        /// It.
        version: String,
    },
    /// A Node's annotation.
    NodeAnnotation {
        /// The annotation.
        annotation: &'static str,
    },
    /// An object that a tool makes in every cluster of its own.
    ObjectThere {
        /// Namespace and name.
        name: &'static str,
    },
    /// The kubeconfig entry says which tool wrote it.
    WrittenBy {
        /// The tool, as it names itself.
        tool: String,
    },
    /// The client certificate is a minikube profile's.
    CertificateOf {
        /// minikube's directory.
        home: String,
        /// The profile.
        profile: String,
    },
    /// A Node's label.
    NodeLabel {
        /// The label.
        label: &'static str,
        /// Its value.
        value: String,
    },
    /// The driver of a minikube profile.
    ProfileDriver {
        /// The profile.
        profile: String,
        /// The driver.
        driver: String,
    },
    /// What `minikube status` says, in its own words.
    MinikubeStatus {
        /// The container or VM.
        host: String,
        /// The kubelet.
        kubelet: String,
        /// The API server.
        api_server: String,
        /// Whether the kubeconfig entry leads to it.
        kubeconfig: String,
    },
    /// minikube has no such profile.
    NoProfile {
        /// The profile.
        profile: String,
        /// The directory that was looked in.
        home: String,
    },
    /// A live ssh forwards a port of this computer.
    SshForward {
        /// Its process id.
        pid: u32,
        /// The port.
        port: u16,
        /// Where it leads, seen from the node.
        to: String,
    },
    /// An ssh was given a port of this computer, and is not seen to listen there.
    ForwardUnheld {
        /// Its process id.
        pid: u32,
        /// The port.
        port: u16,
        /// It is another user's: its sockets are not shown.
        hidden: bool,
    },
    /// No live ssh of minikube forwards the port to this Service.
    NoSshForward {
        /// The port.
        port: u16,
    },
    /// Sudo asks for a password before it starts the ssh of a port.
    SudoAsks {
        /// The port.
        port: u16,
    },
    /// An ssh listens for TCP, and the port is not TCP.
    ForwardsTcpOnly {
        /// The port.
        port: u16,
    },
    /// A `minikube tunnel` runs.
    TunnelProcess {
        /// Its process id.
        pid: u32,
        /// The profile.
        profile: String,
    },
    /// No `minikube tunnel` of the profile runs.
    NoTunnelProcess {
        /// The profile.
        profile: String,
    },
    /// Where this computer would send a packet.
    RouteTo {
        /// The destination.
        to: IpAddr,
        /// The gateway, where there is a route of its own.
        gateway: Option<IpAddr>,
        /// Whether that is a node of this cluster.
        to_node: bool,
    },
    /// A process listens on a port of this computer.
    HeldBy {
        /// The port.
        port: u16,
        /// Its process id.
        pid: u32,
        /// The command's name.
        name: String,
    },
    /// Another program listens at `[::1]` where the mapping is for IPv4 only.
    LocalhostHeldBy {
        /// The port.
        port: u16,
        /// Its process id.
        pid: u32,
        /// The command's name.
        name: String,
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
    /// Pods of k3s's own load balancer take a port of their nodes.
    ServiceLbReady {
        /// The port, the Service's own.
        port: u16,
        /// How many are ready ...
        ready: usize,
        /// ... of how many.
        total: usize,
    },
    /// A DaemonSet of k3s's own load balancer, without a Pod.
    ServiceLbNoPod {
        /// Its name.
        name: String,
        /// Labels that a node must have; empty for none.
        selector: String,
    },
    /// No Node has the address that the load balancer gives.
    AddressOfNoNode,
    /// k3s's own load balancer has nothing for this Service.
    ServiceLbAbsent,
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
    /// There is no such object.
    TargetAbsent {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// Several objects have the name.
    SameName {
        /// They, as `TYPE/NAME`.
        candidates: Vec<String>,
    },
    /// No Service selects the Pods of a workload.
    NoServiceSelects {
        /// How many Services the namespace has.
        services: usize,
        /// The labels of the Pods; empty if there are none.
        labels: String,
    },
    /// The selector of a Service that comes close.
    SelectorNear {
        /// The Service.
        service: String,
        /// Its selector.
        selector: String,
    },
    /// The Pods take ports of their node.
    HostPorts {
        /// They are in the node's own network.
        host_network: bool,
        /// The ports, if they are declared.
        ports: Vec<u16>,
        /// The address of the node that one of the Pods is on.
        node: Option<IpAddr>,
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
        /// How many Pods have it ...
        pods: usize,
        /// ... of the first page: there are more.
        more: bool,
    },
    /// A port of the Pods by that name, for another protocol than the Service's.
    PodPort {
        /// Its name.
        name: String,
        /// Its number.
        port: u16,
        /// Its protocol.
        protocol: String,
    },
    /// No container declares the target port. It need not: a hint, once nothing listens there.
    Undeclared {
        /// The target port.
        port: u16,
        /// What is declared.
        declared: Vec<u16>,
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
        /// The Pod.
        pod: String,
        /// Port inside it.
        port: u16,
        /// What it saw.
        outcome: Forwarded,
    },
    /// The IngressClasses there are.
    IngressClasses {
        /// The one that the Ingress names.
        wanted: Option<String>,
        /// Those that exist.
        known: Vec<String>,
    },
    /// Who serves an Ingress.
    IngressController {
        /// The class.
        class: String,
        /// What the class calls its controller.
        controller: String,
        /// The controller's own Service, as `namespace/name`, if it was found.
        service: Option<String>,
        /// Its ready Pods.
        ready: usize,
        /// Its Pods.
        total: usize,
    },
    /// No Service has the label that the controller's own manifests give theirs.
    NoServiceWithLabel {
        /// The label.
        label: String,
    },
    /// An Ingress or a Gateway has no address in its status.
    NoAddress {
        /// Kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The node is the VM of a product.
    NodeInVm {
        /// The product.
        product: &'static str,
        /// The Node's name; empty where the Nodes could not be read.
        node: String,
        /// Its address inside.
        ip: Option<IpAddr>,
    },
    /// A product routes an address of the cluster to this computer.
    RoutedByProduct {
        /// The product.
        product: &'static str,
        /// The address.
        ip: IpAddr,
    },
    /// What a Node is called.
    NodeName {
        /// Its name.
        node: String,
    },
    /// A VM that Lima lists.
    VmInstance {
        /// Its name.
        name: String,
        /// Its state, in Lima's words.
        status: String,
    },
    /// The kubeconfig is the one that Lima copies out of a VM.
    LimaKubeconfig {
        /// The VM.
        name: String,
    },
    /// A VM's rules bring a port to an address of this computer.
    VmForward {
        /// The product.
        product: &'static str,
        /// The address.
        at: SocketAddr,
    },
    /// What the log of a VM's host agent says about a port.
    VmLog {
        /// The product.
        product: &'static str,
        /// The VM's agent told of the port.
        told: bool,
        /// Why the host agent could not listen for it.
        failed: Option<Failed>,
    },
    /// A VM's rules keep a port inside.
    VmForwardIgnored {
        /// The port.
        port: u16,
        /// Which rule, from 1; `None` for the one that keeps ssh inside.
        rule: Option<usize>,
    },
    /// A VM has no guest agent.
    VmPlain {
        /// Its name.
        vm: String,
    },
    /// No rule of a VM is for what listens at an address inside.
    VmAddressNotForwarded {
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
    },
    /// A VM's forwarder does not carry a protocol.
    VmProtocol {
        /// The product.
        product: &'static str,
        /// The protocol.
        protocol: String,
    },
    /// A Pod takes a port of its VM for itself.
    VmHostPort {
        /// The product.
        product: &'static str,
        /// The port.
        port: u16,
    },
    /// Linux lets nobody without privileges listen below a port.
    FirstFreePort {
        /// The port.
        first: u16,
    },
    /// What a Node says that it runs on.
    NodeImage {
        /// The Node.
        node: String,
        /// Its `osImage`.
        image: String,
    },
    /// A product brings a port of its VM to this computer.
    PortBroughtOut {
        /// The product.
        product: &'static str,
        /// The port.
        port: u16,
    },
    /// A product that is asked from WSL2 listens on Windows itself.
    OnWindows {
        /// The product.
        product: &'static str,
        /// The port.
        port: u16,
    },
    /// WSL brings a listener of the distribution to Windows.
    WslBringsOut {
        /// Its networking mode, if it is known.
        mode: Option<Mode>,
        /// Where Windows should have it.
        at: SocketAddr,
    },
    /// Windows has a route to the distribution's own address.
    WslAddress {
        /// The networking mode.
        mode: Mode,
        /// The address.
        ip: IpAddr,
    },
    /// No program listens at a port: rules of the kernel serve it.
    WslSeesNoSocket {
        /// The port.
        port: u16,
    },
    /// A program listens at an address that WSL does not bring out.
    WslListens {
        /// The port.
        port: u16,
        /// The address.
        address: IpAddr,
    },
    /// The mode that WSL is in is not the one that the user asked for.
    WslModeDiffers {
        /// What it is in.
        now: Mode,
        /// What `.wslconfig` asks for.
        asked: Mode,
    },
    /// `.wslconfig` turns the forwarding of localhost off.
    WslForwardingOff,
    /// WSL brings ports to Windows' loopback and no further.
    WslLoopbackOnly {
        /// The port.
        port: u16,
    },
    /// The firewall between other computers and mirrored WSL.
    WslFirewall,
    /// WSL without a network.
    WslWithoutNetwork,
    /// WSL brings TCP out, and nothing else.
    WslCarriesTcpOnly,
    /// Where the engine has a container.
    ContainerAt {
        /// Its name.
        name: String,
        /// Its address; `None` if it is in no network.
        ip: Option<IpAddr>,
    },
    /// An Ingress or a Gateway has an address in its status.
    StatusAddress {
        /// Kind of the object.
        kind: &'static str,
        /// It.
        address: String,
    },
    /// A rule and where it leads.
    Route {
        /// Kind of the object that has the rule.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Host and path.
        route: String,
        /// Service and port.
        backend: String,
    },
    /// An Ingress or a route leads to the Service.
    LedToBy {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Another rule takes the requests meant for this one.
    RouteShadowed {
        /// That rule's host and path.
        by: String,
    },
    /// A rule of another Ingress may take the requests meant for this one.
    RouteContested {
        /// That Ingress.
        ingress: String,
        /// That rule's host and path.
        by: String,
    },
    /// What a controller says of an object.
    Condition {
        /// The object, or a part of it.
        of: String,
        /// Type of the condition.
        condition: String,
        /// True, False or Unknown.
        status: String,
        /// One word.
        reason: String,
        /// A sentence.
        message: String,
    },
    /// A status is about an older version of its object.
    StaleStatus {
        /// The object.
        of: String,
    },
    /// Nobody wrote anything about a route at this Gateway.
    NoParentStatus {
        /// The route.
        route: String,
        /// The Gateway.
        gateway: String,
    },
    /// The API server does not serve an API.
    ApiNotServed {
        /// Group and version.
        version: String,
    },
    /// The GatewayClasses there are.
    GatewayClasses {
        /// The one that is named.
        wanted: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// There is no such Gateway.
    GatewayAbsent {
        /// Its name.
        name: String,
    },
    /// No route belongs to a listener.
    NoRoute {
        /// The Gateway.
        gateway: String,
        /// The listener.
        listener: String,
    },
    /// Where a host name leads.
    HostLeadsTo {
        /// The name.
        host: String,
        /// The addresses found for it.
        found: Vec<IpAddr>,
        /// The one where the front answers.
        wanted: IpAddr,
    },
    /// The type of the Service offers no road from outside.
    NoRoadByType {
        /// ClusterIP, headless, ExternalName.
        kind: String,
    },
    /// The road was turned away by an endpoint that does not answer, while others do.
    MetFailingEndpoint,
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
    /// NetworkPolicies that admit nobody from outside.
    PolicyAdmitsNobody {
        /// Their names.
        policies: Vec<String>,
        /// The port of the Pod.
        port: u16,
    },
    /// A network plugin that enforces NetworkPolicy runs.
    PolicyEnforced {
        /// Its name.
        plugin: &'static str,
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
    /// The load balancer has a name instead of an address.
    LoadBalancerName {
        /// The name.
        name: String,
    },
    /// What a load-balancer provider says about a port.
    LoadBalancerPortError {
        /// In its words.
        error: String,
    },
    /// The load balancer admits some networks only.
    SourceRanges {
        /// The networks.
        ranges: Vec<String>,
    },
    /// The Service was deleted and is still there.
    BeingDeleted {
        /// What holds it back.
        finalizers: Vec<String>,
    },
    /// One client always gets the same Pod.
    SessionAffinity,
    /// internalTrafficPolicy is Local.
    InternalPolicyLocal {
        /// Nodes with an endpoint.
        nodes: Vec<String>,
    },
    /// externalIPs are set.
    ExternalIps {
        /// The addresses.
        ips: Vec<String>,
    },
    /// Containers declare the target port for another protocol only.
    DeclaredProtocol {
        /// The port.
        port: u16,
        /// The protocol.
        protocol: String,
    },
    /// Endpoints take traffic although their Pods are not ready: publishNotReadyAddresses.
    PublishedNotReady {
        /// How many.
        count: usize,
    },
    /// There is no DaemonSet kube-proxy, which proves nothing.
    NoKubeProxy {
        /// The node says that it is one of k3s.
        k3s: bool,
    },
    /// kube-proxy has no Pod on a node.
    NoKubeProxyOn {
        /// The node.
        node: String,
    },
    /// At which addresses kube-proxy serves node ports.
    NodePortAddresses {
        /// Its mode; empty for the default.
        mode: String,
        /// Networks, or `primary`.
        addresses: Vec<String>,
    },
}
