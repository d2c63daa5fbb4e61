//! What one explanation costs: requests, waves, connections, bytes and processes.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use support::{ApiServer, Behind, Cluster, Door, Fault, Lab, Report, TOKEN};

fn is_read(path: &str) -> bool {
    !path.contains("/proxy/")
}

#[test]
fn a_healthy_target_costs_six_reads_in_two_waves_over_one_connection() {
    let lab = Lab::healthy();
    lab.server.delay(Duration::from_millis(50));
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.verdict(), "reachable", "{report}");
    let requests = lab.server.requests();
    let paths = lab.server.paths();
    assert!(lab.server.count(is_read) <= 6, "{paths:#?}");
    assert!(requests.iter().filter(|request| is_read(&request.path)).all(|request| request.wave <= 2), "{requests:#?}");
    assert!(requests.iter().all(|request| request.method == "GET"), "{requests:#?}");
    assert_eq!((lab.server.tcp(), lab.server.tls()), (1, 1));
    let mut once = paths.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), paths.len(), "the same was read twice: {paths:#?}");
    // The published port answers: the application need not be asked through the API server.
    assert_eq!(lab.server.count(|path| !is_read(path)), 0, "{paths:#?}");
    assert_eq!(report.0["took"]["reads"], paths.len());
}

/// The workload opens the connection; then the Services and the Nodes, then what belongs to
/// the Service.
#[test]
fn a_healthy_workload_costs_five_reads_in_three_waves() {
    let pod = format!("pod/{}", Cluster::healthy().pod["metadata"]["name"].as_str().expect("a name"));
    for target in ["deploy/web", &pod] {
        let lab = Lab::healthy();
        lab.server.delay(Duration::from_millis(50));
        let report = lab.explain(&[target]);
        assert_eq!(report.verdict(), "reachable", "{report}");
        let (requests, paths) = (lab.server.requests(), lab.server.paths());
        assert!(paths.len() <= 5, "{paths:#?}");
        assert!(requests.iter().all(|request| request.wave <= 3), "{requests:#?}");
        assert_eq!((lab.server.tcp(), lab.server.tls()), (1, 1));
    }
}

/// A name alone costs what `svc/NAME` costs as long as there is a Service of that name.
#[test]
fn a_bare_name_costs_no_more_than_a_service() {
    let cost = |target: &str| {
        let lab = Lab::healthy();
        assert_eq!(lab.explain(&[target]).verdict(), "reachable");
        let mut paths = lab.server.paths();
        paths.sort();
        paths
    };
    assert_eq!(cost("web"), cost("svc/web"));
}

#[test]
fn probes_and_engine_calls_are_not_repeated() {
    let lab = Lab::healthy();
    lab.explain(&["svc/web"]);
    let calls = lab.world.calls("docker");
    assert!(calls.len() <= 2, "{calls:#?}");
    assert_eq!(lab.door.knocks(), 1);
}

#[test]
fn an_unreachable_target_stays_on_one_connection() {
    let lab = Lab::behind(Behind::Closes, |_| ());
    lab.server.delay(Duration::from_millis(50));
    let report = lab.explain(&["svc/web"]);
    assert_ne!(report.verdict(), "reachable");
    let paths = lab.server.paths();
    assert!(lab.server.count(is_read) <= 6, "{paths:#?}");
    assert_eq!((lab.server.tcp(), lab.server.tls()), (1, 1), "{paths:#?}");
    assert_eq!(lab.server.count(|path| path.contains("/services/web:80/proxy/")), 1, "{paths:#?}");
    assert_eq!(lab.door.knocks(), 1);
}

#[test]
fn no_probe_means_none() {
    let lab = Lab::healthy();
    let report = lab.explain(&["svc/web", "--no-probe"]);
    assert_eq!(report.verdict(), "undetermined");
    assert_eq!(report.0["took"]["probes"], 0);
    assert_eq!((lab.door.knocks(), lab.server.count(|path| !is_read(path))), (0, 0));
}

