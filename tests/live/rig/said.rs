//! What netpath said, and doing what it says.

use std::time::{Duration, Instant};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::viewer::Viewer;

/// One screen.
const LINES: usize = 30;
const COLUMNS: usize = 80;
/// How long a remedy may take to work: a node that starts again needs most of it.
const PATIENCE: Duration = Duration::from_secs(150);

/// What netpath said to whom.
pub struct Said {
    pub json: Value,
    pub text: String,
    to: Viewer,
}

/// What a finding proposes.
pub struct Remedy {
    pub commands: Vec<Vec<String>>,
    /// Names and texts.
    pub files: Vec<(String, String)>,
    pub blocks: bool,
    pub destructive: bool,
}

impl Said {
    /// A report, and what holds for every one: a screen at most, one root per port.
    #[track_caller]
    pub(super) fn new(to: Viewer, json: &str, text: String) -> Self {
        let json = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
        let said = Self { json, text, to };
        // An argument that is too long for a line is not broken: it has to be copied whole.
        let argument = |line: &&str| line.trim_start().starts_with('-') && line.ends_with('\'');
        let breakable = said.text.lines().filter(|line| !argument(line));
        let widest = breakable.map(UnicodeWidthStr::width).max().unwrap_or_default();
        assert!(said.text.lines().count() <= LINES, "more than {LINES} lines:\n{}", said.text);
        assert!(widest <= COLUMNS, "{widest} columns:\n{}", said.text);
        println!("{}", said.text);
        said.has_one_root_per_port();
        said
    }

    /// Every port that is not reachable has at most one root, every root is a port's (or
    /// of all of them, if it says so), and whatever else was found follows from a root.
    #[track_caller]
    fn has_one_root_per_port(&self) {
        let findings = self.findings();
        let roots = || findings.iter().filter(|found| found["root"] == true);
        let ports = self.json["ports"].as_array().expect("ports");
        for port in ports {
            let own: Vec<_> = roots().filter(|root| root["port"].is_null() || root["port"] == port["port"]).collect();
            let codes: Vec<_> = own.iter().map(|root| &root["code"]).collect();
            let wanted: Vec<_> = Some(&port["root"]).filter(|root| !root.is_null()).into_iter().collect();
            assert_eq!(codes, wanted, "roots of port {}:\n{}", port["port"], self.shown());
            let fine = port["verdict"] == "reachable";
            assert!(!fine || codes.is_empty(), "a reachable port has a root:\n{}", self.shown());
        }
        assert!(!ports.is_empty() || roots().count() <= 1, "several roots:\n{}", self.shown());
        for found in findings.iter().filter(|found| !found["because"].is_null()) {
            assert_eq!(found["root"], false, "a root has a cause:\n{}", self.shown());
            assert!(roots().any(|root| root["code"] == found["because"]), "no such root:\n{}", self.shown());
        }
    }

    fn findings(&self) -> &[Value] {
        self.json["findings"].as_array().expect("findings")
    }

    pub fn verdict(&self) -> &str {
        self.json["verdict"].as_str().expect("a verdict")
    }

    /// The roots of all ports.
    pub fn roots(&self) -> Vec<&str> {
        let roots = self.findings().iter().filter(|found| found["root"] == true);
        roots.map(|found| found["code"].as_str().expect("code")).collect()
    }

    pub fn finding(&self, code: &str) -> &Value {
        let found = self.findings().iter().find(|found| found["code"] == code);
        found.unwrap_or_else(|| panic!("no {code}:\n{}", self.shown()))
    }

    /// Hops of all roads of all ports.
    pub fn hops(&self) -> Vec<&Value> {
        let list = |value: &'_ Value, key: &str| value[key].as_array().cloned().unwrap_or_default().len();
        let mut hops = Vec::new();
        for port in 0..list(&self.json, "ports") {
            let port = &self.json["ports"][port];
            for road in 0..list(port, "roads") {
                hops.extend(port["roads"][road]["hops"].as_array().expect("hops"));
            }
        }
        hops
    }

    /// States of a hop, road by road.
    pub fn states(&self, hop: &str) -> Vec<&str> {
        self.hops().into_iter().filter(|it| it["id"] == hop).map(|it| it["state"].as_str().expect("a state")).collect()
    }

