//! Outcomes of probes: from this computer, and through the API server.
//!
//! A TCP connect that succeeds proves nothing behind docker-proxy, an ssh tunnel or a
//! VM's port forwarder: each of them accepts first and dials then. So every probe sends
//! a request and classifies what comes back.

use std::net::SocketAddr;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cluster::ServicePort;
use super::read::encode;
use super::said::sentence;
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Page, Probe, Question, Raw, Speak, Why};

/// What a probe from this computer saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Bytes came back. Any HTTP status counts.
    Response {
        /// The HTTP status, if it was HTTP.
        status: Option<u16>,
        /// Whether TLS was spoken.
        tls: bool,
        /// Milliseconds from connect to the first byte.
        ms: u32,
    },
    /// Accepted, then closed without a byte.
    Eof,
    /// Accepted, then reset. Says the same as [`Outcome::Eof`]: docker's proxy resets when
    /// the request reached it before its own dial failed.
    Reset,
    /// Accepted, then nothing until the time limit.
    Silent,
    /// The connect was refused.
    Refused,
    /// The connect was not answered.
    TimedOut,
    /// No route, or the operating system would not send.
    Unreachable {
        /// The operating system's words.
        detail: String,
    },
}

impl Outcome {
    /// Whether something in front accepted and nothing behind it answered.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Eof | Self::Reset)
    }

    /// Whether a connection was accepted that nothing came back on.
    pub fn is_accepted(&self) -> bool {
        self.is_closed() || matches!(self, Self::Silent)
    }

    /// The status of an HTTP answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Response { status, .. } => *status,
            _ => None,
        }
    }

    /// Whether the application answered.
    pub fn is_response(&self) -> bool {
        matches!(self, Self::Response { .. })
    }
}

/// Decodes a value that the shell observed and slimmed by itself.
pub(super) fn decode<T: DeserializeOwned>(raw: Raw) -> Distilled<T> {
    match raw {
        Raw::Value(value) => {
            serde_json::from_value(value).map(Some).map_err(|error| Why::Unreadable { detail: error.to_string() })
        }
        _ => Err(Why::Unreadable { detail: "not an observed value".into() }),
    }
}

struct HostProbe(Probe);

impl Question for HostProbe {
    type Answer = Outcome;

    fn ask(&self) -> Ask {
        Ask::Probe(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<Outcome> {
        decode(raw)
    }
}

/// Connects from this computer and sends one request: for a page, if one is named.
pub fn probe(asking: &Asking, to: SocketAddr, speak: Speak, page: Option<&Page>) -> Seen<Rc<Outcome>> {
    asking.ask(HostProbe(Probe { to, speak, page: page.cloned() }))
}

/// What the API server's service or pod proxy brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Proxied {
    /// The application answered, whatever the status.
    Response {
        /// Its HTTP status.
        status: u16,
    },
    /// The API server reached the Pod, and what came back was not HTTP, or TLS where
    /// plain HTTP was expected: bytes came, so the Pod listens.
    NotHttp,
    /// No ready endpoint carries the port.
    NoEndpoints,
    /// Nobody listens on the Pod's address at this port.
    Refused,
    /// The Pod accepted and closed without an answer.
    Closed,
    /// No answer in time, or the packets are lost.
    TimedOut,
    /// Another error of the API server, in its own words.
    Error {
        /// The message.
        detail: String,
    },
}

impl Proxied {
    /// Whether bytes came from the application, HTTP or not.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Response { .. } | Self::NotHttp)
    }
}

/// A path through one of the API server's proxies.
struct ThroughProxy(String);

impl Question for ThroughProxy {
    type Answer = Proxied;

