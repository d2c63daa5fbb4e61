//! The kubeconfig as rules see it: names, addresses and flags, never a credential.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::live::decode;
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw};

/// The merged kubeconfig with the request's overrides applied, without credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kubeconfig {
    /// `current-context`, unless empty.
    pub current_context: Option<String>,
    /// Contexts.
    pub contexts: Vec<Context>,
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// Names of the users. What they hold is not kept.
    pub users: Vec<String>,
    /// By user, the file of the client certificate, as [`Ask::File`] writes paths: where a
    /// tool keeps it tells which tool's it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub certificates: BTreeMap<String, String>,
}

/// One context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// Name.
    pub name: String,
    /// Name of its cluster; empty when the entry has none.
    pub cluster: String,
    /// Name of its user; empty when the entry has none.
    pub user: String,
    /// Its namespace, unless empty.
    pub namespace: Option<String>,
    /// The tool that wrote the entry, if it says so in an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// One cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Name.
    pub name: String,
    /// URL of the API server.
    pub server: String,
    /// The proxy that requests to it take, without user name and password.
    pub proxy: Option<String>,
    /// The tool that wrote the entry, if it says so in an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Kubeconfig {
    /// Only what one context needs. The names of other contexts are nobody's business:
    /// they would get into recordings. A context that does not exist leaves all, so that
    /// the error can name them.
    pub fn only(mut self, context: &str) -> Self {
        if let Some(chosen) = self.context(context).cloned() {
            self.contexts.retain(|context| context.name == chosen.name);
            self.clusters.retain(|cluster| cluster.name == chosen.cluster);
            self.users.retain(|user| *user == chosen.user);
            self.certificates.retain(|user, _| *user == chosen.user);
        }
        self
    }

    /// A context by name.
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// A cluster by name.
    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == name)
    }
}

struct Merged;

impl Question for Merged {
    type Answer = Kubeconfig;

    fn ask(&self) -> Ask {
        Ask::Kubeconfig
    }

    fn distil(&self, raw: Raw) -> Distilled<Kubeconfig> {
        decode(raw)
    }
}

/// The merged kubeconfig.
pub fn kubeconfig(asking: &Asking) -> Seen<Rc<Kubeconfig>> {
    asking.ask(Merged)
}
