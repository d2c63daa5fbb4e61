//! The wall around a VM of the family: Lima's host agent, which listens on this computer
//! for what the guest agent reports.
//!
//! The agent reports what listens in the VM's own network, and for each Service of type
//! NodePort its node port, of type LoadBalancer its own port, at 0.0.0.0
//! (lima-vm/lima @183a60d7 `pkg/guestagent/kubernetesservice/kubernetesservice.go:196-235`). For
//! the Services it runs kubectl inside since 2.1, which may be missing (rancher-desktop#10525).
//! So a forward is expected, never certain: a probe tells.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use super::holder::{Holder, Other, at_localhost, holder};
use super::product::{Product, config_file, home};
use super::rules::{Decision, decide};
use super::vm::Machine;
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::walls::taken::{is_visible, other_node_port};
use crate::environment::walls::{Opened, Passage, Port, Wall, entry};
use crate::environment::{Blocked, Wanted};
use crate::fact::lima::{Log, colima_config, first_free_port, forwarding_log, lima_instances};
use crate::remedy::argv;
use crate::report::{Action, Boundary, BoundaryKind, Evidence, Fact, Hop, Remedy, Source, State, Subject};
use crate::request::Viewer;

/// Ports below need privileges, unless Linux was told otherwise.
pub(super) const PRIVILEGED: u16 = 1024;

/// What brings the ports of a VM out.
pub(super) struct Forwarding(pub(super) Rc<Machine>);

impl Wall for Forwarding {
    fn boundary(&self) -> Boundary {
        let state = match &self.0.seen {
            Seen::Known(instance) => instance.status.to_ascii_lowercase(),
            Seen::Absent => "absent".into(),
            Seen::Pending | Seen::Unavailable(_) => "unknown".into(),
        };
        Boundary { kind: BoundaryKind::Vm, name: self.0.shown().to_owned(), state }
    }

    fn stopped(&self) -> Option<(Blocked, Option<Evidence>)> {
        Some((self.0.stopped()?, self.0.said()))
    }

    fn passage(&self, asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        if let Some(blocked) = self.0.stopped() {
            let state = self.0.seen.known().map(|instance| instance.status.clone()).unwrap_or_default();
            return shut(Source::Lima, Fact::VmInstance { name: self.0.shown().to_owned(), status: state }, blocked);
        }
        let protocol = if wanted.port.is_tcp() { "tcp".into() } else { wanted.port.protocol.to_ascii_lowercase() };
        let product = self.0.product.name();
        if protocol != "tcp"
            && let Some(passage) = self.without_tcp(asking, &protocol, port.number)
        {
            return passage;
        }
        let guest = match port.opened {
            Opened::Socket(ip) => ip,
            Opened::NodePort | Opened::LoadBalancer | Opened::HostPort => Ipv4Addr::UNSPECIFIED.into(),
        };
        let instance = match &self.0.seen {
            Seen::Known(instance) => instance,
            seen => {
                let at = SocketAddr::new(self.0.product.usual_address(), port.number);
                let mut hop = self.expected(at, Source::Inference);
                hop.evidence.extend(seen.unavailable().map(|why| {
                    let fact = Fact::CouldNotLook { what: Subject::LimaInstances, why: why.clone() };
                    Evidence::new(Source::Lima, fact)
                }));
                return self.out(asking, wanted, port, at, hop);
            }
        };
        let number = port.number;
        match decide(instance, SocketAddr::new(guest, number), &protocol) {
            Decision::Out(at) => self.out(asking, wanted, port, at, self.expected(at, Source::Lima)),
            Decision::Ignored(rule) => {
                let finding = Finding::VmForwardIgnored { product, vm: self.0.shown().to_owned(), port: number, rule };
                let around = self.forward(instance, number, number).filter(|_| rule.is_some());
                let remedies = around.into_iter().chain(wanted.port_forward()).collect();
                shut(Source::Lima, Fact::VmForwardIgnored { port: number, rule }, Blocked { finding, remedies })
            }
            Decision::Unmatched => {
                let finding = Finding::VmAddressNotForwarded { product, address: guest, port: number };
                let remedies = wanted.port_forward().into_iter().collect();
                shut(
                    Source::Lima,
                    Fact::VmAddressNotForwarded { address: guest, port: number },
                    Blocked { finding, remedies },
                )
            }
            Decision::Unreported => {
                let vm = self.0.shown().to_owned();
                let finding = Finding::VmPlain { product, vm: vm.clone(), port: number };
                let remedies =
                    self.forward(instance, number, number).into_iter().chain(wanted.port_forward()).collect();
                shut(Source::Lima, Fact::VmPlain { vm }, Blocked { finding, remedies })
            }
        }
    }
}

