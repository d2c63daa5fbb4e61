//! What `-o json` prints fits the committed schema, and the schema is strict enough to
//! notice a key that went missing.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "shared with the renderer's own tests")]
mod samples;

use netpath::render::{Format, Style, render};
use netpath::report::Outcomes;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../docs/schema/netpath-v1alpha1.schema.json");

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

/// As much of JSON Schema as the committed schema uses.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().ok_or("a schema is an object")? {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "required" | "additionalProperties" => {}
            "$ref" => {
                let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(pointer).ok_or_else(|| format!("no {pointer}"))?, value, at)?;
            }
            "oneOf" => {
                let results: Vec<_> =
                    wanted.as_array().unwrap().iter().map(|each| check(root, each, value, at)).collect();
                if results.iter().filter(|result| result.is_ok()).count() != 1 {
                    return Err(format!("{at}: {results:?}"));
                }
            }
            "const" if value == wanted => {}
            "enum" if wanted.as_array().unwrap().contains(value) => {}
            "const" | "enum" => return Err(format!("{at}: {value} is not {wanted}")),
            "type" => {
                let fits = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                if !wanted.as_array().map_or_else(|| fits(wanted), |names| names.iter().any(fits)) {
                    return Err(format!("{at}: {value} is not of type {wanted}"));
                }
            }
            "pattern" => {
                assert_eq!(wanted, "^[VKAC][0-9]{3}$", "the one pattern that is understood");
                let fits = |code: &str| {
                    code.len() == 4
                        && code.starts_with(['V', 'K', 'A', 'C'])
                        && code[1..].bytes().all(|d| d.is_ascii_digit())
                };
                if value.as_str().is_some_and(|code| !fits(code)) {
                    return Err(format!("{at}: {value} is no code"));
                }
            }
            "properties" => object(root, schema, value, at)?,
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{at}[{index}]"))?;
                }
            }
            other => panic!("the validator does not know {other}"),
        }
    }
    Ok(())
}

fn object(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(fields) = value.as_object() else { return Err(format!("{at}: no object")) };
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(schema["additionalProperties"], json!(false), "{at}");
    assert_eq!(schema["required"].as_array().unwrap().len(), properties.len(), "{at}: every key is required");
    if let Some(key) = properties.keys().find(|key| !fields.contains_key(*key)) {
        return Err(format!("{at}.{key} is missing"));
    }
    for (key, field) in fields {
        let Some(wanted) = properties.get(key) else { return Err(format!("{at}.{key} is not in the schema")) };
        check(root, wanted, field, &format!("{at}.{key}"))?;
    }
    Ok(())
}
