//! Which container holds the API server that a context names. A name is everybody's, a port
//! number can have had other owners, and another computer can have a cluster of the same
//! name: a container is believed only if it publishes this very API server, or is it.

use std::net::IpAddr;

use super::NodeContainers;
use crate::answers::Seen;
use crate::ask::{Engine, Why};
use crate::environment::Situation;
use crate::fact::engine::{Binding, Container};
use crate::report::{Evidence, Fact, Source};

/// Where an API server is wanted: at an address of this computer, and behind a port of its
/// container.
pub struct Wanted<'a> {
    /// Where the context points.
    pub situation: &'a Situation,
    /// The address in the kubeconfig.
    pub address: IpAddr,
    /// The port inside the container.
    pub port: u16,
}

impl Wanted<'_> {
    /// The container that holds it. A stopped one publishes nothing; what it had asked for
    /// still tells whose it is, unless several asked for the same and none is `named`.
    pub fn holder<'a>(
        &self,
        candidates: &[&'a Container],
        named: impl Fn(&Container) -> bool,
    ) -> Option<&'a Container> {
        let alive = candidates.iter().find(|container| self.holds(container, &container.published)).copied();
        if alive.is_some() || self.situation.api_answers() {
            return alive;
        }
        let stopped: Vec<&Container> =
            candidates.iter().copied().filter(|container| self.holds(container, &container.requested)).collect();
        let by_name = stopped.iter().find(|container| named(container)).copied();
        by_name.or_else(|| stopped.first().copied().filter(|_| stopped.len() == 1))
    }

    /// Whether a container publishes the API server at the kubeconfig's address, or has that
    /// address itself (a kubeconfig for use inside the engine's network).
    fn holds(&self, container: &Container, bindings: &[Binding]) -> bool {
        let published = bindings.iter().any(|binding| {
            binding.container_port == self.port
                && binding.protocol == "tcp"
                && binding.host_port == self.situation.server.port
                && self.covers(binding.host_ip)
        });
        let itself = self.situation.server.port == self.port
            && container.networks.iter().any(|network| network.ip == Some(self.address));
        published || itself
    }

    /// Whether a port published at `bound` is the one at the address: published on all
    /// addresses means on all of this computer's, and no others.
    fn covers(&self, bound: Option<IpAddr>) -> bool {
        let address = self.address;
        let owns = || self.situation.host.known().is_some_and(|host| host.owns(address));
        match bound.filter(|bound| !bound.is_unspecified()) {
            None => address.is_unspecified() || address.is_loopback() || owns(),
            Some(bound) => bound == address || (address.is_unspecified() && bound.is_loopback()),
        }
    }
}

/// Only the name of a cluster is left, and an engine that was asked for its containers: what
/// that rests on, and what is known of them. An engine that answered without such a container
/// makes the cluster gone, if its API server is gone as well; one that could not be asked
/// leaves it likely. `None` while it was not asked.
pub fn only_named(
    cluster: &str,
    engine: Engine,
    own: Seen<Vec<Container>>,
    situation: &Situation,
) -> Option<(Vec<Evidence>, Seen<Vec<Container>>)> {
    let name = Fact::ContextName { name: situation.context.clone() };
    let (fact, containers) = match own {
        Seen::Known(own) => {
            let fact = match own.len() {
                0 => Fact::NoContainer { cluster: cluster.into() },
                count => Fact::ClusterContainers { cluster: cluster.into(), count },
            };
            // An API server that answers has a running node somewhere: not in this engine.
            let elsewhere = situation.api_answers() && !own.iter().any(Container::is_running);
            let other = Why::OtherEngine { engine };
            (fact, if elsewhere { Seen::Unavailable(other) } else { Seen::Known(own) })
        }
        Seen::Unavailable(why) => {
            let fact = Fact::CouldNotLook { what: crate::report::Subject::Engine(engine), why: why.clone() };
            (fact, Seen::Unavailable(why))
        }
        Seen::Pending | Seen::Absent => return None,
    };
    let because = vec![Evidence::new(Source::Kubeconfig, name), Evidence::new(Source::Engine(engine), fact)];
    Some((because, containers))
}

impl NodeContainers {
    /// Whether the cluster is this computer's, so that probes are allowed. One that this
    /// engine was asked for and does not hold may be at the other end of a tunnel: nobody
    /// there agreed to probes.
    pub fn are_local(&self, situation: &Situation) -> bool {
        match &self.nodes {
            Seen::Known(_) => true,
            Seen::Unavailable(Why::OtherEngine { .. } | Why::EngineElsewhere { .. }) => false,
            _ => situation.server.is_loopback(),
        }
    }
}
