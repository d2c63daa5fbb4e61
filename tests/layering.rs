//! The core is pure: no file, no process, no socket, no environment, no clock, no printing
//! and no `cfg` on the operating system outside the shell. That is what lets a recording
//! from a Mac replay on Linux, and a run of the core be repeated.
//!
//! A reader of tokens, not a compiler: comments, literals and `#[cfg(test)]` items do not
//! count, `use` trees are unfolded, macro bodies are read like any other code. `clippy.toml`
//! catches what needs types (`path.exists()`), this test what needs none.
#![allow(clippy::disallowed_methods, reason = "a test reads the files of the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The shell, relative to `src/`. All else is core, `render/` included.
const SHELL: [&str; 7] = ["main.rs", "app.rs", "app/", "cli.rs", "drive.rs", "observe/", "probe/"];

/// Modules of `std` that are the world.
const STD: [&str; 5] = ["env", "fs", "os", "process", "thread"];

/// Crates that are the world.
const CRATES: [&str; 9] =
    ["tokio", "kube", "hyper", "hyper_util", "hyper_rustls", "if_addrs", "which", "sysinfo", "listeners"];

/// Names that mean a socket, a resolver or a clock wherever they come from.
/// `IpAddr` and `SocketAddr` are plain values.
const NAMES: [&str; 3] = ["ToSocketAddrs", "SystemTime", "Instant"];

/// Macros that print.
const PRINTS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// Words that make a `cfg` depend on the machine that compiles.
const PLATFORM: [&str; 5] = ["target_os", "target_family", "target_env", "unix", "windows"];

/// A word or a sign, and the line it stands on. `::` is one sign.
type Token = (usize, String);

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code as tokens, without comments and literals.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut tokens, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let start = i;
        match chars[i] {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && chars[i] != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                while i < chars.len() {
                    match (chars[i], at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            '"' => i = after_string(&chars, i),
            // A character, unless it is a lifetime: 'a' or '\n', but not 'a.
            '\'' if at(i + 1) == '\\' => {
                i += 3;
                while i < chars.len() && chars[i] != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' if at(i + 2) == '\'' => i += 3,
            c if is_word(c) => {
                while is_word(at(i)) {
                    i += 1;
                }
                let word: String = chars[start..i].iter().collect();
                let hashes = chars[i..].iter().take_while(|c| **c == '#').count();
                if matches!(word.as_str(), "r" | "br" | "cr") && at(i + hashes) == '"' {
                    i = after_raw_string(&chars, i + hashes, hashes);
                } else if word == "r" && hashes == 1 && is_word(at(i + 1)) {
                    // r#name is name.
                    i += 1;
                } else {
                    tokens.push((line, word));
                }
            }
            ':' if at(i + 1) == ':' => {
                tokens.push((line, "::".to_owned()));
                i += 2;
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((line, c.to_string()));
                }
                i += 1;
            }
        }
        i = i.min(chars.len());
        line += chars[start..i].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn after_string(chars: &[char], quote: usize) -> usize {
    let mut i = quote + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn after_raw_string(chars: &[char], quote: usize, hashes: usize) -> usize {
    let ends =
        |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (quote + 1..chars.len()).find(|i| ends(*i)).map_or(chars.len(), |i| i + 1 + hashes)
}

fn word(tokens: &[Token], i: usize) -> &str {
    tokens.get(i).map_or("", |(_, word)| word.as_str())
}

fn starts_with(tokens: &[Token], i: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(offset, expected)| word(tokens, i + offset) == *expected)
}

/// The index after the bracket that closes the one at `open`.
fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for i in open..tokens.len() {
        match word(tokens, i) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

/// Takes `#[cfg(test)]` items out; returns the names of those that are files of their own.
fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, BTreeSet<String>) {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut files, mut i) = (Vec::new(), BTreeSet::new(), 0);
    while i < tokens.len() {
        if !starts_with(&tokens, i, &TEST) {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        i += TEST.len();
        // The item ends with its first block, or with the first `;` outside brackets.
        loop {
            match word(&tokens, i) {
                "mod" if word(&tokens, i + 2) == ";" => {
                    files.insert(word(&tokens, i + 1).to_owned());
                    i += 1;
                }
                "{" => break i = after_group(&tokens, i),
                "(" | "[" => i = after_group(&tokens, i),
                ";" => break i += 1,
                "" => break,
                _ => i += 1,
            }
        }
    }
    (kept, files)
}

/// Every path in the code with its line: `a::b::c` wherever it stands, and one path for
/// each leaf of a `use` tree.
fn paths(tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let (mut found, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if word(tokens, i) == "use" {
            i = unfold(tokens, i + 1, &[], &mut found);
        } else if word(tokens, i).starts_with(is_word) {
            let (line, mut path) = (tokens[i].0, vec![tokens[i].1.clone()]);
            while word(tokens, i + 1) == "::" && word(tokens, i + 2).starts_with(is_word) {
                path.push(tokens[i + 2].1.clone());
                i += 2;
            }
            found.push((line, path));
            i += 1;
        } else {
            i += 1;
        }
    }
    found
}

/// One branch of a `use` tree; returns the index after it.
fn unfold(tokens: &[Token], start: usize, prefix: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let (mut path, mut i) = (prefix.to_vec(), start);
    loop {
        match word(tokens, i) {
            "::" => i += 1,
            "{" => {
                i += 1;
                while !matches!(word(tokens, i), "}" | "") {
                    i = unfold(tokens, i, &path, found);
                    if word(tokens, i) == "," {
                        i += 1;
                    }
                }
                return i + 1;
            }
            // `self` is the path so far; an alias is looked through by looking at its origin.
            "self" if !path.is_empty() => i += 1,
            "as" => i += 2,
            "*" => {
                path.push("*".to_owned());
                i += 1;
            }
            name if name.starts_with(is_word) => {
                path.push(name.to_owned());
                i += 1;
            }
            _ => {
                let line = tokens.get(start).map_or(0, |(line, _)| *line);
                found.push((line, path));
                // What is no tree after all (`$crate`, `impl Trait + use<'a>`) is stepped over.
                let stuck = i == start && !matches!(word(tokens, i), "," | "}");
                return i + usize::from(stuck);
            }
        }
    }
}

/// Why the core may not have this path.
fn verdict_on(path: &[String]) -> Option<&'static str> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let socket = |name: &str| {
        NAMES.contains(&name)
            || ["Tcp", "Udp", "Unix"].iter().any(|kind| {
                name.strip_prefix(kind).is_some_and(|rest| ["Stream", "Listener", "Socket", "Datagram"].contains(&rest))
            })
    };
    match path[..] {
        ["std", module, ..] if STD.contains(&module) => Some("looks at the world"),
        ["std", "io", "stdin" | "stdout" | "stderr", ..] => Some("talks to the terminal"),
        ["std"] | ["std", "*"] | ["std", "io", "*"] => Some("hides what is taken from std"),
        [name, _, ..] if CRATES.contains(&name) => Some("is the shell's crate"),
        ["crate", room, ..]
            if SHELL.iter().any(|shell| shell.trim_end_matches('/').trim_end_matches(".rs") == room) =>
        {
            Some("is the shell")
        }
        ["clippy", lint] if lint.starts_with("disallowed_") => Some("silences the lint that keeps the core pure"),
        _ if path.iter().any(|name| socket(name)) => Some("is a socket, a resolver or a clock"),
        _ => None,
    }
}

