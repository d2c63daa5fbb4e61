//! Is the node this computer, and whose is it?

use std::net::IpAddr;

use super::OnThisComputer;
use super::place::{Cluster, Member};
use crate::answers::{Asking, Seen};
use crate::environment::{Environment, Recognition, Situation};
use crate::fact::cluster::Node;
use crate::fact::host::Host;
use crate::fact::installed::{boot_id, installed};
use crate::report::{Certainty, Evidence, Fact, Source};

/// Addresses that every VM of a kind has inside: two VMs in user-mode networks cannot be
/// told apart by them. QEMU and VirtualBox (minikube `pkg/minikube/machine/machine.go:140-152`;
/// VirtualBox manual, "Network Address Translation"), Lima (lima-vm/lima docs, "VMNet
/// networks: default user-mode network"), gvisor-tap-vsock, which podman machine uses
/// (containers/gvisor-tap-vsock `cmd/gvproxy/main.go`).
const EVERYBODYS: [&str; 3] = ["10.0.2.15", "192.168.5.15", "192.168.127.2"];

impl Environment for OnThisComputer {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        let host = match &situation.host {
            Seen::Pending => return Recognition::Pending,
            // A kubelet of these tools runs on Linux; elsewhere theirs is in a VM.
            Seen::Known(host) if host.os == "linux" => host,
            _ => return Recognition::No,
        };
        match &situation.nodes {
            Seen::Pending => Recognition::Pending,
            Seen::Known(nodes) => self.by_nodes(asking, situation, host, nodes.iter().map(|node| &**node).collect()),
            Seen::Absent | Seen::Unavailable(_) => self.by_name(asking, situation, host),
        }
    }
}

impl OnThisComputer {
    /// The Nodes tell: one of them has an address of this computer.
    fn by_nodes(&self, asking: &Asking, situation: &Situation, host: &Host, nodes: Vec<&Node>) -> Recognition {
        let mut members = Vec::new();
        let mut own = None;
        for node in nodes {
            let is_own = match is_this_computer(asking, host, node) {
                Seen::Pending => return Recognition::Pending,
                seen => seen.known().is_some(),
            };
            if is_own && own.is_none() {
                own = Some(node);
            }
            members.push(Member {
                name: node.metadata.name.clone(),
                ip: node.internal_ip(),
                own: is_own,
                ready: node.is_ready(),
                runtime: node.kubeadm_socket().map(str::to_owned),
            });
        }
        let Some(own) = own else { return Recognition::No };
        let fingerprint = match self.0.fingerprint(asking, own) {
            Seen::Pending => return Recognition::Pending,
            Seen::Known(evidence) => evidence,
            Seen::Absent | Seen::Unavailable(_) => return Recognition::No,
        };
        members.sort_by_key(|member| !member.own);
        let because = vec![fingerprint, Evidence::new(Source::Interfaces, Fact::NodeIsThisComputer)];
        self.yes(situation, Certainty::Certain, because, Seen::Known(members))
    }

    /// The cluster itself cannot be asked. Names are everybody's, so they count only where
    /// the tool is installed here and the API server's address is this computer's own.
    fn by_name(&self, asking: &Asking, situation: &Situation, host: &Host) -> Recognition {
        let address = situation.server.address();
        let here = situation.server.is_loopback() || address.is_some_and(|ip| host.owns(ip));
        if !here || !self.0.is_named(situation) {
            return Recognition::No;
        }
        match installed(asking, self.0.trace()) {
            Seen::Pending => Recognition::Pending,
            Seen::Known(()) => {
                let name = situation.context.clone();
                let fact = Fact::InstalledHere { tool: self.0.name(), file: self.0.trace() };
                let because = vec![
                    Evidence::new(Source::Kubeconfig, Fact::ContextName { name }),
                    Evidence::new(Source::Files, fact),
                ];
                let why = situation.nodes.unavailable().cloned();
                let members = why.map_or(Seen::Absent, Seen::Unavailable);
                self.yes(situation, Certainty::Likely, because, members)
            }
            Seen::Absent | Seen::Unavailable(_) => Recognition::No,
        }
    }

    fn yes(
        &self,
        situation: &Situation,
        certainty: Certainty,
        because: Vec<Evidence>,
        members: Seen<Vec<Member>>,
    ) -> Recognition {
        Recognition::Yes(Box::new(Cluster {
            tool: self.0,
            certainty,
            because,
            members,
            server: situation.server.clone(),
            host: situation.host.known().cloned(),
        }))
    }
}

/// Whether a Node is this computer: its address is one of this computer's own. Where that
/// address is one that many VMs have, both have to be in the same run of one kernel as well.
fn is_this_computer(asking: &Asking, host: &Host, node: &Node) -> Seen<()> {
    let Some(ip) = node.internal_ip().filter(|ip| host.owns(*ip) && !ip.is_loopback()) else { return Seen::Absent };
    let everybodys = EVERYBODYS.iter().any(|shared| shared.parse::<IpAddr>() == Ok(ip));
    let of_node = &node.status.node_info.boot_id;
    // A private address may be another computer's somewhere else: the run of the kernel is not.
    // The kubelet reports the file's own content (seen with kind, whose nodes share the
    // kernel).
    match boot_id(asking) {
        Seen::Pending => Seen::Pending,
        Seen::Known(id) if !id.is_empty() && !of_node.is_empty() => {
            if *id == *of_node {
                Seen::Known(())
            } else {
                Seen::Absent
            }
        }
        _ if everybodys => Seen::Absent,
        _ => Seen::Known(()),
    }
}
