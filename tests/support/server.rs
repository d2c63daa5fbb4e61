//! An API server in the test process: TLS, HTTP/2 and HTTP/1.1, canned answers, faults on
//! every layer, and counters.

use std::convert::Infallible;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::server::Acceptor;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::LazyConfigAcceptor;

use super::TOKEN;
use super::answers::{Answer, Canned, List, Shelf};
use super::big::Made;
use super::tls::{Identity, Keys, Signed, identity};

/// What is wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Nothing listens: the connection is refused.
    Refuse,
    /// Accepts the connection and never sends a byte.
    Hang,
    /// Accepts the connection and resets it at once.
    Reset,
    /// Finishes the TLS handshake and never sends a byte after it.
    HangAfterTls,
    /// Answers every request with this status and a `Status` object; 429 and 503 come
    /// with `Retry-After: 1`.
    Status(u16),
    /// Sends half of what `Content-Length` says, then ends the connection without
    /// another word (no `close_notify`).
    CutBody,
    /// Answers 200 with something that begins like JSON and is none.
    BadJson,
    /// Its certificate is signed by another CA than the kubeconfig trusts, of the same name:
    /// what a cluster that was made anew under an old kubeconfig shows.
    WrongCertificate,
    /// Its certificate is for other names.
    WrongName,
    /// Its certificate has ended.
    Expired,
    /// Begins the TLS handshake with half a record, and never sends the rest.
    HalfHandshake,
    /// Some other web server: 200 `hello`, whatever is asked.
    NotKubernetes,
    /// A proxy between: 200 and the page where one should log in.
    LoginPage,
    /// The same, which sends the client elsewhere.
    Redirect,
    /// An API server that does not serve the group: 404 in plain text.
    NoGroup,
    /// Answers 200 with JSON whose every field is of another type.
    WrongTypes,
    /// Answers 200 with JSON that never ends.
    Endless,
    /// Works, over HTTP/1.1 only.
    NoHttp2,
    /// Works, with certificates of RSA; those of all others are of P-256.
    Rsa,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Path and query, as sent.
    pub path: String,
    /// The method; only `GET` is answered, anything else gets 405.
    pub method: String,
    /// The protocol version.
    pub version: Version,
    /// When its headers had arrived.
    pub at: Instant,
    /// Its wave, from 1; see [`ApiServer::waves`].
    pub wave: usize,
}

/// The names in a kubeconfig.
#[derive(Debug, Clone)]
pub struct Names {
    /// The current context.
    pub context: String,
    /// Its cluster.
    pub cluster: String,
    /// Its user.
    pub user: String,
    /// Its namespace.
    pub namespace: String,
}

impl Default for Names {
    fn default() -> Self {
        Self { context: "test".into(), cluster: "test".into(), user: "test".into(), namespace: "web".into() }
    }
}

impl Names {
    /// The names that kind gives a cluster.
    pub fn kind(cluster: &str) -> Self {
        let name = format!("kind-{cluster}");
        Self { context: name.clone(), cluster: name.clone(), user: name, ..Self::default() }
    }
}

/// A running API server. It ends when it is dropped.
pub struct ApiServer {
    address: SocketAddr,
    ca_pem: String,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    // Bound and not listening: the port stays ours and refuses.
    _refusing: Option<TcpSocket>,
}

impl ApiServer {
    /// Starts a server on a free port of 127.0.0.1.
    pub fn start(fault: Fault) -> Self {
        let names: &[&str] = match fault {
            Fault::WrongName => &["elsewhere.example", "192.0.2.1"],
            _ => &["kubernetes", "localhost", "127.0.0.1"],
        };
        let signed = match fault {
            Fault::WrongCertificate => Signed::ByStranger,
            Fault::Expired => Signed::Once,
            _ => Signed::Well,
        };
        let keys = if fault == Fault::Rsa { Keys::Rsa } else { Keys::P256 };
        let protocols: &[&str] = if fault == Fault::NoHttp2 { &["http/1.1"] } else { &["h2", "http/1.1"] };
        let Identity { ca_pem, config } = identity(names, signed, keys, protocols);
        let state = Arc::new(State { fault, ..State::default() });

        if fault == Fault::Refuse {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
            let address = socket.local_addr().expect("its address");
            return Self { address, ca_pem, state, stop: None, thread: None, _refusing: Some(socket) };
        }

        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket of tokio's");
        let address = listener.local_addr().expect("its address");
        let (stop, stopped) = oneshot::channel();
        let serving = state.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, config, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, ca_pem, state, stop: Some(stop), thread: Some(thread), _refusing: None }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, as a kubeconfig names it.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The CA certificate that clients trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A kubeconfig with this server, its CA and [`TOKEN`].
    pub fn kubeconfig(&self) -> String {
        self.kubeconfig_named(&Names::default())
    }

