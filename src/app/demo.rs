//! `demo`: real recordings, embedded. Works on a machine with no cluster at all.

use std::process::ExitCode;

use super::{Error, output, print_replayed};
use crate::cli::{DemoArgs, Output};
use crate::observe::recording::Recording;

/// Name, what it shows, and the recording: of a real kind cluster, or of a real minikube
/// where that is said. `tests/scenarios/` holds the same recordings, with their versions.
const DEMOS: &[(&str, &str, &str)] = &[
    (
        "not-published",
        "no way in: the hop of the virtualization layer is missing",
        include_str!("../../demo/not-published.yaml"),
    ),
    (
        "wrong-selector",
        "the Service selects no Pod: the hop of Kubernetes is missing",
        include_str!("../../demo/wrong-selector.yaml"),
    ),
    (
        "dead-tunnel",
        "minikube: an EXTERNAL-IP that looks well, and nobody behind it",
        include_str!("../../demo/dead-tunnel.yaml"),
    ),
    ("reachable", "everything is there", include_str!("../../demo/reachable.yaml")),
];

/// Names of the demos, and what they show.
pub(super) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    DEMOS.iter().map(|(name, shows, _)| (*name, *shows))
}

pub(super) fn run(arguments: &DemoArgs) -> Result<ExitCode, Error> {
    let wanted = arguments.name.as_deref().unwrap_or(DEMOS[0].0);
    let Some((name, _, text)) = DEMOS.iter().find(|(name, ..)| *name == wanted) else {
        let names: Vec<&str> = DEMOS.iter().map(|(name, ..)| *name).collect();
        return Err(Error::Usage(format!("there is no demo \"{wanted}\"\n  there are:  {}", names.join(", "))));
    };
    let recording = Recording::parse(text, name)?;
    print_replayed(&recording, &arguments.print)?;
    if arguments.name.is_none() && arguments.print.output == Output::Text && !arguments.print.quiet {
        output::note("\nThis was a recording of a real kind cluster.");
        output::note("There are more:  kubectl netpath demo NAME");
        for (name, shows, _) in DEMOS {
            output::note(&format!("  {name:<14}  {shows}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
