//! Argument vectors as lines that can be pasted. A name never becomes part of a shell word
//! unquoted, and no control character is ever pasted as such.

use super::clean::{clean, is_unsafe};
use super::width::columns;
use crate::report::TextFile;

/// The shell that commands are pasted into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// sh, bash, zsh.
    Posix,
    /// Windows PowerShell and PowerShell.
    PowerShell,
}

/// The shell of a command: what only Windows has is pasted there, wherever the report is read.
/// From WSL it would be called by its whole name, `netsh.exe`.
fn of(argv: &[String], shell: Shell) -> Shell {
    let windows = argv.first().is_some_and(|word| word == "netsh" || word.starts_with("New-NetFirewall"));
    if windows { Shell::PowerShell } else { shell }
}

/// One command as one line.
pub fn line(argv: &[String], shell: Shell) -> String {
    let shell = of(argv, shell);
    words(argv, shell).join(" ")
}

/// One command, broken between arguments where it is longer than `width`. Pasting all
/// lines at once runs it. A single argument that is too long stays whole.
pub fn lines(argv: &[String], shell: Shell, width: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    let shell = of(argv, shell);
    let words = words(argv, shell);
    let whole = words.join(" ");
    // Stop-parsing ends at the line's end.
    let verbatim = shell == Shell::PowerShell && words.iter().any(|word| word == STOP_PARSING);
    if columns(&whole) <= width || verbatim {
        return vec![whole];
    }
    let end = match shell {
        Shell::Posix => " \\",
        Shell::PowerShell => " `",
    };
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    for unit in units(&words) {
        if current.trim().is_empty() {
            current.push_str(&unit);
        } else if columns(&current) + 1 + columns(&unit) + end.len() <= width {
            current.push(' ');
            current.push_str(&unit);
        } else {
            lines.push(std::mem::take(&mut current) + end);
            current = format!("{INDENT}{unit}");
        }
    }
    lines.push(current);
    lines
}

/// The lines that write a file into the current directory. They have to be pasted from the
/// first column: a here-document ends with a line of its own. No line of the file is that one.
pub fn file(file: &TextFile, shell: Shell) -> Vec<String> {
    let lines: Vec<String> = file.text.lines().map(|line| clean(line).into_owned()).collect();
    let (start, lines, end) = match shell {
        Shell::Posix => {
            let mut mark = String::from("EOF");
            while lines.contains(&mark) {
                mark.push('_');
            }
            (format!("cat > {} <<'{mark}'", posix(&file.name, false)), lines, mark)
        }
        Shell::PowerShell => {
            let name = powershell_word(&file.name);
            // A quote at the begin of a line may end the string.
            if lines.iter().any(|line| line.starts_with(is_single_quote)) {
                let strings = lines.iter().map(|line| powershell_string(line)).collect();
                ("@(".to_owned(), strings, format!(") | Set-Content {name}"))
            } else {
                ("@'".to_owned(), lines, format!("'@ | Set-Content {name}"))
            }
        }
    };
    std::iter::once(start).chain(lines).chain([end]).collect()
}

/// Keeps a flag and its value on one line.
fn units(words: &[String]) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut open = false;
    for word in words {
        let flag = word.starts_with('-') && word.len() > 1;
        match units.last_mut() {
            Some(last) if open && !flag => {
                last.push(' ');
                last.push_str(word);
                open = false;
            }
            _ => {
                open = flag && word != "--" && !word.contains('=');
                units.push(word.clone());
            }
        }
    }
    units
}

fn words(argv: &[String], shell: Shell) -> Vec<String> {
    match shell {
        Shell::Posix => argv.iter().enumerate().map(|(index, word)| posix(word, index == 0)).collect(),
        Shell::PowerShell => powershell(argv),
    }
}

fn posix(word: &str, first: bool) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@%+,".contains(letter);
    // `=` is an assignment in the first word, and zsh expands it at the start of any.
    let assigns = word.starts_with('=') || (first && word.contains('='));
    if !word.is_empty() && word.chars().all(plain) && !assigns {
        return word.to_owned();
    }
    let mut out = String::new();
    if !word.chars().any(is_unsafe) {
        // fish takes a backslash before a quote for its escape (fish docs, "Quotes"): such a
        // one stands outside the quotes, where every shell reads it the same way.
        let outside = word.contains('\'') || word.ends_with('\\');
        out.push('\'');
        for letter in word.chars() {
            match letter {
                '\'' => out.push_str(r"'\''"),
                '\\' if outside => out.push_str(r"'\\'"),
                letter => out.push(letter),
            }
        }
        out.push('\'');
        return out;
    }
    // A shell that does not know `$'..'`, such as dash, reads single quotes there: so no quote
    // is in it, and no backslash but those of octal numbers, which all the others read.
    out.push_str("$'");
    for letter in word.chars() {
        if plain(letter) || letter == ' ' || !letter.is_ascii() && !is_unsafe(letter) {
            out.push(letter);
        } else {
            out.extend(letter.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\{byte:03o}")));
        }
    }
    out.push('\'');
    out
}

