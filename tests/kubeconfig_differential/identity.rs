//! Certificates: the server's, two clients', and an authority that nobody knows.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};

/// The names that the server's certificate is for. The last one exists nowhere: only a
/// proxy leads there.
const NAMES: [&str; 4] = ["kubernetes", "localhost", "127.0.0.1", "api.example.invalid"];

pub struct Identities {
    pub server: Arc<ServerConfig>,
    pub ca: String,
    pub stranger: String,
    pub ann: Client,
    pub bob: Client,
}

pub struct Client {
    pub certificate: String,
    pub key: String,
    der: Vec<u8>,
}

impl Identities {
    pub fn make() -> Self {
        let (ca, issuer) = authority("kubernetes");
        let (stranger, _) = authority("stranger");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(NAMES.map(String::from).to_vec()).expect("valid names");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_client_cert_verifier(Arc::new(Anyone))
            .with_single_cert(vec![certificate.der().clone()], key);
        let mut server = server.expect("certificate and key fit");
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (ann, bob) = (client("ann", &issuer), client("bob", &issuer));
        Self { server: Arc::new(server), ca, stranger, ann, bob }
    }

    /// Whose certificate this is.
    pub fn name_of(&self, der: &CertificateDer<'_>) -> &'static str {
        match der.as_ref() {
            der if der == self.ann.der => "ann",
            der if der == self.bob.der => "bob",
            _ => "unknown",
        }
    }

    /// Puts the values in the place of their names: `{ca}` is base64, `{ca.crt}` is PEM.
    pub fn fill(&self, text: &str) -> String {
        let base64 = |pem: &str| STANDARD.encode(pem);
        [
            ("{ca}", base64(&self.ca)),
            ("{stranger}", base64(&self.stranger)),
            ("{ann}", base64(&self.ann.certificate)),
            ("{ann-key}", base64(&self.ann.key)),
            ("{bob}", base64(&self.bob.certificate)),
            ("{bob-key}", base64(&self.bob.key)),
            ("{ca.crt}", self.ca.clone()),
            ("{stranger.crt}", self.stranger.clone()),
            ("{ann.crt}", self.ann.certificate.clone()),
            ("{ann.key}", self.ann.key.clone()),
            ("{bob.crt}", self.bob.certificate.clone()),
            ("{bob.key}", self.bob.key.clone()),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no names, no error");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (pem, Issuer::new(params, key))
}

fn client(name: &str, issuer: &Issuer<'_, KeyPair>) -> Client {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no names, no error");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    Client { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
}

/// Asks for a certificate and takes any or none: what is shown is what is tested.
#[derive(Debug)]
struct Anyone;

impl ClientCertVerifier for Anyone {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