/// What a core file must not contain, as `line: what`.
fn impure(source: &str) -> Vec<String> {
    judge(&without_tests(tokens(source)).0)
}

fn judge(tokens: &[Token]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (line, path) in paths(tokens) {
        if let Some(why) = verdict_on(&path) {
            found.insert((line, format!("{} {why}", path.join("::"))));
        }
    }
    for (i, (line, name)) in tokens.iter().enumerate() {
        let name = name.as_str();
        let bang = usize::from(word(tokens, i + 1) == "!");
        if bang == 1 && PRINTS.contains(&name) {
            found.insert((*line, format!("{name}! prints")));
        }
        if matches!(name, "cfg" | "cfg_attr" | "cfg_select") && matches!(word(tokens, i + 1 + bang), "(" | "{") {
            let open = i + 1 + bang;
            for (_, word) in &tokens[open..after_group(tokens, open)] {
                if PLATFORM.contains(&word.as_str()) {
                    found.insert((*line, format!("{name}({word}): the operating system is a fact, not a cfg")));
                }
            }
        }
        // `use tokio;`, `use kube as k;` and `extern crate kube;` have no second segment.
        if matches!(name, "use" | "crate") {
            let next = i + 1 + usize::from(word(tokens, i + 1) == "::");
            if CRATES.contains(&word(tokens, next)) {
                found.insert((*line, format!("{} is the shell's crate", word(tokens, next))));
            }
        }
    }
    found.into_iter().map(|(line, what)| format!("{line}: {what}")).collect()
}

