//! Port-forward streams: the one way to a listener on a Pod's loopback.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{self, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Api;
use super::stack::{self, Speak};
use crate::ask::{Observed, Raw, Why};
use crate::fact::live::Forwarded;
use crate::fact::read::encode;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// More than a kubelet says at once: it copies 32 KiB at a time (Go `io/io.go`, `copyBuffer`).
const LONGEST: usize = 64 * 1024;

/// Silence means something only after this long: a node that is busy says late that nobody
/// listens.
const LISTENED: Duration = Duration::from_secs(3);

impl Api {
    /// Opens a stream to a port inside a Pod's network namespace, sends a request and says
    /// what came back, as a [`Forwarded`].
    ///
    /// # Errors
    ///
    /// [`Why::Forbidden`], [`Why::Unauthorized`], the ways in which a connection fails,
    /// [`Why::ConnectionClosed`] and [`Why::Unreadable`] for a stream that no kubelet would
    /// end or fill like this, and [`Why::TimedOut`] when there was no stream, or hardly one,
    /// within `limit`.
    pub async fn forward(&self, namespace: &str, pod: &str, port: u16, limit: Duration) -> Observed {
        if let Some(Err(why)) = &*self.door.lock().await {
            return Err(why.clone());
        }
        let deadline = Instant::now() + limit;
        let open = || async { stack::client(&self.config, &self.trust, Speak::Http1) };
        let client = self.streams.get_or_try_init(open).await?;
        let (namespace, pod) = (encode(namespace), encode(pod));
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}");
        let request = Request::get(path).body(Vec::new());
        let request = request.map_err(|_| Why::Unreadable { detail: "the question is not a path".into() })?;
        let forwarded = match time::timeout_at(deadline, client.connect(request)).await {
            Ok(Ok(connection)) => listen(connection.into_stream().into_inner(), port, deadline, LISTENED).await?,
            Ok(Err(error)) => self.refused(&error)?,
            Err(_) => return Err(Why::TimedOut),
        };
        let forwarded = match forwarded {
            Forwarded::Error { detail } => Forwarded::Error { detail: self.said(&detail) },
            other => other,
        };
        let value = serde_json::to_value(forwarded).map_err(|error| Why::Unreadable { detail: error.to_string() })?;
        Ok(Some(Raw::Value(value)))
    }

    /// What the API server says instead of a stream.
    fn refused(&self, error: &kube::Error) -> Result<Forwarded, Why> {
        match error {
            kube::Error::Api(status) => match status.code {
                401 => Err(Why::Unauthorized),
                403 => Err(Why::Forbidden { detail: self.said(&status.message) }),
                429 => Err(Why::ServerError { status: 429, detail: self.said(&status.message) }),
                _ => Ok(Forwarded::Error { detail: status.message.clone() }),
            },
            kube::Error::UpgradeConnection(error) => Ok(Forwarded::Error { detail: error.to_string() }),
            other => Err(self.peer.why_not(other)),
        }
    }
}

/// A stream that is open and silent has somebody at its end, if it is so for long enough.
async fn listen(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    port: u16,
    deadline: Instant,
    listened: Duration,
) -> Result<Forwarded, Why> {
    // kube's own would take messages of 64 MiB, and its `Portforwarder` swallows the ports
    // that are named and ends a stream that was cut like one that was closed (kube-client
    // 5.0.0 `api/portforward.rs`, `forwarder_loop`).
    let bounds = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
    let mut stream = WebSocketStream::from_raw_socket(stream, Role::Client, Some(bounds)).await;
    let mut asked = None;
    let heard = time::timeout_at(deadline, hear(&mut stream, port, &mut asked)).await;
    heard.unwrap_or_else(|_| match asked {
        Some(asked) if Instant::now() - asked >= listened => Ok(Forwarded::Silent),
        _ => Err(Why::TimedOut),
    })
}

/// Before a kubelet dials it names the port on both channels, that of the data and that of
/// the error (kubernetes `pkg/kubelet/cri/streaming/portforward/websocket.go`; containerd and
/// CRI-O use it too). Whoever has not, is none. A text on the second channel goes before the
/// end of the stream, and that is a frame of its own: all others are cut.
async fn hear(
    stream: &mut WebSocketStream<impl AsyncRead + AsyncWrite + Unpin>,
    port: u16,
    asked: &mut Option<Instant>,
) -> Result<Forwarded, Why> {
    let mut named = [false; 2];
    while let Some(message) = stream.next().await {
        let bytes = match message.map_err(|error| broken(&error))? {
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) if asked.is_some() => return Ok(Forwarded::Closed),
            Message::Close(_) => break,
            Message::Text(_) | Message::Frame(_) => return Err(odd()),
        };
        let (channel, said) = bytes.split_first().ok_or_else(odd)?;
        let named_here = named.get_mut(usize::from(*channel)).ok_or_else(odd)?;
        if !*named_here {
            *named_here = said == port.to_le_bytes();
            if !*named_here {
                return Err(odd());
            }
            if named == [true, true] {
                let request = Message::binary([&[0], REQUEST].concat());
                stream.send(request).await.map_err(|error| broken(&error))?;
                *asked = Some(Instant::now());
            }
        } else if asked.is_none() {
            return Err(odd());
        } else if !said.is_empty() {
            let text = || worded(&String::from_utf8_lossy(said), port);
            return Ok(if *channel == 0 { Forwarded::Response } else { text() });
        }
    }
    Err(cut())
}

fn broken(error: &Error) -> Why {
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => cut(),
        _ => odd(),
    }
}

fn odd() -> Why {
    Why::Unreadable { detail: "the port-forward's stream is none of a kubelet's".into() }
}

fn cut() -> Why {
    Why::ConnectionClosed { detail: "the port-forward's stream was cut".into() }
}

/// Nobody listens in the Pod when it is its own port that refused: containerd says
/// `dial tcp4 127.0.0.1:9: connect: connection refused`, socat
/// `connect(5, AF=2 127.0.0.1:9, 16): Connection refused` (kubernetes/kubectl#1169,
/// kubernetes/minikube#13176). A runtime's socket and a kubelet's port refuse in the same
/// words.
pub(in crate::observe) fn worded(text: &str, port: u16) -> Forwarded {
    let lower = text.to_ascii_lowercase();
    let refusals = lower.match_indices("connection refused").map(|(at, _)| &lower[..at]);
    if refusals.into_iter().any(|before| ends_with_own(before, port)) && !lower.contains("dialing backend") {
        return Forwarded::Refused;
    }
    Forwarded::Error { detail: text.trim().to_owned() }
}

/// Whether the last address in what stands before a refusal is the Pod's loopback and port,
/// with nothing but `: connect: ` or `, 16): ` behind it.
fn ends_with_own(before: &str, port: u16) -> bool {
    let before = before.trim_end();
    let before = before.strip_suffix("connect:").unwrap_or(before).trim_end();
    let before = before.strip_suffix(':').unwrap_or(before);
    let before = match before.strip_suffix(')').and_then(|before| before.rsplit_once(", ")) {
        Some((before, size)) if size.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => before,
    };
    let Some((host, is_port)) = before.rsplit_once(':').map(|(host, end)| (host, end == port.to_string())) else {
        return false;
    };
    let host = host.rsplit([' ', '(', '"']).next().unwrap_or(host);
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let v4 = || bare.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    let v6 = || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    is_port && (bare == "localhost" || v4() || v6())
}

#[cfg(test)]
mod tests;
