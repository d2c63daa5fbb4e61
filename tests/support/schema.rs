//! As much of JSON Schema as the committed schema uses.

use serde_json::{Value, json};

/// The committed schema of `-o json`.
pub const SCHEMA: &str = include_str!("../../docs/schema/netpath-v1alpha1.schema.json");

/// Fails if a document has not exactly the schema's keys and types.
#[track_caller]
pub fn assert_fits(document: &Value) {
    let schema: Value = serde_json::from_str(SCHEMA).expect("a schema");
    if let Err(why) = check(&schema, &schema, document, "$") {
        panic!("{why}\n{document:#}");
    }
}

/// Checks a value against a part of the schema; `at` names the value in the error.
pub fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().ok_or("a schema is an object")? {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "required" | "additionalProperties" => {}
            "$ref" => {
                let pointer = wanted.as_str().expect("a sound schema").strip_prefix('#').expect("a sound schema");
                check(root, root.pointer(pointer).ok_or_else(|| format!("no {pointer}"))?, value, at)?;
            }
            "oneOf" => {
                let results: Vec<_> = wanted
                    .as_array()
                    .expect("a sound schema")
                    .iter()
                    .map(|each| check(root, each, value, at))
                    .collect();
                if results.iter().filter(|result| result.is_ok()).count() != 1 {
                    return Err(format!("{at}: {results:?}"));
                }
            }
            "const" if value == wanted => {}
            "enum" if wanted.as_array().expect("a sound schema").contains(value) => {}
            "const" | "enum" => return Err(format!("{at}: {value} is not {wanted}")),
            "type" => {
                let fits = |name: &Value| match name.as_str().expect("a sound schema") {
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
    let properties = schema["properties"].as_object().expect("a sound schema");
    assert_eq!(schema["additionalProperties"], json!(false), "{at}");
    assert_eq!(
        schema["required"].as_array().expect("a sound schema").len(),
        properties.len(),
        "{at}: every key is required"
    );
    if let Some(key) = properties.keys().find(|key| !fields.contains_key(*key)) {
        return Err(format!("{at}.{key} is missing"));
    }
    for (key, field) in fields {
        let Some(wanted) = properties.get(key) else { return Err(format!("{at}.{key} is not in the schema")) };
        check(root, wanted, field, &format!("{at}.{key}"))?;
    }
    Ok(())
}
