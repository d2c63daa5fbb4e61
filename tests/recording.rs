//! Recordings: what they must never hold, and that replaying one shows the same without
//! touching the world.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use support::{Behind, CANARIES, Door, Fault, Lab, Output, Report, World};

/// Secrets of a kubeconfig, in user entries beside the one that is used.
const KUBECONFIG_CANARIES: [&str; 5] =
    ["CANARY-USER", "CANARY-PASSWORD", "Q0FOQVJZLUtFWQ==", "CANARY-ARGUMENT", "CANARY-PROXY"];

const FORMATS: [&[&str]; 8] = [
    &[],
    &["-v"],
    &["-q"],
    &["-o", "json"],
    &["-o", "yaml"],
    &["-o", "markdown"],
    &["-v", "--color=always"],
    &["--ascii"],
];

/// Adds entries that hold every kind of credential, and a proxy that is not used.
fn with_secrets(kubeconfig: &str) -> String {
    let more = "- name: basic
  user:
    username: CANARY-USER
    password: CANARY-PASSWORD
- name: certificate
  user:
    client-certificate-data: Q0FOQVJZLUtFWQ==
    client-key-data: Q0FOQVJZLUtFWQ==
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: login
      args: [CANARY-ARGUMENT]
      env: [{name: SECRET, value: CANARY-ARGUMENT}]
";
    let clusters = "clusters:\n- name: elsewhere\n  cluster:\n    server: https://192.0.2.9\n    proxy-url: http://me:CANARY-PROXY@192.0.2.9\n";
    format!("{}{more}", kubeconfig.replace("clusters:\n", clusters))
}

#[track_caller]
fn holds_no_secret(text: &str) {
    for canary in CANARIES.iter().chain(&KUBECONFIG_CANARIES) {
        assert!(!text.contains(canary), "{canary} leaked into:\n{text}");
    }
}

fn file(world: &World) -> PathBuf {
    world.home().join("run.yaml")
}

#[track_caller]
fn record(lab: &Lab, command: &[&str]) -> (Value, String) {
    let path = file(&lab.world);
    let output = lab.run(&[command, &["-o", "json", "--record", path.to_str().expect("a path")]].concat());
    (Report::read(&output).0, fs::read_to_string(path).expect("a recording"))
}

#[track_caller]
fn replay(world: &World, flags: &[&str]) -> Output {
    let path = file(world);
    let output = world.run(&[&["explain", "--replay", path.to_str().expect("a path")], flags].concat());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    output
}

#[test]
fn replaying_shows_the_same_without_touching_the_world() {
    for command in [&["explain", "svc/web"][..], &["explain", "svc/none"], &["explain"], &["env"]] {
        let lab = Lab::healthy();
        let (recorded, _) = record(&lab, command);
        let requests = lab.server.tcp();
        let (calls, knocks) = (lab.world.calls("docker").len(), lab.door.knocks());
        assert!(requests > 0 && calls > 0);

        let path = file(&lab.world);
        let again = lab.run(&[command, &["-o", "json", "--replay", path.to_str().expect("a path")]].concat());
        assert_eq!(Report::read(&again).0, recorded, "{command:?}");
        assert_eq!((lab.server.tcp(), lab.world.calls("docker").len(), lab.door.knocks()), (requests, calls, knocks));

        // Neither is there anything left that could be asked.
        let Lab { server, world, door, .. } = lab;
        drop((server, door));
        fs::remove_file(world.kubeconfig_path()).expect("a kubeconfig");
        fs::remove_dir_all(world.bin()).expect("stubs");
        let output = replay(&world, &["-o", "json"]);
        assert_eq!(Report::read(&output).0, recorded, "{command:?}");
    }
}

/// A replay answers the question of the recording, whatever the command line asks.
#[test]
fn a_replay_answers_what_was_recorded() {
    let lab = Lab::healthy();
    let (recorded, _) = record(&lab, &["explain", "svc/web"]);
    let path = file(&lab.world);
    let output = lab.run(&["explain", "svc/other", "-o", "json", "--replay", path.to_str().expect("a path")]);
    assert_eq!(Report::read(&output).0, recorded);
}

