//! Why there is no report at all.

/// Why no report could be produced at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No kubeconfig file exists.
    #[error("no kubeconfig found\n  looked for: {}\n  kubectl would now ask http://localhost:8080, which may be any program; netpath does not", looked_for.join(", "))]
    NoKubeconfig {
        /// Where it was looked for.
        looked_for: Vec<String>,
    },
    /// A kubeconfig file could not be read.
    #[error("{detail}")]
    Kubeconfig {
        /// What is wrong and where, without any content.
        detail: String,
    },
    /// No current context and no `--context`.
    #[error(
        "no current context is set in the kubeconfig\n  choose one:  kubectl config use-context NAME\n  there are:   {}",
        list(known)
    )]
    NoCurrentContext {
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The context does not exist.
    #[error("context \"{name}\" does not exist in the kubeconfig\n  there are:  {}", list(known))]
    NoSuchContext {
        /// Its name.
        name: String,
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The context does not exist, and minikube has a profile of its name.
    #[error(
        "context \"{name}\" does not exist in the kubeconfig\n  minikube has a profile of that name; \"minikube stop\" \
         takes its context away\n  start it:   minikube -p {name} start\n  there are:  {}",
        list(known)
    )]
    StoppedProfile {
        /// Its name, which is the profile's.
        name: String,
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The context names a cluster or user that does not exist.
    #[error("context \"{context}\" names the {what} \"{name}\", and the kubeconfig has no such {what}")]
    Dangling {
        /// The context.
        context: String,
        /// cluster or user.
        what: &'static str,
        /// The name that leads nowhere.
        name: String,
    },
}

fn list(known: &[String]) -> String {
    if known.is_empty() { "none".into() } else { known.join(", ") }
}
