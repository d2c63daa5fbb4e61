//! podman machine: the VM that podman keeps outside of Linux.
//!
//! podman asks a program on this computer (gvproxy on macOS) to listen for what a container
//! publishes, when the container starts (containers/podman#10488), at the address that it is
//! published at. Its own list tells what was asked for, not whether somebody listens: lists
//! without a listener were reported (podman-desktop#3860). On Windows the machine is a
//! distribution of WSL, whose ports come to localhost alone (podman#19890).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use super::walls::taken::Listening;
use super::walls::{Opened, Passage, Port, Wall};
use super::{Blocked, Wanted};
use crate::answers::Asking;
use crate::diagnose::finding::Finding;
use crate::remedy::argv;
use crate::report::{Action, Argv, Boundary, BoundaryKind, Evidence, Fact, Hop, Remedy, Source, State};

const PRODUCT: &str = "podman machine";

/// The wall around podman, on the systems where it has one.
pub fn around(os: &str) -> Option<Rc<dyn Wall>> {
    let restart = || vec![argv(&["podman", "machine", "stop"]), argv(&["podman", "machine", "start"])];
    let gvproxy = || Listening { product: PRODUCT, own: &["gvproxy", "podman"], os: os.into(), restart: restart() };
    match os {
        "macos" => Some(Rc::new(Machine { gvproxy: Some(gvproxy()), restart: restart() })),
        "windows" => Some(Rc::new(Machine { gvproxy: None, restart: restart() })),
        _ => None,
    }
}

struct Machine {
    /// What listens, at the address that a port is published at. `None` on Windows: there every
    /// port is at localhost alone, and the names of what listens are not known.
    gvproxy: Option<Listening>,
    restart: Vec<Argv>,
}

impl Wall for Machine {
    fn boundary(&self) -> Boundary {
        Boundary { kind: BoundaryKind::Vm, name: PRODUCT.into(), state: "unknown".into() }
    }

    fn passage(&self, asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        let ip = match port.opened {
            Opened::Socket(ip) if self.gvproxy.is_some() => ip,
            _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let at = SocketAddr::new(ip, port.number);
        if let Some(taken) = self.gvproxy.as_ref().and_then(|own| own.taken(asking, wanted, port, at)) {
            return taken;
        }
        let fact = Fact::PortBroughtOut { product: PRODUCT, port: port.number };
        let hop = Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact));
        // IPv6 was not brought out (containers/podman#15140), and may be by now.
        let finding = Finding::PortNotBroughtOut { product: PRODUCT, port: port.number, sure: ip.is_ipv4() };
        let commands = self.restart.clone();
        let restart = Remedy { commands, ..Remedy::by_hand(Action::RestartProduct { product: PRODUCT }) };
        let remedies = wanted.port_forward().into_iter().chain([restart]).collect();
        Passage { hop, at: Some(at), blocked: Some(Blocked { finding, remedies }) }
    }
}
