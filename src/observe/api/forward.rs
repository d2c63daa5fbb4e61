//! Port-forward streams: the one way to a listener on a Pod's loopback.

use std::pin::pin;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::select;
use tokio::time::{self, Instant};

use super::Api;
use super::stack::{self, Speak};
use crate::ask::{Observed, Raw, Why};
use crate::fact::live::Forwarded;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// The error's frame and the end of the stream race each other.
const ERROR_LAG: Duration = Duration::from_millis(300);

/// Silence means something only after this long.
const LISTENED: Duration = Duration::from_millis(500);

impl Api {
    /// Opens a stream to a port inside a Pod's network namespace, sends a request and says
    /// what came back, as a [`Forwarded`].
    ///
    /// # Errors
    ///
    /// [`Why::Forbidden`], [`Why::Unauthorized`], the ways in which a connection fails, and
    /// [`Why::TimedOut`] when there was no stream, or hardly one, within `limit`.
    pub async fn forward(&self, namespace: &str, pod: &str, port: u16, limit: Duration) -> Observed {
        if let Some(Err(why)) = &*self.door.lock().await {
            return Err(why.clone());
        }
        let deadline = Instant::now() + limit;
        let client = self.streams.get_or_try_init(|| async { stack::client(&self.config, Speak::Http1) }).await?;
        let pods = kube::Api::<Pod>::namespaced(client.clone(), namespace);
        let forwarded = match time::timeout_at(deadline, pods.portforward(pod, &[port])).await {
            Ok(Ok(mut streams)) => {
                let forwarded = match (streams.take_stream(port), streams.take_error(port)) {
                    (Some(stream), Some(error)) => listen(stream, error, deadline).await,
                    _ => Err(Why::Unreadable { detail: "the port-forward has no stream".into() }),
                };
                streams.abort();
                forwarded?
            }
            Ok(Err(error)) => self.refused(&error)?,
            Err(_) => return Err(Why::TimedOut),
        };
        let value = serde_json::to_value(forwarded).map_err(|error| Why::Unreadable { detail: error.to_string() })?;
        Ok(Some(Raw::Value(value)))
    }

    /// What the API server says instead of a stream.
    fn refused(&self, error: &kube::Error) -> Result<Forwarded, Why> {
        match error {
            kube::Error::Api(status) => match status.code {
                401 => Err(Why::Unauthorized),
                403 => Err(Why::Forbidden { detail: status.message.clone() }),
                429 => Err(Why::ServerError { status: 429, detail: status.message.clone() }),
                _ => Ok(Forwarded::Error { detail: status.message.clone() }),
            },
            kube::Error::UpgradeConnection(error) => Ok(Forwarded::Error { detail: error.to_string() }),
            other => Err(self.peer.why_not(other)),
        }
    }
}

/// `error` gives the error channel's text, or `None` when the connection has ended.
async fn listen(
    mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin,
    error: impl Future<Output = Option<String>>,
    deadline: Instant,
) -> Result<Forwarded, Why> {
    let opened = Instant::now();
    let mut error = pin!(error);
    // A stream that is closed already says so, and why, when it is read.
    let _closed = stream.write_all(REQUEST).await;
    let mut first = [0; 256];
    select! {
        biased;
        read = time::timeout_at(deadline, stream.read(&mut first)) => match read {
            Ok(Ok(count)) if count > 0 => Ok(Forwarded::Response),
            Ok(_) => {
                let said = time::timeout(ERROR_LAG, error).await;
                Ok(said.ok().flatten().map_or(Forwarded::Closed, |text| worded(&text)))
            }
            Err(_) if opened.elapsed() < LISTENED => Err(Why::TimedOut),
            Err(_) => Ok(Forwarded::Silent),
        },
        Some(text) = &mut error => Ok(worded(&text)),
    }
}

/// containerd and CRI-O say `connect: connection refused`, socat `Connection refused`
/// (kubernetes/kubectl#1169, kubernetes/minikube#13176). `error dialing backend` is about
/// the kubelet.
pub(in crate::observe) fn worded(text: &str) -> Forwarded {
    if text.to_ascii_lowercase().contains("connection refused") && !text.contains("dialing backend") {
        return Forwarded::Refused;
    }
    Forwarded::Error { detail: text.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::io::duplex;

    use super::*;

    async fn heard(
        say: &[u8],
        close: bool,
        error: impl Future<Output = Option<String>>,
        limit: Duration,
    ) -> Result<Forwarded, Why> {
        let (ours, mut theirs) = duplex(1024);
        theirs.write_all(say).await.unwrap();
        let _open = (!close).then_some(theirs);
        listen(ours, error, Instant::now() + limit).await
    }

    #[test]
    fn only_a_listener_that_is_missing_refuses() {
        for (text, refused) in [
            ("... inside namespace \"host\", IPv4: dial tcp4 127.0.0.1:9: connect: connection refused IPv6 ...", true),
            ("exit status 1: ... socat[9] E connect(5, AF=2 127.0.0.1:9, 16): Connection refused", true),
            ("unable to do port forwarding: socat not found", false),
            ("failed to find sandbox \"4f1c\" in store: not found", false),
            ("error dialing backend: dial tcp 172.18.0.2:10250: connect: connection refused", false),
        ] {
            assert_eq!(worded(text) == Forwarded::Refused, refused, "{text}");
        }
    }

    #[tokio::test]
    async fn what_the_stream_says_is_told_apart() {
        let limit = Duration::from_millis(600);
        let refused = || Some("... IPv4: dial tcp4 127.0.0.1:9: connect: connection refused IPv6 ...".to_owned());
        let other = || Some("network namespace for sandbox is closed\n".to_owned());
        let late = |text: Option<String>, millis| async move {
            time::sleep(Duration::from_millis(millis)).await;
            text
        };
        let error = Forwarded::Error { detail: "network namespace for sandbox is closed".into() };
        assert_eq!(heard(b"HTTP/1.1 200 OK", false, pending(), limit).await, Ok(Forwarded::Response));
        assert_eq!(heard(b"SSH-2.0", true, ready(other()), limit).await, Ok(Forwarded::Response));
        assert_eq!(heard(b"", false, ready(refused()), limit).await, Ok(Forwarded::Refused));
        assert_eq!(heard(b"", true, late(refused(), 200), limit).await, Ok(Forwarded::Refused));
        assert_eq!(heard(b"", true, ready(other()), limit).await, Ok(error));
        assert_eq!(heard(b"", true, ready(None), limit).await, Ok(Forwarded::Closed));
        assert_eq!(heard(b"", true, late(refused(), 900), limit).await, Ok(Forwarded::Closed));
        assert_eq!(heard(b"", false, pending(), limit).await, Ok(Forwarded::Silent));
        assert_eq!(heard(b"", false, pending(), Duration::from_millis(200)).await, Err(Why::TimedOut));
    }
}
