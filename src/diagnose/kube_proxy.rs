//! kube-proxy on the node that traffic enters. Read only after the node refused.

use std::net::IpAddr;

use super::finding::Finding;
use super::{Objects, Scene};
use crate::answers::Seen;
use crate::ask::Why;
use crate::environment::Blocked;
use crate::fact::cluster::{
    DaemonSet, KubeProxyConfig, Node, Pod, ServicePort, kube_proxy, kube_proxy_config, kube_proxy_pods,
};
use crate::fact::host::holds;
use crate::fact::read::Shared;
use crate::report::{Action, Argv, Evidence, Fact, Remedy, Source, Subject, Unobserved};

/// What kube-proxy's own objects say about a node.
#[derive(Default)]
pub struct Look {
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// The static fact that explains a refusal, if there is one.
    pub cause: Option<Blocked>,
    /// How many Pods its DaemonSet wants; `None` where there is none or it cannot be read.
    pub desired: Option<u32>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
}

/// Looks for what keeps a node from serving a node port at an address of its own.
pub fn look(scene: &Scene, objects: &Objects, port: &ServicePort, node: &str, address: Option<IpAddr>) -> Look {
    let mut look = Look::default();
    let nodes = objects.nodes.known().map_or(&[][..], Vec::as_slice);
    match kube_proxy(scene.asking) {
        Seen::Known(proxy) => {
            let (desired, ready) = (proxy.status.desired_number_scheduled, proxy.status.number_ready);
            look.desired = Some(desired);
            look.evidence.push(Evidence::new(Source::Api("DaemonSet"), Fact::KubeProxy { desired, ready }));
            look.cause = if desired == 0 {
                Some(nowhere(scene, port, node, &proxy))
            } else if ready < desired || (desired as usize) < nodes.len() {
                pod_of(scene, nodes, node, &proxy, &mut look)
            } else {
                None
            };
        }
        // No fault: k3s has it in its own process, Cilium and others take its place, and
        // kind can be told to leave it out (kubeProxyMode none).
        Seen::Absent => {
            let k3s = nodes.iter().any(|own| own.metadata.name == node && own.is_k3s());
            look.evidence.push(Evidence::new(Source::Api("DaemonSet"), Fact::NoKubeProxy { k3s }));
            return look;
        }
        other => look.could_not(scene, "daemonsets.apps", "daemonset/kube-proxy", "get", other.unavailable()),
    }
    if look.cause.is_none() {
        look.cause = restricted(scene, nodes, node, address, &mut look);
    }
    look
}

impl Look {
    fn could_not(&mut self, scene: &Scene, plural: &'static str, object: &str, verb: &str, why: Option<&Why>) {
        let Some(why) = why else { return };
        let words: &[&str] = match why {
            Why::Forbidden { .. } => &["-n", "kube-system", "auth", "can-i", verb, plural],
            _ => &["-n", "kube-system", "get", object],
        };
        let settle = vec![scene.kubectl.cluster(words)];
        self.unobserved.push(Unobserved { what: Subject::Resource(plural), why: why.clone(), settle });
    }
}

fn system(scene: &Scene, words: &[&str]) -> Argv {
    scene.kubectl.cluster(&[&["-n", "kube-system"], words].concat())
}

fn restart(scene: &Scene) -> Remedy {
    Remedy::new(Action::RestartKubeProxy, system(scene, &["rollout", "restart", "daemonset/kube-proxy"]))
}

