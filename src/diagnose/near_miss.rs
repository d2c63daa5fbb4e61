//! A selector that matches no Pod: which pair fails, and what was probably meant.
//!
//! The one failing pair is named, never the whole selector: printed pair by pair, each
//! would read as if it were wrong.

use std::collections::BTreeMap;

use super::similar::{is_meant, similar};
use crate::fact::cluster::{Labels, selects};

/// Keys that people use for the same thing.
const ALIASES: [&str; 9] = [
    "app",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "k8s-app",
    "run",
    "name",
    "component",
    "tier",
];

/// What comes closest to a selector that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The pair that no Pod (that fits otherwise) has.
    pub pair: (String, String),
    /// The pair that Pods have instead.
    pub closest: (String, String),
    /// How many Pods the corrected selector would match.
    pub pods: usize,
}

impl NearMiss {
    /// The selector with the failing pair corrected.
    pub fn corrected(&self, selector: &Labels) -> Labels {
        let mut corrected = selector.clone();
        corrected.remove(&self.pair.0);
        corrected.insert(self.closest.0.clone(), self.closest.1.clone());
        corrected
    }
}

/// Finds the near miss, given the labels of the namespace's Pods. `service` is the
/// Service's own name: Pods of a workload of that name were probably meant.
pub fn near_miss(selector: &Labels, pods: &[&Labels], service: &str) -> Option<NearMiss> {
    let candidates = selector.iter().flat_map(|(key, value)| {
        let rest: Labels = selector.iter().filter(|(other, _)| *other != key).map(owned).collect();
        // Pods that satisfy everything else: only they can show what this pair should be.
        let fitting: Vec<&&Labels> = pods.iter().filter(|pod| rest.is_empty() || selects(&rest, pod)).collect();
        replacements(key, value, &fitting, service)
            .into_iter()
            .map(move |(rank, closest)| (rank, NearMiss { pair: (key.clone(), value.clone()), closest, pods: 0 }))
    });
    let mut candidates: Vec<_> = candidates
        .map(|(rank, mut miss)| {
            let corrected = miss.corrected(selector);
            miss.pods = pods.iter().filter(|pod| selects(&corrected, pod)).count();
            (rank, miss)
        })
        .filter(|(_, miss)| miss.pods > 0)
        .collect();
    candidates.sort_by_key(|(rank, miss)| (*rank, std::cmp::Reverse(miss.pods), miss.closest.clone()));
    candidates.into_iter().next().map(|(_, miss)| miss)
}

/// Pairs that could stand in for `key=value`, with a rank: smaller is more likely.
fn replacements(key: &str, value: &str, pods: &[&&Labels], service: &str) -> Vec<(u8, (String, String))> {
    let mut found: BTreeMap<(String, String), u8> = BTreeMap::new();
    let mut offer = |rank: u8, key: &str, value: &str| {
        let entry = found.entry((key.to_owned(), value.to_owned())).or_insert(rank);
        *entry = (*entry).min(rank);
    };
    for (other, has) in pods.iter().flat_map(|pod| pod.iter()) {
        if other == key && has != value {
            // A near miss becomes a command that leads traffic to the Pods.
            let close = is_meant(value, has) && !similar(value, std::iter::once(has.as_str())).is_empty();
            if close {
                offer(1, other, has);
            } else if has == service {
                offer(2, other, has);
            }
        } else if other != key && has == value && ALIASES.contains(&key) && ALIASES.contains(&other.as_str()) {
            offer(0, other, has);
        }
    }
    found.into_iter().map(|(pair, rank)| (rank, pair)).collect()
}

fn owned((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

/// `key=value,key=value`.
pub fn show(selector: &Labels) -> String {
    let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        text.split(',').map(|pair| pair.split_once('=').unwrap()).map(|(k, v)| (k.into(), v.into())).collect()
    }

    fn closest(selector: &str, pods: &[&str]) -> Option<(String, String, usize)> {
        let pods: Vec<Labels> = pods.iter().map(|pod| labels(pod)).collect();
        let miss = near_miss(&labels(selector), &pods.iter().collect::<Vec<_>>(), "shop")?;
        Some((format!("{}={}", miss.pair.0, miss.pair.1), format!("{}={}", miss.closest.0, miss.closest.1), miss.pods))
    }

    #[test]
    fn the_failing_pair_and_its_replacement_are_named() {
        let found = |pair: &str, closest: &str, pods| Some((pair.to_owned(), closest.to_owned(), pods));
        for (selector, pods, wanted) in [
            ("app=wbe", vec!["app=web", "app=web"], found("app=wbe", "app=web", 2)),
            ("app=web", vec!["run=web"], found("app=web", "run=web", 1)),
            ("app=web,tier=frontend", vec!["app=web,tier=front-end"], found("tier=frontend", "tier=front-end", 1)),
            ("app=hello", vec!["app=hello-minikube"], found("app=hello", "app=hello-minikube", 1)),
            ("app=frontend", vec!["app=shop"], found("app=frontend", "app=shop", 1)),
            ("app=web", vec!["app=database"], None),
            // A short name is most of the way to any other short name.
            ("tier=web", vec!["tier=db"], None),
            ("app=mail", vec!["app=tail"], None),
            ("app=web", vec![], None),
            // Two pairs fail: no single correction exists, so none is offered.
            ("app=wbe,tier=fornt", vec!["app=web,tier=front"], None),
        ] {
            assert_eq!(closest(selector, &pods), wanted, "{selector} {pods:?}");
        }
    }
}
