//! Environments in every mode and state: each rule of a rule list as a scenario.
//!
//! A scenario is a [`machine::Machine`], composed from a fact that its comment cites, and
//! what netpath says about it, in `expected/TOOL/NAME.txt` and `NAME.json`. A deliberate
//! change is accepted with `NETPATH_BLESS=1 cargo test --test environments`; read the
//! difference before you commit it. Verdict, cause, URL and remedies stand in the test
//! itself as well, so that accepting a report cannot hide that they changed.

#![allow(clippy::disallowed_methods, reason = "a test reads and writes the expected reports")]

mod docker_desktop;
mod host;
mod hostile;
mod k3d;
mod kind;
mod lima;
mod machine;
mod minikube;
mod multipass;
mod orbstack;
mod rancher_desktop;
mod said;
mod wsl;

use std::path::Path;

use netpath::render::{Format, Style, render};
use netpath::report::Outcomes;

/// Compares what is said, as text and as JSON, with what `expected/NAME` holds. A text is
/// for a terminal of 80 columns.
#[track_caller]
pub fn says(name: &str, outcomes: &Outcomes) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/environments/expected");
    for (format, extension) in [(Format::Text, "txt"), (Format::Json, "json")] {
        let said = render(outcomes, format, &Style::default());
        if format == Format::Text {
            // A single argument that is too long stays whole.
            let patch = |line: &&str| line.trim_start().starts_with("-p '");
            let width =
                said.lines().filter(|line| !patch(line)).map(|line| line.chars().count()).max().unwrap_or_default();
            let height = said.lines().count();
            assert!(height <= 30 && width <= 80, "{name}: {height} lines of {width}:\n{said}");
        }
        let path = folder.join(format!("{name}.{extension}"));
        let expected = || std::fs::read_to_string(&path).unwrap_or_default();
        // Scenarios that say the same share a file, and run at the same time.
        if std::env::var_os("NETPATH_BLESS").is_some() && expected() != said {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, &said).expect("a file that can be written");
        }
        let expected = expected();
        assert_eq!(said, expected, "{name}.{extension}");
    }
}
