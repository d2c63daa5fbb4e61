//! Whose API server is this? "kind" is the default name of everybody's cluster: a container
//! is believed only if it holds this very API server.

use super::{API_SERVER_PORT, BALANCER_ROLE, CLUSTER_LABEL, Cluster, Kind, PROVIDER, ROLE_LABEL};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::environment::containers::holder::{self, only_named};
use crate::environment::containers::{NodeContainers, networks_of, walls_of};
use crate::environment::{Environment, Recognition, Situation};
use crate::fact::engine::{Container, labelled};
use crate::fact::host::variable;
use crate::report::{Certainty, Evidence, Fact, Source};

impl Environment for Kind {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        let provider = provider_id(situation);
        match (&situation.nodes, &provider) {
            // The Nodes are somebody else's, whatever a container may have asked for.
            (Seen::Known(_), None) => return Recognition::No,
            // Docker Desktop runs kind under its own name and hides the containers.
            (_, Some(provider)) if provider.cluster == "desktop" => return Recognition::No,
            _ => {}
        }
        if !situation.is_near() {
            return far_away(asking, situation, provider);
        }
        let Some(engines) = engines(asking, provider.as_ref()) else { return Recognition::Pending };
        let named = situation.context.strip_prefix("kind-").filter(|_| situation.cluster == situation.context);
        let mut asked: Vec<(Engine, Seen<Vec<Container>>)> = Vec::new();
        for engine in engines {
            let containers = labelled(asking, engine, CLUSTER_LABEL).map(|all| (*all).clone());
            if let Some(all) = containers.known()
                && let Some(holder) = holder(all, situation, provider.as_ref(), named)
            {
                let fact = Fact::PublishesApiServer {
                    container: holder.name.clone(),
                    port: situation.server.port,
                    label: CLUSTER_LABEL,
                };
                let cluster = holder.label(CLUSTER_LABEL).unwrap_or_default().to_owned();
                let because = vec![Evidence::new(Source::Engine(engine), fact)];
                let containers = of_cluster(all, &cluster);
                return yes(asking, cluster, engine, Certainty::Certain, because, Seen::Known(containers), situation);
            }
            let pending = containers.is_pending();
            asked.push((engine, containers));
            if pending {
                return Recognition::Pending; // one engine after the other: the usual one nearly always knows
            }
        }
        if let Some(provider) = provider {
            return by_provider(asking, provider, asked, situation);
        }
        if situation.nodes.is_pending() {
            return Recognition::Pending;
        }
        named.map_or(Recognition::No, |cluster| by_name(asking, cluster, asked, situation))
    }
}

/// An API server that is neither on this computer nor in a network that it is attached to:
/// whatever runs here under the same name is another cluster.
fn far_away(asking: &Asking, situation: &Situation, provider: Option<Provider>) -> Recognition {
    let Some(provider) = provider else {
        return if situation.nodes.is_pending() { Recognition::Pending } else { Recognition::No };
    };
    let because = vec![Evidence::new(Source::Api("Node"), Fact::ProviderId { id: provider.id })];
    let engine = provider.engine.unwrap_or(Engine::Docker);
    let nodes = Seen::Unavailable(Why::EngineElsewhere { host: situation.server.host.clone() });
    yes(asking, provider.cluster, engine, Certainty::Certain, because, nodes, situation)
}

/// The Nodes say that it is kind, and no container here holds their API server.
fn by_provider(
    asking: &Asking,
    provider: Provider,
    asked: Vec<(Engine, Seen<Vec<Container>>)>,
    situation: &Situation,
) -> Recognition {
    let because = vec![Evidence::new(Source::Api("Node"), Fact::ProviderId { id: provider.id })];
    // nerdctl and finch say the same of themselves: one that answers counts.
    let index = asked.iter().position(|(_, seen)| seen.known().is_some()).unwrap_or(0);
    let (engine, nodes) = match asked.into_iter().nth(index) {
        Some((engine, Seen::Unavailable(why))) => (engine, Seen::Unavailable(why)),
        Some((engine, _)) => (engine, Seen::Unavailable(Why::OtherEngine { engine })),
        None => return Recognition::Pending,
    };
    yes(asking, provider.cluster, engine, Certainty::Certain, because, nodes, situation)
}

