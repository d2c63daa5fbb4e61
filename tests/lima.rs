//! limactl as a program: what it may do wrong is unknown, never missing.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::time::Duration;

use serde_json::json;
use support::{ApiServer, Behind, Cluster, Door, Fault, Names, Report, World};

/// The healthy cluster on a node that is called like a VM of Lima's.
fn lima_node(server: &ApiServer) -> World {
    let mut cluster = Cluster::healthy();
    let text = cluster.node.to_string().replace("dev-control-plane", "lima-k3s");
    cluster.node = serde_json::from_str(&text).expect("still JSON");
    cluster.node["spec"]["providerID"] = json!("k3s://lima-k3s");
    cluster.serve(server);
    let world = World::new();
    let name = "default".to_owned();
    let names = Names { context: name.clone(), cluster: name.clone(), user: name, ..Names::default() };
    world.kubeconfig(&server.kubeconfig_named(&names));
    world
}

/// What `limactl list --json` prints about the VM, with one rule that brings the node port to
/// a door.
fn line(door: u16) -> String {
    let rule = json!({ "guestIPMustBeZero": false, "guestIP": "127.0.0.1", "guestPortRange": [30080, 30080],
        "hostIP": "127.0.0.1", "hostPortRange": [door, door], "proto": "any" });
    json!({ "name": "k3s", "hostname": "lima-k3s", "status": "Running", "sshLocalPort": 60022,
        "hostAgentPID": std::process::id(), "config": { "plain": false, "portForwards": [rule], "env": { "TOKEN": "CANARY" } } })
    .to_string()
}

/// A limactl that cannot be asked: its script (none: not on PATH) and the words of the reason.
const BLIND: [(&str, Option<&str>, &str); 6] = [
    ("absent", None, "limactl is not installed or not on PATH"),
    ("fails", Some("echo 'level=fatal msg=\"must not run as the root user\"' >&2\nexit 1"), "must not run as the root"),
    ("hangs", Some("PATH=/usr/bin:/bin exec sleep 30"), "no answer in time"),
    ("garbage", Some("echo '<<<not json>>>'"), "made no sense"),
    ("too much", Some("PATH=/usr/bin:/bin exec head -c 50000000 /dev/zero"), "more than 16777216 bytes"),
    ("dies", Some("kill -9 $$"), "limactl failed"),
];

#[test]
fn a_limactl_that_cannot_be_asked_leaves_stage_one_unknown() {
    std::thread::scope(|scope| {
        for (name, script, why) in BLIND {
            scope.spawn(move || {
                let server = ApiServer::start(Fault::None);
                let world = lima_node(&server);
                if let Some(script) = script {
                    world.stub("limactl", script);
                }
                let output = world.run(&["explain", "svc/web", "-o", "json"]);
                assert!(output.elapsed < Duration::from_secs(8), "{name}: {:?}", output.elapsed);
                let report = Report::read(&output);
                assert!(!report.codes().iter().any(|code| code.starts_with('V')), "{name}: {report}");
                assert_eq!(report.0["took"]["probes"], 0, "a name alone is no proof: {name}: {report}");
                assert_eq!(report.verdict(), "undetermined", "{name}: {report}");
                let environment = report.environment();
                assert_eq!(
                    (&environment["id"], &environment["certainty"]),
                    (&json!("lima"), &json!("likely")),
                    "{name}"
                );
                let unobserved = report.unobserved();
                let (_, said, settle) = unobserved
                    .iter()
                    .find(|(what, ..)| what == "the VMs of Lima")
                    .unwrap_or_else(|| panic!("{name}: {report}"));
                assert!(said.contains(why), "{name}: {said}");
                assert_eq!(settle, &["limactl list"]);
            });
        }
    });
}

/// One broken line between good ones hides nothing; what limactl prints beside is not kept.
#[test]
fn the_vm_is_found_between_broken_lines() {
    let server = ApiServer::start(Fault::None);
    let world = lima_node(&server);
    // Who listens there is this test: it stands for the host agent.
    let door = Door::open(Behind::Hello);
    world.stub("limactl", &format!("echo '{{\"name\":\"a\"'\necho '{}'\necho 'not json'", line(door.port())));
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.verdict(), "reachable", "{report}");
    assert_eq!(report.environment()["name"], "k3s", "{report}");
    assert_eq!(world.calls("limactl"), ["list --json"]);
    assert!(!report.0.to_string().contains("CANARY"));
    // Near-miss: nobody listens where the rule leads.
    drop(door);
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("V121")), "{report}");
}

/// The host agent's log says that it could not listen. One that is no regular file, or as long
/// as can be, is not waited for, and says nothing.
#[test]
fn the_log_of_the_host_agent_is_read() {
    let server = ApiServer::start(Fault::None);
    let world = lima_node(&server);
    let free = Door::open(Behind::Hello);
    let port = free.port();
    world.stub("limactl", &format!("echo '{}'", line(port)));
    drop(free);
    let forwarding =
        json!({ "level": "info", "msg": format!("Forwarding TCP from 0.0.0.0:30080 to 127.0.0.1:{port}") });
    let failed = json!({ "level": "warning", "msg": format!("failed to listen tcp: 127.0.0.1:{port}"),
        "error": "CANARY: bind: address already in use" });
    let noise = "{\"msg\":\"CANARY\"}\n".repeat(30_000);
    let log = ".lima/k3s/ha.stderr.log";
    for (text, root, verdict) in [
        (format!("{forwarding}\n{failed}\n"), "V129", "unreachable"),
        (format!("{noise}{forwarding}\n{failed}\n"), "V129", "unreachable"),
        (format!("{forwarding}\n{failed}\n{noise}"), "V121", "undetermined"),
        (String::from("\u{0}\n[[[["), "V121", "undetermined"),
    ] {
        world.file(log, &text);
        let report = Report::of(&world, &["svc/web"]);
        assert_eq!((report.root(), report.verdict()), (Some(root), verdict), "{report}");
        assert!(!report.0.to_string().contains("CANARY"), "{report}");
    }
    let path = world.home().join(log);
    std::fs::remove_file(&path).expect("a file");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (Some("V121"), "undetermined"), "{report}");
}

/// colima's VMs are in a Lima home of its own, which limactl is told.
#[test]
fn colimas_home_is_named_to_limactl() {
    let server = ApiServer::start(Fault::None);
    let world = lima_node(&server);
    let name = "colima".to_owned();
    let names = Names { context: name.clone(), cluster: name.clone(), user: name, ..Names::default() };
    let mut cluster = Cluster::healthy();
    let text = cluster.node.to_string().replace("dev-control-plane", "colima");
    cluster.node = serde_json::from_str(&text).expect("still JSON");
    cluster.node["spec"]["providerID"] = json!("k3s://colima");
    cluster.serve(&server);
    world.kubeconfig(&server.kubeconfig_named(&names));
    world.file(".colima/_lima/colima/colima.yaml", "portForwarder: ssh\n");
    world.stub("limactl", "echo \"$LIMA_HOME\" > \"$HOME/lima-home\"");
    let report = Report::of(&world, &["svc/web"]);
    assert_eq!(report.environment()["id"], "colima", "{report}");
    let said = std::fs::read_to_string(world.home().join("lima-home")).expect("limactl was run");
    assert_eq!(said.trim(), world.home().join(".colima/_lima").to_string_lossy());
}
