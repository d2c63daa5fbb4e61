//! NetworkPolicies, as far as traffic into a Pod is concerned, and what a network plugin
//! may read.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Labels, Meta, PortRef};
use crate::fact::read::{Object, nullable};

/// A NetworkPolicy, without its egress rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkPolicy {
    /// Name and namespace.
    pub metadata: Meta,
    /// Whom it isolates, and what it lets in.
    pub spec: PolicySpec,
}

/// `NetworkPolicy.spec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicySpec {
    /// The Pods it isolates; empty selects all of its namespace.
    #[serde(deserialize_with = "nullable")]
    pub pod_selector: LabelSelector,
    /// Ingress, Egress or both; none means at least Ingress (S13).
    #[serde(deserialize_with = "nullable")]
    pub policy_types: Vec<String>,
    /// What is let in; none means nothing.
    #[serde(deserialize_with = "nullable")]
    pub ingress: Vec<IngressAllow>,
}

/// One rule of `ingress`: it admits what fits one of its peers and one of its ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressAllow {
    /// From where; none means from anywhere.
    #[serde(deserialize_with = "nullable")]
    pub from: Vec<Peer>,
    /// To which ports of the Pod; none means to all.
    #[serde(deserialize_with = "nullable")]
    pub ports: Vec<PolicyPort>,
}

/// One peer. Both selectors in one peer must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Peer {
    /// Pods; without a namespace selector those of the policy's own namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_selector: Option<LabelSelector>,
    /// Namespaces; without a Pod selector all of their Pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_block: Option<IpBlock>,
}

/// A range of addresses with holes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IpBlock {
    /// The range.
    pub cidr: String,
    /// The holes.
    #[serde(deserialize_with = "nullable")]
    pub except: Vec<String>,
}

/// A port of the Pod, or a range of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicyPort {
    /// TCP, UDP or SCTP; empty means TCP.
    #[serde(deserialize_with = "nullable")]
    pub protocol: String,
    /// Number, or name of a container port; none means all ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<PortRef>,
    /// The last port of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_port: Option<u16>,
}

/// A label selector. An empty one selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels that must be there with this value.
    #[serde(deserialize_with = "nullable")]
    pub match_labels: Labels,
    /// Further conditions; all must hold.
    #[serde(deserialize_with = "nullable")]
    pub match_expressions: Vec<Requirement>,
}

/// One condition of a label selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// In, NotIn, Exists or DoesNotExist.
    pub operator: String,
    /// Values for In and NotIn.
    #[serde(deserialize_with = "nullable")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Whether it selects something with these labels.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.holds(labels))
    }

    /// Whether it selects whatever there is, without a look at labels.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
}

impl Requirement {
    /// As apimachinery's `labels.Requirement.Matches`: NotIn holds without the label.
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

impl IpBlock {
    /// Whether it holds an address.
    pub fn holds(&self, ip: IpAddr) -> bool {
        within(&self.cidr, ip) && !self.except.iter().any(|hole| within(hole, ip))
    }

    /// Whether its addresses are of IPv6.
    pub fn is_ipv6(&self) -> Option<bool> {
        parse(&self.cidr).map(|(ip, _)| ip.is_ipv6())
    }

    /// Whether it holds every address of its family.
    pub fn holds_all(&self) -> bool {
        self.except.is_empty() && parse(&self.cidr).is_some_and(|(_, prefix)| prefix == 0)
    }
}

fn within(cidr: &str, ip: IpAddr) -> bool {
    match (parse(cidr), ip) {
        (Some((IpAddr::V4(net), prefix)), IpAddr::V4(ip)) => {
            let mask = u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0);
            u32::from(net) & mask == u32::from(ip) & mask
        }
        (Some((IpAddr::V6(net), prefix)), IpAddr::V6(ip)) => {
            let mask = u128::MAX.checked_shl(128 - prefix.min(128)).unwrap_or(0);
            u128::from(net) & mask == u128::from(ip) & mask
        }
        _ => false,
    }
}

fn parse(cidr: &str) -> Option<(IpAddr, u32)> {
    let (ip, prefix) = cidr.split_once('/')?;
    Some((ip.parse().ok()?, prefix.parse().ok()?))
}

impl Object for NetworkPolicy {
    const KIND: &'static str = "NetworkPolicy";
}

/// A ClusterRole: what a network plugin may read tells what it can act on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterRole {
    /// Name.
    pub metadata: Meta,
    /// Its rules.
    #[serde(deserialize_with = "nullable")]
    pub rules: Vec<RoleRule>,
}

/// One rule of a ClusterRole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleRule {
    /// Resources, by plural name.
    #[serde(deserialize_with = "nullable")]
    pub resources: Vec<String>,
}

impl Object for ClusterRole {
    const KIND: &'static str = "ClusterRole";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_blocks_and_fall_through_holes() {
        let block = IpBlock { cidr: "172.18.0.0/16".into(), except: vec!["172.18.0.1/32".into()] };
        for (ip, held) in [("172.18.0.2", true), ("172.18.0.1", false), ("172.19.0.2", false), ("fc00::1", false)] {
            assert_eq!(block.holds(ip.parse().unwrap()), held, "{ip}");
        }
        let all = IpBlock { cidr: "0.0.0.0/0".into(), ..IpBlock::default() };
        assert!(all.holds("8.8.8.8".parse().unwrap()) && all.holds_all() && all.is_ipv6() == Some(false));
        let holed = IpBlock { except: vec!["10.0.0.0/8".into()], ..all };
        assert!(!holed.holds_all() && !holed.holds("10.1.2.3".parse().unwrap()));
        let sixth = IpBlock { cidr: "fd00::/8".into(), ..IpBlock::default() };
        assert!(sixth.holds("fd12::1".parse().unwrap()) && !sixth.holds("10.0.0.1".parse().unwrap()));
        assert!(!IpBlock { cidr: "nonsense".into(), ..IpBlock::default() }.holds("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn null_and_missing_are_read_as_the_api_means_them() {
        let policy: NetworkPolicy = serde_json::from_str(
            r#"{"spec":{"podSelector":{},"ingress":[{"from":null,"ports":[{"port":80}]},
                {"from":[{"podSelector":{}},{"namespaceSelector":{},"podSelector":{"matchLabels":{"a":"b"}}}]}]}}"#,
        )
        .unwrap();
        assert!(policy.spec.ingress[0].from.is_empty() && policy.spec.ingress[1].ports.is_empty());
        let from = &policy.spec.ingress[1].from;
        assert!(from[0].pod_selector.as_ref().is_some_and(LabelSelector::is_empty));
        assert!(from[0].namespace_selector.is_none() && from[1].namespace_selector.is_some());
        // A recording says the same when it is read again.
        let again: NetworkPolicy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(again, policy);
    }
}
