//! Building blocks of remedies: how kubectl is called for this context and namespace.

use crate::fact::cluster::{Service, ServicePort};
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

    /// Patches a field of one port of a Service, and its type if wanted. A strategic merge
    /// finds the port by its number alone; where TCP and UDP share one, it would change
    /// whichever comes first (k8s.io/api `core/v1` ServiceSpec.Ports, patchMergeKey=port).
    pub fn patch_port(
        &self,
        service: &Service,
        port: &ServicePort,
        (field, value): (&str, &str),
        kind: Option<&str>,
    ) -> Argv {
        let (name, ports) = (&service.metadata.name, &service.spec.ports);
        if ports.iter().filter(|other| other.port == port.port).count() < 2 {
            let kind = kind.map(|kind| format!(r#""type":"{kind}","#)).unwrap_or_default();
            let patch = format!(r#"{{"spec":{{{kind}"ports":[{{"port":{},"{field}":{value}}}]}}}}"#, port.port);
            return self.call(&["patch", "service", name, "-p", &patch]);
        }
        let index = ports.iter().position(|other| other == port).unwrap_or_default();
        let kind = kind.map(|kind| format!(r#"{{"op":"replace","path":"/spec/type","value":"{kind}"}},"#));
        let kind = kind.unwrap_or_default();
        let patch = format!(r#"[{kind}{{"op":"add","path":"/spec/ports/{index}/{field}","value":{value}}}]"#);
        self.call(&["patch", "service", name, "--type=json", "-p", &patch])
    }

    /// Gives every port of a LoadBalancer Service a node port.
    pub fn allocate_node_ports(&self, service: &Service) -> Remedy {
        let patch = r#"{"spec":{"allocateLoadBalancerNodePorts":true}}"#;
        let command = self.call(&["patch", "service", &service.metadata.name, "-p", patch]);
        Remedy::new(Action::AllocateNodePorts, command)
    }

    /// A port on this host that needs no privileges and is not known to be taken.
    pub fn local_port(&self, port: u16) -> u16 {
        let wanted = if port < 1024 { port + 8000 } else { port };
        (wanted..u16::MAX).find(|port| !self.taken.contains(port)).unwrap_or(wanted)
    }
}

/// Ends a process of the user's, by the system's own command.
pub fn end_process(os: &str, pid: u32) -> Argv {
    let pid = pid.to_string();
    if os == "windows" { argv(&["taskkill", "/PID", &pid]) } else { argv(&["kill", &pid]) }
}

/// Shows which program listens at a port, another user's as well.
pub fn show_listener(port: u16) -> Remedy {
    let command = argv(&["sudo", "lsof", "-nP", &format!("-iTCP:{port}"), "-sTCP:LISTEN"]);
    Remedy::new(Action::ShowListener { port }, command).privileged()
}

/// kubectl refuses flags before a plugin's name: they go behind it.
pub fn plugin_first(command: Argv) -> Argv {
    let at = command.iter().position(|word| word == "netpath").unwrap_or(1);
    let (flags, rest) = (command[1..at].to_vec(), command[at..].to_vec());
    [command[..1].to_vec(), rest, flags].concat()
}

/// An argument vector from string slices.
pub fn argv(words: &[&str]) -> Argv {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same number for TCP and UDP, as a DNS server has it.
    #[test]
    fn the_port_that_is_meant_is_patched() {
        let service: Service = serde_json::from_str(
            r#"{"metadata":{"name":"dns"},"spec":{"ports":[{"name":"tcp","port":53,"protocol":"TCP"},
                {"name":"udp","port":53,"protocol":"UDP"},{"name":"web","port":80,"protocol":"TCP"}]}}"#,
        )
        .unwrap();
        let patch = |index: usize, kind| {
            let command =
                Kubectl::default().patch_port(&service, &service.spec.ports[index], ("nodePort", "30053"), kind);
            command[3..].join(" ")
        };
        let json = |index, kind| {
            let last = format!(r#"{{"op":"add","path":"/spec/ports/{index}/nodePort","value":30053}}"#);
            format!("dns --type=json -p [{kind}{last}]")
        };
        assert_eq!(patch(0, None), json(0, ""));
        assert_eq!(patch(1, None), json(1, ""));
        let typed = r#"{"op":"replace","path":"/spec/type","value":"NodePort"},"#;
        assert_eq!(patch(1, Some("NodePort")), json(1, typed));
        assert_eq!(patch(2, None), r#"dns -p {"spec":{"ports":[{"port":80,"nodePort":30053}]}}"#);
        let typed = r#"dns -p {"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30053}]}}"#;
        assert_eq!(patch(2, Some("NodePort")), typed);
    }
}
