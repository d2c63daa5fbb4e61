//! Whole processes: netpath and kubectl in turn, so that both see the same machine. The
//! medians of the ratios are what to quote.
//!
//! `cargo bench --bench whole_process` needs no cluster: it asks the API server of the
//! tests, and kubectl is compared if it is on PATH. `-- overview` does the same with big
//! clusters. `-- NAMESPACE SERVICE [RUNS]` uses the current context of a real one.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "starts processes, reads the clock, prints figures"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{ApiServer, Big, Fault, Lab, engine_at, on_path, only};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => {
            single("RSA", Fault::Rsa, Duration::ZERO, 21);
            single("RSA", Fault::Rsa, Duration::from_millis(5), 21);
            single("P-256", Fault::None, Duration::ZERO, 21);
            overview(&[100, 1000]);
        }
        ["overview"] => overview(&[100, 1000, 5000]),
        [namespace, service] => real(namespace, service, 21),
        [namespace, service, runs] => real(namespace, service, runs.parse().expect("a number of runs")),
        _ => println!("whole_process: NAMESPACE SERVICE [RUNS], overview, or nothing"),
    }
}

/// One healthy target on the server of the tests, whose certificate has a key of this kind
/// and whose every answer takes a while.
fn single(key: &str, fault: Fault, delay: Duration, runs: usize) {
    let lab = Lab::broken(fault, |_| ());
    // For what kubectl asks before it knows what a Service is.
    Big { services: 0, pods: 0, nodes: 0, namespaces: 1, managed: true }.serve(&lab.server);
    lab.server.delay(delay);
    let at = At::of(&lab);
    println!("\none target, a certificate of {key}, every answer after {delay:?}, {runs} runs in turn");
    compare(
        Some(&lab.server),
        runs,
        &at.netpath(&["explain", "svc/web"]),
        &at.kubectl(&["get", "svc", "web", "-o", "json"]),
    );
}

/// All Services of big clusters.
fn overview(sizes: &[usize]) {
    for services in sizes {
        let lab = Lab::broken(Fault::Rsa, |_| ());
        let big = Big::of(*services);
        big.serve(&lab.server);
        let at = At::of(&lab);
        println!("\noverview of {services} Services, {} Pods, {} Nodes", services * big.pods, big.nodes);
        let kubectl = at.kubectl(&["get", "svc,endpointslices,pods", "-A", "-o", "json"]);
        let runs = if *services > 1000 { 3 } else { 5 };
        compare(Some(&lab.server), runs, &at.netpath(&["explain", "-A", "--timeout", "60s"]), &kubectl);
    }
}

fn real(namespace: &str, service: &str, runs: usize) {
    println!("\none target of the current context, {runs} runs in turn");
    let netpath = Program { command: env!("CARGO_BIN_EXE_kubectl-netpath").into(), ..Program::default() };
    let netpath = netpath.with(&["explain", &format!("svc/{service}"), "-n", namespace]);
    let kubectl = Program { command: on_path("kubectl").expect("kubectl on PATH"), ..Program::default() };
    compare(None, runs, &netpath, &kubectl.with(&["get", "svc", service, "-n", namespace, "-o", "json"]));
}

/// A little computer to run on; see `tests/support/world.rs`.
struct At {
    home: PathBuf,
    kubeconfig: PathBuf,
    path: PathBuf,
    docker: String,
}

impl At {
    /// A lab's computer. Its Docker has a socket, as most have: the docker command of the tests
    /// is a shell, which costs more than a report.
    fn of(lab: &Lab) -> Self {
        let (home, kubeconfig) = (lab.world.home(), lab.world.kubeconfig_path());
        let socket = home.join("docker.sock");
        engine_at(&socket, only(lab.node()));
        Self { home, kubeconfig, path: lab.world.bin(), docker: format!("unix://{}", socket.display()) }
    }

    fn netpath(&self, arguments: &[&str]) -> Program {
        self.run(env!("CARGO_BIN_EXE_kubectl-netpath").into(), arguments)
    }

    fn kubectl(&self, arguments: &[&str]) -> Program {
        self.run(on_path("kubectl").unwrap_or_default(), arguments)
    }

    fn run(&self, command: PathBuf, arguments: &[&str]) -> Program {
        let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let env = [
            ("HOME", text(&self.home)),
            ("KUBECONFIG", text(&self.kubeconfig)),
            ("PATH", text(&self.path)),
            ("DOCKER_HOST", self.docker.clone()),
        ];
        Program { command, env: Some(env.to_vec()), arguments: Vec::new() }.with(arguments)
    }
}

