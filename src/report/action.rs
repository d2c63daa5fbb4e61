//! What a remedy does. One list of all there is, long as it is: an action without words
//! does not compile.

use std::net::SocketAddr;

use crate::request::Kind;

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
    /// Run a container that forwards a port of this host to the node port.
    RunForwarder {
        /// The host port that leads to it.
        host_port: u16,
    },
    /// Start a forwarder again that exists and does not run.
    StartForwarder,
    /// Let the engine make its forwarding rules again.
    ReloadNetwork,
    /// Attach a node to the engine's network that it has left.
    ConnectNode {
        /// The network.
        network: String,
    },
    /// Make it a Service of type NodePort.
    ExposeAsNodePort {
        /// The host port that leads to its node port, if a published one is free.
        host_port: Option<u16>,
    },
    /// Start the stopped node.
    StartNode,
    /// Continue the paused node.
    UnpauseNode,
    /// Restart the node, whose forwarding or API server hangs.
    RestartNode,
    /// End the program that has a published port, then restart the node.
    FreePort {
        /// Its process id.
        pid: u32,
        /// The command's name.
        name: String,
    },
    /// Create the cluster again.
    CreateCluster,
    /// List the engine's contexts: the cluster may live in another one.
    ListEngineContexts,
    /// Run the load-balancer provider.
    RunLoadBalancerProvider,
    /// Start docker, which is Docker Desktop on Windows or the WSL distribution's own.
    StartDockerInWsl,
    /// Start the product that keeps the cluster's VM.
    StartProduct {
        /// The product.
        product: &'static str,
    },
    /// Restart the product that keeps the VM around the engine. What it held is stopped then.
    RestartProduct {
        /// The product.
        product: &'static str,
    },
    /// Ask at a name that the product resolves.
    AskByName {
        /// The name.
        name: String,
    },
    /// Turn the product's Kubernetes on, in its settings.
    EnableKubernetes {
        /// The product.
        product: &'static str,
    },
    /// See whether the VM has the kubectl that shows Services to its guest agent.
    LookForKubectl,
    /// Show the version of a product.
    ShowVersion {
        /// The product.
        product: &'static str,
    },
    /// Add a forward to the VM's own rules, and start it again.
    AddForward {
        /// The port inside.
        port: u16,
        /// The port of this computer.
        host_port: u16,
    },
    /// Give the Service another node port, since this computer's port of that number is taken.
    ChangeNodePort {
        /// The new one.
        node_port: u16,
        /// Where it comes out.
        host_port: u16,
    },
    /// End the program that has the port of this computer, then start the VM again.
    FreePortForVm {
        /// Its process id.
        pid: u32,
        /// The command's name.
        name: String,
    },
    /// Turn off AirPlay of macOS, which takes ports 5000 and 7000; then start the VM again.
    TurnOffAirPlay,
    /// Stop another VM, then start this one again.
    StopOtherVm {
        /// The other.
        name: String,
    },
    /// See which VMs there are.
    ListVms,
    /// See which program of this computer listens at a port.
    ShowListener {
        /// The port.
        port: u16,
    },
    /// Start colima's VM without an address of its own.
    StartWithoutAddress,
    /// Start the VM again.
    RestartVm,
    /// Add a forward to the rules of all VMs of a product.
    AddOverride {
        /// The port inside.
        port: u16,
        /// The port of this computer.
        host_port: u16,
    },
    /// Let everybody listen at a low port of this computer, and start the VM again.
    LowerFirstPort {
        /// The port.
        port: u16,
    },
    /// Start the VM again with the forwarder that carries UDP.
    ForwardByGrpc,
    /// End it and run it again, so that it makes its containers anew.
    RestartLoadBalancerProvider,
    /// Let it look at a Service again.
    TouchService,
    /// Let the container of a load balancer run.
    StartLoadBalancerContainer,
    /// Let load balancers use a node.
    IncludeNode {
        /// The node.
        node: String,
    },
    /// Start a minikube profile.
    StartMinikube,
    /// Let a paused control plane go on.
    UnpauseMinikube,
    /// Let minikube write its kubeconfig entry again.
    UpdateMinikubeContext,
    /// `minikube service`: a URL, with a forward behind it where the node has no address.
    RunMinikubeService {
        /// The context gets its profile's name back first.
        renames: bool,
    },
    /// `minikube tunnel`.
    RunMinikubeTunnel {
        /// The port of this computer that leads to the Service then; `None` where a route
        /// to its cluster address does.
        host_port: Option<u16>,
        /// The context gets its profile's name back first.
        renames: bool,
    },
    /// End a `minikube tunnel` that does not serve, and run another.
    RestartMinikubeTunnel {
        /// As above.
        host_port: Option<u16>,
    },
    /// Give MetalLB addresses to hand out.
    ConfigureMetallb,
    /// Install MetalLB by the addon of MicroK8s.
    EnableMetallb,
    /// List the addresses that MetalLB may hand out.
    ListAddressPools,
    /// Start a service of this computer.
    StartService {
        /// The service.
        tool: &'static str,
    },
    /// Restart a service of this computer.
    RestartService {
        /// The service.
        tool: &'static str,
    },
    /// Read the log of a service of this computer.
    ReadServiceLog {
        /// The service.
        tool: &'static str,
    },
    /// Let a tool print the kubeconfig that it keeps.
    PrintKubeconfig {
        /// The tool.
        tool: &'static str,
    },
    /// Put a local image into the store of this computer's own container runtime.
    ImportImage {
        /// The image.
        image: String,
    },
    /// Create a minikube profile again with the port published.
    RecreateProfile {
        /// The node port.
        node_port: u16,
    },
    /// End the tunnel of another profile, which has the route, and run the own one.
    TakeRoute,
    /// Answer sudo in the terminal where the tunnel runs. No command does that.
    TypePassword,
    /// Ask once more, when what is starting has started.
    AskAgain,
    /// Create a deleted profile again: a new and empty one.
    CreateProfile,
    /// Forget a kubeconfig entry that leads nowhere.
    DeleteContext,
    /// Allow this terminal to use local networks.
    AllowLocalNetwork,
    /// Make the Service for a Deployment that exists.
    ExposeDeployment {
        /// The Deployment.
        name: String,
    },
    /// Make the Service for a workload or a Pod.
    ExposeWorkload {
        /// It, as `TYPE/NAME`.
        target: String,
        /// The host port that leads to its node port, if a published one is free.
        host_port: Option<u16>,
    },
    /// List the objects of a kind.
    ListKind {
        /// The kind.
        kind: Kind,
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
    /// Make a Pod again that listens on all addresses: its arguments cannot be changed.
    MakePodAgain,
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
    /// Look at NetworkPolicies.
    DescribePolicy,
    /// Look at the controller manager.
    ShowControllerManager,
    /// Look at the scheduler.
    ShowScheduler,
    /// Compare the Pods behind a selector.
    ShowPods,
    /// Look whether the endpoint is there by now.
    ShowEndpoints,
    /// Let a suspended Job run.
    ResumeJob,
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
    /// Name the class of an Ingress.
    SetIngressClass {
        /// The class.
        class: String,
    },
    /// List the classes.
    ListIngressClasses,
    /// Let a rule lead to this Service or port.
    SetBackend {
        /// It.
        backend: String,
    },
    /// Install the Gateway API.
    InstallGatewayApi,
    /// List the GatewayClasses.
    ListGatewayClasses,
    /// Name another class in a Gateway.
    SetGatewayClass {
        /// The class.
        class: String,
    },
    /// Look at a Gateway.
    DescribeGateway,
    /// Look at a route.
    DescribeRoute,
    /// List the Gateways.
    ListGateways,
    /// List the routes.
    ListRoutes,
    /// List what may be referred to from other namespaces.
    ListReferenceGrants,
    /// Let a route belong to another Gateway.
    SetParent {
        /// It.
        gateway: String,
    },
    /// Let a route belong to another listener.
    SetListener {
        /// Its name.
        name: String,
    },
    /// Let a listener have another port.
    SetListenerPort {
        /// It.
        port: u16,
    },
    /// Let a route be for another host.
    SetRouteHost {
        /// It.
        host: String,
    },
    /// Give a Namespace the labels that a listener asks for.
    LabelNamespace {
        /// The namespace.
        namespace: String,
    },
    /// Let the controller's Pods run on one node.
    MoveController {
        /// The node.
        node: String,
    },
    /// Give a node a label.
    LabelNode {
        /// The node.
        node: String,
        /// `key=value`.
        label: String,
    },
    /// Let a listener take routes of every namespace.
    AllowAllNamespaces,
    /// Edit an Ingress.
    EditIngress,
    /// List the certificates.
    ListSecrets,
    /// Ask the front with the right host name, without any lookup.
    AskWithHost,
    /// `kubectl port-forward` to a front: its host names are those of this computer then.
    ForwardToFront {
        /// What to open meanwhile.
        url: String,
    },
    /// Make the host name known to this computer.
    AddHostsEntry,
    /// Let Pods of every node use the cluster address.
    SetInternalPolicyCluster,
    /// Write another name into an ExternalName Service.
    EditExternalName,
    /// Explain the Service that a name stands for.
    ExplainService {
        /// Its name.
        name: String,
    },
    /// Give every port of a LoadBalancer Service a node port.
    AllocateNodePorts,
    /// Let this computer's address through a load balancer.
    AllowSource {
        /// It.
        source: std::net::IpAddr,
    },
    /// Let a Service go that is held back.
    FinishDeletion,
    /// Let the proxy of a cluster publish one more port of the nodes.
    AddPort {
        /// The port of this computer.
        host_port: u16,
        /// The port of the nodes that it leads to.
        port: u16,
    },
    /// Start the proxy in front of the nodes.
    StartProxy,
    /// Restart it.
    RestartProxy,
    /// Let the kubeconfig lead to another address of the same API server.
    SetServer,
    /// Give a port of the Service another number.
    SetServicePort {
        /// What it is now.
        from: u16,
        /// What it becomes.
        to: u16,
    },
    /// Open a URL in the browser on Windows.
    OpenOnWindows {
        /// It.
        url: String,
    },
    /// Send to an address from Windows, where no browser would.
    SendOnWindows {
        /// It.
        at: SocketAddr,
    },
    /// Write a line of the section `[wsl2]` of `.wslconfig`, and restart WSL.
    SetWslSetting {
        /// The line.
        line: &'static str,
    },
    /// Let a product on Windows serve this distribution too.
    IntegrateDistribution,
    /// Print a kubeconfig of WSL with its certificates inside.
    FlattenKubeconfig,
    /// Look which version an engine is.
    ShowEngineVersion,
    /// Take a port out of what Windows reserves.
    FreeReservedPort,
    /// Restart WSL.
    RestartWsl,
    /// Look who has a port on Windows.
    ShowWindowsPort {
        /// The port.
        port: u16,
    },
    /// Let Windows pass a port on to the distribution, from other computers too.
    ProxyOnWindows {
        /// It leads to an address that is another one after a restart of WSL.
        moves: bool,
    },
    /// Let other computers through the firewall in front of mirrored WSL.
    AllowInHyperV,
    /// Serve node ports at all addresses.
    EditNodePortAddresses {
        /// What the setting must be for that.
        value: &'static str,
    },
}

