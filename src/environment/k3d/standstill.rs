//! What stands still as a whole: the proxy alone, the nodes behind it, or only this client's
//! way to an API server that is there.

use std::net::SocketAddr;

use super::{API_SERVER_PORT, Cluster};
use crate::answers::Asking;
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::environment::containers::Mender;
use crate::environment::{Blocked, Standstill};
use crate::fact::engine::Binding;
use crate::remedy::argv;
use crate::report::{Action, Certainty, Remedy};

impl Cluster {
    /// Why nothing could be read from the API server.
    pub(super) fn stands_still(&self, asking: &Asking, api: &Why) -> Option<Standstill> {
        if let Some(blocked) = self.server_unusable(api) {
            return Some(blocked.into());
        }
        // An API server that answers is proof enough that its node runs.
        if !api.is_silence() {
            return None;
        }
        if let Some(stopped) = self.containers.stopped_engine(asking) {
            return Some(stopped);
        }
        let nodes = self.containers.nodes.known()?;
        let Some(first) = nodes.first() else {
            let finding = Finding::NodeGone { cluster: self.name.clone(), engine: self.containers.engine };
            let contexts = self.containers.command(&["context", "ls"]);
            let create = argv(&["k3d", "cluster", "create", &self.name]);
            let remedies =
                vec![Remedy::new(Action::ListEngineContexts, contexts), Remedy::new(Action::CreateCluster, create)];
            return Some(Blocked { finding, remedies }.into());
        };
        if !first.is_running() {
            // Without any node nobody gets through, whether the proxy runs or not.
            let certain = self.containers.running().next().is_none();
            return Some(Standstill { certain, ..self.containers.stopped(first, self).into() });
        }
        if let Some(proxy) = &self.containers.proxy {
            // nginx refuses its whole configuration while one name in it has no address, so it
            // ends, and docker restarts it every eight seconds or so (seen): "running" in
            // between. What it never lost it goes on with.
            let stopped: Vec<String> =
                nodes.iter().filter(|node| !node.is_running()).map(|node| node.name.clone()).collect();
            let falls =
                proxy.state == "restarting" || proxy.is_running() && (proxy.restarts > 0 || !stopped.is_empty());
            if falls {
                return Some(self.misses_a_node(&proxy.name, stopped, proxy.restarts).into());
            }
            if !proxy.is_running() {
                return Some(self.containers.stopped(proxy, self).into());
            }
        }
        // Known by its name alone: no container publishes the API server's port, so it is
        // the kubeconfig that is not this cluster's any more.
        if self.certainty != Certainty::Certain {
            return None;
        }
        let (container, door) = self.api_door()?;
        let blocked = match api {
            // The proxy in front of docker accepts before it dials: "refused" comes from this
            // host, where the engine says that the port is published.
            Why::Refused => Blocked {
                finding: Finding::PublishedPortRefuses {
                    host_port: door.host_port,
                    container: container.to_owned(),
                    engine: self.containers.engine,
                },
                remedies: vec![self.restart(container)],
            },
            // For some six seconds after its start the proxy passes nothing on; and where the
            // nodes have other addresses since, it keeps the old ones (both seen).
            _ => {
                let proxy = self.containers.proxy.as_ref().map(|proxy| self.restart(&proxy.name));
                let wait = Remedy::by_hand(Action::AskAgain);
                Blocked {
                    finding: Finding::ApiServerNotAnswering {
                        container: first.name.clone(),
                        why: api.clone(),
                        tool: None,
                    },
                    remedies: [wait].into_iter().chain(proxy).chain([self.restart(&first.name)]).collect(),
                }
            }
        };
        Some(blocked.into())
    }

    /// The proxy has a node on its list that has no address: stopped, or removed.
    fn misses_a_node(&self, proxy: &str, stopped: Vec<String>, restarts: u32) -> Blocked {
        let start = argv(&["k3d", "cluster", "start", &self.name]);
        let start = (!stopped.is_empty()).then(|| Remedy::new(Action::StartNode, start));
        let logs = Remedy::new(Action::ReadLogs, self.containers.command(&["logs", "--tail", "20", proxy]));
        let engine = self.containers.engine;
        let finding = Finding::ProxyRestarting { container: proxy.to_owned(), engine, stopped, restarts };
        Blocked { finding, remedies: start.into_iter().chain([logs]).collect() }
    }

    /// The host in the kubeconfig's URL is of no use to this client, and the engine publishes
    /// the API server on this very computer: 0.0.0.0 is an address to listen at, to which
    /// Windows does not connect, which no NO_PROXY names, and host.docker.internal is a name
    /// that only Docker Desktop knows (k3d#858, #927, #1057, #1574).
    fn server_unusable(&self, api: &Why) -> Option<Blocked> {
        let (entry, host) = &self.entry;
        let everywhere = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified());
        let proxy = match api {
            Why::NameNotResolved { .. } => None,
            Why::Proxy { url, .. } if everywhere || host.parse::<std::net::IpAddr>().is_err() => Some(url.clone()),
            why if why.is_transport() && *why != Why::Deadline && everywhere && self.os == "windows" => None,
            _ => return None,
        };
        let (_, door) = self.api_door().filter(|_| self.certainty == Certainty::Certain)?;
        let at = SocketAddr::new(door.loopback()?, door.host_port);
        let server = format!("--server=https://{at}");
        // Among the names in k3s's certificate (k3s @005499a9 `pkg/cli/server/server.go`: SANs).
        let set = argv(&["kubectl", "config", "set-cluster", entry, &server]);
        let finding = Finding::ServerHostUnusable { host: host.clone(), at: at.to_string(), proxy };
        Some(Blocked { finding, remedies: vec![Remedy::new(Action::SetServer, set)] })
    }

    /// The container that publishes the API server now, and where.
    fn api_door(&self) -> Option<(&str, &Binding)> {
        let publishers = self.containers.publishers().filter(|container| container.is_running());
        let mut doors = publishers.flat_map(|own| own.published.iter().map(|door| (own.name.as_str(), door)));
        doors.find(|(_, door)| door.container_port == API_SERVER_PORT)
    }
}
