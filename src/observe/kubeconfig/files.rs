//! Which files, and what is in them.

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_yaml::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use super::super::file::whole;
use crate::report::Refusal;

/// The files to merge, in order; they need not exist.
/// Rule: client-go `tools/clientcmd/loader.go`, `NewDefaultClientConfigLoadingRules`.
pub(super) fn candidates(explicit: Option<&Path>, env: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    if let Some(path) = explicit {
        return vec![path.to_owned()];
    }
    let listed = env("KUBECONFIG").filter(|list| !list.is_empty());
    let Some(list) = listed else {
        return home(env, cfg!(windows)).map(|home| home.join(".kube").join("config")).into_iter().collect();
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in env::split_paths(&list) {
        if !path.as_os_str().is_empty() && !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The home directory. On Windows the first that holds a kubeconfig, in client-go's order
/// (`util/homedir/homedir.go`), else the first that is there.
fn home(env: &dyn Fn(&str) -> Option<OsString>, windows: bool) -> Option<PathBuf> {
    let variable = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if !windows {
        return variable("HOME");
    }
    let drive = variable("HOMEDRIVE").zip(env("HOMEPATH").filter(|path| !path.is_empty())).map(|(drive, path)| {
        let mut joined = drive.into_os_string();
        joined.push(path);
        PathBuf::from(joined)
    });
    let (home, profile) = (variable("HOME"), variable("USERPROFILE"));
    let with_config = [&home, &drive, &profile].into_iter().flatten().find(|dir| dir.join(".kube/config").exists());
    let there = || [&home, &profile, &drive].into_iter().flatten().find(|dir| dir.exists());
    let set = || [&home, &profile, &drive].into_iter().flatten().next();
    with_config.or_else(there).or_else(set).cloned()
}

/// Reads the first document of one file; `None` when the file does not exist and need not.
pub(super) fn read(path: &Path, must_exist: bool) -> Result<Option<Value>, Refusal> {
    let bytes = match whole(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(None),
        Err(error) => return Err(Refusal::Kubeconfig { detail: format!("kubeconfig {}: {error}", path.display()) }),
    };
    parse(&bytes)
        .map(Some)
        .map_err(|reason| Refusal::Kubeconfig { detail: format!("kubeconfig {}{reason}", path.display()) })
}

/// Parses the first document. The error is `:LINE:COLUMN: reason` in our own words: those
/// of the parser quote the file, and so its tokens (serde-saphyr 2 `de/error.rs`).
fn parse(bytes: &[u8]) -> Result<Value, String> {
    let options = serde_yaml::options! {
        // As kubectl does (seen on 1.32): the last of two equal keys wins.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        // One odd scalar (`12e999`) must not spoil the file.
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    let text = text(bytes).ok_or(": not UTF-8 text")?;
    let first = first_document(&text);
    if first.lines().all(|line| is_blank(line) || is_marker(line, "---")) {
        return Ok(Value::Null);
    }
    let document = match serde_yaml::from_str_with_options::<Value>(first, options) {
        Ok(document) => document,
        Err(error) => {
            let at = error.location().map(|at| format!(":{}:{}", at.line(), at.column())).unwrap_or_default();
            return Err(format!("{at}: {}", reason(error.without_snippet())));
        }
    };
    let is = |key: &str, wanted: &str| {
        let said = document.get(key).and_then(Value::as_str).unwrap_or_default();
        said.is_empty() || said == wanted
    };
    match document {
        _ if !is("kind", "Config") => Err(": not a kubeconfig: its kind is not Config".into()),
        _ if !is("apiVersion", "v1") => Err(": not a kubeconfig: its apiVersion is not v1".into()),
        Value::Null | Value::Object(_) => Ok(document),
        _ => Err(": not a kubeconfig: not a mapping".into()),
    }
}

/// UTF-8, or UTF-16 with a byte-order mark, which kubectl reads too (seen on 1.34).
fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok().map(Cow::Owned)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => str::from_utf8(rest).ok().map(Cow::Borrowed),
        _ => str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

/// What stands before the second document, which kubectl does not look at. A marker at the
/// begin of a line is one wherever it stands (YAML 1.2, 9.1.2).
fn first_document(text: &str) -> &str {
    let (mut content, mut end) = (false, 0);
    for line in text.split_inclusive('\n') {
        let marker = is_marker(line, "---") || is_marker(line, "...");
        if marker && content {
            return &text[..end];
        }
        content |= !is_blank(line) && !line.starts_with('%');
        end += line.len();
    }
    text
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn reason(error: &serde_yaml::Error) -> &'static str {
    use serde_yaml::Error;
    match error {
        Error::Eof { .. } => "the file ends too early",
        Error::UnknownAnchor { .. } => "an alias names an anchor that is not there",
        Error::Budget { .. } => "too large or too deeply nested",
        _ => "not valid YAML here",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn env(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + use<> {
        let pairs: Vec<(String, OsString)> = pairs.iter().map(|(key, value)| ((*key).into(), value.into())).collect();
        move |name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    #[cfg(unix)]
    #[test]
    fn the_list_is_split_as_kubectl_splits_it() {
        for (list, wanted) in [
            ("", vec!["/home/me/.kube/config"]),
            ("/a", vec!["/a"]),
            ("/a:/b", vec!["/a", "/b"]),
            (":/a::/b:", vec!["/a", "/b"]),
            ("/a:/b:/a", vec!["/a", "/b"]),
            (":", vec![]),
        ] {
            let found = candidates(None, &env(&[("HOME", "/home/me"), ("KUBECONFIG", list)]));
            assert_eq!(found, wanted.iter().map(PathBuf::from).collect::<Vec<_>>(), "{list}");
        }
        let explicit = candidates(Some(Path::new("/only")), &env(&[("KUBECONFIG", "/a")]));
        assert_eq!(explicit, [PathBuf::from("/only")]);
        assert!(candidates(None, &env(&[])).is_empty());
    }

    #[test]
    fn windows_prefers_the_home_that_holds_a_kubeconfig() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (home_dir, profile) = (make("home"), make("profile"));
        let variables = env(&[("HOME", &home_dir), ("USERPROFILE", &profile)]);
        assert_eq!(home(&variables, true), Some(PathBuf::from(&home_dir)));
        fs::create_dir_all(Path::new(&profile).join(".kube")).unwrap();
        fs::write(Path::new(&profile).join(".kube/config"), "").unwrap();
        assert_eq!(home(&variables, true), Some(PathBuf::from(&profile)));
        let drive = env(&[("HOMEDRIVE", "Z:"), ("HOMEPATH", "/nowhere")]);
        assert_eq!(home(&drive, true), Some(PathBuf::from("Z:/nowhere")));
    }

    #[test]
    fn no_error_shows_the_file() {
        let canary = "c4n4ry";
        for text in [
            format!("users:\n- name: a\n  user:\n    token: {canary}\n   password: {canary}\n"),
            format!("users: [{{token: \"{canary}\n"),
            format!("token: \"{canary}\\q\"\n"),
            format!("a: *{canary}\n"),
            format!("a: &{canary} b\n? *{canary}{canary}\n"),
            format!("token: {canary}\n\tpassword: {canary}\n"),
            format!("a: !!int {canary}\n"),
            format!("<<: {canary}\n"),
            format!("{canary}: {canary}: {canary}\n"),
            format!("a: !!binary \"%{canary}\"\n"),
            format!("- {canary}\n"),
            canary.into(),
            format!("kind: {canary}\n"),
            format!("%YAML {canary}\n---\na: b\n"),
        ] {
            let said = parse(text.as_bytes()).err().unwrap_or_default();
            assert!(!said.contains(canary), "{text:?} -> {said}");
            assert!(said.starts_with(':'), "{text:?} -> {said}");
        }
        let mut binary = canary.as_bytes().to_vec();
        binary.push(0xff);
        assert!(!parse(&binary).unwrap_err().contains(canary));
    }

    #[test]
    fn what_kubectl_tolerates_is_read() {
        let key = |bytes: &[u8]| parse(bytes).unwrap()["current-context"].clone();
        assert_eq!(key(b"current-context: a\ncurrent-context: b\n"), "b");
        assert_eq!(key(b"\xef\xbb\xbfcurrent-context: a\n"), "a");
        let utf16: Vec<u8> = "\u{feff}current-context: a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(key(&utf16), "a");
        assert_eq!(key(b"current-context: a\n---\ncurrent-context: b\n---\n{broken"), "a");
        assert_eq!(key(b"{\"current-context\": \"a\", \"odd\": .inf}"), "a");
        assert_eq!(key(b"# mine\n%YAML 1.2\n--- # first\ncurrent-context: a\n...\n{broken"), "a");
        assert_eq!(key(b"note: |\n  --- no marker\ncurrent-context: a\n"), "a");
        for empty in ["", "\n", "# nothing\n", "---\n", "---\n---\ncurrent-context: a\n"] {
            assert_eq!(parse(empty.as_bytes()).unwrap(), Value::Null);
        }
    }

    #[test]
    fn a_place_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(&path, "clusters:\n- name: [a\nusers: {}\n").unwrap();
        let Err(Refusal::Kubeconfig { detail }) = read(&path, true) else { panic!("refused otherwise") };
        let place = format!("kubeconfig {}:", path.display());
        assert!(detail.starts_with(&place), "{detail}");
        assert!(detail[place.len()..].starts_with(|c: char| c.is_ascii_digit()), "{detail}");
        assert!(matches!(read(&dir.path().join("none"), false), Ok(None)));
        assert!(read(&dir.path().join("none"), true).is_err());
        assert!(read(dir.path(), false).is_err());
    }
}
