//! Which EndpointSlices and Pods belong to which Service, as places in their lists: one
//! look at every object, whatever the number of Services.

use std::collections::HashMap;

use serde::Deserialize;

use crate::answers::Seen;
use crate::fact::bulk::{At, Bulk};
use crate::fact::cluster::{EndpointSlice, Labels, Pod, Service, SliceMeta, selects};
use crate::fact::read::{Shared, nullable};

/// What stands behind each of some Services, in their order.
pub(super) struct Behind<'a> {
    slices: &'a Seen<Bulk<EndpointSlice>>,
    pods: &'a Seen<Bulk<Pod>>,
    slices_of: Vec<Vec<At>>,
    pods_of: Vec<Vec<At>>,
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

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct PodMeta {
    namespace: String,
    #[serde(deserialize_with = "nullable")]
    labels: Labels,
}

impl<'a> Behind<'a> {
    /// Sorts the objects by Service.
    pub(super) fn new(
        services: &[Shared<Service>],
        slices: &'a Seen<Bulk<EndpointSlice>>,
        pods: &'a Seen<Bulk<Pod>>,
    ) -> Self {
        let none = vec![Vec::new(); services.len()];
        let (mut slices_of, mut pods_of) = (none.clone(), none);
        if let Seen::Known(all) = slices {
            let names = services.iter().enumerate();
            let names = names.map(|(index, it)| ((&*it.metadata.namespace, &*it.metadata.name), index));
            let names: HashMap<(&str, &str), usize> = names.collect();
            all.each(|at, SlicePart { metadata }| {
                if let Some(index) = names.get(&(&*metadata.namespace, &*metadata.labels.service)) {
                    slices_of[*index].push(at);
                }
            });
        }
        if let Seen::Known(all) = pods {
            let wanted = rarest(services);
            all.each(|at, PodPart { metadata }| {
                let labels = &metadata.labels;
                let likely = labels.iter().filter_map(|(key, value)| wanted.get(&(&*metadata.namespace, key, value)));
                for index in likely.flatten().filter(|index| selects(&services[**index].spec.selector, labels)) {
                    pods_of[*index].push(at);
                }
            });
        }
        Self { slices, pods, slices_of, pods_of }
    }

    /// The slices of one of the Services.
    pub(super) fn slices(&self, index: usize) -> Seen<Vec<Shared<EndpointSlice>>> {
        some(self.slices, &self.slices_of[index])
    }

    /// The Pods that it selects.
    pub(super) fn pods(&self, index: usize) -> Seen<Vec<Shared<Pod>>> {
        some(self.pods, &self.pods_of[index])
    }
}

/// A label that a Service wants, in its namespace.
type Wanted<'a> = (&'a str, &'a str, &'a str);

/// Each Service under the label of its selector that the fewest others want: what all of
/// them have in common would lead to all of them.
fn rarest(services: &[Shared<Service>]) -> HashMap<Wanted<'_>, Vec<usize>> {
    fn labels(service: &Service) -> impl Iterator<Item = Wanted<'_>> {
        service.spec.selector.iter().map(|(key, value)| (&*service.metadata.namespace, &**key, &**value))
    }
    let mut how_many: HashMap<Wanted, usize> = HashMap::new();
    for label in services.iter().flat_map(|service| labels(service)) {
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

fn some<T: crate::fact::read::Object>(all: &Seen<Bulk<T>>, wanted: &[At]) -> Seen<Vec<Shared<T>>> {
    match all {
        Seen::Known(all) => Seen::Known(all.some(wanted)),
        Seen::Pending => Seen::Pending,
        Seen::Absent => Seen::Absent,
        Seen::Unavailable(why) => Seen::Unavailable(why.clone()),
    }
}
