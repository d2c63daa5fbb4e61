//! Scenarios: `tests/scenarios/NAME/` holds a recording and what netpath says about it.
//!
//! `recording.yaml` is replayed; `expected.txt` and `expected.json` are compared. A
//! deliberate change is accepted with `NETPATH_BLESS=1 cargo test --test scenarios`; read
//! the difference before you commit it. `README.md` says what was set up, and whether the
//! recording was made on a real cluster or composed by hand from a cited fact.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test: reads the scenarios and runs the binary")]

use std::path::{Path, PathBuf};
use std::process::Command;

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