#[test]
fn no_secret_gets_into_a_recording_or_any_output() {
    type Change = fn(&mut support::Plan);
    let healthy: Change = |_| ();
    // Every rule that reads more than a healthy path needs.
    let unready: Change = |plan| {
        plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
        plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
    };
    let unselected: Change = |plan| plan.cluster.service["spec"]["selector"] = json!({ "app": "wbe" });
    let balancer: Change = |plan| plan.cluster.service["spec"]["type"] = json!("LoadBalancer");
    for (name, change, command) in [
        ("healthy", healthy, &["explain", "svc/web"][..]),
        ("not ready", unready, &["explain", "svc/web"]),
        ("selector", unselected, &["explain", "svc/web"]),
        ("load balancer", balancer, &["explain", "svc/web"]),
        ("missing", healthy, &["explain", "svc/wbe"]),
        ("overview", healthy, &["explain", "-A"]),
        ("environment", healthy, &["env"]),
    ] {
        let lab = Lab::with(change);
        let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).expect("a kubeconfig");
        let kubeconfig = with_secrets(&kubeconfig);
        for canary in KUBECONFIG_CANARIES {
            assert!(kubeconfig.contains(canary), "{canary} is not even there");
        }
        lab.world.kubeconfig(&kubeconfig);
        let (_, recording) = record(&lab, command);
        holds_no_secret(&recording);
        assert!(recording.contains("dev-control-plane"), "{name}: an empty recording proves nothing");
        for format in FORMATS {
            let output = lab.run(&[command, format].concat());
            assert_eq!(output.code, 0, "{name}: {output:?}");
            holds_no_secret(&(output.stdout + &output.stderr));
        }
        for format in FORMATS {
            holds_no_secret(&replay(&lab.world, format).stdout);
        }
    }
}

/// Commands repeat the flags that chose the cluster, and nothing that a URL hides.
#[test]
fn no_secret_of_a_server_s_url_is_repeated() {
    let lab = Lab::healthy();
    lab.server.status("/api/v1/namespaces/web/services/web", 403, "no");
    let host = lab.server.address();
    let server = format!("https://me:CANARY-PASSWORD@{host}?token=CANARY-PASSWORD");
    let (_, recording) = record(&lab, &["explain", "svc/web", "--server", &server]);
    holds_no_secret(&recording);
    assert!(recording.contains(&format!("- https://{host}\n")), "{recording}");
    for format in FORMATS {
        let output = lab.run(&[&["explain", "svc/web", "--server", &server], format].concat());
        assert_eq!(output.code, 0, "{output:?}");
        holds_no_secret(&(output.stdout + &output.stderr));
        holds_no_secret(&replay(&lab.world, format).stdout);
    }
    let output = lab.run(&["explain", "svc/web", "--server", &server]);
    assert!(output.stdout.contains(&format!("kubectl --server https://{host} ")), "{}", output.stdout);
}

#[test]
fn a_run_that_could_not_look_is_recorded_as_such() {
    for fault in [Fault::Refuse, Fault::Status(403), Fault::WrongCertificate, Fault::BadJson] {
        let lab = Lab::broken(fault, |_| ());
        lab.world.stub("docker", "echo 'permission denied CANARY-NOT' >&2\nexit 1");
        let (recorded, text) = record(&lab, &["explain", "svc/web"]);
        holds_no_secret(&text);
        assert!(text.contains("unavailable"), "{fault:?}: {text}");
        let output = replay(&lab.world, &["-o", "json"]);
        assert_eq!(Report::read(&output).0, recorded, "{fault:?}");
    }
}

/// What a recording lacks could not be looked at; nothing becomes missing.
#[test]
fn what_a_recording_lacks_is_unknown() {
    let lab = Lab::healthy();
    let (_, text) = record(&lab, &["explain", "svc/web"]);
    let whole: Value = serde_yaml::from_str(&text).expect("YAML");
    let answers = whole["answers"].as_array().expect("answers");
    assert!(answers.len() >= 7, "{} answers", answers.len());
    for (left_out, answer) in answers.iter().enumerate() {
        let mut cut = whole.clone();
        cut["answers"].as_array_mut().expect("answers").remove(left_out);
        // JSON is YAML.
        fs::write(file(&lab.world), cut.to_string()).expect("a recording");
        let path = file(&lab.world);
        let output = lab.run(&["explain", "-o", "json", "--replay", path.to_str().expect("a path")]);
        if answer["ask"] == "kubeconfig" {
            assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
            continue;
        }
        let report = Report::read(&output);
        assert!(report.missing(2).is_empty(), "without {answer}: {report}");
        let claims = report.codes().iter().any(|code| code.starts_with('K') || code.starts_with('A'));
        assert!(!claims, "without {answer}: {report}");
    }
}

/// A recording from a run that read a probe's outcome replays it, even though the port is
/// somebody else's by now.
#[test]
fn probes_are_replayed_not_repeated() {
    let lab = Lab::behind(Behind::Closes, |_| ());
    let (recorded, _) = record(&lab, &["explain", "svc/web"]);
    let knocks = lab.door.knocks();
    assert_eq!(knocks, 1);
    let stranger = Door::open(Behind::Hello);
    let text = fs::read_to_string(file(&lab.world)).expect("a recording");
    let text = text.replace(&lab.door.port().to_string(), &stranger.port().to_string());
    fs::write(file(&lab.world), text).expect("a recording");
    let report = Report::read(&replay(&lab.world, &["-o", "json"]));
    assert_eq!(Some(report.verdict()), recorded["verdict"].as_str(), "{report}");
    assert_eq!(stranger.knocks(), 0);
}