impl Forwarding {
    fn expected(&self, at: SocketAddr, source: Source) -> Hop {
        let fact = Fact::VmForward { product: self.0.product.name(), at };
        Hop::way_in(State::Unknown, Evidence::new(source, fact))
    }

    /// The rules bring it out: what may be wrong if nothing listens there, or somebody else.
    fn out(&self, asking: &Asking, wanted: &Wanted, port: &Port, at: SocketAddr, mut hop: Hop) -> Passage {
        let product = self.0.product.name();
        if let Some(first) = self.too_low(asking, at.port()) {
            let finding = Finding::LowPortNotForwarded { product, port: at.port(), first };
            let fact = Fact::FirstFreePort { first };
            let sysctl = format!("net.ipv4.ip_unprivileged_port_start={}", at.port());
            let mut lower =
                Remedy::new(Action::LowerFirstPort { port: at.port() }, argv(&["sudo", "sysctl", "-w", &sysctl]));
            // A listen that failed is not tried again (`pkg/guestagent/guestagent_linux.go:64-110`).
            lower.commands.extend(self.0.restart());
            let remedies = wanted.port_forward().into_iter().chain([lower.privileged()]).collect();
            return shut(Source::Files, fact, Blocked { finding, remedies });
        }
        // Another computer sees other sockets than loopback's.
        let here = wanted.viewer == Viewer::Here && wanted.port.is_tcp() && is_visible(at);
        let holder = if here { holder(asking, &self.0, entry(at)) } else { Holder::Own };
        if let Holder::Other(other) = &holder {
            return self.taken(wanted, port, at, other);
        }
        let log = match holder {
            Holder::Unseen => self.log(asking, port, at),
            _ => None,
        };
        if let Some(log) = &log {
            let fact = Fact::VmLog { product, told: log.told, failed: log.failed };
            hop.evidence.insert(0, Evidence::new(Source::LimaLog, fact));
        }
        hop.evidence.extend(at_localhost(asking, entry(at)).filter(|_| here));
        if let Some(why) = log.as_ref().and_then(|log| log.failed) {
            let finding = Finding::VmListenFailed {
                product,
                vm: self.0.shown().to_owned(),
                port: at.port(),
                why,
                answered: false,
            };
            let [stop, start] = self.0.restart();
            let mut restart = Remedy::new(Action::RestartVm, stop);
            restart.commands.push(start);
            let remedies = std::iter::once(restart).chain(wanted.port_forward()).collect();
            return Passage { hop, at: Some(at), blocked: Some(Blocked { finding, remedies }) };
        }
        let told = log.map(|log| log.told);
        let finding = match port.opened {
            Opened::Socket(_) => Finding::PortNotBroughtOut { product, port: at.port(), sure: true },
            Opened::HostPort if told == Some(true) => {
                Finding::PortNotBroughtOut { product, port: at.port(), sure: true }
            }
            Opened::HostPort => {
                hop.evidence
                    .insert(0, Evidence::new(Source::Inference, Fact::VmHostPort { product, port: port.number }));
                hop.evidence.retain(|seen| !matches!(seen.fact, Fact::VmForward { .. }));
                Finding::VmHostPortNotForwarded { product, port: port.number }
            }
            Opened::NodePort | Opened::LoadBalancer => Finding::VmServiceNotForwarded {
                product,
                vm: self.0.shown().to_owned(),
                port: at.port(),
                told,
                answered: false,
            },
        };
        let look = self.look(port.opened, told);
        let by_rule = self.0.seen.known().filter(|_| told != Some(true) && !matches!(port.opened, Opened::Socket(_)));
        let by_rule = by_rule.and_then(|instance| self.forward(instance, port.number, at.port()));
        // A kubectl alone would not do there.
        let remedies = if self.0.unseen { [by_rule, look] } else { [look, by_rule] };
        let remedies = remedies.into_iter().flatten().chain(wanted.port_forward()).collect();
        Passage { hop, at: Some(at), blocked: Some(Blocked { finding, remedies }) }
    }

