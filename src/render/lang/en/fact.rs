//! What was seen, in words. No full stops: these stand in a column.

use super::super::{Language, Numbers};
use super::{English, plural, quote, why};
use crate::fact::lima::Failed;
use crate::fact::live::{Forwarded, Outcome, Proxied};
use crate::fact::read::PAGE;
use crate::report::{Fact, NotProbed};

/// The hop that something follows from.
pub(super) fn because(fact: &Fact, numbers: &Numbers) -> String {
    let Fact::Behind { hop } = fact else { return String::new() };
    match numbers.of(*hop) {
        Some(number) => format!("because of hop {number}"),
        None => format!("because of the hop \"{}\"", English.hop(*hop)),
    }
}

pub(super) fn text(fact: &Fact, numbers: &Numbers) -> String {
    match fact {
        Fact::IngressClasses { wanted, known } => {
            let known = if known.is_empty() {
                "there is no IngressClass".into()
            } else {
                format!("classes: {}", known.join(", "))
            };
            match wanted {
                Some(wanted) => format!("no IngressClass \"{wanted}\"; {known}"),
                None => format!("the Ingress names no class; {known}"),
            }
        }
        Fact::IngressController { class, controller, service: None, .. } if controller.is_empty() => {
            format!("class {class}")
        }
        Fact::IngressController { class, controller, service: None, .. } => format!("class {class} ({controller})"),
        Fact::IngressController { class, service: Some(service), ready, total, .. } => {
            format!("class {class}: svc/{service}, {ready} of {} ready", plural(*total, "Pod"))
        }
        Fact::NoServiceWithLabel { label } => format!("no Service has the label {label}"),
        Fact::NodeInVm { product, node, .. } if node.is_empty() => format!("the VM of {product}"),
        Fact::NodeInVm { product, node, ip: Some(ip) } => format!("\"{node}\" in the VM of {product}, {ip}"),
        Fact::NodeInVm { product, node, ip: None } => format!("\"{node}\" in the VM of {product}"),
        Fact::RoutedByProduct { product, ip } => format!("{product} should route {ip} to this computer"),
        Fact::NodeName { node } => format!("the node is called \"{node}\""),
        Fact::VmInstance { name, status } => format!("VM \"{name}\", {status}"),
        Fact::LimaKubeconfig { name } => format!("the one that Lima copied from the VM \"{name}\""),
        Fact::VmForward { product, at } => format!("expected at {at} ({product})"),
        Fact::VmLog { product, told, failed } => {
            let says = match failed {
                Some(Failed::InUse) => "could not listen, address already in use",
                Some(Failed::Denied) => "could not listen, permission denied",
                Some(Failed::Unsaid) => "could not listen",
                None if *told => "the VM told of the port",
                None => "nothing about the port since the start",
            };
            format!("log of {product}: {says}")
        }
        Fact::VmForwardIgnored { port, rule: Some(rule) } => format!("rule {rule} ignores port {port}"),
        Fact::VmForwardIgnored { port, rule: None } => format!("port {port} is for ssh"),
        Fact::VmPlain { vm } => format!("VM \"{vm}\" is plain"),
        Fact::VmAddressNotForwarded { address, port } => format!("no rule for {address} port {port}"),
        Fact::VmProtocol { product, protocol } => format!("{product}'s forwarder carries no {protocol}"),
        Fact::VmHostPort { product, port } => format!("{product} may not see the hostPort {port}"),
        Fact::FirstFreePort { first } => format!("ip_unprivileged_port_start is {first}"),
        Fact::NodeImage { node, image } => format!("node \"{node}\" runs on {image}"),
        Fact::PortBroughtOut { product, port } => format!("expected at localhost:{port} ({product})"),
        Fact::OnWindows { product, port } => format!("expected at localhost:{port} of Windows ({product})"),
        Fact::WslBringsOut { mode: Some(mode), at } if at.is_ipv6() => {
            format!("expected at {at} on Windows, not at 127.0.0.1 ({})", mode.as_str())
        }
        Fact::WslBringsOut { mode: Some(mode), at } => {
            format!("expected at {at} on Windows ({})", mode.as_str())
        }
        Fact::WslBringsOut { mode: None, at } => format!("perhaps at {at} on Windows"),
        Fact::WslAddress { mode, ip } => {
            format!("WSL ({}) is at {ip} until it restarts", mode.as_str())
        }
        Fact::WslSeesNoSocket { port } => format!("no program listens at port {port}, only rules of the kernel"),
        Fact::WslListens { port, address } => format!("port {port} is listened on at {address} only"),
        Fact::WslModeDiffers { now, asked } => {
            format!("WSL is in mode {}; .wslconfig asks for {}", now.as_str(), asked.as_str())
        }
        Fact::WslForwardingOff => ".wslconfig says localhostForwarding=false".into(),
        Fact::WslLoopbackOnly { port } => format!("WSL (nat) brings port {port} to Windows' localhost only"),
        Fact::WslFirewall => "WSL (mirrored) is behind the Hyper-V firewall".into(),
        Fact::WslWithoutNetwork => "WSL has no network (networkingMode none)".into(),
        Fact::WslCarriesTcpOnly => "WSL brings only TCP to Windows' localhost".into(),
        Fact::ContainerAt { name, ip: Some(ip) } => format!("container \"{name}\" is at {ip}"),
        Fact::ContainerAt { name, ip: None } => format!("container \"{name}\" is in no network"),
        Fact::StatusAddress { kind, address } => format!("the {kind}'s address is {address}"),
        Fact::NoAddress { kind, name } => format!("{kind} \"{name}\" has no address"),
        Fact::Route { kind, name, route, .. } if route.is_empty() => format!("{kind} \"{name}\" has no rules"),
        Fact::Route { kind, name, route, backend } if backend.is_empty() => {
            format!("{kind} \"{name}\": {route} leads to something that is no Service")
        }
        Fact::Route { kind, name, route, backend } => format!("{kind} \"{name}\": {route} -> {backend}"),
        Fact::LedToBy { kind, name } => format!("{kind} \"{name}\" leads to it"),
        Fact::RouteContested { ingress, by } => {
            format!("Ingress \"{ingress}\" takes the same requests: {by}")
        }
        Fact::RouteShadowed { by } => format!("the rule {by} takes the same requests"),
        Fact::Condition { of, condition, status, reason, message } => {
            let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            with_message(&format!("{of} {condition}={status}{reason}"), message)
        }
        Fact::StaleStatus { of } => format!("the status of {of} is about an older version of it"),
        Fact::NoParentStatus { route, gateway } => {
            format!("no controller says anything about {route} at the Gateway {gateway}")
        }
        Fact::ApiNotServed { version } => format!("the API server does not know {version}"),
        Fact::GatewayClasses { wanted, known } if known.is_empty() => {
            format!("no GatewayClass \"{wanted}\"; there is none at all")
        }
        Fact::GatewayClasses { wanted, known } => {
            format!("no GatewayClass \"{wanted}\"; classes: {}", known.join(", "))
        }
        Fact::GatewayAbsent { name } => format!("there is no Gateway \"{name}\""),
        Fact::NoRoute { gateway, listener } => format!("no route belongs to {gateway}, listener {listener}"),
        Fact::HostLeadsTo { host, found, .. } if found.is_empty() => format!("no address is found for {host}"),
        Fact::HostLeadsTo { host, found, wanted } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            format!("{host} leads to {}, not to {wanted}", found.join(", "))
        }
        Fact::NoRoadByType { kind } => format!("type {kind} offers none"),
        Fact::Container { name, state, ip } => match ip {
            // The name stands in the diagram above.
            Some(ip) => format!("container {}, {ip}", container_state(state)),
            None => format!("container \"{name}\" {}", container_state(state)),
        },
        Fact::NoContainer { cluster } => format!("no container of cluster \"{cluster}\""),
        Fact::PublishesApiServer { container, port, label } => {
            format!("container \"{container}\" publishes the API server's port {port} and has the label {label}")
        }
        Fact::ClusterContainers { cluster, count } => {
            format!("{} of cluster \"{cluster}\", none publishes the API server's port", plural(*count, "container"))
        }
        Fact::ProviderId { id } => format!("providerID {id}"),
        Fact::ContextName { name } => format!("the context is named {name}"),
        Fact::NodeKernel { node, kernel } => {
            format!("node \"{node}\" runs in WSL2 on another computer (kernel {kernel})")
        }
        Fact::ServerAddress { address, local: true } => format!("the API server is {address}, on this computer"),
        Fact::ServerAddress { address, local: false } => format!("the API server is {address}, not on this computer"),
        Fact::Published { container, at, container_port } => format!("{at} -> {container}:{container_port}"),
        Fact::NotPublished { node_port, published, more } => {
            let list: Vec<_> = published.iter().map(|(host, container)| format!("{host}->{container}")).collect();
            match (list.is_empty(), more) {
                (true, _) => format!("node port {node_port} is not published"),
                (false, 0) => format!("node port {node_port} is not published, only {}", list.join(", ")),
                (false, more) => {
                    format!("node port {node_port} is not published, only {}, {more} more", list.join(", "))
                }
            }
        }
        Fact::PublishedOtherProtocol { node_port, protocol } => {
            format!("node port {node_port} is published for {protocol} only")
        }
        Fact::NodeRoutable { ip, interface } => format!("{ip} is in the network of interface {interface}"),
        Fact::NodeAt { ip } => format!("the node is {ip}; whether this computer has a route to it is not known"),
        Fact::NodeNotRoutable { ip } => format!("{ip} is not routable from here"),
        Fact::ApiServerAt { ip } => format!("{ip}, where the API server answers"),
        Fact::UserModeNetwork { ip } => format!("{ip} is an address inside QEMU's own network"),
        Fact::Machine { name, driver, ip } => {
            let driver = match driver.as_str() {
                "" => "VM".to_owned(),
                "ssh" => "computer".to_owned(),
                driver => format!("{driver} VM"),
            };
            let ip = ip.map(|ip| format!(", {ip}")).unwrap_or_default();
            format!("{driver} \"{name}\"{ip}")
        }
        Fact::NodeIsThisComputer => "the node is this computer itself".into(),
        Fact::OwnAddress { ip } => format!("nothing to enter: {ip} is this computer's own address"),
        Fact::OpenToOthers { at } => format!("others find it at {at}, unless a firewall is in the way"),
        Fact::ClusterAddressHere { at } => format!("on the node, which is this computer, kube-proxy serves {at}"),
        Fact::InstalledHere { tool, file } => format!("{tool} is installed on this computer: {file}"),
        Fact::KubeletVersion { version } => format!("its kubelet has the version {version}"),
        Fact::NodeAnnotation { annotation } => format!("the Node has the annotation {annotation}"),
        Fact::ObjectThere { name } => format!("there is {name}"),
        Fact::WrittenBy { tool } => format!("the context's entry was written by {tool}"),
        Fact::CertificateOf { home, profile } => format!("its certificate is the profile {profile}'s, in {home}"),
        Fact::NodeLabel { label, value } => format!("label {label}={value}"),
        Fact::ProfileDriver { profile, driver } => format!("profile {profile} has the driver {driver}"),
        Fact::MinikubeStatus { host, kubelet, api_server, kubeconfig } => {
            format!("host {host}, kubelet {kubelet}, apiserver {api_server}, kubeconfig {kubeconfig}")
        }
        Fact::NoProfile { profile, home } => format!("no profile {profile} in {home}"),
        Fact::SshForward { pid, port, to } => format!("ssh {pid} forwards port {port} to {to}"),
        Fact::ForwardUnheld { pid, port, hidden: true } => {
            format!("whether ssh {pid} has port {port} is only shown to root")
        }
        Fact::ForwardUnheld { pid, port, hidden: false } => format!("ssh {pid} is not seen to listen on port {port}"),
        Fact::NoSshForward { port } => format!("no ssh of minikube forwards port {port}"),
        Fact::SudoAsks { port } => format!("sudo asks for a password, no ssh has port {port} yet"),
        Fact::ForwardsTcpOnly { port } => format!("ssh forwards TCP only, port {port} of the Service is UDP"),
        Fact::TunnelProcess { pid, .. } => format!("minikube tunnel runs, process {pid}"),
        Fact::NoTunnelProcess { .. } => "no minikube tunnel runs".into(),
        Fact::RouteTo { to, gateway: Some(gateway), to_node: true } => format!("{to} is routed to the node, {gateway}"),
        Fact::RouteTo { to, gateway: Some(gateway), .. } => {
            format!("{to} is routed to {gateway}, which is not this node")
        }
        Fact::RouteTo { to, to_node: true, .. } => format!("{to} is routed into the node's network"),
        Fact::RouteTo { to, .. } => format!("no route leads {to} to the node"),
        Fact::HeldBy { port, pid, name } => format!("program \"{name}\" (process {pid}) has port {port}"),
        Fact::ContainerDetached { name } => format!("container \"{name}\" running, in no network"),
        Fact::Forwarder { name, state } => format!("the forwarder \"{name}\" is {state}"),
        Fact::LocalhostHeldBy { port, pid, name } => {
            format!("\"localhost:{port}\" may lead to {name}, process {pid}, at [::1]: open 127.0.0.1 instead")
        }
        Fact::LoadBalancerAddress { address } => format!("EXTERNAL-IP is {address}"),
        Fact::LoadBalancerPending => "EXTERNAL-IP is <pending>".into(),
        Fact::ProviderRunning { container } => format!("container \"{container}\" serves this Service"),
        Fact::ProviderGone => "no container of a load balancer serves it".into(),
        Fact::ServiceLbReady { port, ready, total } => {
            format!("{ready} of {} of ServiceLB ready, on port {port} of the node", plural(*total, "Pod"))
        }
        Fact::ServiceLbNoPod { name, selector } if selector.is_empty() => format!("DaemonSet {name} has no Pod"),
        Fact::ServiceLbNoPod { name, selector } => {
            format!("DaemonSet {name} has no Pod; it wants nodes with {selector}")
        }
        Fact::AddressOfNoNode => "no Node has that address".into(),
        Fact::ServiceLbAbsent => "ServiceLB of k3s has no Pod for it".into(),
        Fact::Probed { to, outcome } => format!("{to} {}", probed(outcome)),
        Fact::ServicePort { kind, port, node_port, target, protocol } => {
            let protocol = if protocol == "TCP" { String::new() } else { format!("/{protocol}") };
            match node_port {
                0 => format!("{kind}, port {port}{protocol}, targetPort {target}"),
                _ => format!("nodePort {node_port}, port {port}{protocol}, targetPort {target}"),
            }
        }
        Fact::ServiceAbsent { name } => format!("there is no Service \"{name}\""),
        Fact::TargetAbsent { kind, name } => format!("there is no {} \"{name}\"", kind.as_str()),
        Fact::SameName { candidates } => format!("of that name: {}", candidates.join(", ")),
        Fact::NoServiceSelects { labels, .. } if labels.is_empty() => "no labels, so no Service can select it".into(),
        Fact::NoServiceSelects { services: 0, .. } => "the namespace has no Service".into(),
        Fact::NoServiceSelects { services, labels } => {
            format!("none of {} selects Pods with {labels}", plural(*services, "Service"))
        }
        Fact::SelectorNear { service, selector } => format!("closest: svc/{service} selects {selector}"),
        Fact::HostPorts { ports, node, .. } => {
            let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
            let what = if ports.is_empty() { "the network".to_owned() } else { format!("port {}", ports.join(", ")) };
            let node = node.map(|node| format!(", here {node}")).unwrap_or_default();
            format!("the Pods take {what} of their node{node}")
        }
        Fact::NamespaceAbsent { name } => format!("there is no namespace \"{name}\""),
        Fact::PortsAre { ports } if ports.is_empty() => "the Service has no ports".into(),
        Fact::PortsAre { ports } => format!("the Service's ports: {}", ports.join(", ")),
        Fact::ExternalName { name } => format!("ExternalName, stands for {name}"),
        Fact::Selects { selector, pods } => {
            // A full page: there may be more.
            let pods = if *pods >= PAGE { format!("{PAGE} Pods or more") } else { plural(*pods, "Pod") };
            format!("{selector} matches {pods}")
        }
        Fact::NearMiss { pair, closest, pods, more } => {
            let more = if *more { format!(" of the first {PAGE}") } else { String::new() };
            format!("no Pod has {pair}; closest: {closest}, {}{more}", plural(*pods, "Pod"))
        }
        Fact::PodPort { name, port, protocol } => format!("none; the Pods' port {name} ({port}) is {protocol}"),
        Fact::Undeclared { port, declared } => {
            let list: Vec<_> = declared.iter().map(ToString::to_string).collect();
            format!("no container declares port {port}, only {}", list.join(", "))
        }
        Fact::NoSelector => "none: endpoints are made by hand".into(),
        Fact::Workload { name, replicas } => format!("{name} wants {}", plural(*replicas as usize, "Pod")),
        Fact::Endpoints { total: 0, .. } => "none".into(),
        Fact::Endpoints { ready, total, first: Some(first) } => format!("{ready} of {total} ready, {first}"),
        Fact::Endpoints { ready, total, first: None } => format!("{ready} of {total} ready"),
        Fact::NoSlices => "there is no EndpointSlice".into(),
        Fact::PortNotInSlices { target, declared } => {
            let list: Vec<_> = declared.iter().map(|(name, port)| format!("{name} ({port})")).collect();
            match list.is_empty() {
                true => format!("no Pod has a port named {target}"),
                false => format!("no Pod has a port named {target}; declared: {}", list.join(", ")),
            }
        }
        Fact::PodsReady { ready: 1, total: 1, name } => format!("{name} Ready"),
        Fact::PodsReady { ready, total, .. } if *total >= PAGE => format!("{ready} of the first {PAGE} Ready"),
        Fact::PodsReady { ready, total, .. } => format!("{ready} of {total} Ready"),
        Fact::PodState { pod, reason, message } => with_message(&format!("{pod} {reason}"), message),
        Fact::NodeState { node, ready: true, .. } => format!("Node {node} Ready"),
        Fact::NodeState { node, reason, ready: false } => with_message(&format!("Node {node} not Ready"), reason),
        Fact::KubeProxy { desired, ready } => {
            format!("kube-proxy: {ready} of {} ready", plural(*desired as usize, "Pod"))
        }
        Fact::Proxied { target, outcome } => format!("{target} {}", proxied(outcome)),
        Fact::Forwarded { outcome, port, .. } => format!("inside the Pod, localhost:{port} {}", forwarded(outcome)),
        Fact::MetFailingEndpoint => "this time the way led to an endpoint that fails".into(),
        Fact::Behind { .. } => format!("not checked, {}", because(fact, numbers)),
        Fact::NoLocalEndpoint { node } => format!("no endpoint on Node {node}, where the traffic enters"),
        Fact::PolicyAdmitsNobody { policies, port } => {
            format!("no policy admits traffic to port {port}: {}", policies.join(", "))
        }
        Fact::PolicyEnforced { plugin } => format!("{plugin} enforces NetworkPolicy"),
        Fact::CouldNotLook { what, why } => format!("{}: {}", why::subject(*what), why::text(why)),
        Fact::NotProbed { why } => not_probed(*why).into(),
        Fact::LoadBalancerName { name } => {
            format!("the load balancer's name is {name}, which netpath does not resolve")
        }
        Fact::LoadBalancerPortError { error } => format!("its provider says: {}", quote(error)),
        Fact::SourceRanges { ranges } => format!("loadBalancerSourceRanges admits {}", ranges.join(", ")),
        Fact::BeingDeleted { finalizers } if finalizers.is_empty() => "it is being deleted".into(),
        Fact::BeingDeleted { finalizers } => format!("it is being deleted, held back by {}", finalizers.join(", ")),
        Fact::SessionAffinity => "sessionAffinity ClientIP: one client always gets the same Pod".into(),
        Fact::InternalPolicyLocal { nodes } => {
            let nodes = if nodes.is_empty() { "no node".into() } else { nodes.join(", ") };
            format!("internalTrafficPolicy Local: its cluster address works on {nodes} only")
        }
        Fact::ExternalIps { ips } => format!("externalIPs {}, if somebody routes them to a node", ips.join(", ")),
        Fact::DeclaredProtocol { port, protocol } => {
            format!("the container declares port {port} for {protocol} only; perhaps the protocol is wrong")
        }
        Fact::PublishedNotReady { count } => {
            format!("publishNotReadyAddresses: traffic also goes to {} without readiness", plural(*count, "Pod"))
        }
        Fact::NoKubeProxy { k3s: true } => "no DaemonSet kube-proxy: k3s has it built in".into(),
        Fact::NoKubeProxy { k3s: false } => "no DaemonSet kube-proxy: something else may take its place".into(),
        Fact::NoKubeProxyOn { node } => format!("no Pod of kube-proxy on Node {node}"),
        Fact::NodePortAddresses { mode, addresses } if addresses.is_empty() => {
            format!("mode {mode}: node ports at the primary addresses of the node only")
        }
        Fact::NodePortAddresses { addresses, .. } => format!("nodePortAddresses: {}", addresses.join(", ")),
        Fact::Skipped => "this road does not use it".into(),
    }
}

