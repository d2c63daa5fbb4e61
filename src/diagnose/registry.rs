//! The table of findings: code, slug, owner, page.
//!
//! A code is the owner's letter and three digits. It is never reused and never renamed;
//! slugs are those of the reference that describes the fault. Every code has a page in
//! `docs/explain/` (embedded here, printed by `explain CODE`), a scenario or test that
//! triggers it, and a near-miss that must not; `tests/registry.rs` checks that.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::report::Owner;

/// A finding's code, for example `V101`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub(super) &'static str);

impl Code {
    /// The code itself.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Its entry in the registry.
    pub fn entry(self) -> &'static Entry {
        REGISTRY.iter().find(|entry| entry.code == self).expect("every code is made from an entry")
    }

    /// Whose it is, by its letter.
    pub fn owner(self) -> Owner {
        match self.0.as_bytes()[0] {
            b'V' => Owner::VirtualizationLayer,
            b'K' => Owner::Kubernetes,
            b'A' => Owner::Application,
            _ => Owner::Client,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// One line of the registry.
#[derive(Debug)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// Its name: the bad pattern, in kebab case.
    pub slug: &'static str,
    /// Its page, Markdown with fixed headings.
    pub page: &'static str,
}

/// Finds an entry by code, whatever the case.
pub fn find(code: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.code.0.eq_ignore_ascii_case(code))
}

macro_rules! registry {
    ($($code:ident $slug:literal,)*) => {
        /// Every finding there is, by code.
        pub static REGISTRY: &[Entry] = &[$(Entry {
            code: Code(stringify!($code)),
            slug: $slug,
            page: include_str!(concat!("../../docs/explain/", stringify!($code), ".md")),
        },)*];

        /// The codes as constants.
        #[allow(missing_docs)]
        pub mod code {
            use super::Code;
            $(pub const $code: Code = Code(stringify!($code));)*
        }
    };
}

