//! Reads what was written down of a real minikube, in `facts/`: what curl, ps, ss, kubectl,
//! docker and minikube printed.

use std::path::{Path, PathBuf};

use netpath::fact::live::Outcome;
use serde_json::Value;

use crate::minikube::machine::http_200;

/// What the second run shortened to `...` in the command lines of ssh, as the first has it.
const SHORTENED: &str = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o IdentitiesOnly=yes -N \
    docker@127.0.0.1 -p 32782 -i /home/user/.minikube/machines/ports/id_rsa";

/// The path of a file of the facts.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/environments/minikube/facts").join(name)
}

/// A file of the facts.
pub fn file(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A JSON file of the facts.
pub fn json(name: &str) -> Value {
    serde_json::from_str(&file(name)).expect("JSON")
}

/// One line of `kubectl get services`.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub kind: String,
    pub cluster_ip: String,
    pub address: Option<String>,
    /// Port, node port (0 for none), protocol.
    pub ports: Vec<(u16, u16, String)>,
}

/// A part of a file: what was seen in one moment.
pub struct Part(Vec<String>);

/// The lines of a file from one that begins so, until one that begins otherwise: a `===`
/// unless it is said.
pub fn part(name: &str, from: &str, until: &str) -> Part {
    let text = file(name);
    let until = if until.is_empty() { "===" } else { until };
    let mut lines = text.lines().skip_while(|line| !line.starts_with(from));
    let first = lines.next().unwrap_or_else(|| panic!("{name} has no {from:?}"));
    let rest = lines.take_while(|line| !line.starts_with(until));
    Part(std::iter::once(first).chain(rest).map(str::to_owned).collect())
}

/// A whole file.
pub fn whole(name: &str) -> Part {
    Part(file(name).lines().map(str::to_owned).collect())
}