impl Action {
    /// The port of this computer that leads to the Service afterwards, where the action
    /// itself decides that.
    pub fn host_port(&self) -> Option<u16> {
        match self {
            Self::MoveNodePort { host_port, .. }
            | Self::AddPort { host_port, .. }
            | Self::AddForward { host_port, .. }
            | Self::AddOverride { host_port, .. }
            | Self::ChangeNodePort { host_port, .. }
            | Self::RunForwarder { host_port } => Some(*host_port),
            Self::ExposeAsNodePort { host_port }
            | Self::ExposeWorkload { host_port, .. }
            | Self::RunMinikubeTunnel { host_port, .. }
            | Self::RestartMinikubeTunnel { host_port } => *host_port,
            _ => None,
        }
    }

    /// Whether it changes something, as opposed to showing what is wrong: only then is
    /// there something to open afterwards.
    pub fn opens(&self) -> bool {
        !matches!(
            self,
            Self::PortForward
                | Self::ListEngineContexts
                | Self::LookForKubectl
                | Self::ShowVersion { .. }
                | Self::ListVms
                | Self::ShowListener { .. }
                | Self::ListAddressPools
                | Self::ReadServiceLog { .. }
                | Self::UseName { .. }
                | Self::ListServices
                | Self::ListKind { .. }
                | Self::ListNamespaces
                | Self::ShowLabels
                | Self::DescribePod
                | Self::ReadLogs
                | Self::ReadPreviousLogs
                | Self::MakePodAgain
                | Self::DescribeNode
                | Self::DescribePolicy
                | Self::ShowControllerManager
                | Self::ShowScheduler
                | Self::ShowPods
                | Self::ShowEndpoints
                | Self::ShowSlices
                | Self::CanI
                | Self::ShowWindowsPort { .. }
                | Self::DescribeWorkload
                | Self::ListIngressClasses
                | Self::ListSecrets
                | Self::ListGatewayClasses
                | Self::DescribeGateway
                | Self::DescribeRoute
                | Self::ListGateways
                | Self::ListRoutes
                | Self::ListReferenceGrants
                | Self::AskWithHost
                | Self::ForwardToFront { .. }
                | Self::EditExternalName
                | Self::ExplainService { .. }
                | Self::FinishDeletion
                | Self::RunMinikubeService { .. }
                | Self::AskAgain
                | Self::DeleteContext
        )
    }
}
