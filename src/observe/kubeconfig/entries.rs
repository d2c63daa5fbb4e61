//! The named entries of a file, picked by hand: an unusable one never spoils the others.

use std::path::{self, Path};

use serde_json::{Map, Value};

use crate::fact::kubeconfig::Context;

/// What one file, or all of them merged, says.
#[derive(Default)]
pub(super) struct Entries {
    pub current_context: Option<String>,
    pub contexts: Vec<Context>,
    pub clusters: Vec<Named>,
    pub users: Vec<Named>,
}

/// A cluster or a user.
pub(super) struct Named {
    pub name: String,
    /// What the entry holds, unset and empty fields left out: client-go takes both for
    /// unset, kube would send an empty token. `None` when it is not a mapping.
    pub fields: Option<Map<String, Value>>,
}

impl Named {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.as_ref()?.get(key)?.as_str()
    }

    pub fn flag(&self, key: &str) -> bool {
        self.fields.as_ref().and_then(|fields| fields.get(key)).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn has(&self, key: &str) -> bool {
        self.fields.as_ref().is_some_and(|fields| fields.contains_key(key))
    }
}

impl Entries {
    /// Adds what a later file says. The first file to name an entry wins, whole: entries
    /// are never mixed (client-go `tools/clientcmd/loader.go`).
    pub fn absorb(&mut self, next: Self) {
        if self.current_context.is_none() {
            self.current_context = next.current_context;
        }
        add_new(&mut self.contexts, next.contexts, |context| &context.name);
        add_new(&mut self.clusters, next.clusters, |cluster| &cluster.name);
        add_new(&mut self.users, next.users, |user| &user.name);
    }
}

fn add_new<T>(all: &mut Vec<T>, next: Vec<T>, name: impl Fn(&T) -> &String) {
    for entry in next {
        if !all.iter().any(|known| name(known) == name(&entry)) {
            all.push(entry);
        }
    }
}

/// Picks what is usable. Relative paths are those of the file's directory.
pub(super) fn pick(document: &Value, dir: Option<&Path>) -> Entries {
    let named = |list: &str, what: &str| -> Vec<Named> {
        let mut found = Vec::new();
        let listed = document.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let each = listed.iter().filter_map(|entry| Some((entry.get("name")?.as_str()?, entry.get(what))));
        add_new(
            &mut found,
            each.map(|(name, value)| Named { name: name.into(), fields: fields(value) }).collect(),
            |named| &named.name,
        );
        found
    };
    let mut entries = Entries {
        current_context: document.get("current-context").and_then(Value::as_str).and_then(filled),
        contexts: named("contexts", "context").into_iter().filter_map(context).collect(),
        clusters: named("clusters", "cluster"),
        users: named("users", "user"),
    };
    for fields in entries.clusters.iter_mut().filter_map(|cluster| cluster.fields.as_mut()) {
        resolve(fields, "certificate-authority", dir);
        keep_whole_extensions(fields);
    }
    for fields in entries.users.iter_mut().filter_map(|user| user.fields.as_mut()) {
        for key in ["client-certificate", "client-key", "tokenFile"] {
            resolve(fields, key, dir);
        }
        // No rule of a user reads them.
        fields.remove("extensions");
        // A bare command is looked for on PATH (client-go `clientcmd/loader.go`,
        // `GetAuthInfoFileReferences`).
        if let Some(exec) = fields.get_mut("exec").and_then(Value::as_object_mut)
            && exec.get("command").and_then(Value::as_str).is_some_and(|command| command.contains(path::is_separator))
        {
            resolve(exec, "command", dir);
        }
    }
    entries
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn fields(value: Option<&Value>) -> Option<Map<String, Value>> {
    let fields = match value {
        None | Some(Value::Null) => return Some(Map::new()),
        Some(value) => value.as_object()?,
    };
    let said = |value: &Value| !value.is_null() && value.as_str() != Some("");
    Some(fields.iter().filter(|(_, value)| said(value)).map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A context whose fields have the wrong type is left out: half of it would lead to the
/// wrong cluster or namespace.
fn context(named: Named) -> Option<Context> {
    let fields = named.fields?;
    let text = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    };
    Some(Context {
        name: named.name,
        cluster: text("cluster")?.unwrap_or_default(),
        user: text("user")?.unwrap_or_default(),
        namespace: text("namespace")?,
        provider: provider(&fields),
    })
}

/// The tool that says in an extension that it wrote this entry, as minikube does
/// (`pkg/minikube/kubeconfig/extension.go`).
pub(super) fn provider(fields: &Map<String, Value>) -> Option<String> {
    let extensions = fields.get("extensions")?.as_array()?;
    let said = |item: &Value| Some(item.get("extension")?.get("provider")?.as_str()?.to_owned());
    extensions.iter().find_map(said)
}

fn resolve(fields: &mut Map<String, Value>, key: &str, dir: Option<&Path>) {
    let (Some(dir), Some(Value::String(file))) = (dir, fields.get_mut(key)) else { return };
    if Path::new(file.as_str()).is_relative()
        && let Some(resolved) = dir.join(file.as_str()).to_str()
    {
        *file = resolved.to_owned();
    }
}

/// kube refuses a cluster for one extension without `name` or `extension`; kubectl reads
/// it. One of them is passed on to credential plugins.
fn keep_whole_extensions(fields: &mut Map<String, Value>) {
    let Some(extensions) = fields.remove("extensions") else { return };
    if let Value::Array(mut list) = extensions {
        list.retain(|item| item.get("name").is_some_and(Value::is_string) && item.get("extension").is_some());
        fields.insert("extensions".into(), Value::Array(list));
    }
}
