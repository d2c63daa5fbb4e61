//! The krew manifest by krew's own rules, without krew.
//!
//! The rules are those of krew v0.5.0 (`internal/index/validation/validate.go`,
//! `cmd/validate-krew-manifest/main.go`, `internal/download/downloader.go`), and on top of
//! them what reviewers of krew-index ask for and what netpath has settled on.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test reads the files of the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const HOMEPAGE: &str = env!("CARGO_PKG_REPOSITORY");
const PLATFORMS: [&str; 5] = ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parse(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).expect("valid YAML")
}

fn manifest() -> Value {
    parse(&read("plugin.yaml"))
}

/// The template as krew-release-bot would expand it for the tag `v<VERSION>`, with zeros
/// for the sums it would compute. Its second line is indented by four spaces
/// (krew-release-bot `pkg/source/template.go`).
fn expanded_template() -> String {
    let tag = format!("v{VERSION}");
    let mut out = String::new();
    for line in read("krew/netpath.yaml.tmpl").lines() {
        let expanded = match line.split_once("{{addURIAndSha \"") {
            Some((indent, rest)) => {
                let uri = rest.strip_suffix("\" .TagName }}").expect("addURIAndSha \"URI\" .TagName");
                format!("{indent}uri: {uri}\n    sha256: \"{}\"", "0".repeat(64))
            }
            None => line.to_owned(),
        };
        out.push_str(&expanded.replace("{{ .TagName }}", &tag));
        out.push('\n');
    }
    assert!(!out.contains("{{"), "something of the template was not expanded:\n{out}");
    out
}

/// Everything that is wrong with a manifest; empty if nothing is.
fn problems(manifest: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |ok: bool, problem: String| {
        if !ok {
            found.push(problem);
        }
    };
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();

    // krew ignores a key that it does not know: a typo in `caveats` would be lost silently.
    for (pointer, known) in [
        ("", &["apiVersion", "kind", "metadata", "spec"][..]),
        ("/metadata", &["name"]),
        ("/spec", &["version", "homepage", "shortDescription", "description", "caveats", "platforms"]),
    ] {
        for key in keys(manifest.pointer(pointer)) {
            check(known.contains(&key), format!("unknown key {pointer}/{key}"));
        }
    }
    check(text("/apiVersion") == "krew.googlecontainertools.github.com/v1alpha2", "apiVersion".into());
    check(text("/kind") == "Plugin", "kind".into());

    let name = text("/metadata/name");
    check(is_safe_name(name), format!("metadata.name: {name:?} is not a safe plugin name"));
    check(name == "netpath", format!("metadata.name: {name:?} is not netpath"));

    let version = text("/spec/version");
    let semver = version.strip_prefix('v').unwrap_or_default();
    check(is_semver(semver), format!("spec.version: {version:?} is not v + semantic version"));
    check(semver == VERSION, format!("spec.version: {version:?}, Cargo.toml says {VERSION}"));
    check(text("/spec/homepage") == HOMEPAGE, "spec.homepage is not the repository of Cargo.toml".into());

    let short = text("/spec/shortDescription");
    check(!short.is_empty(), "spec.shortDescription is missing".into());
    check(short.chars().count() <= 50, "spec.shortDescription is longer than 50 characters".into());
    check(!short.contains(['\n', '\r']), "spec.shortDescription is more than one line".into());
    for redundant in ["kubectl", "plugin"] {
        check(!short.to_lowercase().contains(redundant), format!("spec.shortDescription says {redundant:?}"));
    }
    for (field, limit) in [("description", 20), ("caveats", 6)] {
        let prose = text(&format!("/spec/{field}"));
        check(!prose.trim().is_empty(), format!("spec.{field} is missing"));
        check(prose.lines().all(|line| line.chars().count() <= 80), format!("spec.{field} is wider than 80"));
        check(prose.lines().count() <= limit, format!("spec.{field} has more than {limit} lines"));
    }
    check(!text("/spec/description").contains("kubectl netpath"), "spec.description gives a usage example".into());

    let none = Vec::new();
    let platforms = manifest.pointer("/spec/platforms").and_then(Value::as_array).unwrap_or(&none);
    let mut seen = BTreeSet::new();
    for (index, platform) in platforms.iter().enumerate() {
        let at = format!("platforms[{index}]");
        let text = |pointer: &str| platform.pointer(pointer).and_then(Value::as_str).unwrap_or_default();

        for key in keys(Some(platform)) {
            // `files` would be schema, but a flat archive needs none; present and empty is an error.
            check(["selector", "uri", "sha256", "bin"].contains(&key), format!("{at}: unwanted key {key}"));
        }
        let selector: Vec<_> = keys(platform.get("selector")).collect();
        check(selector == ["matchLabels"], format!("{at}: selector is not just matchLabels: {selector:?}"));
        let labels: BTreeSet<_> = keys(platform.pointer("/selector/matchLabels")).collect();
        check(labels == BTreeSet::from(["arch", "os"]), format!("{at}: labels are not os and arch: {labels:?}"));

        let (os, arch) = (text("/selector/matchLabels/os"), text("/selector/matchLabels/arch"));
        let pair = format!("{os}/{arch}");
        check(PLATFORMS.contains(&pair.as_str()), format!("{at}: {pair} is not a platform of netpath"));
        check(seen.insert(pair.clone()), format!("{at}: {pair} matches two entries"));

        let uri = text("/uri");
        let archive = format!("kubectl-netpath_{version}_{os}_{arch}.tar.gz");
        check(
            uri == format!("{HOMEPAGE}/releases/download/{version}/{archive}"),
            format!("{at}: uri is not {archive} of the release {version}: {uri:?}"),
        );
        check(is_sum(text("/sha256")), format!("{at}: sha256 is not 64 lowercase hex digits in a string"));
        let bin = if os == "windows" { "kubectl-netpath.exe" } else { "kubectl-netpath" };
        check(text("/bin") == bin, format!("{at}: bin is not {bin}: {:?}", text("/bin")));
    }
    for platform in PLATFORMS {
        check(seen.contains(platform), format!("no entry for {platform}"));
    }
    found
}