    pub fn urls(&self) -> Vec<&str> {
        let ports = self.json["ports"].as_array().expect("ports");
        ports.iter().flat_map(|port| port["urls"].as_array().expect("urls")).filter_map(Value::as_str).collect()
    }

    /// The Pod that the root is about.
    #[track_caller]
    pub fn pod(&self) -> String {
        let root = self.roots().first().map(|code| self.finding(code)).expect("a root");
        root["params"]["pod"].as_str().unwrap_or_else(|| panic!("no Pod:\n{}", self.shown())).to_owned()
    }

    /// For messages.
    pub fn shown(&self) -> String {
        format!("{}\n{:#}", self.text, self.json)
    }

    /// Holds the report to a verdict and one root.
    #[track_caller]
    pub fn is(&self, verdict: &str, code: &str, owner: &str) -> &Self {
        assert_eq!((self.verdict(), self.roots()), (verdict, vec![code]), "{}", self.shown());
        let found = self.finding(code);
        assert_eq!(found["owner"], owner, "{}", self.shown());
        assert!(self.text.contains(code), "the text does not name {code}:\n{}", self.text);
        let at: Vec<_> = self.hops().into_iter().filter(|hop| hop["finding"] == code).collect();
        let proven = at.iter().any(|hop| hop["evidence"].as_array().is_some_and(|evidence| !evidence.is_empty()));
        assert!(proven, "no hop carries {code} with evidence:\n{}", self.shown());
        self
    }

    /// Holds it to "reachable" by this URL.
    #[track_caller]
    pub fn is_reachable_at(&self, url: &str) {
        assert_eq!((self.verdict(), self.roots()), ("reachable", Vec::new()), "{}", self.shown());
        assert!(self.urls().contains(&url), "{:?}\n{}", self.urls(), self.shown());
        assert!(self.text.contains(url), "{}", self.text);
    }

    /// The root's first remedy as it is printed: a port-forward opens nothing and stands last.
    #[track_caller]
    pub fn remedy(&self) -> Remedy {
        let root = self.roots().first().map(|code| self.finding(code)).expect("a root");
        let all = root["remedies"].as_array().expect("remedies");
        let detour = |remedy: &&Value| {
            remedy["commands"][0].as_array().is_some_and(|argv| argv.iter().any(|word| word == "port-forward"))
        };
        let first = all.iter().find(|remedy| !detour(remedy)).or(all.first());
        let first = first.unwrap_or_else(|| panic!("no remedy:\n{}", self.shown()));
        let remedy = Remedy::read(first);
        // A page that has no room for both shows a harmless detour before what loses data.
        let verbose = remedy.destructive.then(|| self.to.flags(&["-v"]).text());
        let text = verbose.as_ref().filter(|_| self.text.contains("for good")).unwrap_or(&self.text);
        remedy.commands.iter().for_each(|argv| prints(text, argv));
        remedy
    }

    /// The root's remedy that destroys, as it is printed where there is room for it.
    #[track_caller]
    pub fn last_resort(&self) -> Remedy {
        let root = self.roots().first().map(|code| self.finding(code)).expect("a root");
        let mut all = root["remedies"].as_array().expect("remedies").iter().map(Remedy::read);
        let remedy = all.find(|remedy| remedy.destructive).unwrap_or_else(|| panic!("no remedy:\n{}", self.shown()));
        let text = self.to.flags(&["-v"]).text();
        remedy.commands.iter().for_each(|argv| prints(&text, argv));
        remedy
    }

    /// Holds the first remedy to these words.
    #[track_caller]
    pub fn proposes(&self, words: &[&str]) -> &Self {
        let remedy = self.remedy();
        assert_eq!(remedy.commands, [words], "{}", self.shown());
        self
    }

    /// Holds the first remedy to the log of a container that fails again and again. It may be
    /// asked in the seconds in which the container has ended and does not wait yet: then the
    /// log of the attempt before may be gone already.
    #[track_caller]
    pub fn proposes_logs(&self, container: &str) -> &Self {
        let pod = self.pod();
        let logs = ["kubectl", "-n", "live", "logs", &pod, "-c", container, "--previous"];
        let proposed = self.remedy().commands;
        assert!(proposed == [&logs[..]] || proposed == [&logs[..7]], "{proposed:?}\n{}", self.shown());
        self
    }

