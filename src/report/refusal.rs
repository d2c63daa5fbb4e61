//! Why there is no report at all.

/// Why no report could be produced at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No kubeconfig file exists.
    #[error("no kubeconfig found\n  looked for: {}\n  kubectl would now ask http://localhost:8080, which may be any program; netpath does not{}", looked_for.join(", "), of_lima(looked_for))]
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
        "no current context is set in the kubeconfig\n  choose one:  kubectl config use-context NAME\n  there are:   {}{}",
        list(known),
        stopped(minikube)
    )]
    NoCurrentContext {
        /// The contexts there are.
        known: Vec<String>,
        /// A minikube profile that lost its context.
        minikube: Option<String>,
    },
    /// The context does not exist.
    #[error("context \"{name}\" does not exist in the kubeconfig\n  there are:  {}{}", list(known), stopped(minikube))]
    NoSuchContext {
        /// Its name.
        name: String,
        /// The contexts there are.
        known: Vec<String>,
        /// The minikube profile of that name, if there is one.
        minikube: Option<String>,
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

/// `minikube stop` takes the context out of the kubeconfig, unless told to keep it
/// (minikube `cmd/minikube/cmd/stop.go:152-156`; seen).
fn stopped(profile: &Option<String>) -> String {
    match profile {
        Some(profile) => format!(
            "\n  minikube has a profile \"{profile}\"; \"minikube stop\" takes its context away\n  start it:   minikube \
             -p {profile} start"
        ),
        None => String::new(),
    }
}

/// Lima copies a kubeconfig out of a VM when it starts, and deletes it when it stops (lima-vm/lima
/// @183a60d7 `templates/k3s.yaml:73-77`).
fn of_lima(looked_for: &[String]) -> String {
    let of_vm = |path: &String| {
        let directory = path.strip_suffix("/copied-from-guest/kubeconfig.yaml")?;
        let name = directory.rsplit('/').next()?;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
    };
    match looked_for.iter().find_map(of_vm) {
        Some(name) => format!(
            "\n  Lima puts that file there when the VM \"{name}\" starts, and takes it away when it stops\n  start it:   \
             limactl start {name}"
        ),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_that_lima_took_away_names_its_vm() {
        let said = |path: &str| Refusal::NoKubeconfig { looked_for: vec![path.to_owned()] }.to_string();
        let gone = said("/Users/me/.lima/k3s/copied-from-guest/kubeconfig.yaml");
        assert!(gone.ends_with("start it:   limactl start k3s"), "{gone}");
        for path in [
            "/Users/me/.kube/config",
            "/Users/me/copied-from-guest/kubeconfig.yml",
            "/Users/me/.lima/$(x)/copied-from-guest/kubeconfig.yaml",
            "/copied-from-guest/kubeconfig.yaml",
            "copied-from-guest/kubeconfig.yaml",
        ] {
            assert!(!said(path).contains("limactl"), "{path}");
        }
    }
}
