//! podman machine: the VM that podman keeps outside of Linux.
//!
//! podman asks a program on this computer (gvproxy on macOS) to listen for what a container
//! publishes, when the container starts (containers/podman#10488), at the address that it is
//! published at. Its own list tells what was asked for, not whether somebody listens: lists
//! without a listener were reported (podman-desktop#3860). On Windows the machine is a
//! distribution of WSL, whose ports come to localhost alone (podman#19890).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use super::walls::{Opened, Passage, Port, Wall};
use super::{Blocked, Wanted};
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::remedy::argv;
use crate::report::{Action, Boundary, BoundaryKind, Evidence, Fact, Hop, Remedy, Source, State};

const PRODUCT: &str = "podman machine";

/// The wall around podman, on the systems where it has one.
pub fn around(os: &str) -> Option<Rc<dyn Wall>> {
    let localhost_only = match os {
        "macos" => false,
        "windows" => true,
        _ => return None,
    };
    Some(Rc::new(Machine { localhost_only }))
}

struct Machine {
    /// Whether every port is at localhost alone, wherever it is published.
    localhost_only: bool,
}

impl Wall for Machine {
    fn boundary(&self) -> Boundary {
        Boundary { kind: BoundaryKind::Vm, name: PRODUCT.into(), state: "unknown".into() }
    }

    fn passage(&self, _asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        let ip = match port.opened {
            Opened::Socket(ip) if !self.localhost_only => ip,
            _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let fact = Fact::PortBroughtOut { product: PRODUCT, port: port.number };
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact));
        // IPv6 was not brought out (containers/podman#15140), and may be by now.
        let finding = Finding::PortNotBroughtOut { product: PRODUCT, port: port.number, sure: ip.is_ipv4() };
        let mut restart =
            Remedy::new(Action::RestartProduct { product: PRODUCT }, argv(&["podman", "machine", "stop"]));
        restart.commands.push(argv(&["podman", "machine", "start"]));
        let remedies = wanted.port_forward().into_iter().chain([restart]).collect();
        Passage { hop, at: Some(SocketAddr::new(ip, port.number)), blocked: Some(Blocked { finding, remedies }) }
    }
}