    /// Runs the first remedy exactly as it is printed. It must not destroy or block.
    #[track_caller]
    fn follow(&self) -> String {
        let remedy = self.remedy();
        assert!(!remedy.blocks && !remedy.destructive, "not to be run:\n{}", self.shown());
        let mut shown = String::new();
        for argv in &remedy.commands {
            let output = self.to.run(argv).must();
            println!("$ {argv:?}\n{output}");
            shown.push_str(&output);
        }
        self.to.cluster().fence();
        shown
    }

    /// The first remedy only shows something. Runs it, and looks for that, more than once as
    /// a person would: a container that ended meanwhile, or was started again, has other logs.
    #[track_caller]
    pub fn shows(&self, what: &str) -> &Self {
        let mut shown = self.follow();
        for _ in 0..3 {
            if !shown.contains(what) {
                std::thread::sleep(std::time::Duration::from_secs(2));
                shown = self.follow();
            }
        }
        assert!(shown.contains(what), "{what} is not in\n{shown}");
        self
    }

    /// Runs the first remedy, and waits until netpath finds that it has helped: the
    /// application answers, as it does when all is well.
    #[track_caller]
    pub fn heals(&self) -> Self {
        self.heals_to("reachable", "HTTP 200")
    }

    /// Runs the first remedy, and waits until netpath says this, with this in its text.
    #[track_caller]
    pub fn heals_to(&self, verdict: &str, words: &str) -> Self {
        self.follow();
        let begin = Instant::now();
        loop {
            let said = self.to.ask();
            if said.verdict() == verdict && said.text.contains(words) {
                println!("{verdict} after {:?}", begin.elapsed());
                return said;
            }
            assert!(begin.elapsed() < PATIENCE, "the remedy did not help:\n{}", said.shown());
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// The first command that would settle what is not known.
    #[track_caller]
    pub fn settles(&self) -> Vec<String> {
        let mut unobserved = self.json["unobserved"].as_array().expect("unobserved").iter();
        let argv = unobserved.find_map(|it| it["settle"].get(0)).unwrap_or_else(|| panic!("{}", self.shown()));
        let argv: Vec<String> = serde_json::from_value(argv.clone()).expect("an argument vector");
        prints(&self.text, &argv);
        argv
    }

    /// Nothing is concluded from what could not be looked at.
    #[track_caller]
    pub fn misses_nothing(&self) -> &Self {
        assert!(self.hops().iter().all(|hop| hop["state"] != "missing"), "{}", self.shown());
        self
    }

    /// A command asks whether this reader may do this, and the answer is no. The text has
    /// it, at the latest when it is asked for everything.
    #[track_caller]
    pub fn asks_for_the_right_to(&self, verb: &str, resource: &str) -> &Self {
        let unobserved = self.json["unobserved"].as_array().expect("unobserved");
        let settle = unobserved.iter().flat_map(|it| it["settle"].as_array().expect("settle"));
        let remedies = self.findings().iter().flat_map(|it| it["remedies"].as_array().expect("remedies"));
        let remedies = remedies.flat_map(|it| it["commands"].as_array().expect("commands"));
        let words = ["kubectl", "-n", "live", "auth", "can-i", verb].into_iter().chain(resource.split(" "));
        let wanted = Value::from_iter(words);
        let found = settle.chain(remedies).find(|argv| **argv == wanted);
        let argv = found.unwrap_or_else(|| panic!("no command settles it:\n{}", self.shown()));
        let argv: Vec<String> = serde_json::from_value(argv.clone()).expect("an argument vector");
        prints(&self.to.flags(&["-v"]).text(), &argv);
        let answer = self.to.run(&argv);
        assert_eq!(answer.stdout.trim(), "no", "{argv:?} {}", answer.stderr);
        self
    }
}

impl Remedy {
    fn read(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let files = json["files"].as_array().into_iter().flatten();
        Self {
            commands: serde_json::from_value(json["commands"].clone()).expect("argument vectors"),
            files: files.map(|file| (text(&file["name"]), text(&file["text"]))).collect(),
            blocks: json["blocks"] == true,
            destructive: json["destructive"] == true,
        }
    }
}

/// The text has a command, perhaps on several lines and quoted.
#[track_caller]
fn prints(text: &str, argv: &[String]) {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"'\"\\".contains(*c)).collect::<String>();
    let command = plain(&argv.concat());
    assert!(plain(text).contains(&command), "{command} is not in\n{text}");
}
