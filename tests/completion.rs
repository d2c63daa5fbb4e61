//! Completion: what is offered, and that real shells get it, at a real terminal.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests look at the world, and say what they skip")]

mod support;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::json;
use support::{ApiServer, Fault, Lab, Terminal, World, have, on_path};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-netpath");

/// A cluster with two namespaces; `web` has a few Services and a Deployment.
fn lab() -> Lab {
    let lab = Lab::healthy();
    let named = |name: &str| json!({ "metadata": { "name": name } });
    lab.server.list("/api/v1/namespaces", "NamespaceList", ["default", "web", "webhooks"].map(named));
    let evil = named("web\u{1b}[2J x");
    let services = ["web", "web-admin", "db"].map(named).into_iter().chain([evil]);
    lab.server.list("/api/v1/namespaces/web/services", "ServiceList", services);
    lab.server.list("/api/v1/namespaces/webhooks/services", "ServiceList", [named("hook")]);
    lab.server.list("/apis/apps/v1/namespaces/web/deployments", "DeploymentList", [named("front")]);
    for name in ["kubectl-netpath", "kubectl_complete-netpath"] {
        symlink(PROGRAM, lab.world.bin().join(name)).expect("a link");
    }
    lab
}

/// Asks as kubectl does: by the name of the program.
fn offered(world: &World, words: &[&str]) -> String {
    let output = world.run_program(&world.bin().join("kubectl_complete-netpath"), words);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{words:?}: {output:?}");
    let values = output.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default());
    values.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_fits_is_offered() {
    let lab = lab();
    for (words, wanted) in [
        (&["ex"][..], "explain :4"),
        (&["explain", "svc/"], "svc/web svc/web-admin svc/db :4"),
        (&["explain", "svc/web-"], "svc/web-admin :4"),
        (&["explain", "Service/d"], "Service/db :4"),
        (&["explain", "svc", "web"], "web web-admin :4"),
        (&["explain", "deploy/"], "deploy/front :4"),
        (&["explain", "deploy", ""], "front :4"),
        (&["explain", "-n", "webhooks", "svc/"], "svc/hook :4"),
        (&["explain", "-nwebhooks", "svc/"], "svc/hook :4"),
        (&["explain", "w"], "web web-admin :6"),
        (&["explain", "dep"], "deploy/ :6"),
        (&["explain", "two"], "two-stage :6"),
        (&["explain", "V10"], "V101 V102 V103 V104 V105 V106 V107 V108 V109 :6"),
        (&["explain", "none/"], ":4"),
        (&["explain", "svc/web", ""], ":4"),
        (&["explain", "-n", "we"], "web webhooks :4"),
        (&["explain", "--namespace=we"], "web webhooks :4"),
        (&["env", "--context", ""], "kind-dev :4"),
        (&["env", "--cluster", "k"], "kind-dev :4"),
        (&["env", "--user", "k"], "kind-dev :4"),
        (&["explain", "svc/web", "--port", ""], "http 80 :4"),
        (&["explain", "-o", ""], "text json yaml markdown :4"),
        (&["explain", "--viewer", "w"], "windows :4"),
        (&["explain", "--insec"], "--insecure-skip-tls-verify :4"),
        (&["explain", "--kubeconfig", ""], ":0"),
        (&["explain", "--record="], ":0"),
        (&["completion", "z"], "zsh :4"),
        (&["demo", "r"], "reachable :4"),
        (&["none", ""], "explain env demo completion :4"),
        (&[], "explain env demo completion :4"),
    ] {
        let said = offered(&lab.world, words);
        // Codes may be added.
        let said = if words == ["explain", "V10"] { &said[..wanted.len().min(said.len())] } else { &said };
        assert!(said == wanted || words == ["explain", "V10"] && said.starts_with("V101"), "{words:?}: {said}");
    }
    let direct = lab.world.run(&["__complete", "explain", "svc/web-"]);
    assert_eq!(direct.stdout, "svc/web-admin\n:4\n", "by the hidden command");
    assert!(lab.server.requests().iter().all(|request| request.method == "GET"));
    assert!(!lab.world.run(&["--help"]).stdout.contains("__complete"));
}

