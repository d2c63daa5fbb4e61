//! Hostile text at the edges of the program itself: a kubeconfig, an engine's output, an API
//! server and the environment, and a recording of a stranger's.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

#[path = "hostile/payloads.rs"]
mod payloads;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use payloads::PAYLOADS;
use serde_json::{Value, json};
use support::{Lab, Output, World};

/// Nothing that a terminal obeys, in whatever was printed.
#[track_caller]
fn is_inert(what: &str, output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let obeyed = text.chars().find(|letter| {
            letter.is_control() && *letter != '\n'
                || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        });
        assert_eq!(obeyed, None, "{what}: {text:?}");
    }
    let panicked = output.stderr.contains("panicked");
    assert!((0..=2).contains(&output.code) && !panicked, "{what}: {output:?}");
}

/// A kubeconfig in JSON, which is YAML, in which everything is called the same.
fn kubeconfig(server: &str, name: &str) -> String {
    json!({
        "current-context": name,
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name, "namespace": name } }],
        "clusters": [{ "name": name, "cluster": { "server": server, "extensions": [{ "name": name, "extension": { "provider": name } }] } }],
        "users": [{ "name": name, "user": { "tokenFile": format!("/nowhere/{name}") } }],
    })
    .to_string()
}

#[test]
fn a_kubeconfig_of_any_names_is_shown_harmlessly() {
    let world = World::new();
    for (what, payload) in PAYLOADS {
        for server in ["https://127.0.0.1:1", payload] {
            world.kubeconfig(&kubeconfig(server, payload));
            for arguments in
                [&["explain", "svc/web"][..], &["env", "-v"], &["explain", "-o", "json"], &["env", "-o", "markdown"]]
            {
                is_inert(what, &world.run(arguments));
            }
        }
        // Refusals name what there is instead.
        let other = world.run(&["env", "--context", "other"]);
        assert_eq!(other.code, 1, "{other:?}");
        is_inert(what, &other);
        is_inert(what, &world.run(&["env", "--context", payload, "--cluster", payload]));
        // No shell quotes what is completed.
        let completed = world.run(&["__complete", "env", "--context", ""]);
        is_inert(what, &completed);
        let plain = payload.chars().all(|letter| letter.is_alphanumeric() || "_-./:=@%+,".contains(letter));
        assert_eq!(completed.stdout.contains(payload), plain, "{what}: {completed:?}");
    }
}

#[test]
fn names_of_files_and_variables_are_shown_harmlessly() {
    for (what, payload) in PAYLOADS.iter().filter(|(_, payload)| !payload.contains('\0')) {
        let mut world = World::new();
        let missing = format!("/nowhere/{payload}");
        is_inert(what, &world.run(&["env", "--kubeconfig", &missing]));
        is_inert(what, &world.run(&["explain", "--replay", &missing]));
        is_inert(what, &world.run(&["explain", "svc/web", payload]));
        is_inert(what, &world.run(&["explain", &format!("svc/{payload}")]));
        is_inert(what, &world.run(&["demo", payload]));
        for variable in [
            "KUBECONFIG",
            "DOCKER_HOST",
            "DOCKER_CONTEXT",
            "KIND_EXPERIMENTAL_PROVIDER",
            "WSL_DISTRO_NAME",
            "MINIKUBE_HOME",
            "LIMA_HOME",
        ] {
            world.set(variable, *payload);
        }
        is_inert(what, &world.run(&["env", "-v"]));
    }
}

#[test]
fn what_a_server_and_an_engine_say_is_shown_harmlessly() {
    for (what, payload) in PAYLOADS {
        let lab = Lab::with(|plan| {
            let node = plan.node();
            node.0["State"]["Error"] = json!(payload);
            node.0["Config"]["Image"] = json!(payload);
            plan.cluster.pod["status"]["conditions"] =
                json!([{ "type": "Ready", "status": "False", "reason": payload, "message": payload }]);
            plan.cluster.pod["status"]["containerStatuses"][0]["state"] =
                json!({ "waiting": { "reason": "CrashLoopBackOff", "message": payload } });
            plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
            plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
            plan.cluster.service["spec"]["ports"][0]["name"] = json!(payload);
            plan.cluster.service["metadata"]["annotations"] = json!({ payload: payload });
        });
        lab.server.status("/api/v1/nodes", 403, payload);
        lab.server.status("/api/v1/namespaces/web/events", 500, payload);
        for arguments in
            [&["explain", "svc/web"][..], &["explain", "svc/web", "-v"], &["explain", "svc/web", "-o", "yaml"]]
        {
            is_inert(what, &lab.run(arguments));
        }
        lab.world.stub("docker", &format!("printf '%s' {} >&2\nexit 1", quoted(payload)));
        is_inert(what, &lab.run(&["explain", "svc/web", "-v"]));
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// All files below a directory, with their sizes.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), entry.metadata().map_or(0, |data| data.len())));
        }
    }
    found.sort();
    found
}