fn keys(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str())
}

/// `^[\w-]+$`, and no device name of Windows.
fn is_safe_name(name: &str) -> bool {
    let upper = name.to_uppercase();
    let device = ["CON", "PRN", "AUX", "NUL"].contains(&upper.as_str())
        || ["COM", "LPT"]
            .iter()
            .any(|port| upper.strip_prefix(port).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9'])));
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(word) && !device
}

/// Strict semantic version 2: three numbers without leading zeros, `-pre.release`, `+build`.
fn is_semver(version: &str) -> bool {
    let (rest, build) = version.split_once('+').map_or((version, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let pre_part = |part: &str| word(part) && (!digits(part) || number(part));
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(pre_part))
        && build.is_none_or(|build| build.split('.').all(word))
}

fn is_sum(sum: &str) -> bool {
    sum.len() == 64 && sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Lines of the raw text whose sum is not lowercase and in double quotes: without quotes,
/// digits only would be read as a number, and `12e34...` as a float.
fn unquoted_sums(yaml: &str) -> Vec<&str> {
    let quoted =
        |line: &str| line.strip_prefix("sha256: \"").and_then(|rest| rest.strip_suffix('"')).is_some_and(is_sum);
    yaml.lines().map(str::trim).filter(|line| line.contains("sha256:") && !quoted(line)).collect()
}

#[test]
fn the_manifest_is_sound() {
    assert_eq!(problems(&manifest()), Vec::<String>::new());
}

#[test]
fn every_sum_is_quoted() {
    let yaml = read("plugin.yaml");
    assert_eq!(unquoted_sums(&yaml), Vec::<&str>::new());
    assert_eq!(yaml.matches("sha256: \"").count(), PLATFORMS.len());
}

#[test]
fn the_manifest_says_that_it_is_krews() {
    // `plugin.yaml` is also the name of Helm's plugin descriptor.
    assert!(read("plugin.yaml").starts_with("# krew plugin manifest"));
}

#[test]
fn the_template_becomes_the_manifest() {
    let expanded = parse(&expanded_template());
    assert_eq!(problems(&expanded), Vec::<String>::new());

    // Whatever differs but the sums would send a release to a human reviewer.
    let mut manifest = manifest();
    for platform in manifest["spec"]["platforms"].as_array_mut().expect("platforms") {
        platform["sha256"] = json!("0".repeat(64));
    }
    assert_eq!(expanded, manifest);
}

#[test]
fn the_template_leaves_version_and_sums_to_the_bot() {
    let template = read("krew/netpath.yaml.tmpl");
    assert!(template.contains("version: \"{{ .TagName }}\""));
    assert!(!template.contains(VERSION), "a version stands in the template");
    assert!(!template.contains("sha256:"), "a sum stands in the template");
    assert_eq!(template.matches("{{addURIAndSha ").count(), PLATFORMS.len());
}

#[test]
fn broken_manifests_are_noticed() {
    const LINUX: &str = "/spec/platforms/0";
    let uri = |file: &str| json!(format!("{HOMEPAGE}/releases/download/v{VERSION}/{file}"));
    let cases = [
        ("/apiVersion", json!("krew.googlecontainertools.github.com/v1alpha1"), "apiVersion"),
        ("/kind", json!("plugin"), "kind"),
        ("/metadata/name", json!("net path"), "not a safe plugin name"),
        ("/metadata/name", json!("lpt1"), "not a safe plugin name"),
        ("/metadata/name", json!("net-path"), "is not netpath"),
        ("/spec/version", json!(VERSION), "not v + semantic version"),
        ("/spec/version", json!("v0.1"), "not v + semantic version"),
        ("/spec/version", json!("v99.0.0"), "Cargo.toml says"),
        ("/spec/homepage", json!(format!("{HOMEPAGE}/")), "homepage"),
        ("/spec/shortDescription", json!(""), "shortDescription is missing"),
        ("/spec/shortDescription", json!("x".repeat(51)), "longer than 50"),
        ("/spec/shortDescription", json!("Two\nlines"), "more than one line"),
        ("/spec/shortDescription", json!("A Kubectl helper"), "says \"kubectl\""),
        ("/spec/shortDescription", json!("The path plugin"), "says \"plugin\""),
        ("/spec/description", json!("x".repeat(81)), "description is wider than 80"),
        ("/spec/description", json!("Try kubectl netpath explain svc/web"), "usage example"),
        ("/spec/caveats", json!("line\n".repeat(7)), "more than 6 lines"),
        ("/spec/platforms", json!([]), "no entry for linux/amd64"),
        ("/spec/platforms/0/selector/matchLabels/arch", json!("arm64"), "matches two entries"),
        ("/spec/platforms/0/selector/matchLabels/arch", json!("x86_64"), "not a platform"),
        ("/spec/platforms/0/uri", uri("kubectl-netpath_v0.0.9_linux_amd64.tar.gz"), "uri is not"),
        ("/spec/platforms/0/uri", uri(&format!("kubectl-netpath_v{VERSION}_linux_arm64.tar.gz")), "uri is not"),
        ("/spec/platforms/0/uri", uri(&format!("kubectl-netpath_v{VERSION}_linux_amd64.zip")), "uri is not"),
        ("/spec/platforms/0/sha256", json!("0".repeat(63)), "sha256"),
        ("/spec/platforms/0/sha256", json!("A".repeat(64)), "sha256"),
        ("/spec/platforms/0/sha256", json!(0), "sha256"),
        ("/spec/platforms/0/bin", json!("kubectl-netpath.exe"), "bin is not"),
        ("/spec/platforms/4/bin", json!("kubectl-netpath"), "bin is not"),
    ];
    for (pointer, value, expected) in cases {
        let mut broken = manifest();
        *broken.pointer_mut(pointer).expect(pointer) = value.clone();
        let problems = problems(&broken);
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{pointer} = {value}: expected {expected:?} in {problems:?}"
        );
    }
    for (pointer, key, expected) in [
        ("", "status", "unknown key /status"),
        ("/spec", "caveat", "unknown key /spec/caveat"),
        (LINUX, "files", "unwanted key files"),
        ("/spec/platforms/0/selector", "matchExpressions", "not just matchLabels"),
        ("/spec/platforms/0/selector/matchLabels", "libc", "not os and arch"),
    ] {
        let mut broken = manifest();
        broken.pointer_mut(pointer).expect(pointer)[key] = json!([]);
        let problems = problems(&broken);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{pointer} + {key}: {problems:?}");
    }
}

#[test]
fn what_is_allowed_is_not_a_problem() {
    let mut fine = manifest();
    fine["spec"]["shortDescription"] = json!("x".repeat(50));
    fine["spec"]["description"] = json!("x".repeat(80));
    fine["spec"]["platforms"].as_array_mut().expect("platforms").reverse();
    fine["spec"]["platforms"][0]["sha256"] = json!("0123456789abcdef".repeat(4));
    assert_eq!(problems(&fine), Vec::<String>::new());
}

#[test]
fn sums_are_judged_as_they_stand_in_the_text() {
    let sum = "0".repeat(64);
    for (line, fine) in [
        (format!("    sha256: \"{sum}\""), true),
        (format!("    sha256: {sum}"), false),
        (format!("    sha256: '{sum}'"), false),
        (format!("    sha256: \"{}\"", "A".repeat(64)), false),
        (format!("    sha256: \"{sum}0\""), false),
        (format!("  - sha256: {sum}"), false),
    ] {
        assert_eq!(unquoted_sums(&line).is_empty(), fine, "{line}");
    }
    // Why it matters: this is what a YAML reader makes of 64 zeros.
    assert!(!parse(&format!("sha256: {sum}"))["sha256"].is_string());
}

#[test]
fn names_and_versions_by_krews_rules() {
    for (name, safe) in
        [("netpath", true), ("net_path-2", true), ("com0", true), ("com10", true), ("console", true), ("", false)]
    {
        assert_eq!(is_safe_name(name), safe, "{name}");
    }
    for name in ["con", "NUL", "Com1", "LPT9", "net.path", "net/path", "pfad-ü"] {
        assert!(!is_safe_name(name), "{name}");
    }
    for version in ["0.1.0", "1.2.3-rc.1", "1.0.0-alpha-2+build.007", "10.20.30"] {
        assert!(is_semver(version), "{version}");
    }
    for version in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.x"] {
        assert!(!is_semver(version), "{version}");
    }
}

/// An archive, packed by the script that packs releases, around a stand-in for the binary.
#[cfg(target_os = "linux")]
mod archive {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Output};

    use super::*;

    fn run(script: &str, args: &[&Path], dist: &Path) -> Output {
        Command::new(root().join(script)).args(args).env("DIST", dist).output().expect(script)
    }

    fn packed(dist: &Path, triple: &str) {
        let binary = dist.join("stand-in");
        fs::write(&binary, format!("#!/bin/sh\necho kubectl-netpath {VERSION}\n")).expect("stand-in");
        // The worst case: a binary that has lost its mode on the way.
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o600)).expect("mode");
        let output = run("krew/package.sh", &[Path::new(triple), &binary], dist);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn listing(archive: &Path) -> Vec<String> {
        let output = Command::new("tar").arg("-tvzf").arg(archive).output().expect("tar");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let columns = |line: &str| {
            let words: Vec<_> = line.split_whitespace().collect();
            format!("{} {}", words[0], words[words.len() - 1])
        };
        String::from_utf8(output.stdout).expect("UTF-8").lines().map(columns).collect()
    }

    #[test]
    fn is_flat_and_executable_and_always_the_same() {
        for (triple, name, binary) in [
            ("x86_64-unknown-linux-musl", "linux_amd64", "kubectl-netpath"),
            ("aarch64-apple-darwin", "darwin_arm64", "kubectl-netpath"),
            ("x86_64-pc-windows-msvc", "windows_amd64", "kubectl-netpath.exe"),
        ] {
            let dist = tempfile::tempdir().expect("directory");
            let archive = dist.path().join(format!("kubectl-netpath_v{VERSION}_{name}.tar.gz"));
            packed(dist.path(), triple);
            let expected = ["-rw-r--r-- LICENSE", "-rw-r--r-- README.md", &format!("-rwxr-xr-x {binary}")];
            assert_eq!(listing(&archive), expected);

            let once = fs::read(&archive).expect("archive");
            packed(dist.path(), triple);
            assert!(once == fs::read(&archive).expect("archive"), "{triple}: packed twice, and different");
        }
    }

    #[test]
    fn sums_get_into_the_rendered_manifest() {
        let dist = tempfile::tempdir().expect("directory");
        let refused = run("krew/render-manifest.sh", &[], dist.path());
        assert!(!refused.status.success(), "rendered without any archive");

        packed(dist.path(), "aarch64-unknown-linux-musl");
        let refused = run("krew/render-manifest.sh", &[], dist.path());
        assert!(!refused.status.success(), "rendered with four archives missing");
        assert!(!dist.path().join("netpath.yaml").exists(), "a refusal left a manifest behind");

        let output = run("krew/render-manifest.sh", &[Path::new("--partial")], dist.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let yaml = fs::read_to_string(dist.path().join("netpath.yaml")).expect("manifest");
        let rendered = parse(&yaml);
        assert_eq!(problems(&rendered), Vec::<String>::new());
        assert_eq!(unquoted_sums(&yaml), Vec::<&str>::new());

        let sums = dist.path().join(format!("kubectl-netpath_v{VERSION}_linux_arm64.tar.gz.sha256"));
        let sums = fs::read_to_string(sums).expect("sum");
        assert_eq!(rendered["spec"]["platforms"][1]["sha256"].as_str(), sums.split_whitespace().next());
        assert_eq!(rendered["spec"]["platforms"][0]["sha256"], manifest()["spec"]["platforms"][0]["sha256"]);
    }

    /// What the script does is in its head; without krew it says so and stops.
    #[test]
    fn krew_installs_upgrades_and_uninstalls_it() {
        let on_path = |tool: &str| {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(tool).is_file())
        };
        let dist = tempfile::tempdir().expect("directory");
        for triple in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-pc-windows-msvc"] {
            packed(dist.path(), triple);
        }
        let output = run("krew/render-manifest.sh", &[Path::new("--partial")], dist.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output = run("krew/test-install.sh", &[], dist.path());
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !on_path("kubectl-krew") {
            assert_eq!(output.status.code(), Some(3), "{complained}");
            println!("skipped: kubectl-krew is not on PATH");
            return;
        }
        assert!(output.status.success(), "{said}{complained}");
        for platform in ["ok linux/amd64", "ok linux/arm64", "ok windows/amd64"] {
            assert!(said.contains(platform), "{said}");
        }
        if ["git", "python3", "kubectl"].into_iter().all(on_path) {
            assert!(said.contains("ok kubectl krew uninstall netpath"), "{said}");
        }
    }

    #[test]
    fn an_unknown_platform_is_refused() {
        let dist = tempfile::tempdir().expect("directory");
        for triple in ["riscv64gc-unknown-linux-gnu", "x86_64-unknown-freebsd", ""] {
            let output = run("krew/package.sh", &[Path::new(triple), Path::new("/dev/null")], dist.path());
            assert!(!output.status.success(), "{triple:?}");
        }
    }
}
