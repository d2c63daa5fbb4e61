//! The wall between a WSL2 distribution and Windows, or another computer beyond it.
//!
//! WSL watches sockets, never rules of the kernel: a port comes out where a program listens
//! in the network namespace that all distributions share (microsoft/WSL @3e27a6a50: NAT lists
//! listening sockets every second, `src/linux/init/localhost.cpp:33`; mirrored and consomme
//! hook `bind`, `GnsPortTracker.cpp:383`). On Windows it is at loopback only
//! (`src/windows/wslrelay/localhost.cpp:239`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Opened, Passage, Port, Wall};
use crate::answers::{Asking, Seen};
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Wanted};
use crate::fact::reserved::Range;
use crate::fact::wsl::{Mode, Wsl as Distribution};
use crate::remedy::argv;
use crate::report::{Action, Argv, Boundary, BoundaryKind, Evidence, Fact, Hop, NotProbed, Remedy, Source, State};
use crate::request::Viewer;

/// The wall around a distribution.
pub struct Wsl(pub Distribution);

impl Wsl {
    /// The mode, if it is known.
    pub fn mode(&self) -> Option<Mode> {
        self.0.mode.known().copied()
    }

    /// What is known of the wall itself, whatever the port.
    fn hop(&self, state: State, fact: Fact) -> Hop {
        let mut hop = Hop::way_in(state, Evidence::new(Source::Wsl, fact));
        // What counts is what WSL says. The file may ask for what this Windows cannot do, for
        // what a policy forbids, or for what waits for a restart (`WslCoreVm.cpp:2924`).
        let asked = self.0.settings.as_ref().and_then(|settings| settings.mode);
        if let (Some(now), Some(asked)) = (self.mode(), asked)
            && now != asked
        {
            hop.evidence.push(Evidence::new(Source::Wsl, Fact::WslModeDiffers { now, asked }));
        }
        hop
    }

    fn shut(&self, fact: Fact, finding: Finding, remedies: Vec<Remedy>) -> Passage {
        Passage { hop: self.hop(State::Missing, fact), at: None, blocked: Some(Blocked { finding, remedies }) }
    }

    /// Where a listener at an address of the distribution is on Windows' loopback.
    fn outside(&self, ip: IpAddr, port: u16) -> Option<SocketAddr> {
        let v6 = || SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match (ip, self.mode()) {
            // The kernel takes those of IPv4 there too.
            (IpAddr::V6(ip), Some(Mode::Mirrored)) => ip.is_unspecified().then_some(v4),
            // One family, one listener: the relay keeps them apart (`wslrelay/localhost.cpp:98`).
            (IpAddr::V6(ip), Some(Mode::Nat | Mode::Bridged)) => (ip.is_unspecified() || ip.is_loopback()).then(v6),
            (IpAddr::V6(ip), _) => (ip.is_unspecified() || ip.is_loopback()).then_some(v4),
            // No other address of loopback, either.
            (IpAddr::V4(ip), _) => (ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST).then_some(v4),
        }
    }

    /// A port that rules of the kernel serve, with no program that listens.
    fn by_rules(&self, wanted: &Wanted, port: u16) -> Passage {
        let mode = self.mode();
        let sure = matches!(mode, Some(Mode::Nat | Mode::Bridged | Mode::Consomme));
        let fact = Fact::WslSeesNoSocket { port };
        let finding = Finding::WslSeesNoSocket { port, mode, sure };
        let remedies: Vec<Remedy> = wanted.port_forward().into_iter().collect();
        if sure {
            return self.shut(fact, finding, remedies);
        }
        // No source says that it comes out, and none that it never does: Windows tells.
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let blocked = Some(Blocked { finding, remedies });
        Passage { hop: self.hop(State::Unknown, fact), at: Some(at), blocked }
    }