/// No node is to run it.
fn nowhere(scene: &Scene, port: &ServicePort, node: &str, proxy: &DaemonSet) -> Blocked {
    // kubeadm's own selector is kubernetes.io/os; any other label keeps kube-proxy away from
    // nodes that lack it.
    let foreign = proxy.spec.template.spec.node_selector.iter().find(|(key, _)| *key != "kubernetes.io/os");
    let selector = foreign.map(|(key, value)| format!("{key}={value}"));
    let remedy = match (foreign, &selector) {
        (Some((key, _)), Some(label)) => {
            let patch = format!(r#"{{"spec":{{"template":{{"spec":{{"nodeSelector":{{"{key}":null}}}}}}}}}}"#);
            let command = system(scene, &["patch", "daemonset", "kube-proxy", "--type=merge", "-p", &patch]);
            Remedy::new(Action::UnselectKubeProxy { label: label.clone() }, command)
        }
        _ => restart(scene),
    };
    let finding = Finding::NodePortNotServed {
        node_port: port.node_port,
        node: node.to_owned(),
        kube_proxy_desired: Some(0),
        selector,
    };
    Blocked { finding, remedies: vec![remedy] }
}

/// Not all of its Pods are well: is it the one of this node?
fn pod_of(scene: &Scene, nodes: &[Shared<Node>], node: &str, proxy: &DaemonSet, look: &mut Look) -> Option<Blocked> {
    let (desired, ready) = (proxy.status.desired_number_scheduled, proxy.status.number_ready);
    let pods = kube_proxy_pods(scene.asking);
    let finding = |pod: Option<&Pod>, reason: &str| Finding::KubeProxyNotReady {
        node: node.to_owned(),
        ready,
        desired,
        pod: pod.map(|pod| pod.metadata.name.clone()),
        reason: reason.to_owned(),
    };
    let Seen::Known(pods) = &pods else {
        look.could_not(scene, "pods", "pods", "list", pods.unavailable());
        // None is ready, so this node's is not.
        let remedies = vec![restart(scene)];
        return (ready == 0 && !pods.is_pending()).then(|| Blocked { finding: finding(None, ""), remedies });
    };
    // A node that Kubernetes knows by another name has a Pod that cannot be found here.
    nodes.iter().find(|known| known.metadata.name == node)?;
    let mut own = pods.iter().filter(|pod| pod.spec.node_name.as_deref() == Some(node)).peekable();
    if own.peek().is_none() {
        look.evidence.push(Evidence::new(Source::Api("Pods"), Fact::NoKubeProxyOn { node: node.to_owned() }));
        let describe = system(scene, &["describe", "daemonset", "kube-proxy"]);
        let remedies = vec![Remedy::new(Action::DescribeWorkload, describe)];
        return Some(Blocked { finding: finding(None, ""), remedies });
    }
    let own: Vec<&Shared<Pod>> = own.collect();
    if own.iter().any(|pod| pod.is_ready()) {
        return None;
    }
    let pod = own.first()?;
    let waiting = pod.status.container_statuses.iter().find_map(|container| container.state.waiting.as_ref());
    let reason = waiting.map_or_else(|| pod.status.phase.clone(), |waiting| waiting.reason.clone());
    let name = pod.metadata.name.clone();
    let state = Fact::PodState { pod: name.clone(), reason: reason.clone(), message: String::new() };
    look.evidence.push(Evidence::new(Source::Api("Pod"), state));
    let look = match reason.as_str() {
        "CrashLoopBackOff" | "Running" => Remedy::new(Action::ReadLogs, system(scene, &["logs", &name, "--tail=20"])),
        _ => Remedy::new(Action::DescribePod, system(scene, &["describe", "pod", &name])),
    };
    let remedies = vec![look, restart(scene)];
    Some(Blocked { finding: finding(Some(pod), &reason), remedies })
}

/// It runs, and serves node ports at other addresses of the node only.
fn restricted(
    scene: &Scene,
    nodes: &[Shared<Node>],
    node: &str,
    address: Option<IpAddr>,
    look: &mut Look,
) -> Option<Blocked> {
    let read = kube_proxy_config(scene.asking);
    look.could_not(scene, "configmaps", "configmap/kube-proxy", "get", read.unavailable());
    let map = read.known()?;
    let config = map.data.config.as_ref()?;
    let known = nodes.iter().find(|known| known.metadata.name == node)?;
    let own: Vec<IpAddr> = known
        .status
        .addresses
        .iter()
        .filter(|address| address.kind == "InternalIP")
        .filter_map(|address| address.address.parse().ok())
        .collect();
    let address = address.or_else(|| known.internal_ip())?;
    if serves(config, &own, address)? {
        return None;
    }
    let (mode, addresses) = (config.mode.clone(), config.node_port_addresses.clone().unwrap_or_default());
    let fact = Fact::NodePortAddresses { mode: mode.clone(), addresses: addresses.clone() };
    look.evidence.push(Evidence::new(Source::Api("ConfigMap"), fact));
    let edit = system(scene, &["edit", "configmap", "kube-proxy"]);
    let value = if mode == "nftables" { r#"["0.0.0.0/0"]"# } else { "null" };
    let mut remedy = Remedy::new(Action::EditNodePortAddresses { value }, edit);
    remedy.commands.extend(restart(scene).commands);
    let finding = Finding::NodePortAddressesRestrict { node: node.to_owned(), address, mode, addresses };
    Some(Blocked { finding, remedies: vec![remedy] })
}

/// Whether node ports are served at an address; `None` where the setting has words of
/// another version. Networks of the other family do not count, and a list without one of
/// this family is no list (kubernetes `pkg/proxy/util/nodeport_addresses.go`). Not set means
/// all addresses in iptables and ipvs, and `primary` in nftables (kubernetes#124383).
fn serves(config: &KubeProxyConfig, own: &[IpAddr], address: IpAddr) -> Option<bool> {
    let set = config.node_port_addresses.clone().unwrap_or_default();
    let primary = || own.contains(&address);
    if set.is_empty() {
        return Some(config.mode != "nftables" || primary());
    }
    if set.iter().any(|word| word == "primary") {
        return Some(primary());
    }
    let held: Option<Vec<bool>> = set
        .iter()
        .filter(|network| network.contains(':') != address.is_ipv4())
        .map(|network| holds(network, address))
        .collect();
    let held = held?;
    Some(held.is_empty() || held.contains(&true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(mode: &str, addresses: Option<&[&str]>) -> KubeProxyConfig {
        let addresses = addresses.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        KubeProxyConfig { mode: mode.into(), node_port_addresses: addresses }
    }

    #[test]
    fn where_node_ports_are_served() {
        let own: Vec<IpAddr> = vec!["172.18.0.2".parse().unwrap(), "fd00::2".parse().unwrap()];
        for (mode, set, address, wanted) in [
            // Not set: all, but for nftables the primary addresses.
            ("", None, "172.18.0.2", Some(true)),
            ("", None, "10.9.9.9", Some(true)),
            ("iptables", Some(&[][..]), "10.9.9.9", Some(true)),
            ("ipvs", None, "10.9.9.9", Some(true)),
            ("nftables", None, "172.18.0.2", Some(true)),
            ("nftables", None, "10.9.9.9", Some(false)),
            ("nftables", Some(&["0.0.0.0/0"][..]), "10.9.9.9", Some(true)),
            // Set.
            ("", Some(&["10.0.0.0/8"][..]), "172.18.0.2", Some(false)),
            ("", Some(&["10.0.0.0/8", "172.16.0.0/12"][..]), "172.18.0.2", Some(true)),
            ("", Some(&["primary"][..]), "172.18.0.2", Some(true)),
            ("", Some(&["primary"][..]), "fd00::2", Some(true)),
            ("", Some(&["primary"][..]), "10.9.9.9", Some(false)),
            ("", Some(&["primary", "localhost"][..]), "172.18.0.2", Some(true)),
            // Nothing of the family is nothing.
            ("", Some(&["fd00::/8"][..]), "172.18.0.2", Some(true)),
            ("", Some(&["10.0.0.0/8"][..]), "fd00::2", Some(true)),
            // Words of another version.
            ("", Some(&["secondary"][..]), "172.18.0.2", None),
        ] {
            assert_eq!(serves(&config(mode, set), &own, address.parse().unwrap()), wanted, "{mode} {set:?} {address}");
        }
    }
}
