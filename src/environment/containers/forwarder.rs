//! A forwarder: a small container in the nodes' network that brings a node port to this
//! host, since an engine cannot publish another port of a container that exists.
//!
//! netpath offers it (kind#2720, #1402: the maintainers' own way out) and knows it again by
//! its label, so that its road is walked like one through a published port.

use super::NodeContainers;
use crate::answers::Asking;
use crate::ask::Engine;
use crate::environment::Wanted;
use crate::fact::engine::{Container, labelled};
use crate::remedy::argv;
use crate::report::{Action, Remedy};

/// Label of a forwarder; its value is `NODE:PORT`.
const LABEL: &str = "netpath.forwards-to";

impl NodeContainers {
    /// How to run one for a node port. socat carries TCP here, and nothing else.
    pub fn run_forwarder(&self, node: &str, wanted: &Wanted) -> Option<Remedy> {
        let known = self.known().iter().find(|container| container.name == node)?;
        let network = self.network_of(known)?;
        let port = wanted.port.node_port;
        let host_port = wanted.kubectl.local_port(port);
        // podman asks which registry a short name means.
        let image = if self.engine == Engine::Podman { "docker.io/alpine/socat" } else { "alpine/socat" };
        let mut command = self.command(&["run", "-d", "--name", &format!("netpath-{port}"), "--network", network]);
        command.extend(argv(&["-p", &format!("127.0.0.1:{host_port}:{port}")]));
        command.extend(argv(&["--label", &format!("{LABEL}={node}:{port}"), image]));
        command.extend(argv(&[&format!("tcp-listen:{port},fork,reuseaddr"), &format!("tcp:{node}:{port}")]));
        wanted.port.is_tcp().then(|| Remedy::new(Action::RunForwarder { host_port }, command))
    }

    /// The forwarder to this node port, and the node that it leads to: one that runs, if any
    /// does.
    pub(super) fn forwarder(&self, asking: &Asking, wanted: &Wanted) -> Option<(Container, &Container)> {
        let seen = labelled(asking, self.engine, LABEL);
        let all = seen.known()?;
        let leads = |forwarder: &Container| {
            let (node, port) = forwarder.label(LABEL)?.rsplit_once(':')?;
            let node = self.known().iter().find(|container| container.name == node)?;
            (port == wanted.port.node_port.to_string()).then(|| (forwarder.clone(), node))
        };
        let mut found: Vec<_> = all.iter().filter_map(leads).collect();
        found.sort_by_key(|(forwarder, _)| !forwarder.is_running());
        found.into_iter().next()
    }

    /// How to start one again that does not run.
    pub(super) fn start_forwarder(&self, forwarder: &Container) -> Remedy {
        Remedy::new(Action::StartForwarder, self.command(&["start", &forwarder.name]))
    }

    /// The network that a node shares with the others, by its name.
    pub(super) fn network_of<'a>(&'a self, node: &'a Container) -> Option<&'a str> {
        let own = node.networks.iter().find(|network| network.name == self.network);
        own.or(node.networks.first()).map(|network| network.name.as_str())
    }
}