fn is_shell(file: &str) -> bool {
    SHELL.iter().any(|room| if room.ends_with('/') { file.starts_with(room) } else { file == *room })
}

/// All Rust files under `dir`, relative to `src/`, with `/` on every system.
fn files(src: &Path, dir: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(src.join(dir)).expect("a directory under src/") {
        let entry = entry.expect("an entry");
        let name = format!("{dir}{}", entry.file_name().to_str().expect("a UTF-8 name"));
        if entry.path().is_dir() {
            files(src, &format!("{name}/"), found);
        } else if name.ends_with(".rs") {
            found.push(name);
        }
    }
}

/// `src/a/b.rs` and `src/a/b/mod.rs` keep the file of `mod c;` at `src/a/b/c.rs`.
fn file_of(parent: &str, module: &str) -> String {
    let stem = parent.trim_end_matches(".rs");
    let directory = match stem.rsplit_once('/') {
        Some((directory, "mod")) => format!("{directory}/"),
        None if matches!(stem, "lib" | "main") => String::new(),
        _ => format!("{stem}/"),
    };
    format!("{directory}{module}.rs")
}

#[test]
fn the_core_is_pure() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, "", &mut all);
    all.retain(|file| !is_shell(file));
    assert!(all.len() > 10, "the core was not found: {all:?}");

    let (mut sources, mut tests) = (Vec::new(), BTreeSet::new());
    for file in all {
        let source = fs::read_to_string(src.join(&file)).expect("a source file");
        let (kept, own_files) = without_tests(tokens(&source));
        tests.extend(own_files.iter().map(|module| file_of(&file, module)));
        sources.push((file, kept));
    }
    let found: Vec<String> = sources
        .iter()
        .filter(|(file, _)| !tests.contains(file))
        .flat_map(|(file, kept)| judge(kept).into_iter().map(move |what| format!("src/{file}:{what}")))
        .collect();
    assert!(found.is_empty(), "only the shell touches the world:\n{}", found.join("\n"));
}

#[test]
fn what_is_impure_is_caught() {
    for source in [
        "let x = std::fs::read(path);",
        "use std::fs;",
        "use ::std::fs;",
        "use std::fs as files;",
        "use std::{fs, rc::Rc};",
        "use std::{rc::Rc, fs::{self, File}};",
        "use std::{\n    rc::{Rc, Weak},\n    process::Command,\n};",
        "pub(crate) use std::env::var;",
        "use std::*;",
        "use std as s;",
        "use std::{self as s};",
        "let x = ::std::env::var(\"HOME\");",
        "let child = std :: process\n    :: Command::new(\"docker\");",
        "use r#std::r#fs;",
        "use std::net::{IpAddr, TcpStream};",
        "use std::net; fn f() { net::UdpSocket::bind(a); }",
        "fn f(l: TcpListener) {}",
        "use std::net::ToSocketAddrs as _;",
        "std::thread::sleep(d);",
        "use std::os::unix::net::UnixStream;",
        "let now = Instant::now();",
        "use std::time::{Duration, SystemTime};",
        "tokio::time::sleep(d).await;",
        "#[tokio::test] async fn f() {}",
        "use tokio;",
        "extern crate kube;",
        "use kube as k;",
        "fn f(client: kube::Client) {}",
        "use hyper::Request;",
        "use hyper_util::rt;",
        "which::which(\"docker\");",
        "if_addrs::get_if_addrs();",
        "use crate::observe::system;",
        "use crate::{fact::host::Host, probe::tcp};",
        "crate::drive::run();",
        "println!(\"x\");",
        "std::println!(\"x\");",
        "anstream::eprintln !(\"x\");",
        "print!(\"x\"); // fine?",
        "dbg!(x)",
        "std::io::stdout().write_all(b)",
        "use std::io::{Write, stderr};",
        "use std::io::*;",
        "#[cfg(target_os = \"linux\")] fn f() {}",
        "#[cfg(not(windows))] fn f() {}",
        "#[cfg(all(test, unix))] fn f() {}",
        "#[cfg_attr(target_family = \"wasm\", x)] fn f() {}",
        "if cfg!(target_os = \"macos\") {}",
        "if cfg!(unix) {}",
        "#![allow(clippy::disallowed_methods)]",
        "macro_rules! now { () => { ::std::time::Instant::now() } }",
        // What does not count ends where it ends.
        "#[cfg(test)] mod tests { fn f() {} } use std::fs;",
        "#[cfg(test)] use x::y; use std::fs;",
        "#[cfg(test)] const A: [u8; 2] = [1; 2]; use std::fs;",
        "#[cfg(not(test))] use std::fs;",
        "/* a /* b */ c */ use std::fs;",
        "// comment\nuse std::fs;",
        "const A: &str = \"\\\"\"; use std::fs;",
        "const A: &str = r#\"\"\"#; use std::fs;",
        "const A: char = '\"'; use std::fs; const B: char = '\"';",
        "const A: char = '\\''; use std::fs; const B: char = '\\u{22}';",
        "fn f<'a>(x: &'a str) { std::fs::read(x); }",
        "fn f<'a>(x: &'a str) -> impl Sized + use<'a> { std::fs::read(x) }",
        "use $crate::x; use std::fs;",
        "use {std::fs, a::b};",
    ] {
        assert!(!impure(source).is_empty(), "not caught: {source}");
    }
}

