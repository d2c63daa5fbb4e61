//! What kubectl refuses before it sends anything (client-go `tools/clientcmd/validation.go`,
//! `rest/transport.go`, `transport/transport.go`).

use serde_json::{Map, Value};

use super::entries::Named;
use crate::ask::Why;

/// A cluster that says two things about whom to trust. Like a contradictory credential it
/// keeps any request from being sent: no server answered, and no certificate was looked at.
pub(super) fn cluster(named: &Named) -> Result<(), Why> {
    let refused = |what: &str| Err(Why::Credentials { detail: format!("the cluster \"{}\" {what}", named.name) });
    let (file, data) = (named.has("certificate-authority"), named.has("certificate-authority-data"));
    if file && data {
        return refused("has both certificate-authority and certificate-authority-data");
    }
    if named.flag("insecure-skip-tls-verify") && (file || data) {
        return refused("has both a certificate authority and insecure-skip-tls-verify");
    }
    Ok(())
}

/// A user whose credentials contradict each other or are not whole.
pub(super) fn user(name: &str, fields: &Map<String, Value>) -> Result<(), Why> {
    let refused = |what: &str| Err(Why::Credentials { detail: format!("the user \"{name}\" {what}") });
    let has = |key: &str| fields.contains_key(key);
    if has("token") && (has("username") || has("password")) {
        return refused("has both a token and a password");
    }
    if has("client-certificate") || has("client-certificate-data") {
        for key in ["client-certificate", "client-key"] {
            let data = format!("{key}-data");
            if has(key) && has(&data) {
                return refused(&format!("has both {key} and {data}"));
            }
        }
        if !has("client-key") && !has("client-key-data") {
            return refused("has a client certificate without a key");
        }
    }
    if let Some(exec) = fields.get("exec").and_then(Value::as_object) {
        if has("auth-provider") {
            return refused("has both a credential plugin and an auth-provider");
        }
        let text = |key: &str| exec.get(key).and_then(Value::as_str).unwrap_or_default();
        let version = text("apiVersion");
        if text("command").is_empty() {
            return refused("has a credential plugin without a command");
        }
        if version.is_empty() {
            return refused("has a credential plugin without an apiVersion");
        }
        // Older versions have a default (client-go `tools/clientcmd/api/v1/defaults.go`).
        if text("interactiveMode").is_empty() && !version.ends_with("beta1") && !version.ends_with("alpha1") {
            return refused("has a credential plugin without an interactiveMode");
        }
    }
    let more = ["as-uid", "as-groups", "as-user-extra"];
    if more.iter().any(|key| has(key)) && !has("as") {
        return Err(Why::Credentials {
            detail: "groups, a uid or extras to impersonate need a user to impersonate (--as)".into(),
        });
    }
    Ok(())
}

/// Leaves out what client-go does not look at: a key without a certificate, and a plugin
/// beside another credential (`exec.go`, `UpdateTransportConfig`).
pub(super) fn settle(fields: &mut Map<String, Value>) {
    let has = |key: &str| fields.contains_key(key);
    let certificate = has("client-certificate") || has("client-certificate-data");
    let known = certificate || ["token", "tokenFile", "username"].iter().any(|key| has(key));
    if !certificate {
        fields.remove("client-key");
        fields.remove("client-key-data");
    }
    if known {
        fields.remove("exec");
    }
}