    /// Somebody else has the port, and whatever it answers is not the Service's answer.
    fn taken(&self, wanted: &Wanted, port: &Port, at: SocketAddr, other: &Other) -> Passage {
        let finding = other.finding(self.0.product, at.port());
        let mut remedies = Vec::new();
        let next = port.number.wrapping_add(1);
        let out = self.0.seen.known().map(|instance| decide(instance, (Ipv4Addr::UNSPECIFIED, next).into(), "tcp"));
        let outside = match out {
            Some(Decision::Out(at)) => Some(at.port()),
            Some(_) => None,
            None => Some(next),
        };
        remedies.extend(outside.and_then(|host_port| other_node_port(wanted, port, next, host_port)));
        let instance = self.0.seen.known().filter(|_| port.opened != Opened::NodePort);
        let free = wanted.kubectl.local_port(at.port().saturating_add(1));
        remedies.extend(other.free(&self.0));
        remedies.extend(instance.and_then(|instance| self.forward(instance, port.number, free)));
        remedies.extend(wanted.port_forward_beside(at.port()));
        let mut hop = Hop::way_in(State::Missing, other.seen(at.port()));
        hop.evidence.push(Evidence::new(Source::Lima, Fact::VmForward { product: self.0.product.name(), at }));
        Passage { hop, at: None, blocked: Some(Blocked { finding, remedies }) }
    }

    /// What the host agent wrote down about a port, where it says anything certain: a log that
    /// was read in part says nothing by its silence.
    fn log(&self, asking: &Asking, port: &Port, at: SocketAddr) -> Option<Log> {
        self.0.seen.known()?;
        let log = forwarding_log(asking, self.0.home.as_deref(), &self.0.name, port.number, at.port());
        log.known().map(|log| (**log).clone()).filter(|log| log.told || log.whole)
    }

    /// macOS lets everybody listen below 1024 at all addresses, and Lima makes use of that
    /// (lima-vm/lima @183a60d7 `pkg/hostagent/port_darwin.go:34-80`); on Linux it is refused and
    /// no more than a line in a log (`pkg/portfwd/listener.go:168-206`).
    fn too_low(&self, asking: &Asking, port: u16) -> Option<u16> {
        if self.0.os != "linux" || port >= PRIVILEGED {
            return None;
        }
        first_free_port(asking).known().map(|first| **first).filter(|first| port < *first)
    }

    /// The ssh forwarder carries TCP only. colima asks for it unless told otherwise, Rancher
    /// Desktop has a setting that nobody reads here; Lima's own default has carried UDP since
    /// 1.1 (lima-vm/lima @183a60d7 `pkg/hostagent/hostagent.go:953-974`).
    fn without_tcp(&self, asking: &Asking, protocol: &str, port: u16) -> Option<Passage> {
        let product = self.0.product.name();
        let config = config_file(self.0.home.as_deref(), &self.0.name);
        let forwarder = match self.0.product {
            Product::Colima => colima_config(asking, &config).known().map(|config| config.port_forwarder.clone()),
            Product::Lima | Product::RancherDesktop => None,
        };
        let is_ssh = forwarder.as_deref().is_some_and(|forwarder| forwarder.is_empty() || forwarder == "ssh");
        if protocol != "udp" || is_ssh {
            let finding = Finding::VmProtocolNotForwarded { product, protocol: protocol.to_ascii_uppercase(), port };
            let mut remedies = Vec::new();
            if protocol == "udp" {
                let command = self.0.product.command(&["start"], &self.0.name, &["--port-forwarder", "grpc"]);
                let mut grpc = Remedy::new(Action::ForwardByGrpc, self.0.product.stop(&self.0.name));
                grpc.commands.push(command);
                remedies.push(grpc);
            }
            let fact = Fact::VmProtocol { product, protocol: protocol.to_ascii_uppercase() };
            return Some(shut(Source::Files, fact, Blocked { finding, remedies }));
        }
        None
    }
}

