//! Findings in words: a title for tables, and the cause for the first sentence.

use super::{plural, quote, why};
use crate::diagnose::finding::Finding as F;

/// One short line.
pub(super) fn title(finding: &F) -> String {
    match finding {
        F::NodePortNotPublished { node_port, .. } => format!("{node_port} is not published"),
        F::PublishedPortIsNotTheNodePort { published, node_port, .. } => {
            format!("port {published} is published, not node port {node_port}")
        }
        F::PublishedWithOtherProtocol { node_port, published, .. } => {
            format!("node port {node_port} is published for {published} only")
        }
        F::PublishedOnLoopbackOnly { host_port, .. } => format!("port {host_port} is open to this computer only"),
        F::PublishedPortRefuses { host_port, .. } => format!("published port {host_port} refuses"),
        F::LoadBalancerPending { .. } => "the load balancer has no address".into(),
        F::LoadBalancerStaleStatus { address } => format!("nothing serves {address} any more"),
        F::LoadBalancerAddressUnreachable { address } => format!("no route to {address}"),
        F::NodeStopped { .. } => "the node is stopped".into(),
        F::NodePaused { .. } => "the node is paused".into(),
        F::NodeGone { cluster, .. } => format!("cluster \"{cluster}\" has no node"),
        F::ServiceMissing { name, .. } => format!("there is no Service \"{name}\""),
        F::NamespaceMissing { name, .. } => format!("there is no namespace \"{name}\""),
        F::ServicePortMissing { wanted, .. } => format!("the Service has no port {wanted}"),
        F::InternalOnly { .. } => "internal by design".into(),
        F::ServiceExternalName { external_name } => format!("only another name for {external_name}"),
        F::ServiceHeadless { .. } => "headless: no road from outside".into(),
        F::NodePortNotAllocated { port } => format!("port {port} has no node port"),
        F::SelectorMatchesNoPods { .. } => "selects no Pod".into(),
        F::WorkloadScaledToZero { workload } => format!("{workload} is scaled to 0"),
        F::WorkloadCannotCreatePods { workload, .. } => format!("{workload} cannot create Pods"),
        F::EndpointSliceControllerNotRunning { .. } => "no EndpointSlice is made".into(),
        F::ManualEndpointsMissing { .. } => "no selector and no EndpointSlice".into(),
        F::NamedTargetPortUnresolved { target, .. } => format!("no Pod has a port named {target}"),
        F::WrongTargetPort { target, answers, .. } => format!("targetPort {target} is wrong, {answers} answers"),
        F::ManualEndpointPortName { port_name, .. } => format!("no EndpointSlice names the port {}", name(port_name)),
        F::EndpointsPartiallyReady { ready, total, .. } => format!("{ready} of {total} endpoints ready"),
        F::PodUnschedulable { .. } => "a Pod finds no node to run on".into(),
        F::ImagePullFailed { .. } => "the image cannot be pulled".into(),
        F::ContainerCrashLoop { .. } => "the container keeps crashing".into(),
        F::ContainerConfigError { .. } => "the container cannot be created".into(),
        F::ReadinessProbeFailing { .. } => "the readiness probe fails".into(),
        F::PodStarting { .. } => "the Pod is still starting".into(),
        F::PodTerminating { .. } => "the Pod is being deleted".into(),
        F::InitContainerFailed { .. } => "an init container fails".into(),
        F::PodTerminal { phase, .. } => format!("the Pod has ended ({phase})"),
        F::IngressNoController { .. } => "no Ingress controller".into(),
        F::IngressClassMissing { name, .. } => format!("there is no IngressClass \"{name}\""),
        F::IngressNoClass { .. } => "the Ingress names no class".into(),
        F::IngressControllerDown { service, .. } => format!("the controller {service} does not work"),
        F::IngressControllerInternal { .. } => "no way in to the controller".into(),
        F::IngressAnswersItself { status, .. } => format!("the controller itself answers {status}"),
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
        F::NodePortNotServed { node_port, .. } => format!("the node does not serve port {node_port}"),
        F::NodeNotReady { node, .. } => format!("Node {node} is not Ready"),
        F::ApiServerNotAnswering { .. } => "the API server in the node does not answer".into(),
        F::ExternalPolicyLocalNoEndpoint { node, .. } => format!("Node {node} has no endpoint of its own"),
        F::TargetPortNotListening { port, .. } => format!("nothing listens on port {port}"),
        F::AppClosesConnection { .. } => "the application closes without an answer".into(),
        F::AppSilent { .. } => "the application does not answer".into(),
        F::ListenerLoopbackOnly { port, .. } => format!("port {port} listens on loopback only"),
        F::ApiServerRefused { .. } => "the API server refuses connections".into(),
        F::ApiServerTimeout { .. } => "the API server does not answer".into(),
        F::ApiServerCertMismatch { .. } => "the API server's certificate does not fit".into(),
        F::Unauthorized { .. } => "the API server does not know you".into(),
        F::Forbidden { what, .. } => format!("you may not read {what}"),
        F::ApiServerError { .. } => "the API server reports an error".into(),
        F::CredentialsFailed { .. } => "the credentials could not be loaded".into(),
        F::ApiServerUnreachable { .. } => "there is no way to the API server".into(),
    }
}

