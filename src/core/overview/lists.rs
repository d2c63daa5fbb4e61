//! The lists of an overview, and which of their objects belong together: one look at every
//! object, whatever the number of Services.

use std::collections::HashMap;

use serde::Deserialize;

use crate::answers::Seen;
use crate::ask::Why;
use crate::diagnose::Objects;
use crate::fact::bulk::{At, Bulk};
use crate::fact::cluster::{EndpointSlice, Labels, Node, Pod, Service, SliceMeta, selects};
use crate::fact::read::{Object, Shared, nullable};

/// What an overview is made from.
pub(super) struct Lists {
    /// The Services, as many as could be read.
    pub(super) services: Bulk<Service>,
    /// Their EndpointSlices.
    pub(super) slices: Seen<Bulk<EndpointSlice>>,
    /// The Pods.
    pub(super) pods: Seen<Bulk<Pod>>,
}

/// Where the objects of one Service stand in their lists.
pub(super) struct Places {
    service: At,
    slices: Vec<At>,
    pods: Vec<At>,
}

/// As much of a Service as says what belongs to it.
#[derive(Deserialize)]
struct ServicePart {
    metadata: NameAndNamespace,
    spec: Selector,
}

#[derive(Deserialize)]
struct NameAndNamespace {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Selector {
    #[serde(default)]
    selector: Labels,
}

/// As much of a slice as says whose it is.
#[derive(Deserialize)]
struct SlicePart {
    metadata: SliceMeta,
}

/// As much of a Pod as a selector looks at.
#[derive(Deserialize)]
struct PodPart {
    metadata: PodMeta,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodMeta {
    namespace: String,
    #[serde(deserialize_with = "nullable")]
    labels: Labels,
}

impl Lists {
    /// Sorts the objects by Service.
    pub(super) fn places(&self) -> Vec<Places> {
        let (mut services, mut places) = (Vec::new(), Vec::new());
        self.services.each(|service, part: ServicePart| {
            services.push(part);
            places.push(Places { service, slices: Vec::new(), pods: Vec::new() });
        });
        if let Seen::Known(slices) = &self.slices {
            let names = services.iter().zip(0..);
            let names = names.map(|(it, index)| ((&*it.metadata.namespace, &*it.metadata.name), index));
            let names: HashMap<(&str, &str), usize> = names.collect();
            slices.each(|at, SlicePart { metadata }| {
                if let Some(index) = names.get(&(&*metadata.namespace, &*metadata.labels.service)) {
                    places[*index].slices.push(at);
                }
            });
        }
        if let Seen::Known(pods) = &self.pods {
            let wanted = rarest(&services);
            pods.each(|at, PodPart { metadata }| {
                let labels = &metadata.labels;
                let likely = labels.iter().filter_map(|(key, value)| wanted.get(&(&*metadata.namespace, key, value)));
                for index in likely.flatten().filter(|index| selects(&services[**index].spec.selector, labels)) {
                    places[*index].pods.push(at);
                }
            });
        }
        places
    }

    /// The objects of one Service.
    pub(super) fn objects(&self, places: &Places, nodes: &Seen<Vec<Shared<Node>>>) -> Option<Objects> {
        Some(Objects {
            service: self.services.one(places.service)?,
            slices: some(&self.slices, &places.slices),
            pods: some(&self.pods, &places.pods),
            nodes: nodes.clone(),
        })
    }
}

/// A label that a Service wants, in its namespace.
type Wanted<'a> = (&'a str, &'a str, &'a str);

/// Each Service under the label of its selector that the fewest others want: what all of
/// them have in common would lead to all of them.
fn rarest(services: &[ServicePart]) -> HashMap<Wanted<'_>, Vec<usize>> {
    fn labels(service: &ServicePart) -> impl Iterator<Item = Wanted<'_>> {
        service.spec.selector.iter().map(|(key, value)| (&*service.metadata.namespace, &**key, &**value))
    }
    let mut how_many: HashMap<Wanted, usize> = HashMap::new();
    for label in services.iter().flat_map(labels) {
        *how_many.entry(label).or_default() += 1;
    }
    let mut under: HashMap<Wanted, Vec<usize>> = HashMap::new();
    for (index, service) in services.iter().enumerate() {
        if let Some(label) = labels(service).min_by_key(|label| how_many[label]) {
            under.entry(label).or_default().push(index);
        }
    }
    under
}

/// Some objects of a list. What was read from a server can be read again; a recording that
/// somebody changed may not be.
fn some<T: Object>(all: &Seen<Bulk<T>>, wanted: &[At]) -> Seen<Vec<Shared<T>>> {
    let unreadable = || Why::Unreadable { detail: format!("not a {}", T::KIND) };
    match all {
        Seen::Known(all) => {
            let some: Option<Vec<_>> = wanted.iter().map(|at| all.one(*at)).collect();
            some.map_or_else(|| Seen::Unavailable(unreadable()), Seen::Known)
        }
        Seen::Pending => Seen::Pending,
        Seen::Absent => Seen::Absent,
        Seen::Unavailable(why) => Seen::Unavailable(why.clone()),
    }
}