/// Hands the rest of the line over as it stands.
const STOP_PARSING: &str = "--%";

/// Windows PowerShell drops the double quotes inside an argument for a program, and drops
/// empty arguments; PowerShell 7.3 keeps them. Stop-parsing is the one form that both
/// understand. It expands `%NAME%`, so it is not used where a `%` occurs. A pipe or `&&`
/// ends it where PowerShell thinks itself outside of double quotes, and `\"` is no escape to
/// it (PowerShell `engine/parser/tokenizer.cs`, `GetVerbatimCommandArgument`): a name with
/// both could run something.
fn powershell(argv: &[String]) -> Vec<String> {
    // It has no `env`: a variable is set in a statement of its own, for the whole session.
    if let [env, pair, rest @ ..] = argv
        && env == "env"
        && let Some((name, value)) = pair.split_once('=')
    {
        let mut words = vec![format!("$env:{name}={};", powershell_string(value))];
        words.extend(powershell(rest));
        return words;
    }
    let is_hard =
        |letter| matches!(letter, '%' | '|' | '&') || is_unsafe(letter) || is_double_quote(letter) && letter != '"';
    let lossy = argv.iter().skip(1).any(|word| word.is_empty() || word.contains('"'));
    let awkward = argv.iter().skip(1).any(|word| word.chars().any(is_hard));
    let mut words = Vec::new();
    for (index, word) in argv.iter().enumerate() {
        if index == 0 {
            let quoted = powershell_word(word);
            words.push(if quoted == *word { quoted } else { format!("& {quoted}") });
            if lossy && !awkward {
                words.push(STOP_PARSING.into());
            }
        } else if lossy && !awkward {
            words.push(windows(word));
        } else {
            words.push(powershell_word(word));
        }
    }
    words
}

fn powershell_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=+\\".contains(letter);
    // Windows PowerShell splits `-o.x` and `-o:x` in two.
    let splits = word.starts_with('-') && !word.starts_with("--") && word.contains(['.', ':']);
    if !word.is_empty() && word.chars().all(plain) && !splits && word != STOP_PARSING {
        return word.to_owned();
    }
    powershell_string(word)
}

/// The letters that PowerShell takes for a single quote; typographic ones end a string too.
fn is_single_quote(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2018}'..='\u{201b}')
}

/// The letters that it takes for a double quote.
fn is_double_quote(letter: char) -> bool {
    matches!(letter, '"' | '\u{201c}'..='\u{201e}')
}

