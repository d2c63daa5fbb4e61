//! Puts hostile text where a recorded world has a harmless one, and looks at what is said.
//!
//! A recording is the whole world of a run, so every string in it is a place where foreign
//! text enters. One string is replaced wherever it stands, in the answers and in the request.
//! The core then asks for the hostile name, and is answered as it would be for the harmless
//! one: what is behind it is diagnosed as far as before.

use std::collections::{BTreeMap, BTreeSet};

use netpath::answers::Answers;
use netpath::ask::{Ask, Observation, Why};
use netpath::fact::read::encode;
use netpath::observe::recording::Recording;
use netpath::report::{Found, Outcomes, Remedy};
use netpath::request::Request;
use serde_json::{Value, json};

/// More answers than any run needs.
const ROUNDS: usize = 300;

/// One recorded world.
#[derive(Clone)]
pub struct Scene {
    /// Its name, for what a failure says.
    pub name: String,
    request: Value,
    answers: BTreeMap<String, Value>,
}

impl Scene {
    pub fn new(name: &str, recording: &Recording) -> Self {
        let document = serde_json::to_value(recording).expect("a value");
        let pairs = document["answers"].as_array().expect("answers").iter();
        let answers = pairs.map(|pair| (pair["ask"].to_string(), pair["answer"].clone())).collect();
        Self { name: name.into(), request: document["request"].clone(), answers }
    }

    /// Every string of this world and the places in which it stands: the kind of question
    /// and the names of the fields.
    pub fn strings(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        for (ask, answer) in &self.answers {
            let ask: Value = serde_json::from_str(ask).expect("an ask");
            let kind = ask.as_object().and_then(|ask| ask.keys().next().cloned()).unwrap_or_else(|| ask.to_string());
            // Objects of the API are told apart by their path, without names.
            let path = ask["api"].as_str().unwrap_or_default().split('?').next().unwrap_or_default();
            let kind = path.rsplit('/').find(|part| part.ends_with('s')).map_or(kind, str::to_owned);
            strings(answer, &kind, &mut found);
        }
        strings(&self.request["goal"], "goal", &mut found);
        found
    }

    /// The same world with another text in the place of one.
    pub fn with(&self, harmless: &str, hostile: &str) -> Self {
        let replace = |value: &Value| {
            let mut value = value.clone();
            replace(&mut value, harmless, hostile);
            value
        };
        let answers = self.answers.iter().map(|(ask, answer)| (ask.clone(), replace(answer))).collect();
        Self { name: self.name.clone(), request: replace(&self.request), answers }
    }

    /// What netpath says about it. `None` where it refuses to look at all.
    pub fn run(&self, harmless: &str, hostile: &str) -> Option<Outcomes> {
        let request: Request = serde_json::from_value(self.request.clone()).ok()?;
        let mut answers = Answers::default();
        for round in 0.. {
            let wanted = netpath::core::wants(&request, &answers);
            if wanted.is_empty() {
                break;
            }
            assert!(round < ROUNDS, "{}: does not end, wants {:?}", self.name, wanted[0].ask);
            for want in wanted {
                let answer = self.answer(&want.ask, harmless, hostile);
                answers.insert(want.ask, answer);
            }
        }
        netpath::core::report(&request, &answers).ok()
    }

    fn answer(&self, ask: &Ask, harmless: &str, hostile: &str) -> Observation {
        let text = json!(ask).to_string();
        let inside = |text: &str| {
            let text = json!(text).to_string();
            text[1..text.len() - 1].to_owned()
        };
        let asked = text.replace(&encode(hostile), &encode(harmless)).replace(&inside(hostile), &inside(harmless));
        let known = self.answers.get(&asked).or_else(|| self.answers.get(&text));
        let known = known.and_then(|answer| serde_json::from_value(answer.clone()).ok());
        known.unwrap_or(Observation::Unavailable(Why::NotRecorded))
    }
}

fn strings(value: &Value, place: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::String(text) if !text.is_empty() => {
            found.entry(text.clone()).or_default().insert(place.to_owned());
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, place, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                strings(value, &format!("{place}.{key}"), found);
            }
        }
        _ => {}
    }
}

fn replace(value: &mut Value, harmless: &str, hostile: &str) {
    match value {
        Value::String(text) if text == harmless => *text = hostile.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, harmless, hostile)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, harmless, hostile)),
        _ => {}
    }
}

fn remedies(outcomes: &Outcomes) -> Vec<&Remedy> {
    let found: Vec<&Found> = match outcomes {
        Outcomes::Path(report) => report.findings.iter().collect(),
        Outcomes::Overview(overview) => {
            overview.items.iter().flat_map(|item| &item.findings).chain(&overview.blocked).collect()
        }
        Outcomes::Environment(report) => report.blocked.iter().collect(),
    };
    found.into_iter().flat_map(|found| &found.remedies).collect()
}

/// Every command that a report tells to run.
pub fn commands(outcomes: &Outcomes) -> Vec<Vec<String>> {
    let unobserved = match outcomes {
        Outcomes::Path(report) => &report.unobserved,
        Outcomes::Overview(overview) => &overview.unobserved,
        Outcomes::Environment(report) => &report.unobserved,
    };
    let settle = unobserved.iter().flat_map(|missing| missing.settle.clone());
    remedies(outcomes).iter().flat_map(|remedy| remedy.commands.clone()).chain(settle).collect()
}

/// Every file that a report tells to write: name and text.
pub fn files(outcomes: &Outcomes) -> Vec<netpath::report::TextFile> {
    remedies(outcomes).iter().flat_map(|remedy| remedy.files.clone()).collect()
}
