//! The binary in a computer that is dressed up as a distribution of WSL2: what its tools
//! print, and what it makes of tools that hang, fail or talk nonsense.
//!
//! `NETPATH_TEST_ROOT` counts in debug builds alone.
#![cfg(all(target_os = "linux", debug_assertions))]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use support::{Lab, Report};

/// Does nothing for a long time. `exec`, so that killing the stub ends it.
const HANG: &str = "PATH=/usr/bin:/bin exec sleep 30";

/// A healthy kind cluster in a distribution. `curl` is the script of Windows' curl.
fn distribution(mode: &str, curl: Option<&str>) -> Lab {
    let mut lab = Lab::healthy();
    let root = root(&lab);
    let put = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    put("proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
    put("run/WSL/1_interop", "");
    put("proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n");
    lab.world.stub("wslinfo", mode);
    if let Some(script) = curl {
        install(&lab, "curl.exe", script);
    }
    lab.world.set("NETPATH_TEST_ROOT", root);
    lab
}

fn root(lab: &Lab) -> PathBuf {
    lab.world.home().join("root")
}

/// The docker of the lab says nothing about itself: it is asked whether it is Docker Desktop.
fn explain(lab: &Lab, arguments: &[&str]) -> Report {
    let docker = lab.world.bin().join("docker");
    let script = fs::read_to_string(&docker).expect("a stub");
    let info = "case \"$*\" in \"system info\"*) echo '{\"OperatingSystem\":\"Ubuntu 24.04 LTS\",\"SecurityOptions\":[]}'; exit 0 ;; esac";
    lab.world.stub("docker", &format!("{info}\n{}", script.split_once('\n').map_or("", |(_, rest)| rest)));
    lab.explain(&[&["svc/web"], arguments].concat())
}

#[test]
fn an_answer_on_windows_is_reachable() {
    let lab = distribution("echo nat", Some("printf '200 0.001 0.012'"));
    let report = explain(&lab, &[]);
    assert_eq!(report.verdict(), "reachable", "{report}");
    assert_eq!(report.0["viewer"], "windows", "{report}");
    assert_eq!(report.0["environment"]["boundaries"][0]["kind"], "wsl", "{report}");
    let calls = lab.world.calls("curl.exe");
    let port = lab.door.port();
    assert_eq!(
        calls,
        [format!(
            "-q -g -sS -o NUL -m 3 --noproxy * -w %{{http_code}} %{{time_connect}} %{{time_total}} http://127.0.0.1:{port}/"
        )]
    );
}

#[test]
fn from_the_distribution_windows_is_not_asked() {
    let lab = distribution("echo nat", Some("printf '200 0.001 0.012'"));
    let report = explain(&lab, &["--viewer", "here"]);
    assert_eq!((report.verdict(), report.0["viewer"].as_str()), ("reachable", Some("here")), "{report}");
    assert!(lab.world.calls("curl.exe").is_empty() && lab.world.calls("wslinfo").is_empty());
}

#[test]
fn utf_16_is_read() {
    // "200 0.1 0.1" in UTF-16, little endian, with its mark.
    let wide: String = "200 0.1 0.1".bytes().map(|byte| format!("\\{byte:03o}\\000")).collect();
    let lab = distribution("printf 'n\\000a\\000t\\000'", Some(&format!("printf '\\377\\376{wide}'")));
    let report = explain(&lab, &[]);
    assert_eq!(report.verdict(), "reachable", "{report}");
}

/// Whatever Windows' curl does but answer: never more than is known.
#[test]
fn a_curl_that_cannot_be_asked_leaves_windows_unknown() {
    let cases: [(&str, Option<&str>, &str); 5] = [
        ("absent", None, "curl.exe is not installed"),
        ("fails", Some("exit 126"), "exit code 126"),
        ("garbage", Some("printf 'MZ nonsense'"), "exit code 0"),
        ("hangs", Some(HANG), "no answer in time"),
        ("too much", Some("PATH=/usr/bin:/bin exec head -c 50000000 /dev/zero"), "more than 16777216 bytes"),
    ];
    std::thread::scope(|scope| {
        for (name, script, why) in cases {
            scope.spawn(move || {
                let lab = distribution("echo nat", script);
                let report = explain(&lab, &[]);
                assert_eq!(report.verdict(), "undetermined", "{name}: {report}");
                assert!(report.missing(1).is_empty(), "{name}: {report}");
                let unobserved = report.unobserved();
                let entry = unobserved.iter().find(|(what, ..)| what == "what a browser on Windows gets");
                let (_, said, settle) = entry.unwrap_or_else(|| panic!("{name}: {report}"));
                assert!(said.contains(why), "{name}: {said}");
                assert!(settle[0].starts_with("curl.exe "), "{name}: {settle:?}");
            });
        }
    });
}

/// A refusal of Windows is one, whatever the mode.
#[test]
fn a_refusal_is_the_walls() {
    let lab = distribution("echo nat", Some("printf '000 0.0 2.03'; exit 7"));
    let report = explain(&lab, &[]);
    assert_eq!(report.verdict(), "unreachable", "{report}");
    assert_eq!(report.codes(), ["V133"], "{report}");
}

/// Puts a program of Windows where it is looked for.
fn install(lab: &Lab, name: &str, script: &str) {
    // Written as a stub, so that no process is forked meanwhile; then moved.
    lab.world.stub(name, script);
    let target = root(lab).join("mnt/c/Windows/System32").join(name);
    fs::create_dir_all(target.parent().expect("a directory")).expect("a directory");
    fs::rename(lab.world.bin().join(name), &target).expect("moved");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// netsh is asked where Windows refuses, with words that change nothing.
#[test]
fn a_reserved_port_is_named() {
    let lab = distribution("echo nat", Some("printf '000 0.0 2.03'; exit 7"));
    install(&lab, "netsh.exe", "printf '\\r\\nStartport Endport\\r\\n1024 65535\\r\\n'");
    let report = explain(&lab, &[]);
    assert_eq!((report.verdict(), report.codes()), ("unreachable", vec!["V140"]), "{report}");
    assert_eq!(lab.world.calls("netsh.exe"), ["interface ipv4 show excludedportrange protocol=tcp"]);
}

/// Where Windows answers nobody asks, and whatever else netsh does tells nothing.
#[test]
fn a_netsh_that_cannot_be_asked_tells_nothing() {
    let answering = distribution("echo nat", Some("printf '200 0.001 0.012'"));
    install(&answering, "netsh.exe", "printf '1024 65535\\n'");
    assert_eq!(explain(&answering, &[]).verdict(), "reachable");
    assert!(answering.world.calls("netsh.exe").is_empty());
    let scripts = [
        HANG,
        "printf '1024 65535\\n'; exit 1",
        "printf 'MZ nonsense'",
        "PATH=/usr/bin:/bin exec head -c 50000000 /dev/zero",
    ];
    std::thread::scope(|scope| {
        for script in scripts {
            scope.spawn(move || {
                let lab = distribution("echo nat", Some("printf '000 0.0 2.03'; exit 7"));
                install(&lab, "netsh.exe", script);
                let report = explain(&lab, &[]);
                assert_eq!((report.verdict(), report.codes()), ("unreachable", vec!["V133"]), "{script}: {report}");
            });
        }
    });
}

#[test]
fn a_wslinfo_that_hangs_or_fails_is_no_mode() {
    std::thread::scope(|scope| {
        for script in [HANG, "echo 'Error: 0x80070005' >&2; exit 1", "echo nonsense"] {
            scope.spawn(move || {
                let lab = distribution(script, Some("printf '200 0.001 0.012'"));
                let report = explain(&lab, &[]);
                assert_eq!(report.verdict(), "reachable", "{script}: {report}");
            });
        }
    });
}

/// Without the kernel's handler no program of Windows is started.
#[test]
fn without_interop_nothing_is_started() {
    let lab = distribution("echo nat", Some("printf '200 0.001 0.012'"));
    fs::write(root(&lab).join("proc/sys/fs/binfmt_misc/WSLInterop"), "disabled\n").expect("a file");
    let report = explain(&lab, &[]);
    assert_eq!(report.verdict(), "undetermined", "{report}");
    assert!(lab.world.calls("curl.exe").is_empty());
}

/// A recording of it says the same.
#[test]
fn a_recording_replays() {
    let lab = distribution("echo nat", Some("printf '200 0.001 0.012'"));
    let file = lab.world.home().join("recording.yaml");
    let path = file.to_str().expect("a path");
    let before = explain(&lab, &["--record", path]);
    let after = lab.explain(&["svc/web", "--replay", path]);
    assert_eq!((before.verdict(), &before.0["ports"]), (after.verdict(), &after.0["ports"]));
    assert_eq!(after.0["viewer"], "windows");
}
