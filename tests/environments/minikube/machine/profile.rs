//! What a machine with minikube has: a profile's files, its containers, its ssh.

use netpath::ask::Engine;
use serde_json::{Value, json};

use crate::machine::{Container, Machine};

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
        let mut machine = Self::bare("minikube", os, profile, server, (profile, node));
        machine.files.insert(format!("{HOME}/profiles/{profile}/config.json"), config.to_string());
        machine.extensions = (true, true);
        machine.certificate = Some(format!("{HOME}/profiles/{profile}/client.crt"));
        machine.label_node(profile);
        machine
    }

    /// Adds a worker: "m02", "m03" ...
    pub fn add_node(&mut self, name: &str, ip: &str) -> &mut Self {
        self.config(|config| {
            let node = json!({ "Name": name, "IP": ip, "Port": 8443, "ControlPlane": false, "Worker": true });
            config["Nodes"].as_array_mut().expect("a list").push(node);
        });
        let machine = format!("{}-{name}", self.cluster);
        self.add_node_object(&machine, ip);
        self.label_node(&machine)
    }

    /// Changes the profile's `config.json`.
    pub fn config(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        let end = format!("/profiles/{}/config.json", self.cluster);
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

    /// Switches the ingress addon on.
    pub fn ingress_addon(&mut self) -> &mut Self {
        let node = self.cluster.clone();
        self.config(|config| config["Addons"]["ingress"] = json!(true)).ingress_nginx(&node)
    }

    /// Takes the profile away, as `minikube delete` does.
    pub fn without_profile(&mut self) -> &mut Self {
        self.files.clear();
        self
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
        let name = self.cluster.clone();
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
        let cluster = self.cluster.clone();
        let labels = [("created_by.minikube.sigs.k8s.io", "true"), ("name.minikube.sigs.k8s.io", name)];
        let network = (cluster.as_str(), ip, gateway);
        self.add_container(engine, &Container { name, labels: &labels, state, published, network })
    }

    /// Labels a node as minikube does.
    fn label_node(&mut self, name: &str) -> &mut Self {
        let cluster = self.cluster.clone();
        let labels =
            json!({ "minikube.k8s.io/name": cluster, "minikube.k8s.io/primary": (name == cluster).to_string() });
        self.object("/api/v1/nodes", |nodes| {
            let nodes = nodes["items"].as_array_mut().expect("a list");
            let node = nodes.iter_mut().find(|node| node["metadata"]["name"] == name).expect("the node");
            node["metadata"]["labels"] = labels.clone();
        })
    }

    /// Runs an ssh as minikube starts it, each forward one word with a blank in it (seen).
    pub fn ssh(&mut self, pid: u32, through: u16, forwards: &[&str]) -> &mut Self {
        let home =
            self.certificate.as_deref().and_then(|path| path.split_once("/profiles/")).map_or(HOME, |(home, _)| home);
        let mut line = format!(
            "ssh|-o|UserKnownHostsFile=/dev/null|-o|StrictHostKeyChecking=no|-o|IdentitiesOnly=yes|-N|\
             docker@127.0.0.1|-p|{through}|-i|{home}/machines/{}/id_rsa",
            self.cluster
        );
        for forward in forwards {
            line.push_str(&format!("|-L {forward}"));
        }
        self.process(pid, &line)
    }

    /// What `minikube status -o json` prints of one node.
    pub fn says_status(&mut self, host: &str, kubelet: &str, api_server: &str, kubeconfig: &str) -> &mut Self {
        let status = json!({
            "Name": self.cluster, "Host": host, "Kubelet": kubelet, "APIServer": api_server,
            "Kubeconfig": kubeconfig, "Worker": false,
        });
        self.status = Some(status.to_string());
        self
    }
}
