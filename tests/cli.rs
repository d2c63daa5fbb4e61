//! The command line: bad input, streams, exit codes, formats, and text from a cluster that
//! tries to take over the terminal. Never a panic.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::fs;
use std::time::Duration;

use netpath::diagnose::registry::REGISTRY;
use serde_json::{Value, json};
use support::{ApiServer, Behind, CANARIES, Fault, Lab, Names, Output, Report, World, assert_no_canary};

/// Fails if a run died of a bug instead of saying what is wrong.
#[track_caller]
fn sane(output: &Output) {
    let all = format!("{}{}", output.stdout, output.stderr);
    for sign in ["panicked", "RUST_BACKTRACE", "stack backtrace", "src/"] {
        assert!(!all.contains(sign), "{sign} in {output:?}");
    }
    assert!((0..=5).contains(&output.code), "{output:?}");
}

/// Runs with backtraces on, so that a panic cannot hide.
#[track_caller]
fn run(world: &mut World, arguments: &[&str]) -> Output {
    let output = world.set("RUST_BACKTRACE", "1").run(arguments);
    sane(&output);
    output
}

/// An error: nothing on stdout, one on stderr, this exit code.
#[track_caller]
fn fails(world: &mut World, arguments: &[&str], code: i32, words: &[&str]) -> Output {
    let output = run(world, arguments);
    assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{arguments:?}: {output:?}");
    for word in words {
        assert!(output.stderr.contains(word), "{arguments:?}: no {word:?} in {}", output.stderr);
    }
    output
}

/// A success: nothing on stderr.
#[track_caller]
fn prints(world: &mut World, arguments: &[&str], words: &[&str]) -> String {
    let output = run(world, arguments);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{arguments:?}: {output:?}");
    for word in words {
        assert!(output.stdout.contains(word), "{arguments:?}: no {word:?} in {}", output.stdout);
    }
    output.stdout
}

#[test]
fn a_broken_kubeconfig_is_named_with_its_place_and_without_its_content() {
    let server = ApiServer::start(Fault::Refuse);
    let good = server.kubeconfig();
    let broken = [
        good.replace("    token: CANARY-TOKEN", "    token: CANARY-TOKEN\n   password: CANARY-SECRET"),
        good.replace("token: CANARY-TOKEN", "token: \"CANARY-TOKEN"),
        good.replace("token: CANARY-TOKEN", "token: CANARY-TOKEN\n\tpassword: CANARY-SECRET"),
        format!("{good}: CANARY-SECRET: {{["),
        good.replace("- name: test\n  user:", "- name: [test\n  user:"),
    ];
    for text in broken {
        let mut world = World::new();
        world.kubeconfig(&text);
        let place = format!("{}:", world.kubeconfig_path().display());
        let output = fails(&mut world, &["explain", "svc/web"], 1, &["error: ", &place]);
        let (_, rest) = output.stderr.split_once(&place).expect("the file's name");
        let mut numbers = rest.split(':');
        for _ in 0..2 {
            assert!(numbers.next().is_some_and(|number| number.parse::<u32>().is_ok()), "{}", output.stderr);
        }
        for canary in CANARIES {
            assert!(!output.stderr.contains(canary), "{}", output.stderr);
        }
    }
}

#[test]
fn a_kubeconfig_that_leads_nowhere_is_refused() {
    let server = ApiServer::start(Fault::Refuse);
    let mut world = World::with(&server);
    let good = server.kubeconfig();
    fails(&mut world, &["explain", "svc/web", "--context", "tset"], 1, &["\"tset\"", "test"]);
    fails(&mut world, &["explain", "--context", "none"], 1, &["\"none\"", "test"]);
    fails(&mut world, &["env", "--context", "none"], 1, &["\"none\"", "test"]);
    fails(&mut world, &["explain", "svc/web", "--cluster", "none"], 1, &["cluster", "\"none\""]);
    fails(&mut world, &["explain", "svc/web", "--user", "none"], 1, &["user", "\"none\""]);
    for (text, words) in [
        (good.replace("current-context: test", ""), ["no current context", "test"]),
        (good.replace("    cluster: test", "    cluster: gone"), ["cluster", "\"gone\""]),
        (good.replace("    user: test", "    user: gone"), ["user", "\"gone\""]),
        ("apiVersion: v1\nkind: Pod\n".into(), ["kubeconfig", "not a kubeconfig"]),
        ("- 1\n- 2\n".into(), ["kubeconfig", "not a kubeconfig"]),
    ] {
        world.kubeconfig(&text);
        let output = fails(&mut world, &["explain", "svc/web"], 1, &words);
        assert_no_canary(&output.stderr);
    }
    world.kubeconfig("");
    fails(&mut world, &["explain", "svc/web"], 1, &["no current context"]);
}

