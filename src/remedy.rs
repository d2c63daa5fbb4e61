//! Building blocks of remedies: how kubectl is called for this context and namespace.

use crate::report::{Action, Argv, Remedy};

/// Calls kubectl so that a pasted command means the same cluster and namespace.
///
/// `--context` and `-n` are left out where they are what kubectl would take anyway, so
/// that commands stay short enough to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kubectl {
    /// Flags that choose the cluster, for example `--kubeconfig FILE`.
    pub flags: Vec<String>,
    /// The context, unless it is the current one.
    pub context: Option<String>,
    /// The namespace, unless it is the context's.
    pub namespace: Option<String>,
    /// Ports of this host that something is known to use already.
    pub taken: Vec<u16>,
}

impl Kubectl {
    /// A command in the namespace.
    pub fn call(&self, arguments: &[&str]) -> Argv {
        let mut argv = self.cluster(&[]);
        if let Some(namespace) = &self.namespace {
            argv.extend(["-n".into(), namespace.clone()]);
        }
        argv.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        argv
    }

    /// A command outside any namespace, or with one of its own.
    pub fn cluster(&self, arguments: &[&str]) -> Argv {
        let mut argv = vec!["kubectl".to_owned()];
        argv.extend(self.flags.iter().cloned());
        if let Some(context) = &self.context {
            argv.extend(["--context".into(), context.clone()]);
        }
        argv.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        argv
    }

    /// `kubectl port-forward` to a Service: the road past both stages.
    pub fn port_forward(&self, service: &str, port: u16) -> Remedy {
        self.port_forward_to(&format!("service/{service}"), port)
    }

    /// `kubectl port-forward` to `TYPE/NAME`. It takes every kind that runs Pods (tried with
    /// kubectl v1.34.4: deploy, sts, ds, rs, job, pod).
    pub fn port_forward_to(&self, target: &str, port: u16) -> Remedy {
        let ports = format!("{}:{port}", self.local_port(port));
        let command = self.call(&["port-forward", target, &ports]);
        Remedy::new(Action::PortForward, command).blocking()
    }

    /// A port on this host that needs no privileges and is not known to be taken.
    fn local_port(&self, port: u16) -> u16 {
        let wanted = if port < 1024 { port + 8000 } else { port };
        (wanted..u16::MAX).find(|port| !self.taken.contains(port)).unwrap_or(wanted)
    }
}

/// An argument vector from string slices.
pub fn argv(words: &[&str]) -> Argv {
    words.iter().map(|word| (*word).to_owned()).collect()
}