fn container_state(state: &str) -> &str {
    match state {
        "running" => "running",
        other => other,
    }
}

fn with_message(text: &str, message: &str) -> String {
    if message.is_empty() { text.to_owned() } else { format!("{text}: {message}") }
}

fn probed(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response { status: Some(400), tls: true, .. } => "answered HTTP 400: it wants https".into(),
        Outcome::Response { status: Some(status), ms, .. } => format!("answered HTTP {status} in {ms} ms"),
        Outcome::Response { status: None, tls: true, ms } => format!("answered with TLS in {ms} ms"),
        Outcome::Response { status: None, tls: false, ms } => format!("answered in {ms} ms, not with HTTP"),
        Outcome::Eof => "accepted, then closed".into(),
        Outcome::Reset => "accepted, then reset".into(),
        Outcome::Silent => "accepted, then silent".into(),
        Outcome::Refused => "refused".into(),
        Outcome::TimedOut => "timed out".into(),
        Outcome::Unreachable { detail } => with_message("could not be reached", detail),
    }
}

fn proxied(outcome: &Proxied) -> String {
    match outcome {
        Proxied::Response { status } => format!("answered HTTP {status}"),
        Proxied::NotHttp => "answered, not with plain HTTP".into(),
        Proxied::NoEndpoints => "has no ready endpoint".into(),
        Proxied::Refused => "refused".into(),
        Proxied::Closed => "closed without an answer".into(),
        Proxied::TimedOut => "did not answer in time".into(),
        Proxied::Error { detail } => with_message("could not be asked", detail),
    }
}

fn forwarded(outcome: &Forwarded) -> String {
    match outcome {
        Forwarded::Response => "answered".into(),
        Forwarded::Silent => "accepted, then silent".into(),
        Forwarded::Closed => "accepted, then closed".into(),
        Forwarded::Refused => "refused".into(),
        Forwarded::Error { detail } => with_message("could not be asked", detail),
    }
}

fn not_probed(why: NotProbed) -> &'static str {
    match why {
        NotProbed::Forbidden => "not probed: --no-probe",
        NotProbed::NotLocal => "not probed: the cluster is not known to be local (--probe allows it)",
        NotProbed::NotProvenLocal => "not probed: the address is not proven to stay on this computer",
        NotProbed::MaybeStranger => "not probed: another program may be what answers there",
        NotProbed::NotTcp => "not probed: only TCP can be probed",
        NotProbed::OtherViewer => "not probed: the browser is elsewhere",
        NotProbed::WindowsNotAsked => "not probed from Windows",
    }
}
