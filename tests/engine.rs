//! Engines that are missing, broken or somebody else's, and contexts that only look like
//! kind: what is recognised, and that a blind engine is unknown, never missing.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::time::Duration;

use serde_json::json;
use support::{ApiServer, Behind, Cluster, Container, Door, Fault, Lab, Names, Report, World, engine, engine_at, only};

/// Does nothing for a long time. `exec`, so that killing the stub ends it.
const HANG: &str = "PATH=/usr/bin:/bin exec sleep 30";

/// An engine that cannot be asked: its script (none: not on PATH) and the words of the reason.
const BLIND: [(&str, Option<&str>, &str); 7] = [
    ("absent", None, "docker is not installed or not on PATH"),
    (
        "no rights",
        Some(
            "echo 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock' >&2\nexit 1",
        ),
        "permission denied",
    ),
    ("hangs", Some(HANG), "no answer in time"),
    ("garbage", Some("echo '<<<not json>>>'"), "made no sense"),
    ("too much", Some("PATH=/usr/bin:/bin exec head -c 50000000 /dev/zero"), "more than 16777216 bytes"),
    (
        "no daemon",
        Some(
            "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2\nexit 1",
        ),
        "Cannot connect to the Docker daemon",
    ),
    ("dies", Some("kill -9 $$"), "docker failed"),
];

fn with_docker(server: &ApiServer, script: Option<&str>) -> World {
    let world = World::new();
    world.kubeconfig(&server.kubeconfig_named(&Names::kind("dev")));
    if let Some(script) = script {
        world.stub("docker", script);
    }
    world
}

#[track_caller]
fn stage_one_is_unknown(report: &Report, why: &str) {
    assert!(report.missing(1).is_empty(), "{report}");
    assert_eq!(report.verdict(), "undetermined", "{report}");
    let unobserved = report.unobserved();
    let entry = unobserved.iter().find(|(what, ..)| what == "docker containers");
    let (_, said, settle) = entry.unwrap_or_else(|| panic!("{report}"));
    assert!(said.contains(why), "{why}: {said}");
    assert_eq!(settle, &["docker container ls --all"]);
}

#[test]
fn an_engine_that_cannot_be_asked_leaves_stage_one_unknown() {
    std::thread::scope(|scope| {
        for (name, script, why) in BLIND {
            scope.spawn(move || {
                let server = ApiServer::start(Fault::None);
                support::healthy(&server);
                let output = with_docker(&server, script).run(&["explain", "svc/web", "-o", "json"]);
                assert!(output.elapsed < Duration::from_secs(6), "{name}: {:?}", output.elapsed);
                let report = Report::read(&output);
                stage_one_is_unknown(&report, why);
                assert!(report.codes().is_empty(), "{name}: {report}");
                // The Node itself says what it is.
                assert_eq!(report.environment()["id"], "kind", "{name}: {report}");
                assert_eq!(report.environment()["name"], "dev", "{name}");
                assert_eq!(report.environment()["certainty"], "certain", "{name}");
                assert!(report.missing(2).is_empty(), "{name}: {report}");
            });
        }
    });
}

#[test]
fn without_engine_and_api_server_the_name_makes_it_likely() {
    std::thread::scope(|scope| {
        for (name, script, why) in BLIND {
            scope.spawn(move || {
                let server = ApiServer::start(Fault::Refuse);
                let output = with_docker(&server, script).run(&["explain", "svc/web", "-o", "json"]);
                // One engine after the other: docker alone is there.
                assert!(output.elapsed < Duration::from_secs(6), "{name}: {:?}", output.elapsed);
                let report = Report::read(&output);
                stage_one_is_unknown(&report, why);
                // One that fails or hangs is likely to be what is down; the others tell nothing.
                let silent = matches!(name, "hangs" | "no daemon" | "dies");
                assert_eq!(report.codes(), [if silent { "V312" } else { "C101" }], "{name}: {report}");
                assert_eq!(report.environment()["id"], "kind", "{name}: {report}");
                assert_eq!(report.environment()["certainty"], "likely", "{name}");
            });
        }
    });
}

