//! Remedies in words: what they do, and what they cost. The sentence stands above the
//! command, so that nobody pastes before reading it.

use crate::report::{Action, Remedy};

/// What the right name of a context costs who gave it another one.
const RENAMES: &str = "gives your context its profile's name back";

/// What a restart of WSL costs.
const ENDS_WSL: &str = "ends every distribution and Docker Desktop";

pub(super) fn text(remedy: &Remedy) -> String {
    let (what, own_cost) = action(&remedy.action);
    let mut costs: Vec<&str> = Vec::new();
    costs.extend(own_cost);
    if remedy.destructive {
        costs.push(match remedy.action {
            Action::RecreateWithMapping { .. } | Action::CreateCluster | Action::RecreateProfile { .. } => {
                "everything in the cluster is lost"
            }
            Action::FinishDeletion => "the Service is gone then",
            _ => "loses data",
        });
    }
    if remedy.privileged {
        costs.push(match remedy.action {
            // It calls sudo itself; on Windows nothing asks.
            Action::RunMinikubeTunnel { .. } | Action::RestartMinikubeTunnel { .. } | Action::TakeRoute => {
                "it asks for your password, or wants an elevated shell on Windows"
            }
            _ => "needs administrator rights",
        });
    }
    if remedy.blocks {
        costs.push(match remedy.action {
            Action::PortForward => "keep it running", // one line with its warning
            _ => "keep the terminal open",
        });
    }
    let managed = remedy.managed_by.map(|tool| format!("{tool} will undo it: change it there too"));
    costs.extend(managed.as_deref());
    if costs.is_empty() { what } else { format!("{what} ({})", costs.join("; ")) }
}

