//! Walls: what keeps the ports of a machine inside, and what brings some of them out.
//!
//! A node may be a VM, or a container in one, and that VM may be in another wall: WSL2 on
//! Windows. Each wall has rules of its own and knows nothing of what is inside: a port comes
//! to it as a [`Port`], and leaves as a socket on its outer side, which the next wall takes
//! for a port again. So kind in a colima VM and k3s in WSL2 are made of the same parts, and
//! no file is about a combination.

mod second;
pub mod taken;
pub mod viewer;
pub mod wsl;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use super::{Blocked, Plan, Wanted};
use crate::answers::Asking;
use crate::report::{Boundary, Evidence, Hop};

/// A port on the inner side of a wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its number there.
    pub number: u16,
    /// What opens it.
    pub opened: Opened,
}

/// What opens a port inside. A wall that watches sockets does not see the rules of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// A program that listens at this address, be it an engine for a container.
    Socket(IpAddr),
    /// Rules alone: the node port of a Service of type NodePort.
    NodePort,
    /// Rules alone: the port of a Service of type LoadBalancer.
    LoadBalancer,
    /// Rules alone: a Pod's hostPort.
    HostPort,
}

/// What becomes of a port at a wall.
pub struct Passage {
    /// The hop through the wall. Present where it is certain that the port comes out, unknown
    /// where that is only expected and a probe has to tell.
    pub hop: Hop,
    /// The address that listens for it on the outer side.
    pub at: Option<SocketAddr>,
    /// What keeps it inside; where it is expected outside, what is wrong if nothing listens
    /// there.
    pub blocked: Option<Blocked>,
}

/// One wall around a machine.
pub trait Wall {
    /// What it is.
    fn boundary(&self) -> Boundary;

    /// What ends that it stands still, where it is seen to, and what was seen.
    fn stopped(&self) -> Option<(Blocked, Option<Evidence>)> {
        None
    }

    /// What becomes of a port of its inside.
    fn passage(&self, asking: &Asking, wanted: &Wanted, port: &Port) -> Passage;
}

/// Takes a road through walls, from the inside out, one hop each: until one of them keeps the
/// port inside, or to where the last of them brings it. Returns the address that listens
/// there.
pub fn through(
    walls: &[Rc<dyn Wall>],
    asking: &Asking,
    wanted: &Wanted,
    port: Port,
    plan: &mut Plan,
) -> Option<SocketAddr> {
    let mut port = port;
    let mut outside = None;
    for wall in walls {
        let Passage { hop, at, blocked } = wall.passage(asking, wanted, &port);
        plan.hops.push(hop);
        let Some(at) = at else {
            plan.entry = None;
            match blocked {
                Some(Blocked { finding, remedies }) => plan.block(finding, remedies),
                None => plan.blocked = None,
            }
            return None;
        };
        plan.blocked = blocked;
        plan.open(entry(at));
        port = Port { number: at.port(), opened: Opened::Socket(at.ip()) };
        outside = Some(at);
    }
    outside
}

/// Where a client on the outer side connects to what listens at an address there.
pub fn entry(at: SocketAddr) -> SocketAddr {
    let ip = match at.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, at.port())
}
