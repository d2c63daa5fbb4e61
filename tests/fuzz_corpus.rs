//! The bounded stand-in for cargo-fuzz, on a stable compiler: every target of `fuzz/` over
//! its corpus, over some thousand mutations of it, and over what is made to hurt a parser.
//!
//! Every run takes the same mutations. `NETPATH_FUZZ_SEED=7 NETPATH_FUZZ_RUNS=100000` takes
//! others, and more. A failure names target and seed, and repeats with that seed alone.

#![allow(clippy::disallowed_methods, reason = "a test reads the files of the repository")]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz::TARGETS;

/// For one input in all the readers of a target, forty of them at most. A build without
/// optimization on a busy machine takes much longer.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 5 });

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fs::read_dir(root("fuzz/corpus").join(target)).unwrap_or_else(|_| panic!("{target} has no corpus"));
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read(path).expect("a seed"))).collect()
}

/// The files below a directory of `src/`, and what is in them.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root("src").join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("a directory").map(|entry| entry.expect("an entry").path()));
        } else {
            let name = path.strip_prefix(root("src")).expect("below src").to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).expect("a source")));
        }
    }
    found.sort();
    found
}

/// The words that follow a pattern at its every occurrence, up to the end of a name.
fn after<'a>(text: &'a str, pattern: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(pattern).skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len());
        &rest[..end]
    })
}

fn questions() -> BTreeSet<&'static str> {
    let by_hand = ["Exists", "OfPort"];
    TARGETS.iter().flat_map(|target| target.questions).map(|asked| asked.question).chain(by_hand).collect()
}

#[test]
fn every_question_has_a_target() {
    let known = questions();
    let bare: BTreeSet<&str> = known.iter().map(|name| name.split('<').next().unwrap_or(name)).collect();
    let (mut all, mut objects) = (0, 0);
    for (file, text) in sources("fact") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for question in after(code, " Question for ") {
            assert!(bare.contains(question), "{file}: no target of fuzz/src/lib.rs asks {question}");
            all += 1;
        }
        for object in after(code, "impl Object for ") {
            for question in [format!("Get<{object}>"), format!("Page<{object}>")] {
                assert!(known.contains(question.as_str()), "{file}: the target cluster has no {object}");
            }
            objects += 1;
        }
    }
    assert!(all > 25 && objects > 15, "{all} questions, {objects} objects: the sources are read wrongly");
}

/// What reads foreign bytes without a question.
#[test]
fn every_reader_of_the_shell_has_a_target() {
    /// Reached by the targets kubeconfig and recording themselves, or no parser.
    const ELSEWHERE: [(&str, &str); 8] = [
        ("observe/api/mod.rs", "takes a credential out of a body, and parses nothing"),
        ("observe/api/stack.rs", "makes URLs and headers out of what is known to be one"),
        ("observe/engine.rs", "splits the ids that an engine lists, and hands them back to it"),
        ("observe/file.rs", "bytes to text"),
        ("observe/kubeconfig/connection.rs", "target kubeconfig"),
        ("observe/kubeconfig/files.rs", "target kubeconfig"),
        ("observe/readers.rs", "the readers themselves"),
        ("observe/recording.rs", "target recording"),
    ];
    const SIGNS: [&str; 6] = ["from_str", "from_slice", "from_utf8", ".lines()", "split_whitespace", "pem_slice"];
    let readers: BTreeSet<&str> = netpath::observe::readers::READERS.iter().map(|(file, _)| *file).collect();
    for (file, text) in ["observe", "probe"].into_iter().flat_map(sources) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if !SIGNS.iter().any(|sign| code.contains(sign)) || file.ends_with("/tests.rs") {
            continue;
        }
        let known = readers.contains(file.as_str()) || ELSEWHERE.iter().any(|(other, _)| *other == file);
        assert!(known, "{file} reads foreign bytes, and observe/readers.rs does not have it");
    }
    let claimed: BTreeSet<&str> = TARGETS.iter().flat_map(|target| target.files).copied().collect();
    // Some readers are Linux's own.
    assert!(readers.is_subset(&claimed), "each reader belongs to one target: {readers:?}");
    assert!(cfg!(not(target_os = "linux")) || readers == claimed, "no such reader: {claimed:?}");
}