    /// The same under other names.
    pub fn kubeconfig_named(&self, names: &Names) -> String {
        let Names { context, cluster, user, namespace } = names;
        let (url, ca) = (self.url(), STANDARD.encode(&self.ca_pem));
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: {cluster}
  cluster:
    certificate-authority-data: {ca}
    server: {url}
contexts:
- name: {context}
  context:
    cluster: {cluster}
    namespace: {namespace}
    user: {user}
current-context: {context}
users:
- name: {user}
  user:
    token: {TOKEN}
"
        )
    }

    /// Answers a path with an object. A path without a query stands for itself with any
    /// query; a path with a query stands for everything that begins with it, and goes
    /// before the path alone. What is set last counts. Everything else is 404, a `Status`
    /// with the reason `NotFound`.
    pub fn object(&self, path: &str, object: Value) {
        self.put(path, Canned::Answer(Answer::json(200, &object)));
    }

    /// Answers a path with a list of this kind (`PodList`), as the real API server does:
    /// `labelSelector` and `fieldSelector` (equality only) select, `limit` and `continue`
    /// page. It does not answer for the single objects.
    pub fn list(&self, path: &str, kind: &str, items: impl IntoIterator<Item = Value>) {
        self.put(path, Canned::List(List::new(path, kind, items.into_iter().collect())));
    }

    /// The same with objects that are made when they are asked for, after a first one. It
    /// selects nothing: a selector gets what the first one alone would give.
    pub(super) fn made(&self, path: &str, kind: &str, first: &Value, rest: Made) {
        self.put(path, Canned::List(List::new(path, kind, vec![first.clone()]).with(rest)));
    }

    /// Answers a path with a `Status` object; 429 and 503 with `Retry-After: 1`.
    pub fn status(&self, path: &str, code: u16, message: &str) {
        self.put(path, Canned::Answer(Answer::failure(code, message, json!({}))));
    }

    /// Answers a path with exactly this: what an application says through a proxy, or
    /// `404 page not found` for a group that is not served.
    pub fn raw(&self, path: &str, status: u16, content_type: &str, body: impl AsRef<[u8]>) {
        self.put(path, Canned::Answer(Answer::raw(status, content_type, body.as_ref())));
    }

    /// Breaks one path only. `Hang` never answers its requests; the faults below HTTP are
    /// for whole servers.
    pub fn fault(&self, path: &str, fault: Fault) {
        let of_requests = matches!(
            fault,
            Fault::None
                | Fault::Hang
                | Fault::Status(_)
                | Fault::CutBody
                | Fault::BadJson
                | Fault::NotKubernetes
                | Fault::LoginPage
                | Fault::Redirect
                | Fault::NoGroup
                | Fault::WrongTypes
                | Fault::Endless
        );
        assert!(of_requests, "{fault:?} is no fault of a single path");
        self.state.shelf().put_fault(path, fault);
    }

    /// Every answer waits this long.
    pub fn delay(&self, delay: Duration) {
        self.state.log().delay = delay;
    }

    /// The answers to one path wait this long instead.
    pub fn delay_of(&self, path: &str, delay: Duration) {
        self.state.shelf().put_delay(path, delay);
    }

    /// TCP connections accepted.
    pub fn tcp(&self) -> usize {
        self.state.tcp.load(Ordering::SeqCst)
    }

    /// TLS handshakes begun: ClientHellos read. One that the client breaks off counts.
    pub fn tls(&self) -> usize {
        self.state.tls.load(Ordering::SeqCst)
    }

    /// Bytes of response bodies sent.
    pub fn body_bytes(&self) -> u64 {
        self.state.body_bytes.load(Ordering::SeqCst)
    }

    /// Every request, in the order of arrival.
    pub fn requests(&self) -> Vec<Arrived> {
        self.state.log().arrived.clone()
    }

    /// Path and query of every request, in the order of arrival.
    pub fn paths(&self) -> Vec<String> {
        self.state.log().arrived.iter().map(|request| request.path.clone()).collect()
    }

    /// How many requests satisfy a condition on their path and query.
    pub fn count(&self, such: impl Fn(&str) -> bool) -> usize {
        self.state.log().arrived.iter().filter(|request| such(&request.path)).count()
    }

    /// In how many waves the requests came. The wave of a request is 1 + the highest wave
    /// of the requests whose answers were complete when it arrived, 0 without any. So a
    /// first request that opens the connection alone and the ones that follow it before
    /// its answer are one wave, and a request that needed an answer is always in a later
    /// wave than that answer.
    ///
    /// An answer counts as complete just before it is handed to the connection: there are
    /// never fewer waves than the client waited for. There may be more if an answer is
    /// faster than the client's next request of the same wave; so set
    /// [`delay`](Self::delay) (50 ms will do) in every test that counts waves.
    pub fn waves(&self) -> usize {
        self.state.log().arrived.iter().map(|request| request.wave).max().unwrap_or(0)
    }

    /// Forgets everything counted so far.
    pub fn reset_counters(&self) {
        self.state.tcp.store(0, Ordering::SeqCst);
        self.state.tls.store(0, Ordering::SeqCst);
        self.state.body_bytes.store(0, Ordering::SeqCst);
        let mut log = self.state.log();
        log.arrived.clear();
        log.answered = 0;
    }

    fn put(&self, path: &str, canned: Canned) {
        self.state.shelf().put(path, canned);
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct State {
    fault: Fault,
    shelf: Mutex<Shelf>,
    log: Mutex<Log>,
    tcp: AtomicUsize,
    tls: AtomicUsize,
    body_bytes: AtomicU64,
}

#[derive(Default)]
struct Log {
    arrived: Vec<Arrived>,
    // The highest wave that has a complete answer.
    answered: usize,
    delay: Duration,
}

impl Default for State {
    fn default() -> Self {
        Self {
            fault: Fault::None,
            shelf: Mutex::default(),
            log: Mutex::default(),
            tcp: AtomicUsize::new(0),
            tls: AtomicUsize::new(0),
            body_bytes: AtomicU64::new(0),
        }
    }
}

impl State {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().expect("no test panics in here")
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no test panics in here")
    }

    /// Files a request and tells its wave.
    fn arrive<B>(&self, request: &Request<B>) -> usize {
        let mut log = self.log();
        let wave = log.answered + 1;
        log.arrived.push(Arrived {
            path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
            method: request.method().to_string(),
            version: request.version(),
            at: Instant::now(),
            wave,
        });
        wave
    }
}