#[test]
fn what_is_pure_is_left_alone() {
    for source in [
        "use std::net::{IpAddr, SocketAddr};",
        "use std::net::*;",
        "use std::fmt::{self, Display};",
        "use std::{collections::BTreeMap, rc::Rc, time::Duration};",
        "use std::path::PathBuf;",
        "use std::io::{self, Write};",
        "use crate::fact::{host::Host, kubeconfig};",
        "use crate::{answers, ask::Ask,};",
        "use crate::fact::*;",
        "use super::fs::env;",
        "let env = process.fs; env.thread()",
        "let tokio = kube; tokio.which(hyper)",
        "Ask::Probe { tcp }; Environment::kube(x)",
        "crate::observed::f(); crate::probes::f(); crate::apps::f()",
        "struct TcpProbe; struct Instantly; enum UdpOnly {}",
        "Hop::Tcp; Protocol::Udp; instant; Timeout::SystemTimeout",
        "writeln!(out, \"x\"); write!(out, \"y\")",
        "fn println() {} let print = 1; f(print) != x",
        "/// println!(\"x\") and std::fs\nfn f() {}",
        "//! std::env",
        "/* std::fs /* tokio::spawn */ Instant */",
        "const A: &str = \"std::fs \\\" println!(1) Instant::now()\";",
        "const A: &str = r##\"std::fs \"# Instant::now()\"##;",
        "const A: &[u8] = b\"tokio::spawn()\"; const B: &CStr = c\"kube::Client\";",
        "#[cfg(feature = \"windows\")] fn f() {}",
        "#[cfg(debug_assertions)] fn f() {}",
        "match os { Os::Windows => windows, Os::Linux => unix }",
        "env!(\"CARGO_PKG_VERSION\"); include_str!(\"std/fs\")",
        "#[cfg(test)]\nmod tests {\n    use std::fs;\n    #[test]\n    fn f() { println!(\"{}\", '{'); }\n}",
        "#[cfg(test)] #[allow(clippy::disallowed_methods)] mod tests { use std::fs; }",
        "#[cfg(test)] use std::fs;",
        "#[cfg(test)] fn now() -> Instant { Instant::now() }",
        "#[cfg(test)] mod tests;",
        "#[allow(clippy::too_many_arguments)] fn f() {}",
        "",
    ] {
        assert_eq!(impure(source), Vec::<String>::new(), "caught: {source}");
    }
}

#[test]
fn a_finding_names_its_line() {
    let source = "//! core\n\nconst A: &str = \"two\nlines\";\nfn f() {\n    println!();\n}\nuse std::{\n    fs,\n};\n";
    assert_eq!(impure(source), ["6: println! prints", "9: std::fs looks at the world"]);
}

#[test]
fn the_shell_is_what_it_is_said_to_be() {
    for file in ["main.rs", "app.rs", "app/run.rs", "cli.rs", "drive.rs", "observe/kube/api.rs", "probe/mod.rs"] {
        assert!(is_shell(file), "{file}");
    }
    for file in ["lib.rs", "render/cli.rs", "environment/app.rs", "fact/probe.rs", "observed.rs", "probes/tcp.rs"] {
        assert!(!is_shell(file), "{file}");
    }
}

#[test]
fn a_test_module_may_be_a_file() {
    let (_, modules) = without_tests(tokens("#[cfg(test)]\nmod tests;\nmod other;"));
    assert_eq!(modules, BTreeSet::from(["tests".to_owned()]));
    for (parent, file) in [
        ("lib.rs", "tests.rs"),
        ("ask.rs", "ask/tests.rs"),
        ("fact/mod.rs", "fact/tests.rs"),
        ("fact/host.rs", "fact/host/tests.rs"),
    ] {
        assert_eq!(file_of(parent, "tests"), file);
    }
}
