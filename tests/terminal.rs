//! At a real terminal: colour, width, the progress line, Ctrl-C; and by other names.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use support::{ApiServer, Big, Fault, Lab, Plan, Terminal, World, have, on_path};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-netpath");

/// Runs netpath at a terminal of this width, to its end.
fn run(world: &World, arguments: &str, columns: u16, env: &[(&str, &str)]) -> String {
    let line = format!("stty cols {columns} rows 24; exec {PROGRAM} {arguments}");
    let (code, shown) = Terminal::open(world, &line, Path::new("/nowhere"), env).end();
    assert_eq!(code, 0, "{arguments} {env:?}: {shown}");
    shown.replace("\r\n", "\n")
}

fn coloured(shown: &str) -> bool {
    shown.contains("\u{1b}[") && shown.contains('m')
}

#[test]
fn colour_follows_terminal_and_environment() {
    if !have(&["script", "stty"]) {
        return;
    }
    let lab = Lab::with(Plan::unpublish);
    for (env, wanted) in [
        (&[("TERM", "xterm")][..], true),
        (&[("TERM", "dumb")], false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], false),
        (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true),
        (&[("TERM", "xterm"), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
    ] {
        for arguments in ["explain svc/web", "explain V101"] {
            let shown = run(&lab.world, arguments, 80, env);
            assert_eq!(coloured(&shown), wanted, "{arguments} {env:?}: {shown}");
        }
    }
}

/// Nothing but commands, which must stay whole to be pasted, is wider than the terminal.
#[test]
fn a_narrow_terminal_gets_narrow_text() {
    if !have(&["script", "stty"]) {
        return;
    }
    let lab = Lab::with(Plan::unpublish);
    for arguments in ["explain svc/web", "explain", "env", "explain V101", "explain two-stage", "--help", "explain -h"]
    {
        let shown = run(&lab.world, arguments, 60, &[]);
        // Commands stand apart, as code does in pages, and so do the rows of the overview.
        let command = |line: &&str| line.starts_with("    ") || line.contains("://");
        let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 60 && !command(line)).collect();
        assert!(wide.is_empty(), "{arguments}: {wide:#?}");
        assert!(shown.lines().count() > 3, "{arguments}: {shown}");
    }
}

/// The line that says what is awaited comes late, and is gone in the end.
#[test]
fn the_progress_line_is_for_terminals_that_can_take_it_back() {
    if !have(&["script", "stty"]) {
        return;
    }
    let lab = Lab::healthy();
    lab.server.delay(Duration::from_millis(700));
    let xterm = [("TERM", "xterm"), ("NO_COLOR", "1")];
    let shown = run(&lab.world, "explain svc/web", 80, &xterm);
    assert!(shown.contains("reading from the API server"), "{shown}");
    let (_, rest) = shown.rsplit_once("\r\u{1b}[K").expect("taken back");
    assert!(!rest.contains("..."), "{rest}");
    for env in [[("TERM", "dumb"), ("A", "")], [("TERM", "xterm"), ("CI", "true")]] {
        let shown = run(&lab.world, "explain svc/web", 80, &env);
        assert!(!shown.contains("reading from") && !shown.contains("\u{1b}[K"), "{env:?}: {shown}");
    }
    let quiet = run(&lab.world, "explain svc/web -q", 80, &xterm);
    assert!(!quiet.contains("reading from"), "{quiet}");
    let piped = lab.run(&["explain", "svc/web"]);
    assert_eq!(piped.stderr, "", "no terminal, no line");
}

