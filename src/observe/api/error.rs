//! Why there was no answer, from the errors of four libraries.
//!
//! kube's own text hides the cause (`ServiceError: client error (Connect)`), so the chain
//! of sources is walked down to the operating system's or the TLS library's error.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter;

use http::Uri;
use http_body_util::LengthLimitError;
use hyper_util::client::legacy;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use crate::ask::Why;
use crate::observe::{kubeconfig, lack};

/// What this computer did not give to a connection, on its way through the libraries.
#[derive(Debug, thiserror::Error)]
#[error("not started")]
pub(super) struct Lacking(pub Why);

/// Who was asked.
pub(super) struct Peer {
    host: String,
    proxy: Option<String>,
}

impl Peer {
    pub fn of(config: &kube::Config) -> Self {
        let host = config.cluster_url.host().unwrap_or_default().to_owned();
        Self { host, proxy: config.proxy_url.as_ref().map(shown) }
    }

    /// Why a request to kube's client failed. Only what it wraps is looked at: its own
    /// words would bring the printing of kubeconfigs' YAML errors into the program.
    pub fn why_not(&self, error: &kube::Error) -> Why {
        match error {
            kube::Error::Service(error) => self.why(&**error),
            kube::Error::HyperError(error) => self.why(error),
            _ => Why::ConnectionClosed { detail: "the API server's answer was not understood".into() },
        }
    }

    /// Why a request failed.
    pub fn why(&self, error: &(dyn Error + 'static)) -> Why {
        if let Some(Lacking(why)) = find::<Lacking>(error) {
            return why.clone();
        }
        if let Some(error) = find::<rustls::Error>(error) {
            return tls(error);
        }
        if find::<LengthLimitError>(error).is_some() {
            return Why::Unreadable { detail: "it is too long".into() };
        }
        if let Some(detail) = not_an_answer(error) {
            return Why::Unreadable { detail };
        }
        let detail = chain(error).last().map(ToString::to_string).unwrap_or_default();
        let cause = chain(error).filter_map(|link| link.downcast_ref::<io::Error>()).last();
        if let Some(error) = cause.filter(|error| lack::is_own(error)) {
            return lack::not_started("a connection", error);
        }
        if let Some(url) = &self.proxy
            && is_connect(error)
        {
            return Why::Proxy { url: url.clone(), detail };
        }
        // The type is private (hyper-util 0.1 `client/legacy/connect/http.rs`).
        if chain(error).any(|link| link.to_string() == "dns error") {
            return Why::NameNotResolved { host: self.host.clone() };
        }
        // h2 keeps only the text of an error that TLS 1.3 reports after the handshake.
        if detail.contains("received fatal alert") {
            return refused_certificate();
        }
        match cause.map(io::Error::kind) {
            Some(ErrorKind::ConnectionRefused) => Why::Refused,
            Some(ErrorKind::TimedOut) => Why::TimedOut,
            Some(
                ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::NetworkDown
                | ErrorKind::AddrNotAvailable
                | ErrorKind::PermissionDenied,
            ) => Why::Unreachable { detail },
            _ => Why::ConnectionClosed { detail },
        }
    }
}

/// What came where an answer should be. Whoever sends it is there and speaks: nothing that
/// runs has to be started again for it. A server that ends in good order says `NO_ERROR`
/// (RFC 9113, 7), and that is a connection that ended.
fn not_an_answer(error: &(dyn Error + 'static)) -> Option<String> {
    let reason = find::<h2::Error>(error).and_then(h2::Error::reason);
    if let Some(reason) = reason.filter(|reason| *reason != h2::Reason::NO_ERROR) {
        // Its own text has words of the server's.
        return Some(format!("HTTP/2: {}", reason.description()));
    }
    find::<hyper::Error>(error).filter(|error| error.is_parse()).map(|_| "not HTTP".into())
}

/// A proxy's URL as it was written, without what may be secret.
pub(super) fn shown(url: &Uri) -> String {
    kubeconfig::shown(&url.to_string()).trim_end_matches('/').to_owned()
}

/// Whether there was no connection at all.
fn is_connect(error: &(dyn Error + 'static)) -> bool {
    find::<legacy::Error>(error).is_some_and(legacy::Error::is_connect)
}

/// The same of an error of kube's client.
pub(super) fn is_unconnected(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Service(error) if is_connect(&**error))
}

/// An error and its causes. `source()` of an I/O error skips the error that it wraps.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|link| link.downcast_ref::<T>())
}

fn tls(error: &rustls::Error) -> Why {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown,
        UnknownCA, UnsupportedCertificate,
    };
    let detail = match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(
            AccessDenied
            | BadCertificate
            | CertificateExpired
            | CertificateRequired
            | CertificateRevoked
            | CertificateUnknown
            | UnknownCA
            | UnsupportedCertificate,
        ) => return refused_certificate(),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => "the server does not speak TLS".into(),
        other => other.to_string(),
    };
    Why::Certificate { detail }
}

fn refused_certificate() -> Why {
    Why::Credentials { detail: "the API server refused the client certificate".into() }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "the certificate is signed by an unknown authority".into(),
        // What a kubeconfig of a deleted cluster meets when the new one's authority has the
        // same name (minikube's is always minikubeCA).
        CertificateError::BadSignature => {
            "the certificate is signed by another authority of the same name: the cluster may have been created anew"
                .into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the certificate has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet: the clock here or there may be wrong".into()
        }
        CertificateError::NotValidForName => "the certificate is for other names".into(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            format!("the certificate is not for {}, but for {}", expected.to_str(), presented.join(", "))
        }
        CertificateError::Revoked => "the certificate is revoked".into(),
        other => other.to_string(),
    }
}

/// webpki writes names as `DnsName("example.com")` and `IpAddress(127.0.0.1)`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}