fn powershell_string(word: &str) -> String {
    if !word.chars().any(is_unsafe) {
        let mut out = String::from("'");
        for letter in word.chars() {
            if is_single_quote(letter) {
                out.push(letter);
            }
            out.push(letter);
        }
        out.push('\'');
        return out;
    }
    let mut out = String::from("\"");
    for letter in word.chars() {
        match letter {
            '`' | '$' => out.extend(['`', letter]),
            letter if is_double_quote(letter) => out.extend(['`', letter]),
            letter if is_unsafe(letter) && letter <= '\u{ffff}' => {
                out.push_str(&format!("$([char]0x{:x})", u32::from(letter)));
            }
            letter if is_unsafe(letter) => {
                out.push_str(&format!("$([char]::ConvertFromUtf32(0x{:x}))", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The rules of the C runtime: backslashes count only before a quote.
fn windows(word: &str) -> String {
    if !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./:=+,".contains(letter)) {
        return word.to_owned();
    }
    let mut out = String::from("\"");
    let mut slashes = 0;
    for letter in word.chars() {
        match letter {
            '\\' => slashes += 1,
            '"' => {
                out.push_str(&"\\".repeat(slashes + 1));
                slashes = 0;
            }
            _ => slashes = 0,
        }
        out.push(letter);
    }
    out.push_str(&"\\".repeat(slashes));
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_only_windows_has_is_for_its_shell() {
        let rule = argv(&["New-NetFirewallHyperVRule", "-VMCreatorId", "{40E0AC32}", "-LocalPorts", "30080"]);
        let broken = lines(&rule, Shell::Posix, 50);
        assert_eq!(broken[0], "New-NetFirewallHyperVRule `");
        assert_eq!(line(&argv(&["netsh", "a b"]), Shell::Posix), "netsh 'a b'");
        assert!(lines(&argv(&["netsh.exe", &"x".repeat(40), "y"]), Shell::Posix, 30)[0].ends_with(" \\"));
    }

    fn argv(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn names_are_quoted_only_where_needed() {
        for (words, posix, powershell) in [
            (&["kubectl", "get", "svc", "web", "-n", "shop"][..], "kubectl get svc web -n shop", None),
            (&["kubectl", "-l", "app=a,b"], "kubectl -l app=a,b", Some("kubectl -l 'app=a,b'")),
            (&["kubectl", "it's"], r"kubectl 'it'\''s'", Some("kubectl 'it''s'")),
            (&["kubectl", r"\'"], r"kubectl ''\\''\'''", Some(r"kubectl '\'''")),
            (&["kubectl", r"a\b"], r"kubectl 'a\b'", Some(r"kubectl a\b")),
            (&["kubectl", "\u{1b}'\\"], r"kubectl $'\033\047\134'", Some(r#"kubectl "$([char]0x1b)'\""#)),
            (&["kubectl", "\u{202e}"], r"kubectl $'\342\200\256'", Some("kubectl \"$([char]0x202e)\"")),
            // In stop-parsing the pipe and the second quote would be PowerShell's own.
            (&["kubectl", r#"a" | b ""#], r#"kubectl 'a" | b "'"#, None),
            (&["kubectl", "", "\u{201d}"], "kubectl '' '\u{201d}'", None),
            (&["kubectl", "--%", "x"], "kubectl --% x", Some("kubectl '--%' x")),
            (&["kubectl", "$(id)"], "kubectl '$(id)'", None),
            (&["kubectl", "-ojsonpath={.a}"], "kubectl '-ojsonpath={.a}'", None),
            (&["kubectl", "-p", r#"{"a":1}"#], r#"kubectl -p '{"a":1}'"#, Some(r#"kubectl --% -p "{\"a\":1}""#)),
            (&["my tool", "x"], "'my tool' x", Some("& 'my tool' x")),
            (&["kubectl", "a\u{1b}b"], r"kubectl $'a\033b'", Some("kubectl \"a$([char]0x1b)b\"")),
        ] {
            assert_eq!(line(&argv(words), Shell::Posix), posix);
            assert_eq!(line(&argv(words), Shell::PowerShell), powershell.unwrap_or(posix));
        }
    }

    #[test]
    fn no_line_of_a_file_ends_it() {
        let of = |text: &str, shell| file(&TextFile { name: "a.yaml".into(), text: text.into() }, shell);
        assert_eq!(of("a: 1\n", Shell::Posix), ["cat > a.yaml <<'EOF'", "a: 1", "EOF"]);
        assert_eq!(of("EOF\nid", Shell::Posix), ["cat > a.yaml <<'EOF_'", "EOF", "id", "EOF_"]);
        assert_eq!(of("a: 'b'\n", Shell::PowerShell), ["@'", "a: 'b'", "'@ | Set-Content a.yaml"]);
        let quoted = ["@(", "'\u{2019}\u{2019}@'", "'id'", ") | Set-Content a.yaml"];
        assert_eq!(of("\u{2019}@\nid", Shell::PowerShell), quoted);
    }

    #[test]
    fn long_commands_break_between_arguments() {
        let command = argv(&["kubectl", "port-forward", "-n", "default", "service/hello-minikube", "8080:8080"]);
        assert_eq!(
            lines(&command, Shell::Posix, 40),
            ["kubectl port-forward -n default \\", "  service/hello-minikube 8080:8080"]
        );
        assert_eq!(lines(&command, Shell::PowerShell, 40)[0], "kubectl port-forward -n default `");
    }

    /// A small POSIX word splitter, with `$'..'`.
    fn split(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                ' ' => words.extend(word.take()),
                '\\' => match letters.next() {
                    Some('\n') => {}
                    Some(letter) => word.get_or_insert_default().push(letter),
                    None => panic!("ends with a backslash"),
                },
                '\'' => {
                    let word = word.get_or_insert_default();
                    word.extend(letters.by_ref().take_while(|letter| *letter != '\''));
                }
                '$' => {
                    assert_eq!(letters.next(), Some('\''), "only $'..' is expected");
                    let mut bytes = Vec::new();
                    loop {
                        match letters.next().expect("closed") {
                            '\'' => break,
                            '\\' => {
                                let digits: String = letters.by_ref().take(3).collect();
                                bytes.push(u8::from_str_radix(&digits, 8).unwrap());
                            }
                            letter => bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
                        }
                    }
                    word.get_or_insert_default().push_str(&String::from_utf8(bytes).unwrap());
                }
                letter => {
                    assert!(!"\"`;&|<>(){}*?[]#~!".contains(letter), "{letter} is special in a shell");
                    word.get_or_insert_default().push(letter);
                }
            }
        }
        words.extend(word);
        words
    }

    proptest! {
        #[test]
        fn words_split_back(words in prop::collection::vec(".{0,12}|[a-z=$'\"\\\\\n\u{1b}\u{202e} -]{0,8}", 1..6), width in 20_usize..90) {
            prop_assert_eq!(split(&line(&words, Shell::Posix)), words.clone());
            prop_assert_eq!(split(&lines(&words, Shell::Posix, width).join("\n")), words.clone());
            for shell in [Shell::Posix, Shell::PowerShell] {
                prop_assert!(!line(&words, shell).chars().any(is_unsafe));
            }
        }
    }
}
