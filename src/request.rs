//! What the user asked for. Pure data: no credential ever gets in here.

use serde::{Deserialize, Serialize};

/// One run's request, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What to produce.
    pub goal: Goal,
    /// `--context`: the context instead of the kubeconfig's current one.
    pub context: Option<String>,
    /// Flags that chose the cluster beside `--context`, as kubectl takes them: remedies
    /// must mean the same cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// `--namespace`: the namespace instead of the context's.
    pub namespace: Option<String>,
    /// `--port`: only this Service port, by number or name.
    pub port: Option<String>,
    /// Where the browser is.
    pub viewer: Viewer,
    /// Whether host and API-server probes may be sent.
    pub probe: ProbePolicy,
}

/// What a run is to produce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Goal {
    /// The path to one Service.
    Explain {
        /// Name of the Service.
        service: String,
    },
    /// All Services of a namespace, one line each.
    Overview {
        /// `-A`: of all namespaces.
        all_namespaces: bool,
        /// `-l`: only Services with these labels.
        selector: Option<String>,
    },
    /// What the context points at.
    Environment,
}

/// Where the browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Viewer {
    /// On this computer.
    Here,
    /// On Windows, while this runs in WSL2.
    Windows,
    /// On another computer of the same network.
    Lan,
}

/// Whether probes may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbePolicy {
    /// Where the environment is recognised as local.
    Auto,
    /// `--probe`: also where it is not.
    Always,
    /// `--no-probe`.
    Never,
}