/// What was asked of a hanging engine does not go on after the report.
#[test]
fn an_engine_that_hangs_is_not_left_behind() {
    let server = ApiServer::start(Fault::None);
    support::healthy(&server);
    let world = with_docker(&server, Some(&format!("echo $$ > \"$HOME/pid\"\n{HANG}")));
    Report::of(&world, &["svc/web"]);
    let pid = std::fs::read_to_string(world.home().join("pid")).expect("a process id");
    let alive = std::path::Path::new("/proc").join(pid.trim()).join("exe");
    assert!(std::fs::read_link(alive).is_err(), "process {} is still there", pid.trim());
}

/// A Node that says podman is looked up in podman, whatever docker holds.
#[test]
fn the_node_names_its_engine() {
    for name in ["podman", "nerdctl"] {
        let door = Door::open(Behind::Hello);
        let server = ApiServer::start(Fault::None);
        let mut cluster = Cluster::healthy();
        cluster.node["spec"]["providerID"] = json!(format!("kind://{name}/dev/dev-control-plane"));
        cluster.serve(&server);
        let world = World::new();
        world.kubeconfig(&server.kubeconfig_named(&Names::kind("dev")));
        let mut node = Container::control_plane("dev", server.address().port());
        node.publish("30080/tcp", "127.0.0.1", door.port());
        engine(&world, name, &[node]);
        // A cluster of the same name, made in another engine, at another port.
        engine(&world, "docker", &[Container::control_plane("dev", 1)]);
        let report = Report::of(&world, &["svc/web"]);
        assert_eq!(report.verdict(), "reachable", "{report}");
        let environment = report.environment();
        assert_eq!((&environment["engine"], &environment["certainty"]), (&json!(name), &json!("certain")), "{report}");
        assert!(!world.calls(name).is_empty());
        let third = if name == "podman" { "nerdctl" } else { "podman" };
        assert!(world.calls(third).is_empty());

        // The fault is in front of the Pod, even if the Pods cannot be read.
        server.fault("/api/v1/namespaces/web/pods", Fault::Status(403));
        drop(door);
        let report = Report::of(&world, &["svc/web"]);
        assert!(report.commands("V105").contains(&format!("{name} restart dev-control-plane")), "{report}");
    }
}

#[test]
fn a_renamed_context_is_recognised_by_who_publishes_the_port() {
    for (fault, root) in [(Fault::None, None), (Fault::Reset, Some("K503"))] {
        let lab = Lab::broken(fault, |_| ());
        let names = Names { context: "prod".into(), cluster: "prod".into(), ..Names::default() };
        lab.world.kubeconfig(&lab.server.kubeconfig_named(&names));
        let report = lab.explain(&["svc/web"]);
        let environment = report.environment();
        assert_eq!((&environment["id"], &environment["name"]), (&json!("kind"), &json!("dev")), "{report}");
        assert_eq!(environment["certainty"], "certain");
        assert_eq!(report.root(), root, "{report}");
    }
}

/// The name of a context is the user's; the label of the container that publishes the
/// port is kind's.
#[test]
fn the_publishers_label_wins_over_the_contexts_name() {
    let server = ApiServer::start(Fault::Reset);
    let world = World::new();
    world.kubeconfig(&server.kubeconfig_named(&Names::kind("dev")));
    let (mut own, mut other) = (Container::control_plane("dev", 1), Container::control_plane("other", 0));
    own.state("exited");
    other = {
        let port = server.address().port();
        other.publish("6443/tcp", "127.0.0.1", port);
        other
    };
    engine(&world, "docker", &[own, other]);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.environment()["name"], "other", "{report}");
    assert_eq!(report.root(), Some("K503"), "{report}");
    assert_eq!(report.commands("K503"), ["docker restart other-control-plane"]);
}

/// A stopped cluster had asked for the port that a running one has now: the running one
/// answers.
#[test]
fn a_running_publisher_wins_over_a_stopped_one() {
    let server = ApiServer::start(Fault::Refuse);
    let world = World::new();
    world.kubeconfig(&server.kubeconfig_named(&Names::kind("old")));
    let port = server.address().port();
    let mut old = Container::control_plane("old", port);
    old.state("exited");
    engine(&world, "docker", &[old, Container::control_plane("new", port)]);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.environment()["name"], "new", "{report}");
}

