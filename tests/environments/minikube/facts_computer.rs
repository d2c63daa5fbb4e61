//! The computer that the real profiles ran on, put together from `facts/`.

use std::collections::BTreeMap;

use netpath::answers::Answers;
use netpath::ask::{Ask, Observed, Raw, Why};
use netpath::fact::kubeconfig::Kubeconfig;
use netpath::observe::kubeconfig::{Options, load};
use netpath::report::{Outcomes, Refusal};
use netpath::request::{Goal, Kind, Named, ProbePolicy, Request};
use serde_json::{Value, json};

use crate::minikube::facts_objects::objects;
use crate::minikube::facts_read::{Part, Row, file, json as json_file, path, whole};
use crate::minikube::machine::Machine;

/// A profile: where its files are.
pub struct Profile {
    name: &'static str,
    node: &'static str,
    kubeconfig: &'static str,
    config: &'static str,
    container: &'static str,
    /// What printed its Services.
    services: &'static str,
}

/// A profile without anything special.
pub const MINIKUBE: Profile = Profile {
    name: "minikube",
    node: "192.168.49.2",
    kubeconfig: "A-running/kubeconfig.yaml",
    config: "A-running/profile-config.json",
    container: "A-running/docker-container-inspect.json",
    services: "F-states/7-start-again.txt",
};

/// A profile made with `--ports=127.0.0.1:18080:30080`.
pub const PORTS: Profile = Profile {
    name: "ports",
    node: "192.168.58.2",
    kubeconfig: "C-published-port/kubeconfig-two-profiles.yaml",
    config: "C-published-port/profile-config.json",
    container: "C-published-port/docker-container-inspect.json",
    services: "E-port-forward-mode/service-others.txt",
};

/// The same profile in port-forward mode, after `minikube update-context`.
pub const FORWARDED: Profile =
    Profile { kubeconfig: "E-port-forward-mode/kubeconfig-after-update-context.yaml", ..PORTS };

/// A profile that was made in port-forward mode.
pub const LOOP: Profile = Profile {
    name: "loop",
    node: "192.168.58.2",
    kubeconfig: "E-port-forward-mode/fresh/kubeconfig.yaml",
    config: "E-port-forward-mode/fresh/profile-config.json",
    container: "E-port-forward-mode/fresh/docker-container-inspect.json",
    services: "E-port-forward-mode/fresh/commands.txt",
};

/// A profile that was made by an engine at another address.
pub const EXT: Profile = Profile {
    name: "ext",
    kubeconfig: "E-port-forward-mode/external-daemon.kubeconfig.yaml",
    container: "E-port-forward-mode/external-daemon.docker-container-inspect.json",
    ..LOOP
};

/// A computer in the making.
pub struct Computer {
    /// The machine itself; its API objects come last.
    pub machine: Machine,
    /// The Services.
    pub rows: Vec<Row>,
    /// How many Pods each Deployment has.
    pub replicas: usize,
    /// The kubeconfig.
    pub kubeconfig: Kubeconfig,
    /// What docker inspects.
    pub containers: Result<Value, Why>,
    /// Parts of the paths of the API server's proxies that fail, and what it says then.
    pub proxy_fails: Vec<(&'static str, &'static str)>,
    /// Further objects, by the paths of the API.
    pub objects: BTreeMap<String, Value>,
    profile: Profile,
    node: Value,
}

impl Computer {
    /// A computer on which a profile runs.
    pub fn with(profile: Profile) -> Self {
        let mut machine = Machine::new("linux", "docker", "", profile.node, "");
        machine.files.clear();
        machine.files.insert(format!("~/.minikube/profiles/{}/config.json", profile.name), file(profile.config));
        machine.engine_info = json_file("A-running/docker-system-info.json");
        for (subnet, name, ip) in [(24, "br-bc208fd56217", "192.168.49.1"), (24, "br-422db7f2992f", "192.168.58.1")] {
            let line = format!("dev {name} proto kernel scope link src {ip}");
            assert!(file("D-tunnel-route/ip-route-dead.txt").contains(&line), "{line}");
            machine.interfaces.push((name, ip, subnet));
        }
        machine.interfaces.push(("docker0", "172.17.0.1", 16));
        let mut node = json_file("A-running/node.json");
        node["metadata"]["name"] = json!(profile.name);
        for label in ["kubernetes.io/hostname", "minikube.k8s.io/name"] {
            node["metadata"]["labels"][label] = json!(profile.name);
        }
        node["status"]["addresses"][0]["address"] = json!(profile.node);
        node["status"]["addresses"][1]["address"] = json!(profile.name);
        let rows = whole(profile.services).services();
        let mut computer = Self {
            machine,
            rows,
            replicas: 1,
            kubeconfig: kubeconfig(profile.kubeconfig),
            containers: Ok(json_file(profile.container)),
            proxy_fails: Vec::new(),
            objects: BTreeMap::new(),
            profile,
            node,
        };
        if computer.profile.name == "ports" {
            computer.rows.extend(whole("E-port-forward-mode/service-web.txt").services());
        }
        computer
    }