/// Only the name is left, and the engine that holds such a cluster, or else the usual one.
fn by_name(
    asking: &Asking,
    cluster: &str,
    asked: Vec<(Engine, Seen<Vec<Container>>)>,
    situation: &Situation,
) -> Recognition {
    let has = |seen: &Seen<Vec<Container>>| seen.known().is_some_and(|all| !of_cluster(all, cluster).is_empty());
    // One that is not installed holds nothing.
    let installed = |seen: &Seen<_>| !matches!(seen, Seen::Unavailable(Why::ToolNotFound { .. }));
    let first = |fits: &dyn Fn(&Seen<Vec<Container>>) -> bool| asked.iter().position(|(_, seen)| fits(seen));
    let index = first(&has).or_else(|| first(&installed)).unwrap_or(0);
    let Some((engine, seen)) = asked.into_iter().nth(index) else { return Recognition::No };
    let own = seen.map(|all| of_cluster(&all, cluster));
    let Some((because, nodes)) = only_named(cluster, engine, own, situation) else { return Recognition::Pending };
    yes(asking, cluster.into(), engine, Certainty::Likely, because, nodes, situation)
}

fn yes(
    asking: &Asking,
    name: String,
    engine: Engine,
    certainty: Certainty,
    because: Vec<Evidence>,
    containers: Seen<Vec<Container>>,
    situation: &Situation,
) -> Recognition {
    let balancer = containers.known().and_then(|all| all.iter().find(|container| is_balancer(container)).cloned());
    let nodes = containers.map(|mut all| {
        all.retain(|container| !is_balancer(container));
        all
    });
    let host = situation.host.known().cloned();
    let Seen::Known(shared) = networks_of(asking, engine, &nodes, host.as_deref()) else { return Recognition::Claimed };
    let Seen::Known(walls) = walls_of(asking, engine, &situation.os()) else { return Recognition::Claimed };
    let chosen = variable(asking, PROVIDER).known().and_then(|name| engine_named(name));
    let containers = NodeContainers {
        engine,
        cluster: name.clone(),
        nodes,
        first: format!("{name}-control-plane"),
        network: "kind".into(),
        reserved: &[API_SERVER_PORT],
        shared,
        host,
        walls: Vec::new(),
        proxy: None,
    }
    .behind(walls);
    let local = containers.are_local(situation);
    Recognition::Yes(Box::new(Cluster { name, certainty, because, containers, balancer, local, chosen }))
}

/// Which engines may hold the cluster, the most likely first; `None` while that is not
/// known. kind itself takes `KIND_EXPERIMENTAL_PROVIDER` or the first of docker, nerdctl,
/// podman (`pkg/internal/runtime/runtime.go:29-44`, `pkg/cluster/provider.go:117-129`).
fn engines(asking: &Asking, provider: Option<&Provider>) -> Option<Vec<Engine>> {
    let chosen = variable(asking, PROVIDER);
    if chosen.is_pending() {
        return None;
    }
    let named = provider.and_then(|provider| provider.engine);
    let first = named.or_else(|| chosen.known().and_then(|name| engine_named(name)));
    let mut engines = vec![Engine::Docker, Engine::Nerdctl, Engine::Finch, Engine::Podman];
    if let Some(first) = first {
        engines.retain(|engine| *engine != first);
        engines.insert(0, first);
    }
    // The Node names its engine, and no other can hold it. finch says nerdctl there
    // (`pkg/cluster/internal/providers/nerdctl/provider.go:76-78`).
    if let Some(named) = named {
        engines.retain(|engine| *engine == named || (named == Engine::Nerdctl && *engine == Engine::Finch));
    }
    Some(engines)
}

fn engine_named(name: &str) -> Option<Engine> {
    [Engine::Docker, Engine::Podman, Engine::Nerdctl, Engine::Finch].into_iter().find(|engine| engine.command() == name)
}

/// The Node's `providerID`, taken apart.
struct Provider {
    id: String,
    engine: Option<Engine>,
    cluster: String,
}

