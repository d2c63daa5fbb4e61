//! What `-o json` prints fits the committed schema, and the schema is strict enough to
//! notice a key that went missing.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "shared with the renderer's own tests")]
mod samples;

#[path = "support/schema.rs"]
#[allow(dead_code, reason = "shared with the tests of the binary")]
mod schema;

use netpath::render::{Format, Style, render};
use netpath::report::Outcomes;
use schema::{SCHEMA, check};
use serde_json::{Value, json};

fn documents() -> Vec<Value> {
    let reports = samples::all().into_iter().map(|(_, report)| report).chain([samples::heavy(), samples::hostile()]);
    let mut outcomes: Vec<_> = reports.map(|report| Outcomes::Path(Box::new(report))).collect();
    outcomes.push(Outcomes::Overview(Box::new(samples::overview())));
    outcomes.push(Outcomes::Overview(Box::new(samples::blocked_overview())));
    outcomes.push(Outcomes::Environment(Box::new(samples::environment_report())));
    let style = Style::default();
    outcomes.iter().map(|each| serde_json::from_str(&render(each, Format::Json, &style)).unwrap()).collect()
}

#[test]
fn every_document_fits_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for document in documents() {
        if let Err(why) = check(&schema, &schema, &document, "$") {
            panic!("{why}\n{document:#}");
        }
    }
}

#[test]
fn a_missing_or_an_additional_key_is_noticed() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut near_misses = 0;
    for document in documents() {
        for path in objects(&document, String::new()) {
            if path.ends_with("/params") {
                continue;
            }
            let keys: Vec<String> = document.pointer(&path).unwrap().as_object().unwrap().keys().cloned().collect();
            for key in keys {
                let mut broken = document.clone();
                broken.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(&key);
                assert!(check(&schema, &schema, &broken, "$").is_err(), "{path}/{key} may be missing");
                near_misses += 1;
            }
            let mut broken = document.clone();
            broken.pointer_mut(&path).unwrap().as_object_mut().unwrap().insert("surplus".into(), json!(1));
            assert!(check(&schema, &schema, &broken, "$").is_err(), "{path} may hold anything");
            if near_misses > 2000 {
                return;
            }
        }
    }
}

/// JSON pointers of all objects inside a value.
fn objects(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let inner = fields.iter().filter(|(key, _)| *key != "params");
            let inner = inner.flat_map(|(key, value)| objects(value, format!("{at}/{key}")));
            std::iter::once(at.clone()).chain(inner).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| objects(value, format!("{at}/{index}"))).collect()
        }
        _ => vec![],
    }
}