#[test]
fn docker_desktops_own_cluster_is_not_kind() {
    let server = ApiServer::start(Fault::None);
    let mut cluster = Cluster::healthy();
    cluster.node["metadata"]["name"] = json!("desktop-control-plane");
    cluster.node["spec"]["providerID"] = json!("kind://docker/desktop/desktop-control-plane");
    cluster.serve(&server);
    let world = World::new();
    let name = "docker-desktop".to_owned();
    let names = Names { context: name.clone(), cluster: name.clone(), user: name, ..Names::default() };
    world.kubeconfig(&server.kubeconfig_named(&names));
    // It hides its own containers.
    engine(&world, "docker", &[]);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.environment()["id"], "docker-desktop", "{report}");
    assert!(!report.0.to_string().contains("kind delete cluster"), "{report}");
}

/// Near-misses of a providerID: another Node's name, another scheme.
#[test]
fn a_provider_id_that_is_not_kinds_is_not_kind() {
    for id in ["kind://docker/dev/other-control-plane", "k3s://dev-control-plane", "kind:/docker/dev", ""] {
        let server = ApiServer::start(Fault::None);
        let mut cluster = Cluster::healthy();
        cluster.node["spec"]["providerID"] = json!(id);
        cluster.serve(&server);
        let world = World::with(&server);
        engine(&world, "docker", &[]);
        let report = Report::of(&world, &["svc/web"]);
        assert_eq!(report.environment()["id"], "unknown", "{id}: {report}");
        assert_eq!(report.environment()["certainty"], "guess", "{id}");
        // Nothing is proven to be local, so nothing is probed, and nothing is claimed.
        assert_eq!(report.0["took"]["probes"], 0, "{id}: {report}");
        assert_eq!((report.verdict(), report.root()), ("undetermined", None), "{id}: {report}");
        assert!(report.missing(1).is_empty(), "{id}: {report}");
    }
}

/// A context that is named like kind's, while the API server's Nodes say otherwise.
#[test]
fn a_name_alone_makes_no_kind_cluster_when_the_nodes_deny_it() {
    let server = ApiServer::start(Fault::None);
    let mut cluster = Cluster::healthy();
    cluster.node["spec"]["providerID"] = json!("");
    cluster.serve(&server);
    let world = World::new();
    world.kubeconfig(&server.kubeconfig_named(&Names::kind("dev")));
    engine(&world, "docker", &[]);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.environment()["id"], "unknown", "{report}");
}

/// Behind a proxy that is not there: no name is looked up, no packet leaves this computer.
#[test]
fn a_remote_server_is_remote_and_engines_are_left_alone() {
    let proxy = Door::open(Behind::Nobody);
    let server = ApiServer::start(Fault::Refuse);
    let kubeconfig = server.kubeconfig().replace(
        &format!("server: {}", server.url()),
        &format!(
            "server: https://cluster.invalid:6443\n    proxy-url: http://me:CANARY-SECRET@127.0.0.1:{}",
            proxy.port()
        ),
    );
    let world = World::new();
    world.kubeconfig(&kubeconfig);
    engine(&world, "docker", &[]);
    let output = world.run(&["explain", "svc/web", "-o", "json"]);
    support::assert_no_canary(&output.stdout);
    let report = Report::read(&output);
    assert_eq!(report.environment()["id"], "remote", "{report}");
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("C108")), "{report}");
    assert!(world.calls("docker").is_empty());
}

/// A label of 64 letters cannot be asked of any name server, so no packet leaves this
/// computer.
#[test]
fn a_name_that_does_not_resolve_is_said_so() {
    let name = format!("{}.invalid", "x".repeat(64));
    let server = ApiServer::start(Fault::Refuse);
    let kubeconfig = server.kubeconfig().replace(&server.url(), &format!("http://{name}:6443"));
    let world = World::new();
    world.kubeconfig(&kubeconfig);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.environment()["id"], "remote", "{report}");
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("C108")), "{report}");
    assert!(report.unobserved().iter().any(|(_, why, _)| why.contains("does not resolve")), "{report}");
}