#[test]
fn no_kubeconfig_at_all_names_where_it_was_looked_for() {
    let mut world = World::new();
    let looked_for = world.kubeconfig_path().display().to_string();
    fails(&mut world, &["explain", "svc/web"], 1, &["kubeconfig", &looked_for]);
    world.set("KUBECONFIG", "");
    let default = world.home().join(".kube/config").display().to_string();
    fails(&mut world, &["explain", "svc/web"], 1, &["kubeconfig", &default]);
    fails(&mut world, &["explain", "svc/web", "--kubeconfig", "/nowhere/at/all"], 1, &["/nowhere/at/all"]);
    let directory = world.home().display().to_string();
    fails(&mut world, &["explain", "svc/web", "--kubeconfig", &directory], 1, &[&directory]);
}

#[test]
fn usage_errors_exit_with_2_and_say_what_would_do() {
    let mut world = World::new();
    for (arguments, words) in [
        (&["explain", "pvc/data"][..], &["unknown target kind \"pvc\"", "svc/NAME"][..]),
        (&["explain", "secret", "web"], &["unknown target kind \"secret\""]),
        (&["explain", "V199"], &["no code V199", "nearest", "V10"]),
        (&["explain", "k999"], &["no code k999"]),
        (&["explain", "svc/"], &["names no Service"]),
        (&["explain", "deploy/"], &["names no Deployment", "deploy/NAME"]),
        (&["explain", "sts/Web"], &["cannot be the name of a StatefulSet"]),
        (&["explain", "cronjob/web"], &["unknown target kind \"cronjob\"", "deploy/ sts/ ds/ rs/ job/ pod/"]),
        (&["explain", "Web"], &["lower-case"]),
        (&["explain", "svc/../../nodes"], &["svc/NAME"]),
        (&["explain", "svc", "a", "b"], &["error"]),
        (&["explain", "svc/web", "-A"], &["-A"]),
        (&["explain", "svc/web", "-l", "app=web"], &["-l"]),
        (&["explain", "svc/web", "-o", "xml"], &["xml", "json"]),
        (&["explain", "svc/web", "--timeout", "soon"], &["soon", "10s"]),
        (&["explain", "svc/web", "--probe", "--no-probe"], &["--no-probe"]),
        (&["explain", "svc/web", "-q", "-v"], &["--quiet", "--verbose"]),
        (&["explain", "svc/web", "--record", "a", "--replay", "b"], &["--replay"]),
        (&["explain", "--list", "svc/web"], &["--list"]),
        (&["demo", "none"], &["no demo \"none\"", "not-published", "reachable"]),
        (&["completion", "tcsh"], &["tcsh", "bash"]),
        (&["completion"], &["SHELL"]),
        (&["unknown"], &["unknown"]),
        (&[], &["Usage"]),
        (&["--nothing"], &["--nothing"]),
    ] {
        fails(&mut world, arguments, 2, words);
    }
}

#[test]
fn pages_and_lists_need_no_cluster() {
    let mut world = World::new();
    prints(&mut world, &["explain", "V101"], &["V101", "node-port-not-published", "virtualization layer"]);
    assert_eq!(prints(&mut world, &["explain", "v101"], &[]), prints(&mut world, &["explain", "V101"], &[]));
    prints(&mut world, &["explain", "two-stage"], &["browser", "Pod"]);
    let list = prints(&mut world, &["explain", "--list"], &[]);
    for entry in REGISTRY {
        assert!(list.contains(entry.code.as_str()) && list.contains(entry.slug), "{} is not listed", entry.code);
    }
    for entry in REGISTRY.iter().step_by(7) {
        let code = entry.code.as_str();
        let page = prints(&mut world, &["explain", code, "--ascii"], &[code]);
        assert!(page.is_ascii(), "{page}");
    }
    prints(&mut world, &["--version"], &[env!("CARGO_PKG_VERSION")]);
    for help in [&["--help"][..], &["help"], &["explain", "--help"], &["env", "-h"], &["demo", "-h"]] {
        prints(&mut world, help, &["Usage"]);
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        // Those of the others hold every flag, these ask for them.
        let asks = matches!(shell, "bash" | "zsh" | "fish");
        let words: &[&str] = if asks { &["__complete", "kubectl-netpath"] } else { &["explain", "replay"] };
        prints(&mut world, &["completion", shell], words);
    }
}

