//! From this computer on to a browser that is elsewhere.

use super::second::{self, Within};
use super::wsl::{self, Wsl};
use super::{Opened, Passage, Port, Wall};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, OwnAddress};
use crate::diagnose::finding::Finding;
use crate::environment::{Beyond, Blocked, Plan, Wanted, this_computer};
use crate::fact::engine::info;
use crate::fact::host::Host;
use crate::fact::wsl::{Mode, sockets};
use crate::report::{Evidence, Fact, Hop, NotProbed, RoadId, Source, State};
use crate::request::Viewer;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Docker Desktop, which listens on Windows itself, whatever distribution asks it.
const DESKTOP: &str = "Docker Desktop";

/// Where a road ends on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The address.
    pub at: SocketAddr,
    /// Who listens there.
    pub by: By,
}

/// Who listens where a road ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Something on this computer.
    Here,
    /// An engine, which may be one of Windows'.
    Engine(Engine),
    /// A product that keeps a VM beside this computer's.
    Product(&'static str),
}

/// Takes a road through the walls between this computer and the browser: today WSL2's. With
/// it a second way past them, for where the road does not get through.
pub fn to_viewer(
    asking: &Asking,
    wanted: &Wanted,
    host: Option<&Host>,
    wsl: Option<&Wsl>,
    mut plan: Plan,
) -> (Plan, Option<Plan>) {
    let (Some(Offer { at, by }), Some(wsl)) = (plan.offered.clone(), wsl) else { return (plan, None) };
    let desktop = match by {
        By::Product(product) => Some(product),
        By::Here => None,
        By::Engine(engine) => match info(asking, engine) {
            Seen::Pending => return (plan, None),
            Seen::Known(info) => info.is_desktop().then_some(DESKTOP),
            // Nobody knows on which side its ports are.
            Seen::Absent | Seen::Unavailable(_) => return (plan, None),
        },
    };
    if let Some(product) = desktop {
        if wanted.viewer == Viewer::Windows {
            on_windows(wanted, at.port(), product, &mut plan);
        }
        return (plan, None);
    }
    let by_rules = match plan.id {
        RoadId::NodeAddress => Opened::NodePort,
        RoadId::LoadBalancer => Opened::LoadBalancer,
        _ => Opened::HostPort,
    };
    let seen = sockets(asking, at.port());
    // What an engine publishes is a socket, so its sockets are those of another network: of its
    // own distribution's, or of another computer.
    if matches!((by, &seen), (By::Engine(_), Seen::Known(all)) if all.is_empty()) {
        return (plan, None);
    }
    let Some(opened) = wsl::opened(&seen, by_rules, at) else { return (plan, None) };
    // Shut here for another computer. Where nothing comes to this computer from there, that is
    // no matter: publishing it for all addresses would open nothing.
    if matches!(plan.blocked, Some(Blocked { finding: Finding::PublishedOnLoopbackOnly { .. }, .. })) {
        if !matches!(wsl.mode(), Some(Mode::Nat | Mode::None)) {
            return (plan, None);
        }
        plan.blocked = None;
        for hop in plan.hops.iter_mut().filter(|hop| hop.finding.is_some()) {
            (hop.state, hop.finding) = (State::Present, None);
        }
    }
    unlook(&mut plan, at);
    let given = Fact::LoadBalancerAddress { address: at.ip().to_string() };
    let of_balancer = plan.hops.iter_mut().find(|hop| hop.evidence.iter().any(|seen| seen.fact == given));
    let own = !at.ip().is_loopback() && host.is_some_and(|host| host.owns(at.ip()));
    if let Some(hop) = of_balancer.filter(|_| own) {
        hop.state = State::NotNeeded;
        hop.evidence.extend(this_computer::own_address(at.ip()).evidence);
    }
    if plan.hops.is_empty() {
        plan.hops.push(this_computer::own_address(at.ip()));
    }
    let Passage { hop, at: outside, blocked } = wsl.passage(asking, wanted, &Port { number: at.port(), opened });
    let closes = blocked.as_ref().filter(|_| wanted.viewer == Viewer::Windows);
    let second = closes
        .zip(host)
        .and_then(|(blocked, host)| second::way(wsl, host, wanted, &plan, &Within { at, sockets: &seen, blocked }));
    plan.hops.push(hop);
    match (outside.and_then(OwnAddress::loopback), blocked) {
        (Some(outside), Some(blocked)) => {
            // An address that this computer had once may be a stranger's by now.
            let own = at.ip().is_loopback() || host.is_some_and(|host| host.owns(at.ip()));
            plan.entry = Some(at);
            plan.stays_local = own;
            plan.beyond = Some(Beyond { at: outside, blocked, direct: false, second: false });
        }
        (None, Some(Blocked { finding, remedies })) => plan.block(finding, remedies),
        (_, None) => {}
    }
    (plan, second)
}

/// What a port that came out of the walls around its node is to a browser elsewhere. `by`
/// is who listens for it, where a wall may be between here and the browser.
pub fn from_elsewhere(wanted: &Wanted, outside: Option<SocketAddr>, by: Option<By>, plan: &mut Plan) {
    match (wanted.viewer, outside) {
        (Viewer::Lan, Some(at)) if at.ip().is_loopback() => {
            let finding = Finding::PublishedOnLoopbackOnly { host_port: at.port(), address: at.ip().to_string() };
            plan.entry = None;
            plan.block(finding, wanted.port_forward().into_iter().collect());
        }
        (Viewer::Lan | Viewer::Windows, Some(_)) => {
            plan.offered = plan.entry.take().zip(by).map(|(at, by)| Offer { at, by });
            plan.blocked = None;
            let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
            plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Request, fact)));
        }
        (Viewer::Here, _) | (_, None) => {}
    }
}

/// A port of a product that listens on Windows itself.
fn on_windows(wanted: &Wanted, port: u16, product: &'static str, plan: &mut Plan) {
    let at = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    unlook(plan, at);
    // It is brought to Windows, not to the distribution.
    let here = Fact::PortBroughtOut { product, port };
    plan.hops.retain(|hop| hop.evidence.iter().all(|seen| seen.fact != here));
    let fact = Fact::OnWindows { product, port };
    plan.hops.push(Hop::way_in(State::Unknown, Evidence::new(Source::Inference, fact)));
    let finding = Finding::PortNotBroughtOut { product, port, sure: true };
    let blocked = Blocked { finding, remedies: wanted.port_forward().into_iter().collect() };
    plan.blocked = Some(blocked.clone());
    plan.open(at);
    let outside = OwnAddress::loopback(at);
    plan.beyond = outside.map(|at| Beyond { at, blocked, direct: true, second: false });
}

/// Takes back that nobody looks there: now somebody does.
fn unlook(plan: &mut Plan, at: SocketAddr) {
    let elsewhere = Fact::NotProbed { why: NotProbed::OtherViewer };
    for hop in &mut plan.hops {
        hop.evidence.retain(|seen| seen.fact != elsewhere && seen.fact != Fact::OpenToOthers { at });
    }
    plan.hops.retain(|hop| !hop.evidence.is_empty());
}
