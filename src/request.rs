//! What the user asked for. Pure data: no credential ever gets in here.

use serde::{Deserialize, Serialize};

use crate::fact::said::name;

/// One run's request, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What to produce.
    pub goal: Goal,
    /// `--context`: the context instead of the kubeconfig's current one.
    pub context: Option<String>,
    /// Flags that chose the cluster beside `--context`, and who asks it, as kubectl takes
    /// them: remedies must mean the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// `--namespace`: the namespace instead of the context's.
    pub namespace: Option<String>,
    /// `--port`: only this Service port, by number or name.
    pub port: Option<String>,
    /// `--viewer`: where the browser is; `None` where it is most likely to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<Viewer>,
    /// Whether host and API-server probes may be sent.
    pub probe: ProbePolicy,
}

/// A flag that chooses a cluster beside `--context`, or who asks it. No other gets into a
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of kubectl")]
pub enum ChoosingFlag {
    Kubeconfig,
    Cluster,
    User,
    Server,
    As,
    AsGroup,
    AsUid,
    AsUserExtra,
}

impl ChoosingFlag {
    /// All of them, in the order in which commands have them.
    pub const ALL: [Self; 8] = [
        Self::Kubeconfig,
        Self::Cluster,
        Self::User,
        Self::Server,
        Self::As,
        Self::AsGroup,
        Self::AsUid,
        Self::AsUserExtra,
    ];

    /// The flag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubeconfig => "--kubeconfig",
            Self::Cluster => "--cluster",
            Self::User => "--user",
            Self::Server => "--server",
            Self::As => "--as",
            Self::AsGroup => "--as-group",
            Self::AsUid => "--as-uid",
            Self::AsUserExtra => "--as-user-extra",
        }
    }
}

/// The flags of a recording as they are shown; `None` for anything else than a run writes
/// there. A stranger may have written it, and they become words of commands that somebody
/// pastes.
///
/// What does not belong there is not left out: the commands would mean another cluster than
/// the report. What names a place becomes a placeholder for the same reason, and because
/// kubectl sends its user's credential to whatever `--server` says, and runs the program
/// that a file of `--kubeconfig` names; and who else to be is nothing to take from a stranger.
/// With the placeholder the command fails, until who pastes it has put in his own.
pub fn recalled(flags: &[String]) -> Option<Vec<String>> {
    let mut kept = Vec::new();
    for pair in flags.chunks(2) {
        let [word, value] = pair else { return None };
        let flag = ChoosingFlag::ALL.into_iter().find(|flag| flag.as_str() == word)?;
        if value.is_empty() {
            return None;
        }
        let shown = match flag {
            ChoosingFlag::Kubeconfig => "FILE",
            ChoosingFlag::Server => "URL",
            ChoosingFlag::As => "USER",
            ChoosingFlag::AsGroup => "GROUP",
            ChoosingFlag::AsUid => "UID",
            ChoosingFlag::AsUserExtra => "KEY=VALUE",
            ChoosingFlag::Cluster | ChoosingFlag::User => value,
        };
        kept.extend([word.clone(), shown.to_owned()]);
    }
    Some(kept)
}

/// What a run is to produce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Goal {
    /// The path to one target.
    Explain {
        /// What was asked about.
        target: Named,
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

/// One object, as the user names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its kind; `None` for a name alone: a Service first, then what else has that name.
    pub kind: Option<Kind>,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// The kinds of objects whose path can be explained, in Kubernetes' own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names of Kubernetes")]
pub enum Kind {
    Service,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    Pod,
    Ingress,
    Gateway,
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
}

impl Kind {
    /// All of them, in the order in which a name alone is looked up.
    pub const ALL: [Self; 10] = [
        Self::Service,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::Pod,
        Self::Ingress,
        Self::Gateway,
        Self::HttpRoute,
    ];

    /// Kubernetes' name of the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::Pod => "Pod",
            Self::Ingress => "Ingress",
            Self::Gateway => "Gateway",
            Self::HttpRoute => "HTTPRoute",
        }
    }

    /// The word that kubectl takes in `TYPE/NAME`: the short name where there is one.
    pub fn short(self) -> &'static str {
        self.words()[0]
    }

    /// The word that kubectl takes, in full.
    pub fn singular(self) -> &'static str {
        self.words()[1]
    }

    /// The plural that kubectl takes.
    pub fn plural(self) -> &'static str {
        self.words()[2]
    }

    /// The plural with its group, as `kubectl auth can-i` and RBAC rules name it.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Service => "services",
            Self::Deployment => "deployments.apps",
            Self::StatefulSet => "statefulsets.apps",
            Self::DaemonSet => "daemonsets.apps",
            Self::ReplicaSet => "replicasets.apps",
            Self::Job => "jobs.batch",
            Self::Pod => "pods",
            Self::Ingress => "ingresses.networking.k8s.io",
            Self::Gateway => "gateways.gateway.networking.k8s.io",
            Self::HttpRoute => "httproutes.gateway.networking.k8s.io",
        }
    }

    /// Reads a kind as kubectl does: short name, singular or plural, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        // Two more short names of `kubectl api-resources`.
        match word.as_str() {
            "po" => Some(Self::Pod),
            "gtw" => Some(Self::Gateway),
            word => Self::ALL.into_iter().find(|kind| kind.words().contains(&word)),
        }
    }

    /// Short name, singular, plural, as `kubectl api-resources` lists them.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Service => ["svc", "service", "services"],
            Self::Deployment => ["deploy", "deployment", "deployments"],
            Self::StatefulSet => ["sts", "statefulset", "statefulsets"],
            Self::DaemonSet => ["ds", "daemonset", "daemonsets"],
            Self::ReplicaSet => ["rs", "replicaset", "replicasets"],
            Self::Job => ["job", "job", "jobs"],
            Self::Pod => ["pod", "pod", "pods"],
            Self::Ingress => ["ing", "ingress", "ingresses"],
            Self::Gateway => ["gateway", "gateway", "gateways"],
            Self::HttpRoute => ["httproute", "httproute", "httproutes"],
        }
    }
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
