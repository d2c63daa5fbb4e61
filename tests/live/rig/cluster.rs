//! The cluster that all tests share, and the tools that change it.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::engine;

/// Ports of this host and where they lead. Nothing else is ever published: an engine
/// cannot add a port to a container that exists.
pub const PUBLISHED: [(u16, u16); 3] = [(28080, NODE_PORT), (28443, 30443), (29080, 80)];
const NODE_PORT: u16 = 30080;
/// The namespace of the tests.
pub const NAMESPACE: &str = "live";

const ONE_NODE: &str = "netpath-live";
const TWO_NODES: &str = "netpath-live-two";
const WITH_WORKER: &str = "netpath-live-worker";
const TO_BE_MADE_AGAIN: &str = "netpath-live-again";
/// Where that cluster has its mounted folder.
pub const MOUNTED: &str = "/mounted";
/// The worker that publishes, where the control plane does not.
pub const WORKER: &str = "netpath-live-worker-worker";

/// A kind cluster.
pub struct Cluster {
    pub name: &'static str,
    kubeconfig: PathBuf,
}

/// What a command left behind.
pub struct Done {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

/// The cluster of nearly all tests. It is made if there is none and stays after the tests:
/// the next run starts at once.
pub fn one_node() -> &'static Cluster {
    static ONE: OnceLock<Cluster> = OnceLock::new();
    ONE.get_or_init(|| {
        let ports: String = PUBLISHED.iter().map(|(host, node)| mapping(*host, *node)).collect();
        let nodes = format!("  - role: control-plane\n    extraPortMappings:\n{ports}");
        Cluster::up(ONE_NODE, &nodes)
    })
}

fn mapping(host: u16, node: u16) -> String {
    mapping_for("TCP", host, node)
}

fn mapping_for(protocol: &str, host: u16, node: u16) -> String {
    format!("      - {{listenAddress: 127.0.0.1, hostPort: {host}, containerPort: {node}, protocol: {protocol}}}\n")
}

/// A control plane and a worker, of which only the control plane publishes the node port.
pub fn two_nodes() -> &'static Cluster {
    static TWO: OnceLock<Cluster> = OnceLock::new();
    TWO.get_or_init(|| {
        let ports = mapping(28180, NODE_PORT);
        let nodes = format!("  - role: control-plane\n    extraPortMappings:\n{ports}  - role: worker\n");
        Cluster::up(TWO_NODES, &nodes)
    })
}

/// A control plane that publishes nothing, and a worker that publishes the node port, its
/// port 80, and a node port for UDP.
pub fn with_worker() -> &'static Cluster {
    static WITH: OnceLock<Cluster> = OnceLock::new();
    WITH.get_or_init(|| {
        let ports = [mapping(28380, NODE_PORT), mapping(28381, 80), mapping_for("UDP", 28382, 30082)].concat();
        let nodes = format!("  - role: control-plane\n  - role: worker\n    extraPortMappings:\n{ports}");
        Cluster::up(WITH_WORKER, &nodes)
    })
}

/// A control plane with one port and one mounted folder, and a worker: to be made again by a
/// test, which deletes it in the end.
pub fn to_be_made_again() -> &'static Cluster {
    static AGAIN: OnceLock<Cluster> = OnceLock::new();
    AGAIN.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mounted");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("name"), TO_BE_MADE_AGAIN).expect("a file");
        let ports = mapping(28480, 80);
        let mount = format!("      - {{hostPath: '{}', containerPath: {MOUNTED}, readOnly: true}}\n", folder.display());
        let nodes = format!(
            "  - role: control-plane\n    extraPortMappings:\n{ports}    extraMounts:\n{mount}  - role: worker\n"
        );
        Cluster::up(TO_BE_MADE_AGAIN, &nodes)
    })
}

/// Deletes the clusters.
pub fn delete_all() {
    for name in [ONE_NODE, TWO_NODES, WITH_WORKER] {
        tool("kind", &["delete", "cluster", "--name", name]).must();
    }
}

/// Names an image; without it nothing can be tested.
pub fn image(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: see \"Live tests\" in CONTRIBUTING.md"))
}

/// The application that is asked.
pub fn app_image() -> String {
    image("NETPATH_LIVE_APP_IMAGE")
}

/// Runs a tool that is no kubectl.
pub fn tool(name: &str, arguments: &[&str]) -> Done {
    finish(Command::new(name).args(arguments), None)
}

