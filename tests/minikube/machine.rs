//! A computer with minikube on it, as the shell would find it: raw files, raw output of
//! docker, command lines, routes, and what answers where. What it says goes through the
//! same distilling as in a real run.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use netpath::answers::Answers;
use netpath::ask::{Ask, Engine, Observed, Raw, Why};
use netpath::fact::host::Interface;
use netpath::fact::kubeconfig::{Cluster, Context, Kubeconfig};
use netpath::fact::live::Outcome;
use netpath::fact::minikube::Process;
use netpath::report::{Outcomes, Report};
use netpath::request::{Goal, Kind, Named, ProbePolicy, Request, Viewer};
use serde_json::{Value, json};

/// More answers than any run needs.
const ROUNDS: usize = 200;

/// One computer. Everything that is not said is not there.
#[derive(Clone)]
pub struct Machine {
    /// linux, macos or windows.
    pub os: &'static str,
    /// Name, address and prefix of each interface.
    pub interfaces: Vec<(&'static str, &'static str, u8)>,
    /// Environment variables.
    pub variables: BTreeMap<&'static str, String>,
    /// Files by their portable path (`~/.minikube/...`).
    pub files: BTreeMap<String, String>,
    /// Files that could not be read, by their path.
    pub unreadable: Vec<String>,
    /// Name of the context; the profile's, unless it was renamed.
    pub context: String,
    /// URL of the API server, as the kubeconfig has it.
    pub server: String,
    /// The kubeconfig entries say that minikube wrote them.
    pub extensions: bool,
    /// The path of the client certificate; `None` for an embedded one.
    pub certificate: Option<String>,
    /// Containers by engine, as the engine inspects them; an engine without an entry is not
    /// installed.
    pub containers: Vec<(Engine, Value)>,
    /// The host part of the engine's address (`DOCKER_HOST=tcp://...`).
    pub engine_host: Option<&'static str>,
    /// What `docker system info` or `podman info` prints.
    pub engine_info: Value,
    /// Process ids and command lines.
    pub processes: Vec<(u32, Vec<String>)>,
    /// The processes could not be listed.
    pub processes_hidden: bool,
    /// Who listens on a TCP port: port, process id, command.
    pub listeners: Vec<(u16, u32, &'static str)>,
    /// Routes to single addresses: destination, own address, gateway.
    pub routes: Vec<(&'static str, Option<&'static str>, Option<&'static str>)>,
    /// What `minikube status -o json` prints; `None` where minikube is not on PATH.
    pub status: Option<String>,
    /// Objects of the API server by path (without query).
    pub api: BTreeMap<String, Value>,
    /// Why the API server does not answer, if it does not.
    pub api_down: Option<Why>,
    /// What answers where; everything else refuses.
    pub doors: Vec<(&'static str, Outcome)>,
    /// Whether the application answers through the API server.
    pub app_answers: bool,
    /// Where the browser is.
    pub viewer: Viewer,
}

/// Something that answers HTTP.
pub fn http_200() -> Outcome {
    Outcome::Response { status: Some(200), tls: false, ms: 3 }
}

impl Machine {
    /// A healthy Deployment "web" behind a NodePort Service "web" (80 -> 8080, node port
    /// 30080) in a profile "minikube" of a driver, whose node has an address. The API server
    /// answers at `server`; nothing else about the machine is said yet.
    pub fn new(os: &'static str, driver: &str, network: &str, node: &str, server: &str) -> Self {
        let home = "~/.minikube";
        let config = json!({
            "Name": "minikube", "Driver": driver, "Network": network, "EmbedCerts": false,
            "KubernetesConfig": { "ClusterName": "minikube", "ServiceCIDR": "10.96.0.0/12", "APIServerHAVIP": "" },
            "Nodes": [{ "Name": "", "IP": node, "Port": 8443, "ControlPlane": true, "Worker": true }],
            "Addons": {}, "ExposedPorts": null,
        });
        let files = BTreeMap::from([(format!("{home}/profiles/minikube/config.json"), config.to_string())]);
        let mut machine = Self {
            os,
            interfaces: vec![("lo", "127.0.0.1", 8)],
            variables: BTreeMap::new(),
            files,
            unreadable: Vec::new(),
            context: "minikube".into(),
            server: server.into(),
            extensions: true,
            certificate: Some(format!("{home}/profiles/minikube/client.crt")),
            containers: Vec::new(),
            engine_host: None,
            engine_info: json!({ "OperatingSystem": "Debian GNU/Linux 12", "SecurityOptions": ["name=seccomp"] }),
            processes: Vec::new(),
            processes_hidden: false,
            listeners: Vec::new(),
            routes: Vec::new(),
            status: None,
            api: BTreeMap::new(),
            api_down: None,
            doors: Vec::new(),
            app_answers: true,
            viewer: Viewer::Here,
        };
        machine.cluster(node);
        machine
    }

    /// The API objects of the healthy cluster.
    fn cluster(&mut self, node: &str) {
        let meta = |name: &str| json!({ "name": name, "namespace": "default" });
        self.api.insert(
            "/api/v1/nodes".into(),
            json!({ "kind": "NodeList", "items": [{
                "metadata": { "name": "minikube", "labels": { "minikube.k8s.io/name": "minikube", "minikube.k8s.io/primary": "true" } },
                "spec": {},
                "status": {
                    "addresses": [{ "type": "InternalIP", "address": node }, { "type": "Hostname", "address": "minikube" }],
                    "conditions": [{ "type": "Ready", "status": "True" }],
                    "nodeInfo": { "kubeletVersion": "v1.34.4", "osImage": "Debian GNU/Linux 12 (bookworm)" },
                },
            }] }),
        );
        let ready = json!({ "type": "Ready", "status": "True" });
        self.api.insert(
            "/api/v1/namespaces/default/pods".into(),
            json!({ "kind": "PodList", "items": [{
                "metadata": { "name": "web-7d4b", "namespace": "default", "labels": { "app": "web" } },
                "spec": { "nodeName": "minikube", "containers": [{ "name": "app", "image": "app:1", "ports": [{ "containerPort": 8080 }] }] },
                "status": { "phase": "Running", "podIP": "10.244.0.4", "conditions": [ready],
                    "containerStatuses": [{ "name": "app", "ready": true, "restartCount": 0, "state": { "running": {} } }] },
            }] }),
        );
        self.api.insert(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices".into(),
            json!({ "kind": "EndpointSliceList", "items": [{
                "metadata": { "name": "web-x", "namespace": "default", "labels": { "kubernetes.io/service-name": "web" } },
                "addressType": "IPv4",
                "ports": [{ "name": "", "port": 8080, "protocol": "TCP" }],
                "endpoints": [{ "addresses": ["10.244.0.4"], "nodeName": "minikube",
                    "conditions": { "ready": true, "serving": true, "terminating": false },
                    "targetRef": { "kind": "Pod", "name": "web-7d4b", "namespace": "default" } }],
            }] }),
        );
        self.api
            .insert("/api/v1/namespaces/default".into(), json!({ "kind": "Namespace", "metadata": meta("default") }));
        self.service("NodePort", "10.105.244.12", None);
    }

    /// Makes the Service "web" of a type (port 80 -> 8080; node port 30080 unless ClusterIP),
    /// with an address that a provider gave it.
    pub fn service(&mut self, kind: &str, cluster_ip: &str, address: Option<&str>) -> &mut Self {
        let mut port = json!({ "port": 80, "targetPort": 8080, "protocol": "TCP" });
        if kind != "ClusterIP" {
            port["nodePort"] = json!(30080);
        }
        let ingress: Vec<Value> = address.iter().map(|ip| json!({ "ip": ip })).collect();
        let service = json!({
            "kind": "Service",
            "metadata": { "name": "web", "namespace": "default" },
            "spec": { "type": kind, "clusterIP": cluster_ip, "selector": { "app": "web" }, "ports": [port], "ipFamilies": ["IPv4"] },
            "status": { "loadBalancer": { "ingress": ingress } },
        });
        self.api.insert("/api/v1/namespaces/default/services/web".into(), service.clone());
        self.api
            .insert("/api/v1/namespaces/default/services".into(), json!({ "kind": "ServiceList", "items": [service] }));
        self
    }

    /// Adds the node's container: its state, its published ports as `container port -> host
    /// address and port`, and its address in a network whose gateway is given.
    pub fn container(
        &mut self,
        engine: Engine,
        state: &str,
        published: &[(&str, &str, u16)],
        ip: &str,
        gateway: &str,
    ) -> &mut Self {
        let binding = |(_, host, port): &(&str, &str, u16)| json!([{ "HostIp": host, "HostPort": port.to_string() }]);
        let ports: serde_json::Map<String, Value> =
            published.iter().map(|door| (door.0.to_owned(), binding(door))).collect();
        let running = state == "running" || state == "paused";
        let live = if running { json!(ports) } else { json!({}) };
        let (ip, gateway) = if running { (ip, gateway) } else { ("", "") };
        let container = json!({
            "Name": "/minikube",
            "State": { "Status": state, "Error": "" },
            "Config": { "Labels": { "created_by.minikube.sigs.k8s.io": "true", "name.minikube.sigs.k8s.io": "minikube" } },
            "HostConfig": { "PortBindings": ports },
            "NetworkSettings": { "Ports": live, "Networks": { "minikube": { "IPAddress": ip, "Gateway": gateway } } },
        });
        self.containers.push((engine, json!([container])));
        self
    }

    /// Runs a command line that minikube or its ssh would have; words are split at `|`.
    pub fn process(&mut self, pid: u32, line: &str) -> &mut Self {
        self.processes.push((pid, line.split('|').map(str::to_owned).collect()));
        self
    }

    /// What netpath says about svc/web.
    pub fn explain(&self) -> Outcomes {
        self.run(Goal::Explain { target: Named { kind: Some(Kind::Service), name: "web".into() } })
    }

    /// What netpath says to a request.
    pub fn run(&self, goal: Goal) -> Outcomes {
        let request = Request {
            goal,
            context: None,
            flags: Vec::new(),
            namespace: None,
            port: None,
            viewer: self.viewer,
            probe: ProbePolicy::Auto,
        };
        let mut answers = Answers::default();
        for round in 0.. {
            let wanted = netpath::core::wants(&request, &answers);
            if wanted.is_empty() {
                break;
            }
            assert!(round < ROUNDS, "does not end: still wants {:?}", wanted[0].ask);
            for want in wanted {
                let observed = self.observe(&want.ask);
                answers.insert(want.ask.clone(), want.distil(observed));
            }
        }
        netpath::core::report(&request, &answers).expect("a kubeconfig that is in order")
    }

    pub fn observe(&self, ask: &Ask) -> Observed {
        match ask {
            Ask::Host => {
                let interface = |(name, ip, prefix): &(&str, &str, u8)| Interface {
                    name: (*name).into(),
                    ip: address(ip),
                    prefix: *prefix,
                };
                let interfaces: Vec<_> = self.interfaces.iter().map(interface).collect();
                value(&json!({ "os": self.os, "interfaces": interfaces }))
            }
            Ask::Kubeconfig => value(&self.kubeconfig()),
            Ask::Variable(name) => Ok(self.variables.get(name.as_str()).cloned().map(Raw::Text)),
            Ask::File(path) if self.unreadable.contains(path) => Err(Why::PermissionDenied { detail: path.clone() }),
            Ask::File(path) => Ok(self.files.get(path).cloned().map(Raw::Text)),
            Ask::Containers { engine, label } => {
                let Some((_, all)) = self.containers.iter().find(|(own, _)| own == engine) else {
                    return Err(Why::ToolNotFound { tool: engine.command().into() });
                };
                let has = |container: &&Value| container["Config"]["Labels"].get(label.as_str()).is_some();
                let found: Vec<&Value> = all.as_array().expect("a list").iter().filter(has).collect();
                Ok(Some(Raw::Text(json!(found).to_string())))
            }
            Ask::EngineEndpoint(_) => value(&json!({ "host": self.engine_host })),
            Ask::EngineInfo(_) => Ok(Some(Raw::Text(self.engine_info.to_string()))),
            Ask::MinikubeStatus { .. } => match &self.status {
                Some(status) => Ok(Some(Raw::Text(status.clone()))),
                None => Err(Why::ToolNotFound { tool: "minikube".into() }),
            },
            Ask::MinikubeProcesses if self.processes_hidden => {
                Err(Why::PermissionDenied { detail: "processes".into() })
            }
            Ask::MinikubeProcesses => {
                let parsed = self.processes.iter().filter_map(|(pid, words)| Process::parse(*pid, words));
                value(&parsed.collect::<Vec<_>>())
            }
            Ask::Listeners(port) => {
                let own = self.listeners.iter().filter(|(own, ..)| own == port);
                value(&own.map(|(_, pid, name)| json!({ "pid": pid, "name": name })).collect::<Vec<_>>())
            }
            Ask::Route(to) => {
                let own = self.routes.iter().find(|(destination, ..)| address(destination) == *to);
                let (source, gateway) = own.map_or((None, None), |(_, source, gateway)| (*source, *gateway));
                value(&json!({ "source": source, "gateway": gateway }))
            }
            Ask::Probe(probe) => value(&self.door(probe.to)),
            Ask::Resolve(_) => Ok(None),
            Ask::Api(_) | Ask::Metadata(_) | Ask::Proxy(_) | Ask::Forward { .. } if self.api_down.is_some() => {
                Err(self.api_down.clone().expect("a reason"))
            }
            Ask::Api(path) | Ask::Metadata(path) => Ok(Some(self.read(path))),
            Ask::Proxy(_) if self.app_answers => Ok(Some(http(200, "hello"))),
            Ask::Proxy(_) => {
                let refused = "error trying to reach service: dial tcp 10.244.0.4:8080: connect: connection refused";
                Ok(Some(failure(503, "ServiceUnavailable", refused)))
            }
            Ask::Forward { .. } => value(&json!("refused")),
        }
    }

    fn door(&self, to: SocketAddr) -> Outcome {
        let own = self.doors.iter().find(|(at, _)| at.parse::<SocketAddr>().expect("an address") == to);
        own.map_or(Outcome::Refused, |(_, outcome)| outcome.clone())
    }

    fn kubeconfig(&self) -> Kubeconfig {
        let provider = self.extensions.then(|| "minikube.sigs.k8s.io".to_owned());
        let name = self.context.clone();
        Kubeconfig {
            current_context: Some(name.clone()),
            contexts: vec![Context {
                name: name.clone(),
                cluster: "minikube".into(),
                user: "minikube".into(),
                namespace: Some("default".into()),
                provider: provider.clone(),
            }],
            clusters: vec![Cluster { name: "minikube".into(), server: self.server.clone(), proxy: None, provider }],
            users: vec!["minikube".into()],
            certificates: self.certificate.iter().map(|path| ("minikube".to_owned(), path.clone())).collect(),
        }
    }

    fn read(&self, path: &str) -> Raw {
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let Some(object) = self.api.get(bare) else { return failure(404, "NotFound", "not found") };
        let wanted = query.split('&').find_map(|part| part.strip_prefix("labelSelector="));
        let (Some(items), Some(terms)) = (object["items"].as_array(), wanted) else {
            return http(200, &object.to_string());
        };
        let terms = terms.replace("%3D", "=").replace("%2C", ",").replace("%2F", "/");
        let has = |item: &&Value| {
            terms.split(',').all(|term| match term.split_once('=') {
                Some((key, value)) => item["metadata"]["labels"][key] == value,
                None => item["metadata"]["labels"].get(term).is_some(),
            })
        };
        let items: Vec<&Value> = items.iter().filter(has).collect();
        http(200, &json!({ "kind": object["kind"], "items": items }).to_string())
    }
}

/// The report of a run about one target.
pub fn report(outcomes: &Outcomes) -> &Report {
    match outcomes {
        Outcomes::Path(report) => report,
        other => panic!("not a path: {other:?}"),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

fn value(value: &impl serde::Serialize) -> Observed {
    Ok(Some(Raw::Value(serde_json::to_value(value).expect("a value"))))
}

fn http(status: u16, body: &str) -> Raw {
    Raw::Http { status, body: body.into() }
}

fn failure(status: u16, reason: &str, message: &str) -> Raw {
    let object = json!({ "kind": "Status", "apiVersion": "v1", "reason": reason, "message": message });
    http(status, &object.to_string())
}
