//! What stands around the program and is not its own: folders on PATH, and files that never
//! end or never begin.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use support::{Lab, Output, TOKEN};

/// A plugin by its bare name, as `gke-gcloud-auth-plugin` and others are written.
const PLUGIN: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}";

/// A repository that somebody cloned may hold a `docker`.
#[test]
fn no_program_of_the_current_folder_is_run() {
    let mut lab = Lab::healthy();
    let (bin, home) = (lab.world.bin(), lab.world.home());
    let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).unwrap();
    lab.world.kubeconfig(&kubeconfig.replace(&format!("token: {TOKEN}"), PLUGIN));
    for tool in ["docker", "login"] {
        lab.world.stub(tool, "exit 1");
        // Beside it, where the program is started.
        fs::rename(bin.join(tool), home.join(tool)).unwrap();
    }
    for path in [".".to_owned(), String::new(), format!("{}:", bin.display()), ":/nowhere".into(), "../home".into()] {
        lab.world.set("PATH", &path);
        let output = lab.run(&["explain", "svc/web"]);
        for tool in ["docker", "login"] {
            assert!(lab.world.calls(tool).is_empty(), "{path:?} ran {tool}: {output:?}");
        }
    }
    // The same stubs, from a folder with a whole name.
    lab.world.set("PATH", home);
    lab.run(&["explain", "svc/web"]);
    for tool in ["docker", "login"] {
        assert!(!lab.world.calls(tool).is_empty(), "{tool} is a stub that works");
    }
}

/// A pipe with a name, and nobody at its other end.
fn pipe(path: &Path) -> &Path {
    assert!(std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
    path
}

/// The kubeconfig with one line's end in place of another's.
fn rewrite(lab: &Lab, from: &str, to: &str) {
    let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).expect("the kubeconfig");
    assert!(kubeconfig.contains(from), "{kubeconfig}");
    lab.world.kubeconfig(&kubeconfig.replace(from, to));
}

#[track_caller]
fn ends_in_time(what: &str, lab: &Lab) -> Output {
    let output = lab.run(&["explain", "svc/web", "--timeout", "2s"]);
    assert_eq!(output.code, 0, "{what}: {output:?}");
    assert!(output.elapsed < Duration::from_secs(8), "{what}: {:?}", output.elapsed);
    output
}

/// Each of them would be read for ever.
#[test]
fn a_pipe_that_nobody_writes_to_does_not_hold_up_the_report() {
    type Change = fn(&mut Lab);
    let cases: [(&str, Change); 6] = [
        ("client certificate", |lab| {
            let path = lab.world.home().join("pipe");
            let user = format!("{{client-certificate: {0}, client-key: {0}}}", pipe(&path).display());
            rewrite(lab, &format!("\n    token: {TOKEN}"), &format!(" {user}"));
        }),
        ("token", |lab| {
            let path = lab.world.home().join("pipe");
            rewrite(lab, &format!("token: {TOKEN}"), &format!("tokenFile: {}", pipe(&path).display()));
        }),
        ("certificate authority", |lab| {
            let path = lab.world.home().join("pipe");
            authority(lab, pipe(&path));
        }),
        ("the system's authorities", |lab| {
            let path = lab.world.home().join("pipe");
            rewrite(lab, "certificate-authority-data:", "nothing:");
            lab.world.set("SSL_CERT_FILE", pipe(&path));
        }),
        ("docker's configuration", |lab| {
            let path = lab.world.file(".docker/daemon.json", "{}").with_file_name("config.json");
            pipe(&path);
            lab.world.set("DOCKER_CONTEXT", "");
        }),
        ("a context of docker's", |lab| {
            let path = lab.world.file(".docker/contexts/meta/1/x", "").with_file_name("meta.json");
            pipe(&path);
        }),
    ];
    std::thread::scope(|scope| {
        for (what, change) in cases {
            scope.spawn(move || {
                let mut lab = Lab::healthy();
                change(&mut lab);
                let output = ends_in_time(what, &lab);
                if what.contains("docker") {
                    assert!(!lab.world.calls("docker").is_empty(), "{what}: the command was asked: {output:?}");
                } else {
                    assert!(!output.stdout.contains("plugin"), "{what}: {output:?}");
                }
            });
        }
    });
}

/// Lets the kubeconfig name a file instead of the certificates; it gives those.
fn authority(lab: &Lab, path: &Path) -> Vec<u8> {
    let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).expect("the kubeconfig");
    let (_, data) = kubeconfig.split_once("certificate-authority-data: ").expect("an authority");
    let data = data.lines().next().expect("its line");
    rewrite(lab, &format!("-data: {data}"), &format!(": {}", path.display()));
    STANDARD.decode(data).expect("base64")
}

/// `kubectl --kubeconfig <(...)` works, and so do pipes in place of what it names.
#[test]
fn what_comes_out_of_a_pipe_is_read_once() {
    let lab = Lab::healthy();
    let path = |name: &str| lab.world.home().join(name);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let user = ["client-certificate", "client-key"].map(|name| format!("\n    {name}: {}", path(name).display()));
    rewrite(&lab, &format!("token: {TOKEN}"), &format!("token: {TOKEN}{}", user.concat()));
    let authority = authority(&lab, &path("ca"));
    let kubeconfig = fs::read(lab.world.kubeconfig_path()).unwrap();
    for (name, text) in [
        ("client-certificate", certificate.pem().into_bytes()),
        ("client-key", key.serialize_pem().into_bytes()),
        ("ca", authority),
        ("config", kubeconfig),
    ] {
        let path: PathBuf = pipe(&path(name)).to_owned();
        std::thread::spawn(move || fs::write(path, text));
    }
    let config = path("config");
    let report = lab.explain(&["svc/web", "--kubeconfig", config.to_str().unwrap()]);
    assert_eq!(report.verdict(), "reachable", "{report}");
}

#[test]
fn a_device_without_end_is_not_read_to_its_end() {
    let lab = Lab::healthy();
    authority(&lab, Path::new("/dev/zero"));
    let output = ends_in_time("certificate authority", &lab);
    assert!(output.stdout.contains("/dev/zero") && output.stdout.contains("longer than"), "{output:?}");
    let mut lab = Lab::healthy();
    let config = lab.world.file(".docker/daemon.json", "{}").with_file_name("config.json");
    std::os::unix::fs::symlink("/dev/zero", config).unwrap();
    lab.world.set("DOCKER_CONTEXT", "");
    ends_in_time("docker's configuration", &lab);
    assert!(!lab.world.calls("docker").is_empty());
}

#[test]
fn a_kubeconfig_that_is_a_pipe_without_a_writer_is_an_error() {
    let lab = Lab::healthy();
    let path = lab.world.home().join("pipe");
    let config = pipe(&path).to_str().expect("a path");
    let mut by_variable = Lab::healthy();
    by_variable.world.set("KUBECONFIG", config);
    let by_flag = lab.run(&["explain", "svc/web", "--kubeconfig", config]);
    for output in [by_flag, by_variable.run(&["explain", "svc/web"])] {
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
        let why = format!("kubeconfig {config}: it is a named pipe, and nobody writes to it");
        assert!(output.stderr.contains(&why), "{output:?}");
    }
}
