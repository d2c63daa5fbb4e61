//! Probes from this computer: connect, say something, classify what comes back.
//!
//! What was seen behind docker-proxy, which accepts first and dials then: "refused" never
//! means a fault inside the cluster, and an accepted connection that ends without a byte
//! means that nothing behind it answered, whether it ends by close or by reset.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

mod tls;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ask::{Probe, Speak, Why};
use crate::fact::live::Outcome;
use crate::observe::lack;

/// Time limit of a whole probe. Above one second, so that one lost SYN is sent again.
const LIMIT: Duration = Duration::from_secs(2);

/// Sends one probe.
///
/// # Errors
///
/// This process may open no more files: nothing was sent, and nothing was seen.
pub async fn send(probe: &Probe) -> Result<Outcome, Why> {
    let start = Instant::now();
    let stream = match timeout(LIMIT, TcpStream::connect(probe.to)).await {
        Err(_) => return Ok(Outcome::TimedOut),
        Ok(Err(error)) if lack::is_own(&error) => return Err(lack::not_started("a probe", &error)),
        Ok(Err(error)) => return Ok(not_connected(&error)),
        Ok(Ok(stream)) => stream,
    };
    let rest = LIMIT.saturating_sub(start.elapsed());
    Ok(match timeout(rest, exchange(stream, probe)).await {
        Err(_) => Outcome::Silent,
        Ok(Ok(bytes)) if bytes.is_empty() => Outcome::Eof,
        Ok(Ok(bytes)) => {
            let ms = u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX);
            let tls = probe.speak == Speak::Https || speaks_tls(&bytes);
            Outcome::Response { status: status(&bytes), tls, ms }
        }
        Ok(Err(error)) => match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Outcome::Reset,
            // The handshake was cut short.
            ErrorKind::UnexpectedEof => Outcome::Eof,
            _ => Outcome::Unreachable { detail: error.to_string() },
        },
    })
}

fn not_connected(error: &std::io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        ErrorKind::TimedOut => Outcome::TimedOut,
        ErrorKind::ConnectionReset => Outcome::Reset,
        _ => Outcome::Unreachable { detail: error.to_string() },
    }
}

/// Sends the request and returns the first bytes of the answer.
async fn exchange(stream: TcpStream, probe: &Probe) -> std::io::Result<Vec<u8>> {
    match probe.speak {
        Speak::Http => converse(stream, &get(probe)).await,
        Speak::Tls => converse(stream, &client_hello()).await,
        Speak::Https => {
            let host = probe.page.as_ref().and_then(|page| page.host.clone());
            let stream = tls::connect(stream, host, probe.to.ip()).await?;
            converse(stream, &get(probe)).await
        }
    }
}

/// The request of a browser, in the little that decides who answers.
fn get(probe: &Probe) -> Vec<u8> {
    let (host, path) = match &probe.page {
        Some(page) => (page.host.clone(), page.path.as_str()),
        None => (None, "/"),
    };
    // Both come from an object of the cluster: a line break in them would be a request of
    // its own.
    let host: String = host.unwrap_or_else(|| probe.to.to_string()).chars().filter(char::is_ascii_graphic).collect();
    let path: String = path
        .bytes()
        .map(|byte| match byte {
            b'!'..=b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: kubectl-netpath/{version}\r\n\
         Accept: */*\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, request: &[u8]) -> std::io::Result<Vec<u8>> {
    // A write can fail because the answer (a reset) is already there: reading tells.
    let written = stream.write_all(request).await;
    let mut bytes = vec![0; 1024];
    let read = stream.read(&mut bytes).await?;
    bytes.truncate(read);
    if bytes.is_empty() {
        written?;
    }
    Ok(bytes)
}

/// The HTTP status, if the bytes are the start of an HTTP answer.
pub(crate) fn status(bytes: &[u8]) -> Option<u16> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1"))?;
    words.next()?.parse().ok()
}

/// Whether TLS was spoken: a handshake or alert record, or the words in which common
/// servers answer plain HTTP on a TLS port (Go's net/http, nginx).
pub(crate) fn speaks_tls(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    matches!(bytes, [0x15 | 0x16, 0x03, ..])
        || text.contains("HTTP request to an HTTPS server")
        || text.contains("plain HTTP request was sent to HTTPS port")
}

/// The first message of a TLS handshake. Nothing is verified and nothing is finished: any
/// answer to it proves that somebody speaks.
fn client_hello() -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let hello = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()
        .map(|builder| builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        .and_then(|config| rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().ok()?).ok())
        .and_then(|mut connection| {
            let mut bytes = Vec::new();
            connection.write_tls(&mut bytes).ok()?;
            Some(bytes)
        });
    hello.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use tokio::net::TcpListener;

    fn on_runtime<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    async fn probe(to: SocketAddr, speak: Speak) -> Outcome {
        send(&Probe { to, speak, page: None }).await.unwrap()
    }

    /// Serves one connection with a function.
    async fn serving<F, R>(with: F) -> SocketAddr
    where
        F: FnOnce(TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            with(stream).await;
        });
        to
    }

    #[test]
    fn what_comes_back_is_classified() {
        on_runtime(async {
            let to = serving(|mut stream| async move {
                let mut request = [0; 256];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
            })
            .await;
            assert!(matches!(probe(to, Speak::Http).await, Outcome::Response { status: Some(404), tls: false, .. }));

            let to = serving(|mut stream| async move {
                let mut request = [0; 256];
                let _ = stream.read(&mut request).await;
            })
            .await;
            assert!(probe(to, Speak::Http).await.is_closed());

            let to = serving(|stream| async move {
                tokio::time::sleep(Duration::from_secs(5)).await;
                drop(stream);
            })
            .await;
            assert_eq!(probe(to, Speak::Http).await, Outcome::Silent);

            let to = serving(|mut stream| async move {
                let _ = stream.write_all(b"+OK ready\r\n").await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            })
            .await;
            assert!(matches!(probe(to, Speak::Http).await, Outcome::Response { status: None, .. }));
        });
    }

    #[test]
    fn a_port_that_nobody_has_is_refused() {
        on_runtime(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let to = listener.local_addr().unwrap();
            drop(listener);
            assert_eq!(probe(to, Speak::Http).await, Outcome::Refused);
        });
    }

    #[test]
    fn a_page_cannot_break_out_of_the_request_line() {
        let page = crate::ask::Page { host: Some("a\r\nX: 1".into()), path: "/a b\r\n\r\nGET /x".into() };
        let to = "127.0.0.1:80".parse().unwrap();
        let request = String::from_utf8(get(&Probe { to, speak: Speak::Http, page: Some(page) })).unwrap();
        assert!(
            request.starts_with("GET /a%20b%0D%0A%0D%0AGET%20/x HTTP/1.1\r\nHost: aX:1\r\nUser-Agent"),
            "{request}"
        );
    }

    #[test]
    fn the_first_words_of_tls_are_a_handshake_record() {
        let hello = client_hello();
        assert_eq!(hello[..2], [0x16, 0x03]);
    }

    #[test]
    fn tls_is_told_by_its_records_and_by_the_words_of_servers() {
        for (bytes, tls) in [
            (&b"\x15\x03\x03\x00\x02\x02\x28"[..], true),
            (b"\x16\x03\x03", true),
            (b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", true),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", false),
            (b"", false),
        ] {
            assert_eq!(speaks_tls(bytes), tls);
        }
    }
}