async fn accept(listener: TcpListener, config: Arc<ServerConfig>, state: Arc<State>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        state.tcp.fetch_add(1, Ordering::SeqCst);
        match state.fault {
            Fault::Hang => drop(tokio::spawn(hold(stream))),
            Fault::HalfHandshake => {
                // A handshake record of 512 bytes, of which five come.
                let _ = stream.try_write(&[22, 3, 3, 2, 0, 2, 0, 0, 0, 0]);
                drop(tokio::spawn(hold(stream)));
            }
            Fault::Reset => {
                // With no time to linger, closing is a reset.
                let _ = stream.set_zero_linger();
            }
            _ => drop(tokio::spawn(speak(stream, config.clone(), state.clone()))),
        }
    }
}

/// Keeps a connection open and says nothing.
async fn hold<T>(stream: T) {
    std::future::pending::<()>().await;
    drop(stream);
}

async fn speak(stream: TcpStream, config: Arc<ServerConfig>, state: Arc<State>) {
    let _ = stream.set_nodelay(true);
    let stream = stream.into_std().expect("a socket");
    let twin = stream.try_clone().expect("a second handle");
    let stream = TcpStream::from_std(stream).expect("a socket");
    let Ok(hello) = LazyConfigAcceptor::new(Acceptor::default(), stream).await else { return };
    state.tls.fetch_add(1, Ordering::SeqCst);
    let Ok(stream) = hello.into_stream(config).await else { return };
    if state.fault == Fault::HangAfterTls {
        return hold(stream).await;
    }
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let cut = Arc::new(Notify::new());
    let service = service_fn({
        let cut = cut.clone();
        move |request: Request<Incoming>| {
            // Here and not in the future: requests are filed in the order of arrival.
            let wave = state.arrive(&request);
            serve(request, wave, state.clone(), cut.clone())
        }
    });
    let stream = TokioIo::new(stream);
    let end = async {
        cut.notified().await;
        // What was sent so far gets out first. Only this direction ends, and what comes in
        // is still read: with unread bytes, closing would be a reset.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let _ = twin.shutdown(Shutdown::Write);
        std::future::pending::<()>().await;
    };
    if http2 {
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let connection = server.serve_connection(stream, service);
        tokio::select! { biased; _ = connection => {} () = end => {} }
    } else {
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(stream, service);
        tokio::select! { biased; _ = connection => {} () = end => {} }
    }
}