/// A corpus of what nobody understands would try the first line of each parser only.
#[test]
fn every_reader_understands_a_seed() {
    let mut understood: BTreeSet<&str> = BTreeSet::new();
    for target in TARGETS {
        let seeds = corpus(target.name);
        assert!((4..=28).contains(&seeds.len()), "{}: {} seeds", target.name, seeds.len());
        for (name, bytes) in &seeds {
            assert!(bytes.len() < 32 * 1024, "{}/{name} is large", target.name);
            understood.extend(fuzz::run(target.name, bytes));
        }
    }
    let objects = |name: &&&str| !name.starts_with("Get<") && !name.starts_with("Page<");
    let known = questions();
    let missing: Vec<&&str> = known.iter().filter(objects).filter(|name| !understood.contains(**name)).collect();
    assert!(missing.is_empty(), "no seed for {missing:?}");
    for kind in known.iter().filter_map(|name| name.strip_prefix("Get<")?.strip_suffix('>')) {
        let forms = [format!("Get<{kind}>"), format!("Page<{kind}>")];
        assert!(forms.iter().any(|form| understood.contains(form.as_str())), "no seed for {kind}");
    }
    for other in ["Loaded", "Config", "Recording", "Outcomes", "Process", "Home"] {
        assert!(understood.contains(other), "no seed for {other}");
    }
}

#[test]
fn the_fuzzers_are_those_of_the_table() {
    let manifest = fs::read_to_string(root("fuzz/Cargo.toml")).expect("a manifest");
    let wanted: BTreeSet<String> = TARGETS.iter().map(|target| format!("{}.rs", target.name)).collect();
    let files = fs::read_dir(root("fuzz/fuzz_targets")).expect("a directory");
    let found: BTreeSet<String> =
        files.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(wanted, found);
    for target in TARGETS {
        let file = format!("fuzz_targets/{}.rs", target.name);
        assert!(manifest.contains(&format!("path = \"{file}\"")), "{file} is no binary of fuzz/Cargo.toml");
        let text = fs::read_to_string(root("fuzz").join(&file)).expect("a target");
        assert!(text.contains(&format!("run(\"{}\", ", target.name)), "{file} runs another target");
    }
}

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// What formats are made of, and what hurts.
const PIECES: [&[u8]; 40] = [
    b"",
    b"null",
    b"true",
    b"0",
    b"-1",
    b"65536",
    b"4294967296",
    b"1e999",
    b"0x10",
    b"1_0",
    b"{}",
    b"[]",
    b"[[",
    b"}}",
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\t",
    b": ",
    b"- ",
    b"*a",
    b"&a ",
    b"<<: ",
    b"---\n",
    b"...\n",
    b"!!binary ",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
    "\u{9b}31m".as_bytes(),
    "\u{2028}".as_bytes(),
    b"::ffff:0.0.0.0%1",
];

fn mutated(seeds: &[(String, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].1.clone();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        let to = (at + dice.below(24)).min(bytes.len());
        match dice.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let piece = bytes[at..to].to_vec();
                bytes.splice(at..at, piece.repeat(1 + dice.below(3)));
            }
            3 => {
                let other = &seeds[dice.below(seeds.len())].1;
                let from = dice.below(other.len());
                let piece = other[from..(from + dice.below(200)).min(other.len())].to_vec();
                bytes.splice(at..to, piece);
            }
            4 => bytes.truncate(at),
            // A value of its own place: what stands between two signs.
            5 | 6 => {
                let sign = |byte: &u8| b"\",:{}[]= \n".contains(byte);
                let start = bytes[..at].iter().rposition(sign).map_or(0, |sign| sign + 1);
                let end = bytes[at..].iter().position(sign).map_or(bytes.len(), |sign| at + sign);
                bytes.splice(start..end, PIECES[dice.below(PIECES.len())].iter().copied());
            }
            _ => drop(bytes.splice(at..to, PIECES[dice.below(PIECES.len())].iter().copied())),
        }
    }
    bytes
}

