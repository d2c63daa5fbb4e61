//! Whose API server is this? `k3s://NAME` is what every k3s says, a bare one and those of
//! colima, Rancher Desktop and OrbStack too: k3d's nodes are named `k3d-...`
//! (`pkg/client/node.go` GenerateNodeName), and a container of that name with k3d's labels
//! has to hold this very API server.

use std::net::{IpAddr, Ipv4Addr};

use super::{API_SERVER_PORT, CLUSTER_LABEL, Cluster, ENGINE, K3d, PROXY_ROLE, ROLE_LABEL};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::environment::containers::holder::{self, only_named};
use crate::environment::containers::{NodeContainers, networks_of, walls_of};
use crate::environment::{Environment, Recognition, Situation};
use crate::fact::cluster::Node;
use crate::fact::engine::{Container, labelled};
use crate::fact::said::is_name;
use crate::report::{Certainty, Evidence, Fact, Source};

/// What every object of k3d's is named after (`pkg/types/defaults.go`).
const PREFIX: &str = "k3d-";
/// The name that Docker Desktop gives to this computer; k3d writes it into the kubeconfig
/// where it resolves (`pkg/runtimes/docker/docker.go:57-92`).
const DESKTOP_HOST: &str = "host.docker.internal";

impl Environment for K3d {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        let nodes: Vec<&Node> = match &situation.nodes {
            Seen::Known(nodes) => nodes.iter().map(|node| &**node).filter(|node| is_k3ds(node)).collect(),
            _ => Vec::new(),
        };
        // The Nodes are somebody else's, whatever the context is named.
        if situation.nodes.known().is_some() && nodes.is_empty() {
            return Recognition::No;
        }
        let named = situation
            .context
            .strip_prefix(PREFIX)
            .filter(|name| situation.cluster == situation.context && is_name(name));
        let Some(address) = address_here(situation) else { return far_away(asking, situation, &nodes, named) };
        // Whose context it is, the Nodes will tell: no engine is asked meanwhile.
        if situation.nodes.is_pending() && named.is_none() {
            return Recognition::Pending;
        }
        let seen = labelled(asking, ENGINE, CLUSTER_LABEL);
        if seen.is_pending() {
            return Recognition::Pending;
        }
        let all = seen.known().map_or(&[][..], |all| all.as_slice());
        if let Some(holder) = holder(all, situation, address, &nodes, named) {
            let (container, port) = (holder.name.clone(), situation.server.port);
            let fact = Fact::PublishesApiServer { container, port, label: CLUSTER_LABEL };
            let cluster = holder.label(CLUSTER_LABEL).unwrap_or_default();
            let because = vec![Evidence::new(Source::Engine(ENGINE), fact)];
            let own = Seen::Known(of_cluster(all, cluster));
            return yes(asking, cluster, Certainty::Certain, because, own, all, situation);
        }
        if let Some(node) = nodes.first() {
            // Here or not: no container of this engine holds their API server.
            let why = seen.unavailable().cloned().unwrap_or(Why::OtherEngine { engine: ENGINE });
            let cluster = nodes.iter().find_map(|node| cluster_of(&node.metadata.name)).or(named);
            let because = vec![provider(node)];
            let name = cluster.unwrap_or(&node.metadata.name);
            return yes(asking, name, Certainty::Likely, because, Seen::Unavailable(why), all, situation);
        }
        let Some(cluster) = named else { return Recognition::No };
        if situation.nodes.is_pending() {
            return Recognition::Pending;
        }
        let own = seen.clone().map(|all| of_cluster(&all, cluster));
        match only_named(cluster, ENGINE, own, situation) {
            Some((because, own)) => yes(asking, cluster, Certainty::Likely, because, own, all, situation),
            None => Recognition::Pending,
        }
    }
}

/// Whether a Node is one of k3d's. Without k3s's cloud controller it has no providerID.
fn is_k3ds(node: &Node) -> bool {
    let (name, id) = (&node.metadata.name, &node.spec.provider_id);
    let by_id = id.strip_prefix("k3s://") == Some(name);
    name.starts_with(PREFIX) && (by_id || id.is_empty() && node.is_k3s())
}

fn provider(node: &Node) -> Evidence {
    let id = match node.spec.provider_id.as_str() {
        "" => node.metadata.name.clone(),
        id => id.to_owned(),
    };
    Evidence::new(Source::Api("Node"), Fact::ProviderId { id })
}

/// The cluster that a node of this name belongs to: `k3d-NAME-server-0`. A node that was
/// added later has a name of its own.
fn cluster_of(node: &str) -> Option<&str> {
    let (role, number) = node.strip_prefix(PREFIX)?.rsplit_once('-')?;
    let cluster = role.strip_suffix("-server").or_else(|| role.strip_suffix("-agent"))?;
    (number.bytes().all(|byte| byte.is_ascii_digit()) && is_name(cluster)).then_some(cluster)
}

