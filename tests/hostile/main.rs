//! Hostile text in every place where foreign text enters: whatever somebody calls a Service,
//! a container or a context, no terminal obeys it, no shell runs it, and every report keeps
//! its shape. The same for recordings, which strangers send.

#![allow(clippy::disallowed_methods, reason = "a test reads the files of the repository and runs shells")]

mod payloads;
#[path = "../../fuzz/src/report.rs"]
mod report;
mod shells;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use netpath::observe::recording::Recording;
use netpath::render::{Format, Style, render};
use netpath::report::Outcomes;

use payloads::PAYLOADS;
use sweep::Scene;

/// Every recording of the repository.
fn recordings() -> Vec<Scene> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenarios = std::fs::read_dir(root.join("tests/scenarios")).expect("scenarios");
    let mut paths: Vec<_> = scenarios.map(|entry| entry.expect("an entry").path().join("recording.yaml")).collect();
    paths.retain(|path| path.exists());
    paths.sort();
    let scene = |path: &std::path::PathBuf| {
        let name = path.parent().and_then(Path::file_name).expect("a name").to_string_lossy().into_owned();
        Scene::new(&name, &Recording::read(path).expect("a recording"))
    };
    let scenes: Vec<Scene> = paths.iter().map(scene).collect();
    assert!(scenes.len() > 40, "only {} recordings", scenes.len());
    scenes
}

/// Which text of which world is replaced: each place in which a text can stand, in a few
/// worlds, and not each text of each world.
fn places(scenes: &[Scene]) -> Vec<(&Scene, String)> {
    const WORLDS: usize = 1;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for scene in scenes {
        for (text, places) in scene.strings() {
            if places.iter().any(|place| seen.get(place).copied().unwrap_or_default() < WORLDS) {
                places.into_iter().for_each(|place| *seen.entry(place).or_default() += 1);
                chosen.push((scene, text));
            }
        }
    }
    assert!(seen.len() > 100, "only {} places", seen.len());
    chosen
}

/// Runs a world with a hostile text and holds the report to what holds for every report.
fn said(scene: &Scene, harmless: &str, hostile: &str) -> Option<Outcomes> {
    scene.with(harmless, hostile).run(harmless, hostile).inspect(report::hold)
}

/// How many payloads take the place of each text.
const TURNS: usize = 2;

#[test]
fn no_name_is_obeyed_by_a_terminal_or_a_shell() {
    let scenes = recordings();
    let places = places(&scenes);
    let (mut commands, mut files) = (BTreeSet::new(), Vec::new());
    for (number, (scene, text)) in places.iter().enumerate() {
        // Each payload in each place would take minutes: they take turns.
        for (what, hostile) in PAYLOADS.iter().cycle().skip(number * TURNS).take(TURNS) {
            let run = std::panic::catch_unwind(|| said(scene, text, hostile));
            let run = run.unwrap_or_else(|_| panic!("{}: {text:?} as {what}: {hostile:?}", scene.name));
            let Some(outcomes) = run else { continue };
            commands.extend(sweep::commands(&outcomes));
            files.extend(sweep::files(&outcomes));
        }
    }
    let commands: Vec<Vec<String>> = commands.into_iter().collect();
    let hostile = |word: &String| PAYLOADS.iter().any(|(_, payload)| word.contains(payload));
    let reached = commands.iter().filter(|argv| argv.iter().any(hostile)).count();
    assert!(reached > 25, "hostile words reach only {reached} of {} commands", commands.len());
    for width in [60, 80] {
        shells::posix_reads_back(&commands, width);
        shells::powershell_reads_back(&commands, width);
    }
    shells::posix_writes(&files);
    shells::powershell_writes(&files);
}

/// Flags of kubectl, docker and minikube that take the next word for their value, whatever
/// it begins with (spf13/pflag `flag.go`, parseLongArg and parseSingleShortArg).
const TAKES_A_VALUE: [&str; 9] = ["-n", "-l", "-c", "-p", "--context", "--profile", "--name", "--filter", "--resolve"];

/// A name that begins with a dash stands where no flag can be, or in no command at all.
#[test]
fn no_name_becomes_a_flag() {
    const FLAG: &str = "-o/tmp/owned";
    let scenes = recordings();
    let (mut flags, mut reached) = (BTreeSet::new(), 0);
    for (scene, text) in places(&scenes) {
        let Some(outcomes) = scene.with(&text, FLAG).run(&text, FLAG) else { continue };
        for argv in sweep::commands(&outcomes) {
            let mut value = false;
            for word in argv.iter().take_while(|word| *word != "--") {
                // Also as the beginning of a word, such as a selector.
                let hostile = word.starts_with(FLAG);
                if hostile && !value {
                    flags.insert(format!("{}: {argv:?} {:?}", scene.name, scene.strings()[&text]));
                }
                reached += usize::from(hostile && value);
                value = !value && TAKES_A_VALUE.contains(&word.as_str());
            }
        }
    }
    assert!(flags.is_empty(), "{flags:#?}");
    assert!(reached > 5, "it stood in {reached} commands only");
}

/// A megabyte.
const LONG: usize = 1024 * 1024;

/// A megabyte in a place where a word is expected is cut, unless a command needs it.
#[test]
fn a_long_text_does_not_drown_a_report() {
    let scenes = recordings();
    let long = "x".repeat(LONG);
    for (scene, text) in places(&scenes).iter().step_by(29) {
        let Some(outcomes) = scene.with(text, &long).run(text, &long) else { continue };
        let said = render(&outcomes, Format::Text, &Style::default());
        let in_commands = sweep::commands(&outcomes).iter().flatten().any(|word| word.len() >= LONG);
        let drowned = said.lines().find(|line| line.len() > 2000);
        let start: String = drowned.unwrap_or_default().chars().take(80).collect();
        assert!(in_commands || drowned.is_none(), "{}: {:?}: {start}", scene.name, scene.strings()[text]);
    }
}