/// The port stays inside.
fn shut(source: Source, fact: Fact, blocked: Blocked) -> Passage {
    let hop = Hop::way_in(State::Missing, Evidence::new(source, fact));
    Passage { hop, at: None, blocked: Some(blocked) }
}

/// The wall around an engine whose socket a VM of the family shows on this computer:
/// `INSTANCE/sock/docker.sock` (lima-vm/lima @183a60d7 `templates/docker.yaml:70-78`),
/// `PROFILE/docker.sock` below colima's directory, `~/.rd/docker.sock` (rancher-desktop
/// @d048437 `pkg/rancher-desktop/backend/lima.ts:741`).
pub fn of_socket(asking: &Asking, socket: &str, os: &str) -> Seen<Option<Rc<dyn Wall>>> {
    let Some((product, name)) = owner(socket) else { return Seen::Known(None) };
    let home = match (product, socket.strip_suffix("/sock/docker.sock")) {
        (Product::Lima, Some(directory)) => Some(directory.rsplit_once('/').unwrap_or_default().0.to_owned()),
        _ => match home(asking, product, &name, os) {
            Seen::Pending => return Seen::Pending,
            seen => seen.known().cloned().flatten(),
        },
    };
    let seen = match lima_instances(asking, home.as_deref()) {
        Seen::Pending => return Seen::Pending,
        Seen::Known(all) => all.find(|instance| instance.name == name),
        Seen::Absent => Seen::Absent,
        Seen::Unavailable(why) => Seen::Unavailable(why),
    };
    let machine = Machine { product, name, home, seen, os: os.to_owned(), k3s: None, unseen: false };
    Seen::Known(Some(Rc::new(Forwarding(Rc::new(machine)))))
}

/// Whose socket it is, and the VM's name in Lima's list.
fn owner(socket: &str) -> Option<(Product, String)> {
    if socket == "~/.rd/docker.sock" {
        return Some((Product::RancherDesktop, "0".into()));
    }
    let colimas = |directory: &str| ["/.colima", "/colima"].iter().any(|end| directory.ends_with(end));
    if let Some(directory) = socket.strip_suffix("/docker.sock") {
        // The link for the default profile of older versions.
        if colimas(directory) {
            return Some((Product::Colima, "colima".into()));
        }
        if let Some((_, profile)) = directory.rsplit_once('/').filter(|(home, _)| colimas(home)) {
            let name = if profile == "default" { "colima".into() } else { format!("colima-{profile}") };
            return Some((Product::Colima, name));
        }
        if let Some((home, name)) = directory.strip_suffix("/sock").and_then(|directory| directory.rsplit_once('/'))
            && home.ends_with("/.lima")
        {
            return Some((Product::Lima, name.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_names_its_vm() {
        for (socket, wanted) in [
            ("~/.lima/docker/sock/docker.sock", Some((Product::Lima, "docker"))),
            ("~/.colima/default/docker.sock", Some((Product::Colima, "colima"))),
            ("~/.colima/dev/docker.sock", Some((Product::Colima, "colima-dev"))),
            ("~/.colima/docker.sock", Some((Product::Colima, "colima"))),
            ("~/.config/colima/default/docker.sock", Some((Product::Colima, "colima"))),
            ("~/.rd/docker.sock", Some((Product::RancherDesktop, "0"))),
            ("/var/run/docker.sock", None),
            ("~/.docker/run/docker.sock", None),
            ("~/.orbstack/run/docker.sock", None),
            ("~/docker.sock", None),
        ] {
            let own = owner(socket);
            assert_eq!(own.as_ref().map(|(product, name)| (*product, name.as_str())), wanted, "{socket}");
        }
    }
}
