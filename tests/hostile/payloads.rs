//! What a stranger could call something.

/// What it is meant to do, and the text.
pub const PAYLOADS: [(&str, &str); 24] = [
    ("clear the screen", "a\u{1b}[2J\u{1b}[Hb"),
    ("rename the terminal", "a\u{1b}]0;owned\u{7}b"),
    ("a link elsewhere", "a\u{1b}]8;;http://evil.invalid\u{1b}\\b\u{1b}]8;;\u{1b}\\"),
    ("write the clipboard", "a\u{1b}]52;c;cm0gLXJmIH4=\u{7}b"),
    ("C1 controls", "a\u{9b}31mb\u{9d}0;c\u{9c}\u{85}d"),
    ("overwrite the line", "a\rREACHABLE"),
    ("lines of its own", "a\n\nREACHABLE from this computer\nEOF\nid > owned\n'@\nb"),
    ("turn the text round", "a\u{202e}txt.exe\u{2066}b\u{2069}\u{200f}"),
    ("hide itself", "a\u{200b}\u{2060}\u{feff}\u{ad}b\u{e0041}"),
    ("pile marks", "Z\u{351}\u{36b}\u{343}\u{36a}\u{302}\u{36b}\u{33d}\u{34f}\u{334}\u{319}\u{324}\u{31e}"),
    ("run in sh", "$(id > owned)`id > owned`"),
    ("end the command", "a; id > owned; id >owned & id > owned && id > owned | id"),
    ("end single quotes", "a'; id > owned; '"),
    ("end double quotes", "a\"; id > owned; \""),
    ("end quotes after a backslash", "\\'; id > owned #\\"),
    ("end quotes of a $'..'", "\u{1b}\\'; id > owned; \\\\'; id > owned #"),
    ("run in PowerShell", "$(calc.exe)`$(calc.exe)\u{2019}; calc.exe; \u{2019}@(calc.exe)"),
    ("end PowerShell's double quotes", "\u{1b}\u{201d}; calc.exe; \u{201c}\"; calc.exe; \"`"),
    ("leave stop-parsing", "a\" | calc.exe && calc.exe \"b\" %PATH% \u{201d} | calc.exe"),
    ("globs, tildes and assignments", "~ * ? [a-z] {a,b} !! ^x^y =ls A=b"),
    ("be a flag", "-o/tmp/owned"),
    ("be a flag too", "--kubeconfig=/tmp/owned"),
    ("leave the directory", "../../../../tmp/owned"),
    ("mark up", "|<img src=x onerror=alert(1)>](http://evil.invalid) @everyone\n```\n# owned"),
];