#[test]
fn demos_need_no_cluster_and_fit_the_schema() {
    let mut world = World::new();
    world.set("KUBECONFIG", "/nowhere");
    for (name, verdict) in [
        ("not-published", "unreachable"),
        ("wrong-selector", "unreachable"),
        ("dead-tunnel", "unreachable"),
        ("reachable", "reachable"),
    ] {
        prints(&mut world, &["demo", name], &["svc/"]);
        let report = Report::read(&run(&mut world, &["demo", name, "-o", "json"]));
        support::assert_fits(&report.0);
        assert_eq!(report.verdict(), verdict, "{name}: {report}");
    }
    let first = run(&mut world, &["demo"]);
    assert!(first.stderr.contains("demo NAME") && first.stderr.contains("  wrong-selector  "), "{first:?}");
    assert!(first.stderr.lines().all(|line| line.len() <= 80), "{first:?}");
    assert_eq!(first.stdout, run(&mut world, &["demo", "not-published"]).stdout);
}

fn recorded(lab: &Lab) -> String {
    let path = lab.world.home().join("run.yaml");
    let output = lab.run(&["explain", "svc/web", "--record", path.to_str().expect("a path")]);
    assert_eq!(output.code, 0, "{output:?}");
    fs::read_to_string(path).expect("a recording")
}

#[test]
fn what_is_no_recording_is_an_error() {
    let text = recorded(&Lab::healthy());
    let mut world = World::new();
    let path = world.home().join("in.yaml").display().to_string();
    let replay = |world: &mut World, bytes: &[u8], words: &[&str]| {
        fs::write(&path, bytes).expect("a file");
        fails(world, &["explain", "--replay", &path], 1, &[&["recording", path.as_str()][..], words].concat());
    };
    let other = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    replay(&mut world, &other("netpath/v1alpha1", "netpath/v9"), &["netpath/v9"]);
    replay(&mut world, &other("kind: Recording", "kind: Pod"), &["Pod"]);
    replay(&mut world, b"", &[]);
    replay(&mut world, b"\n", &[]);
    replay(&mut world, b"apiVersion: netpath/v1alpha1\nkind: Recording\n", &["not a complete"]);
    replay(&mut world, b"{}", &[]);
    replay(&mut world, b"[1, 2]", &[]);
    replay(&mut world, b"\x7fELF\x00\xff\xfe\x80 garbage \x00\x01\x02", &[]);
    replay(&mut world, &[0; 4096], &[]);
    replay(&mut world, "- ".repeat(20_000).as_bytes(), &[]);
    replay(&mut world, "[".repeat(20_000).as_bytes(), &[]);
    replay(&mut world, &other("answers:", "answers: CANARY-SECRET #"), &["not a complete"]);
    let home = world.home().display().to_string();
    fails(&mut world, &["explain", "--replay", &home], 1, &[&home]);
    fails(&mut world, &["explain", "--replay", "/nowhere/at/all"], 1, &["/nowhere/at/all"]);
    fails(&mut world, &["env", "--replay", "/nowhere/at/all"], 1, &["/nowhere/at/all"]);
}