/// Runs a target, and says with which input it failed.
#[track_caller]
fn survives(target: &str, what: &str, bytes: &[u8]) {
    let start = Instant::now();
    let run = catch_unwind(AssertUnwindSafe(|| drop(fuzz::run(target, bytes))));
    let shown: String = String::from_utf8_lossy(bytes).escape_debug().take(4000).collect();
    assert!(run.is_ok(), "{target} fails with {what}: {shown}");
    let took = start.elapsed();
    assert!(took < LIMIT, "{target} takes {took:?} for {} bytes, {what}", bytes.len());
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn mutations_of_the_corpus_are_survived() {
    for target in TARGETS {
        let seeds = corpus(target.name);
        // A whole report takes as long as a hundred parsers.
        let runs = number("NETPATH_FUZZ_RUNS", if target.name == "recording" { 150 } else { 1000 });
        let first = number("NETPATH_FUZZ_SEED", 1);
        for seed in first..first + runs {
            survives(target.name, &format!("NETPATH_FUZZ_SEED={seed}"), &mutated(&seeds, &mut Dice(seed)));
        }
    }
}

/// A megabyte, and less where nothing is optimized.
const MEGABYTE: usize = 1024 * 1024 / if cfg!(debug_assertions) { 8 } else { 1 };

fn many(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

/// Each alias ten of the one before: 10^9 strings out of a few lines.
fn laughs(kind: &str) -> String {
    let mut text = format!("{kind}a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", "));
    }
    text
}

/// What is made to take long, to take all memory, or to end the stack.
#[test]
fn what_is_made_to_hurt_is_survived() {
    let recording = "apiVersion: netpath/v1alpha1\nkind: Recording\n";
    let inputs: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("zeroes", vec![0; MEGABYTE]),
        ("no UTF-8", vec![0xff; MEGABYTE]),
        ("a long line", many("a", MEGABYTE).into()),
        ("long lines", many("0: 1F90 00000000:0000 0A 80 90\n", MEGABYTE).into()),
        ("a long string", format!("\"{}\"", many("a", MEGABYTE)).into()),
        ("a long number", many("9", MEGABYTE).into()),
        ("a long key", format!("{{\"{}\":1}}", many("a", MEGABYTE)).into()),
        ("open lists", many("[", MEGABYTE).into()),
        ("open objects", many("{\"a\":", MEGABYTE).into()),
        ("closed lists", format!("{}{}", many("[", MEGABYTE / 8), many("]", MEGABYTE / 8)).into()),
        ("quotes", many("'\"", MEGABYTE).into()),
        ("backslashes", many("\\", MEGABYTE).into()),
        ("many objects", format!("[{}{{}}]", many("{},", MEGABYTE)).into()),
        (
            "many keys",
            format!("{{{}\"\":0}}", (0..MEGABYTE / 20).map(|at| format!("\"k{at}\":0,")).collect::<String>()).into(),
        ),
        ("deep dashes", many("- ", MEGABYTE).into()),
        ("deep flow of YAML", format!("a: {}", many("[", MEGABYTE / 8)).into()),
        ("deep block of YAML", (0..1000).map(|at| format!("{}a:\n", " ".repeat(at))).collect::<String>().into()),
        ("many documents", many("---\na: 1\n", MEGABYTE).into()),
        ("laughs", laughs("").into()),
        ("laughs of a recording", laughs(recording).into()),
        (
            "laughs of an object",
            serde_json::json!({ "kind": "ConfigMap", "data": { "config.conf": laughs("mode: x\n") } })
                .to_string()
                .into(),
        ),
        (
            "a deep ConfigMap",
            serde_json::json!({ "kind": "ConfigMap", "data": { "config.conf": many("[", MEGABYTE) } })
                .to_string()
                .into(),
        ),
        ("a list of nothing", format!("{{\"kind\":\"PodList\",\"items\":[{}{{}}]}}", many("{},", MEGABYTE)).into()),
        ("anchors", (0..MEGABYTE / 50).map(|at| format!("k{at}: &a{at} x\n")).collect::<String>().into()),
        ("merges", format!("b: &b {{x: y}}\na:\n{}", many("  <<: *b\n", MEGABYTE)).into()),
    ];
    for target in TARGETS {
        for (what, bytes) in &inputs {
            survives(target.name, what, bytes);
        }
    }
}

/// Line ends and marks of other systems, and cut off anywhere.
#[test]
fn every_form_of_a_seed_is_survived() {
    for target in TARGETS {
        for (name, bytes) in corpus(target.name) {
            let text = String::from_utf8_lossy(&bytes);
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            survives(target.name, &format!("{name} in CRLF"), text.replace('\n', "\r\n").as_bytes());
            survives(target.name, &format!("{name} in CR"), text.replace('\n', "\r").as_bytes());
            survives(target.name, &format!("{name} with a mark"), &[b"\xef\xbb\xbf", &bytes[..]].concat());
            survives(target.name, &format!("{name} in UTF-16"), &[b"\xff\xfe", &wide[..]].concat());
            survives(target.name, &format!("{name} twice"), &[&bytes[..], &bytes[..]].concat());
            let step = 1 + bytes.len() / 20;
            for end in (0..bytes.len()).step_by(step) {
                survives(target.name, &format!("{name} cut at {end}"), &bytes[..end]);
            }
        }
    }
}
