//! The same hostile texts as in `tests/hostile`, in environments that nobody recorded: what
//! their remedies name comes from Lima, k3d, Docker Desktop and Windows.

#[path = "../hostile/payloads.rs"]
mod payloads;
#[path = "../../fuzz/src/report.rs"]
mod report;
#[path = "../hostile/shells.rs"]
mod shells;
#[path = "../hostile/sweep.rs"]
mod sweep;

use std::collections::BTreeSet;

use netpath::ask::Engine;
use serde_json::json;

use crate::machine::Machine;
use crate::{docker_desktop, host, k3d, kind, lima, minikube, wsl};
use payloads::PAYLOADS;
use sweep::Scene;

/// One machine for each way in that is closed, and so has to be opened.
fn machines() -> Vec<(&'static str, Machine)> {
    let shut = |mut machine: Machine| {
        machine.doors.clear();
        machine
    };
    let down = |mut machine: Machine| {
        machine.api_down = Some(netpath::ask::Why::Refused);
        machine
    };
    vec![
        ("kind", shut(kind::machine::behind_a_wall("macos", Engine::Docker, &[]))),
        ("kind on podman", shut(kind::machine::behind_a_wall("windows", Engine::Podman, &[]))),
        ("k3d", shut(k3d::machine::behind_a_wall("macos", &[]))),
        ("k3d down", down(k3d::machine::linux(&[]))),
        ("minikube", shut(minikube::machine::macos_docker())),
        ("minikube down", down(minikube::machine::linux_docker())),
        ("lima", shut(lima::lima("macos", &json!({})))),
        ("colima", shut(lima::colima("macos"))),
        ("docker desktop", shut(docker_desktop::kubeadm("macos"))),
        ("k3s", host::machine::k3s()),
        ("k3s in WSL", wsl::k3s("nat")),
        ("kind in WSL", wsl::published("mirrored")),
    ]
}

#[test]
fn no_name_of_any_environment_is_obeyed() {
    let mut commands = BTreeSet::new();
    let (mut files, mut turn) = (Vec::new(), 0);
    for (name, machine) in machines() {
        let scene = Scene::new(name, &machine.recording());
        for text in scene.strings().keys() {
            turn += 1;
            let (what, hostile) = PAYLOADS[turn * 7 % PAYLOADS.len()];
            let run = std::panic::catch_unwind(|| scene.with(text, hostile).run(text, hostile).inspect(report::hold));
            let run = run.unwrap_or_else(|_| panic!("{name}: {text:?} as {what}: {hostile:?}"));
            let Some(outcomes) = run else { continue };
            commands.extend(sweep::commands(&outcomes));
            files.extend(sweep::files(&outcomes));
        }
    }
    let commands: Vec<Vec<String>> = commands.into_iter().collect();
    assert!(commands.len() > 50 && turn > 150, "{} commands of {turn} texts", commands.len());
    shells::posix_reads_back(&commands, 80);
    shells::powershell_reads_back(&commands, 80);
    shells::posix_writes(&files);
    shells::powershell_writes(&files);
}
