//! What may get into `Cargo.lock`.
//!
//! `deny.toml` says the same and more, but needs cargo-deny; this needs nothing.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test reads the files of the repository")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Packages that must not come in, not even as a dependency's dependency.
const BANNED: [(&str, &str); 7] = [
    ("aws-lc-rs", "30 ms of entropy gathering in every process; `ring` is the provider"),
    ("aws-lc-sys", "30 ms of entropy gathering in every process; `ring` is the provider"),
    ("native-tls", "a second TLS stack"),
    ("openssl-sys", "an OpenSSL to build for every target"),
    ("reqwest", "a second HTTP client"),
    ("serde_yaml", "archived; the name stands for serde-saphyr in Cargo.toml"),
    ("serde_yml", "a fork of the archived serde_yaml, itself given up"),
];

/// Bound for the packages behind `[dependencies]`, those of all five platforms together:
/// 217 on 2026-11-21, twelve of them `windows` and its parts, which sysinfo and listeners
/// share and only Windows compiles. What is left is room for one small crate with its own dependencies;
/// a second TLS or HTTP stack (20 packages and more) does not fit, so it cannot slip in
/// with an update. Raise it on purpose, with the reason in the commit.
const SHIPPED_MAX: usize = 225;

/// Bound for what one platform's binary is built from, procedural macros included; Windows
/// reaches it.
const PLATFORM_MAX: usize = 165;

/// The same for all packages, test tools included: 232 on 2026-11-21. The rest is room
/// for the benchmarks' tool (criterion, about 30).
const ALL_MAX: usize = 270;

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file)
}

/// What `Cargo.lock` says about one package.
#[derive(Default)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    /// `name`, or `name version` where two versions are locked.
    dependencies: Vec<String>,
}

fn packages(lock: &str) -> Vec<Package> {
    let package = |block: &str| {
        let mut package = Package::default();
        for line in block.lines().map(str::trim) {
            let value = |key: &str| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned);
            if let Some(name) = value("name") {
                package.name = name;
            } else if let Some(version) = value("version") {
                package.version = version;
            } else if let Some(source) = value("source") {
                package.source = Some(source);
            } else if let Some(dependency) = line.strip_prefix('"').and_then(|rest| rest.strip_suffix("\",")) {
                package.dependencies.push(dependency.to_owned());
            }
        }
        package
    };
    lock.split("[[package]]").skip(1).map(package).collect()
}

fn banned(packages: &[Package]) -> Vec<String> {
    let reason = |package: &Package| BANNED.iter().find(|(name, _)| *name == package.name);
    packages.iter().filter_map(reason).map(|(name, why)| format!("{name}: {why}")).collect()
}

/// Names of the packages that a section of `Cargo.toml` asks for.
fn asked_for(manifest: &str, section: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, value)| {
            let renamed = value.split_once("package = \"").and_then(|(_, rest)| rest.split_once('"'));
            renamed.map_or(key, |(package, _)| package).to_owned()
        })
        .collect()
}

/// All packages that can be reached from these names.
fn reachable(packages: &[Package], from: &BTreeSet<String>) -> BTreeSet<String> {
    let mut by_name: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in packages {
        by_name.entry(package.name.clone()).or_default().push(package);
        by_name.entry(format!("{} {}", package.name, package.version)).or_default().push(package);
    }
    let mut todo: Vec<&str> = from.iter().map(String::as_str).collect();
    let mut found = BTreeSet::new();
    while let Some(name) = todo.pop() {
        for package in by_name.get(name).into_iter().flatten() {
            if found.insert(format!("{} {}", package.name, package.version)) {
                todo.extend(package.dependencies.iter().map(String::as_str));
            }
        }
    }
    found
}

#[test]
fn nothing_banned_is_locked() {
    assert_eq!(banned(&packages(&read("Cargo.lock"))), Vec::<String>::new());
}

#[test]
fn everything_comes_from_crates_io() {
    for package in packages(&read("Cargo.lock")) {
        let expected =
            (package.name != env!("CARGO_PKG_NAME")).then_some("registry+https://github.com/rust-lang/crates.io-index");
        assert_eq!(package.source.as_deref(), expected, "{}", package.name);
    }
}

