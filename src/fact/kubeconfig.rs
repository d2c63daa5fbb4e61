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
    /// The side of WSL that the entry is from, where it is not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The other side of WSL, as seen from where a kubeconfig is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A file of Windows', read in a distribution.
    Windows,
    /// A file of a distribution's, read on Windows.
    Wsl,
}

impl Origin {
    /// Where an entry is from, by its file, links followed, and by the file of its certificate
    /// authority. Windows' drives are below `/mnt` unless `wsl.conf` says otherwise, and a
    /// distribution is `\\wsl$\NAME` or `\\wsl.localhost\NAME` (learn.microsoft.com, "Working
    /// across Windows and Linux file systems").
    pub fn of(on_windows: bool, file: Option<&str>, authority: Option<&str>) -> Option<Self> {
        let drive =
            |path: &str| matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
        if !on_windows {
            let mounted = |path: &str| {
                let rest = path.strip_prefix("/mnt/").unwrap_or_default();
                matches!(rest.as_bytes(), [letter, b'/', ..] if letter.is_ascii_alphabetic())
            };
            return (file.is_some_and(mounted) || authority.is_some_and(drive)).then_some(Self::Windows);
        }
        let shared = |path: &str| {
            let path = path.to_ascii_lowercase().replace('/', "\\");
            path.contains("\\wsl$\\") || path.contains("\\wsl.localhost\\")
        };
        // A path without a drive gets that of the file which names it.
        let linux = |path: &str| {
            let path = if drive(path) { &path[2..] } else { path }.replace('\\', "/");
            path.starts_with("/home/") || path.starts_with("/root/")
        };
        (file.is_some_and(shared) || authority.is_some_and(linux)).then_some(Self::Wsl)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_side_is_told_by_its_paths() {
        use Origin::{Windows, Wsl};
        for (on_windows, file, authority, wanted) in [
            (false, Some("/mnt/c/Users/me/.kube/config"), None, Some(Windows)),
            (false, Some("/home/me/.kube/config"), Some(r"C:\Users\me\.minikube\ca.crt"), Some(Windows)),
            (false, Some("/home/me/.kube/config"), Some("/home/me/.minikube/ca.crt"), None),
            (false, Some("/mnt/data/config"), None, None),
            (false, Some("/mnt/wsl/config"), None, None),
            (false, Some("/srv/mnt/c/config"), None, None),
            (false, None, None, None),
            (true, Some(r"\\wsl$\Ubuntu\home\me\.kube\config"), None, Some(Wsl)),
            (true, Some(r"\\?\UNC\wsl.localhost\Ubuntu\home\me\.kube\config"), None, Some(Wsl)),
            (true, Some(r"C:\Users\me\.kube\config"), Some("C:/home/me/.minikube/ca.crt"), Some(Wsl)),
            (true, Some(r"C:\Users\me\.kube\config"), Some("/root/ca.crt"), Some(Wsl)),
            (true, Some(r"C:\Users\me\.kube\config"), Some(r"C:\Users\me\.minikube\ca.crt"), None),
            (true, Some(r"C:\Users\wsl\.kube\config"), None, None),
        ] {
            assert_eq!(Origin::of(on_windows, file, authority), wanted, "{file:?} {authority:?}");
        }
    }
}
