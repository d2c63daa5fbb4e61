//! An answer as it is kept: JSON text.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A distilled answer. As text it takes a tenth of what a tree of values takes, which
/// decides how much memory a list of 50,000 Pods needs; and every question's type has a
/// decoder of text already.
#[derive(Debug, Clone)]
pub struct Json(Arc<str>);

impl Json {
    /// Writes an answer down.
    ///
    /// # Errors
    ///
    /// What cannot be JSON: a map whose keys are no strings.
    pub fn of<T: Serialize>(answer: &T) -> serde_json::Result<Self> {
        serde_json::to_string(answer).map(|text| Self(text.into()))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("it was written as JSON")
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

/// The order of an object's fields says nothing.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }
}

impl Eq for Json {}

/// A recording shows the answer itself, with its fields in a stable order.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_the_value_whatever_the_order() {
        let value = json!({ "b": [1, null], "a": { "c": "\u{1b}\"" } });
        let text: Json = serde_json::from_str("{\"a\":{\"c\":\"\\u001b\\\"\"},\"b\":[1,null]}").unwrap();
        assert_eq!(text, Json::from(value.clone()));
        assert_ne!(text, Json::from(json!({ "b": [1], "a": { "c": "\u{1b}\"" } })));
        assert_eq!(serde_json::to_value(&text).unwrap(), value);
    }
}