/// A recording that was cut off: an error, or a report of what is left, never a panic and
/// never a fault that the whole recording does not have.
#[test]
fn a_recording_cut_anywhere_claims_nothing_false() {
    let text = recorded(&Lab::healthy());
    let mut world = World::new();
    let path = world.home().join("cut.yaml").display().to_string();
    let (mut errors, mut reports) = (0, 0);
    // 60 places, at no regular distance from the ends of lines.
    for step in 0..60 {
        let mut at = text.len() * step / 60 + step % 7;
        while !text.is_char_boundary(at) {
            at += 1;
        }
        fs::write(&path, &text[..at]).expect("a file");
        let output = run(&mut world, &["explain", "-o", "json", "--replay", &path]);
        if output.code == 1 {
            assert_eq!(output.stdout, "", "{at}: {output:?}");
            errors += 1;
        } else {
            let report = Report::read(&output);
            let claims = report.codes().iter().any(|code| code.starts_with('K') || code.starts_with('A'));
            assert!(!claims && report.missing(2).is_empty(), "{at}: {report}");
            reports += 1;
        }
    }
    assert!(errors > 10, "{errors} errors, {reports} reports");
}

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let lab = Lab::healthy();
    for arguments in [
        &["explain", "svc/web"][..],
        &["explain", "svc/web", "-o", "json"],
        &["explain"],
        &["env"],
        &["explain", "--list"],
        &["explain", "V101"],
        &["completion", "bash"],
        &["--help"],
        &["--version"],
        &["demo", "reachable"],
    ] {
        let output = lab.world.run_unread(arguments);
        sane(&output);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{arguments:?}: {output:?}");
    }
}

/// A disk that is full. What is recorded does not go to it, and is written nevertheless.
#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_printed_is_an_error() {
    let lab = Lab::healthy();
    let recording = lab.world.home().join("run.yaml");
    let seen = recording.to_str().expect("a path");
    for arguments in [
        &["explain", "svc/web", "--record", seen][..],
        &["explain", "svc/web", "-o", "json"],
        &["explain", "--replay", seen],
        &["env"],
        &["explain", "--list"],
        &["explain", "V101"],
        &["completion", "bash"],
        &["completion", "powershell"],
        &["--help"],
        &["--version"],
        &["demo"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let output = lab.world.run_into(arguments, full.into());
        assert_eq!(output.code, 1, "{arguments:?}: {output:?}");
        assert!(output.stderr.starts_with("error: could not write to standard output: "), "{arguments:?}: {output:?}");
        sane(&output);
    }
}

#[test]
fn exit_codes_follow_the_verdict_only_when_asked() {
    let partly = |plan: &mut support::Plan| {
        let mut second = plan.cluster.slice["endpoints"][0].clone();
        second["conditions"] = json!({ "ready": false });
        second["targetRef"]["name"] = json!("web-2");
        plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").push(second);
    };
    for (lab, verdict, code) in [
        (Lab::healthy(), "reachable", 0),
        (Lab::with(support::Plan::unpublish), "unreachable", 3),
        (Lab::broken(Fault::Status(403), |_| ()), "undetermined", 4),
        (Lab::with(partly), "degraded", 5),
    ] {
        let output = lab.run(&["explain", "svc/web", "--exit-code", "-o", "json"]);
        assert_eq!(output.code, code, "{verdict}: {output:?}");
        assert_eq!(output.stderr, "");
        let value: Value = serde_json::from_str(&output.stdout).expect("a report");
        assert_eq!(value["verdict"], verdict);
        assert_eq!(lab.run(&["explain", "svc/web"]).code, 0, "{verdict}");
    }
    // Without a report there is no verdict.
    let mut world = World::new();
    fails(&mut world, &["explain", "svc/web", "--exit-code"], 1, &[]);
}

