//! From the kubeconfig to what kube needs for a client.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::USER_AGENT;
use http::{HeaderValue, Uri};
use kube::config::{AuthInfo, Cluster, ExecAuthCluster};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

use super::super::file::{self, portable};
use super::Loaded;
use super::entries::Named;
use super::proxy::shown;
use super::validate;
use crate::ask::Why;

/// TCP and TLS with an API server that is local or near.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// What in a user's entry names a file.
const FILES: [&str; 3] = ["client-certificate", "client-key", "tokenFile"];

impl Loaded {
    /// Whether a client of a context's API server takes files: those that the entries name, or
    /// the operating system's authorities where there is TLS and they name none.
    pub fn reads_files(&self, context: &str) -> bool {
        let Some(context) = self.entries.contexts.iter().find(|entry| entry.name == context) else { return false };
        let cluster = self.entries.clusters.iter().find(|entry| entry.name == context.cluster);
        let user = self.entries.users.iter().find(|entry| entry.name == context.user);
        let Some(cluster) = cluster else { return false };
        let is_secure = server_url(cluster).is_ok_and(|url| url.scheme_str() == Some("https"));
        let trusts_system = !cluster.has("certificate-authority-data") && !cluster.flag("insecure-skip-tls-verify");
        let of_user = || user.is_some_and(|user| FILES.iter().any(|key| user.has(key)));
        cluster.has("certificate-authority") || is_secure && (trusts_system || of_user())
    }

    /// What a client of a context's API server needs. Reads the files that the entries
    /// name; runs no credential plugin yet.
    ///
    /// # Errors
    ///
    /// [`Why::Unreadable`] when the context, its cluster or its server's URL is not usable,
    /// [`Why::Credentials`] when the user entry or a file it names is not or when an entry
    /// contradicts itself,
    /// [`Why::Certificate`] when the certificate authority is not, [`Why::Proxy`] when the
    /// proxy's URL is not. None of them shows a credential.
    pub fn connection(&self, context: &str) -> Result<kube::Config, Why> {
        let Some(context) = self.entries.contexts.iter().find(|entry| entry.name == context) else {
            return Err(unreadable(format!("the kubeconfig has no context \"{context}\"")));
        };
        let Some(named) = self.entries.clusters.iter().find(|cluster| cluster.name == context.cluster) else {
            return Err(unreadable(format!("the kubeconfig has no cluster \"{}\"", context.cluster)));
        };
        validate::cluster(named)?;
        let url = server_url(named).map_err(unreadable)?;
        let user = match self.entries.users.iter().find(|user| user.name == context.user) {
            Some(user) => user.fields.clone(),
            // No user at all is allowed: `kubectl proxy` needs none.
            None if context.user.is_empty() => Some(Map::new()),
            None => return Err(credentials(format!("the kubeconfig has no user \"{}\"", context.user))),
        };
        let (url, owner) = without_owner(url).map_err(unreadable)?;
        let mut auth_info = auth_info(&context.user, user, url.scheme_str() == Some("https"))?;
        if let Some((name, password)) = owner {
            // Go's HTTP client sets the header before client-go looks whether there is one.
            auth_info.username = Some(name);
            auth_info.password = Some(password.into());
            auth_info.token = None;
            auth_info.exec = None;
        }
        let proxy_url = self.proxies.of(named, &url).map(|proxy| proxy_url(&proxy)).transpose()?;

        let cluster = cluster(named)?;
        // The same value is what a credential plugin is told. Its error would name a letter.
        let told = ExecAuthCluster::try_from(&cluster);
        let not_base64 = || Why::Certificate { detail: "the certificate authority is not valid base64".into() };
        let mut told = told.map_err(|_| not_base64())?;
        let root_cert = told.certificate_authority_data.as_deref().map(certificates).transpose()?;
        if let Some(exec) = auth_info.exec.as_mut().filter(|exec| exec.provide_cluster_info) {
            told.server = named.text("server").map(Into::into);
            exec.cluster = Some(told);
        }

        // `Config::new` reads nothing of the environment, where kube's other constructors do.
        let mut config = kube::Config::new(url);
        config.root_cert = root_cert;
        config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
        config.tls_server_name = cluster.tls_server_name;
        config.auth_info = auth_info;
        config.proxy_url = proxy_url;
        config.connect_timeout = Some(CONNECT_LIMIT);
        // It would repeat a 503 for minutes, and the API server's proxies answer 503 when
        // there are no endpoints (kube-client 5.0.0 `client/retry.rs`).
        config.default_retry = false;
        let agent = HeaderValue::from_static(concat!("kubectl-netpath/", env!("CARGO_PKG_VERSION")));
        config.headers.push((USER_AGENT, agent));
        if let Some(namespace) = &context.namespace {
            config.default_namespace.clone_from(namespace);
        }
        Ok(config)
    }
}

/// The server's URL. Without a scheme it is http, whatever else the kubeconfig says of TLS:
/// that is read only once the server is known to speak it (client-go
/// `tools/clientcmd/client_config.go`, `ClientConfig`; seen on kubectl 1.34).
pub(super) fn server_url(cluster: &Named) -> Result<Uri, String> {
    let server = cluster.text("server").unwrap_or_default();
    if server.is_empty() {
        return Err(format!("the cluster \"{}\" has no server", cluster.name));
    }
    // Requests bring a query of their own.
    let server = server.split(['?', '#']).next().unwrap_or_default();
    let url = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    let wrong = || format!("the server of the cluster \"{}\" is not an http or https URL", cluster.name);
    let url: Uri = url.parse().map_err(|_| wrong())?;
    match url.scheme_str() {
        Some("http" | "https") if url.host().is_some_and(|host| !host.is_empty()) => Ok(url),
        _ => Err(wrong()),
    }
}