/// The healthy cluster's node is at 192.0.2.2, which no interface of this computer has in
/// its network: a packet there would leave the machine.
#[test]
fn an_address_that_is_not_attached_is_never_probed() {
    let lab = Lab::with(support::Plan::unpublish);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("unreachable", Some("V101")), "{report}");
    let text = report.0.to_string();
    assert!(text.contains("192.0.2.2 is not routable from here"), "{text}");
    assert_eq!(probed(&lab), None);
    assert_eq!(probed(&Lab::healthy()).as_deref(), Some("127.0.0.1"), "a probe would be seen here");
}

/// Where a run sent a probe, by its recording.
fn probed(lab: &Lab) -> Option<String> {
    let file = lab.world.home().join("run.yaml");
    lab.run(&["explain", "svc/web", "--record", file.to_str().expect("a path")]);
    let recording = std::fs::read_to_string(file).expect("a recording");
    let (_, to) = recording.split_once("\n    probe:\n")?.1.split_once("to: ")?;
    Some(to.trim_start_matches('"').split(':').next()?.to_owned())
}

#[test]
fn the_cost_does_not_grow_with_the_namespace() {
    let cost = |more: usize| {
        let lab = Lab::healthy();
        let base = Cluster::healthy();
        let pods = (0..more).map(|index| {
            let mut pod = base.pod.clone();
            pod["metadata"]["name"] = json!(format!("other-{index}"));
            pod["metadata"]["labels"] = json!({ "app": format!("other-{index}") });
            pod
        });
        lab.server.list("/api/v1/namespaces/web/pods", "PodList", pods.chain([base.pod.clone()]));
        let slices = (0..more).map(|index| {
            let mut slice = base.slice.clone();
            slice["metadata"]["name"] = json!(format!("other-{index}"));
            slice["metadata"]["labels"]["kubernetes.io/service-name"] = json!(format!("other-{index}"));
            slice
        });
        let path = "/apis/discovery.k8s.io/v1/namespaces/web/endpointslices";
        lab.server.list(path, "EndpointSliceList", slices.chain([base.slice.clone()]));
        assert_eq!(lab.explain(&["svc/web"]).verdict(), "reachable");
        (lab.server.paths().len(), lab.server.body_bytes())
    };
    let (few, many) = (cost(0), cost(300));
    assert_eq!(few, many);
    assert!(few.1 < 50_000, "{few:?}");
}

/// Makes the kubeconfig take its credential from a program, which says this token.
fn log_in_by_plugin(lab: &Lab, token: &str) {
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": { "token": token },
    });
    log_in_by(lab, &format!("printf '%s\\n' '{credential}'"));
}

/// A plugin that never says anything.
const HANGS: &str = "PATH=/usr/bin:/bin exec sleep 30";

/// Makes the kubeconfig take its credential from a script. Returns what it was
/// before.
fn log_in_by(lab: &Lab, script: &str) -> String {
    lab.world.stub("test-login", script);
    let kubeconfig = lab.server.kubeconfig_named(&support::Names::kind("dev"));
    let exec = "exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: test-login\n      \
                interactiveMode: Never";
    let by_plugin = kubeconfig.replace(&format!("token: {TOKEN}"), exec);
    lab.world.kubeconfig(&by_plugin);
    kubeconfig
}

#[test]
fn a_credential_plugin_runs_once() {
    let lab = Lab::healthy();
    log_in_by_plugin(&lab, TOKEN);
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.verdict(), "reachable", "{report}");
    assert_eq!(lab.world.calls("test-login").len(), 1);
}

/// Nor is it asked again when the API server does not like what it says.
#[test]
fn a_credential_plugin_runs_once_whatever_the_server_says() {
    for status in [401, 403, 503] {
        let lab = Lab::broken(Fault::Status(status), |_| ());
        log_in_by_plugin(&lab, "old");
        let report = lab.explain(&["svc/web"]);
        assert_eq!(report.verdict(), "undetermined", "{status}: {report}");
        assert_eq!(lab.world.calls("test-login").len(), 1, "{status}");
        assert_eq!((lab.server.tcp(), lab.server.tls()), (1, 1), "{status}");
    }
}

#[test]
fn a_credential_plugin_that_hangs_does_not_hold_up_the_report() {
    let lab = Lab::healthy();
    log_in_by(&lab, HANGS);
    let output = lab.run(&["explain", "svc/web", "-o", "json"]);
    let report = Report::read(&output);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("C107")), "{report}");
    assert!(output.elapsed < Duration::from_secs(8), "{:?}", output.elapsed);
}