/// Reads `kind://ENGINE/CLUSTER/NODE`; with an external cloud provider it is
/// `kind://CLUSTER/kind/NODE` (cloud-provider-kind @57084484 `pkg/provider/instances.go:54`).
fn provider_id(situation: &Situation) -> Option<Provider> {
    let nodes = situation.nodes.known()?;
    nodes.iter().find_map(|node| {
        let id = &node.spec.provider_id;
        let mut parts = id.strip_prefix("kind://")?.splitn(3, '/');
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        if third != node.metadata.name {
            return None;
        }
        let engine = engine_named(first);
        let cluster = if engine.is_some() { second } else { first };
        Some(Provider { id: id.clone(), engine, cluster: cluster.into() })
    })
}

/// The container that holds the API server.
fn holder<'a>(
    containers: &'a [Container],
    situation: &Situation,
    provider: Option<&Provider>,
    named: Option<&str>,
) -> Option<&'a Container> {
    let fits = |container: &&Container| {
        provider.is_none_or(|provider| container.label(CLUSTER_LABEL) == Some(provider.cluster.as_str()))
    };
    let wanted = holder::Wanted { situation, address: situation.server.address()?, port: API_SERVER_PORT };
    let candidates: Vec<&Container> = containers.iter().filter(fits).collect();
    wanted.holder(&candidates, |container| container.label(CLUSTER_LABEL) == named)
}

/// The cluster's containers, control plane first.
fn of_cluster(containers: &[Container], cluster: &str) -> Vec<Container> {
    let mut own: Vec<Container> =
        containers.iter().filter(|container| container.label(CLUSTER_LABEL) == Some(cluster)).cloned().collect();
    own.sort_by_key(|container| (container.label(ROLE_LABEL) != Some("control-plane"), container.name.clone()));
    own
}