/// The name of a profile is anybody's text.
#[test]
fn the_progress_line_obeys_no_name() {
    if !have(&["script", "stty"]) {
        return;
    }
    let refusing = ApiServer::start(Fault::Refuse);
    let name = "m\u{1b}]0;PWNED\u{7}\u{1b}[31m\u{202e}\r\nnext line";
    let world = World::new();
    world.kubeconfig(
        &json!({
            "current-context": name,
            "contexts": [{ "name": name, "context": { "cluster": name, "user": "u" } }],
            "clusters": [{ "name": name, "cluster": { "server": refusing.url(), "extensions":
                [{ "name": "cluster_info", "extension": { "provider": "minikube.sigs.k8s.io" } }] } }],
            "users": [{ "name": "u", "user": {} }],
        })
        .to_string(),
    );
    let node = json!([{ "IP": "192.0.2.9", "Port": 8443, "ControlPlane": true, "Worker": true }]);
    let config = json!({ "Name": name, "Driver": "kvm2", "Nodes": node });
    world.file(&format!(".minikube/profiles/{name}/config.json"), &config.to_string());
    world.stub("minikube", "PATH=/usr/bin:/bin exec sleep 30");
    let shown = run(&world, "explain svc/web --timeout 2s", 60, &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    let lines: Vec<&str> = shown.split("\r\u{1b}[K").filter(|line| line.starts_with("asking minikube")).collect();
    assert!(!lines.is_empty(), "{shown:?}");
    for line in lines {
        assert!(line.chars().count() < 60 && line.ends_with(" ..."), "{line:?}");
        assert!(!line.contains(|letter: char| letter.is_control() || letter == '\u{202e}'), "{line:?}");
    }
}

/// Of a big cluster it says how far it is.
#[test]
fn the_progress_line_counts_pages() {
    if !have(&["script", "stty"]) {
        return;
    }
    let lab = Lab::healthy();
    Big { services: 1200, pods: 1, nodes: 1, namespaces: 2, managed: false }.serve(&lab.server);
    lab.server.delay(Duration::from_millis(400));
    let shown = run(&lab.world, "explain -A --timeout 60s", 80, &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    assert!(shown.contains("pages so far ..."), "{shown}");
    let (_, rest) = shown.rsplit_once("\r\u{1b}[K").expect("taken back");
    assert!(!rest.contains("so far"), "{rest}");
}

/// A job in the background of a shell, and so these tests and what they start, may not be
/// interrupted by keys (POSIX, "Asynchronous Lists").
fn is_deaf_to_interrupts() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 0b10 != 0)
}

#[test]
fn an_interrupt_leaves_the_terminal_clean() {
    if !have(&["script", "stty"]) {
        return;
    }
    if is_deaf_to_interrupts() {
        println!("skipped: SIGINT is ignored here, and so by everything that is started");
        return;
    }
    let server = ApiServer::start(Fault::Hang);
    let world = World::with(&server);
    for env in [[("TERM", "xterm")], [("TERM", "dumb")]] {
        let line = format!("exec {PROGRAM} explain svc/web");
        let before = server.tcp();
        let mut terminal = Terminal::open(&world, &line, Path::new("/nowhere"), &env);
        // Keys that are pressed before the program runs would be nobody's.
        let end = Instant::now() + Duration::from_secs(20);
        while server.tcp() == before && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(700));
        terminal.keys("\u{3}");
        let (code, shown) = terminal.end();
        assert_eq!(code, 130, "{env:?}: {shown:?}");
        if env[0].1 == "xterm" {
            assert!(shown.contains("..."), "nothing was shown: {shown:?}");
            assert!(shown.trim_end().ends_with("\u{1b}[K"), "{shown:?}");
        } else {
            assert!(!shown.contains('\u{1b}'), "{shown:?}");
        }
    }
}

#[test]
fn it_works_by_other_names_and_through_kubectl() {
    let lab = Lab::healthy();
    let link = lab.world.bin().join("kubectl-netpath");
    symlink(PROGRAM, &link).expect("a link");
    let other = lab.world.bin().join("netpath-of-mine");
    symlink(&link, &other).expect("a link to a link");
    for program in [&link, &other] {
        let output = lab.world.run_program(program, &["explain", "svc/web", "-o", "json"]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
        let help = lab.world.run_program(program, &["explain", "-h"]).stdout;
        assert!(help.contains("Usage: kubectl netpath explain"), "{help}");
    }
    let Some(kubectl) = on_path("kubectl").filter(|_| have(&["kubectl"])) else { return };
    let through = |arguments: &[&str]| lab.world.run_program(&kubectl, &[&["netpath"], arguments].concat());
    let direct = |arguments: &[&str]| lab.world.run(arguments);
    for arguments in [
        &["explain", "V101"][..],
        &["demo", "reachable"],
        &["explain", "--nothing"],
        &["explain", "pvc/x"],
        &["--help"],
    ] {
        let (one, other) = (through(arguments), direct(arguments));
        assert_eq!((one.code, one.stdout, one.stderr), (other.code, other.stdout, other.stderr), "{arguments:?}");
    }
    let output = through(&["explain", "svc/web", "-n", "web", "--context", "kind-dev", "--exit-code", "-o", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    let listed = lab.world.run_program(&kubectl, &["plugin", "list"]);
    let expected: PathBuf = link;
    assert!(listed.stdout.contains(&*expected.to_string_lossy()), "{listed:?}");
    assert!(!listed.stderr.contains("warning"), "{listed:?}");
}