/// Nobody waits at a prompt for longer than a second, or reads an error there.
#[test]
fn what_cannot_be_known_in_a_second_is_not_offered() {
    let mut world = World::new();
    let complete = |world: &World, words: &[&str]| world.run(&[&["__complete"], words].concat());
    let silent = |world: &World| {
        let output = complete(world, &["explain", "svc/"]);
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (0, ":4\n", ""));
        assert!(output.elapsed < Duration::from_millis(2000), "{:?}", output.elapsed);
    };
    silent(&world);
    world.kubeconfig("users: [{");
    silent(&world);
    for fault in
        [Fault::Refuse, Fault::Hang, Fault::HangAfterTls, Fault::Status(403), Fault::Status(503), Fault::BadJson]
    {
        let server = ApiServer::start(fault);
        world.kubeconfig(&server.kubeconfig());
        silent(&world);
    }
    let server = ApiServer::start(Fault::None);
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always}";
    world.kubeconfig(&server.kubeconfig().replace("token: CANARY-TOKEN", exec));
    world.stub("login", "echo asked >&2; exit 1");
    silent(&world);
    assert_eq!(world.calls("login"), Vec::<String>::new(), "a plugin that must ask somebody was run");
    // Kinds and topics need no cluster.
    world.set("KUBECONFIG", "/nowhere");
    assert!(complete(&world, &["explain", "s"]).stdout.contains("svc/\tService"));
}

/// What a line becomes with a TAB at its end.
fn tab(terminal: &mut Terminal, number: usize, line: &str) -> String {
    // TAB, then to the begin of the line to make an echo of it.
    terminal.keys(&format!("{line}\t"));
    thread::sleep(Duration::from_millis(2500));
    terminal.keys(&format!("\u{1}echo mark{number}: \r"));
    terminal.line(&format!("mark{number}:"))
}

/// The same lines in each shell; a line that is complete gets a blank.
fn through(shell: &str, setup: &[&str], command: &str, extra: &Path) {
    let lab = lab();
    let mut terminal = Terminal::open(&lab.world, shell, extra, &[]);
    for line in setup {
        terminal.keys(&format!("{line}\r"));
    }
    terminal.keys("echo read''y\r");
    terminal.line("ready");
    for (number, (typed, wanted)) in [
        ("expl", "explain"),
        ("explain svc/web-", "explain svc/web-admin"),
        ("explain -n webh", "explain -n webhooks"),
        ("explain V10", "explain V10"),
        ("env --context ki", "env --context kind-dev"),
        ("explain deploy/", "explain deploy/front"),
    ]
    .into_iter()
    .enumerate()
    {
        let became = tab(&mut terminal, number, &format!("{command} {typed}"));
        assert_eq!(became.trim(), format!("{command} {wanted}"), "{shell}");
    }
}

fn kubectls_directory() -> PathBuf {
    on_path("kubectl").and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(|| "/nowhere".into())
}

// kubectl's script wants two functions of the bash-completion package, or these stand-ins.
const BASH: &str = "_get_comp_words_by_ref() { words=(\"${COMP_WORDS[@]}\"); cword=$COMP_CWORD; \
                    cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; }; __ltrim_colon_completions() { :; }";

#[test]
fn bash_through_kubectl() {
    if have(&["bash", "script", "kubectl"]) {
        let setup = [BASH, "source <(kubectl completion bash)"];
        through("bash --norc --noprofile -i", &setup, "kubectl netpath", &kubectls_directory());
    }
}

#[test]
fn zsh_through_kubectl() {
    if have(&["zsh", "script", "kubectl"]) {
        let setup = ["autoload -Uz compinit", "compinit -D -u", "source <(kubectl completion zsh)"];
        through("zsh -f -i", &setup, "kubectl netpath", &kubectls_directory());
    }
}

#[test]
fn bash_by_its_own_script() {
    if have(&["bash", "script"]) {
        let setup = ["source <(kubectl-netpath completion bash)"];
        through("bash --norc --noprofile -i", &setup, "kubectl-netpath", Path::new("/nowhere"));
    }
}

#[test]
fn zsh_by_its_own_script() {
    if have(&["zsh", "script"]) {
        let setup = ["autoload -Uz compinit", "compinit -D -u", "source <(kubectl-netpath completion zsh)"];
        through("zsh -f -i", &setup, "kubectl-netpath", Path::new("/nowhere"));
    }
}

/// fish can say what it would offer without a terminal.
#[test]
fn fish_by_its_own_script() {
    if !have(&["fish"]) {
        return;
    }
    let lab = lab();
    let mut world = lab.world;
    world.set("PATH", format!("{}:/usr/bin:/bin", world.bin().display()));
    let offered = |line: &str| {
        let script = format!("kubectl-netpath completion fish | source; complete -C '{line}'");
        let output = world.run_program(&on_path("fish").expect("fish"), &["--no-config", "-c", &script]);
        let mut values: Vec<_> =
            output.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
        values.sort_unstable();
        values.join(" ")
    };
    assert_eq!(offered("kubectl-netpath explain svc/we"), "svc/web svc/web-admin");
    assert_eq!(offered("kubectl-netpath explain -n webh"), "webhooks");
    assert_eq!(offered("kubectl-netpath explain --context=ki"), "--context=kind-dev");
}
