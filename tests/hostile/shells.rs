//! Printed commands, read back. POSIX shells read them themselves, with nothing on PATH and
//! in a directory of their own: what they would run would leave a trace there. PowerShell is
//! read by its rules, as far as the printed lines use them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netpath::render::shell::{Shell, file, line, lines};
use netpath::report::TextFile;

/// Shells that may be there, and whether they know `$'..'`.
const SHELLS: [(&str, bool); 6] = [
    ("/bin/sh", false),
    ("/bin/dash", false),
    ("/bin/bash", true),
    ("/usr/bin/bash", true),
    ("/bin/zsh", true),
    ("/usr/bin/zsh", true),
];

fn is_dash(shell: &str) -> bool {
    fs::canonicalize(shell).is_ok_and(|path| path.ends_with("dash"))
}

/// Runs a script in an empty directory. Gives what it printed, and fails if it left anything
/// but the files that it should.
fn run(shell: &str, script: &str, directory: &Path) -> Vec<u8> {
    let path = directory.join("script");
    fs::write(&path, script).expect("a script");
    let inside = directory.join("inside");
    fs::create_dir_all(&inside).expect("a directory");
    let mut command = Command::new(shell);
    if shell.ends_with("zsh") {
        command.arg("-f");
    }
    command.arg(&path).current_dir(&inside).env_clear().env("PATH", "/bin:/usr/bin").env("LC_ALL", "C.UTF-8");
    let output = command.stdin(Stdio::null()).output().expect("a shell that runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{shell}: {said}");
    output.stdout
}

/// Every shell that is there reads every line as the arguments that it was made of.
pub fn posix_reads_back(commands: &[Vec<String>], width: usize) {
    let shells: BTreeMap<PathBuf, bool> = SHELLS
        .iter()
        .filter_map(|(shell, knows)| Some((fs::canonicalize(shell).ok()?, *knows || !is_dash(shell))))
        .collect();
    assert!(cfg!(not(unix)) || !shells.is_empty(), "no shell at all");
    // An argument cannot hold it, whoever reads the line.
    let possible = |argv: &&Vec<String>| !argv.iter().any(|word| word.contains('\0'));
    // These are for PowerShell wherever they are read.
    let here = |argv: &&Vec<String>| !lines(argv, Shell::Posix, 1)[0].ends_with('`') && argv[0] != "netsh";
    let commands: Vec<&Vec<String>> = commands.iter().filter(possible).filter(here).collect();
    let mut script = String::new();
    for argv in &commands {
        for text in [line(argv, Shell::Posix), lines(argv, Shell::Posix, width).join("\n")] {
            script += &format!("set -- {text}\nprintf '%s\\0' \"$#\" \"$@\"\n");
        }
    }
    for (shell, knows) in shells {
        let directory = tempfile::tempdir().expect("a directory");
        let output = run(&shell.to_string_lossy(), &script, directory.path());
        let left = fs::read_dir(directory.path().join("inside")).expect("a directory").count();
        assert_eq!(left, 0, "{}: something was run", shell.display());
        let mut words = output.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
        for argv in &commands {
            for _ in 0..2 {
                let count: usize = words.next().expect("a count").parse().expect("a number");
                let read: Vec<String> = words.by_ref().take(count).collect();
                assert_eq!(read.len(), argv.len(), "{}: {read:?} of {argv:?}", shell.display());
                for (read, wanted) in read.iter().zip(argv.iter()) {
                    // Without `$'..'` a word is another one, and still one word.
                    let same = read == wanted || !knows && read.starts_with('$');
                    assert!(same, "{}: {read:?}, not {wanted:?}", shell.display());
                }
            }
        }
    }
}

/// What tells to write a file writes that file, and does nothing else.
pub fn posix_writes(files: &[TextFile]) {
    let Some((shell, _)) = SHELLS.iter().find(|(shell, _)| Path::new(shell).exists()) else { return };
    for wanted in files.iter().filter(|file| !file.name.contains('/')) {
        let directory = tempfile::tempdir().expect("a directory");
        let script = file(wanted, Shell::Posix).join("\n") + "\n";
        run(shell, &script, directory.path());
        let names = fs::read_dir(directory.path().join("inside")).expect("a directory");
        assert_eq!(names.count(), 1, "{script}");
        let text = fs::read_to_string(directory.path().join("inside").join(&wanted.name)).expect("the file");
        assert_eq!(text.lines().count(), wanted.text.lines().count(), "{script}");
    }
}

/// A word of a PowerShell line in the making.
struct Reader {
    letters: std::iter::Peekable<std::vec::IntoIter<char>>,
}

fn single(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2018}'..='\u{201b}')
}