/// Nor does it look like an API server that does not answer, where the whole run has less
/// time than a plugin has: the server was never asked.
#[test]
fn a_short_run_still_knows_what_it_waited_for() {
    let lab = Lab::healthy();
    let without = log_in_by(&lab, HANGS);
    let report = lab.explain(&["svc/web", "--timeout", "2s"]);
    assert_eq!((report.root(), lab.server.tcp()), (Some("C107"), 0), "{report}");
    // The same with a proxy that accepts and says nothing.
    let proxy = Door::open(Behind::Silent);
    let through = format!("cluster:\n    proxy-url: http://127.0.0.1:{}", proxy.port());
    lab.world.kubeconfig(&without.replacen("cluster:", &through, 1));
    let report = lab.explain(&["svc/web", "--timeout", "2s"]);
    assert_eq!((report.root(), lab.server.tcp()), (Some("C108"), 0), "{report}");
}

#[test]
fn http1_only_works_with_few_connections() {
    let lab = Lab::broken(Fault::NoHttp2, |_| ());
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.verdict(), "reachable", "{report}");
    assert!(lab.server.tcp() <= 4, "{} connections", lab.server.tcp());
}

#[test]
fn an_overview_reads_lists_not_objects() {
    let lab = Lab::healthy();
    let base = Cluster::healthy();
    let many = (0..40).map(|index| {
        let mut service = base.service.clone();
        service["metadata"]["name"] = json!(format!("web-{index}"));
        service["spec"]["type"] = json!("ClusterIP");
        service["spec"]["ports"][0]["nodePort"] = json!(0);
        service
    });
    lab.server.list("/api/v1/namespaces/web/services", "ServiceList", many.chain([base.service.clone()]));
    let overview = Report::read(&lab.run(&["explain", "-o", "json"]));
    assert_eq!(overview.0["items"].as_array().map(Vec::len), Some(41));
    let paths = lab.server.paths();
    assert!(paths.len() <= 8, "{paths:#?}");
    assert_eq!((lab.server.tcp(), lab.server.tls()), (1, 1));
    // Applications are asked one by one only where one target is explained.
    assert_eq!(lab.server.count(|path| !is_read(path)), 0, "{paths:#?}");
}

#[test]
fn a_server_that_is_not_there_is_asked_once() {
    let server = ApiServer::start(Fault::Hang);
    let world = support::World::with(&server);
    let output = world.run(&["explain", "svc/web", "-o", "json"]);
    assert_eq!(Report::read(&output).root(), Some("C102"));
    assert_eq!(server.tcp(), 1, "a black hole costs one time-out");
    assert!(output.elapsed < Duration::from_secs(4), "{:?}", output.elapsed);
}

/// What is not known yet is not taken for missing meanwhile: a slow engine costs time and
/// no request.
#[test]
fn a_slow_engine_costs_no_further_request() {
    for command in [&["explain", "svc/web"][..], &["explain"]] {
        let lab = Lab::healthy();
        let script = std::fs::read_to_string(lab.world.bin().join("docker")).expect("the stub");
        lab.world.stub("docker", &format!("PATH=/usr/bin:/bin sleep 0.3\n{script}"));
        let report = Report::read(&lab.run(&[command, &["-o", "json"]].concat()));
        assert_eq!(report.0["took"]["probes"], 1, "{command:?}: {report}");
        assert_eq!(lab.server.count(|path| !is_read(path)), 0, "{:#?}", lab.server.paths());
    }
}

/// Ports that accept and say nothing cost one time-out, however many they are.
#[test]
fn all_probes_wait_at_once() {
    const PORTS: u16 = 6;
    let doors: Vec<Door> = (0..PORTS).map(|_| Door::open(Behind::Silent)).collect();
    let lab = Lab::with(|plan| {
        plan.unpublish();
        let first = plan.cluster.service["spec"]["ports"][0].clone();
        let ports = (0..PORTS).zip(&doors).map(|(index, door)| {
            plan.node().publish(&format!("{}/tcp", 30_080 + index), "127.0.0.1", door.port());
            let mut port = first.clone();
            port["name"] = json!(format!("http-{index}"));
            port["port"] = json!(80 + index);
            port["nodePort"] = json!(30_080 + index);
            port
        });
        let ports = ports.collect();
        plan.cluster.service["spec"]["ports"] = serde_json::Value::Array(ports);
    });
    let output = lab.run(&["explain", "svc/web", "-o", "json"]);
    let report = Report::read(&output);
    assert_ne!(report.verdict(), "reachable", "{report}");
    assert!(doors.iter().all(|door| door.knocks() >= 1), "{report}");
    // One after the other they would take 12 seconds.
    assert!(output.elapsed < Duration::from_secs(8), "{:?}", output.elapsed);
}

