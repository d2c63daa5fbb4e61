//! What is wrong, in a sentence for the head of a report. One match over all findings, long
//! as it is, so that a finding without words does not compile.

use super::{plural, pods, quote, why};
use crate::diagnose::finding::{Finding as F, LbBecause};
use crate::fact::lima::Failed;
use crate::fact::read::PAGE;
use crate::fact::wsl::Mode;

/// The cause, to stand after a colon: no capital at the start, no full stop at the end.
pub(super) fn cause(finding: &F) -> String {
    match finding {
        F::NodePortNotPublished { node_port, service, container, engine, .. } => format!(
            "{engine} does not publish node port {node_port}{} of container \"{container}\" on this computer, and there \
             is no route to the node",
            service.as_ref().map(|service| format!(" (of the controller {service})")).unwrap_or_default()
        ),
        F::PublishedPortIsNotTheNodePort { node_port, service, published, host_port, container } => format!(
            "host port {host_port} leads to port {published} of container \"{container}\", but {} is at node port \
             {node_port}",
            service.as_ref().map_or_else(|| "the Service".into(), |service| format!("the controller {service}"))
        ),
        F::PublishedWithOtherProtocol { node_port, wanted, published } => {
            format!("node port {node_port} is published for {published}, but the Service speaks {wanted}")
        }
        F::PublishedOnLoopbackOnly { host_port, address } => format!(
            "port {host_port} is open at {address} only, which no other computer reaches; the browser is elsewhere"
        ),
        F::PublishedPortRefuses { host_port, container, engine } => format!(
            "{engine} lists port {host_port} of container \"{container}\" as published, but this host refuses the \
             connection"
        ),
        F::NodeDetached { container, engine } => format!(
            "container \"{container}\" runs, and is in no network of {engine} any more: nothing reaches it, and none of \
             its ports is published"
        ),
        F::PublishedPortNotInEffect { node_port, container, engine } => format!(
            "{engine} was told to publish node port {node_port} of container \"{container}\", which runs, and does not"
        ),
        F::PublishedPortTaken { host_port, pid, name, container, engine } => format!(
            "{name} (process {pid}) has port {host_port} of this computer, which {engine} lists as published for \
             container \"{container}\": what answers there is not the Service"
        ),
        F::NodeIsolated { profile } => format!(
            "the VM of the profile \"{profile}\" has QEMU's own user-mode network, which no packet from outside can \
             enter; \"minikube service\" and \"minikube tunnel\" refuse to work there"
        ),
        F::NodeAddressSilent { ip, driver, os } => {
            let maybe = match os.as_str() {
                "macos" => ": a VPN, a firewall, or macOS, which asks before it lets a program into local networks",
                _ => ": a VPN, a firewall or a route may be in the way",
            };
            format!("nothing comes back from {ip}, the address of the {driver} VM{maybe}")
        }
        F::TunnelPortConflict { port, pid, name, to } => format!(
            "port {port} of this computer, where minikube's forward should listen, is held by {name} (process {pid}), \
             which {}",
            to.as_ref().map_or_else(
                || "is no forward to this Service".into(),
                |to| format!("leads to {to} in a node, and is no live forward to this Service")
            )
        ),
        F::TunnelWaitsForPassword { pid, port } => format!(
            "\"minikube tunnel\" runs (process {pid}), and its forward of port {port} does not: ports below 1024 need \
             a password, which it asks for in its own terminal"
        ),
        F::TunnelRouteConflict { address, other, pid: Some(pid), .. } => format!(
            "the tunnel of the profile \"{other}\" (process {pid}) routes {address} to its own node: both profiles have \
             the same range of Service addresses, and only one of them can have the route"
        ),
        F::TunnelRouteConflict { address, other, gateway, pid: None, .. } => {
            let to = gateway.map(|gateway| format!(", {gateway}")).unwrap_or_default();
            format!(
                "a route that a tunnel of the profile \"{other}\" left behind sends {address} to that profile's \
                 node{to}; a tunnel of this profile takes it away"
            )
        }
        F::TunnelStarting { pid } => format!(
            "\"minikube tunnel\" runs (process {pid}), and has not opened this Service yet; it needs some five seconds"
        ),
        F::TunnelCarriesTcpOnly { port } => format!(
            "port {port} is UDP, and \"minikube tunnel\" forwards by ssh, which carries TCP only; an \
             address 127.0.0.1 from it leads nowhere"
        ),
        F::ControlPlanePaused { profile } => {
            format!("the control plane of the profile \"{profile}\" is paused; its node ports usually work on")
        }
        F::ProfileGone { profile, home } => format!(
            "minikube has no profile \"{profile}\" in {home}, where the kubeconfig's certificate belongs: the cluster was \
             deleted, or made on another computer"
        ),
        F::MachineStopped { name, driver, state } => {
            format!("the node is the {driver} VM \"{name}\", and it does not run (state: {state})")
        }
        F::ApiForwardGone { profile, port } => format!(
            "the API server of the profile \"{profile}\" is reached by an ssh that minikube left in the background, and \
             port {port} refuses: that ssh is gone"
        ),
        F::LocalNetworkDenied { address, driver } => format!(
            "there is no route to {address}, the address of the {driver} VM, which runs: macOS keeps programs out of \
             local networks until they are allowed"
        ),
        F::KubeconfigStale { profile, server } => format!(
            "the profile \"{profile}\" runs, but its kubeconfig entry has an old address of the API server, {server}"
        ),
        F::LoadBalancerPending { class: None } => {
            "the Service has the type LoadBalancer, and nothing in this cluster gives it an address".into()
        }
        F::LoadBalancerPending { class: Some(class) } => format!(
            "the Service has the type LoadBalancer with the class {class}, and no provider of that class gives it an \
             address"
        ),
        F::LoadBalancerContainerStopped { container, state } => {
            format!("the load balancer is the container \"{container}\", which does not run (state: {state})")
        }
        F::LoadBalancerAddressMoved { address, now } => format!(
            "the Service still shows {address}, and the load balancer's container is {}",
            now.map_or_else(|| "in no network".into(), |now| format!("at {now}"))
        ),
        F::PortNotBroughtOut { product, port, sure: true } => {
            format!("{product} should listen at port {port} of this computer for its VM, and nothing does")
        }
        F::PortNotBroughtOut { product, port, sure: false } => {
            format!(
                "nothing listens at port {port} of this computer, and {product} may not bring such ports out of its VM"
            )
        }
        F::VmServiceNotForwarded { product, vm, port, told: None, .. } => format!(
            "{product} should listen at port {port} of this computer for the Service, and nothing does. It runs \
             kubectl inside the VM \"{vm}\" to find Services, and that or its kubeconfig may be missing"
        ),
        F::VmServiceNotForwarded { product, vm, port, told: Some(false), answered: true } => format!(
            "since its start the agent in the VM \"{vm}\" has not told of port {port}, so {product} does not listen \
             there: what answers at that port may be another program"
        ),
        F::VmServiceNotForwarded { product, vm, port, told: Some(false), answered: false } => format!(
            "{product} should listen at port {port} of this computer for the Service, and since its start the agent in \
             the VM \"{vm}\" has not told of that port. It sees Services only with kubectl and an admin's kubeconfig \
             in there, and leaves out one whose port number something else in the VM has"
        ),
        F::VmServiceNotForwarded { product, vm, port, told: Some(true), .. } => format!(
            "{product} should listen at port {port} of this computer for the Service, and nothing does, though the agent \
             in the VM \"{vm}\" told of that port: what listened there is gone"
        ),
        F::VmForwardIgnored { product, port, rule: Some(rule), .. } => format!(
            "rule {rule} of the VM's portForwards says \"ignore\" for port {port}, so {product} does not bring it to this \
             computer"
        ),
        F::VmForwardIgnored { product, port, rule: None, .. } => {
            format!("{product} keeps port {port} of the VM for its own ssh, and never brings it to this computer")
        }
        F::VmPlain { product, vm, port } => format!(
            "the VM \"{vm}\" is in {product}'s plain mode, where nothing tells of open ports, and no static rule is for \
             port {port}"
        ),
        F::VmAddressNotForwarded { product, address, port } => format!(
            "port {port} listens at {address} inside the VM, and {product} forwards what listens at 0.0.0.0 or 127.0.0.1"
        ),
        F::LowPortNotForwarded { product, port, first } => format!(
            "{product} brings the port to port {port} of this computer, where only root may listen: Linux lets others \
             listen from port {first} on"
        ),
        F::VmProtocolNotForwarded { product, protocol, port } => {
            format!("port {port} is {protocol}, and {product}'s forwarder does not carry that to this computer")
        }
        F::VmPortTaken { product, port, pid, name, agent: false, .. } => format!(
            "port {port} of this computer, where {product} should listen for its VM, is taken by the program \"{name}\" \
             (process {pid}): what answers there does not come from the VM"
        ),
        F::VmPortTaken { port, pid, name, agent: true, other, .. } => format!(
            "port {port} of this computer leads to {}: {name} (process {pid}) listens there for that one, and the first \
             VM that wants a port gets it. What answers there does not come from this VM",
            other.as_ref().map_or_else(|| "another VM".into(), |other| format!("another VM, \"{other}\""))
        ),
        F::VmListenFailed { product, vm, port, answered: true, .. } => format!(
            "{product} wanted to listen at port {port} of this computer for the VM \"{vm}\" and could not: what answers \
             there may be the program that had the port then"
        ),
        F::VmListenFailed { product, vm, port, why, answered: false } => format!(
            "{product} wanted to listen at port {port} of this computer for the VM \"{vm}\" and could not{}; it does not \
             try again by itself",
            match why {
                Failed::InUse => ", because another program had the port then",
                Failed::Denied => ", because it may not",
                Failed::Unsaid => "",
            }
        ),
        F::VmHostPortNotForwarded { product, port } => format!(
            "port {port} is a Pod's hostPort: a rule of the VM's kernel, which Lima 2.0 and newer do not see, so {product} \
             does not listen for it"
        ),
        F::WslSeesNoSocket { port, mode, sure: true } => format!(
            "WSL in {} mode brings a port to Windows' localhost only where a program listens at it; port {port} is \
             served by the Linux kernel itself",
            mode.map_or("this", Mode::as_str)
        ),
        F::WslSeesNoSocket { port, sure: false, .. } => format!(
            "port {port} is served by the Linux kernel itself and no program listens at it, which WSL is not known to \
             bring to Windows"
        ),
        F::WslWithoutNetwork { .. } => {
            "WSL runs with networkingMode=none, so nothing outside of this distribution can connect to it".into()
        }
        F::WslForwardingOff { port } => format!(
            "localhostForwarding=false stands in .wslconfig, so WSL does not bring port {port} to Windows' localhost"
        ),
        F::WslPortNotForwarded { port, refused: true } => format!(
            "the application answers in this WSL distribution, and Windows refuses port {port} of its localhost: \
             WSL could not open it there (another program has it, or Windows reserves it), or its forwarding hangs"
        ),
        F::WslPortNotForwarded { port, refused: false } => format!(
            "the application answers in this WSL distribution, and port {port} of Windows' localhost accepts without \
             an answer: another program has it there, a firewall is in the way, or the forwarding of WSL hangs"
        ),
        F::WslAddressNotForwarded { port, address, sure: true } => format!(
            "the program at port {port} listens at {address} only, and WSL does not bring that to Windows' localhost"
        ),
        F::WslAddressNotForwarded { port, address, sure: false } => format!(
            "the program at port {port} listens at {address} only, which WSL is not known to bring to Windows' \
             localhost"
        ),
        F::WslHiddenFromLan { port } => {
            format!("WSL in nat mode brings port {port} to the localhost of Windows, and to no other computer")
        }
        F::WslFirewall { port } => format!(
            "the Hyper-V firewall of Windows lets other computers through to WSL only where a rule allows it, and \
             netpath cannot see whether one does for port {port}"
        ),
        F::WslCarriesTcpOnly { port } => {
            format!("port {port} is not TCP, and WSL in this mode brings only TCP to Windows' localhost")
        }
        F::DockerInMirroredWsl { port } => format!(
            "the application answers in this WSL distribution, and Windows gets nothing back from port {port}, which \
             docker publishes: in mirrored mode older versions of docker lose the answers"
        ),
        F::WindowsReservesPort { port, first, last } => format!(
            "Windows keeps the ports {first} to {last} for itself, so no program of it can listen at port {port} and \
             bring it to localhost"
        ),
        F::LoopbackOfWindows { server, seen: true } => format!(
            "the kubeconfig is one of Windows, and {server} answers there; in this distribution that address is \
             another one, since WSL in nat mode has a loopback of its own"
        ),
        F::LoopbackOfWindows { server, seen: false } => format!(
            "the kubeconfig is one of Windows, so {server} is Windows' own address; in nat mode WSL has a loopback of \
             its own, where nothing listens"
        ),
        F::KubeconfigOfWsl { detail } => format!(
            "the kubeconfig was written in WSL and names files by paths of Linux, which Windows cannot open ({detail})"
        ),
        F::WslAnotherAnswers { port, inside, windows } => format!(
            "port {port} answers HTTP {inside} in this WSL distribution and HTTP {windows} at Windows' localhost, so \
             another program may have it there"
        ),
        F::ProductStopped { product } => format!("{product} does not run, and the node is in its VM"),
        F::ApiPortOfAnother { vm, product, port, name: None, .. } => format!(
            "the context means the {product} VM \"{vm}\", which does not run, and something else answers at port {port} \
             of this computer, where its API server would be"
        ),
        F::ApiPortOfAnother { vm, product, port, name: Some(name), pid, other } => {
            let other = other.as_ref().map(|other| format!(" for the VM \"{other}\"")).unwrap_or_default();
            format!(
                "the context means the {product} VM \"{vm}\", and {name} (process {pid}) has port {port} of this \
                 computer{other}: what answers there is another API server"
            )
        }
        F::EngineMachineStopped { name, product, state } => {
            format!("the node is a container in the {product} VM \"{name}\", and that VM does not run (state: {state})")
        }
        F::EngineSilent { engine, why } => format!(
            "the node is a container of {engine}, and {engine} does not answer: it is stopped, or still starting ({})",
            why::text(why)
        ),
        F::ProductKubernetesOff { product } => {
            format!("{product} runs, and its Kubernetes does not answer: it is turned off, or still starting")
        }
        F::FrontProviderSilent { kind, name, class, program } => format!(
            "the class {class} is served by {program}, a program outside of the cluster, and nothing says that it has \
             taken the {kind} \"{name}\""
        ),
        F::LoadBalancerNoNode { excluded, local } => format!(
            "load balancers may not use {}, by a label of the node{}",
            excluded.join(", "),
            if *local { ", and no other node has a Pod of this Service (externalTrafficPolicy Local)" } else { "" }
        ),
        F::LoadBalancerStaleStatus { address, tunnel: None } => {
            format!("the address {address} still stands in the status, but nothing serves it any more")
        }
        F::LoadBalancerStaleStatus { address, tunnel: Some(pid) } => format!(
            "the Service still shows the address {address}, and \"minikube tunnel\" (process {pid}) still runs, but its \
             ssh for this Service has ended, and it starts no other"
        ),
        F::LoadBalancerAddressUnreachable { address } => {
            format!("the load balancer's address {address} is in a network that this host has no route to")
        }
        F::LoadBalancerClassUnserved { class } => format!(
            "the Service wants a load balancer of the class {class}, and nothing in this cluster serves that class"
        ),
        F::LoadBalancerPortError { port, error } => {
            format!("the load balancer's provider reports an error for port {port}{}", said("", error))
        }
        F::NodeStopped { container, engine, state, error } => {
            let error = if error.is_empty() { String::new() } else { format!(". {engine} says: {}", quote(error)) };
            format!("the node is the container \"{container}\", and it does not run (state: {state}){error}")
        }
        F::ProxyStopped { container, engine, state, error, ports } => {
            let what = if *ports { "the API server and all published ports" } else { "the API server" };
            let error = if error.is_empty() { String::new() } else { format!(". {engine} says: {}", quote(error)) };
            format!(
                "the container \"{container}\" passes {what} on to the nodes, and it does not run (state: {state}){error}"
            )
        }
        F::ProxyRestarting { container, engine, stopped, restarts } => {
            let seen = match stopped.as_slice() {
                [] => format!("{engine} has restarted it {}", plural(*restarts as usize, "time")),
                stopped => format!("{} does not run", stopped.join(", ")),
            };
            format!(
                "the container \"{container}\" passes the API server and all published ports on to the nodes, and it \
                 cannot start while a node on its list is missing: {seen}"
            )
        }
        F::ServerHostUnusable { host, at, proxy: Some(proxy) } => format!(
            "the kubeconfig leads to {host}, and the proxy {proxy} took the request; the API server is on this \
             computer, at {at}"
        ),
        F::ServerHostUnusable { host, at, proxy: None } => format!(
            "the kubeconfig leads to {host}, which this computer cannot connect to; the API server is published at {at}"
        ),
        F::NodePaused { container, .. } => {
            format!("the node is the container \"{container}\", and it is paused")
        }
        F::NodeGone { cluster, engine } => {
            format!(
                "{engine} has no container of the cluster \"{cluster}\"; it was deleted, or {engine} is connected to another engine now"
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
        F::ServiceExternalName { external_name, service: Some(_), exists: Some(true) } => {
            format!("the Service is only another name for {external_name}, which is a Service of this cluster")
        }
        F::ServiceExternalName { external_name, service: Some(_), exists: _ } => {
            format!("the Service is only another name for {external_name}, and this cluster has no such Service")
        }
        F::ServiceExternalName { external_name, .. } => {
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
        F::IngressControllerElsewhere { service, port, node, pod_nodes } => format!(
            "the published port leads to port {port} of node {node}, but the controller {service} takes port {port} of \
             the node that it runs on, which is {}",
            pod_nodes.join(", ")
        ),
        F::IngressControllerDown { service, cause } => {
            format!("the controller \"{service}\" does not take traffic itself ({cause})")
        }
        F::IngressControllerInternal { service } => format!(
            "the Service of the controller, \"{service}\", has the type ClusterIP, so nothing outside the \
             cluster can enter by it"
        ),
        F::IngressAnswersItself { route, status: None, .. } => format!(
            "for {route} the controller brought no answer in time, while the application answers the API server. \
             Either the controller does not get through to the Pods, or the application is slow for this host"
        ),
        F::IngressAnswersItself { route, status: Some(status), direct } if direct == &Some(*status) => format!(
            "for {route} HTTP {status} came back. The application answers {status} to the API server, and the \
             controller does so for a host and path that nobody has: either of them may have said it"
        ),
        F::IngressAnswersItself { route, status: Some(status), direct } => {
            let direct = direct.map(|status| format!(", while the application answers {status} to the API server"));
            format!(
                "for {route} the controller answered HTTP {status}{}. Either the controller has not taken up the rule \
                 or does not get through to the Pods, or the application answers this host and path like this",
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
        F::ServiceHeadless { name, dial } => {
            let dial = dial.map(|port| format!(". Pods that use it must dial port {port}")).unwrap_or_default();
            format!(
                "the Service \"{name}\" is headless; it gives the addresses of its Pods to other Pods, and no road \
                 from outside{dial}"
            )
        }
        F::NodePortNotAllocated { port, turned_off } => {
            let why = if *turned_off { "; its allocateLoadBalancerNodePorts is false" } else { "" };
            format!("port {port} of the Service has no node port, so the node has no door for it{why}")
        }
        F::LbSourceRangesBlock { address, source, ranges } => format!(
            "the load balancer at {address} admits {} only, and this computer sends from {source}",
            ranges.join(", ")
        ),
        F::ServiceTerminating { name, finalizers } => {
            let by =
                if finalizers.is_empty() { String::new() } else { format!(", held back by {}", finalizers.join(", ")) };
            format!("the Service \"{name}\" was deleted and is still there{by}")
        }
        F::ExternalNameIsAddress { external_name } => format!(
            "the Service stands for the name \"{external_name}\"; that is an address, and DNS looks it up as a name, \
             which does not exist"
        ),
        F::ExternalNameLoop { names } => {
            format!("the Service is only another name, and the names lead in a circle: {}", names.join(" -> "))
        }
        F::ManualEndpointProtocol { port, wanted, found } => format!(
            "port {port} of the Service speaks {wanted}, and the hand-made EndpointSlice has that port for {found}"
        ),
        F::ServiceLbNotReady { service, port, because } => {
            let why = match because {
                LbBecause::PortTaken { by: Some(by), .. } => format!("the Service {by} has that port of the nodes"),
                LbBecause::PortTaken { by: None, .. } => "something else has a port of the nodes that it needs".into(),
                LbBecause::NoNode { selector } => format!("no node has the label {selector}"),
                LbBecause::Pod { pod, cause } => {
                    format!("its Pod \"{pod}\" is not ready ({cause} {})", cause.entry().slug.replace('-', " "))
                }
            };
            format!("no node takes port {port} for {service}, as k3s's load balancer (ServiceLB) would: {why}")
        }
        F::EndpointsAreNames { names } => format!(
            "the hand-made EndpointSlice has names ({}) instead of addresses, and Kubernetes sends no traffic to names",
            names.join(", ")
        ),
        F::LoadBalancerNoProvider { class, metallb } => {
            let who = match (class, metallb) {
                (Some(class), _) => format!("no load balancer of the class {class} gives it an address"),
                (None, true) => "MetalLB, which is installed, gives it no address".into(),
                (None, false) => {
                    "nothing in this cluster gives it an address: Kubernetes has no load balancer of its own".into()
                }
            };
            format!("the Service has the type LoadBalancer, and {who}")
        }
        F::NoServiceSelectsWorkload { workload, service, pair, closest, host_network, host_ports, .. } => {
            let near = match (service, pair, closest) {
                (Some(service), Some(pair), Some(closest)) => {
                    format!(". svc/{service} selects {pair}, and the Pods have {closest}")
                }
                _ => String::new(),
            };
            let pods = if workload.starts_with("pod/") { "" } else { "the Pods of " };
            format!("no Service selects {pods}{workload}{near}{}", own_ports(*host_network, host_ports))
        }
        F::TargetMissing { kind, name, namespace, similar, service } => {
            let kind = kind.as_str();
            let hint = match (service, similar.first()) {
                (true, _) => format!(". A Service \"{name}\" exists"),
                (false, Some(similar)) => format!(". A {kind} \"{similar}\" exists"),
                (false, None) => String::new(),
            };
            format!("there is no {kind} \"{name}\" in the namespace \"{namespace}\"{hint}")
        }
        F::SelectorMatchesNoPods { selector, pair, closest, pods, .. } => match (pair, closest) {
            (Some(pair), Some(closest)) => {
                format!("the Service selects no Pod, because none has the label {pair}. Pods with {closest} exist")
            }
            _ => format!(
                "the Service selects Pods with {selector}, and none of the {} of its namespace has that",
                if *pods >= PAGE { format!("first {PAGE} Pods") } else { plural(*pods, "Pod") }
            ),
        },
        F::WorkloadScaledToZero { workload } => {
            format!("{workload} is scaled to 0, so it has no Pod that could take the traffic")
        }
        F::WorkloadCannotCreatePods { workload, why, reason, message } => {
            pods::no_pods(workload, *why, &said(reason, pods::refusal(message)))
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
            let hint = if names.is_empty() { String::new() } else { format!(". The Pods have: {}", names.join(", ")) };
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
        F::EndpointsPartiallyReady { ready, total, pods, reason } => {
            let why = match (reason, pods.first()) {
                (Some(reason), _) => format!(": {}", cause(reason)),
                (None, Some(pod)) => format!("; the Pod \"{pod}\" is not"),
                (None, None) => String::new(),
            };
            format!("only {ready} of {total} endpoints are ready{why}")
        }
        F::OnlyTerminatingEndpoints { reason, .. } => {
            let next = reason.as_ref().map(|reason| format!(": {}", cause(reason))).unwrap_or_default();
            format!("all Pods that still answer are being deleted, and no other is ready{next}")
        }
        F::PodUnschedulable { pod, reasons, message } => pods::unschedulable(pod, reasons, message),
        F::ImagePullFailed { image, reason, cause, registry, .. } => pods::image(image, reason, *cause, registry),
        F::ImageNotInNode { image, .. } => format!(
            "the Pod cannot start, because the image {image} is not in the node, and imagePullPolicy is Never; images \
             of this computer must be copied into the node"
        ),
        F::ContainerCrashLoop { pod, container, exit_code, reason, restarts, cause, message } => {
            let code = exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
            let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            let how = format!("{}{code}{reason}", plural(*restarts as usize, "restart"));
            pods::crash(pod, container, *cause, &how, &said("", pods::probe(message)))
        }
        F::ContainerConfigError { pod, container, reason, message } => {
            format!("the container \"{container}\" of the Pod \"{pod}\" cannot be created{}", said(reason, message))
        }
        F::ReadinessProbeFailing { pod, message, probe_port, target_port, .. } => {
            let other = match (probe_port, target_port) {
                (Some(probe), Some(target)) => {
                    format!(". The probe asks port {probe}, but the Service sends traffic to port {target}")
                }
                _ => String::new(),
            };
            format!(
                "the Pod \"{pod}\" runs, but its readiness probe fails, so the Service sends it no traffic{}{other}",
                said("", pods::probe(message))
            )
        }
        F::PodStarting { pod, reason, message } => {
            format!("the Pod \"{pod}\" is still starting{}", said(reason, message))
        }
        F::PodTerminating { pod } => format!("the Pod \"{pod}\" is being deleted, and no other Pod is ready"),
        F::InitContainerFailed { pod, container, sidecar, reason, exit_code } => {
            let what = if *sidecar { "sidecar" } else { "init container" };
            let code = exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
            format!("the Pod \"{pod}\" cannot start, because its {what} \"{container}\" fails ({reason}{code})")
        }
        F::InitContainerWaiting { pod, container, sidecar: false, .. } => format!(
            "the Pod \"{pod}\" waits for its init container \"{container}\", which still runs; the application starts \
             when that ends"
        ),
        F::InitContainerWaiting { pod, container, message, .. } => format!(
            "the Pod \"{pod}\" waits for its sidecar \"{container}\", which runs and has not passed its startup probe{}",
            said("", pods::probe(message))
        ),
        F::PodTerminal { pod, phase, reason, message } => {
            let reason = if reason.is_empty() { phase } else { reason };
            format!("the Pod \"{pod}\" has ended and will not start again{}", said(reason, message))
        }
        F::PodSchedulingGated { pod, gates } => {
            format!("the Pod \"{pod}\" gets no node as long as it has a scheduling gate{}", said("", &gates.join(", ")))
        }
        F::SchedulerNotRunning { pod } => format!(
            "the Pod \"{pod}\" has no node, and no scheduler has said why; it may not be running, or the Pod is new"
        ),
        F::PodSandboxFailed { pod, message } => {
            format!("the network of the Pod \"{pod}\" cannot be made, so no container starts{}", said("", message))
        }
        F::VolumeMountFailed { pod, message } => {
            format!("a volume of the Pod \"{pod}\" cannot be mounted, so no container starts{}", said("", message))
        }
        F::StartupProbePending { pod, message, .. } => format!(
            "the Pod \"{pod}\" runs, but its startup probe has not passed, so the Service sends it no traffic{}",
            said("", pods::probe(message))
        ),
        F::ReadinessGatePending { pod, gates } => format!(
            "the containers of the Pod \"{pod}\" are ready, but nobody has set its readiness gate{}",
            said("", &gates.join(", "))
        ),
        F::EndpointMissingForPod { pod, node_missing: Some(node) } => {
            format!("the Pod \"{pod}\" is Ready, but it is no endpoint, because its Node \"{node}\" does not exist")
        }
        F::EndpointMissingForPod { pod, node_missing: None } => {
            format!(
                "the Pod \"{pod}\" is Ready and selected, but Kubernetes has not made it an endpoint of the Service"
            )
        }
        F::NamedTargetPortPartial { port, target, without, .. } => format!(
            "port {port} of the Service goes to the port named \"{target}\", and some ready Pods have no port of that \
             name, so they get no traffic: {}",
            without.join(", ")
        ),
        F::ProtocolMismatch { port, target, protocol, pod_protocol } => format!(
            "port {port} of the Service is {protocol}, but the port named \"{target}\" of its Pods is {pod_protocol}"
        ),
        F::SelectorOvermatches { pods, workload, others, port } => format!(
            "the Service also selects Pods of {workload}, as well as those of {}, and nothing answers on port {port} of {}",
            others.join(", "),
            pods.join(", ")
        ),
        F::NetpolBlocksIngress { policies, port, plugin, .. } => format!(
            "{} no traffic from outside the cluster to port {port} of the Pod{}",
            policies_let(policies),
            enforced(plugin.as_deref(), "something else swallows the traffic")
        ),
        F::NetpolAdmitsNodeOnly { policies, port, plugin, .. } => format!(
            "{} no traffic to port {port} of the Pod, except from the Pod's own node{}",
            policies_let(policies),
            enforced(plugin.as_deref(), "the fault is in the node or on the way to it (virtualization layer)")
        ),
        F::NodePortNotServed { node_port, node, kube_proxy_desired, selector } => {
            let why = match (kube_proxy_desired, selector) {
                (Some(0), Some(selector)) => {
                    format!(" kube-proxy runs on no node, because it wants the label {selector}")
                }
                (Some(0), None) => " kube-proxy runs on no node".into(),
                (Some(_), _) => " kube-proxy runs; why it refuses is not known".into(),
                (None, _) => String::new(),
            };
            let end = if why.is_empty() { "" } else { "." };
            format!("endpoints are ready, but Node \"{node}\" takes no traffic at node port {node_port}{end}{why}")
        }
        F::NodeNotReady { node, reason, message } => format!("Node \"{node}\" is not Ready{}", said(reason, message)),
        F::ApiServerNotAnswering { tool: Some(tool), why, .. } => format!(
            "{tool} on this computer is stopped, still starting, or in trouble: its API server does not answer ({})",
            why::text(why)
        ),
        F::ApiServerNotAnswering { container, why, .. } => {
            format!("the node \"{container}\" runs, but the API server inside it does not answer ({})", why::text(why))
        }
        F::ExternalPolicyLocalNoEndpoint { node, endpoint_nodes } if endpoint_nodes.is_empty() => format!(
            "the Service's externalTrafficPolicy is Local, and its EndpointSlice names no node, so Node \"{node}\" \
             counts no endpoint as its own"
        ),
        F::ExternalPolicyLocalNoEndpoint { node, endpoint_nodes } => {
            let nodes = endpoint_nodes.join(", ");
            format!(
                "the Service's externalTrafficPolicy is Local, and Node \"{node}\", where the traffic enters, has no \
                 ready Pod. There are some on {nodes}"
            )
        }
        F::InternalPolicyLocalNoEndpoint { nodes, endpoint_nodes } => format!(
            "the Service's internalTrafficPolicy is Local, so an Ingress controller on {} that uses the cluster \
             address gets no answer. Pods are ready on {}",
            nodes.join(", "),
            if endpoint_nodes.is_empty() { "no node".into() } else { endpoint_nodes.join(", ") }
        ),
        F::KubeProxyNotReady { node, ready, desired, pod, reason } => {
            let pod = match pod {
                Some(pod) if reason.is_empty() => format!("its Pod \"{pod}\" is not ready"),
                Some(pod) => format!("its Pod \"{pod}\" is not ready, {reason}"),
                None if *ready == 0 => "none of its Pods is ready".to_owned(),
                None => "it has no Pod there".to_owned(),
            };
            format!(
                "endpoints are ready, but kube-proxy, which makes Node \"{node}\" take traffic, does not work there: \
                 {pod} ({ready} of {desired} ready)"
            )
        }
        F::NodePortAddressesRestrict { node, address, mode, addresses } => {
            let set = match addresses.is_empty() {
                true => format!("its mode {mode} serves node ports at the primary address only"),
                false => format!("its nodePortAddresses are {}", addresses.join(", ")),
            };
            format!(
                "endpoints are ready, but kube-proxy does not serve node ports at {address}, the address of Node \
                 \"{node}\": {set}"
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
        F::EndpointInconsistent { pods, answering, port } => format!(
            "{} of {} endpoints do not answer on port {port}, so some requests fail: {}",
            pods.len(),
            pods.len() + answering,
            pods.join(", ")
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
        F::TargetAmbiguous { name, candidates } => {
            format!("no Service is named \"{name}\", but {} exist", candidates.join(" and "))
        }
    }
}

/// Ports of the node that Pods take without any Service.
fn own_ports(host_network: bool, ports: &[u16]) -> String {
    let numbers: Vec<_> = ports.iter().map(u16::to_string).collect();
    match (host_network, ports.is_empty()) {
        (false, true) => String::new(),
        (true, true) => ". They use the node's own network".into(),
        (_, false) => format!(". They take port {} of their node", numbers.join(", ")),
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

fn policies_let(policies: &[String]) -> String {
    let names: Vec<_> = policies.iter().map(|policy| format!("\"{policy}\"")).collect();
    let (many, let_in) = if policies.len() == 1 { ("NetworkPolicy", "lets") } else { ("NetworkPolicies", "let") };
    format!("the {many} {} {let_in}", names.join(", "))
}

/// A policy counts only where somebody enforces it.
fn enforced(plugin: Option<&str>, otherwise: &str) -> String {
    match plugin {
        Some(plugin) => format!(". {plugin} enforces that"),
        None => format!(". That counts only if your network plugin (CNI) enforces NetworkPolicy; if not, {otherwise}"),
    }
}

pub(super) fn name(name: &str) -> String {
    if name.is_empty() { "no name".into() } else { format!("\"{name}\"") }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
