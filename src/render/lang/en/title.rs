//! Findings in a few words, for tables and lists.

use super::{cause, pods};
use crate::diagnose::finding::Finding as F;
use crate::diagnose::workload::NoPodsBecause;

/// One short line.
pub(super) fn title(finding: &F) -> String {
    match finding {
        F::NodePortNotPublished { node_port, service: Some(service), .. } => {
            format!("{node_port} of the controller {service} is not published")
        }
        F::NodePortNotPublished { node_port, .. } => format!("{node_port} is not published"),
        F::PublishedPortIsNotTheNodePort { published, node_port, service: Some(service), .. } => {
            format!("port {published} is published, not node port {node_port} of the controller {service}")
        }
        F::PublishedPortIsNotTheNodePort { published, node_port, .. } => {
            format!("port {published} is published, not node port {node_port}")
        }
        F::PublishedWithOtherProtocol { node_port, published, .. } => {
            format!("node port {node_port} is published for {published} only")
        }
        F::PublishedOnLoopbackOnly { host_port, .. } => format!("port {host_port} is open to this computer only"),
        F::PublishedPortRefuses { host_port, .. } => format!("published port {host_port} refuses"),
        F::NodeDetached { .. } => "the node is in no network".into(),
        F::PublishedPortNotInEffect { node_port, .. } => {
            format!("node port {node_port} is not published, though asked for")
        }
        F::PublishedPortTaken { host_port, name, .. } => format!("published port {host_port} is taken by {name}"),
        F::NodeIsolated { .. } => "nothing from outside gets into the node's network".into(),
        F::NodeAddressSilent { ip, .. } => format!("{ip} does not answer"),
        F::TunnelPortConflict { port, name, .. } => format!("port {port} is taken by {name}"),
        F::TunnelWaitsForPassword { port, .. } => format!("the tunnel waits for a password for port {port}"),
        F::TunnelRouteConflict { .. } => "the route leads to another cluster".into(),
        F::TunnelStarting { .. } => "the tunnel is still starting".into(),
        F::TunnelCarriesTcpOnly { .. } => "the tunnel carries no UDP".into(),
        F::ControlPlanePaused { .. } => "the control plane is paused".into(),
        F::ProfileGone { profile, .. } => format!("minikube has no profile \"{profile}\""),
        F::MachineStopped { .. } => "the node's VM does not run".into(),
        F::ApiForwardGone { .. } => "the forward to the API server is gone".into(),
        F::LocalNetworkDenied { .. } => "macOS may not let this terminal into local networks".into(),
        F::KubeconfigStale { .. } => "the kubeconfig leads to where the cluster was before".into(),
        F::LoadBalancerPending { .. } => "the load balancer has no address".into(),
        F::LoadBalancerContainerStopped { container, state } => format!("the load balancer {container} is {state}"),
        F::LoadBalancerAddressMoved { address, .. } => format!("the load balancer is no longer at {address}"),
        F::PortNotBroughtOut { product, port, .. } => format!("{product} does not listen at port {port}"),
        F::VmServiceNotForwarded { product, port, .. } => format!("{product} does not listen at port {port}"),
        F::VmForwardIgnored { product, port, .. } => format!("a rule of {product} keeps port {port} inside"),
        F::VmPlain { vm, .. } => format!("the VM {vm} is plain: it forwards no ports"),
        F::VmAddressNotForwarded { product, address, .. } => {
            format!("{product} does not forward what listens at {address}")
        }
        F::LowPortNotForwarded { product, port, .. } => format!("{product} may not listen at port {port}"),
        F::VmProtocolNotForwarded { product, protocol, .. } => format!("{product} forwards no {protocol}"),
        F::VmPortTaken { port, name, .. } => format!("port {port} of this computer is taken by {name}"),
        F::VmListenFailed { product, port, .. } => format!("{product} could not listen at port {port}"),
        F::VmHostPortNotForwarded { product, port } => format!("{product} does not see the hostPort {port}"),
        F::WslSeesNoSocket { port, .. } => format!("WSL does not bring port {port} to Windows' localhost"),
        F::WslWithoutNetwork { .. } => "WSL has no network".into(),
        F::WslForwardingOff { .. } => "localhost forwarding of WSL is off".into(),
        F::WslPortNotForwarded { port, .. } => format!("port {port} does not come out of WSL"),
        F::WslAddressNotForwarded { address, .. } => format!("WSL does not forward what listens at {address}"),
        F::WslHiddenFromLan { port } => format!("port {port} is open to Windows only"),
        F::WslFirewall { .. } => "a firewall is in front of WSL".into(),
        F::WslCarriesTcpOnly { .. } => "WSL forwards TCP only".into(),
        F::DockerInMirroredWsl { .. } => "docker and mirrored WSL may not fit together".into(),
        F::WindowsReservesPort { port, .. } => format!("Windows reserves port {port}"),
        F::LoopbackOfWindows { .. } => "the kubeconfig's loopback is that of Windows".into(),
        F::KubeconfigOfWsl { .. } => "the kubeconfig is one of WSL".into(),
        F::WslAnotherAnswers { port, .. } => format!("another program may have port {port} on Windows"),
        F::ProductStopped { product } => format!("{product} does not run"),
        F::ApiPortOfAnother { vm, .. } => format!("what answers is not the VM \"{vm}\""),
        F::EngineMachineStopped { name, .. } => format!("the VM \"{name}\" does not run"),
        F::EngineSilent { engine, .. } => format!("{engine} does not answer"),
        F::ProductKubernetesOff { product } => format!("the Kubernetes of {product} does not run"),
        F::FrontProviderSilent { program, .. } => format!("{program} has not taken it"),
        F::LoadBalancerNoNode { .. } => "the load balancer may use no node".into(),
        F::LoadBalancerStaleStatus { address, .. } => format!("nothing serves {address} any more"),
        F::LoadBalancerAddressUnreachable { address } => format!("no route to {address}"),
        F::LoadBalancerClassUnserved { class } => format!("no provider serves the class {class}"),
        F::LoadBalancerPortError { port, .. } => format!("the load balancer has an error at port {port}"),
        F::ProxyRestarting { .. } => "the proxy in front of the nodes misses a node".into(),
        F::ProxyStopped { .. } => "the proxy in front of the nodes is stopped".into(),
        F::ServerHostUnusable { host, .. } => format!("the kubeconfig leads to {host}, which is no use here"),
        F::NodeStopped { .. } => "the node is stopped".into(),
        F::NodePaused { .. } => "the node is paused".into(),
        F::NodeGone { cluster, .. } => format!("cluster \"{cluster}\" has no node"),
        F::ServiceMissing { name, .. } => format!("there is no Service \"{name}\""),
        F::NamespaceMissing { name, .. } => format!("there is no namespace \"{name}\""),
        F::ServicePortMissing { wanted, .. } => format!("the Service has no port {wanted}"),
        F::InternalOnly { .. } => "internal by design".into(),
        F::ServiceExternalName { external_name, .. } => format!("only another name for {external_name}"),
        F::ServiceHeadless { .. } => "headless: no road from outside".into(),
        F::NodePortNotAllocated { port, .. } => format!("port {port} has no node port"),
        F::LbSourceRangesBlock { source, .. } => format!("the load balancer does not admit {source}"),
        F::ServiceTerminating { .. } => "the Service is being deleted".into(),
        F::ExternalNameIsAddress { external_name } => format!("externalName {external_name} is no name"),
        F::ExternalNameLoop { .. } => "externalName leads back to itself".into(),
        F::ManualEndpointProtocol { wanted, found, .. } => format!("the EndpointSlice is for {found}, not {wanted}"),
        F::ServiceLbNotReady { port, .. } => format!("no node takes port {port} for the load balancer"),
        F::EndpointsAreNames { .. } => "the EndpointSlice has names, not addresses".into(),
        F::LoadBalancerNoProvider { .. } => "no load balancer gives it an address".into(),
        F::NoServiceSelectsWorkload { workload, .. } => format!("no Service leads to {workload}"),
        F::TargetMissing { kind, name, .. } => format!("there is no {} \"{name}\"", kind.as_str()),
        F::SelectorMatchesNoPods { .. } => "selects no Pod".into(),
        F::WorkloadScaledToZero { workload } => format!("{workload} is scaled to 0"),
        F::WorkloadCannotCreatePods { workload, why: NoPodsBecause::Refused, .. } => {
            format!("{workload} cannot create Pods")
        }
        F::WorkloadCannotCreatePods { workload, .. } => format!("{workload} makes no Pod now"),
        F::EndpointSliceControllerNotRunning { .. } => "no EndpointSlice is made".into(),
        F::ManualEndpointsMissing { .. } => "no selector and no EndpointSlice".into(),
        F::NamedTargetPortUnresolved { target, .. } => format!("no Pod has a port named {target}"),
        F::WrongTargetPort { target, answers, .. } => format!("targetPort {target} is wrong, {answers} answers"),
        F::ManualEndpointPortName { port_name, .. } => {
            format!("no EndpointSlice names the port {}", cause::name(port_name))
        }
        F::EndpointsPartiallyReady { ready, total, .. } => format!("{ready} of {total} endpoints ready"),
        F::OnlyTerminatingEndpoints { .. } => "only Pods that are being deleted serve".into(),
        F::PodUnschedulable { .. } => "a Pod finds no node to run on".into(),
        F::ImagePullFailed { .. } => "the image cannot be pulled".into(),
        F::ContainerCrashLoop { cause, .. } => pods::crash_title(*cause).into(),
        F::ContainerConfigError { .. } => "the container cannot be created".into(),
        F::ReadinessProbeFailing { .. } => "the readiness probe fails".into(),
        F::PodStarting { .. } => "the Pod is still starting".into(),
        F::PodTerminating { .. } => "the Pod is being deleted".into(),
        F::InitContainerFailed { sidecar: true, .. } => "a sidecar fails".into(),
        F::InitContainerFailed { .. } => "an init container fails".into(),
        F::PodTerminal { phase, .. } => format!("the Pod has ended ({phase})"),
        F::PodSchedulingGated { .. } => "the Pod is held back by a scheduling gate".into(),
        F::SchedulerNotRunning { .. } => "no scheduler has looked at the Pod".into(),
        F::PodSandboxFailed { .. } => "the Pod's network cannot be made".into(),
        F::VolumeMountFailed { .. } => "a volume cannot be mounted".into(),
        F::InitContainerWaiting { sidecar: true, .. } => "a sidecar has not started".into(),
        F::InitContainerWaiting { .. } => "an init container still runs".into(),
        F::StartupProbePending { .. } => "the startup probe has not passed".into(),
        F::ReadinessGatePending { .. } => "a readiness gate is closed".into(),
        F::ImageNotInNode { .. } => "the image is not in the node".into(),
        F::EndpointMissingForPod { .. } => "a ready Pod is no endpoint".into(),
        F::NamedTargetPortPartial { target, .. } => format!("some Pods have no port named {target}"),
        F::ProtocolMismatch { target, pod_protocol, .. } => format!("port {target} is {pod_protocol} in the Pods"),
        F::SelectorOvermatches { workload, .. } => format!("selects Pods of {workload} as well"),
        F::IngressNoController { .. } => "no Ingress controller".into(),
        F::IngressClassMissing { name, .. } => format!("there is no IngressClass \"{name}\""),
        F::IngressNoClass { .. } => "the Ingress names no class".into(),
        F::IngressControllerElsewhere { node, .. } => format!("the controller does not run on {node}"),
        F::IngressControllerDown { service, .. } => format!("the controller {service} does not work"),
        F::IngressControllerInternal { .. } => "no way in to the controller".into(),
        F::IngressAnswersItself { status: None, .. } => "the controller brings no answer".into(),
        F::IngressAnswersItself { status: Some(status), direct, .. } if direct == &Some(*status) => {
            format!("whose answer {status} is, is open")
        }
        F::IngressAnswersItself { status: Some(status), .. } => format!("the controller itself answers {status}"),
        F::IngressPathNoMatch { .. } => "the Ingress has no rule".into(),
        F::IngressTlsSecretMissing { secret, .. } => format!("there is no Secret \"{secret}\" with the certificate"),
        F::IngressBackendServiceMissing { service, .. } => format!("there is no Service \"{service}\" behind the rule"),
        F::IngressBackendPortMissing { service, port, .. } => format!("the Service {service} has no port {port}"),
        F::GatewayCrdsMissing { .. } => "the Gateway API is not installed".into(),
        F::GatewayClassMissing { name, .. } => format!("there is no GatewayClass \"{name}\""),
        F::GatewayClassNotAccepted { name, .. } => format!("the GatewayClass \"{name}\" is not accepted"),
        F::GatewayNotAccepted { name, .. } => format!("the Gateway {name} is not accepted"),
        F::GatewayNotProgrammed { name, .. } => format!("the Gateway {name} is not set up yet"),
        F::ListenerInvalid { listener, .. } => format!("the listener {listener} does not work"),
        F::RouteNotAttached { gateway, .. } => format!("the Gateway {gateway} did not take the route"),
        F::RouteRefsUnresolved { backend, .. } => format!("{backend} cannot be used"),
        F::GatewayMissing { name, .. } => format!("there is no Gateway \"{name}\""),
        F::GatewayNoRoute { listener, .. } => format!("no route belongs to the listener {listener}"),
        F::IngressEntryUnmapped { port, .. } => format!("port {port} of the controller is not published"),
        F::IngressHostUnresolvable { host, .. } => format!("{host} does not lead here"),
        F::NetpolBlocksIngress { .. } => "a NetworkPolicy lets nobody in from outside".into(),
        F::NetpolAdmitsNodeOnly { .. } => "a NetworkPolicy lets only the Pod's own node in".into(),
        F::NodePortNotServed { node_port, .. } => format!("the node does not serve port {node_port}"),
        F::NodeNotReady { node, .. } => format!("Node {node} is not Ready"),
        F::ApiServerNotAnswering { tool: Some(tool), .. } => format!("the API server of {tool} does not answer"),
        F::ApiServerNotAnswering { .. } => "the API server in the node does not answer".into(),
        F::ExternalPolicyLocalNoEndpoint { node, .. } => format!("Node {node} has no endpoint of its own"),
        F::InternalPolicyLocalNoEndpoint { .. } => "the cluster address works on some nodes only".into(),
        F::KubeProxyNotReady { node, .. } => format!("kube-proxy is not ready on Node {node}"),
        F::NodePortAddressesRestrict { address, .. } => format!("node ports are not served at {address}"),
        F::TargetPortNotListening { port, .. } => format!("nothing listens on port {port}"),
        F::AppClosesConnection { .. } => "the application closes without an answer".into(),
        F::AppSilent { .. } => "the application does not answer".into(),
        F::ListenerLoopbackOnly { port, .. } => format!("port {port} listens on loopback only"),
        F::EndpointInconsistent { pods, answering, .. } => {
            format!("{} of {} endpoints do not answer", pods.len(), pods.len() + answering)
        }
        F::ApiServerRefused { .. } => "the API server refuses connections".into(),
        F::ApiServerTimeout { .. } => "the API server does not answer".into(),
        F::ApiServerCertMismatch { .. } => "the API server's certificate does not fit".into(),
        F::Unauthorized { .. } => "the API server does not know you".into(),
        F::Forbidden { what, .. } => format!("you may not read {what}"),
        F::ApiServerError { .. } => "the API server reports an error".into(),
        F::CredentialsFailed { .. } => "the credentials could not be loaded".into(),
        F::ApiServerUnreachable { .. } => "there is no way to the API server".into(),
        F::TargetAmbiguous { name, .. } => format!("several objects are named \"{name}\""),
    }
}