    /// A port that a program listens on.
    fn by_socket(&self, wanted: &Wanted, ip: IpAddr, port: u16) -> Passage {
        let Some(at) = self.outside(ip, port) else {
            let sure = match self.mode() {
                Some(Mode::Nat | Mode::Bridged) => true,
                // Never over ::1 (`NetworkManager.cpp:396`).
                Some(Mode::Mirrored) => ip.is_loopback() && ip.is_ipv6(),
                _ => false,
            };
            let finding = Finding::WslAddressNotForwarded { port, address: ip, sure };
            let remedies = wanted.port_forward().into_iter().collect();
            return self.shut(Fact::WslListens { port, address: ip }, finding, remedies);
        };
        let mut hop = self.hop(State::Unknown, Fact::WslBringsOut { mode: self.mode(), at });
        let settings = self.0.settings.as_ref();
        let off = settings.is_some_and(|settings| settings.forwarding == Some(false));
        let blocked = if off && matches!(self.mode(), Some(Mode::Nat | Mode::Bridged | Mode::Consomme)) {
            hop.evidence.insert(0, Evidence::new(Source::Wsl, Fact::WslForwardingOff));
            let finding = Finding::WslForwardingOff { port };
            Blocked { finding, remedies: vec![setting("localhostForwarding=true")] }
        } else {
            let finding = Finding::WslPortNotForwarded { port, refused: true };
            Blocked { finding, remedies: who_has(port).into_iter().chain([restart()]).collect() }
        };
        Passage { hop, at: Some(at), blocked: Some(blocked) }
    }

    /// The way on to another computer.
    fn to_lan(&self, port: &Port) -> Passage {
        let number = port.number;
        match self.mode() {
            Some(Mode::Nat) => {
                let to_all = !matches!(port.opened, Opened::Socket(ip) if !ip.is_unspecified());
                let own = self.0.address.filter(|_| to_all);
                let fact = Fact::WslLoopbackOnly { port: number };
                self.shut(fact, Finding::WslHiddenFromLan { port: number }, vec![proxy(number, own)])
            }
            Some(Mode::Mirrored) => {
                let fact = Fact::WslFirewall;
                self.shut(fact, Finding::WslFirewall { port: number }, vec![firewall_rule(number)])
            }
            _ => self.unknown(),
        }
    }

    fn unknown(&self) -> Passage {
        let fact = Fact::NotProbed { why: NotProbed::OtherViewer };
        Passage { hop: self.hop(State::Unknown, fact), at: None, blocked: None }
    }
}

impl Wall for Wsl {
    fn boundary(&self) -> Boundary {
        let name = self.0.distro.clone().unwrap_or_else(|| "WSL2".into());
        Boundary { kind: BoundaryKind::Wsl, name, state: "running".into() }
    }

    fn passage(&self, _asking: &Asking, wanted: &Wanted, port: &Port) -> Passage {
        let number = port.number;
        match (self.mode(), wanted.viewer, port.opened) {
            _ if self.0.mode.is_pending() => self.unknown(),
            (Some(Mode::None), ..) => {
                let remedies = vec![setting("networkingMode=nat")];
                self.shut(Fact::WslWithoutNetwork, Finding::WslWithoutNetwork { port: number }, remedies)
            }
            (_, Viewer::Lan, _) => self.to_lan(port),
            // The relay lists sockets of TCP alone (`src/linux/init/localhost.cpp:39`).
            (Some(Mode::Nat | Mode::Bridged), ..) if !wanted.port.is_tcp() => {
                let remedies = vec![mirror()];
                self.shut(Fact::WslCarriesTcpOnly, Finding::WslCarriesTcpOnly { port: number }, remedies)
            }
            _ if !wanted.port.is_tcp() => self.unknown(),
            (_, _, Opened::Socket(ip)) => self.by_socket(wanted, ip, number),
            (_, _, Opened::NodePort | Opened::LoadBalancer | Opened::HostPort) => self.by_rules(wanted, number),
        }
    }
}

/// What opens a port, by the sockets that are seen: the one that brings it furthest.
pub fn opened(seen: &Seen<std::rc::Rc<Vec<IpAddr>>>, else_by: Opened, at: SocketAddr) -> Option<Opened> {
    let rank = |ip: &&IpAddr| (!(ip.is_unspecified() || **ip == IpAddr::V4(Ipv4Addr::LOCALHOST)), ip.is_ipv6());
    match seen {
        Seen::Pending => None,
        Seen::Known(sockets) => Some(sockets.iter().min_by_key(rank).map_or(else_by, |ip| Opened::Socket(*ip))),
        // Whatever listens there, Windows tells.
        Seen::Absent | Seen::Unavailable(_) if at.ip().is_loopback() => Some(Opened::Socket(at.ip())),
        Seen::Absent | Seen::Unavailable(_) => Some(else_by),
    }
}

