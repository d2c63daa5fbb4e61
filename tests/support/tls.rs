//! Certificates, made anew for every server.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What the keys are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// P-256, made anew every time: what k3s has.
    P256,
    /// RSA with 2048 bits, as kubeadm, kind and minikube make them. No library here makes
    /// one, so it is always the same; nothing is protected by it.
    Rsa,
}

impl Keys {
    fn make(self) -> KeyPair {
        match self {
            Self::P256 => KeyPair::generate().expect("a key"),
            Self::Rsa => KeyPair::from_pem(include_str!("rsa.pem")).expect("the key in the file"),
        }
    }
}

fn authority(keys: Keys) -> Authority {
    let key = keys.make();
    let mut params = CertificateParams::new(Vec::new()).expect("no names, no error");
    params.distinguished_name.push(DnType::CommonName, "kubernetes");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let pem = params.self_signed(&key).expect("a CA certificate").pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

/// What a server shows and what its kubeconfig trusts.
pub(super) struct Identity {
    /// The CA of the kubeconfig.
    pub ca_pem: String,
    /// The server's side of TLS.
    pub config: Arc<ServerConfig>,
}

/// How a certificate is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    /// By the CA that the kubeconfig trusts.
    Well,
    /// By another CA.
    ByStranger,
    /// By the right one, and it has ended since.
    Once,
}

/// Makes a server certificate.
pub(super) fn identity(names: &[&str], signed: Signed, keys: Keys, protocols: &[&str]) -> Identity {
    let trusted = authority(keys);
    let other = (signed == Signed::ByStranger).then(|| authority(keys));
    let issuer = &other.as_ref().unwrap_or(&trusted).issuer;
    let key = keys.make();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("valid names");
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    if signed == Signed::Once {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let certificate = params.signed_by(&key, issuer).expect("a server certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("certificate and key fit");
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Identity { ca_pem: trusted.pem, config: Arc::new(config) }
}
