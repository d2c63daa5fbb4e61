//! The API server: `GET`s over one HTTP/2 connection, and port-forward streams.

mod error;
pub(in crate::observe) mod forward;
mod stack;
pub(in crate::observe) mod tls;

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response, Uri, request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_util::client::legacy::connect::{Connected, capture_connection};
use kube::client::Body;
use secrecy::ExposeSecret;
use tokio::sync::{Mutex, MutexGuard, OnceCell};
use tokio::time::{self, Instant};

use self::error::Peer;
use self::stack::Speak;
use crate::ask::{Observed, Raw, Why};
use crate::fact::said::without_owners;

/// The longest answer that is read, in bytes. It is parsed between two looks at the clock, so
/// that what it takes comes on top of every time limit.
///
/// An object: etcd takes requests of 1.5 MiB (`--max-request-bytes`), and the API server of
/// 3 MiB, because JSON is longer than what it stores (kubernetes
/// `staging/src/k8s.io/apiserver/pkg/server/config.go`, `MaxRequestBodyBytes`). As long as the
/// bound, one takes 0.05 s in a release build, its way here included (seen).
const OBJECT: usize = 4 << 20;
/// A page of a list: 500 objects ([`PAGE`](crate::fact::read::PAGE)), of 64 KiB each. Real Pods
/// that fill it take 0.35 s (seen).
const LIST: usize = 32 << 20;

/// What others get after the first request met silence: enough for a server that is only
/// slow at one thing, and no second time-out in full for one that hangs.
const SECOND_CHANCE: Duration = Duration::from_secs(1);

/// A client of one API server. It has no `Debug`: it holds credentials.
pub struct Api {
    client: kube::Client,
    config: kube::Config,
    /// Read once: a certificate may come out of a pipe.
    trust: rustls::ClientConfig,
    peer: Peer,
    /// Whether the server can be reached; `None` until the first request has shown it.
    door: Mutex<Option<Result<(), Why>>>,
    /// Whether the first request was not answered in time.
    silent: AtomicBool,
    /// Whether any request has been answered.
    heard: AtomicBool,
    /// For upgrades, which HTTP/2 does not have.
    streams: OnceCell<kube::Client>,
}

/// A shorter text is a word that an error may have of its own, and no secret.
const SECRET: usize = 6;

/// A request that got no answer.
struct Failed {
    why: Why,
    /// Whether there was no connection at all.
    connecting: bool,
}

impl Api {
    /// Builds the client; nothing is sent yet. A credential plugin is not looked at: its
    /// answer belongs in the configuration by now. Must be called within a tokio runtime; it
    /// reads the files that the configuration names.
    ///
    /// # Errors
    ///
    /// [`Why::Credentials`], [`Why::Certificate`] or [`Why::Proxy`] when what the
    /// kubeconfig names is not usable, without any secret.
    pub fn new(config: kube::Config) -> Result<Self, Why> {
        let trust = tls::config(&config)?;
        Self::trusting(config, trust)
    }

