//! The kubeconfig, read as kubectl reads it.
//!
//! Not kube's loader: that one fails where kubectl works (a missing file in `KUBECONFIG`,
//! one unusable entry, a duplicate key), applies a proxy where Go applies none, and prints
//! source lines, tokens included, when a file does not parse (kube-client 5.0.0
//! `config/file_config.rs`, `config/file_loader.rs`; client-go `tools/clientcmd/loader.go`).

mod connection;
mod entries;
mod files;
mod overrides;
pub(in crate::observe) mod plugin;
mod proxy;
mod validate;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

pub(crate) use proxy::shown;

use self::entries::Entries;
use self::proxy::Proxies;
use crate::fact::kubeconfig::{Cluster, Kubeconfig, Origin};
use crate::fact::minikube::Home;
use crate::report::Refusal;

/// A value that no output may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

/// kubectl's connection flags.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--kubeconfig`: only this file.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`: instead of the current one.
    pub context: Option<String>,
    /// `--cluster`: instead of the context's.
    pub cluster: Option<String>,
    /// `--user`: instead of the context's.
    pub user: Option<String>,
    /// `--server`: URL of the API server.
    pub server: Option<String>,
    /// `--tls-server-name`: the name that the server's certificate must be for.
    pub tls_server_name: Option<String>,
    /// `--certificate-authority`: file that the server's certificate is checked with.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--token`.
    pub token: Option<Secret>,
    /// `--as`: the user to impersonate.
    pub as_user: Option<String>,
    /// `--as-group`, repeated.
    pub as_groups: Vec<String>,
    /// `--as-uid`.
    pub as_uid: Option<String>,
    /// `--as-user-extra KEY=VALUE`, repeated.
    pub as_user_extra: Vec<(String, String)>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
}

impl Options {
    /// An empty value is no value, as with kubectl's flags.
    fn without_empty(mut self) -> Self {
        let Self { context, cluster, user, server, tls_server_name, as_user, as_uid, .. } = &mut self;
        for text in [context, cluster, user, server, tls_server_name, as_user, as_uid] {
            text.take_if(|text| text.is_empty());
        }
        let Self { kubeconfig, certificate_authority, client_certificate, client_key, .. } = &mut self;
        for path in [kubeconfig, certificate_authority, client_certificate, client_key] {
            path.take_if(|path| path.as_os_str().is_empty());
        }
        self.token.take_if(|token| token.0.is_empty());
        self
    }
}

/// The merged kubeconfig, credentials included. It has no `Debug`: nothing prints it.
pub struct Loaded {
    files: Vec<PathBuf>,
    entries: Entries,
    /// By cluster, the file that holds its entry, links followed.
    homes: BTreeMap<String, String>,
    proxies: Proxies,
}

/// Reads and merges the kubeconfig files and applies the options to the context that is
/// in effect.
///
/// `env` gives the environment's variables: `KUBECONFIG`, the home directory's and the
/// proxies'.
///
/// # Errors
///
/// [`Refusal::NoKubeconfig`] when no file exists and no `--server` is given;
/// [`Refusal::Kubeconfig`] when a file cannot be read or parsed, without its content.
pub fn load(options: &Options, env: &dyn Fn(&str) -> Option<OsString>) -> Result<Loaded, Refusal> {
    let options = &options.clone().without_empty();
    let mut loaded = Loaded {
        files: Vec::new(),
        entries: Entries::default(),
        homes: BTreeMap::new(),
        proxies: Proxies::from_env(env),
    };
    let candidates = files::candidates(options.kubeconfig.as_deref(), env);
    for path in &candidates {
        let must_exist = options.kubeconfig.is_some();
        if let Some(document) = files::read(path, must_exist)? {
            let found = entries::pick(&document, path.parent());
            let home = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()).display().to_string();
            for cluster in &found.clusters {
                loaded.homes.entry(cluster.name.clone()).or_insert_with(|| home.clone());
            }
            loaded.entries.absorb(found);
            loaded.files.push(path.clone());
        }
    }
    if loaded.files.is_empty() && options.server.is_none() {
        let mut looked_for: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
        if looked_for.is_empty() {
            let listed = env("KUBECONFIG").is_some_and(|list| !list.is_empty());
            let nowhere = if listed { "KUBECONFIG, which names no file" } else { "a home directory, which is not set" };
            looked_for.push(nowhere.into());
        }
        return Err(Refusal::NoKubeconfig { looked_for });
    }
    overrides::apply(&mut loaded.entries, options);
    Ok(loaded)
}

impl Loaded {
    /// The kubeconfig without any credential.
    pub fn view(&self) -> Kubeconfig {
        let cluster = |named: &entries::Named| {
            let server = named.text("server").unwrap_or_default();
            let proxy = connection::server_url(named).ok().and_then(|url| self.proxies.of(named, &url));
            Cluster {
                name: named.name.clone(),
                server: shown(server),
                proxy: proxy.map(|url| shown(&url)),
                provider: named.fields.as_ref().and_then(entries::provider),
                origin: Origin::of(
                    cfg!(windows),
                    self.homes.get(&named.name).map(String::as_str),
                    named.text("certificate-authority").map(without_base),
                ),
            }
        };
        let certificate = |user: &entries::Named| {
            let path = super::file::portable(without_base(user.text("client-certificate")?));
            // Only where it tells whose cluster this is: any other path is nobody's business.
            Home::of_certificate(&path).map(|_| (user.name.clone(), path))
        };
        Kubeconfig {
            current_context: self.entries.current_context.clone(),
            contexts: self.entries.contexts.clone(),
            clusters: self.entries.clusters.iter().map(cluster).collect(),
            users: self.entries.users.iter().map(|user| user.name.clone()).collect(),
            certificates: self.entries.users.iter().filter_map(certificate).collect(),
        }
    }
}

/// A path of Windows in a kubeconfig that another system reads, as WSL does: it is not
/// relative to the kubeconfig's directory, whatever it looks like there.
fn without_base(path: &str) -> &str {
    let drive = |at: &usize| {
        let bytes = path.as_bytes();
        let starts = *at == 0 || bytes[at - 1] == b'/';
        starts
            && bytes[*at].is_ascii_alphabetic()
            && bytes.get(at + 1) == Some(&b':')
            && matches!(bytes.get(at + 2), Some(b'\\' | b'/'))
    };
    (0..path.len()).find(drive).map_or(path, |at| &path[at..])
}

#[cfg(test)]
mod tests;