#[test]
fn quiet_is_the_verdict_and_one_command() {
    let lab = Lab::with(support::Plan::unpublish);
    let (quiet, normal) = (lab.run(&["explain", "svc/web", "-q"]), lab.run(&["explain", "svc/web"]));
    let verbose = lab.run(&["explain", "svc/web", "-v"]);
    // The verdict, and one command, however long it is.
    assert!(quiet.stdout.lines().count() <= 4, "{}", quiet.stdout);
    assert!(quiet.stdout.contains("V101") && quiet.stdout.contains("docker run"), "{}", quiet.stdout);
    assert!(!quiet.stdout.contains("port-forward"), "{}", quiet.stdout);
    assert!(!quiet.stdout.contains("delete"), "{}", quiet.stdout);
    assert!(normal.stdout.lines().count() <= 30, "{}", normal.stdout);
    assert!(verbose.stdout.lines().count() > normal.stdout.lines().count());
    for line in normal.stdout.lines().filter(|line| !line.trim_start().starts_with(['$', 'k', 'd'])) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

fn labs() -> Vec<Lab> {
    vec![
        Lab::healthy(),
        Lab::with(support::Plan::unpublish),
        Lab::broken(Fault::Status(401), |_| ()),
        Lab::broken(Fault::Refuse, |plan| plan.node_is("exited")),
        Lab::behind(Behind::Closes, |_| ()),
    ]
}

#[test]
fn json_fits_the_schema_and_yaml_is_the_same_value() {
    for lab in labs() {
        // One run, recorded: two runs differ in the time they took.
        let path = lab.world.home().join("run.yaml").display().to_string();
        for command in [&["explain", "svc/web"][..], &["explain"], &["env"], &["explain", "svc/none"]] {
            let json = Report::read(&lab.run(&[command, &["-o", "json", "--record", &path]].concat()));
            support::assert_fits(&json.0);
            let yaml = lab.run(&[command, &["-o", "yaml", "--replay", &path]].concat());
            assert_eq!((yaml.code, yaml.stderr.as_str()), (0, ""));
            let yaml: Value = serde_yaml::from_str(&yaml.stdout).expect("YAML");
            assert_eq!(yaml, json.0, "{command:?}");
        }
    }
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let mut lab = Lab::with(support::Plan::unpublish);
    for command in [&["explain", "svc/web"][..], &["explain"], &["env"], &["explain", "V101"], &["explain", "--list"]] {
        let plain = lab.run(command);
        assert!(!plain.stdout.contains('\u{1b}'), "{command:?}: not a terminal");
        let coloured = lab.run(&[command, &["--color", "always"]].concat());
        assert!(coloured.stdout.contains("\u{1b}["), "{command:?}: {}", coloured.stdout);
        let never = lab.run(&[command, &["--color", "never"]].concat());
        assert!(!never.stdout.contains('\u{1b}'));
    }
    lab.world.set("NO_COLOR", "1").set("CLICOLOR_FORCE", "");
    assert!(!lab.run(&["explain", "svc/web"]).stdout.contains('\u{1b}'));
    assert!(
        lab.run(&["explain", "svc/web", "--color=always"]).stdout.contains("\u{1b}["),
        "a flag goes before NO_COLOR"
    );
    lab.world.set("CLICOLOR_FORCE", "1").set("NO_COLOR", "");
    for format in ["json", "yaml", "markdown"] {
        let output = lab.run(&["explain", "svc/web", "-o", format, "--color=always"]);
        assert!(!output.stdout.contains('\u{1b}'), "{format}");
    }
}

#[test]
fn ascii_is_nothing_but_ascii() {
    for lab in labs() {
        for command in [&["explain", "svc/web"][..], &["explain"], &["env"], &["explain", "svc/web", "-v"]] {
            let output = lab.run(&[command, &["--ascii"]].concat());
            assert!(output.stdout.is_ascii(), "{}", output.stdout);
        }
    }
    let mut lab = Lab::healthy();
    assert!(!lab.run(&["explain", "svc/web"]).stdout.is_ascii(), "the check marks are not ASCII");
    lab.world.set("LC_ALL", "C");
    assert!(lab.run(&["explain", "svc/web"]).stdout.is_ascii(), "a terminal that does not speak UTF-8");
}

/// Clears the screen, sets the title, turns the line round, and rings.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\r\nowned";

#[track_caller]
fn tame(output: &str) {
    for sign in ["\u{1b}[2J", "\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}", "\r"] {
        assert!(!output.contains(sign), "{sign:?} in {output:?}");
    }
}

#[test]
fn text_from_the_cluster_never_reaches_the_terminal_raw() {
    type Change = fn(&mut support::Plan);
    let cases: [(&str, Change); 7] = [
        ("a Pod's name", |plan| {
            plan.cluster.pod["metadata"]["name"] = json!(EVIL);
            plan.cluster.slice["endpoints"][0]["targetRef"]["name"] = json!(EVIL);
            plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
            plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
            plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
        }),
        ("a condition's message", |plan| {
            plan.cluster.pod["status"]["conditions"] =
                json!([{ "type": "PodScheduled", "status": "False", "reason": EVIL, "message": EVIL }]);
            plan.cluster.slice["endpoints"] = json!([]);
        }),
        ("a waiting reason and an image", |plan| {
            plan.cluster.pod["spec"]["containers"][0]["image"] = json!(EVIL);
            plan.cluster.pod["status"]["conditions"] = json!([]);
            plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
            plan.cluster.pod["status"]["containerStatuses"][0]["state"] =
                json!({ "waiting": { "reason": "ImagePullBackOff", "message": EVIL } });
            plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
        }),
        ("a Node's name and reason", |plan| {
            plan.cluster.pod["spec"]["nodeName"] = json!(EVIL);
            plan.cluster.node["metadata"]["name"] = json!(EVIL);
            plan.cluster.node["status"]["conditions"] =
                json!([{ "type": "Ready", "status": "Unknown", "reason": EVIL, "message": EVIL }]);
            plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
        }),
        ("labels and selectors", |plan| {
            plan.cluster.service["spec"]["selector"] = json!({ "app": EVIL });
            plan.cluster.service["spec"]["ports"][0]["name"] = json!(EVIL);
            plan.cluster.service["spec"]["ports"][0]["targetPort"] = json!(EVIL);
        }),
        ("a load balancer's address", |plan| {
            plan.cluster.service["spec"]["type"] = json!("LoadBalancer");
            plan.cluster.service["status"]["loadBalancer"]["ingress"] = json!([{ "hostname": EVIL }]);
        }),
        ("the engine's words", |plan| {
            plan.node().0["Name"] = json!(EVIL);
            plan.node().0["State"]["Error"] = json!(EVIL);
            plan.node().0["Config"]["Image"] = json!(EVIL);
        }),
    ];
    for (name, change) in cases {
        let lab = Lab::with(change);
        let mut seen = false;
        for format in [
            &[][..],
            &["-v"],
            &["-q"],
            &["--color=always"],
            &["-o", "json"],
            &["-o", "yaml"],
            &["-o", "markdown"],
            &["--ascii"],
        ] {
            let output = lab.run(&[&["explain", "svc/web"], format].concat());
            sane(&output);
            assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{name}: {output:?}");
            tame(&output.stdout);
            seen |= output.stdout.contains("owned");
        }
        assert!(seen, "{name} is shown nowhere: the test proves nothing");
        tame(&lab.run(&["explain", "--color=always"]).stdout);
        tame(&lab.run(&["env", "-v"]).stdout);
    }
}

#[test]
fn events_errors_and_names_of_the_kubeconfig_are_tamed_too() {
    let lab = Lab::with(|plan| {
        plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
        plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
    });
    let events =
        [json!({ "type": "Warning", "reason": "Unhealthy", "message": format!("Readiness probe failed: {EVIL}"),
        "involvedObject": { "kind": "Pod", "name": "web-7c5ddbdf54-x2x9q" } })];
    lab.server.list("/api/v1/namespaces/web/events", "EventList", events);
    let output = lab.run(&["explain", "svc/web"]);
    assert!(output.stdout.contains("K215") && output.stdout.contains("owned"), "{}", output.stdout);
    tame(&output.stdout);

    let lab = Lab::healthy();
    lab.server.status("/api/v1/namespaces/web/services/web", 500, EVIL);
    let output = lab.run(&["explain", "svc/web", "-v"]);
    assert!(output.stdout.contains("owned"), "{}", output.stdout);
    tame(&output.stdout);

    let mut world = World::new();
    let server = ApiServer::start(Fault::Refuse);
    let context = "\"bad\\e[2J\\u0007\\u202eowned\"".to_owned();
    world.kubeconfig(&server.kubeconfig_named(&Names { context, ..Names::default() }));
    let output = run(&mut world, &["explain", "svc/web"]);
    assert!(output.stdout.contains("owned"), "{output:?}");
    tame(&output.stdout);
    let output = fails(&mut world, &["explain", "--context", "none\u{1b}[2J"], 1, &["owned"]);
    tame(&output.stderr);
}

/// A name that is a command of a shell is one quoted word of the remedy.
#[test]
fn names_never_become_words_of_a_shell() {
    let evil = "web; rm -rf $HOME `id` 'x'";
    let lab = Lab::with(|plan| {
        plan.cluster.pod["metadata"]["name"] = json!(evil);
        plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
        plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
    });
    let output = lab.run(&["explain", "svc/web"]);
    assert!(output.stdout.contains(r"'web; rm -rf $HOME `id` '\''x'\'''"), "{}", output.stdout);
    let report = lab.explain(&["svc/web"]);
    let remedies = report.finding("K215")["remedies"].as_array().expect("remedies");
    assert_eq!(remedies[0]["commands"][0], json!(["kubectl", "describe", "pod", evil]));
}

/// kubectl's flags reach the run: another namespace, another server, a token.
#[test]
fn connection_flags_work_as_kubectls_do() {
    let lab = Lab::healthy();
    let report = lab.explain(&["svc/web", "-n", "other"]);
    assert_eq!(report.root(), Some("K102"), "{report}");
    assert_eq!(lab.explain(&["svc/web", "--token", "wrong"]).root(), Some("C104"));
    let output = lab.run(&["explain", "svc/web", "--token", "CANARY-SECRET", "-o", "json", "-v"]);
    assert_no_canary(&(output.stdout + &output.stderr));
    let refusing = ApiServer::start(Fault::Refuse);
    let report = lab.explain(&["svc/web", "--server", &refusing.url()]);
    assert_eq!(report.root(), Some("C101"), "{report}");
    assert_eq!(lab.explain(&["svc/web", "--context", "kind-dev", "--namespace=web"]).verdict(), "reachable");
    let report = Report::read(&lab.run(&["explain", "-A", "-l", "app=web", "-o", "json"]));
    assert_eq!(report.0["items"].as_array().map(Vec::len), Some(1));
    let report = Report::read(&lab.run(&["explain", "-A", "-l", "app=none", "-o", "json"]));
    assert_eq!(report.0["items"].as_array().map(Vec::len), Some(0));
    for (arguments, said) in [(&["explain"][..], "namespace web\n"), (&["explain", "-A"], "all namespaces\n")] {
        let output = lab.run(arguments);
        assert!(output.stdout.contains(said), "{}", output.stdout);
    }
}

#[test]
fn insecure_connections_work_when_asked_for() {
    let lab = Lab::broken(Fault::WrongName, |_| ());
    assert_eq!(lab.explain(&["svc/web"]).root(), Some("C103"));
    assert_eq!(lab.explain(&["svc/web", "--tls-server-name=elsewhere.example"]).verdict(), "reachable");
    let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).expect("a kubeconfig");
    let trusting: Vec<&str> = kubeconfig.lines().filter(|line| !line.contains("certificate-authority-data")).collect();
    lab.world.kubeconfig(&trusting.join("\n"));
    assert_eq!(lab.explain(&["svc/web", "--insecure-skip-tls-verify"]).verdict(), "reachable");
}