/// Who has a port on Windows, and whether Windows keeps it for itself.
pub fn who_has(port: u16) -> Vec<Remedy> {
    let listeners = format!("Get-NetTCPConnection -State Listen -LocalPort {port}");
    let who = argv(&["powershell.exe", "-NoProfile", "-Command", &listeners]);
    let ranges = argv(&["netsh.exe", "interface", "ipv4", "show", "excludedportrange", "protocol=tcp"]);
    vec![Remedy { commands: vec![who, ranges], ..Remedy::new(Action::ShowWindowsPort { port }, Argv::new()) }]
}

/// A port that Windows keeps for itself (docker/for-win#3171; docker/docs#15452): it is taken
/// out of the ranges, which are drawn again when the service starts.
pub fn reserved(port: u16, Range { first, last }: Range) -> Blocked {
    let start = format!("startport={port}");
    let add = ["netsh", "int", "ipv4", "add", "excludedportrange", "protocol=tcp", &start, "numberofports=1"];
    let commands = vec![argv(&["net", "stop", "winnat"]), argv(&add), argv(&["net", "start", "winnat"])];
    let free = Remedy { commands, ..Remedy::new(Action::FreeReservedPort, Argv::new()) }.privileged();
    Blocked { finding: Finding::WindowsReservesPort { port, first, last }, remedies: vec![free] }
}

/// What docker publishes, in mirrored mode: an engine without moby#48075 leads packets that come
/// from Windows on into the container with a source of 127.0.0.1, and no answer comes back.
pub fn docker_in_mirrored(port: u16) -> Blocked {
    let look = Remedy::new(Action::ShowEngineVersion, argv(&["docker", "version"]));
    let finding = Finding::DockerInMirroredWsl { port };
    Blocked { finding, remedies: vec![look, setting("networkingMode=nat")] }
}

fn shutdown() -> Argv {
    argv(&["wsl.exe", "--shutdown"])
}

fn restart() -> Remedy {
    Remedy::new(Action::RestartWsl, shutdown())
}

/// Lets Windows and the distribution have one loopback.
pub fn mirror() -> Remedy {
    setting("networkingMode=mirrored")
}

/// A line of the section `[wsl2]`, which counts after a restart.
fn setting(line: &'static str) -> Remedy {
    Remedy::new(Action::SetWslSetting { line }, shutdown())
}

/// learn.microsoft.com, "Accessing network applications with WSL". The relay's own listener
/// is at 127.0.0.1: the proxy must not take that.
fn proxy(port: u16, own: Option<IpAddr>) -> Remedy {
    let (listen, to) = match own {
        Some(ip) => ("0.0.0.0".to_owned(), ip.to_string()),
        None => ("LAN-ADDRESS".to_owned(), "127.0.0.1".to_owned()),
    };
    let pairs = [
        format!("listenaddress={listen}"),
        format!("listenport={port}"),
        format!("connectaddress={to}"),
        format!("connectport={port}"),
    ];
    let proxy = argv(&["netsh", "interface", "portproxy", "add", "v4tov4"]).into_iter().chain(pairs).collect();
    let name = format!("netpath-{port}");
    let rule = ["New-NetFirewallRule", "-DisplayName", &name, "-Direction", "Inbound", "-Action", "Allow"];
    let rule = argv(&rule).into_iter().chain(argv(&["-Protocol", "TCP", "-LocalPort", &port.to_string()])).collect();
    let remedy = Remedy::new(Action::ProxyOnWindows { moves: own.is_some() }, Argv::new());
    Remedy { commands: vec![proxy, rule], ..remedy }.privileged()
}

/// The id of WSL's VMs: `WslCoreNetworkingSupport.h:139`.
fn firewall_rule(port: u16) -> Remedy {
    const WSL: &str = "{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}";
    let name = format!("netpath-{port}");
    let rule = ["New-NetFirewallHyperVRule", "-Name", &name, "-DisplayName", &name, "-Direction", "Inbound"];
    let rest = ["-VMCreatorId", WSL, "-Protocol", "TCP", "-LocalPorts", &port.to_string()];
    let rule = argv(&rule).into_iter().chain(argv(&rest)).collect();
    Remedy::new(Action::AllowInHyperV, rule).privileged()
}
