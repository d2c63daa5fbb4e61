//! Routes and listeners of this computer. Nothing is sent.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::apart::apart;
use super::host::is_kept;
use crate::ask::{Observed, Why};
use crate::fact::host::{Listener, Route};

/// Where a packet to an address would go. Connecting a UDP socket makes the system look
/// its table up, and sends nothing.
pub(super) fn route(to: IpAddr) -> Observed {
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let source = || {
        let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
        socket.connect(SocketAddr::new(to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    super::value(&Route { source: source().filter(|ip| is_kept(*ip)), gateway: gateway(to) })
}

/// The gateway by the kernel's own table, a default route left out.
#[cfg(target_os = "linux")]
fn gateway(to: IpAddr) -> Option<IpAddr> {
    let IpAddr::V4(to) = to else { return None };
    best(&std::fs::read_to_string("/proc/net/route").ok()?, to)
}

/// Other systems have no file; the source address decides there.
#[cfg(not(target_os = "linux"))]
fn gateway(_to: IpAddr) -> Option<IpAddr> {
    None
}

/// The gateway of the longest prefix that holds an address, by `/proc/net/route` (proc(5)):
/// destination, gateway and mask are numbers in the byte order of the network, printed as
/// the machine's own.
pub(super) fn best(table: &str, to: Ipv4Addr) -> Option<IpAddr> {
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(|raw| u32::from_be_bytes(raw.to_ne_bytes()));
    let rows = table.lines().skip(1).filter_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        Some((number(cells.get(1)?)?, number(cells.get(2)?)?, number(cells.get(7)?)?))
    });
    let fitting = rows.filter(|(destination, _, mask)| *mask != 0 && u32::from(to) & mask == *destination);
    let (_, gateway, _) = fitting.max_by_key(|(_, _, mask)| *mask)?;
    (gateway != 0).then(|| Ipv4Addr::from(gateway).into())
}

/// The processes that listen on a TCP port where a connection to loopback arrives: another
/// address of this computer may have the same port for something else.
pub(super) async fn listeners(port: u16) -> Observed {
    let unreadable = |detail: String| Why::Unreadable { detail };
    // Other processes' files may be slow.
    let looked = apart(move || holders(port));
    let mut found = looked.await?.map_err(unreadable)?;
    found.sort_by_key(|listener| (listener.pid, listener.address));
    found.dedup();
    super::value(&found)
}

#[cfg(target_os = "linux")]
fn holders(port: u16) -> Result<Vec<Listener>, String> {
    super::holders::of(port).map_err(|error| error.to_string())
}

/// Other systems are asked for all listeners at once.
#[cfg(not(target_os = "linux"))]
fn holders(port: u16) -> Result<Vec<Listener>, String> {
    let all = listeners::get_all().map_err(|error| error.to_string())?;
    let of_port = all.into_iter().filter(|listener| {
        let ip = listener.socket.ip();
        let here = ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST;
        here && listener.socket.port() == port
            && listener.protocol == listeners::Protocol::TCP
            && listener.state == listeners::SocketState::Listen
    });
    let found = of_port.map(|listener| Listener {
        pid: listener.process.pid,
        name: listener.process.name,
        address: Some(listener.socket.ip()),
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_longest_prefix_wins_and_a_default_route_never() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            br-1\t0000600A\t0231A8C0\t0003\t0\t0\t0\t0000F0FF\t0\t0\t0\n\
            br-1\t0031A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        for (to, wanted) in [("10.106.182.143", Some("192.168.49.2")), ("192.168.49.2", None), ("10.244.0.5", None)] {
            assert_eq!(best(table, to.parse().unwrap()), wanted.map(|ip| ip.parse().unwrap()), "{to}");
        }
    }

    #[test]
    fn the_way_to_loopback_is_loopback() {
        let Ok(Some(crate::ask::Raw::Value(value))) = route(Ipv4Addr::LOCALHOST.into()) else { panic!("no route") };
        assert_eq!(value["source"], "127.0.0.1");
    }

    #[tokio::test]
    async fn a_listener_is_found_by_its_port() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let Ok(Some(crate::ask::Raw::Value(value))) = listeners(socket.local_addr().unwrap().port()).await else {
            panic!("could not look")
        };
        assert_eq!(value[0]["pid"], std::process::id());
        assert_eq!(value[0]["address"], "127.0.0.1");
    }
}