    fn ask(&self) -> Ask {
        Ask::Proxy(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<Proxied> {
        let Raw::Http { status, body } = raw else {
            return Err(Why::Unreadable { detail: "not an HTTP answer".into() });
        };
        read_proxied(status, &body).map(Some)
    }
}

/// Asks a Service through the API server. Proves selector, endpoints and listener; says
/// nothing about kube-proxy, node ports or the way in (S15).
pub fn through_service(asking: &Asking, namespace: &str, service: &str, port: u16, speak: Speak) -> Seen<Rc<Proxied>> {
    let (scheme, namespace, service) = (scheme(speak), encode(namespace), encode(service));
    let path = format!("/api/v1/namespaces/{namespace}/services/{scheme}{service}:{port}/proxy/");
    timed_out(asking.ask(ThroughProxy(path)))
}

/// The same for one path below the root, which may have another answer.
pub fn through_service_to(
    asking: &Asking,
    namespace: &str,
    service: &str,
    port: &ServicePort,
    path: &str,
) -> Seen<Rc<Proxied>> {
    let (scheme, namespace, service) = (scheme(port.speak()), encode(namespace), encode(service));
    let path: Vec<String> = path.trim_start_matches('/').split('/').map(encode).collect();
    let path = path.join("/");
    let port = port.port;
    let path = format!("/api/v1/namespaces/{namespace}/services/{scheme}{service}:{port}/proxy/{path}");
    timed_out(asking.ask(ThroughProxy(path)))
}

/// Asks a Pod through the API server, ready or not.
pub fn through_pod(asking: &Asking, namespace: &str, pod: &str, port: u16, speak: Speak) -> Seen<Rc<Proxied>> {
    let (scheme, namespace, pod) = (scheme(speak), encode(namespace), encode(pod));
    let path = format!("/api/v1/namespaces/{namespace}/pods/{scheme}{pod}:{port}/proxy/");
    timed_out(asking.ask(ThroughProxy(path)))
}

fn scheme(speak: Speak) -> &'static str {
    match speak {
        Speak::Http => "",
        Speak::Tls | Speak::Https => "https:",
    }
}

/// The proxies have no time limit of their own: with a silent application they wait for
/// ever (seen on Kubernetes 1.34), so our own limit is an outcome here.
fn timed_out(seen: Seen<Rc<Proxied>>) -> Seen<Rc<Proxied>> {
    match seen {
        Seen::Unavailable(Why::TimedOut) => Seen::Known(Rc::new(Proxied::TimedOut)),
        other => other,
    }
}

/// Decides who spoke: an error of the API server is a `Status` object with one of its own
/// messages; anything else is the application, 401 and 404 and 503 included.
/// Messages: kubernetes `apimachinery/pkg/util/proxy/transport.go` @0947394 and
/// `registry/core/service/storage/storage.go`; Go's `net/http`; seen on 1.34.4.
fn read_proxied(status: u16, body: &[u8]) -> Result<Proxied, Why> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Status {
        kind: String,
        #[serde(rename = "apiVersion")]
        api_version: String,
        #[serde(deserialize_with = "sentence")]
        message: String,
        reason: String,
    }
    let said: Status = serde_json::from_slice(body).unwrap_or_default();
    if said.kind != "Status" || said.api_version != "v1" || status < 400 {
        return Ok(Proxied::Response { status });
    }
    let message = said.message;
    // How the API server came to the kubelet or a tunnel, not how anything came to the Pod.
    let has = |text: &str| message.contains(text) && !message.contains("error dialing backend");
    Ok(match status {
        401 => return Err(Why::Unauthorized),
        403 => return Err(Why::Forbidden { detail: message }),
        429 => return Err(Why::ServerError { status, detail: message }),
        // Not proof that the Service is missing: without a legacy Endpoints object the
        // service proxy answers 404 for a Service that exists (seen on 1.34.4).
        404 if said.reason == "NotFound" => Proxied::Error { detail: message },
        _ if has("no endpoints available") => Proxied::NoEndpoints,
        _ if has("connection refused") => Proxied::Refused,
        _ if has("malformed HTTP") || has("server gave HTTP response") || has("does not look like a TLS handshake") => {
            Proxied::NotHttp
        }
        _ if has("EOF") || has("connection reset by peer") => Proxied::Closed,
        _ if has("i/o timeout") || has("deadline exceeded") => Proxied::TimedOut,
        _ => Proxied::Error { detail: message },
    })
}