/// The cause, to stand after a colon: no capital at the start, no full stop at the end.
pub(super) fn cause(finding: &F) -> String {
    match finding {
        F::NodePortNotPublished { node_port, container, engine, .. } => format!(
            "{engine} does not publish node port {node_port} of container \"{container}\" on this computer, and there \
             is no route to the node"
        ),
        F::PublishedPortIsNotTheNodePort { node_port, published, host_port, container } => format!(
            "host port {host_port} leads to port {published} of container \"{container}\", but the Service is at \
             node port {node_port}"
        ),
        F::PublishedWithOtherProtocol { node_port, wanted, published } => {
            format!("node port {node_port} is published for {published}, but the Service speaks {wanted}")
        }
        F::PublishedOnLoopbackOnly { host_port, address } => format!(
            "port {host_port} is published at {address}, which only this computer can use; the browser is elsewhere"
        ),
        F::PublishedPortRefuses { host_port, container, engine } => format!(
            "{engine} lists port {host_port} of container \"{container}\" as published, but this host refuses the \
             connection"
        ),
        F::LoadBalancerPending { class: None } => {
            "the Service has the type LoadBalancer, and nothing in this cluster gives it an address".into()
        }
        F::LoadBalancerPending { class: Some(class) } => format!(
            "the Service has the type LoadBalancer with the class {class}, and no provider of that class gives it an \
             address"
        ),
        F::LoadBalancerStaleStatus { address } => {
            format!("the Service still shows the address {address}, but the load balancer that served it is gone")
        }
        F::LoadBalancerAddressUnreachable { address } => {
            format!("the load balancer's address {address} is in a network that this host has no route to")
        }
        F::NodeStopped { container, engine, state, error } => {
            let error = if error.is_empty() { String::new() } else { format!(". {engine} says: {}", quote(error)) };
            format!("the node is the container \"{container}\", and it does not run (state: {state}){error}")
        }
        F::NodePaused { container, .. } => {
            format!("the node is the container \"{container}\", and it is paused")
        }
        F::NodeGone { cluster, engine } => {
            format!(
                "{engine} has no container of the cluster \"{cluster}\"; it was deleted, or {engine} now shows another engine"
            )
        }
        F::ServiceMissing { name, namespace, similar, deployment } => {
            let hint = match (similar.first(), deployment) {
                (Some(similar), _) => format!(". A Service \"{similar}\" exists"),
                (None, Some(deployment)) => format!(". A Deployment \"{deployment}\" exists, without a Service"),
                (None, None) => String::new(),
            };
            format!("there is no Service \"{name}\" in the namespace \"{namespace}\"{hint}")
        }
        F::NamespaceMissing { name, similar } => {
            let hint = similar.first().map(|similar| format!(". A namespace \"{similar}\" exists")).unwrap_or_default();
            format!("there is no namespace \"{name}\"{hint}")
        }
        F::ServicePortMissing { wanted, ports } => {
            let ports = if ports.is_empty() { "none".into() } else { ports.join(", ") };
            format!("the Service has no port {wanted}; its ports are: {ports}")
        }
        F::InternalOnly { name } => {
            format!("the Service \"{name}\" has the type ClusterIP, which cannot be reached from outside the cluster")
        }
        F::ServiceExternalName { external_name } => {
            format!("the Service is only another name for {external_name}; no Pod stands behind it")
        }
        F::IngressNoController { name } => format!(
            "nothing serves the Ingress \"{name}\": the cluster has no IngressClass, so most likely no Ingress \
             controller is installed"
        ),
        F::IngressClassMissing { name, known } => format!(
            "the Ingress names the class \"{name}\", and the cluster has no such IngressClass; it has: {}",
            list(known)
        ),
        F::IngressNoClass { name, known } => format!(
            "the Ingress \"{name}\" names no class and has no address, so no controller serves it; the classes are: {}",
            list(known)
        ),
        F::IngressControllerDown { service, cause } => {
            format!("the controller \"{service}\" does not take traffic itself ({cause})")
        }
        F::IngressControllerInternal { service } => format!(
            "the Service of the controller, \"{service}\", has the type ClusterIP, so nothing outside the \
             cluster can enter by it"
        ),
        F::IngressAnswersItself { route, status, direct } => {
            let direct = direct.map(|status| format!(", while the application answers {status} to the API server"));
            format!(
                "for {route} the controller answered HTTP {status}{}. Either the controller has not taken up the rule \
                 or does not get through to the Pods, or the application answers this host and path so",
                direct.unwrap_or_default()
            )
        }
        F::IngressPathNoMatch { name } => format!("the Ingress \"{name}\" has no rule that leads to a Service"),
        F::IngressTlsSecretMissing { ingress, secret } => format!(
            "the Ingress \"{ingress}\" wants its certificate from the Secret \"{secret}\", which does not exist; some \
             controllers show another certificate then, at which browsers warn, and others do not serve the rule"
        ),
        F::IngressBackendServiceMissing { ingress, service, similar } => {
            let hint = similar.first().map(|similar| format!(". A Service \"{similar}\" exists")).unwrap_or_default();
            format!("the Ingress \"{ingress}\" leads to the Service \"{service}\", which does not exist{hint}")
        }
        F::IngressBackendPortMissing { ingress, service, port, ports } => format!(
            "the Ingress \"{ingress}\" leads to port {port} of the Service \"{service}\", which has: {}",
            list(ports)
        ),
        F::IngressEntryUnmapped { port, container, engine, .. } => format!(
            "the controller takes port {port} of the node, and {engine} does not publish port {port} of the \
             container \"{container}\" on this computer"
        ),
        F::GatewayCrdsMissing { version } => {
            format!("the Gateway API is not installed in this cluster: its API server does not know {version}")
        }
        F::GatewayClassMissing { name, known } => format!(
            "the Gateway names the class \"{name}\", and the cluster has no such GatewayClass; it has: {}",
            list(known)
        ),
        F::GatewayClassNotAccepted { name, controller, reason, message }
            if matches!(reason.as_str(), "" | "Pending" | "Waiting") =>
        {
            format!(
                "no controller serves the GatewayClass \"{name}\"; it is meant for {controller}{}",
                said(reason, message)
            )
        }
        F::GatewayClassNotAccepted { name, controller, reason, message } => {
            format!("the controller {controller} does not accept the GatewayClass \"{name}\"{}", said(reason, message))
        }
        F::GatewayNotAccepted { name, reason, message } => {
            format!("the controller has not accepted the Gateway \"{name}\"{}", said(reason, message))
        }
        F::GatewayNotProgrammed { name, reason, message } => {
            format!("the controller has not set up the Gateway \"{name}\"{}", said(reason, message))
        }
        F::ListenerInvalid { gateway, listener, reason, message } => {
            format!("the listener \"{listener}\" of the Gateway \"{gateway}\" does not work{}", said(reason, message))
        }
        F::RouteNotAttached { route, gateway, reason: None, .. } => format!(
            "no controller says anything about the HTTPRoute \"{route}\" at the Gateway \"{gateway}\": it may be \
             too new, or nobody serves it"
        ),
        F::RouteNotAttached { route, gateway, reason: Some(reason), message } => format!(
            "the Gateway \"{gateway}\" does not take the HTTPRoute \"{route}\"{}{}",
            said(reason, message),
            not_attached(reason)
        ),
        F::RouteRefsUnresolved { route, backend, reason, message } => {
            format!("the HTTPRoute \"{route}\" leads to {backend}, which cannot be used{}", said(reason, message))
        }
        F::GatewayMissing { route, name, namespace, similar } => {
            let hint = similar.first().map(|similar| format!(". A Gateway \"{similar}\" exists")).unwrap_or_default();
            format!(
                "the HTTPRoute \"{route}\" wants the Gateway \"{name}\", which does not exist in the namespace \
                 \"{namespace}\"{hint}"
            )
        }
        F::GatewayNoRoute { name, listener } => {
            format!("no route belongs to the listener \"{listener}\" of the Gateway \"{name}\", so it leads nowhere")
        }
        F::IngressHostUnresolvable { host, address, found } if found.is_empty() => {
            format!("the controller answers at {address}, but this computer finds no address for the name {host}")
        }
        F::IngressHostUnresolvable { host, address, found } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            format!("the controller answers at {address}, but {host} leads to {}", found.join(", "))
        }
        F::ServiceHeadless { name } => format!(
            "the Service \"{name}\" is headless; it gives the addresses of its Pods to other Pods, and no road from outside"
        ),
        F::NodePortNotAllocated { port } => {
            format!("port {port} of the Service has no node port, so the node has no door for it")
        }
        F::SelectorMatchesNoPods { selector, pair, closest, pods, .. } => match (pair, closest) {
            (Some(pair), Some(closest)) => {
                format!("the Service selects no Pod, because none has the label {pair}. Pods with {closest} exist")
            }
            _ => format!(
                "the Service selects Pods with {selector}, and none of the {} of its namespace has that",
                plural(*pods, "Pod")
            ),
        },
        F::WorkloadScaledToZero { workload } => {
            format!("{workload} is scaled to 0, so the Service has no Pod to send the traffic to")
        }
        F::WorkloadCannotCreatePods { workload, reason, message } => {
            format!("{workload} cannot create its Pods{}", said(reason, message))
        }
        F::EndpointSliceControllerNotRunning { name } => format!(
            "Pods match, but Kubernetes has made no EndpointSlice for the Service \"{name}\"; its controller manager \
             may not be running"
        ),
        F::ManualEndpointsMissing { name } => {
            format!("the Service \"{name}\" has no selector, and nobody has made an EndpointSlice for it")
        }
        F::NamedTargetPortUnresolved { port, target, declared } => {
            let names: Vec<_> = declared.iter().map(|(name, port)| format!("{name} ({port})")).collect();
            let hint = if names.is_empty() { String::new() } else { format!(". They name: {}", names.join(", ")) };
            format!(
                "port {port} of the Service goes to the port named \"{target}\", and no Pod has a port of that name{hint}"
            )
        }
        F::WrongTargetPort { port, target, answers } => format!(
            "port {port} of the Service goes to port {target} of the Pod, where nothing listens; port {answers} answers"
        ),
        F::ManualEndpointPortName { port_name, slice_names } => {
            let names: Vec<_> = slice_names.iter().map(|slice| name(slice)).collect();
            format!(
                "the Service's port is named {}, and the hand-made EndpointSlice names {}; the names must be the same",
                name(port_name),
                names.join(", ")
            )
        }
        F::EndpointsPartiallyReady { ready, total, .. } => format!("only {ready} of {total} endpoints are ready"),
        // The scheduler's first sentence says why; the second is about preemption.
        F::PodUnschedulable { pod, message } => {
            let why = message.split(". ").next().unwrap_or(message);
            format!("no node can run the Pod \"{pod}\"{}", said("", why))
        }
        F::ImagePullFailed { image, reason, .. } => {
            format!("the Pod cannot start, because its image {image} cannot be pulled ({reason})")
        }
        F::ContainerCrashLoop { pod, container, exit_code, reason, restarts } => {
            let code = exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
            let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            format!(
                "the container \"{container}\" of the Pod \"{pod}\" ends again and again ({}{code}{reason})",
                plural(*restarts as usize, "restart")
            )
        }
        F::ContainerConfigError { pod, container, reason, message } => {
            format!("the container \"{container}\" of the Pod \"{pod}\" cannot be created{}", said(reason, message))
        }
        F::ReadinessProbeFailing { pod, message, .. } => format!(
            "the Pod \"{pod}\" runs, but its readiness probe fails, so the Service sends it no traffic{}",
            said("", message)
        ),
        F::PodStarting { pod, reason, message } => {
            format!("the Pod \"{pod}\" is still starting{}", said(reason, message))
        }
        F::PodTerminating { pod } => format!("the Pod \"{pod}\" is being deleted, and no other Pod is ready"),
        F::InitContainerFailed { pod, container, reason } => {
            format!("the Pod \"{pod}\" waits for its init container \"{container}\"{}", said(reason, ""))
        }
        F::PodTerminal { pod, phase, reason } => {
            format!("the Pod \"{pod}\" has ended and will not start again{}", said(phase, reason))
        }
        F::NodePortNotServed { node_port, node, kube_proxy_desired, selector } => {
            let why = match (kube_proxy_desired, selector) {
                (Some(0), Some(selector)) => {
                    format!(" kube-proxy runs on no node, because it wants the label {selector}")
                }
                (Some(0), None) => " kube-proxy runs on no node".into(),
                (Some(_), _) => " kube-proxy runs; its rules may be gone, or the node itself refuses".into(),
                (None, _) => String::new(),
            };
            let end = if why.is_empty() { "" } else { "." };
            format!("endpoints are ready, but Node \"{node}\" takes no traffic at node port {node_port}{end}{why}")
        }
        F::NodeNotReady { node, reason, message } => format!("Node \"{node}\" is not Ready{}", said(reason, message)),
        F::ApiServerNotAnswering { container, why } => format!(
            "the container \"{container}\" runs, but the API server inside it does not answer ({})",
            why::text(why)
        ),
        F::ExternalPolicyLocalNoEndpoint { node, endpoint_nodes } => {
            let nodes = if endpoint_nodes.is_empty() { "no node".into() } else { endpoint_nodes.join(", ") };
            format!(
                "the Service's externalTrafficPolicy is Local, and Node \"{node}\", where the traffic enters, has no \
                 ready Pod. There are some on {nodes}"
            )
        }
        F::TargetPortNotListening { pod, port } => format!("nothing listens on port {port} of the Pod \"{pod}\""),
        F::AppClosesConnection { pod, port } => {
            format!("the application accepts on port {port} of the Pod \"{pod}\", and closes without an answer")
        }
        F::AppSilent { pod, port, seconds } => {
            format!("the application accepts on port {port} of the Pod \"{pod}\", and sends nothing for {seconds} s")
        }
        F::ListenerLoopbackOnly { pod, port } => format!(
            "port {port} of the Pod \"{pod}\" listens on 127.0.0.1 or ::1 only, which nothing outside the Pod can reach"
        ),
        F::ApiServerRefused { server } => format!("{server} refused the connection"),
        F::ApiServerTimeout { server } => format!("{server} did not answer in time"),
        F::ApiServerCertMismatch { server, detail } => {
            format!("the certificate of {server} does not fit the kubeconfig{}", said("", detail))
        }
        F::Unauthorized { server } => format!("{server} does not know the kubeconfig's user (401)"),
        F::Forbidden { what, .. } => format!("the kubeconfig's user may not read {what} (403)"),
        F::ApiServerError { server, detail } => format!("{server} reported an error{}", said("", detail)),
        F::CredentialsFailed { detail } => {
            format!("the kubeconfig's credentials could not be loaded{}", said("", detail))
        }
        F::ApiServerUnreachable { server, detail } => match detail.is_empty() {
            true => format!("there is no way from here to {server}"),
            false => format!("there is no way from here to {server} ({})", quote(detail)),
        },
    }
}

/// What the reason means, where its word alone does not say it.
fn not_attached(reason: &str) -> &'static str {
    match reason {
        "NotAllowedByListeners" => ", because no listener takes routes of its namespace",
        "NoMatchingListenerHostname" => ", because no listener is for its host names",
        "NoMatchingParent" => ", because the Gateway has no working listener of that name or port",
        _ => "",
    }
}

/// Kubernetes' reason and message after a statement.
fn said(reason: &str, message: &str) -> String {
    match (reason.is_empty(), message.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" ({reason})"),
        (true, false) => format!(": {}", quote(message)),
        (false, false) => format!(" ({reason}): {}", quote(message)),
    }
}

fn name(name: &str) -> String {
    if name.is_empty() { "no name".into() } else { format!("\"{name}\"") }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
