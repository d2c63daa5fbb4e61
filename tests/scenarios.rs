//! Scenarios: `tests/scenarios/NAME/` holds a recording and what netpath says about it.
//!
//! `recording.yaml` is replayed; `expected.txt` and `expected.json` are compared. A
//! deliberate change is accepted with `NETPATH_BLESS=1 cargo test --test scenarios`; read
//! the difference before you commit it. `README.md` says what was set up, and whether the
//! recording was made on a real cluster or composed by hand from a cited fact.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test: reads the scenarios and runs the binary")]

use std::path::{Path, PathBuf};
use std::process::Command;

use netpath::fact::cluster::{EndpointSlice, Pod};
use netpath::fact::read::Object;
use serde_json::Value;

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("recording.yaml").is_file())
        .collect();
    all.sort();
    assert!(all.len() > 20, "the scenarios are gone");
    all
}

fn replay(scenario: &Path, flags: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-netpath"))
        .args(["explain", "--replay"])
        .arg(scenario.join("recording.yaml"))
        .args(flags)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", scenario.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A list of everything keeps less of an object that is well. If every read of it did, the
/// rules would still come to the same end.
#[test]
fn what_a_list_of_everything_keeps_is_enough() {
    fn kept<T: Object>(item: &Value) -> Value {
        serde_json::to_value(serde_json::from_value::<T>(item.clone()).unwrap().among_all()).unwrap()
    }
    let folder = tempfile::tempdir().unwrap();
    let mut shorter = 0;
    for scenario in scenarios() {
        let whole = std::fs::read_to_string(scenario.join("recording.yaml")).unwrap();
        let mut recording: Value = serde_yaml::from_str(&whole).unwrap();
        for answer in recording["answers"].as_array_mut().unwrap() {
            let path = answer["ask"]["api"].as_str().unwrap_or_default().to_owned();
            let keep = match path.split('?').next().and_then(|path| path.rsplit('/').next()) {
                Some("pods") => kept::<Pod>,
                Some("endpointslices") => kept::<EndpointSlice>,
                _ => continue,
            };
            let items = answer.pointer_mut("/answer/known/items").and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                let less = keep(item);
                shorter += usize::from(less.to_string().len() < item.to_string().len() / 2);
                *item = less;
            }
        }
        std::fs::write(folder.path().join("recording.yaml"), recording.to_string()).unwrap();
        assert_eq!(replay(folder.path(), &[]), replay(&scenario, &[]), "{}", name(&scenario));
    }
    assert!(shorter > 50, "{shorter} ready Pods");
}

fn name(scenario: &Path) -> String {
    scenario.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_scenario_says_what_is_expected() {
    let bless = std::env::var_os("NETPATH_BLESS").is_some();
    let mut differing = Vec::new();
    for scenario in scenarios() {
        for (file, flags) in [("expected.txt", &[][..]), ("expected.json", &["-o", "json"])] {
            let said = replay(&scenario, flags);
            let path = scenario.join(file);
            if bless {
                std::fs::write(&path, &said).unwrap();
            }
            if std::fs::read_to_string(&path).ok().as_deref() != Some(said.as_str()) {
                differing.push(format!("{} {file}:\n{said}", name(&scenario)));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn one_target_fits_on_one_screen() {
    for scenario in scenarios() {
        let text = replay(&scenario, &[]);
        assert!(text.lines().count() <= 30, "{}: {} lines\n{text}", name(&scenario), text.lines().count());
        for line in text.lines() {
            // Only a single word of a command may be longer: it would not paste otherwise.
            let columns = line.chars().count();
            let long_word = line.trim_start().starts_with("-p '") || line.split_whitespace().count() == 1;
            assert!(columns <= 80 || long_word, "{}: {columns} columns: {line}", name(&scenario));
        }
    }
}

#[test]
fn a_recording_answers_everything_that_is_asked() {
    for scenario in scenarios() {
        let text = replay(&scenario, &["-v"]);
        assert!(!text.contains("not in the recording"), "{}: record it again\n{text}", name(&scenario));
    }
}

#[test]
fn every_scenario_says_where_it_comes_from() {
    for scenario in scenarios() {
        let text = std::fs::read_to_string(scenario.join("README.md")).unwrap_or_default();
        let says = ["Recorded", "Composed"].iter().any(|word| text.contains(word));
        assert!(says, "{}: README.md must say Recorded or Composed", name(&scenario));
    }
}

/// What the README shows is what netpath says.
#[test]
fn the_readme_shows_a_real_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let report = replay(&root.join("tests/scenarios/kind-laptop-unpublished"), &[]);
    assert!(readme.contains(&report), "copy it into README.md:\n{report}");
}