impl Part {
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|line| line.strip_prefix("stdout| ").unwrap_or(line))
    }

    /// What answered where, by curl's exit codes.
    pub fn doors(&self) -> Vec<(String, Outcome)> {
        let mut doors: Vec<(String, Outcome)> = Vec::new();
        for line in self.lines() {
            let line = line.strip_prefix("web-ci: ").or(line.strip_prefix("web: ")).unwrap_or(line);
            let line = line.strip_prefix("curl ").unwrap_or(line);
            let Some((url, seen)) = line.strip_prefix("http://").and_then(|rest| rest.split_once(" ")) else {
                continue;
            };
            let exit = seen.split_whitespace().find_map(|word| word.split_once("exit="));
            let Some((_, code)) = exit else { continue };
            let outcome = match code {
                "0" => http_200(),
                "7" => Outcome::Refused,
                "28" if seen.contains("Connection timed out") => Outcome::TimedOut,
                "28" => Outcome::Silent,
                "52" => Outcome::Eof,
                "56" => Outcome::Reset,
                other => panic!("curl_exit={other}"),
            };
            let at = url.trim_end_matches('/').to_owned();
            if at.starts_with("localhost") {
                continue;
            }
            let same = doors.iter().find(|(other, _)| *other == at);
            assert!(same.is_none_or(|(_, other)| *other == outcome), "two moments in one part: {at}");
            doors.push((at, outcome));
        }
        doors
    }

    /// Process ids and command lines of minikube and its ssh, as `ps` prints them. minikube
    /// writes `-L PORT:...` as one argument with a blank in it.
    pub fn processes(&self) -> Vec<(u32, Vec<String>)> {
        let process = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let pid = words.first()?.parse().ok()?;
            words.get(1)?.parse::<u32>().ok()?;
            let command = words.iter().position(|word| ["minikube", "ssh", "sudo"].contains(word))?;
            let mut arguments: Vec<String> = Vec::new();
            for word in
                words[command..].iter().flat_map(|word| if *word == "..." { SHORTENED } else { word }.split(' '))
            {
                match arguments.last_mut().filter(|last| *last == "-L") {
                    Some(last) => *last = format!("-L {word}"),
                    None => arguments.push(word.to_owned()),
                }
            }
            Some((pid, arguments))
        };
        let mut found: Vec<_> = self.lines().filter_map(process).collect();
        found.dedup();
        found
    }

    /// Who listens on a port of 127.0.0.1, as `ss -ltnp` prints it.
    pub fn listeners(&self) -> Vec<(&'static str, u32)> {
        let listener = |line: &str| {
            let local = line.strip_prefix("LISTEN")?.split_whitespace().nth(2)?;
            let at: &str = Some(local).filter(|local| local.starts_with("127.0.0.1:"))?;
            let pid = line.split_once("pid=")?.1.split(',').next()?.parse().ok()?;
            Some((at.to_owned().leak() as &str, pid))
        };
        let mut found: Vec<_> = self.lines().filter_map(listener).collect();
        found.dedup();
        found
    }

    /// The Services of `kubectl get services`, a row in brackets behind a title included.
    pub fn services(&self) -> Vec<Row> {
        let row = |line: &str| {
            let line = line.split_once('(').map_or(line, |(_, rest)| rest.trim_end_matches(')'));
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, kind, cluster_ip, address, ports, _age] = words[..] else { return None };
            if !["NodePort", "LoadBalancer", "ClusterIP"].contains(&kind) || !ports.contains('/') {
                return None;
            }
            let port = |text: &str| {
                let (numbers, protocol) = text.split_once('/').expect("a protocol");
                let (port, node_port) = numbers.split_once(':').unwrap_or((numbers, "0"));
                (port.parse().expect("a port"), node_port.parse().expect("a port"), protocol.to_owned())
            };
            Some(Row {
                name: name.trim_start_matches("service/").to_owned(),
                kind: kind.to_owned(),
                cluster_ip: cluster_ip.to_owned(),
                address: (!address.starts_with('<')).then(|| address.to_owned()),
                ports: ports.split(',').map(port).collect(),
            })
        };
        self.lines().filter_map(row).collect()
    }

    /// What the last `minikube status -o json` printed.
    pub fn status(&self) -> Option<String> {
        let begins = |line: &&str| ["{\"Name\":", "null", "{\"specversion\":"].iter().any(|is| line.starts_with(is));
        let mut said: Vec<&str> = self.lines().filter(begins).collect();
        // An object or `null` is one line, events are several.
        if said.last().is_some_and(|line| !line.starts_with("{\"spec")) {
            said = said.split_off(said.len() - 1);
        }
        let alone = |line: &&str| line.split("stderr|").next().unwrap_or(line).split('[').next().map(str::to_owned);
        let said: Vec<String> = said.iter().filter_map(alone).collect();
        (!said.is_empty()).then(|| said.join("\n"))
    }

    /// Where the route to the Service addresses leads, by `ip route`.
    pub fn route(&self) -> Option<String> {
        let line = self.lines().find_map(|line| line.strip_prefix("10.96.0.0/12 via "))?;
        line.split_whitespace().next().map(str::to_owned)
    }

    /// What `tunnels.json` held.
    pub fn registry(&self) -> Option<String> {
        let line = |line: &str| line.trim_start_matches("tunnels.json: ").to_owned();
        self.lines().map(line).find(|line| line.starts_with("[{\"Route\"") || line == "[]")
    }

    /// The ports that `docker port` lists, as `NetworkSettings.Ports` has them; the last
    /// list counts.
    pub fn published(&self) -> Option<Value> {
        let mut ports = serde_json::Map::new();
        for line in self.lines() {
            let Some((inside, outside)) = line.split_once(" -> ").filter(|(inside, _)| inside.ends_with("/tcp")) else {
                continue;
            };
            let (ip, port) = outside.rsplit_once(':')?;
            ports.insert(inside.to_owned(), serde_json::json!([{ "HostIp": ip, "HostPort": port }]));
        }
        (!ports.is_empty()).then(|| ports.into())
    }

    /// State, ports and networks of the container, as docker's inspection printed them in
    /// one line.
    pub fn container(&self) -> Option<(Value, Value, Value)> {
        let line = self
            .lines()
            .find(|line| ["\"running\" ", "\"paused\" ", "\"exited\" "].iter().any(|is| line.starts_with(is)))?;
        let all: Vec<Value> =
            serde_json::Deserializer::from_str(line).into_iter().collect::<Result<_, _>>().expect("JSON values");
        let [state, _paused, ports, networks] = all.try_into().expect("four values");
        Some((state, ports, networks))
    }
}