    /// What was seen in one moment, over what was there.
    pub fn seen(mut self, part: &Part) -> Self {
        let machine = &mut self.machine;
        for (at, outcome) in part.doors() {
            machine.doors.retain(|(other, _)| *other != at);
            machine.doors.push((at.leak(), outcome));
        }
        machine.processes.extend(part.processes());
        machine.listeners.extend(part.listeners().into_iter().map(|(at, pid)| (at, pid, "ssh")));
        for row in part.services() {
            self.rows.retain(|other| other.name != row.name);
            self.rows.push(row);
        }
        if let Some(gateway) = part.route() {
            let gateway: &str = gateway.leak();
            let source = if gateway == "192.168.49.2" { "192.168.49.1" } else { "192.168.58.1" };
            let to = |row: &Row| (row.cluster_ip.clone().leak() as &str, Some(source), Some(gateway));
            machine.routes = self.rows.iter().filter(|row| row.cluster_ip != "None").map(to).collect();
        }
        machine.status = part.status().or(machine.status.take());
        if let Some(registry) = part.registry() {
            machine.files.insert("~/.minikube/tunnels.json".into(), registry);
        }
        if let Some(container) = self.containers.as_mut().ok().and_then(|all| all.get_mut(0)) {
            if let Some(ports) = part.published() {
                container["NetworkSettings"]["Ports"] = ports;
            }
            if let Some((state, ports, networks)) = part.container() {
                container["State"]["Status"] = state;
                container["NetworkSettings"]["Ports"] = ports;
                container["NetworkSettings"]["Networks"] = networks;
            }
        }
        self
    }

    /// minikube takes this for WSL: that is how the port-forward mode was reached.
    pub fn in_wsl(mut self) -> Self {
        self.machine.variables.insert("WSL_DISTRO_NAME", "Debian".into());
        self
    }

    /// One fact changed: this computer is not attached to the node's network, and it is a
    /// Mac, where that is so. Who has the port-forward mode has this.
    pub fn without_route(mut self) -> Self {
        self.machine.variables.clear();
        self.machine.os = "macos";
        self.machine.interfaces.truncate(1);
        let node = self.profile.node;
        self.machine.doors.retain(|(at, _)| !at.starts_with(node));
        self
    }

    /// Lets all Deployments have no Pods.
    pub fn scaled_to_zero(mut self) -> Self {
        self.replicas = 0;
        self
    }

    /// What netpath says about a Service.
    pub fn explain(mut self, service: &str) -> Outcomes {
        self.attempt(Some(service)).expect("a kubeconfig that is in order")
    }

    /// What netpath says about a Service or, without one, about the environment.
    pub fn attempt(&mut self, service: Option<&str>) -> Result<Outcomes, Refusal> {
        self.ask(match service {
            Some(name) => Goal::Explain { target: Named { kind: Some(Kind::Service), name: name.into() } },
            None => Goal::Environment,
        })
    }

    /// What netpath says to a request.
    pub fn ask(&mut self, goal: Goal) -> Result<Outcomes, Refusal> {
        let also = std::mem::take(&mut self.objects);
        self.machine.api = objects(self.node.clone(), &self.rows, self.replicas);
        self.machine.api.extend(also);
        let request = Request {
            goal,
            context: None,
            flags: Vec::new(),
            namespace: None,
            port: None,
            viewer: Some(self.machine.viewer),
            probe: ProbePolicy::Auto,
        };
        let mut answers = Answers::default();
        loop {
            let wanted = netpath::core::wants(&request, &answers);
            if wanted.is_empty() {
                return netpath::core::report(&request, &answers);
            }
            for want in wanted {
                answers.insert(want.ask.clone(), want.distil(self.observe(&want.ask)));
            }
        }
    }

    fn observe(&self, ask: &Ask) -> Observed {
        match ask {
            Ask::Kubeconfig => Ok(Some(Raw::Value(json!(self.kubeconfig)))),
            Ask::Containers { .. } => self.containers.clone().map(|all| Some(Raw::Text(all.to_string()))),
            Ask::Proxy(path) if self.machine.api_down.is_none() => match self.proxy_failure(path) {
                Some(message) => Ok(Some(Raw::Http { status: 503, body: message.into() })),
                None => self.machine.observe(ask),
            },
            Ask::Probe(probe) => {
                let to = probe.to.to_string();
                assert!(self.machine.doors.iter().any(|(at, _)| *at == to), "nobody wrote down what {to} answers");
                self.machine.observe(ask)
            }
            _ => self.machine.observe(ask),
        }
    }

    fn proxy_failure(&self, path: &str) -> Option<String> {
        let (_, message) = self.proxy_fails.iter().find(|(part, _)| path.contains(part))?;
        let status =
            json!({ "kind": "Status", "apiVersion": "v1", "reason": "ServiceUnavailable", "message": message });
        Some(status.to_string())
    }
}

/// The kubeconfig as netpath's own reader sees it, in the home directory of those runs.
pub fn kubeconfig(name: &str) -> Kubeconfig {
    let options = Options { kubeconfig: Some(path(name)), ..Options::default() };
    let mut view = load(&options, &|_| None).expect("a kubeconfig").view();
    for path in view.certificates.values_mut() {
        if let Some((_, rest)) = path.split_once("/home/user/") {
            *path = format!("~/{rest}");
        }
    }
    view
}