/// The API server's address, if that may be this computer's. Docker Desktop's name for it
/// is one on a Mac and on Windows; on Linux it is the name of another computer, seen from
/// inside a VM or a container, unless it leads nowhere at all.
fn address_here(situation: &Situation) -> Option<IpAddr> {
    if situation.server.host == DESKTOP_HOST {
        let linux = situation.host.known().is_some_and(|host| host.os == "linux");
        return (!linux || !situation.api_answers()).then_some(Ipv4Addr::UNSPECIFIED.into());
    }
    situation.server.address().filter(|_| situation.is_near())
}

/// An API server that is neither on this computer nor in a network that it is attached to:
/// whatever runs here under the same name is another cluster.
fn far_away(asking: &Asking, situation: &Situation, nodes: &[&Node], named: Option<&str>) -> Recognition {
    let Some(node) = nodes.first() else {
        return if situation.nodes.is_pending() { Recognition::Pending } else { Recognition::No };
    };
    let cluster = nodes.iter().find_map(|node| cluster_of(&node.metadata.name)).or(named);
    let name = cluster.unwrap_or(&node.metadata.name);
    let own = Seen::Unavailable(Why::EngineElsewhere { host: situation.server.host.clone() });
    yes(asking, name, Certainty::Likely, vec![provider(node)], own, &[], situation)
}

/// The container that holds the API server: the proxy, or the first server without one. If
/// the Nodes are known, its cluster has containers of their names.
fn holder<'a>(
    all: &'a [Container],
    situation: &Situation,
    address: IpAddr,
    nodes: &[&Node],
    named: Option<&str>,
) -> Option<&'a Container> {
    let cluster = |container: &'a Container| container.label(CLUSTER_LABEL);
    let fits = |container: &&'a Container| {
        let own = all.iter().filter(|other| cluster(other) == cluster(container));
        nodes.is_empty() || own.into_iter().any(|own| nodes.iter().any(|node| node.metadata.name == own.name))
    };
    let candidates: Vec<&Container> = all.iter().filter(|container| is_k3d(container)).filter(fits).collect();
    let wanted = holder::Wanted { situation, address, port: API_SERVER_PORT };
    wanted.holder(&candidates, |container| container.label(CLUSTER_LABEL) == named)
}

/// k3d itself takes a container for its own by this label (`pkg/runtimes/docker/translate.go`,
/// DefaultRuntimeLabels).
fn is_k3d(container: &Container) -> bool {
    container.label("app") == Some("k3d")
}

fn has_role(container: &Container, role: &str) -> bool {
    container.label(ROLE_LABEL) == Some(role)
}

/// The cluster's containers, servers first; the one of the tools that k3d runs for a moment is none.
fn of_cluster(all: &[Container], cluster: &str) -> Vec<Container> {
    let rank =
        |container: &Container| ["server", "agent", PROXY_ROLE].iter().position(|role| has_role(container, role));
    let own = all.iter().filter(|container| is_k3d(container) && container.label(CLUSTER_LABEL) == Some(cluster));
    let mut own: Vec<Container> = own.filter(|container| rank(container).is_some()).cloned().collect();
    own.sort_by_key(|container| (rank(container), container.name.clone()));
    own
}

fn yes(
    asking: &Asking,
    name: &str,
    certainty: Certainty,
    because: Vec<Evidence>,
    own: Seen<Vec<Container>>,
    all: &[Container],
    situation: &Situation,
) -> Recognition {
    // While k3d replaces the proxy there is a second one, under a name with a random end.
    let proxies = own.known().into_iter().flatten().filter(|container| has_role(container, PROXY_ROLE));
    let proxy = proxies.min_by_key(|proxy| proxy.name != format!("{PREFIX}{name}-serverlb")).cloned();
    let nodes = own.map(|mut own| {
        own.retain(|container| !has_role(container, PROXY_ROLE));
        own
    });
    let foreign = all.iter().filter(|container| container.label(CLUSTER_LABEL) != Some(name));
    let others = foreign.flat_map(|container| container.published.iter().chain(&container.requested));
    let host = situation.host.known().cloned();
    let Seen::Known(shared) = networks_of(asking, ENGINE, &nodes, host.as_deref()) else { return Recognition::Claimed };
    let Seen::Known(walls) = walls_of(asking, ENGINE, &situation.os()) else { return Recognition::Claimed };
    let containers = NodeContainers {
        engine: ENGINE,
        cluster: name.to_owned(),
        nodes,
        first: format!("{PREFIX}{name}-server-0"),
        // NetworkMode says "bridge"; what counts is where the containers are attached.
        network: format!("{PREFIX}{name}"),
        reserved: &[API_SERVER_PORT],
        shared,
        host,
        walls: Vec::new(),
        proxy,
    }
    .behind(walls);
    Recognition::Yes(Box::new(Cluster {
        name: name.to_owned(),
        certainty,
        because,
        others: others.map(|binding| binding.host_port).collect(),
        entry: (situation.cluster.clone(), situation.server.host.clone()),
        os: situation.os(),
        local: containers.are_local(situation),
        containers,
    }))
}