/// A recording that names every program, file, host and address that a run could touch.
fn hostile_recording(lab: &Lab, door: u16) -> String {
    let path = lab.world.home().join("run.yaml");
    let output = lab.run(&["explain", "svc/web", "--record", path.to_str().expect("a path")]);
    assert_eq!(output.code, 0, "{output:?}");
    let text = fs::read_to_string(&path).expect("a recording");
    fs::remove_file(path).expect("a recording");
    let mut recording: Value = serde_yaml::from_str(&text).expect("YAML");
    // What would be asked next, had it not been answered: each of these is a want of the core.
    let answers = recording["answers"].as_array_mut().expect("answers");
    for answer in answers.iter_mut() {
        let text = answer.to_string();
        *answer = serde_json::from_str(&text.replace("dev", "$(id > owned)")).expect("still JSON");
    }
    answers.retain(|answer| !answer["ask"].to_string().contains("probe"));
    answers.push(json!({ "ask": { "file": "/etc/passwd" }, "answer": { "known": null } }));
    answers.push(
        json!({ "ask": { "probe": { "to": format!("127.0.0.1:{door}"), "speak": "http" } }, "answer": "absent" }),
    );
    recording["request"]["flags"] = json!(["--kubeconfig", "/etc/shadow", "--cluster", "; id > owned"]);
    recording["request"]["probe"] = json!("always");
    serde_yaml::to_string(&recording).expect("YAML")
}

/// Whatever a recording asks for, a replay starts nothing, opens nothing and asks nobody.
#[test]
fn a_replay_touches_nothing() {
    let lab = Lab::healthy();
    let text = hostile_recording(&lab, lab.door.port());
    let path = lab.world.home().join("stranger.yaml");
    fs::write(&path, text).expect("a recording");
    let tools = ["docker", "podman", "nerdctl", "minikube", "limactl", "kubectl", "curl", "sh", "id", "wslinfo"];
    for tool in tools {
        lab.world.stub(tool, "exit 0");
    }
    let calls = |lab: &Lab| tools.map(|tool| lab.world.calls(tool).len());
    let (before, requests, knocks) = (calls(&lab), lab.server.tcp(), lab.door.knocks());
    let there = files(&lab.world.home());
    let path = path.to_str().expect("a path");
    for arguments in [
        &["explain", "--replay", path][..],
        &["explain", "--replay", path, "-v"],
        &["explain", "--replay", path, "-o", "json"],
        &["env", "--replay", path, "-o", "markdown"],
        &["demo"],
        &["demo", "dead-tunnel", "-v"],
    ] {
        let output = lab.run(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
        is_inert("a stranger's recording", &output);
    }
    assert_eq!((calls(&lab), lab.server.tcp(), lab.door.knocks()), (before, requests, knocks));
    assert_eq!(files(&lab.world.home()), there, "a file was written");
}

/// The same, told by the kernel, where it tells: no socket, no process, and no file but the
/// recording that is not the system's own.
#[test]
fn a_replay_is_alone_with_its_file() {
    let strace = Path::new("/usr/bin/strace");
    if !strace.exists() {
        return;
    }
    let lab = Lab::healthy();
    let text = hostile_recording(&lab, lab.door.port());
    let path = lab.world.home().join("stranger.yaml");
    fs::write(&path, text).expect("a recording");
    let trace = lab.world.home().join("trace");
    let program = env!("CARGO_BIN_EXE_kubectl-netpath");
    let output = lab.world.run_program(
        strace,
        &[
            "-f",
            "-qq",
            "-e",
            "trace=openat,open,socket,connect,execve,unlink,rename,mkdir",
            "-o",
            trace.to_str().expect("a path"),
            program,
            "explain",
            "--replay",
            path.to_str().expect("a path"),
        ],
    );
    // Not everywhere may one process trace another.
    if output.code != 0 || !output.stdout.contains("svc/web") {
        return;
    }
    let said = fs::read_to_string(&trace).expect("a trace");
    let mut opened = 0;
    for line in said.lines().filter(|line| !line.contains("ENOENT")) {
        assert!(!line.contains("socket(") && !line.contains("connect("), "{line}");
        assert!(!line.contains("execve(") || line.contains(program), "{line}");
        assert!(
            !["unlink(", "rename(", "mkdir(", "O_CREAT", "O_WRONLY", "O_RDWR"].iter().any(|call| line.contains(call)),
            "{line}"
        );
        let own = ["stranger.yaml", "\"/lib", "\"/usr/lib", "\"/etc/ld.so", "\"/proc/", "\"/sys/"];
        if line.contains("open") {
            assert!(own.iter().any(|path| line.contains(path)), "{line}");
            opened += usize::from(line.contains("stranger.yaml"));
        }
    }
    assert!(opened > 0, "the trace has no recording: {said}");
}
