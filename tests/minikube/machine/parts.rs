//! What a machine is made of: a profile, its cluster, its containers and processes.

use std::collections::BTreeMap;

use netpath::ask::Engine;
use netpath::request::Viewer;
use serde_json::{Map, Value, json};

use super::Machine;

const SERVICES: &str = "/api/v1/namespaces/default/services";
/// minikube's own directory.
const HOME: &str = "~/.minikube";

impl Machine {
    /// A healthy Deployment "web" behind a NodePort Service "web" (80 -> 8080, node port
    /// 30080) in a profile "minikube" of a driver, whose node has an address. The API server
    /// answers at `server`; nothing else about the machine is said yet.
    pub fn new(os: &'static str, driver: &str, network: &str, node: &str, server: &str) -> Self {
        Self::of("minikube", os, driver, network, node, server)
    }

    /// The same in a profile of another name.
    pub fn of(profile: &str, os: &'static str, driver: &str, network: &str, node: &str, server: &str) -> Self {
        let config = json!({
            "Name": profile, "Driver": driver, "Network": network, "EmbedCerts": false,
            // Defaults of other drivers, which every profile has (1.4).
            "HostOnlyCIDR": "192.168.59.1/24", "KVMNetwork": "default", "SSHUser": "root", "SSHPort": 22,
            "KubernetesConfig": { "ClusterName": profile, "ServiceCIDR": "10.96.0.0/12", "APIServerHAVIP": "" },
            "Nodes": [{ "Name": "", "IP": node, "Port": 8443, "ControlPlane": true, "Worker": true }],
            "Addons": {}, "ExposedPorts": null,
        });
        let mut machine = Self {
            profile: profile.into(),
            os,
            interfaces: vec![("lo", "127.0.0.1", 8)],
            variables: BTreeMap::new(),
            files: BTreeMap::from([(format!("{HOME}/profiles/{profile}/config.json"), config.to_string())]),
            unreadable: Vec::new(),
            context: profile.into(),
            server: server.into(),
            extensions: (true, true),
            certificate: Some(format!("{HOME}/profiles/{profile}/client.crt")),
            containers: Vec::new(),
            engine_host: None,
            engine_info: json!({ "OperatingSystem": "Debian GNU/Linux 12", "SecurityOptions": ["name=seccomp"] }),
            processes: Vec::new(),
            processes_hidden: false,
            roots: Vec::new(),
            listeners: Vec::new(),
            routes: Vec::new(),
            names: Vec::new(),
            status: None,
            api: BTreeMap::new(),
            api_down: None,
            doors: Vec::new(),
            app_answers: true,
            viewer: Viewer::Here,
            namespace: None,
        };
        machine.cluster(node);
        machine
    }

    /// Adds a worker: "m02", "m03" ...
    pub fn add_node(&mut self, name: &str, ip: &str) -> &mut Self {
        self.config(|config| {
            let node = json!({ "Name": name, "IP": ip, "Port": 8443, "ControlPlane": false, "Worker": true });
            config["Nodes"].as_array_mut().expect("a list").push(node);
        });
        let machine = format!("{}-{name}", self.profile);
        self.add_node_object(&machine, ip);
        self
    }

    /// Changes the profile's `config.json`.
    pub fn config(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        let end = format!("/profiles/{}/config.json", self.profile);
        let (_, text) = self.files.iter_mut().find(|(path, _)| path.ends_with(&end)).expect("a profile");
        let mut config: Value = serde_json::from_str(text).expect("what was written");
        change(&mut config);
        *text = config.to_string();
        self
    }

    /// Moves minikube's own directory.
    pub fn move_home(&mut self, home: &str) -> &mut Self {
        let moved = |path: &String| path.replacen(HOME, home, 1);
        self.files = self.files.iter().map(|(path, text)| (moved(path), text.clone())).collect();
        self.certificate = self.certificate.as_ref().map(moved);
        self
    }

