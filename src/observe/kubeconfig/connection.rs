//! From the kubeconfig to what kube needs for a client.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderValue, Uri};
use kube::config::{
    AuthInfo, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode, KubeconfigError, LoadDataError,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

use super::super::file::portable;
use super::Loaded;
use super::entries::Named;
use super::proxy::without_userinfo;
use crate::ask::Why;

/// TCP and TLS with an API server that is local or near.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

impl Loaded {
    /// What a client of a context's API server needs. Reads the files that the entries
    /// name; runs no credential plugin yet.
    ///
    /// # Errors
    ///
    /// [`Why::Unreadable`] when the context, its cluster or its server's URL is not usable,
    /// [`Why::Credentials`] when the user entry or a file it names is not,
    /// [`Why::Certificate`] when the certificate authority is not, [`Why::Proxy`] when the
    /// proxy's URL is not. None of them shows a credential.
    pub fn connection(&self, context: &str) -> Result<kube::Config, Why> {
        let Some(context) = self.entries.contexts.iter().find(|entry| entry.name == context) else {
            return Err(unreadable(format!("the kubeconfig has no context \"{context}\"")));
        };
        let Some(named) = self.entries.clusters.iter().find(|cluster| cluster.name == context.cluster) else {
            return Err(unreadable(format!("the kubeconfig has no cluster \"{}\"", context.cluster)));
        };
        let user = match self.entries.users.iter().find(|user| user.name == context.user) {
            Some(user) => user.fields.clone(),
            // No user at all is allowed: `kubectl proxy` needs none.
            None if context.user.is_empty() => Some(Map::new()),
            None => return Err(credentials(format!("the kubeconfig has no user \"{}\"", context.user))),
        };
        let mut auth_info = auth_info(&context.user, user)?;
        let has_certificate = auth_info.client_certificate.is_some() || auth_info.client_certificate_data.is_some();
        let url = server_url(named, has_certificate).map_err(unreadable)?;
        let proxy_url = self.proxies.of(named, &url).map(|proxy| proxy_url(&proxy)).transpose()?;

        let cluster = cluster(named)?;
        // kube's only public way to its loading and base64 decoding of the certificate
        // authority; the same value is what a credential plugin is told.
        let mut told =
            ExecAuthCluster::try_from(&cluster).map_err(|error| Why::Certificate { detail: not_loaded(&error) })?;
        let root_cert = told.certificate_authority_data.as_deref().map(certificates).transpose()?;
        if let Some(exec) = &mut auth_info.exec {
            told.server = Some(url.to_string());
            prepare(exec, told);
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

/// The server's URL. Without a scheme it is https exactly when there is something of TLS
/// in the kubeconfig (client-go `rest/url_utils.go`, `DefaultServerURL`).
pub(super) fn server_url(cluster: &Named, has_certificate: bool) -> Result<Uri, String> {
    let server = cluster.text("server").map(str::trim).unwrap_or_default();
    if server.is_empty() {
        return Err(format!("the cluster \"{}\" has no server", cluster.name));
    }
    let tls = has_certificate
        || cluster.flag("insecure-skip-tls-verify")
        || cluster.has("certificate-authority")
        || cluster.has("certificate-authority-data");
    let url = match server.contains("://") {
        true => server.to_owned(),
        false => format!("{}://{server}", if tls { "https" } else { "http" }),
    };
    let wrong = || format!("the server of the cluster \"{}\" is not an http or https URL", cluster.name);
    let url: Uri = url.parse().map_err(|_| wrong())?;
    match url.scheme_str() {
        Some("http" | "https") if url.host().is_some_and(|host| !host.is_empty()) => Ok(url),
        _ => Err(wrong()),
    }
}

fn cluster(named: &Named) -> Result<Cluster, Why> {
    let mut fields = named.fields.clone();
    without_line_breaks(fields.as_mut(), "certificate-authority-data");
    let unusable = || unreadable(format!("the cluster \"{}\" has a field of the wrong type", named.name));
    // The error would quote the value.
    serde_json::from_value(fields.map(Value::Object).ok_or_else(unusable)?).map_err(|_| unusable())
}

fn auth_info(name: &str, mut fields: Option<Map<String, Value>>) -> Result<AuthInfo, Why> {
    for key in ["client-certificate-data", "client-key-data"] {
        without_line_breaks(fields.as_mut(), key);
    }
    let unusable = || credentials(format!("the user \"{name}\" has a field of the wrong type"));
    let mut fields = fields.ok_or_else(unusable)?;
    if !fields.contains_key("token")
        && let Some(file) = fields.get("tokenFile").and_then(Value::as_str)
    {
        // kube would send the file's last line break too (`client/auth/mod.rs`,
        // `TokenFile`); client-go trims. One run is too short for a second read.
        let token = fs::read_to_string(file).map_err(|error| credentials(format!("token file {file}: {error}")))?;
        fields.insert("token".into(), token.trim().into());
    }
    // kube panics on such a token (tower-http 0.7 `AddAuthorizationLayer::bearer`).
    let token = fields.get("token").and_then(Value::as_str);
    if token.is_some_and(|token| HeaderValue::from_str(token).is_err()) {
        return Err(credentials(format!("the token of the user \"{name}\" has letters that no HTTP header may have")));
    }
    let auth_info: AuthInfo = serde_json::from_value(Value::Object(fields)).map_err(|_| unusable())?;
    let more = auth_info.impersonate_uid.is_some()
        || auth_info.impersonate_groups.is_some()
        || auth_info.impersonate_user_extra.is_some();
    if more && auth_info.impersonate.is_none() {
        // client-go `tools/clientcmd/validation.go`.
        return Err(credentials("groups, a uid or extras to impersonate need a user to impersonate (--as)".into()));
    }
    Ok(auth_info)
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

fn prepare(exec: &mut ExecConfig, cluster: ExecAuthCluster) {
    if exec.provide_cluster_info {
        exec.cluster = Some(cluster);
    }
    // kube lets such a plugin read our standard input even when that is a pipe; client-go
    // looks for a terminal first (`plugin/pkg/client/auth/exec/exec.go`).
    let if_available = matches!(exec.interactive_mode, None | Some(ExecInteractiveMode::IfAvailable));
    if if_available && !io::stdin().is_terminal() {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
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
        _ => Err(Why::Proxy { url: without_userinfo(url), detail: "not an http, https or socks5 URL".into() }),
    }
}

/// Says what could not be loaded, without its content: a base64 error names a letter.
pub(in crate::observe) fn not_loaded(error: &KubeconfigError) -> String {
    let (what, error) = match error {
        KubeconfigError::LoadCertificateAuthority(error) => ("certificate authority", error),
        KubeconfigError::LoadClientCertificate(error) => ("client certificate", error),
        KubeconfigError::LoadClientKey(error) => ("client key", error),
        _ => return "the kubeconfig's entry is not usable".into(),
    };
    match error {
        LoadDataError::DecodeBase64(_) => format!("the {what} is not valid base64"),
        LoadDataError::ReadFile(error, path) => format!("{what} {}: {error}", portable(&path.to_string_lossy())),
        LoadDataError::NoBase64DataOrFile => format!("the {what} is missing"),
    }
}

fn unreadable(detail: String) -> Why {
    Why::Unreadable { detail }
}

fn credentials(detail: String) -> Why {
    Why::Credentials { detail }
}