#[test]
fn the_tree_stays_small() {
    let packages = packages(&read("Cargo.lock"));
    let shipped = reachable(&packages, &asked_for(&read("Cargo.toml"), "dependencies"));
    assert!(shipped.len() > 100, "Cargo.lock was not understood: {shipped:?}");
    assert!(shipped.len() <= SHIPPED_MAX, "{} packages are shipped, the bound is {SHIPPED_MAX}", shipped.len());
    assert!(packages.len() <= ALL_MAX, "{} packages are locked, the bound is {ALL_MAX}", packages.len());
}

/// cargo knows which packages a platform takes. It may not know without the network, where
/// another platform's were never fetched.
#[test]
fn one_binary_is_built_from_few() {
    let deny = read("deny.toml");
    let (_, targets) = deny.split_once("targets = [").expect("targets");
    let (targets, _) = targets.split_once(']').expect("an end of targets");
    let targets: Vec<&str> = targets.split('"').skip(1).step_by(2).collect();
    assert_eq!(targets.len(), 5, "{targets:?}");
    for target in targets {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.args(["tree", "--locked", "--offline", "--edges=normal", "--prefix=none", "--target", target]);
        let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo");
        if !output.status.success() {
            println!("skipped: cargo does not know the packages of {target} without the network");
            continue;
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let mut found: BTreeSet<String> = text.lines().map(name).collect();
        found.retain(|package| !package.starts_with(env!("CARGO_PKG_NAME")));
        assert!(found.len() > 100, "{target}: {found:?}");
        assert!(found.len() <= PLATFORM_MAX, "{target}: {} packages, the bound is {PLATFORM_MAX}", found.len());
    }
}

/// A comment beside it or above it.
#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let lines: Vec<&str> = manifest.lines().collect();
    let start = lines.iter().position(|line| *line == "[dependencies]").expect("[dependencies]") + 1;
    let end = start + lines[start..].iter().position(|line| line.starts_with('[')).expect("a section after it");
    let mut found = 0;
    for at in (start..end).filter(|at| lines[*at].contains(" = ")) {
        assert!(lines[at].contains(" # ") || lines[at - 1].starts_with("# "), "no reason for {}", lines[at]);
        found += 1;
    }
    assert!(found > 20, "{found}");
}

#[test]
fn deny_toml_bans_the_same() {
    let deny = read("deny.toml");
    for (name, _) in BANNED {
        assert!(deny.contains(&format!("crate = \"{name}\"")), "{name} is not in deny.toml");
    }
}

#[test]
fn a_lock_file_is_understood() {
    let lock = r#"
version = 4

[[package]]
name = "kubectl-netpath"
version = "0.1.0"
dependencies = [
 "a",
 "t",
]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "00"
dependencies = [
 "b 2.0.0",
 "serde_yaml",
]

[[package]]
name = "b"
version = "1.0.0"

[[package]]
name = "b"
version = "2.0.0"

[[package]]
name = "serde_yaml"
version = "0.9.34+deprecated"

[[package]]
name = "serde_yaml_ng"
version = "0.10.0"

[[package]]
name = "t"
version = "1.0.0"
"#;
    let manifest = "[dependencies]\n# a comment = x\nrenamed = { package = \"a\" }\n\n[dev-dependencies]\nt = \"1\"\n";
    let packages = packages(lock);
    assert_eq!(packages.len(), 7);
    assert_eq!(packages[1].source.as_deref(), Some("registry+https://github.com/rust-lang/crates.io-index"));
    assert_eq!(banned(&packages).len(), 1, "the fork with the longer name is another package");
    assert!(banned(&packages)[0].starts_with("serde_yaml: archived"));

    let shipped = reachable(&packages, &asked_for(manifest, "dependencies"));
    let expected = ["a 1.0.0", "b 2.0.0", "serde_yaml 0.9.34+deprecated"];
    assert_eq!(shipped, BTreeSet::from(expected.map(str::to_owned)));
}
