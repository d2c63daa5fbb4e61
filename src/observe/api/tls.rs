//! TLS with an API server: whom to trust, and as whom.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::AuthInfo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::ExposeSecret;

use super::super::file::{self, portable};
use crate::ask::Why;

pub(in crate::observe) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// TLS by a kubeconfig's entry. Without a certificate authority it is the operating
/// system that knows whom to trust, as with kubectl.
pub(in crate::observe) fn config(config: &kube::Config) -> Result<ClientConfig, Why> {
    let provider = Arc::new(ring::default_provider());
    let authority = || Why::Certificate { detail: "the certificate authority is not usable".into() };
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|_| authority())?;
    let builder = if config.cluster_url.scheme_str() == Some("http") {
        // Never used: asking the system for its authorities would cost more than the request.
        builder.with_root_certificates(RootCertStore::empty())
    } else if config.accept_invalid_certs {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Unchecked(provider)))
    } else if let Some(certificates) = &config.root_cert {
        let mut trusted = RootCertStore::empty();
        for der in certificates {
            trusted.add(CertificateDer::from(der.clone())).map_err(|_| authority())?;
        }
        builder.with_root_certificates(trusted)
    } else {
        let unread = || Why::Certificate { detail: "the authorities of this computer cannot be read".into() };
        builder.with_platform_verifier().map_err(|_| unread())?
    };
    match identity(&config.auth_info)? {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|_| credentials("the client key is not usable or belongs to another certificate")),
    }
}

/// The client certificate and its key. No error shows what is in them.
fn identity(user: &AuthInfo) -> Result<Option<Identity>, Why> {
    let data = user.client_certificate_data.as_deref();
    let Some(certificate) = pem("client certificate", data, user.client_certificate.as_deref())? else {
        return Ok(None);
    };
    let data = user.client_key_data.as_ref().map(ExposeSecret::expose_secret);
    let Some(key) = pem("client key", data, user.client_key.as_deref())? else {
        return Err(credentials("the client key is missing"));
    };
    chain_and_key(&certificate, &key).map(Some)
}

/// Reads both from PEM.
pub(in crate::observe) fn chain_and_key(certificate: &[u8], key: &[u8]) -> Result<Identity, Why> {
    let unusable = || credentials("the client certificate or key is not usable PEM");
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(unusable)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| unusable())?;
    Ok((chain, key))
}

fn pem(what: &str, data: Option<&str>, file: Option<&str>) -> Result<Option<Vec<u8>>, Why> {
    if let Some(data) = data {
        let decoded = STANDARD.decode(data);
        // Its error would name a letter.
        return decoded.map(Some).map_err(|_| credentials(&format!("the {what} is not valid base64")));
    }
    let read = |path: &str| {
        file::credentials(Path::new(path))
            .map(Some)
            .map_err(|error| credentials(&format!("{what} {}: {error}", portable(path))))
    };
    file.map_or(Ok(None), read)
}

fn credentials(detail: &str) -> Why {
    Why::Credentials { detail: detail.into() }
}

/// `--insecure-skip-tls-verify`: any certificate of anybody. Who holds the key of the
/// certificate is checked all the same.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
