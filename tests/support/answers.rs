//! What the server says: canned answers by path, lists that select and page as the real
//! ones do, and `Status` objects.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::big::Made;
use super::server::Fault;

/// One answer on its way out.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after: bool,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(status: u16, value: &Value) -> Self {
        let mut body = value.to_string().into_bytes();
        body.push(b'\n');
        Self { status, content_type: "application/json".into(), retry_after: false, body }
    }

    pub fn raw(status: u16, content_type: &str, body: &[u8]) -> Self {
        Self { status, content_type: content_type.into(), retry_after: false, body: body.into() }
    }

    /// A `Status` object with the reason that belongs to the HTTP status.
    pub fn failure(status: u16, message: &str, mut details: Value) -> Self {
        let reason = match status {
            400 => "BadRequest",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            405 => "MethodNotAllowed",
            409 => "Conflict",
            410 => "Expired",
            429 => "TooManyRequests",
            500 => "InternalError",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => "",
        };
        let retry_after = matches!(status, 429 | 503);
        if retry_after {
            details["retryAfterSeconds"] = json!(1);
        }
        let object = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "details": details, "code": status,
        });
        Self { retry_after, ..Self::json(status, &object) }
    }

    /// The message that a status comes with when a whole server is broken.
    pub fn broken(status: u16) -> Self {
        let message = match status {
            401 => "Unauthorized",
            403 => "forbidden: User \"test\" cannot get path",
            429 => "the server has received too many requests and has asked us to try again later",
            500 => "Internal error occurred: the test server is broken",
            503 => "the server is currently unable to handle the request",
            _ => "the test server is broken",
        };
        Self::failure(status, message, json!({}))
    }

    /// What the real API server says about an object that is not there.
    pub fn not_found(path: &str) -> Self {
        let resource: Vec<&str> = match path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["api", _, "namespaces", _, rest @ ..] | ["apis", _, _, "namespaces", _, rest @ ..] if !rest.is_empty() => {
                rest.to_vec()
            }
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest.to_vec(),
            _ => Vec::new(),
        };
        match resource.as_slice() {
            [kind, name, ..] => {
                let group = match path.strip_prefix("/apis/").and_then(|rest| rest.split('/').next()) {
                    Some(group) => format!(".{group}"),
                    None => String::new(),
                };
                let message = format!("{kind}{group} \"{name}\" not found");
                Self::failure(404, &message, json!({ "name": name, "kind": kind }))
            }
            _ => Self::failure(404, "the server could not find the requested resource", json!({})),
        }
    }
}

/// A list as the server keeps it.
#[derive(Debug, Clone)]
pub(super) struct List {
    api_version: String,
    kind: String,
    items: Vec<Value>,
    rest: Option<Made>,
}

impl List {
    pub fn new(path: &str, kind: &str, items: Vec<Value>) -> Self {
        let api_version = match path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["apis", group, version, ..] => format!("{group}/{version}"),
            ["api", version, ..] => (*version).to_string(),
            _ => panic!("{path} is not the path of a Kubernetes list"),
        };
        let items = items.into_iter().map(bare).collect();
        Self { api_version, kind: kind.into(), items, rest: None }
    }

    pub fn with(self, rest: Made) -> Self {
        Self { rest: Some(rest), ..self }
    }

    /// Selects by label and by field, then cuts a page.
    fn answer(&self, query: &str) -> Answer {
        let query = pairs(query);
        let get = |key: &str| query.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let selected = self.items.iter().map(|item| {
            let labels = selects(get("labelSelector"), |key| item["metadata"]["labels"][key].as_str())?;
            let fields = selects(get("fieldSelector"), |key| {
                key.split('.').try_fold(item, |value, part| value.get(part)).and_then(Value::as_str)
            })?;
            Some((labels && fields).then_some(item))
        });
        let Some(selected) = selected.collect::<Option<Vec<_>>>() else {
            return Answer::failure(400, "the test server does not understand this selector", json!({}));
        };
        let selected: Vec<&Value> = selected.into_iter().flatten().collect();

        let start: usize = match get("continue").map(|token| token.strip_suffix(TOKEN_END).map(str::parse)) {
            None => 0,
            Some(Some(Ok(start))) => start,
            Some(_) => return Answer::failure(400, "continue key is not valid", json!({})),
        };
        let limit = get("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        let made = match (get("labelSelector"), get("fieldSelector")) {
            (None, None) => self.rest.as_ref(),
            _ => None,
        };
        let all = selected.len() + made.map_or(0, Made::len);
        let end = start.saturating_add(limit).min(all);
        let one = |index: usize| match (selected.get(index), made) {
            (Some(item), _) => item.to_string(),
            (None, Some(made)) => made.get(index - selected.len()),
            (None, None) => unreachable!("{index} of {all}"),
        };
        let items: Vec<String> = (start..end).map(one).collect();
        let mut metadata = json!({ "resourceVersion": "1656" });
        if end < all {
            metadata["continue"] = json!(format!("{end}{TOKEN_END}"));
            metadata["remainingItemCount"] = json!(all - end);
        }
        let (kind, version, items) = (&self.kind, &self.api_version, items.join(","));
        let list = format!(
            "{{\"apiVersion\":\"{version}\",\"items\":[{items}],\"kind\":\"{kind}\",\"metadata\":{metadata}}}\n"
        );
        Answer::raw(200, "application/json", list.as_bytes())
    }
}