/// Before anything is asked, and whatever is named by mistake.
#[test]
fn a_recording_overwrites_nothing_but_a_recording() {
    let lab = Lab::healthy();
    let kubeconfig = lab.world.kubeconfig_path();
    let before = fs::read_to_string(&kubeconfig).expect("a kubeconfig");
    let output = lab.run(&["explain", "svc/web", "--record", kubeconfig.to_str().expect("a path")]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
    assert!(output.stderr.contains("is no netpath recording, and is not overwritten"), "{output:?}");
    assert_eq!(fs::read_to_string(&kubeconfig).expect("a kubeconfig"), before);
    assert_eq!((lab.server.tcp(), lab.world.calls("docker").len()), (0, 0), "it was refused too late");
    // An older recording gives way, an empty file is free, and a pipe is no file.
    fs::write(file(&lab.world), "").expect("a file");
    record(&lab, &["env"]);
    let (_, text) = record(&lab, &["explain", "svc/web"]);
    assert!(text.contains("goal:\n    explain:"), "{text}");
    let output = lab.run(&["explain", "svc/web", "-q", "--record", "/dev/stdout"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    let (report, recording) = output.stdout.split_once("apiVersion: netpath/").expect("a recording");
    assert!(report.contains("REACHABLE") && recording.contains("tookMs"), "{output:?}");
}

/// A stranger's words get into no command, and a stranger's place neither.
#[test]
fn a_replay_shows_no_flags_of_a_stranger() {
    let lab = Lab::healthy();
    lab.server.status("/api/v1/namespaces/web/services/web", 403, "no");
    let (_, text) = record(&lab, &["explain", "svc/web", "--server", &lab.server.url()]);
    let own = replay(&lab.world, &[]).stdout;
    assert!(own.contains("kubectl --server URL ") && !own.contains("kubectl --server http"), "{own}");
    let mut recording: Value = serde_yaml::from_str(&text).expect("YAML");
    recording["request"]["flags"] = json!(["--server", "https://evil.example", "get", "secret"]);
    fs::write(file(&lab.world), recording.to_string()).expect("a recording");
    let path = file(&lab.world);
    let output = lab.run(&["explain", "--replay", path.to_str().expect("a path")]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
    assert!(output.stderr.contains("request.flags") && !output.stderr.contains("evil"), "{output:?}");
}

#[test]
fn a_recording_that_cannot_be_written_is_an_error() {
    let lab = Lab::healthy();
    let output = lab.run(&["explain", "svc/web", "--record", "/nowhere/at/all.yaml"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("REACHABLE"), "the report is not lost: {output:?}");
    assert!(output.stderr.contains("recording /nowhere/at/all.yaml could not be written"), "{output:?}");
}

/// The system would wait for the other side for ever. What is a pipe and has a reader is fine.
#[test]
fn a_named_pipe_without_another_side_is_not_waited_for() {
    let lab = Lab::healthy();
    let pipe = lab.world.home().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let path = pipe.to_str().expect("a path");
    let replayed = lab.run(&["explain", "--replay", path]);
    assert_eq!((replayed.code, replayed.stdout.as_str()), (1, ""), "{replayed:?}");
    let why = "could not be read: it is a named pipe, and nobody writes to it";
    assert!(replayed.stderr.contains(why), "{replayed:?}");
    let recorded = lab.run(&["explain", "svc/web", "--record", path]);
    assert_eq!(recorded.code, 1, "{recorded:?}");
    assert!(recorded.stdout.contains("REACHABLE"), "the report is not lost: {recorded:?}");
    let why = "could not be written: it is a named pipe, and nobody reads it";
    assert!(recorded.stderr.contains(why), "{recorded:?}");
    let listening = pipe.clone();
    let reader = std::thread::spawn(move || fs::read_to_string(listening).expect("a recording"));
    let recorded = lab.run(&["explain", "svc/web", "--record", path]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let text = reader.join().expect("a reader");
    assert!(text.ends_with('\n') && text.contains("tookMs"), "{text}");
    // One that comes late is waited for, and one that takes its time is read to its end.
    let writing = pipe.clone();
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let mut pipe = fs::OpenOptions::new().write(true).open(writing).expect("the pipe");
        let (begin, end) = text.split_at(text.len() / 2);
        std::io::Write::write_all(&mut pipe, begin.as_bytes()).expect("the begin");
        std::thread::sleep(std::time::Duration::from_millis(2500));
        std::io::Write::write_all(&mut pipe, end.as_bytes()).expect("the end");
    });
    let replayed = lab.run(&["explain", "--replay", path]);
    assert!(replayed.code == 0 && replayed.stdout.contains("REACHABLE"), "{replayed:?}");
    writer.join().expect("a writer");
}
