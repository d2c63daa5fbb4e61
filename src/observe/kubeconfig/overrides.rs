//! The command line over the files. Rules: client-go `tools/clientcmd/client_config.go`,
//! `getCluster` and `getAuthInfo`.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Options;
use super::entries::{Entries, Named};
use crate::fact::kubeconfig::Context;

/// Name of the context, cluster and user that exist on the command line only.
const COMMAND_LINE: &str = "command-line";

/// Applies the options to the context that is in effect.
pub(super) fn apply(entries: &mut Entries, options: &Options) {
    let chosen = options.server.is_some() || options.cluster.is_some();
    if options.context.is_none() && entries.current_context.is_none() && chosen {
        entries.contexts.retain(|context| context.name != COMMAND_LINE);
        entries.contexts.push(Context { name: COMMAND_LINE.into(), ..Context::default() });
        entries.current_context = Some(COMMAND_LINE.into());
    }
    let Entries { current_context, contexts, clusters, users } = entries;
    let effective = options.context.as_ref().or(current_context.as_ref());
    let Some(context) = contexts.iter_mut().find(|context| Some(&context.name) == effective) else { return };
    if let Some(cluster) = &options.cluster {
        context.cluster.clone_from(cluster);
    }
    if let Some(user) = &options.user {
        context.user.clone_from(user);
    }
    // A name given on the command line must exist; a server or a credential given there
    // makes up for an entry that does not.
    let may_add = options.cluster.is_none() && options.server.is_some();
    if let Some(fields) = entry(clusters, &mut context.cluster, may_add) {
        over_cluster(fields, options);
    }
    let may_add = options.user.is_none() && has_credential(options);
    if let Some(fields) = entry(users, &mut context.user, may_add) {
        over_user(fields, options);
    }
}

fn entry<'a>(all: &'a mut Vec<Named>, name: &mut String, may_add: bool) -> Option<&'a mut Map<String, Value>> {
    let at = match all.iter().position(|named| named.name == *name) {
        Some(at) => at,
        None if may_add => {
            if name.is_empty() {
                *name = COMMAND_LINE.into();
            }
            all.push(Named { name: name.clone(), fields: Some(Map::new()) });
            all.len() - 1
        }
        None => return None,
    };
    all[at].fields.as_mut()
}

fn over_cluster(fields: &mut Map<String, Value>, options: &Options) {
    // A certificate authority or none at all: what the file says about trust is void.
    if options.insecure_skip_tls_verify || options.certificate_authority.is_some() {
        for key in ["insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data"] {
            fields.remove(key);
        }
        if options.insecure_skip_tls_verify {
            fields.insert("insecure-skip-tls-verify".into(), Value::Bool(true));
        }
        set_path(fields, "certificate-authority", options.certificate_authority.as_deref());
    }
    // Another server has another name, unless it is given too.
    if options.server.is_some() || options.tls_server_name.is_some() {
        fields.remove("tls-server-name");
        set(fields, "tls-server-name", options.tls_server_name.as_deref());
    }
    set(fields, "server", options.server.as_deref());
}

fn has_credential(options: &Options) -> bool {
    options.token.is_some()
        || options.client_certificate.is_some()
        || options.client_key.is_some()
        || options.as_user.is_some()
        || options.as_uid.is_some()
        || !options.as_groups.is_empty()
        || !options.as_user_extra.is_empty()
}

fn over_user(fields: &mut Map<String, Value>, options: &Options) {
    set(fields, "token", options.token.as_ref().map(|token| token.0.as_str()));
    for (key, path) in [("client-certificate", &options.client_certificate), ("client-key", &options.client_key)] {
        if path.is_some() {
            fields.remove(&format!("{key}-data"));
            set_path(fields, key, path.as_deref());
        }
    }
    set(fields, "as", options.as_user.as_deref());
    set(fields, "as-uid", options.as_uid.as_deref());
    if !options.as_groups.is_empty() {
        fields.insert("as-groups".into(), json!(options.as_groups));
    }
    if !options.as_user_extra.is_empty() {
        let mut extra = Map::new();
        for (key, value) in &options.as_user_extra {
            let values = extra.entry(key.clone()).or_insert_with(|| json!([]));
            if let Some(values) = values.as_array_mut() {
                values.push(json!(value));
            }
        }
        fields.insert("as-user-extra".into(), Value::Object(extra));
    }
}

fn set(fields: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        fields.insert(key.into(), value.into());
    }
}

fn set_path(fields: &mut Map<String, Value>, key: &str, path: Option<&Path>) {
    set(fields, key, path.map(Path::to_string_lossy).as_deref());
}