fn action(action: &Action) -> (String, Option<&'static str>) {
    let text: &str = match action {
        Action::SetIngressClass { class } => return (format!("give the Ingress the class {class}"), None),
        Action::ListIngressClasses => "see which Ingress classes there are",
        Action::SetBackend { backend } => return (format!("let the rule lead to {backend}"), None),
        Action::ListSecrets => "see which certificates there are",
        Action::AskWithHost => "ask without looking the name up",
        Action::ForwardToFront { url } => {
            return (format!("forward a port of this computer to the controller, then open {url}"), None);
        }
        Action::AddHostsEntry => "make the name known to this computer",
        Action::InstallGatewayApi => "install the Gateway API; it needs a controller as well",
        Action::ListGatewayClasses => "see which GatewayClasses there are, and which are ACCEPTED",
        Action::SetGatewayClass { class } => return (format!("give the Gateway the class {class}"), None),
        Action::DescribeGateway => "see what the controller says about the Gateway",
        Action::DescribeRoute => "see what the controller says about the route",
        Action::ListGateways => "see which Gateways there are",
        Action::ListRoutes => "see which routes there are",
        Action::ListReferenceGrants => "see which grants there are (explain K327 has one to copy)",
        Action::SetParent { gateway } => return (format!("let the route belong to the Gateway {gateway}"), None),
        Action::SetListener { name } => return (format!("let the route belong to the listener {name}"), None),
        Action::SetListenerPort { port } => {
            return (format!("let the listener have port {port}, which the controller listens on"), None);
        }
        Action::SetRouteHost { host } => return (format!("let the route be for the host {host}"), None),
        Action::LabelNamespace { namespace } => {
            return (format!("give the namespace {namespace} the label that the listener asks for"), None);
        }
        Action::MoveController { node } => {
            return (format!("let the controller run on {node}"), Some("its Pods are made again there"));
        }
        Action::LabelNode { node, label } => return (format!("give {node} the label {label}"), None),
        Action::AllowAllNamespaces => {
            return ("let the listener take routes of all namespaces".into(), None);
        }
        Action::EditIngress => "give the Ingress a rule",
        Action::PortForward => {
            return ("for a test only, go past both stages through the API server".into(), None);
        }
        Action::MoveNodePort { node_port, host_port } => {
            return (
                format!("move the Service to node port {node_port}, which localhost:{host_port} already leads to"),
                None,
            );
        }
        Action::RecreateWithMapping { node_port } => {
            return (
                format!("create the cluster again, with node port {node_port} published"),
                Some("the file is rebuilt from what the engine tells; add your own networking, labels and patches"),
            );
        }
        Action::RunForwarder { host_port } => {
            return (format!("forward localhost:{host_port} to it with a small container"), Some("pulls alpine/socat"));
        }
        Action::ReloadNetwork => "let podman make its forwarding rules again (nothing stops)",
        Action::StartForwarder => "start the forwarder again",
        Action::ConnectNode { network } => return (format!("attach the node to the network {network} again"), None),
        Action::ExposeAsNodePort { host_port: Some(port) } => {
            return (format!("give it a node port that localhost:{port} already leads to"), None);
        }
        Action::ExposeAsNodePort { host_port: None } => "open it as a Service of type NodePort",
        Action::StartNode => "start the node",
        Action::UnpauseNode => "resume the node",
        Action::RestartNode => return ("restart the node".into(), Some("everything in it restarts")),
        Action::FreePort { pid, name } => {
            return (format!("end {name} (process {pid}), then restart the node"), Some("everything in it restarts"));
        }
        Action::CreateCluster => "create the cluster",
        Action::ListEngineContexts => "look for the cluster in another engine",
        Action::StartMinikube => return ("let minikube start it".into(), Some("keeps its data")),
        Action::UnpauseMinikube => "let the control plane go on",
        Action::UpdateMinikubeContext => {
            return ("let minikube write its entry again".into(), Some("it becomes the current context"));
        }
        Action::RunMinikubeService { renames } => {
            return ("let minikube print a URL, and open that".into(), renames.then_some(RENAMES));
        }
        Action::RunMinikubeTunnel { renames, .. } => {
            return ("run minikube's tunnel in a second terminal".into(), renames.then_some(RENAMES));
        }
        Action::RestartMinikubeTunnel { .. } => "end that tunnel, and run another in a second terminal",
        Action::TakeRoute => {
            let what = "end the other profile's tunnel, and run one of this profile in a second terminal";
            return (what.into(), Some("the other's load balancers stop"));
        }
        Action::TypePassword => "type your password in the terminal where \"minikube tunnel\" runs",
        Action::AskAgain => "wait a few seconds, then ask again",
        Action::CreateProfile => {
            return ("create it again".into(), Some("new and empty; add your own start flags"));
        }
        Action::DeleteContext => "if you do not need it, forget its context (no cluster is deleted)",
        Action::ConfigureMetallb => "give MetalLB a range of addresses in the node's network",
        Action::EnableMetallb => "switch MetalLB on; it asks for addresses of your network that nobody else has",
        Action::ListAddressPools => "see which addresses MetalLB may hand out",
        Action::StartService { tool } => return (format!("start {tool} on this computer"), None),
        Action::RestartService { tool } => {
            return (format!("restart {tool} on this computer"), Some("the API server is away for a moment"));
        }
        Action::ReadServiceLog { tool } => return (format!("read what {tool} says"), None),
        Action::PrintKubeconfig { tool } => {
            let what = format!("see the entry that {tool} has now, and copy it into your kubeconfig");
            return (what, Some("it holds your credentials"));
        }
        Action::ImportImage { image } => {
            let what =
                format!("if docker on this computer has the image {image}, copy it into the cluster's own store");
            return (what, None);
        }
        Action::RecreateProfile { node_port } => {
            let what = format!("create the cluster again, with node port {node_port} published");
            return (what, Some("add your own start flags"));
        }
        Action::AllowLocalNetwork => "allow terminal and browser under Privacy & Security, Local Network; restart both",
        Action::RunLoadBalancerProvider => {
            return ("run the load-balancer provider".into(), Some("it serves every kind cluster of this engine"));
        }
        Action::StartDockerInWsl => "start Docker Desktop on Windows; or, if docker is this distribution's own",
        Action::StartProduct { product } => return (format!("start {product}"), None),
        Action::RestartProduct { product } => {
            return (format!("restart {product}"), Some("its containers stop, and have to be started again"));
        }
        Action::AskByName { name } => return (format!("try it at {name}, a name that only this computer knows"), None),
        Action::LookForKubectl => "see whether the VM has kubectl; without it, no Service comes out",
        Action::ShowVersion { product } => return (format!("see which {product} it is"), None),
        Action::AddForward { port, host_port } => {
            let to = if port == host_port { String::new() } else { format!(", to localhost:{host_port}") };
            let what = format!("add a static rule for port {port}{to}");
            return (what, Some("restarts the VM; needs Lima 2.0 or newer"));
        }
        Action::ChangeNodePort { node_port, .. } => {
            return (format!("give the Service node port {node_port} instead"), Some("its URL changes"));
        }
        Action::FreePortForVm { pid, name } => {
            let what = format!("end {name} (process {pid}), then start the VM again");
            return (what, Some("everything in the VM restarts"));
        }
        Action::TurnOffAirPlay => {
            let what = "turn off AirPlay Receiver under General, AirDrop & Handoff; then start the VM again";
            return (what.into(), Some("everything in it restarts"));
        }
        Action::StopOtherVm { name } => {
            return (format!("stop the VM \"{name}\", then start this one again"), Some("everything in both stops"));
        }
        Action::ShowListener { port } => {
            return (format!("see which program has port {port}; end a stranger, then start the VM again"), None);
        }
        Action::ListVms => "see which VMs there are, and which of them you need",
        Action::StartWithoutAddress => {
            return (
                "do without the VM's own address".into(),
                Some("restarts the VM; its ports are at localhost then"),
            );
        }
        Action::RestartVm => return ("start the VM again".into(), Some("everything in it restarts")),
        Action::AddOverride { port, host_port } => {
            let what = format!("bring port {port} to localhost:{host_port} by a static rule");
            return (
                what,
                Some("for all its VMs; restarts this one; needs Lima 2.0; an override.yaml of yours stays as it is"),
            );
        }
        Action::LowerFirstPort { port } => {
            return (format!("let everybody listen from port {port} on"), Some("until the next boot; restarts the VM"));
        }
        Action::ForwardByGrpc => return ("use the forwarder that carries UDP".into(), Some("restarts the VM")),
        Action::EnableKubernetes { product } => {
            return (format!("turn Kubernetes on in the settings of {product}; this shows whether it runs"), None);
        }
        Action::RestartLoadBalancerProvider => "end cloud-provider-kind with Ctrl-C, then run it again like this",
        Action::TouchService => "if cloud-provider-kind runs, let it look at the Service again",
        Action::StartLoadBalancerContainer => "let the load balancer's container run",
        Action::IncludeNode { node } => return (format!("let load balancers use {node}"), None),
        Action::ExposeDeployment { name } => {
            return (format!("make a Service for the Deployment \"{name}\""), None);
        }
        Action::ExposeWorkload { target, host_port: Some(port) } => {
            return (format!("make a Service for {target}, at the node port that localhost:{port} leads to"), None);
        }
        Action::ExposeWorkload { target, host_port: None } => {
            return (format!("make a Service for {target}"), None);
        }
        Action::ListKind { kind } => return (format!("list the {}s there are", kind.as_str()), None),
        Action::UseName { name } => return (format!("ask about \"{name}\", if you meant that"), None),
        Action::ListServices => "list the Services there are",
        Action::ListNamespaces => "list the namespaces there are",
        Action::SetSelector => {
            return ("select the Pods that were meant".into(), Some("replaces the Service's selector"));
        }
        Action::ShowLabels => "compare the selector with the labels of the Pods",
        Action::Scale { name } => return (format!("start a Pod of {name}"), None),
        Action::SetTargetPort { port } => return (format!("send the traffic to port {port} of the Pods"), None),
        Action::SetTrafficPolicyCluster => {
            return ("let every node take the traffic".into(), Some("the Pods no longer see the client's address"));
        }
        Action::DescribePod => "see what Kubernetes says about the Pod",
        Action::ReadLogs => "read what the container says",
        Action::ReadPreviousLogs => "read what the container said before it ended",
        Action::LoadImage { image } => {
            return (format!("if this computer has the image {image}, copy it into the node"), None);
        }
        Action::ListenOnAllAddresses => "set the application's listen address to 0.0.0.0 or :: (in args or env)",
        Action::MakePodAgain => "look at its args and env, and make it again with the listen address 0.0.0.0",
        Action::StartKubelet { node } => return (format!("start the kubelet on {node}"), None),
        Action::DescribeNode => "see what Kubernetes says about the Node",
        Action::UnselectKubeProxy { label } => {
            return (format!("let kube-proxy run again on nodes without the label {label}"), None);
        }
        Action::RestartKubeProxy => "restart kube-proxy",
        Action::DescribePolicy => "see whom the policy lets in",
        Action::ShowControllerManager => "look at the controller manager",
        Action::ShowScheduler => "look at the scheduler",
        Action::ShowPods => "compare the Pods that the Service selects",
        Action::ShowEndpoints => "look again whether the endpoint is there",
        Action::ResumeJob => "let the Job run",
        Action::ShowSlices => "compare the ports with those of the EndpointSlices",
        Action::CanI => "ask what you may do",
        Action::ExportKubeconfig => "renew the kubeconfig entry",
        Action::UseContext => "choose another context",
        Action::SetInternalPolicyCluster => "let Pods of every node use the cluster address",
        Action::EditExternalName => "write the right name into externalName",
        Action::ExplainService { name } => return (format!("ask about the Service \"{name}\" itself"), None),
        Action::AllocateNodePorts => "let Kubernetes give it node ports",
        Action::AllowSource { source } => return (format!("let {source}, this computer, through"), None),
        Action::AddPort { host_port, port } => {
            let what = format!("let k3d publish port {port} of the nodes at localhost:{host_port}");
            return (
                what,
                Some("all ports and the API server are away for 10 seconds; if it fails, start the cluster again"),
            );
        }
        Action::StartProxy => return ("start it".into(), Some("it takes some seconds")),
        Action::RestartProxy => return ("restart it".into(), Some("connections through it break")),
        Action::SetServer => "let the kubeconfig lead to where the API server is published",
        Action::SetServicePort { from, to } => {
            let what = format!("give the Service port {to} instead of {from}");
            return (what, Some("its clients inside the cluster must follow"));
        }
        Action::FinishDeletion => "delete the Service now; what the load balancer made for it stays",
        Action::EditNodePortAddresses { value } => {
            return (format!("set nodePortAddresses in config.conf to {value}, then restart kube-proxy"), None);
        }
        Action::OpenOnWindows { url } => {
            return (format!("open {url} on Windows instead (another address after a restart of WSL)"), None);
        }
        Action::SendOnWindows { at } => {
            return (format!("send to {at} on Windows instead (another address after a restart of WSL)"), None);
        }
        Action::SetWslSetting { line } => {
            let what = format!("write {line} below [wsl2] in %UserProfile%\\.wslconfig, then end WSL");
            return (what, Some(ENDS_WSL));
        }
        Action::IntegrateDistribution => {
            "turn on this distribution in the WSL integration of Docker Desktop or Rancher Desktop, or use kubectl.exe"
        }
        Action::FlattenKubeconfig => {
            return ("print one in WSL with the certificates inside".into(), Some("prints keys: write it into a file"));
        }
        Action::ShowEngineVersion => "see which version the engine is; one from before October 2024 is too old",
        Action::FreeReservedPort => {
            let what = "reserve the port yourself before Windows does, in PowerShell on Windows";
            return (what.into(), Some("WSL has no network meanwhile"));
        }
        Action::RestartWsl => return ("end WSL, and open it again".into(), Some(ENDS_WSL)),
        Action::ShowWindowsPort { port } => {
            return (format!("see who has port {port} on Windows, and which ports it reserves"), None);
        }
        Action::ProxyOnWindows { moves: true } => {
            let cost = "the address is another one after a restart of WSL";
            return ("let Windows pass it on, in its PowerShell".into(), Some(cost));
        }
        Action::ProxyOnWindows { moves: false } => {
            "let Windows pass it on, in its PowerShell; LAN-ADDRESS is its own in the LAN"
        }
        Action::AllowInHyperV => "let it through, in the PowerShell of Windows",
        Action::DescribeWorkload => "see what Kubernetes says about the workload",
    };
    (text.to_owned(), None)
}
