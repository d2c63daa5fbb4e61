//! Asking netpath, and doing what it says.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::cluster::{Cluster, Done, NAMESPACE, finish};
use super::laptop::Laptop;

/// One screen.
const LINES: usize = 30;
const COLUMNS: usize = 80;
/// How long a remedy may take to work: a node that starts again needs most of it.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where netpath runs.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// On this computer, which has a route to the node.
    Host,
    /// Where only published ports lead to it.
    Laptop(&'a Laptop),
}

/// What netpath said.
pub struct Said {
    pub json: Value,
    pub text: String,
    kubeconfig: std::path::PathBuf,
}

/// What a finding proposes.
pub struct Remedy {
    pub commands: Vec<Vec<String>>,
    pub blocks: bool,
    pub destructive: bool,
}

/// Runs netpath somewhere, with somebody's kubeconfig.
pub fn netpath(at: At, kubeconfig: &Path, arguments: &[&str]) -> Done {
    let program = env!("CARGO_BIN_EXE_kubectl-netpath");
    let mut command = match at {
        At::Host => Command::new(program),
        At::Laptop(laptop) => laptop.command(program),
    };
    command.args(arguments).env("KUBECONFIG", kubeconfig).env_remove("NO_COLOR");
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(proxy);
    }
    finish(&mut command, None)
}

/// Asks about Service `web`, as JSON and as text.
pub fn ask(cluster: &Cluster, at: At) -> Said {
    ask_as(at, cluster.kubeconfig(), &[])
}

/// Asks with another kubeconfig and more flags.
pub fn ask_as(at: At, kubeconfig: &Path, flags: &[&str]) -> Said {
    let target = ["explain", "svc/web", "-n", NAMESPACE];
    let run = |format: &str| netpath(at, kubeconfig, &[&target[..], flags, &["-o", format]].concat()).must();
    let (json, text) = (run("json"), run("text"));
    let json = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let said = Said { json, text, kubeconfig: kubeconfig.into() };
    let widest = said.text.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
    assert!(said.text.lines().count() <= LINES, "more than {LINES} lines:\n{}", said.text);
    assert!(widest <= COLUMNS, "{widest} columns:\n{}", said.text);
    println!("{}", said.text);
    said
}

impl Said {
    pub fn verdict(&self) -> &str {
        self.json["verdict"].as_str().expect("a verdict")
    }

    /// The roots of all ports.
    pub fn roots(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array().expect("findings");
        findings
            .iter()
            .filter(|found| found["root"] == true)
            .map(|found| found["code"].as_str().expect("code"))
            .collect()
    }

    pub fn finding(&self, code: &str) -> &Value {
        let findings = self.json["findings"].as_array().expect("findings");
        findings.iter().find(|found| found["code"] == code).unwrap_or_else(|| panic!("no {code}:\n{}", self.shown()))
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
        let remedy = Remedy {
            commands: serde_json::from_value(first["commands"].clone()).expect("argument vectors"),
            blocks: first["blocks"] == true,
            destructive: first["destructive"] == true,
        };
        self.prints(&remedy);
        remedy
    }

    /// The text has the remedy's command, perhaps on several lines and quoted.
    #[track_caller]
    fn prints(&self, remedy: &Remedy) {
        let plain =
            |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"'\"\\".contains(*c)).collect::<String>();
        for command in &remedy.commands {
            let command = plain(&command.concat());
            assert!(plain(&self.text).contains(&command), "{command} is not in\n{}", self.text);
        }
    }

    /// Holds the first remedy to these words, for those that only show something.
    #[track_caller]
    pub fn proposes(&self, words: &[&str]) {
        let remedy = self.remedy();
        assert_eq!(remedy.commands, [words], "{}", self.shown());
    }

    /// Runs the first remedy exactly as it is printed.
    #[track_caller]
    pub fn follow(&self, cluster: &Cluster) -> Vec<Vec<String>> {
        let remedy = self.remedy();
        assert!(!remedy.blocks && !remedy.destructive, "not to be run:\n{}", self.shown());
        for argv in &remedy.commands {
            println!("$ {argv:?}\n{}", cluster.run(argv).must());
        }
        cluster.fence();
        remedy.commands
    }

    /// Runs the first remedy, and waits until netpath finds that it has helped: the
    /// application answers, as it does when all is well.
    #[track_caller]
    pub fn is_healed(&self, cluster: &Cluster, at: At) -> Said {
        self.follow(cluster);
        let begin = Instant::now();
        loop {
            let said = ask_as(at, &self.kubeconfig, &[]);
            if said.verdict() == "reachable" && said.text.contains("HTTP 200") {
                println!("reachable after {:?}", begin.elapsed());
                return said;
            }
            assert!(begin.elapsed() < PATIENCE, "the remedy did not help:\n{}", said.shown());
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}