async fn serve(
    request: Request<Incoming>,
    wave: usize,
    state: Arc<State>,
    cut: Arc<Notify>,
) -> Result<Response<Content>, Infallible> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let delay = state.shelf().delay(path, query).unwrap_or_else(|| state.log().delay);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let fault = state.shelf().fault(path, query).unwrap_or(state.fault);
    let authorized =
        request.headers().get("authorization").is_some_and(|value| value == format!("Bearer {TOKEN}").as_str());
    let answer = match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Status(status) => Answer::broken(status),
        Fault::BadJson => {
            Answer::raw(200, "application/json", b"{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{")
        }
        Fault::NotKubernetes => Answer::raw(200, "text/plain; charset=utf-8", b"hello\n"),
        Fault::LoginPage => Answer::raw(200, "text/html", b"<!doctype html><title>Log in</title>\n"),
        Fault::Redirect => Answer::raw(302, "text/html", b"<a href=\"/login\">Found</a>\n"),
        Fault::NoGroup => Answer::raw(404, "text/plain; charset=utf-8", b"404 page not found\n"),
        Fault::WrongTypes => Answer::json(200, &wrong_types()),
        Fault::Endless => Answer::raw(200, "application/json", b"{\"kind\":\"List\",\"items\":["),
        _ if !authorized => Answer::failure(401, "Unauthorized", json!({})),
        _ if request.method() != Method::GET => {
            Answer::failure(405, "the test server allows nothing but GET", json!({}))
        }
        _ => acceptable(&request, state.shelf().answer(path, query)),
    };

    let mut response = Response::builder()
        .status(answer.status)
        .header("content-type", answer.content_type)
        .header("cache-control", "no-cache, private");
    if fault != Fault::Endless {
        response = response.header("content-length", answer.body.len());
    }
    if fault == Fault::Redirect {
        // Followed, it would be counted as one more request.
        response = response.header("location", "/login");
    }
    if answer.retry_after {
        response = response.header("retry-after", "1");
    }
    let whole = Bytes::from(answer.body);
    let content = match fault {
        Fault::CutBody => Content { data: Some(whole.slice(..whole.len() / 2)), then: Then::Cut(cut) },
        Fault::Endless => Content { data: Some(whole), then: Then::More(state.clone()) },
        _ => Content { data: Some(whole), then: Then::End },
    };
    state.body_bytes.fetch_add(content.data.as_ref().map_or(0, |data| data.len() as u64), Ordering::SeqCst);
    let mut log = state.log();
    log.answered = log.answered.max(wave);
    Ok(response.body(content).expect("a response"))
}

/// The real API server slims a list to `PartialObjectMetadataList` and one object to
/// `PartialObjectMetadata`, and answers 406 to the other way round.
fn acceptable(request: &Request<Incoming>, answer: Answer) -> Answer {
    let accept = request.headers().get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((_, wanted)) = accept.split_once("as=PartialObjectMetadata") else { return answer };
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let list = said["items"].is_array();
    if answer.status == 200 && list != wanted.starts_with("List") {
        return Answer::failure(406, "only the following media types are accepted: application/json", json!({}));
    }
    answer
}

/// An object and a list in one, where nothing is what it should be.
fn wrong_types() -> Value {
    json!({
        "kind": 1, "apiVersion": [], "metadata": "web", "spec": [], "status": 7, "items": { "a": 1 },
        "endpoints": true, "ports": "80", "addressType": {}, "webhooks": null,
    })
}

/// A body in one piece, and what comes after it.
struct Content {
    data: Option<Bytes>,
    then: Then,
}

/// What comes after the first piece of a body.
enum Then {
    /// Nothing.
    End,
    /// The end of the connection, before the end of the body.
    Cut(Arc<Notify>),
    /// More of it, for ever; counted where the other bytes are.
    More(Arc<State>),
}

/// One more piece of a body without an end.
const PIECE: &[u8] = &[b' '; 16_384];

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &self.then {
            Then::Cut(cut) => {
                cut.notify_one();
                Poll::Pending
            }
            Then::More(state) => {
                state.body_bytes.fetch_add(PIECE.len() as u64, Ordering::SeqCst);
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PIECE)))))
            }
            Then::End => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && matches!(self.then, Then::End)
    }
}