/// What a run opens and starts, by tracing it.
#[cfg(target_os = "linux")]
struct Traced {
    opened: Vec<String>,
    started: usize,
    threads: usize,
}

#[cfg(target_os = "linux")]
impl Traced {
    fn run(lab: &Lab, arguments: &[&str]) -> Option<Self> {
        let strace = support::on_path("strace").filter(|_| support::have(&["strace"]))?;
        let file = lab.world.home().join("trace");
        let options =
            ["-f", "-qq", "-e", "trace=openat,open,execve,clone,clone3", "-o", file.to_str().expect("a path")];
        let program = [env!("CARGO_BIN_EXE_kubectl-netpath")];
        let output = lab.world.run_program(&strace, &[&options[..], &program, arguments].concat());
        assert_eq!(output.code, 0, "{output:?}");
        let trace = std::fs::read_to_string(file).expect("a trace");
        let calls = |name: &'static str| trace.lines().filter(move |line| line.contains(name));
        let opened = calls("open").filter_map(|line| line.split('"').nth(1)).map(String::from).collect();
        // The first one is netpath itself.
        let started = calls("execve(").filter(|line| line.ends_with("= 0")).count() - 1;
        Some(Self { opened, started, threads: calls("CLONE_THREAD").count() })
    }

    fn below(&self, directory: &str) -> usize {
        self.opened.iter().filter(|path| path.starts_with(directory)).count()
    }
}

/// The authorities of the system are read only where the kubeconfig names none: they are 150
/// files and more time than everything else.
#[test]
#[cfg(target_os = "linux")]
fn the_systems_authorities_are_left_alone() {
    let lab = Lab::healthy();
    let Some(traced) = Traced::run(&lab, &["explain", "svc/web"]) else { return };
    let stores = ["/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/lib/ssl"];
    let store = |traced: &Traced| stores.iter().map(|store| traced.below(store)).sum::<usize>();
    assert_eq!(store(&traced), 0, "{:#?}", traced.opened);
    let kubeconfig = lab.server.kubeconfig_named(&support::Names::kind("dev"));
    let without = kubeconfig.lines().filter(|line| !line.contains("certificate-authority-data"));
    lab.world.kubeconfig(&without.collect::<Vec<_>>().join("\n"));
    let Some(traced) = Traced::run(&lab, &["explain", "svc/web"]) else { return };
    if Path::new("/etc/ssl/certs").exists() {
        assert!(store(&traced) > 0, "they would be seen here");
    }
}

/// Who holds the published port is looked for in as many processes as it takes.
#[test]
#[cfg(target_os = "linux")]
fn processes_are_looked_at_sparingly() {
    let lab = Lab::healthy();
    let Some(traced) = Traced::run(&lab, &["explain", "svc/web"]) else { return };
    let running = std::fs::read_dir("/proc").expect("/proc").count();
    let looked = traced.below("/proc/");
    assert!(looked < running + 20, "{looked} of {running}: {:#?}", traced.opened);
    // docker's two questions are shell scripts here; nothing else is started.
    assert!(traced.started <= 2, "{} processes", traced.started);
}

/// Where Docker has a socket no other program is started, and a thread for who holds the port.
#[test]
#[cfg(target_os = "linux")]
fn next_to_nothing_is_started() {
    let mut lab = Lab::healthy();
    let socket = lab.world.home().join("docker.sock");
    support::engine_at(&socket, support::only(lab.node()));
    lab.world.set("DOCKER_HOST", format!("unix://{}", socket.display()));
    let Some(traced) = Traced::run(&lab, &["explain", "svc/web"]) else { return };
    assert_eq!((traced.started, traced.threads), (0, 1));
}