/// The URL without user name and password, and those.
fn without_owner(url: Uri) -> Result<(Uri, Option<(String, String)>), String> {
    let mut parts = url.into_parts();
    let mut owner = None;
    if let Some((user, host)) = parts.authority.as_ref().and_then(|authority| authority.as_str().rsplit_once('@')) {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        owner = Some((decoded(name), decoded(password)));
        parts.authority = host.parse().ok();
    }
    let url = Uri::from_parts(parts).map_err(|_| "the cluster's server is not an http or https URL".to_owned())?;
    Ok((url, owner))
}

fn cluster(named: &Named) -> Result<Cluster, Why> {
    let mut fields = named.fields.clone();
    without_line_breaks(fields.as_mut(), "certificate-authority-data");
    let unusable = || unreadable(format!("the cluster \"{}\" has a field of the wrong type", named.name));
    // The error would quote the value.
    let cluster = serde_json::from_value(fields.map(Value::Object).ok_or_else(unusable)?);
    let mut cluster: Cluster = cluster.map_err(|_| unusable())?;
    // Here and not by kube, which reads a device to the end of the memory (kube-client 5.0.0
    // `config/file_config.rs`, `load_certificate_authority`).
    if let Some(path) = cluster.certificate_authority.take() {
        let read = file::credentials(Path::new(&path));
        let unread = |error| Why::Certificate { detail: format!("certificate authority {}: {error}", portable(&path)) };
        cluster.certificate_authority_data = Some(STANDARD.encode(read.map_err(unread)?));
    }
    Ok(cluster)
}

/// The user's entry. Over http no credential is sent, and none is looked at: only who is
/// to be impersonated (client-go `tools/clientcmd/client_config.go`, `ClientConfig`).
fn auth_info(name: &str, fields: Option<Map<String, Value>>, secure: bool) -> Result<AuthInfo, Why> {
    let unusable = || credentials(format!("the user \"{name}\" has a field of the wrong type"));
    let mut fields = fields.ok_or_else(unusable)?;
    validate::user(name, &fields)?;
    validate::settle(&mut fields);
    if !secure {
        fields.retain(|key, _| key.starts_with("as"));
    }
    for key in ["client-certificate-data", "client-key-data"] {
        without_line_breaks(Some(&mut fields), key);
    }
    if let Some(token) = provided(name, &mut fields)? {
        fields.entry("token").or_insert_with(|| token.into());
    }
    if let Some(Value::String(path)) = fields.remove("tokenFile") {
        // The file goes before the token, even one of the command line, as long as there is
        // something in it (client-go `transport/round_trippers.go`, `bearerAuthRoundTripper`;
        // seen on kubectl 1.34).
        let read = file::credentials(Path::new(&path)).map_err(|error| error.to_string());
        let read = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned()));
        match read.map(|text| text.trim().to_owned()) {
            Ok(token) if !token.is_empty() => drop(fields.insert("token".into(), token.into())),
            _ if fields.contains_key("token") => {}
            Ok(_) => return Err(credentials(format!("token file {}: it is empty", portable(&path)))),
            Err(error) => return Err(credentials(format!("token file {}: {error}", portable(&path)))),
        }
    }
    let token = fields.get("token").and_then(Value::as_str);
    if token.is_some_and(|token| HeaderValue::from_str(token).is_err()) {
        return Err(credentials(format!("the token of the user \"{name}\" has letters that no HTTP header may have")));
    }
    serde_json::from_value(Value::Object(fields)).map_err(|_| unusable())
}

/// The token of an auth-provider. Of those that kubectl once had, `oidc` is left.
fn provided(user: &str, fields: &mut Map<String, Value>) -> Result<Option<String>, Why> {
    let Some(provider) = fields.remove("auth-provider") else { return Ok(None) };
    let text = |pointer: &str| provider.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("/name") != Some("oidc") {
        return Err(credentials(format!("the auth-provider of the user \"{user}\" is one that kubectl does not have")));
    }
    match text("/config/id-token") {
        Some(token) => Ok(Some(token.to_owned())),
        None if fields.contains_key("token") || fields.contains_key("tokenFile") => Ok(None),
        None => Err(credentials(format!("the auth-provider of the user \"{user}\" has no id-token"))),
    }
}

/// Go's base64 decoder skips line breaks, kube's does not.
fn without_line_breaks(fields: Option<&mut Map<String, Value>>, key: &str) {
    if let Some(Value::String(data)) = fields.and_then(|fields| fields.get_mut(key)) {
        data.retain(|letter| !matches!(letter, '\n' | '\r'));
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, Why> {
    let unusable = || Why::Certificate { detail: "the certificate authority holds no usable certificate".into() };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(pem).map(|each| each.map(|der| der.to_vec())).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(unusable)
}

fn proxy_url(url: &str) -> Result<Uri, Why> {
    // Go resolves names at the proxy for both; kube knows the first name only.
    let known = match url.strip_prefix("socks5h://") {
        Some(rest) => format!("socks5://{rest}"),
        None => url.to_owned(),
    };
    let parsed = known.parse::<Uri>().ok().filter(|url| url.host().is_some_and(|host| !host.is_empty()));
    match parsed {
        Some(parsed) if matches!(parsed.scheme_str(), Some("http" | "https" | "socks5")) => Ok(parsed),
        _ => Err(Why::Proxy { url: shown(url), detail: "not an http, https or socks5 URL".into() }),
    }
}

fn unreadable(detail: String) -> Why {
    Why::Unreadable { detail }
}

fn credentials(detail: String) -> Why {
    Why::Credentials { detail }
}
