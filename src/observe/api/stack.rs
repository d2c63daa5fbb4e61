//! From a request to the wire: headers, HTTP, TLS, a proxy, TCP.
//!
//! Not kube's stack, which speaks HTTP/1.1 only, repeats what fails, runs a credential
//! plugin twice, and brings regular expressions and JSON paths along for the sake of a
//! plugin that kubectl itself dropped (kube-client 5.0.0 `client/builder.rs`,
//! `client/auth/mod.rs`): more than half a megabyte of the binary.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Response, Uri};
use http_body_util::Limited;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, ConfigExt};
use kube::config::AuthInfo;
use percent_encoding::percent_decode_str;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time;
use tower::util::MapFuture;
use tower::{BoxError, Service, ServiceBuilder};

use super::super::resolve::look_up;
use super::error::{Lacking, shown};
use crate::ask::Why;

/// What may be spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speak {
    /// HTTP/2 where the server has it: one connection for everything.
    Any,
    /// HTTP/1.1, for upgrades: HTTP/2 has none.
    Http1,
}

/// More than any sentence with which a stream is refused. kube reads it to its end (kube-client
/// 5.0.0 `client/mod.rs`, `handle_api_errors`), and a server gone mad has none.
const REFUSAL: usize = 64 * 1024;

/// A client, with one time limit on TCP, the proxy and TLS together. Nothing is sent yet.
pub(super) fn client(config: &kube::Config, trust: &rustls::ClientConfig, speak: Speak) -> Result<kube::Client, Why> {
    let mut tcp = Tcp::new_with_resolver(Lookup);
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    // Shared out among the addresses of a name, so that a dead one does not take it all.
    tcp.set_connect_timeout(config.connect_timeout);
    let road = Road::new(tcp, config.proxy_url.as_ref(), trust)?;
    let secure = HttpsConnectorBuilder::new().with_tls_config(trust.clone()).https_or_http();
    let secure = match &config.tls_server_name {
        None => secure,
        Some(name) => {
            let name = ServerName::try_from(name.clone());
            let name = name.map_err(|_| Why::Certificate { detail: "the TLS server name is not a DNS name".into() })?;
            secure.with_server_name_resolver(FixedServerNameResolver::new(name))
        }
    };
    let secure = match speak {
        Speak::Any => secure.enable_all_versions().wrap_connector(road),
        Speak::Http1 => secure.enable_http1().wrap_connector(road),
    };
    let limit = config.connect_timeout;
    let connector = MapFuture::new(secure, move |connecting| {
        Box::pin(async move {
            match limit {
                Some(limit) => {
                    time::timeout(limit, connecting).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
                }
                None => connecting.await,
            }
        })
    });
    let client: legacy::Client<_, Body> = legacy::Client::builder(TokioExecutor::new()).build(connector);
    let headers = headers(config)?;
    // Whoever reads an answer of the other kind has a bound of its own.
    let most = if speak == Speak::Http1 { REFUSAL } else { usize::MAX };
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(headers)
        .map_response(move |response: Response<_>| response.map(|body| Limited::new(body, most)))
        .map_err(BoxError::from)
        .service(client);
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}

/// Who asks: the headers of the configuration, the credential, the user to impersonate.
fn headers(config: &kube::Config) -> Result<kube::client::middleware::ExtraHeadersLayer, Why> {
    let mut config = config.clone();
    if let Some(value) = authorization(&config.auth_info) {
        let value = HeaderValue::from_str(&value);
        let mut value = value.map_err(|_| credentials("the credential has letters that no HTTP header may have"))?;
        value.set_sensitive(true);
        config.headers.push((AUTHORIZATION, value));
    }
    config
        .extra_headers_layer()
        .map_err(|_| credentials("a user, group, uid or extra to impersonate is no HTTP header value"))
}

fn authorization(user: &AuthInfo) -> Option<String> {
    if let Some(token) = &user.token {
        return Some(format!("Bearer {}", token.expose_secret()));
    }
    password(user).map(|sent| format!("Basic {sent}"))
}

/// Name and password as they are sent.
pub(super) fn password(user: &AuthInfo) -> Option<String> {
    // A password without a name is none (client-go `transport/config.go`, `HasBasicAuth`).
    let password = user.password.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
    user.username.as_deref().map(|name| STANDARD.encode(format!("{name}:{password}")))
}

fn credentials(detail: &str) -> Why {
    Why::Credentials { detail: detail.into() }
}

/// The system's own lookup. hyper's is the same, on a thread that had better be there: see
/// `observe/apart.rs`.
#[derive(Clone)]
struct Lookup;

impl Service<Name> for Lookup {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        // Whoever connects sets the port.
        Box::pin(async move { Ok(look_up(name.to_string()).await.map_err(Lacking)??) })
    }
}

type Tcp = HttpConnector<Lookup>;
type Secure = HttpsConnector<Tcp>;

/// The way to the server's port. One type for all: each more would be another HTTP client
/// in the binary.
#[derive(Clone)]
enum Road {
    Direct(Tcp),
    Proxy(Tunnel<Tcp>),
    SecureProxy(Tunnel<Secure>),
    Socks(SocksV5<Tcp>),
}

impl Road {
    fn new(tcp: Tcp, proxy: Option<&Uri>, trust: &rustls::ClientConfig) -> Result<Self, Why> {
        let Some(url) = proxy else { return Ok(Self::Direct(tcp)) };
        let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        let user = url.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user);
        // Go does the same (`net/http/transport.go`, `proxyAuth`).
        let header =
            user.and_then(|user| HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(decoded(user)))).ok());
        Ok(match url.scheme_str() {
            Some("socks5") => {
                let socks = SocksV5::new(url.clone(), tcp);
                let text = |part: &str| String::from_utf8_lossy(&decoded(part)).into_owned();
                match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
                    Some((name, password)) => Self::Socks(socks.with_auth(text(name), text(password))),
                    None => Self::Socks(socks),
                }
            }
            Some("https") => {
                // Trusted like the server, as Go does: one TLS configuration for both.
                let secure = HttpsConnectorBuilder::new().with_tls_config(trust.clone()).https_or_http();
                let tunnel = Tunnel::new(url.clone(), secure.enable_http1().wrap_connector(tcp));
                Self::SecureProxy(match header {
                    Some(header) => tunnel.with_auth(header),
                    None => tunnel,
                })
            }
            Some("http") => {
                let tunnel = Tunnel::new(url.clone(), tcp);
                Self::Proxy(match header {
                    Some(header) => tunnel.with_auth(header),
                    None => tunnel,
                })
            }
            _ => return Err(Why::Proxy { url: shown(url), detail: "not an http, https or socks5 URL".into() }),
        })
    }
}

impl Service<Uri> for Road {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    /// Each of them is always ready: a connection is made in the future.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        match self {
            Self::Direct(tcp) => {
                let connecting = tcp.call(server);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Self::Proxy(tunnel) => {
                let connecting = tunnel.call(server);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Self::SecureProxy(tunnel) => {
                let connecting = tunnel.call(server);
                Box::pin(async move { Ok(connecting.await?) })
            }
            Self::Socks(socks) => {
                let connecting = socks.call(server);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
        }
    }
}