    /// Takes the profile away, as `minikube delete` does.
    pub fn without_profile(&mut self) -> &mut Self {
        self.files.clear();
        self
    }

    /// Changes an object of the API server.
    pub fn object(&mut self, path: &str, change: impl Fn(&mut Value)) -> &mut Self {
        change(self.api.get_mut(path).unwrap_or_else(|| panic!("nothing at {path}")));
        self
    }

    /// Gives the node a name of its own, as it has with the none driver.
    pub fn name_node(&mut self, name: &str) -> &mut Self {
        let (old, new) = (format!(r#""nodeName":{:?}"#, self.profile), format!(r#""nodeName":{name:?}"#));
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

    /// Adds the node's container: its state, its published ports as `container port, host
    /// address and port`, and its address in a network whose gateway is given.
    pub fn container(
        &mut self,
        engine: Engine,
        state: &str,
        published: &[(&str, &str, u16)],
        ip: &str,
        gateway: &str,
    ) -> &mut Self {
        let name = self.profile.clone();
        self.container_named(&name, engine, state, published, ip, gateway)
    }

    /// Adds the container of another node, or of another profile.
    pub fn container_named(
        &mut self,
        name: &str,
        engine: Engine,
        state: &str,
        published: &[(&str, &str, u16)],
        ip: &str,
        gateway: &str,
    ) -> &mut Self {
        let binding = |(_, host, port): &(&str, &str, u16)| json!([{ "HostIp": host, "HostPort": port.to_string() }]);
        let ports: Map<String, Value> = published.iter().map(|door| (door.0.to_owned(), binding(door))).collect();
        let running = state == "running" || state == "paused";
        let live = if running { json!(ports) } else { json!({}) };
        let (ip, gateway) = if running { (ip, gateway) } else { ("", "") };
        let network = &self.profile;
        let container = json!({
            "Name": format!("/{name}"),
            "State": { "Status": state, "Error": "" },
            "Config": { "Labels": { "created_by.minikube.sigs.k8s.io": "true", "name.minikube.sigs.k8s.io": name } },
            "HostConfig": { "PortBindings": ports },
            "NetworkSettings": { "Ports": live, "Networks": { network: { "IPAddress": ip, "Gateway": gateway } } },
        });
        match self.containers.iter_mut().find(|(own, _)| *own == engine) {
            Some((_, all)) => all.push(container),
            None => self.containers.push((engine, vec![container])),
        }
        self
    }

    /// Runs a command line that minikube or its ssh would have; words are split at `|`.
    pub fn process(&mut self, pid: u32, line: &str) -> &mut Self {
        self.processes.push((pid, line.split('|').map(str::to_owned).collect()));
        self
    }

    /// Runs an ssh as minikube starts it, each forward one word with a blank in it (seen).
    pub fn ssh(&mut self, pid: u32, through: u16, forwards: &[&str]) -> &mut Self {
        let home =
            self.certificate.as_deref().and_then(|path| path.split_once("/profiles/")).map_or(HOME, |(home, _)| home);
        let mut line = format!(
            "ssh|-o|UserKnownHostsFile=/dev/null|-o|StrictHostKeyChecking=no|-o|IdentitiesOnly=yes|-N|\
             docker@127.0.0.1|-p|{through}|-i|{home}/machines/{}/id_rsa",
            self.profile
        );
        for forward in forwards {
            line.push_str(&format!("|-L {forward}"));
        }
        self.process(pid, &line)
    }

    /// What `minikube status -o json` prints of one node.
    pub fn says_status(&mut self, host: &str, kubelet: &str, api_server: &str, kubeconfig: &str) -> &mut Self {
        let status = json!({
            "Name": self.profile, "Host": host, "Kubelet": kubelet, "APIServer": api_server,
            "Kubeconfig": kubeconfig, "Worker": false,
        });
        self.status = Some(status.to_string());
        self
    }
}