#[derive(Default)]
struct Program {
    command: PathBuf,
    arguments: Vec<String>,
    env: Option<Vec<(&'static str, String)>>,
}

/// What one run cost; what no tool could tell is no number.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    requests: usize,
    connections: usize,
    bytes: u64,
}

/// Runs a command and prints its seconds of wall and CPU time. The standard library has no
/// `wait4`, and this package no unsafe code.
const WAIT4: &str = "import os, sys, time
start = time.monotonic()
quiet = [(os.POSIX_SPAWN_OPEN, fd, '/dev/null', os.O_RDWR, 0) for fd in (0, 1, 2)]
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(pid, 0)
print(time.monotonic() - start, used.ru_utime + used.ru_stime, status)";

impl Program {
    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// The program with its arguments and environment, run by another one.
    fn by(&self, tool: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(tool);
        command.args(arguments).arg(&self.command).args(&self.arguments).stdin(Stdio::null());
        if let Some(env) = &self.env {
            command.env_clear().envs(env.iter().map(|(name, value)| (name, value)));
        }
        command
    }

    fn run(&self, python: &Path, server: Option<&ApiServer>) -> Cost {
        if let Some(server) = server {
            server.reset_counters();
        }
        let output = self.by(python, &["-c", WAIT4]).output().expect("python3 starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [wall, cpu, status] = numbers[..] else { panic!("{output:?}") };
        assert!(status == 0.0, "{:?} {:?} failed", self.command, self.arguments);
        let (requests, connections, bytes) =
            server.map_or((0, 0, 0), |server| (server.requests().len(), server.tcp(), server.body_bytes()));
        Cost { wall: wall * 1000.0, cpu: cpu * 1000.0, requests, connections, bytes }
    }

    /// The highest memory of one run, in MiB. A run of its own: a child of python begins
    /// with the memory of python.
    fn memory(&self) -> Option<f64> {
        let output = self.by(&on_path("time")?, &["-f", "%M"]).stdout(Stdio::null()).output().ok()?;
        String::from_utf8_lossy(&output.stderr).lines().last()?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
    }
}

/// Runs both in turn and prints a table.
fn compare(server: Option<&ApiServer>, runs: usize, netpath: &Program, kubectl: &Program) {
    // The system's own before a wrapper that wants an environment.
    let system = Path::new("/usr/bin/python3");
    let python = if system.exists() { Some(system.into()) } else { on_path("python3") };
    let Some(python) = python else { return println!("no python3 on PATH: nothing was measured") };
    let with_kubectl = !kubectl.command.as_os_str().is_empty();
    let memory = [Some(netpath), Some(kubectl).filter(|_| with_kubectl)].map(|program| program?.memory());
    let pairs: Vec<(Cost, Option<Cost>)> =
        (0..runs).map(|_| (netpath.run(&python, server), with_kubectl.then(|| kubectl.run(&python, server)))).collect();
    let (ours, theirs): (Vec<Cost>, Vec<Option<Cost>>) = pairs.into_iter().unzip();
    let theirs: Vec<Cost> = theirs.into_iter().flatten().collect();
    println!("{:12} {:>10} {:>10} {:>8}", "", "netpath", "kubectl", "ratio");
    let row = |name: &str, of: fn(&Cost) -> f64| {
        let ratio = ours.iter().zip(&theirs).map(|(ours, theirs)| of(ours) / of(theirs));
        line(name, median(ours.iter().map(of)), median(theirs.iter().map(of)), median(ratio));
    };
    row("wall ms", |cost| cost.wall);
    row("CPU ms", |cost| cost.cpu);
    let ratio = memory[0].zip(memory[1]).map(|(ours, theirs)| ours / theirs);
    line("peak MiB", memory[0], memory[1], ratio);
    if server.is_some() {
        row("requests", |cost| cost.requests as f64);
        row("connections", |cost| cost.connections as f64);
        row("body KiB", |cost| cost.bytes as f64 / 1024.0);
    }
}

fn line(name: &str, ours: Option<f64>, theirs: Option<f64>, ratio: Option<f64>) {
    let show = |value: Option<f64>, digits| value.map_or("-".into(), |value| format!("{value:.digits$}"));
    println!("{name:12} {:>10} {:>10} {:>8}", show(ours, 1), show(theirs, 1), show(ratio, 3));
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