/// `minikube docker-env` points docker at the engine inside a node.
#[test]
fn minikubes_docker_env_is_undone() {
    for (existing, seen) in [(None, "none"), (Some("tcp://127.0.0.1:1"), "tcp://127.0.0.1:1")] {
        let mut lab = Lab::healthy();
        let script = std::fs::read_to_string(lab.world.bin().join("docker")).expect("the stub");
        lab.world.stub("docker", &format!("printf '%s\\n' \"${{DOCKER_HOST-none}}\" >> \"$HOME/seen\"\n{script}"));
        lab.world.set("DOCKER_HOST", "tcp://192.0.2.2:2376").set("MINIKUBE_ACTIVE_DOCKERD", "minikube");
        if let Some(existing) = existing {
            lab.world.set("MINIKUBE_EXISTING_DOCKER_HOST", existing);
        }
        assert_eq!(lab.explain(&["svc/web"]).verdict(), "reachable");
        let hosts = std::fs::read_to_string(lab.world.home().join("seen")).expect("a note of the stub");
        assert!(!hosts.is_empty() && hosts.lines().all(|host| host == seen), "{hosts}");
    }
    // Without it, DOCKER_HOST is the user's own and stays.
    let mut lab = Lab::healthy();
    let script = std::fs::read_to_string(lab.world.bin().join("docker")).expect("the stub");
    lab.world.stub("docker", &format!("printf '%s\\n' \"${{DOCKER_HOST-none}}\" >> \"$HOME/seen\"\n{script}"));
    let own = format!("unix://{}", lab.world.home().join("nobody.sock").display());
    lab.world.set("DOCKER_HOST", &own);
    lab.explain(&["svc/web"]);
    let hosts = std::fs::read_to_string(lab.world.home().join("seen")).expect("a note of the stub");
    assert!(!hosts.is_empty() && hosts.lines().all(|host| host == own), "{hosts}");
}

/// A docker whose socket is on this computer is asked there, without its command; whatever
/// else is behind the socket, the command knows better.
#[test]
fn dockers_own_socket_is_the_short_way() {
    type Says = fn(&Lab) -> Box<dyn Fn(&str) -> String + Send>;
    let docker: Says = |lab| Box::new(only(lab.node()));
    let garbage: Says = |_| Box::new(|_| "<html>".to_owned());
    let stranger: Says = |_| Box::new(|_| json!([{ "Id": "../../secrets" }]).to_string());
    for (name, says, calls) in [("docker", docker, 0), ("garbage", garbage, 2), ("stranger", stranger, 0)] {
        let mut lab = Lab::healthy();
        let socket = lab.world.home().join("docker.sock");
        engine_at(&socket, says(&lab));
        lab.world.set("DOCKER_HOST", format!("unix://{}", socket.display()));
        let report = lab.explain(&["svc/web"]);
        assert_eq!(lab.world.calls("docker").len(), calls, "{name}: {report}");
        // An id that is none is not asked about, and nothing is known of any container.
        let wanted = if name == "stranger" { "undetermined" } else { "reachable" };
        assert_eq!(report.verdict(), wanted, "{name}: {report}");
        assert_eq!(report.environment()["id"], "kind", "{name}: {report}");
    }
}

/// The kubeconfig's port is nobody's, although a cluster of this name runs: it was made
/// anew, and its node is not to blame.
#[test]
fn a_running_cluster_at_another_port_is_not_restarted() {
    let server = ApiServer::start(Fault::Refuse);
    let world = World::new();
    world.kubeconfig(&server.kubeconfig_named(&Names::kind("dev")));
    engine(&world, "docker", &[Container::control_plane("dev", 1)]);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("C101")), "{report}");
    assert_eq!(report.commands("C101")[0], "kind export kubeconfig --name dev");
    assert!(!report.0.to_string().contains("restart"), "{report}");
}

/// The API server answers, so its node runs somewhere: an engine without such a container
/// is the wrong one, and says nothing about the way in.
#[test]
fn an_engine_that_does_not_hold_the_cluster_is_the_wrong_one() {
    for lab in [Lab::with(|plan| plan.containers.clear()), Lab::with(|plan| plan.node_is("exited"))] {
        let report = lab.explain(&["svc/web"]);
        assert_eq!(report.environment()["id"], "kind", "{report}");
        stage_one_is_unknown(&report, "another engine or computer does");
        assert_eq!(report.root(), None, "{report}");
    }
}
