//! The workflows: nothing in them can change behind our back, and a release covers what
//! the krew manifest promises.
#![allow(clippy::disallowed_methods, reason = "a test reads the files of the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn workflows() -> Vec<(PathBuf, Value)> {
    let files = fs::read_dir(root().join(".github/workflows")).expect(".github/workflows");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    assert!(paths.len() >= 2, "{paths:?}");
    paths.into_iter().map(|path| (path.clone(), yaml(&path))).collect()
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().expect("jobs").iter()
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().expect("steps").iter()
}

/// `owner/name@` and 40 hex digits: a tag can be moved, a commit cannot.
fn is_pinned(uses: &str) -> bool {
    let commit = |commit: &str| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    uses.split_once('@').is_some_and(|(name, at)| name.contains('/') && commit(at))
}

#[test]
fn every_action_is_pinned_by_its_commit_and_says_its_version() {
    let mut found = 0;
    for (path, workflow) in workflows() {
        let text = fs::read_to_string(&path).expect("text");
        for uses in jobs(&workflow).flat_map(|(_, job)| steps(job)).filter_map(|step| step["uses"].as_str()) {
            assert!(is_pinned(uses), "{}: {uses}", path.display());
            let line = text.lines().find(|line| line.contains(uses)).expect("its line");
            assert!(line.contains(" # v"), "{}: no version beside {uses}", path.display());
            found += 1;
        }
    }
    assert!(found >= 5, "{found}");
    for loose in
        ["actions/checkout@v7", "actions/checkout", "checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "a/b@main"]
    {
        assert!(!is_pinned(loose), "{loose}");
    }
}

/// Two uses of one action are the same version of it.
#[test]
fn one_action_has_one_version() {
    let all = workflows();
    let uses = all.iter().flat_map(|(_, workflow)| jobs(workflow)).flat_map(|(_, job)| steps(job));
    let uses: BTreeSet<&str> = uses.filter_map(|step| step["uses"].as_str()).collect();
    let names: BTreeSet<&str> = uses.iter().filter_map(|uses| Some(uses.split_once('@')?.0)).collect();
    assert_eq!(uses.len(), names.len(), "{uses:?}");
}

#[test]
fn no_job_has_more_rights_than_it_needs_or_runs_for_ever() {
    for (path, workflow) in workflows() {
        assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }), "{}", path.display());
        for (name, job) in jobs(&workflow) {
            assert!(job["timeout-minutes"].is_u64(), "{}: {name}", path.display());
            let writes = job["permissions"].as_object().is_some();
            assert_eq!(writes, name == "publish", "{}: {name}", path.display());
            for step in steps(job).filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/checkout@")))
            {
                assert_eq!(step["with"]["persist-credentials"], false, "{}: {name}", path.display());
            }
        }
    }
}

/// What is installed while a release is made, is installed at a version.
#[test]
fn tools_are_pinned() {
    for (path, workflow) in workflows() {
        for run in jobs(&workflow).flat_map(|(_, job)| steps(job)).filter_map(|step| step["run"].as_str()) {
            for line in run.lines().filter(|line| line.contains("cargo install")) {
                assert!(line.contains("--version ") && line.contains("--locked"), "{}: {line}", path.display());
            }
            assert!(!run.contains("curl ") && !run.contains("wget "), "{}: {run}", path.display());
        }
    }
}

#[test]
fn a_release_covers_the_platforms_of_the_manifest() {
    let release = yaml(&root().join(".github/workflows/release.yml"));
    let built: Vec<(String, String)> = release["jobs"]["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .expect("a matrix")
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().expect(key).to_owned();
            (format!("{}/{}", text("os"), text("arch")), text("triple"))
        })
        .collect();
    let manifest = yaml(&root().join("plugin.yaml"));
    let promised: BTreeSet<String> = manifest["spec"]["platforms"]
        .as_array()
        .expect("platforms")
        .iter()
        .map(|platform| {
            let labels = &platform["selector"]["matchLabels"];
            format!("{}/{}", labels["os"].as_str().expect("os"), labels["arch"].as_str().expect("arch"))
        })
        .collect();
    let platforms: BTreeSet<String> = built.iter().map(|(platform, _)| platform.clone()).collect();
    assert_eq!((&platforms, built.len()), (&promised, promised.len()));
    // The table of krew/README.md, and what cargo-deny looks at.
    let readme = fs::read_to_string(root().join("krew/README.md")).expect("krew/README.md");
    for (platform, triple) in &built {
        assert!(readme.contains(&format!("| `{triple}` | {platform} |")), "{triple} {platform}");
    }
    let deny = fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    for (_, triple) in &built {
        assert!(deny.contains(&format!("\"{triple}\"")), "{triple} is not in deny.toml");
    }
}