fn double(letter: char) -> bool {
    matches!(letter, '"' | '\u{201c}'..='\u{201e}')
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        self.letters.next()
    }

    /// Inside single quotes: two of them are one.
    fn single(&mut self, word: &mut String) {
        loop {
            match self.next().expect("a string that ends") {
                quote if single(quote) => match self.letters.peek() {
                    Some(second) if single(*second) => word.extend(self.next()),
                    _ => return,
                },
                letter => word.push(letter),
            }
        }
    }

    /// Inside double quotes: a backtick escapes, and the only expression is a letter's number.
    fn double(&mut self, word: &mut String) {
        loop {
            match self.next().expect("a string that ends") {
                quote if double(quote) => return,
                '`' => word.extend(self.next()),
                '$' => {
                    let expression: String = self.letters.by_ref().take_while(|letter| *letter != ')').collect();
                    let hex = expression.strip_prefix("([char]0x");
                    let hex = hex.or_else(|| expression.strip_prefix("([char]::ConvertFromUtf32(0x"));
                    let number = u32::from_str_radix(hex.unwrap_or_else(|| panic!("${expression})")), 16);
                    if expression.contains("::") {
                        assert_eq!(self.next(), Some(')'));
                    }
                    word.extend(char::from_u32(number.expect("a number")));
                }
                letter => word.push(letter),
            }
        }
    }
}

/// The arguments that PowerShell reads out of a line (about_Parsing, about_Quoting_Rules).
/// Fails at everything that is more than one command and its arguments.
fn powershell(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.strip_prefix("& ").unwrap_or(text).chars().collect();
    let mut reader = Reader { letters: letters.into_iter().peekable() };
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    while let Some(letter) = reader.next() {
        match letter {
            ' ' => {
                words.extend(word.take());
                if reader.letters.clone().take(4).collect::<String>() == "--% " {
                    words.extend(verbatim(&reader.letters.clone().skip(4).collect::<String>()));
                    return words;
                }
            }
            '`' => {
                assert_eq!(reader.next(), Some('\n'), "a backtick ends a line: {text}");
                words.extend(word.take());
            }
            quote if single(quote) => reader.single(word.get_or_insert_default()),
            quote if double(quote) => reader.double(word.get_or_insert_default()),
            letter => {
                let special = "|&;<>(){}@#$,*?[]~%\n".contains(letter);
                assert!(!special, "{letter:?} outside of quotes: {text}");
                word.get_or_insert_default().push(letter);
            }
        }
    }
    words.extend(word);
    words
}

/// What stands behind `--%`: PowerShell passes it on until a line end, or a pipe or `&&`
/// outside of what it takes for double quotes (`tokenizer.cs`, `GetVerbatimCommandArgument`).
/// The program splits it by the rules of the C runtime.
fn verbatim(text: &str) -> Vec<String> {
    let mut quoted = false;
    for letter in text.chars() {
        quoted ^= double(letter);
        assert!(quoted || !"|&".contains(letter), "{letter} ends stop-parsing: {text}");
        assert!(!"%\n".contains(letter), "{letter:?} in stop-parsing: {text}");
    }
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let slashes = letters[at..].iter().take_while(|letter| **letter == '\\').count();
        let quote = letters.get(at + slashes) == Some(&'"');
        if slashes > 0 {
            let kept = if quote { slashes / 2 } else { slashes };
            word.get_or_insert_default().extend(std::iter::repeat_n('\\', kept));
            at += slashes;
            if quote && slashes % 2 == 1 {
                word.get_or_insert_default().push('"');
                at += 1;
            }
            continue;
        }
        match letters[at] {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
        at += 1;
    }
    words.extend(word);
    words
}

/// PowerShell reads every line as the arguments that it was made of.
pub fn powershell_reads_back(commands: &[Vec<String>], width: usize) {
    for argv in commands {
        for text in [line(argv, Shell::PowerShell), lines(argv, Shell::PowerShell, width).join("\n")] {
            // A variable is set in a statement of its own.
            let (set, rest) = match text.strip_prefix("$env:") {
                Some(set) => set.split_once("; ").map_or((Some(set), ""), |(set, rest)| (Some(set), rest)),
                None => (None, text.as_str()),
            };
            let mut read = powershell(rest);
            if let Some((name, value)) = set.and_then(|set| set.split_once('=')) {
                assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'), "{text}");
                let value = powershell(value).concat();
                read.splice(0..0, ["env".to_owned(), format!("{name}={value}")]);
            }
            assert_eq!(&read, argv, "{text}");
        }
    }
}

/// The lines that write a file in PowerShell hold no end of the string before the last one.
pub fn powershell_writes(files: &[TextFile]) {
    for wanted in files {
        let lines = file(wanted, Shell::PowerShell);
        let inner = &lines[1..lines.len() - 1];
        if lines[0] == "@'" {
            assert!(!inner.iter().any(|line| line.starts_with(single)), "{lines:?}");
        } else {
            assert!(inner.iter().all(|line| powershell(line).len() == 1), "{lines:?}");
        }
    }
}
