//! The kubeconfigs. `{port}` is the server's, `{ca}` its authority in base64, `{ca.crt}`
//! the same as a file's content; `ann` and `bob` have certificates.

mod clusters;
mod files;
mod users;

pub use clusters::{contexts, proxies, servers};
pub use files::files;
pub use users::{plugins, users};

use super::Case;

/// Where the server is, and who vouches for it.
pub const HERE: &str = "server: 'https://127.0.0.1:{port}', certificate-authority-data: {ca}";

/// What an ordinary kubeconfig arrives as.
pub const PLAIN: &str = "https web auth=t1";

/// A kubeconfig with one context, in the namespace `web`.
pub fn config(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: c
contexts: [{{name: c, context: {{cluster: one, user: u, namespace: web}}}}]
clusters: [{{name: one, cluster: {{{cluster}}}}}]
users: [{{name: u, user: {{{user}}}}}]
"
    )
}

/// The same with a token.
pub fn cluster(cluster: &str) -> String {
    config(cluster, "token: t1")
}

/// The same with the server that is there.
pub fn user(user: &str) -> String {
    config(HERE, user)
}

pub fn all() -> Vec<Case> {
    [files(), contexts(), servers(), users(), plugins(), proxies()].into_iter().flatten().collect()
}
