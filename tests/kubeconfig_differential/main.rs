//! The same odd kubeconfigs and flags, through kubectl and through netpath: both ask a
//! server of the test for the Service `web`, and what they decided is compared by what
//! arrived there: scheme, namespace, path, TLS name, credential, certificate, impersonated
//! user, proxy. Nothing arriving is a refusal.
//!
//! What is expected stands in each case, so netpath is tested where there is no kubectl.
//! Where the two differ on purpose, the case says so and names the heading of
//! `docs/kubeconfig.md` that explains it.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests look at the world, and say what they skip")]

#[path = "../support/mod.rs"]
mod support;

mod cases;
mod identity;
mod server;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use server::Server;
use support::World;

/// One kubeconfig and one command line.
pub struct Case {
    name: &'static str,
    files: Vec<(&'static str, String)>,
    /// Names of files for `KUBECONFIG`; without it, all whose name begins with `k`.
    list: Option<&'static str>,
    env: Vec<(&'static str, &'static str)>,
    flags: Vec<&'static str>,
    netpath: &'static str,
    kubectl: &'static str,
    /// The heading that explains a difference.
    because: Option<&'static str>,
    /// The first minor version of kubectl 1 that has the flag.
    since: u32,
}

/// What both are expected to do: what arrives, or `refused`.
pub fn case(name: &'static str, kubeconfig: impl Into<String>, both: &'static str) -> Case {
    let files = vec![("k", kubeconfig.into())];
    Case { name, files, list: None, env: vec![], flags: vec![], netpath: both, kubectl: both, because: None, since: 0 }
}

impl Case {
    /// One more file under the home directory.
    pub fn file(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.files.push((name, text.into()));
        self
    }

    /// `KUBECONFIG`: names of files, separated by `:`.
    pub fn list(mut self, list: &'static str) -> Self {
        self.list = Some(list);
        self
    }

    /// One more environment variable.
    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.env.push((name, value));
        self
    }

    /// The command line, words separated by blanks.
    pub fn flags(mut self, flags: &'static str) -> Self {
        self.flags = flags.split_whitespace().collect();
        self
    }

    /// A word of the command line as it is.
    pub fn flag(mut self, flag: &'static str) -> Self {
        self.flags.push(flag);
        self
    }

    /// An older kubectl is not asked.
    pub fn since(mut self, minor: u32) -> Self {
        self.since = minor;
        self
    }

    /// kubectl does something else, for a reason that `docs/kubeconfig.md` gives.
    pub fn but_kubectl(mut self, does: &'static str, because: &'static str) -> Self {
        (self.kubectl, self.because) = (does, Some(because));
        self
    }

    fn world(&self, server: &Server) -> World {
        use std::os::unix::fs::PermissionsExt;

        let mut world = World::new();
        let fill = |text: &str| server.identities.fill(text).replace("{port}", &server.port().to_string());
        for (name, text) in &self.files {
            let path = match name.strip_prefix("bin/") {
                Some(tool) => world.bin().join(tool),
                None => world.file(name, ""),
            };
            let text = fill(text);
            let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
            let bytes = text.strip_prefix("UTF-16:").map_or_else(|| text.clone().into_bytes(), wide);
            fs::write(&path, bytes).expect("a file");
            if text.starts_with("#!") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an executable file");
            }
        }
        let listed = self.list.map_or_else(
            || self.files.iter().map(|(name, _)| *name).filter(|name| name.starts_with('k')).collect(),
            |list| list.split(':').collect::<Vec<_>>(),
        );
        let path =
            |name: &&str| if name.is_empty() { String::new() } else { format!("{}/{name}", world.home().display()) };
        let list: Vec<String> = listed.iter().map(path).collect();
        world.set("KUBECONFIG", list.join(":"));
        // kubectl's server where nothing names one, instead of whoever is at localhost:8080.
        world.set("KUBERNETES_MASTER", "http://127.0.0.1:1");
        for (name, value) in &self.env {
            world.set(name, fill(value));
        }
        world
    }

    fn words<'a>(&'a self, words: &[&'a str], server: &Server) -> Vec<String> {
        let port = server.port().to_string();
        words.iter().chain(&self.flags).map(|word| word.replace("{port}", &port)).collect()
    }

    fn run(&self, program: &Path, words: &[&str], server: &Server) -> (String, String) {
        let world = self.world(server);
        let words = self.words(words, server);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = world.run_program(program, &words);
        (server.asked().unwrap_or_else(|| "refused".into()), output.stderr + &output.stdout)
    }
}

/// kubectl on PATH, and its minor version.
fn kubectl() -> Option<(PathBuf, u32)> {
    let found = env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join("kubectl")).find(|path| path.is_file())?;
    let output = Command::new(&found).args(["version", "--client", "-o", "json"]).output().ok()?;
    let version: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let minor = version["clientVersion"]["minor"].as_str()?.trim_end_matches('+').parse().ok()?;
    Some((found, minor))
}

/// Runs every case through both and compares.
#[track_caller]
fn compare(cases: &[Case]) {
    let server = Server::start();
    let kubectl = kubectl();
    if kubectl.is_none() {
        println!("skipped: kubectl is not on PATH; netpath alone was tested, {} cases", cases.len());
    }
    let mut wrong = String::new();
    for case in cases {
        let netpath = Path::new(env!("CARGO_BIN_EXE_kubectl-netpath"));
        let (did, said) = case.run(netpath, &["explain", "svc/web", "--no-probe"], &server);
        if did != case.netpath {
            let _ = writeln!(
                wrong,
                "{}: netpath\n  did      {did}\n  expected {}\n{}",
                case.name,
                case.netpath,
                short(&said)
            );
        }
        assert!(!said.contains("panicked"), "{}: {said}", case.name);
        let Some((path, minor)) = &kubectl else { continue };
        if *minor < case.since {
            continue;
        }
        let (did, said) = case.run(path, &["get", "svc", "web"], &server);
        if did != case.kubectl {
            let _ = writeln!(
                wrong,
                "{}: kubectl\n  did      {did}\n  expected {}\n{}",
                case.name,
                case.kubectl,
                short(&said)
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn short(said: &str) -> String {
    said.lines().take(3).map(|line| format!("    | {line}\n")).collect()
}

#[test]
fn files() {
    compare(&cases::files());
}

#[test]
fn contexts() {
    compare(&cases::contexts());
}

#[test]
fn servers() {
    compare(&cases::servers());
}

#[test]
fn users() {
    compare(&cases::users());
}

#[test]
fn plugins() {
    compare(&cases::plugins());
}

#[test]
fn proxies() {
    compare(&cases::proxies());
}

/// A difference without an explanation is a fault, an explanation without a case is a tale.
#[test]
fn every_difference_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/kubeconfig.md")).expect("docs/kubeconfig.md");
    let explained: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let cases = cases::all();
    assert!(cases.len() >= 150, "{} cases", cases.len());
    for case in &cases {
        assert_eq!(case.because.is_some(), case.kubectl != case.netpath, "{}", case.name);
        if let Some(because) = case.because {
            assert!(explained.contains(&because), "{}: no heading {because:?} in docs/kubeconfig.md", case.name);
        }
    }
    for heading in explained {
        let shown = cases.iter().any(|case| case.because == Some(heading));
        assert!(shown, "no case shows {heading:?}");
    }
}