    /// The same with what was read already.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub(super) fn trusting(config: kube::Config, trust: rustls::ClientConfig) -> Result<Self, Why> {
        let client = stack::client(&config, &trust, Speak::Any)?;
        let peer = Peer::of(&config);
        Ok(Self {
            client,
            config,
            trust,
            peer,
            door: Mutex::new(None),
            silent: AtomicBool::new(false),
            heard: AtomicBool::new(false),
            streams: OnceCell::new(),
        })
    }

    /// Sends one `GET`. Any status is an answer; redirects are not followed, nothing is
    /// repeated.
    ///
    /// The first request runs alone until its connection is there and speaks HTTP/2, or else
    /// until its head is there: without, every request would open a connection of its own.
    /// When the first one finds no server, all others fail with it, at once; when it meets
    /// silence, those that come later are given a second only. `limit` does not count the
    /// time spent waiting for the first one.
    ///
    /// # Errors
    ///
    /// Why there is no answer: the ways in which a connection fails, [`Why::TimedOut`]
    /// after `limit`, [`Why::Unreadable`] for a body without end.
    pub async fn get(&self, path: &str, limit: Duration) -> Observed {
        self.whole(Request::get(path), limit).await
    }

    /// Sends one `GET` that the API server passes on to an application. Its status is what
    /// matters: of a body that is too long nothing is kept. What the API server itself says
    /// instead is a `Status`, and short.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get), but for the body.
    pub async fn passed_on(&self, path: &str, limit: Duration) -> Observed {
        let (status, body) = self.send(Request::get(path), OBJECT, limit).await?;
        Ok(Some(Raw::Http { status, body: body.unwrap_or_default() }))
    }

    /// Sends one `GET` for an object's metadata: what else the object holds stays there
    /// (content negotiation of the API server, `PartialObjectMetadata`).
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    pub async fn metadata(&self, path: &str, limit: Duration) -> Observed {
        self.partial(path, "PartialObjectMetadata", limit).await
    }

    /// The same for a list: it has a name of its own, and the API server answers 406 to the
    /// other one.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    pub async fn names(&self, path: &str, limit: Duration) -> Observed {
        self.partial(path, "PartialObjectMetadataList", limit).await
    }

    async fn partial(&self, path: &str, kind: &str, limit: Duration) -> Observed {
        let accept = format!("application/json;as={kind};g=meta.k8s.io;v=v1");
        self.whole(Request::get(path).header("Accept", accept), limit).await
    }

    async fn whole(&self, request: request::Builder, limit: Duration) -> Observed {
        let most = if request.uri_ref().is_some_and(is_list) { LIST } else { OBJECT };
        match self.send(request, most, limit).await? {
            (status, Some(body)) => Ok(Some(Raw::Http { status, body })),
            (_, None) => Err(Why::Unreadable { detail: format!("it is longer than {} MiB", most >> 20) }),
        }
    }

    /// The status, and the body unless it is longer than `most`.
    async fn send(
        &self,
        request: request::Builder,
        most: usize,
        limit: Duration,
    ) -> Result<(u16, Option<Vec<u8>>), Why> {
        let request = request.body(Body::empty());
        let request = request.map_err(|_| Why::Unreadable { detail: "the question is not a path".into() })?;
        let door = self.door.lock().await;
        let silent = self.silent.load(Ordering::Relaxed) && !self.heard.load(Ordering::Relaxed);
        let limit = if silent { limit.min(SECOND_CHANCE) } else { limit };
        let deadline = Instant::now() + limit;
        let response = match &*door {
            Some(Err(why)) => return Err(why.clone()),
            Some(Ok(())) => {
                drop(door);
                self.head(request, deadline).await
            }
            None => self.first(door, request, deadline).await,
        };
        if response.is_ok() {
            self.heard.store(true, Ordering::Relaxed);
        }
        self.body(response.map_err(|failed| failed.why)?, most, deadline).await
    }

    /// The first request: others have to wait. Dropped half-way, it leaves the door as it is,
    /// and the next one is first.
    async fn first(
        &self,
        mut door: MutexGuard<'_, Option<Result<(), Why>>>,
        mut request: Request<Body>,
        deadline: Instant,
    ) -> Result<Response<Body>, Failed> {
        let mut connection = capture_connection(&mut request);
        // Told when the client has put the connection where the next request looks for one
        // (hyper-util 0.1.21 `client/legacy/client.rs`, `try_send_request`).
        let is_shared = async {
            let connected = connection.wait_for_connection_metadata().await;
            connected.as_ref().is_some_and(Connected::is_negotiated_h2)
        };
        let mut head = pin!(self.head(request, deadline));
        let response = tokio::select! {
            biased;
            response = &mut head => {
                let failed = response.as_ref().err().filter(|failed| failed.connecting);
                *door = Some(failed.map_or(Ok(()), |failed| Err(failed.why.clone())));
                response
            }
            true = is_shared => {
                *door = Some(Ok(()));
                drop(door);
                head.await
            }
        };
        let silent = response.as_ref().is_err_and(|failed| failed.why == Why::TimedOut);
        self.silent.store(silent, Ordering::Relaxed);
        response
    }

    async fn head(&self, request: Request<Body>, deadline: Instant) -> Result<Response<Body>, Failed> {
        match time::timeout_at(deadline, self.client.send(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Failed { why: self.peer.why_not(&error), connecting: error::is_unconnected(&error) }),
            Err(_) => Err(Failed { why: Why::TimedOut, connecting: false }),
        }
    }

    /// What was sent to prove who asks, taken out of what came back.
    fn without_credentials(&self, text: &str) -> String {
        let user = &self.config.auth_info;
        let sent = user.token.iter().chain(&user.password).map(|secret| secret.expose_secret().to_owned());
        // A password is sent in one word with the name.
        let sent = sent.chain(stack::password(user)).filter(|secret| secret.len() >= SECRET);
        // JSON may write a slash and a quote with a backslash before it.
        let written = sent.flat_map(|secret| {
            let quoted = secret.replace('\\', r"\\").replace('"', r#"\""#);
            [quoted.replace('/', r"\/"), quoted, secret]
        });
        written.fold(text.to_owned(), |text, secret| text.replace(&secret, "..."))
    }

    /// A sentence of the server's, as it may be kept.
    fn said(&self, text: &str) -> String {
        without_owners(&self.without_credentials(text))
    }

    async fn body(
        &self,
        response: Response<Body>,
        most: usize,
        deadline: Instant,
    ) -> Result<(u16, Option<Vec<u8>>), Why> {
        let status = response.status().as_u16();
        let reading = Limited::new(response.into_body(), most).collect();
        match time::timeout_at(deadline, reading).await {
            Ok(Ok(body)) => {
                let body: Vec<u8> = body.to_bytes().into();
                // An error may quote the request, in a page of a proxy's or in its words.
                let text = (status >= 400).then(|| str::from_utf8(&body).ok()).flatten();
                let body = text.map(|text| self.without_credentials(text).into_bytes()).unwrap_or(body);
                Ok((status, Some(body)))
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => Ok((status, None)),
            Ok(Err(error)) => Err(self.peer.why(&*error)),
            Err(_) => Err(Why::TimedOut),
        }
    }
}

/// Whether a path asks for one page of a list.
fn is_list(path: &Uri) -> bool {
    path.query().is_some_and(|query| query.split('&').any(|field| field.starts_with("limit=")))
}

#[cfg(test)]
mod tests;