/// Neither a limit that no clock knows nor a lack of files is a bug of netpath's.
#[test]
fn limits_of_the_computer_are_no_panic() {
    let lab = Lab::healthy();
    let output = lab.run(&["explain", "svc/web", "--timeout", "9223372036854775807s"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output:?}");
    assert!(output.stderr.contains("24h is the longest"), "{output:?}");
    assert_eq!(lab.run(&["explain", "svc/web", "--timeout", "24h"]).code, 0);
    let program = env!("CARGO_BIN_EXE_kubectl-netpath");
    for files in 5..12 {
        let line = format!("ulimit -n {files} && exec {program} explain svc/web --timeout 2s");
        let output = lab.world.run_program(std::path::Path::new("/bin/sh"), &["-c", &line]);
        assert!(!output.stderr.contains("bug"), "{files} files: {output:?}");
        let reported = output.code == 0 && output.stdout.contains("svc/web");
        assert!(reported || output.stderr.contains("Too many open files"), "{files} files: {output:?}");
    }
}

/// A run that was cut short by its own time limit says so and is over.
#[test]
fn the_time_limit_covers_slow_answers() {
    let lab = Lab::healthy();
    lab.server.delay(Duration::from_secs(20));
    let output = lab.run(&["explain", "svc/web", "-o", "json", "--timeout", "500ms"]);
    assert!(output.elapsed < Duration::from_secs(2), "{:?}", output.elapsed);
    assert_eq!(Report::read(&output).verdict(), "undetermined");
}