/// Continue tokens end in letters that a query must encode.
const TOKEN_END: &str = "/+=";

/// Items of a list carry neither `kind` nor `apiVersion`.
fn bare(mut item: Value) -> Value {
    if let Some(object) = item.as_object_mut() {
        object.remove("kind");
        object.remove("apiVersion");
    }
    item
}

/// Equality and one `key in (a,b)`; `None` for anything else.
fn selects<'a>(selector: Option<&str>, value: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
    if let Some((key, values)) = selector.and_then(|selector| selector.split_once(" in (")) {
        let values = values.strip_suffix(')').filter(|values| !values.contains(['(', ' ']))?;
        return Some(value(key).is_some_and(|has| values.split(',').any(|wanted| wanted == has)));
    }
    let mut all = true;
    for term in selector.unwrap_or_default().split(',').filter(|term| !term.is_empty()) {
        if term.contains([' ', '(', '!']) {
            return None;
        }
        all &= match term.split_once('=') {
            Some((key, wanted)) => value(key) == Some(wanted.trim_start_matches('=')),
            None => value(term).is_some(),
        };
    }
    Some(all)
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(value))
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

/// As Go's `url.ParseQuery`: `+` is a blank.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let escaped = if *first == b'%' { tail.get(..2).and_then(hex) } else { None };
        rest = if escaped.is_some() { &tail[2..] } else { tail };
        out.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What is kept under one path.
#[derive(Debug, Clone)]
pub(super) enum Canned {
    Answer(Answer),
    List(List),
}

/// All canned answers, and the faults of single paths.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    answers: BTreeMap<String, Canned>,
    faults: BTreeMap<String, Fault>,
    delays: BTreeMap<String, Duration>,
}

impl Shelf {
    pub fn put(&mut self, path: &str, canned: Canned) {
        self.answers.insert(absolute(path), canned);
    }

    pub fn put_fault(&mut self, path: &str, fault: Fault) {
        self.faults.insert(absolute(path), fault);
    }

    pub fn put_delay(&mut self, path: &str, delay: Duration) {
        self.delays.insert(absolute(path), delay);
    }

    pub fn answer(&self, path: &str, query: &str) -> Answer {
        match find(&self.answers, path, query) {
            Some(Canned::Answer(answer)) => answer.clone(),
            Some(Canned::List(list)) => list.answer(query),
            None => Answer::not_found(path),
        }
    }

    pub fn fault(&self, path: &str, query: &str) -> Option<Fault> {
        find(&self.faults, path, query).copied()
    }

    pub fn delay(&self, path: &str, query: &str) -> Option<Duration> {
        find(&self.delays, path, query).copied()
    }
}

fn absolute(path: &str) -> String {
    assert!(path.starts_with('/'), "{path} is not an absolute path");
    path.into()
}

/// The longest key that is the very path, or that has a query and with which path and
/// query begin.
fn find<'a, T>(map: &'a BTreeMap<String, T>, path: &str, query: &str) -> Option<&'a T> {
    let whole = format!("{path}?{query}");
    let fits = |key: &str| if key.contains('?') { whole.starts_with(key) } else { key == path };
    map.iter().filter(|(key, _)| fits(key)).max_by_key(|(key, _)| key.len()).map(|(_, value)| value)
}