registry! {
    V101 "node-port-not-published",
    V102 "published-port-is-not-the-node-port",
    V103 "published-with-other-protocol",
    V104 "published-on-loopback-only",
    V105 "published-port-refuses",
    V106 "ingress-entry-unmapped",
    V107 "node-isolated",
    V108 "node-address-silent",
    V109 "proxy-stopped",
    V110 "proxy-misses-a-node",
    V112 "published-port-not-in-effect",
    V113 "published-port-taken",
    V114 "node-detached",
    V120 "port-not-brought-out",
    V121 "vm-service-not-forwarded",
    V122 "vm-forward-ignored",
    V123 "vm-plain",
    V124 "vm-address-not-forwarded",
    V125 "low-port-not-forwarded",
    V126 "vm-protocol-not-forwarded",
    V127 "vm-host-port-not-forwarded",
    V128 "vm-port-taken",
    V129 "vm-listen-failed",
    V130 "wsl-sees-no-socket",
    V131 "wsl-without-network",
    V132 "wsl-forwarding-off",
    V133 "wsl-port-not-forwarded",
    V134 "wsl-address-not-forwarded",
    V135 "wsl-hidden-from-lan",
    V136 "wsl-firewall",
    V137 "wsl-carries-tcp-only",
    V138 "wsl-another-answers",
    V139 "loopback-of-windows",
    V140 "windows-reserves-port",
    V141 "docker-in-mirrored-wsl",
    V201 "loadbalancer-pending",
    V202 "loadbalancer-stale-status",
    V203 "loadbalancer-address-unreachable",
    V204 "loadbalancer-class-unserved",
    V205 "loadbalancer-port-error",
    V206 "tunnel-port-conflict",
    V207 "tunnel-waits-for-password",
    V208 "tunnel-route-conflict",
    V209 "tunnel-starting",
    V210 "tunnel-carries-tcp-only",
    V211 "loadbalancer-container-stopped",
    V212 "loadbalancer-address-moved",
    V213 "front-provider-silent",
    V301 "node-stopped",
    V302 "node-paused",
    V303 "node-gone",
    V304 "control-plane-paused",
    V305 "profile-gone",
    V306 "machine-stopped",
    V307 "api-forward-gone",
    V308 "local-network-denied",
    V309 "product-stopped",
    V310 "product-kubernetes-off",
    V311 "engine-machine-stopped",
    V312 "engine-silent",
    V313 "api-port-of-another",
    K101 "service-missing",
    K102 "namespace-missing",
    K103 "service-port-missing",
    K104 "internal-only",
    K105 "service-externalname",
    K106 "service-headless",
    K107 "nodeport-not-allocated",
    K108 "lb-source-ranges-block",
    K109 "service-terminating",
    K110 "externalname-is-an-address",
    K111 "externalname-loop",
    K112 "manual-endpoint-protocol",
    K113 "endpoints-are-names",
    K114 "servicelb-not-ready",
    K115 "loadbalancer-no-provider",
    K116 "loadbalancer-no-node",
    K120 "no-service-selects-workload",
    K121 "target-missing",
    K201 "selector-matches-no-pods",
    K202 "workload-scaled-to-zero",
    K203 "workload-cannot-create-pods",
    K204 "endpointslice-controller-not-running",
    K205 "manual-endpoints-missing",
    K206 "named-target-port-unresolved",
    K207 "wrong-target-port",
    K208 "manual-endpoint-port-name",
    K209 "endpoints-partially-ready",
    K210 "only-terminating-endpoints",
    K211 "pod-unschedulable",
    K212 "image-pull-failed",
    K213 "container-crashloop",
    K214 "container-config-error",
    K215 "readiness-probe-failing",
    K216 "pod-starting",
    K217 "pod-terminating",
    K218 "init-container-failed",
    K219 "pod-terminal",
    K220 "pod-scheduling-gated",
    K221 "scheduler-not-running",
    K222 "pod-sandbox-failed",
    K223 "volume-mount-failed",
    K224 "init-container-waiting",
    K225 "startup-probe-pending",
    K226 "readiness-gate-pending",
    K227 "image-not-in-node",
    K228 "endpoint-missing-for-pod",
    K229 "named-target-port-partial",
    K230 "protocol-mismatch",
    K231 "selector-overmatches",
    K301 "ingress-no-controller",
    K302 "ingress-class-missing",
    K303 "ingress-no-class",
    K304 "ingress-class-controller-down",
    K305 "ingress-controller-internal",
    K306 "ingress-answers-itself",
    K307 "ingress-path-no-match",
    K308 "ingress-tls-secret-missing",
    K309 "ingress-controller-elsewhere",
    K310 "ingress-backend-service-missing",
    K311 "ingress-backend-port-missing",
    K320 "gateway-crds-missing",
    K321 "gatewayclass-missing",
    K322 "gatewayclass-not-accepted",
    K323 "gateway-not-accepted",
    K324 "gateway-not-programmed",
    K325 "listener-invalid",
    K326 "route-not-attached",
    K327 "route-refs-unresolved",
    K328 "gateway-missing",
    K329 "gateway-no-route",
    K401 "netpol-blocks-ingress",
    K402 "netpol-admits-node-only",
    K501 "node-port-not-served",
    K502 "node-not-ready",
    K503 "api-server-not-answering",
    K504 "external-policy-local-no-endpoint",
    K505 "internal-policy-local-no-endpoint",
    K506 "kube-proxy-not-ready",
    K507 "nodeport-addresses-restrict",
    A101 "target-port-not-listening",
    A102 "app-closes-connection",
    A103 "app-silent",
    A104 "listener-loopback-only",
    A105 "endpoint-inconsistent",
    C101 "apiserver-refused",
    C102 "apiserver-timeout",
    C103 "apiserver-cert-mismatch",
    C104 "unauthorized",
    C105 "forbidden",
    C106 "apiserver-error",
    C107 "credentials-failed",
    C108 "apiserver-unreachable",
    C109 "kubeconfig-stale",
    C111 "target-ambiguous",
    C112 "ingress-host-unresolvable",
    C113 "server-host-unusable",
    C114 "kubeconfig-of-wsl",
}
