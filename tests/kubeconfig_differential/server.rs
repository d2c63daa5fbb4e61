//! An API server that files how it was asked: over which scheme, under which name, with
//! which credential, for whom, and through which proxy. It is the proxy, too.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::server::Acceptor;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::LazyConfigAcceptor;

use super::identity::Identities;

/// A server on a free port of 127.0.0.1.
pub struct Server {
    address: SocketAddr,
    /// Who it is, and whom it knows.
    pub identities: Arc<Identities>,
    seen: Arc<Mutex<Vec<String>>>,
}

/// What is known of a request before its first byte.
#[derive(Clone, Default)]
struct Way {
    scheme: &'static str,
    /// The name that TLS was asked for; an address has none.
    name: Option<String>,
    certificate: Option<String>,
    proxy: Option<String>,
}

impl Server {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket of tokio's");
        let address = listener.local_addr().expect("its address");
        let (identities, seen) = (Arc::new(Identities::make()), Arc::new(Mutex::new(Vec::new())));
        let (who, log) = (identities.clone(), seen.clone());
        // It ends with the process.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(meet(stream, who.clone(), log.clone()));
                }
            });
        });
        Self { address, identities, seen }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How the Service `web` was asked for since the last call; `None` if it was not.
    pub fn asked(&self) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *seen).into_iter().next_back()
    }
}

/// Looks at the first byte to tell TLS, SOCKS and HTTP apart.
async fn meet(mut stream: TcpStream, who: Arc<Identities>, log: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut way = Way { scheme: "http", ..Way::default() };
    let mut first = [0; 8];
    let mut seen = stream.peek(&mut first).await.ok()?;
    if first[0] == 5 {
        way.proxy = Some(format!("socks5 {}", socks(&mut stream).await?));
        seen = stream.peek(&mut first).await.ok()?;
    } else if first[..seen].starts_with(b"CONNECT") {
        way.proxy = Some(connect(&mut stream).await?);
        seen = stream.peek(&mut first).await.ok()?;
    }
    if seen == 0 || first[0] != 0x16 {
        serve(stream, way, log, false).await;
        return Some(());
    }
    way.scheme = "https";
    let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await.ok()?;
    way.name = hello.client_hello().server_name().map(Into::into);
    let stream = hello.into_stream(who.server.clone()).await.ok()?;
    let shown = stream.get_ref().1.peer_certificates().and_then(|all| all.first());
    way.certificate = shown.map(|der| who.name_of(der).to_owned());
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    serve(stream, way, log, http2).await;
    Some(())
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    way: Way,
    log: Arc<Mutex<Vec<String>>>,
    http2: bool,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let said = said(&request, &way);
        if request.uri().path().ends_with("/services/web") {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(said);
        }
        let body = answer(request.uri().path());
        let status = if body["kind"] == "Status" { 404 } else { 200 };
        let response = Response::builder().status(status).header("content-type", "application/json");
        let response = response.body(Full::new(Bytes::from(body.to_string())));
        async move { response }
    });
    let stream = TokioIo::new(stream);
    if http2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(stream, service).await;
    }
}

/// One line for all that a client decided.
fn said(request: &Request<Incoming>, way: &Way) -> String {
    let path = request.uri().path();
    let (prefix, rest) = path.split_once("/api/v1/namespaces/").unwrap_or((path, ""));
    let namespace = rest.strip_suffix("/services/web").unwrap_or(rest);
    let mut words = vec![format!("{} {namespace}", way.scheme)];
    let mut add = |what: &str, value: Option<String>| words.extend(value.map(|value| format!("{what}={value}")));
    add("prefix", (!prefix.is_empty()).then(|| prefix.to_owned()));
    // kubectl tells the server of --request-timeout; netpath keeps time itself.
    add("query", request.uri().query().filter(|query| !query.starts_with("timeout=")).map(Into::into));
    add("name", way.name.clone());
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    add("auth", header("authorization").map(|value| plain(&value)));
    add("cert", way.certificate.clone());
    for (name, value) in sorted(request) {
        add(&name, Some(value));
    }
    add("via", way.proxy.clone());
    // A plain request to a proxy names the server in its first line.
    add("via", request.uri().host().filter(|_| way.name.is_none() && way.scheme == "http").map(Into::into));
    words.join(" ")
}

fn sorted(request: &Request<Incoming>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            let what = name.as_str().strip_prefix("impersonate-")?;
            Some((format!("as-{what}"), value.to_str().ok()?.to_owned()))
        })
        .collect();
    found.sort();
    found
}

/// `Basic` in words.
fn plain(value: &str) -> String {
    let decoded = value.strip_prefix("Basic ").and_then(|rest| STANDARD.decode(rest).ok());
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| value.replace("Bearer ", ""))
}

/// As much as kubectl needs to find out what a Service is, and the Service `web` in every
/// namespace.
fn answer(path: &str) -> Value {
    if path.ends_with("/services/web") {
        return json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"type": "ClusterIP", "ports": [{"port": 80}]}});
    }
    if path.ends_with("/api") {
        return json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []});
    }
    if path.ends_with("/apis") {
        return json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []});
    }
    if path.ends_with("/api/v1") {
        return json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [{"name": "services",
            "singularName": "service", "namespaced": true, "kind": "Service", "verbs": ["get", "list"],
            "shortNames": ["svc"]}]});
    }
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})
}

/// The proxy's half of `CONNECT`: where to, and as whom.
async fn connect(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    let head = String::from_utf8(head).ok()?;
    let host = head.split(' ').nth(1)?.split(':').next()?.to_owned();
    let user = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| format!("{}@", plain(value)))
    });
    Some(format!("http {}{host}", user.unwrap_or_default()))
}

/// The server's half of SOCKS5 without a password (RFC 1928): where to.
async fn socks(stream: &mut TcpStream) -> Option<String> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.ok()?;
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods).await.ok()?;
    stream.write_all(&[5, 0]).await.ok()?;
    let mut request = [0; 4];
    stream.read_exact(&mut request).await.ok()?;
    let length = match request[3] {
        1 => 4,
        3 => usize::from(stream.read_u8().await.ok()?),
        _ => 16,
    };
    let mut host = vec![0; length];
    stream.read_exact(&mut host).await.ok()?;
    stream.read_u16().await.ok()?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await.ok()?;
    Some(if request[3] == 3 { String::from_utf8(host).ok()? } else { format!("{host:?}") })
}