/// Runs a command to its end.
pub fn finish(command: &mut Command, input: Option<&str>) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shown = format!("{command:?}");
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.unwrap_or_default().as_bytes()).unwrap_or_default();
    drop(stdin);
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stderr = format!("{}{shown}: {}\n", text(&output.stderr), output.status);
    Done { ok: output.status.success(), stdout: text(&output.stdout), stderr }
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, seconds: u64, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !is_so() {
        assert!(Instant::now() < end, "not within {seconds} s: {what}");
        sleep(Duration::from_millis(250));
    }
}

impl Done {
    /// Its output, if it ended well.
    #[track_caller]
    pub fn must(self) -> String {
        assert!(self.ok, "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

impl Cluster {
    /// Finds or makes a cluster, with the application's image in it.
    fn up(name: &'static str, nodes: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let kubeconfig = folder.join(format!("{name}.kubeconfig"));
        let cluster = Self { name, kubeconfig };
        let path = cluster.kubeconfig.to_string_lossy().into_owned();
        let exists = || tool("kind", &["get", "clusters"]).must().lines().any(|line| line == name);
        if exists() && !cluster.is_sound() {
            tool("kind", &["delete", "cluster", "--name", name, "--kubeconfig", &path]).must();
        }
        if !exists() {
            let config = folder.join(format!("{name}.yaml"));
            let text = format!(
                "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n\
                 networking: {{podSubnet: {POD_SUBNET}}}\nnodes:\n{nodes}"
            );
            fs::write(&config, text).expect("a configuration for kind");
            let (image, config) = (image("NETPATH_LIVE_NODE_IMAGE"), config.to_string_lossy().into_owned());
            let create = ["create", "cluster", "--name", name, "--image", &image, "--config", &config];
            tool("kind", &[&create[..], &["--kubeconfig", &path, "--wait", "180s"]].concat()).must();
        }
        cluster.filled();
        cluster
    }

    /// Puts the application's image into it, and waits until it is well.
    pub fn filled(&self) {
        tool("kind", &["load", "docker-image", &app_image(), "--name", self.name]).must();
        self.mend();
    }

    fn is_sound(&self) -> bool {
        self.wake_nodes();
        self.fence();
        let path = self.kubeconfig.to_string_lossy();
        tool("kind", &["export", "kubeconfig", "--name", self.name, "--kubeconfig", &path]).ok
            && (0..30).any(|_| {
                let ready = self.kubectl(&["get", "--raw", "/readyz"]).ok;
                if !ready {
                    sleep(Duration::from_secs(1));
                }
                ready
            })
    }

    /// The address of a node's container.
    pub fn address(&self, node: &str) -> String {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
        let addresses = tool("docker", &["inspect", "-f", format, node]).must();
        addresses.split_whitespace().next().expect("an address").to_owned()
    }

    /// The containers that are its nodes.
    pub fn nodes(&self) -> Vec<String> {
        tool("kind", &["get", "nodes", "--name", self.name]).must().lines().map(str::to_owned).collect()
    }

    /// The ports of this host that lead to its nodes, the API server's included.
    pub fn host_ports(&self) -> Vec<u16> {
        self.nodes().iter().flat_map(|node| engine::host_ports(node)).collect()
    }

    /// The container of the control plane.
    pub fn node(&self) -> String {
        format!("{}-control-plane", self.name)
    }

    /// The kubeconfig that everything runs with: nobody's own is touched.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    pub fn kubectl(&self, arguments: &[&str]) -> Done {
        self.kubectl_with(arguments, None)
    }

    /// kubectl in the tests' namespace.
    pub fn live(&self, arguments: &[&str]) -> Done {
        self.kubectl(&[&["-n", NAMESPACE], arguments].concat())
    }

    pub fn kubectl_with(&self, arguments: &[&str], input: Option<&str>) -> Done {
        let mut command = Command::new("kubectl");
        command.arg("--request-timeout=20s").args(arguments).env("KUBECONFIG", &self.kubeconfig);
        finish(&mut command, input)
    }

    /// Runs something in the node's container.
    pub fn on_node(&self, arguments: &[&str]) -> Done {
        tool("docker", &[&["exec", &self.node()], arguments].concat())
    }

    /// Undoes every fault below the Service and waits until the cluster is well.
    pub fn mend(&self) {
        self.wake_nodes();
        self.fence();
        let back = format!("[ ! -f {AWAY} ] || mv {AWAY} {MANIFEST}");
        until("the node runs commands", 60, || self.on_node(&["sh", "-c", &back]).ok);
        until("the kubelet is started", 60, || self.on_node(&["systemctl", "start", "kubelet"]).ok);
        until("the API server is ready", 120, || self.kubectl(&["get", "--raw", "/readyz"]).ok);
        for worker in self.nodes().iter().filter(|node| **node != self.node()) {
            let own = self.address(worker);
            engine::readdress(worker, &own);
            let address = ["get", "node", worker, "-o", "jsonpath={.status.addresses[0].address}"];
            until("the worker tells its address", 60, || self.kubectl(&address).stdout == own);
        }
        self.stop_enforcing();
        self.select_kube_proxy("null").must();
        let rollout = ["-n", "kube-system", "rollout", "status", "daemonset/kube-proxy", "--timeout=60s"];
        self.kubectl(&rollout).must();
        self.kubectl(&["wait", "node", "--all", "--for=condition=Ready", "--timeout=90s"]).must();
    }

    fn wake_nodes(&self) {
        self.nodes().iter().for_each(|node| engine::wake(node));
    }

    /// Stops kube-proxy and takes its rules away; what is left are those of the network
    /// plugin.
    pub fn without_kube_proxy(&self) {
        self.select_kube_proxy("\"yes\"").must();
        let wait = ["-n", "kube-system", "wait", "pod", "-l", "k8s-app=kube-proxy", "--for=delete", "--timeout=60s"];
        self.kubectl(&wait).must();
        self.flush_node_ports();
    }

    /// Takes kube-proxy's rules away. A kube-proxy that runs notices within half a minute.
    pub fn flush_node_ports(&self) {
        self.on_node(&["sh", "-c", "iptables-save | grep -v KUBE | iptables-restore"]).must();
    }

    fn select_kube_proxy(&self, value: &str) -> Done {
        let patch = format!(r#"{{"spec":{{"template":{{"spec":{{"nodeSelector":{{"away":{value}}}}}}}}}}}"#);
        let words = ["-n", "kube-system", "patch", "daemonset", "kube-proxy", "--type=merge", "-p", &patch];
        self.kubectl(&words)
    }

    /// Shuts a node's Pods off from everybody but the node, as a network plugin does for a
    /// policy that admits nobody. kind's own does since 0.24; where another one is in its
    /// place, a look-alike and a rule of the node's do.
    pub fn enforces_policies(&self, node: &str) {
        if self.kubectl(&["-n", "kube-system", "get", "daemonset", "kindnet"]).ok {
            return;
        }
        let stand_in = STAND_IN.replace("APP", &app_image());
        self.kubectl_with(&["apply", "-f", "-"], Some(&stand_in)).must();
        self.kubectl(&["-n", "kube-system", "rollout", "status", "daemonset/kindnet", "--timeout=60s"]).must();
        tool("docker", &[&["exec", node, "iptables", "-I"], DROP].concat()).must();
    }

    fn stop_enforcing(&self) {
        let stand_in = ["-n", "kube-system", "delete", "daemonset,clusterrole", "-l", "netpath-live=stand-in"];
        self.kubectl(&stand_in).must();
        for node in self.nodes() {
            while tool("docker", &[&["exec", &node, "iptables", "-D"], DROP].concat()).ok {}
        }
    }

    /// Lets nothing that is meant for a Pod leave this computer. A node that has just
    /// started may still send traffic to the addresses that its Pods had before; without
    /// a Pod there, its default route would carry it out of the engine's network, where
    /// something else may even answer.
    pub fn fence(&self) {
        for node in self.nodes() {
            let _ = tool("docker", &["exec", &node, "ip", "route", "replace", "unreachable", POD_SUBNET]);
        }
    }

    /// Stops the API server's process without ending it: it accepts and never answers.
    pub fn freeze_api_server(&self) {
        self.on_node(&["pkill", "-STOP", "kube-apiserver"]).must();
    }

    /// Takes the API server away while the node and its Pods go on.
    pub fn without_api_server(&self) {
        self.on_node(&["mv", MANIFEST, AWAY]).must();
        until("the API server is gone", 60, || !self.kubectl(&["get", "--raw", "/livez", "--request-timeout=2s"]).ok);
    }
}

const POD_SUBNET: &str = "10.244.0.0/16";
const DROP: &[&str] = &["FORWARD", "-d", POD_SUBNET, "-p", "tcp", "--dport", "8080", "-j", "DROP"];
const STAND_IN: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kindnet, labels: {netpath-live: stand-in}}
rules: [{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [list, watch]}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kindnet, namespace: kube-system, labels: {netpath-live: stand-in}}
spec:
  selector: {matchLabels: {app: kindnet}}
  template:
    metadata: {labels: {app: kindnet}}
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: [{operator: Exists}]
      containers: [{name: stand-in, image: 'APP', imagePullPolicy: IfNotPresent}]
";
const MANIFEST: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";
const AWAY: &str = "/etc/kubernetes/kube-apiserver.away";
