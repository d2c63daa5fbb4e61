//! Credential plugins, run once, by client-go's rules (`plugin/pkg/client/auth/exec/exec.go`).

use std::io::{self, IsTerminal};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::super::command::located;
use super::super::group::{self, Group};
use super::super::lack;
use crate::ask::Why;

/// The versions of the plugins' interface. client-go dropped v1alpha1 in 1.24.
const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/// More than any token or certificate.
const OUTPUT: u64 = 1 << 20;

/// What a plugin says. It has no `Debug`: nothing prints it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::observe) struct Said {
    api_version: String,
    kind: String,
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the configuration's plugin, if it has one, and puts what it says in its place.
/// Unattended, nobody is asked anything.
///
/// # Errors
///
/// [`Why::Credentials`] without the plugin's arguments or output.
pub(in crate::observe) async fn run(config: &mut kube::Config, attended: bool) -> Result<(), Why> {
    let Some(exec) = config.auth_info.exec.take() else { return Ok(()) };
    let version = exec.api_version.as_deref().unwrap_or_default();
    if !VERSIONS.contains(&version) {
        return Err(why(&exec, "speaks a version that kubectl does not know either"));
    }
    let interactive = interactive(&exec, attended && io::stdin().is_terminal())?;
    let output = output(&exec, &info(&exec, version, interactive), interactive).await?;
    let unusable = || why(&exec, "answered nothing usable");
    let said = said(&output).ok_or_else(unusable)?;
    if said.kind != "ExecCredential" || said.api_version != version {
        return Err(why(&exec, "answered in another version than the kubeconfig says"));
    }
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = filled(said.status.token);
    match (filled(said.status.client_certificate_data), filled(said.status.client_key_data)) {
        (Some(certificate), Some(key)) => {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(STANDARD.encode(key).into());
        }
        (None, None) if token.is_some() => {}
        _ => return Err(unusable()),
    }
    config.auth_info.token = token.map(Into::into);
    Ok(())
}

/// Reads what a plugin printed. JSON is YAML; client-go takes both.
pub(in crate::observe) fn said(output: &str) -> Option<Said> {
    serde_yaml::from_str::<Value>(output).ok().and_then(|value| Said::deserialize(value).ok())
}

fn why(exec: &ExecConfig, what: &str) -> Why {
    let name = exec.command.as_deref().unwrap_or_default();
    Why::Credentials { detail: format!("the credential plugin {name} {what}") }
}

/// Whether the plugin may ask somebody something.
fn interactive(exec: &ExecConfig, somebody: bool) -> Result<bool, Why> {
    match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => Ok(false),
        None | Some(ExecInteractiveMode::IfAvailable) => Ok(somebody),
        Some(ExecInteractiveMode::Always) if somebody => Ok(true),
        Some(ExecInteractiveMode::Always) => Err(why(exec, "wants to ask somebody, and standard input is no terminal")),
    }
}

/// What the plugin is told, in `KUBERNETES_EXEC_INFO`.
fn info(exec: &ExecConfig, version: &str, interactive: bool) -> String {
    let mut spec = json!({ "interactive": interactive });
    if let Some(cluster) = exec.cluster.as_ref().and_then(|cluster| serde_json::to_value(cluster).ok()) {
        spec["cluster"] = cluster;
    }
    json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec }).to_string()
}

async fn output(exec: &ExecConfig, info: &str, interactive: bool) -> Result<String, Why> {
    let name = exec.command.as_deref().unwrap_or_default();
    // PATHEXT included, which Windows' own search does not know.
    let Some(program) = located(name) else { return Err(why(exec, "could not be started: it was not found")) };
    let mut command = Command::new(program);
    command.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let Some(name) = variable.get("name") {
            command.env(name, variable.get("value").map(String::as_str).unwrap_or_default());
        }
    }
    // What it asks goes to standard error; what it complains about may hold a secret.
    let terminal = || if interactive { Stdio::inherit() } else { Stdio::null() };
    command.env("KUBERNETES_EXEC_INFO", info);
    command.stdin(terminal()).stderr(terminal()).stdout(Stdio::piped()).kill_on_drop(true);
    // What may ask somebody something has to stay in the foreground of the terminal.
    let started = match interactive {
        true => command.spawn().map(|child| (child, None)),
        false => group::start(&mut command).map(|(child, group)| (child, Some(group))),
    };
    let not_started = |error: io::Error| match lack::is_own_at_start(&error) {
        true => lack::not_started("the credential plugin", &error),
        false => why(exec, &format!("could not be started: {error}")),
    };
    let (mut child, group) = started.map_err(not_started)?;
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let _cut = stdout.take(OUTPUT).read_to_end(&mut said).await;
    }
    let status = child.wait().await.map_err(|error| why(exec, &format!("failed: {error}")))?;
    group.into_iter().for_each(Group::finished);
    if !status.success() {
        return Err(why(exec, &format!("failed: {status}")));
    }
    String::from_utf8(said).map_err(|_| why(exec, "answered nothing usable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ran(exec: Value) -> Result<Value, String> {
        let mut config = kube::Config::new("https://127.0.0.1:1".parse().unwrap());
        config.auth_info = serde_json::from_value(json!({ "exec": exec })).unwrap();
        match run(&mut config, true).await {
            Ok(()) => Ok(serde_json::to_value(&config.auth_info).unwrap()),
            Err(Why::Credentials { detail }) => Err(detail),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn says(words: &str) -> Value {
        let script = format!("echo '{words}'");
        json!({ "apiVersion": VERSIONS[0], "command": "sh", "args": ["-c", script], "interactiveMode": "Never" })
    }

    #[tokio::test]
    async fn a_plugin_that_fails_is_named_and_not_shown() {
        let plugin = |command: &str| {
            json!({"apiVersion": VERSIONS[0], "command": command, "args": ["c4n4ry"], "interactiveMode": "Never",
                "env": [{"name": "A", "value": "c4n4ry"}]})
        };
        for (exec, wanted) in [
            (plugin("netpath-no-such-plugin"), "netpath-no-such-plugin could not be started"),
            #[cfg(unix)]
            (plugin("false"), "false failed: exit status: 1"),
            #[cfg(unix)]
            (plugin("echo"), "echo answered nothing usable"),
            (json!({"command": "true"}), "speaks a version"),
        ] {
            let detail = ran(exec).await.unwrap_err();
            assert!(detail.contains(wanted), "{detail}");
            assert!(!detail.contains("c4n4ry"), "{detail}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_a_plugin_says_takes_its_place() {
        let status = |version: &str, status: &str| {
            says(&format!(r#"{{"apiVersion": "{version}", "kind": "ExecCredential", "status": {status}}}"#))
        };
        assert_eq!(ran(status(VERSIONS[0], r#"{"token": "t"}"#)).await, Ok(json!({ "token": "t" })));
        let both = status(VERSIONS[0], r#"{"clientCertificateData": "c", "clientKeyData": "k"}"#);
        assert_eq!(ran(both).await, Ok(json!({ "client-certificate-data": "Yw==", "client-key-data": "aw==" })));
        for (exec, wanted) in [
            (status(VERSIONS[0], r#"{"clientCertificateData": "c"}"#), "nothing usable"),
            (status(VERSIONS[0], r#"{"token": ""}"#), "nothing usable"),
            (status(VERSIONS[1], r#"{"token": "t"}"#), "another version"),
            (says(r#"{"status": {"token": "t"}}"#), "nothing usable"),
        ] {
            let detail = ran(exec).await.unwrap_err();
            assert!(detail.contains(wanted), "{detail}");
        }
    }
}
