//! Names that only the kubeconfig and the cluster know. Whatever goes wrong is no
//! candidate: an error in the middle of a line helps nobody.
#![allow(clippy::disallowed_methods, reason = "the shell: reads the environment")]

use std::future;
use std::sync::Arc;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use serde_json::Value;

use super::line::Line;
use crate::ask::Raw;
use crate::cli::{Cli, Command, ConnectArgs};
use crate::observe::api::Api;
use crate::observe::connect;
use crate::observe::kubeconfig::{Loaded, load};
use crate::request::Kind;

/// How long somebody waits at a prompt, all in all.
const LIMIT: Duration = Duration::from_millis(900);

/// More than anybody reads; the rest is typed.
const PAGE: u32 = 500;

fn kubeconfig(line: &Line<'_>) -> Option<(ConnectArgs, Loaded)> {
    let root = Cli::command();
    let words = line.connection(root.find_subcommand("env")?);
    let Command::Env(arguments) = Cli::try_parse_from(words).ok()?.command else { return None };
    let connect = arguments.run.connect;
    let loaded = load(&connect.options(), &|name| std::env::var_os(name)).ok()?;
    Some((connect, loaded))
}

pub(super) fn contexts(line: &Line<'_>) -> Vec<String> {
    let view = kubeconfig(line).map(|(_, loaded)| loaded.view().contexts);
    view.into_iter().flatten().map(|context| context.name).collect()
}

pub(super) fn clusters(line: &Line<'_>) -> Vec<String> {
    let view = kubeconfig(line).map(|(_, loaded)| loaded.view().clusters);
    view.into_iter().flatten().map(|cluster| cluster.name).collect()
}

pub(super) fn users(line: &Line<'_>) -> Vec<String> {
    kubeconfig(line).map(|(_, loaded)| loaded.view().users).unwrap_or_default()
}

pub(super) fn namespaces(line: &Line<'_>) -> Vec<String> {
    names(asked(line, |_| "/api/v1/namespaces".into()))
}

/// Objects of the namespace that the line and the context say.
pub(super) fn objects(line: &Line<'_>, kind: Kind) -> Vec<String> {
    names(asked(line, |namespace| {
        let (plural, group) = kind.resource().split_once('.').unwrap_or((kind.resource(), ""));
        let root = if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{group}/v1") };
        format!("{root}/namespaces/{namespace}/{plural}")
    }))
}

fn names(list: Option<Value>) -> Vec<String> {
    let items = list.as_ref().and_then(|list| list.get("items")?.as_array()).into_iter().flatten();
    items.filter_map(|item| Some(item.pointer("/metadata/name")?.as_str()?.to_owned())).collect()
}

/// Names and numbers of a Service's ports.
pub(super) fn ports(line: &Line<'_>, service: &str) -> Vec<String> {
    let found = ask(line, |api, namespace| {
        let path = format!("/api/v1/namespaces/{namespace}/services/{service}");
        async move { api.get(&path, LIMIT).await.ok().flatten() }
    });
    let ports = found.as_ref().and_then(|object| object.pointer("/spec/ports")?.as_array()).into_iter().flatten();
    ports
        .flat_map(|port| {
            let name = port.get("name").and_then(Value::as_str).map(str::to_owned);
            let number = port.get("port").and_then(Value::as_u64).map(|number| number.to_string());
            name.into_iter().chain(number)
        })
        .collect()
}

fn asked(line: &Line<'_>, path: impl Fn(&str) -> String) -> Option<Value> {
    ask(line, |api, namespace| {
        let path = format!("{}?limit={PAGE}", path(namespace));
        async move { api.names(&path, LIMIT).await.ok().flatten() }
    })
}

/// One read, within the time limit. No credential plugin asks anything: what it would ask
/// would go into the line that is typed.
fn ask<F: future::Future<Output = Option<Raw>>>(
    line: &Line<'_>,
    read: impl FnOnce(Arc<Api>, &str) -> F,
) -> Option<Value> {
    let (arguments, loaded) = kubeconfig(line)?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let view = loaded.view();
    let context = filled(arguments.context).or(view.current_context.clone())?;
    let own = || filled(view.context(&context)?.namespace.clone());
    let namespace = filled(arguments.namespace).or_else(own).unwrap_or_else(|| "default".into());
    let runtime = crate::app::runtime().ok()?;
    let answer = runtime.block_on(async {
        tokio::time::timeout(LIMIT, async {
            let api = connect(Arc::new(loaded), context.clone(), false, LIMIT).await.ok()?;
            read(Arc::new(api), &namespace).await
        })
        .await
    });
    runtime.shutdown_background();
    match answer.ok()?? {
        Raw::Http { status: 200, body } => serde_json::from_slice(&body).ok(),
        _ => None,
    }
}