/// The proxy in front of several control planes is a container of the cluster and no node.
fn is_balancer(container: &Container) -> bool {
    container.label(ROLE_LABEL) == Some(BALANCER_ROLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answers;
    use crate::ask::{Ask, Observation};
    use crate::environment::Server;
    use crate::fact::cluster::Node;
    use crate::fact::read::Shared;
    use crate::request::Viewer;
    use serde_json::{Value, json};

    fn container(cluster: &str, state: &str, port: u16) -> Value {
        let binding = json!([{ "containerPort": 6443, "protocol": "tcp", "hostIp": "127.0.0.1", "hostPort": port }]);
        let published = if state == "exited" { json!([]) } else { binding.clone() };
        json!({ "name": format!("{cluster}-control-plane"), "state": state,
            "labels": { CLUSTER_LABEL: cluster, ROLE_LABEL: "control-plane" },
            "published": published, "requested": binding, "networks": [] })
    }

    fn node(provider_id: &str) -> Seen<Vec<Shared<Node>>> {
        let name = provider_id.rsplit('/').next().unwrap_or_default();
        let node = json!({ "metadata": { "name": name }, "spec": { "providerID": provider_id } });
        Seen::Known(vec![Shared::from(serde_json::from_value::<Node>(node).unwrap())])
    }

    fn refused() -> Seen<Vec<Shared<Node>>> {
        Seen::Unavailable(Why::Refused)
    }

    /// What is recognised: the cluster, its certainty, how many nodes this engine holds,
    /// and whether it counts as local.
    fn recognised(
        context: &str,
        server: &str,
        nodes: Seen<Vec<Shared<Node>>>,
        containers: Value,
    ) -> Option<(String, Certainty, Option<usize>, bool)> {
        let mut answers = Answers::default();
        answers.insert(Ask::Variable("KIND_EXPERIMENTAL_PROVIDER".into()), Observation::Absent);
        let none = || Observation::Unavailable(Why::ToolNotFound { tool: "nerdctl".into() });
        let ask = |engine| Ask::Containers { engine, label: CLUSTER_LABEL.into() };
        answers.insert(ask(Engine::Docker), Observation::Known(containers.into()));
        answers.insert(ask(Engine::Nerdctl), none());
        answers.insert(ask(Engine::Finch), none());
        answers.insert(
            Ask::EngineEndpoint(Engine::Docker),
            Observation::Known(json!({ "host": null, "system": true }).into()),
        );
        answers.insert(ask(Engine::Podman), none());
        let asking = Asking::new(&answers);
        let situation = Situation {
            context: context.into(),
            cluster: context.into(),
            server: Server::parse(server),
            providers: Vec::new(),
            certificate: None,
            spoken: nodes.known().is_some() || nodes.unavailable().is_some_and(Why::is_from_api),
            host: Seen::Unavailable(Why::TimedOut),
            nodes,
            viewer: Viewer::Here,
        };
        match Kind.recognise(&asking, &situation) {
            Recognition::Yes(place) => {
                let info = place.info();
                let held = info.boundaries.iter().filter(|wall| !["unknown", "absent"].contains(&wall.state.as_str()));
                let held = place.unobserved().is_empty().then(|| held.count());
                Some((info.name?, info.certainty, held, place.is_local()))
            }
            Recognition::No | Recognition::Pending | Recognition::Claimed => None,
        }
    }

    const HERE: &str = "https://127.0.0.1:41000";

    #[test]
    fn the_container_that_publishes_the_api_server_says_whose_it_is() {
        let both = json!([container("kind", "running", 41000), container("other", "running", 42000)]);
        let found = recognised("prod", HERE, node("kind://docker/kind/kind-control-plane"), both);
        assert_eq!(found, Some(("kind".into(), Certainty::Certain, Some(1), true)));
    }

    #[test]
    fn a_cluster_of_the_same_name_elsewhere_is_not_the_one_here() {
        let here = || json!([container("kind", "running", 41000)]);
        let remote =
            recognised("kind-kind", "https://devbox:41000", node("kind://docker/kind/kind-control-plane"), here());
        assert_eq!(remote, Some(("kind".into(), Certainty::Certain, None, false)));
        // Through a tunnel: another port of this computer, another cluster.
        let tunnel = "https://127.0.0.1:43000";
        let found = recognised("kind-kind", tunnel, node("kind://docker/kind/kind-control-plane"), here());
        assert_eq!(found, Some(("kind".into(), Certainty::Certain, None, false)));
        assert_eq!(recognised("kind-kind", "https://devbox:41000", refused(), here()), None);
    }

    #[test]
    fn a_port_that_a_stopped_container_had_does_not_make_another_cluster_kind() {
        let old = || json!([container("old", "exited", 41000)]);
        assert_eq!(recognised("default", HERE, node("k3s://laptop"), old()), None);
        // Nobody answers, and it is the only one that asked for the port.
        let found = recognised("default", HERE, refused(), old());
        assert_eq!(found, Some(("old".into(), Certainty::Certain, Some(1), true)));
    }

    #[test]
    fn of_two_stopped_clusters_the_named_one_is_meant() {
        let two = || json!([container("zoo", "exited", 41000), container("kind", "exited", 41000)]);
        assert_eq!(recognised("kind-kind", HERE, refused(), two()).unwrap().0, "kind");
        assert_eq!(recognised("default", HERE, refused(), two()), None);
    }

    #[test]
    fn an_engine_without_the_cluster_proves_it_gone_only_when_nobody_answers() {
        let gone = recognised("kind-kind", HERE, refused(), json!([]));
        assert_eq!(gone, Some(("kind".into(), Certainty::Likely, Some(0), true)));
        let forbidden = Seen::Unavailable(Why::Forbidden { detail: "no".into() });
        let elsewhere = recognised("kind-kind", HERE, forbidden, json!([]));
        assert_eq!(elsewhere, Some(("kind".into(), Certainty::Likely, None, false)));
    }

    #[test]
    fn a_port_on_all_addresses_is_not_a_neighbours() {
        let mut all = container("kind", "running", 6443);
        all["published"][0]["hostIp"] = json!("0.0.0.0");
        let provider = || node("kind://docker/kind/kind-control-plane");
        let neighbour = recognised("kind-kind", "https://192.168.1.50:6443", provider(), json!([all.clone()]));
        assert_eq!(neighbour, Some(("kind".into(), Certainty::Certain, None, false)));
        let here = recognised("kind-kind", "https://0.0.0.0:6443", provider(), json!([all]));
        assert_eq!(here, Some(("kind".into(), Certainty::Certain, Some(1), true)));
    }

    #[test]
    fn docker_desktop_is_not_kind() {
        let found = recognised("docker-desktop", HERE, node("kind://docker/desktop/desktop-control-plane"), json!([]));
        assert_eq!(found, None);
    }
}
