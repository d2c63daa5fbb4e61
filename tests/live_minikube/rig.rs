//! A real minikube profile, and netpath's word about it.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The profile of these tests, and of nobody else.
pub const PROFILE: &str = "netpath-live";

/// Deployment "web" behind three Services.
const WORKLOAD: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - {name: app, image: IMAGE, imagePullPolicy: IfNotPresent, ports: [{containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-lb}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 8090, targetPort: 8080, nodePort: 30090}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-ci}
spec: {type: ClusterIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
";

static TURN: Mutex<()> = Mutex::new(());

/// One test's time with the profile. `None` where there is no minikube: the test says so and
/// proves nothing.
pub fn profile() -> Option<MutexGuard<'static, ()>> {
    static UP: OnceLock<bool> = OnceLock::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let there = ["minikube", "docker", "kubectl"].into_iter().find(|name| which::which(name).is_err());
    if let Some(missing) = there {
        println!("skipped: {missing} is not on PATH");
        return None;
    }
    UP.get_or_init(|| {
        start();
        true
    });
    Some(turn)
}

/// Starts the profile, whatever its state, and waits for the workload.
/// `NETPATH_LIVE_MINIKUBE_START` is a program that does it where a plain `minikube start`
/// does not do: it gets the profile's name.
pub fn start() {
    let image = env::var("NETPATH_LIVE_APP_IMAGE").expect("NETPATH_LIVE_APP_IMAGE: see CONTRIBUTING.md");
    match env::var("NETPATH_LIVE_MINIKUBE_START") {
        Ok(program) => {
            run(&[&program, PROFILE], &[]).must();
        }
        Err(_) => {
            run(&["minikube", "-p", PROFILE, "start", "--driver=docker"], &[]).must();
            run(&["minikube", "-p", PROFILE, "image", "load", &image], &[]).must();
        }
    }
    let manifest = env::temp_dir().join("netpath-live-minikube.yaml");
    std::fs::write(&manifest, WORKLOAD.replace("IMAGE", &image)).expect("a manifest");
    until("the workload is applied", 60, || kubectl(&["apply", "-f", &manifest.to_string_lossy()]).ok);
    kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]).must();
    until("the node port answers", 60, || said("svc/web", &[]).verdict() == "reachable");
}

/// kubectl with the profile's context.
pub fn kubectl(arguments: &[&str]) -> Done {
    run(&[&["kubectl", "--context", PROFILE], arguments].concat(), &[])
}

/// What a command left behind.
pub struct Done {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Done {
    #[track_caller]
    pub fn must(self) -> String {
        assert!(self.ok, "{}{}", self.out, self.err);
        self.out
    }
}

/// Runs a command to its end, with more environment variables.
pub fn run(words: &[&str], variables: &[(&str, &str)]) -> Done {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A command that keeps running until it is dropped: by SIGINT, as a user ends it.
pub struct Running(Child);

impl Running {
    pub fn new(words: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).envs(variables.iter().copied());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{words:?}: {error}")))
    }

    pub fn kill(&mut self) {
        self.0.kill().expect("a process");
        self.0.wait().expect("its end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.try_wait().ok().flatten().is_none() {
            run(&["kill", "-INT", &self.0.id().to_string()], &[]);
            self.0.wait().expect("its end");
        }
        end_ssh();
    }
}

/// Kills every ssh of the profile.
pub fn end_ssh() {
    run(&["pkill", "-KILL", "-f", &format!("/machines/{PROFILE}/id_rsa")], &[]);
}

#[track_caller]
pub fn until(what: &str, seconds: u64, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !is_so() {
        assert!(Instant::now() < end, "not within {seconds} s: {what}");
        sleep(Duration::from_millis(300));
    }
}

/// What netpath said.
pub struct Said {
    json: Value,
    text: String,
}

/// Asks netpath about a target in the profile's context.
#[track_caller]
pub fn said(target: &str, variables: &[(&str, &str)]) -> Said {
    let explain = ["explain", target, "--context", PROFILE];
    let ask = |more: &[&str]| run(&[&[env!("CARGO_BIN_EXE_kubectl-netpath")], &explain[..], more].concat(), variables);
    let text = ask(&[]).must();
    println!("{text}");
    let json = ask(&["-o", "json"]).must();
    Said { json: serde_json::from_str(&json).expect("JSON"), text }
}

impl Said {
    pub fn verdict(&self) -> &str {
        self.json["verdict"].as_str().expect("a verdict")
    }

    /// The root, if there is one.
    pub fn root(&self) -> Option<&str> {
        let mut findings = self.json["findings"].as_array().expect("findings").iter();
        findings.find(|found| found["root"] == true).and_then(|found| found["code"].as_str())
    }

    /// The state of each road by its id.
    pub fn roads(&self) -> BTreeMap<&str, &str> {
        let ports = self.json["ports"].as_array().expect("ports").iter();
        let roads = ports.flat_map(|port| port["roads"].as_array().expect("roads"));
        roads.map(|road| (road["id"].as_str().expect("an id"), road["state"].as_str().expect("a state"))).collect()
    }

    /// The commands of the root's first remedy.
    pub fn remedy(&self) -> Vec<Vec<String>> {
        let mut findings = self.json["findings"].as_array().expect("findings").iter();
        let found = findings.find(|found| found["root"] == true).expect("a root");
        serde_json::from_value(found["remedies"][0]["commands"].clone()).expect("commands")
    }

    /// The commands of all remedies of the root.
    pub fn commands(&self) -> Vec<Vec<String>> {
        let findings = self.json["findings"].as_array().expect("findings").iter();
        let roots = findings.filter(|found| found["root"] == true);
        let remedies = roots.flat_map(|found| found["remedies"].as_array().expect("remedies"));
        let commands = remedies.flat_map(|remedy| remedy["commands"].as_array().expect("commands"));
        commands.map(|command| serde_json::from_value(command.clone()).expect("an argument vector")).collect()
    }

    /// Fails with the whole report unless it says this.
    #[track_caller]
    pub fn must(&self, verdict: &str, root: Option<&str>) {
        assert_eq!((self.verdict(), self.root()), (verdict, root), "{}", self.text);
    }
}

/// A copy of the kubeconfig as it is now.
pub fn copy_of_kubeconfig() -> PathBuf {
    let copy = env::temp_dir().join("netpath-live-minikube.kubeconfig");
    let text = run(&["kubectl", "config", "view", "--raw"], &[]).must();
    std::fs::write(&copy, text).expect("a copy");
    copy
}