/// What a port-forward stream into the Pod's network namespace saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Forwarded {
    /// Bytes came back.
    Response,
    /// Something listens on the Pod's loopback and sent nothing.
    Silent,
    /// Something listens on the Pod's loopback and closed without a byte.
    Closed,
    /// Nothing listens on the Pod's loopback at this port.
    Refused,
    /// The stream failed for a reason that says nothing about the port.
    Error {
        /// The message.
        detail: String,
    },
}

struct Stream {
    namespace: String,
    pod: String,
    port: u16,
}

impl Question for Stream {
    type Answer = Forwarded;

    fn ask(&self) -> Ask {
        Ask::Forward { namespace: self.namespace.clone(), pod: self.pod.clone(), port: self.port }
    }

    fn distil(&self, raw: Raw) -> Distilled<Forwarded> {
        decode(raw)
    }
}

/// Opens a port-forward stream: the one probe that tells a listener on the Pod's loopback
/// from none (seen live).
pub fn forward(asking: &Asking, namespace: &str, pod: &str, port: u16) -> Seen<Rc<Forwarded>> {
    asking.ask(Stream { namespace: namespace.into(), pod: pod.into(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(message: &str) -> Vec<u8> {
        format!(r#"{{"kind":"Status","apiVersion":"v1","reason":"ServiceUnavailable","message":{message:?}}}"#)
            .into_bytes()
    }

    #[test]
    fn the_words_of_the_api_server_are_told_apart() {
        for (message, wanted) in [
            ("no endpoints available for service \"web\"", Proxied::NoEndpoints),
            ("error trying to reach service: dial tcp 10.244.0.5:9999: connect: connection refused", Proxied::Refused),
            ("error trying to reach service: EOF", Proxied::Closed),
            ("error trying to reach service: read tcp: read: connection reset by peer", Proxied::Closed),
            ("error trying to reach service: dial tcp 10.244.0.5:80: i/o timeout", Proxied::TimedOut),
            ("net/http: HTTP/1.x transport connection broken: malformed HTTP status code \"x\"", Proxied::NotHttp),
        ] {
            assert_eq!(read_proxied(503, &status(message)).unwrap(), wanted, "{message}");
        }
    }

    #[test]
    fn an_application_may_answer_any_status() {
        for code in [200, 301, 401, 403, 404, 500, 503] {
            assert_eq!(read_proxied(code, b"no").unwrap(), Proxied::Response { status: code });
            assert_eq!(read_proxied(code, b"{\"kind\":\"Pet\"}").unwrap(), Proxied::Response { status: code });
        }
    }

    /// They say something about the way to the Pod, and nothing about the application.
    #[test]
    fn other_errors_of_the_api_server_are_quoted() {
        for (code, message) in [
            (503, "error trying to reach service: dial tcp 10.244.0.5:80: connect: no route to host"),
            (503, "error trying to reach service: dial tcp 10.244.0.5:80: connect: network is unreachable"),
            (400, "address not allowed"),
            (502, "error dialing backend: dial tcp 172.18.0.2:10250: connect: host is down"),
            (502, "error dialing backend: dial tcp 172.18.0.2:10250: connect: connection refused"),
            (503, "error dialing backend: unexpected EOF"),
            (500, "rpc error: code = Unknown desc = No agent available"),
        ] {
            assert_eq!(read_proxied(code, &status(message)).unwrap(), Proxied::Error { detail: message.into() });
        }
    }

    #[test]
    fn rbac_is_unknown_never_a_fault() {
        assert!(matches!(read_proxied(403, &status("forbidden")), Err(Why::Forbidden { .. })));
        assert!(matches!(read_proxied(429, &status("slow down")), Err(Why::ServerError { status: 429, .. })));
    }

    #[test]
    fn a_404_of_the_service_proxy_does_not_mean_missing() {
        let body = br#"{"kind":"Status","apiVersion":"v1","reason":"NotFound","message":"services \"web\" not found"}"#;
        assert!(matches!(read_proxied(404, body).unwrap(), Proxied::Error { .. }));
    }
}
