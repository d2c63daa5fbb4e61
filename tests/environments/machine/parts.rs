//! What a machine is made of: its cluster, its containers and processes.

use std::collections::BTreeMap;

use netpath::ask::Engine;
use netpath::request::Viewer;
use serde_json::{Map, Value, json};

use super::Machine;

/// A container, as an engine inspects it.
pub struct Container<'a> {
    pub name: &'a str,
    pub labels: &'a [(&'a str, &'a str)],
    pub state: &'a str,
    pub published: &'a [(&'a str, &'a str, u16)],
    /// Name of the network, own address, gateway.
    pub network: (&'a str, &'a str, &'a str),
}

const SERVICES: &str = "/api/v1/namespaces/default/services";

impl Machine {
    /// A healthy Deployment "web" behind a NodePort Service "web" (80 -> 8080, node port
    /// 30080) in a cluster of a tool, with one node. The context, its cluster and its user
    /// have the same name, and the API server answers at `server`; nothing else about the
    /// machine is said yet.
    pub fn bare(tool: &'static str, os: &'static str, entry: &str, server: &str, node: (&str, &str)) -> Self {
        let mut machine = Self {
            tool,
            cluster: node.0.into(),
            entries: (entry.into(), entry.into()),
            os,
            interfaces: vec![("lo", "127.0.0.1", 8)],
            variables: BTreeMap::new(),
            files: BTreeMap::new(),
            unreadable: Vec::new(),
            context: entry.into(),
            server: server.into(),
            extensions: (false, false),
            certificate: None,
            containers: Vec::new(),
            engine_host: None,
            silent_engines: Vec::new(),
            engine_socket: None,
            engine_info: json!({ "OperatingSystem": "Debian GNU/Linux 12", "SecurityOptions": ["name=seccomp"] }),
            processes: Vec::new(),
            processes_hidden: false,
            roots: Vec::new(),
            listeners: Vec::new(),
            routes: Vec::new(),
            names: Vec::new(),
            lookup_fails: false,
            status: None,
            limas: Vec::new(),
            lima_logs: Vec::new(),
            api: BTreeMap::new(),
            api_down: None,
            doors: Vec::new(),
            app_answers: true,
            viewer: Viewer::Here,
            viewer_unsaid: false,
            reserved: None,
            origin: None,
            wsl: None,
            wsl_mode: None,
            wsl_settings: None,
            sockets: Vec::new(),
            windows: None,
            namespace: None,
        };
        machine.healthy(node.0, node.1);
        machine
    }

    /// Adds a container to an engine: its name, its labels, its state, its published ports as
    /// `container port, host address and port`, and its address in a network whose gateway is
    /// given. One that does not run publishes nothing and has no address, as seen.
    pub fn add_container(&mut self, engine: Engine, container: &Container) -> &mut Self {
        let binding = |(_, host, port): &(&str, &str, u16)| json!({ "HostIp": host, "HostPort": port.to_string() });
        let mut ports: Map<String, Value> = Map::new();
        for door in container.published {
            let doors = ports.entry(door.0).or_insert_with(|| json!([]));
            doors.as_array_mut().expect("a list").push(binding(door));
        }
        let running = ["running", "paused"].contains(&container.state);
        let live = if running { json!(ports) } else { json!({}) };
        let (network, ip, gateway) = container.network;
        let (ip, gateway) = if running { (ip, gateway) } else { ("", "") };
        let labels: Map<String, Value> =
            container.labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let container = json!({
            "Name": format!("/{}", container.name),
            "State": { "Status": container.state, "Error": "" },
            "Config": { "Labels": labels },
            "HostConfig": { "PortBindings": ports },
            "NetworkSettings": { "Ports": live, "Networks": { network: { "IPAddress": ip, "Gateway": gateway } } },
        });
        match self.containers.iter_mut().find(|(own, _)| *own == engine) {
            Some((_, all)) => all.push(container),
            None => self.containers.push((engine, vec![container])),
        }
        self
    }

    /// Changes an object of the API server.
    pub fn object(&mut self, path: &str, change: impl Fn(&mut Value)) -> &mut Self {
        change(self.api.get_mut(path).unwrap_or_else(|| panic!("nothing at {path}")));
        self
    }

    /// Gives the node a name of its own, as it has with the none driver.
    pub fn name_node(&mut self, name: &str) -> &mut Self {
        let (old, new) = (format!(r#""nodeName":{:?}"#, self.cluster), format!(r#""nodeName":{name:?}"#));
        for object in self.api.values_mut() {
            *object = serde_json::from_str(&object.to_string().replace(&old, &new)).expect("still JSON");
        }
        self.object("/api/v1/nodes", |nodes| nodes["items"][0]["metadata"]["name"] = json!(name))
    }

    /// Moves everything of the workload into another namespace, which is asked for.
    pub fn move_to(&mut self, namespace: &str) -> &mut Self {
        let moved = |text: &str| {
            let path = text.replace("namespaces/default", &format!("namespaces/{namespace}"));
            path.replace(r#""default""#, &format!("{namespace:?}"))
        };
        let api = self.api.iter().map(|(path, object)| {
            let object = serde_json::from_str(&moved(&object.to_string())).expect("still JSON");
            (moved(path), object)
        });
        self.api = api.collect();
        self.namespace = Some(namespace.into());
        self
    }

    /// Says that the Pod is not there: nothing is behind the Service.
    pub fn without_pods(&mut self) -> &mut Self {
        self.app_answers = false;
        self.object("/api/v1/namespaces/default/pods", |pods| pods["items"] = json!([]));
        self.object("/apis/apps/v1/namespaces/default/deployments", |all| all["items"] = json!([]));
        self.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
            slices["items"][0]["endpoints"] = json!([]);
        })
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
        self.api.insert(format!("{SERVICES}/web"), service.clone());
        let list = json!({ "kind": "ServiceList", "items": [service] });
        self.api.insert("/api/v1/services".into(), list.clone());
        self.api.insert(SERVICES.into(), list);
        self
    }

    /// Changes the Service wherever it is read.
    pub fn service_spec(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.object(&format!("{SERVICES}/web"), |service| change(&mut service["spec"]));
        for list in [SERVICES, "/api/v1/services"] {
            self.object(list, |list| change(&mut list["items"][0]["spec"]));
        }
        self
    }

    /// Changes the Service's only port.
    pub fn port(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.service_spec(|spec| change(&mut spec["ports"][0]))
    }

    /// Runs a command line that minikube or its ssh would have; words are split at `|`.
    pub fn process(&mut self, pid: u32, line: &str) -> &mut Self {
        self.processes.push((pid, line.split('|').map(str::to_owned).collect()));
        self
    }
}
