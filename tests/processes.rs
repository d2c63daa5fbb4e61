//! What netpath starts, and what the system lets it start.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests look at the world, and say what they skip")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Lab, have, on_path};

/// A tool that hangs behind a process of its own, whose number it writes down.
const HANGS: &str = "/bin/sleep 60 & echo $! > started; wait";

/// The number of the process that a stub started.
fn started(lab: &Lab) -> String {
    let written = fs::read_to_string(lab.world.home().join("started")).expect("the stub was called");
    written.trim().to_owned()
}

/// Whether a process is still there. One that has ended may wait for a parent that does not ask.
fn lives(pid: &str) -> bool {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().expect("ps");
    let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[track_caller]
fn ends(pid: &str) {
    let until = Instant::now() + Duration::from_secs(5);
    while lives(pid) {
        assert!(Instant::now() < until, "process {pid} goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_a_tool_started_ends_with_it() {
    if !have(&["ps"]) {
        return;
    }
    let lab = Lab::healthy();
    lab.world.stub("docker", HANGS);
    let output = lab.run(&["explain", "svc/web", "--timeout", "2s"]);
    assert_eq!(output.code, 0, "{output:?}");
    ends(&started(&lab));
    let lab = Lab::healthy();
    lab.world.stub("login", HANGS);
    let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).expect("the kubeconfig");
    let token = kubeconfig.lines().find(|line| line.contains("token:")).expect("a token");
    let exec = "    exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}";
    lab.world.kubeconfig(&kubeconfig.replace(token, exec));
    let output = lab.run(&["explain", "svc/web", "--timeout", "2s"]);
    assert!(output.stdout.contains("did not finish in time"), "{output:?}");
    ends(&started(&lab));
}

/// Near-miss: a tool that is done may have left something running on purpose.
#[test]
fn what_a_tool_leaves_behind_goes_on() {
    if !have(&["ps"]) {
        return;
    }
    let lab = Lab::healthy();
    let docker = lab.world.bin().join("docker");
    let script = fs::read_to_string(&docker).expect("a stub");
    let leaves = "[ -e started ] || { /bin/sleep 60 > /dev/null 2>&1 & echo $! > started; }";
    lab.world.stub("docker", &format!("{leaves}\n{}", script.trim_start_matches("#!/bin/sh\n")));
    assert_eq!(lab.explain(&["svc/web"]).verdict(), "reachable");
    let pid = started(&lab);
    assert!(lives(&pid), "process {pid} has ended");
    assert!(Command::new("kill").arg(&pid).status().expect("kill").success());
}

/// A tool in a process group of its own gets no Ctrl-C of the terminal, and nothing of a signal
/// to netpath.
#[test]
fn a_signal_ends_the_tools_too() {
    if !have(&["ps"]) {
        return;
    }
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let lab = Lab::healthy();
        lab.world.stub("docker", HANGS);
        let program = env!("CARGO_BIN_EXE_kubectl-netpath");
        let script = format!(
            "{program} explain svc/web --timeout 20s & netpath=$!
            while [ ! -s started ]; do /bin/sleep 0.05; done
            kill -{signal} $netpath; wait $netpath"
        );
        let output = lab.world.run_program(Path::new("/bin/sh"), &["-c", &script]);
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{signal}: {output:?}");
        assert!(output.elapsed < Duration::from_secs(10), "{signal}: {output:?}");
        ends(&started(&lab));
    }
}

/// Root has no such limit: then it is another user who is given no process more. What netpath
/// could not ask for want of them is nobody's fault.
#[test]
fn where_no_thread_can_be_started_nobody_is_blamed() {
    if !have(&["bash", "id", "setpriv"]) {
        return;
    }
    let [bash, setpriv] = ["bash", "setpriv"].map(|tool| on_path(tool).expect("a tool"));
    let root = Command::new("id").arg("-u").output().expect("id").stdout == b"0\n";
    let lab = Lab::healthy();
    let program = env!("CARGO_BIN_EXE_kubectl-netpath");
    // The first thread is missing, and the second one.
    for limit in [1, 2] {
        for server in ["https://127.0.0.1:1", "https://localhost:1"] {
            // Its own files are nobody's business, so it has none.
            let run = format!("cd /; ulimit -u {limit}; exec {program} env --kubeconfig= --server {server}");
            let (bash, setpriv) = (bash.to_str().expect("a path"), setpriv.to_str().expect("a path"));
            let other = ["--reuid=64999", "--regid=64999", "--clear-groups", bash, "-c", &run];
            let output = match root {
                true => lab.world.run_program(Path::new(setpriv), &other),
                false => lab.world.run_program(Path::new(bash), &other[3..]),
            };
            if output.code == 126 {
                println!("skipped: another user may not run {program}");
                return;
            }
            assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{limit}: {output:?}");
            let said = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains("netpath could not start "), "{limit}: {output:?}");
            assert!(!said.contains("✗"), "{limit}: {output:?}");
        }
    }
}
