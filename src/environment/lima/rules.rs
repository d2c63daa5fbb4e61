//! Which ports of a VM Lima's host agent brings out, and where.
//!
//! The guest agent reports an address and a port; the first rule that fits decides. In
//! front of the user's rules are two that keep ssh inside, behind them one for everything
//! that listens on loopback (lima-vm/lima @183a60d7 `pkg/hostagent/port.go:33-131`, and the
//! same for gRPC in `pkg/portfwd/forward.go:92-131`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::fact::lima::{Forward, Instance};

/// The guest's own ssh, which never comes out as a forward.
const SSH: u16 = 22;

/// What becomes of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It comes out at this address of this computer.
    Out(SocketAddr),
    /// A rule keeps it inside: the user's own of this number, or that for ssh.
    Ignored(Option<usize>),
    /// No rule is for it.
    Unmatched,
    /// There is no guest agent that would report it, and no static rule is for it.
    Unreported,
}

/// What becomes of what the guest agent reports at an address inside.
pub fn decide(instance: &Instance, guest: SocketAddr, protocol: &str) -> Decision {
    // Opened when the VM starts, over ssh, one TCP port each (`pkg/hostagent/hostagent.go:849-867`);
    // the agent's report is left alone then (`pkg/portfwd/forward.go`, isPortStaticallyForwarded).
    let is_fixed = |rule: &&Forward| rule.is_static && rule.guest_ports == (guest.port(), guest.port());
    if let Some(rule) = instance.forwards.iter().find(is_fixed).filter(|_| protocol == "tcp") {
        return Decision::Out(SocketAddr::new(rule.host_ip, rule.host_ports.0));
    }
    if instance.plain {
        return Decision::Unreported;
    }
    if guest.port() == SSH || guest.port() == instance.ssh_port {
        return Decision::Ignored(None);
    }
    let ip = guest.ip().to_canonical();
    for rule in &instance.forwards {
        if !fits(rule, ip, guest.port(), protocol) {
            continue;
        }
        if !rule.ignore {
            return out(rule, guest.port()).map_or(Decision::Unmatched, Decision::Out);
        }
        // What listens everywhere is only ignored by a rule for everywhere.
        if !ip.is_unspecified() || rule.guest_ip.is_unspecified() {
            return Decision::Ignored(Some(rule.number));
        }
    }
    // The last rule: loopback, or everywhere, at the same port.
    let local = ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST;
    if local { Decision::Out((Ipv4Addr::LOCALHOST, guest.port()).into()) } else { Decision::Unmatched }
}

fn fits(rule: &Forward, ip: IpAddr, port: u16, protocol: &str) -> bool {
    let is_of_loopback = ip == Ipv6Addr::LOCALHOST && rule.guest_ip == Ipv4Addr::LOCALHOST;
    let address = ip.is_unspecified()
        || ip == rule.guest_ip.to_canonical()
        || is_of_loopback
        || rule.guest_ip.is_unspecified() && !rule.must_be_zero;
    let (first, last) = rule.guest_ports;
    address && (rule.protocol == "any" || rule.protocol == protocol) && (first..=last).contains(&port)
}

/// The same distance from the first port of the range.
fn out(rule: &Forward, port: u16) -> Option<SocketAddr> {
    let port = port.checked_sub(rule.guest_ports.0)?.checked_add(rule.host_ports.0)?;
    Some(SocketAddr::new(rule.host_ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    const ALL: (u16, u16) = (1, u16::MAX);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// A rule as Lima fills it in; `host` is address and first port.
    fn rule(guest_ip: &str, guest_ports: (u16, u16), host: (&str, u16)) -> Forward {
        let (host_ip, first) = host;
        let last = first.saturating_add(guest_ports.1 - guest_ports.0);
        Forward {
            number: 1,
            guest_ip: ip(guest_ip),
            must_be_zero: false,
            protocol: "any".into(),
            guest_ports,
            host_ip: ip(host_ip),
            host_ports: (first, last),
            ignore: false,
            is_static: false,
        }
    }

    fn with(forwards: Vec<Forward>) -> Instance {
        let forwards = forwards.into_iter().enumerate();
        let forwards = forwards.map(|(at, rule)| Forward { number: at + 1, ..rule }).collect();
        Instance { ssh_port: 60022, status: "Running".into(), forwards, ..Instance::default() }
    }

    fn ignore(rule: Forward) -> Forward {
        Forward { ignore: true, ..rule }
    }

    fn zero(rule: Forward) -> Forward {
        Forward { must_be_zero: true, ..rule }
    }

    fn tcp(instance: &Instance, at: &str) -> String {
        match decide(instance, at.parse().unwrap(), "tcp") {
            Decision::Out(at) => at.to_string(),
            Decision::Ignored(rule) => format!("ignored by {}", rule.map_or("ssh".into(), |rule| rule.to_string())),
            Decision::Unmatched => "-".into(),
            Decision::Unreported => "unreported".into(),
        }
    }

    #[test]
    fn without_rules_what_listens_on_loopback_comes_out() {
        let plain = with(Vec::new());
        for (guest, wanted) in [
            ("0.0.0.0:30080", "127.0.0.1:30080"),
            ("[::]:30080", "127.0.0.1:30080"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::1]:8080", "127.0.0.1:8080"),
            ("[::ffff:127.0.0.1]:8080", "127.0.0.1:8080"),
            ("192.168.5.15:8080", "-"),
            ("10.42.0.7:8080", "-"),
            ("127.0.0.53:5353", "-"),
            ("172.17.0.1:8080", "-"),
            ("0.0.0.0:22", "ignored by ssh"),
            ("127.0.0.1:60022", "ignored by ssh"),
        ] {
            assert_eq!(tcp(&plain, guest), wanted, "{guest}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let moved = with(vec![rule("127.0.0.1", (80, 80), ("127.0.0.1", 8080)), rule("0.0.0.0", ALL, ("0.0.0.0", 1))]);
        for (guest, wanted) in [
            // Moved, not doubled.
            ("0.0.0.0:80", "127.0.0.1:8080"),
            ("[::1]:80", "127.0.0.1:8080"),
            ("10.42.0.7:80", "0.0.0.0:80"),
            ("0.0.0.0:443", "0.0.0.0:443"),
            ("0.0.0.0:22", "ignored by ssh"),
        ] {
            assert_eq!(tcp(&moved, guest), wanted, "{guest}");
        }
        let range = with(vec![rule("127.0.0.1", (30000, 30010), ("127.0.0.1", 40000))]);
        for (guest, wanted) in [
            ("0.0.0.0:30000", "127.0.0.1:40000"),
            ("0.0.0.0:30010", "127.0.0.1:40010"),
            ("0.0.0.0:30011", "127.0.0.1:30011"),
            ("0.0.0.0:29999", "127.0.0.1:29999"),
        ] {
            assert_eq!(tcp(&range, guest), wanted, "{guest}");
        }
    }

    /// Lima 2.0: 0.0.0.0 is no wildcard any more, unless it is told so.
    #[test]
    fn zero_may_mean_zero_alone() {
        let any = rule("0.0.0.0", ALL, ("0.0.0.0", 1));
        for (rules, guest, wanted) in [
            (vec![any.clone()], "10.42.0.7:80", "0.0.0.0:80"),
            (vec![zero(any.clone())], "10.42.0.7:80", "-"),
            (vec![zero(any.clone())], "0.0.0.0:80", "0.0.0.0:80"),
            // Rancher Desktop's one rule leaves loopback to the last one.
            (vec![zero(any.clone())], "127.0.0.1:80", "127.0.0.1:80"),
            (vec![rule("192.168.5.15", ALL, ("127.0.0.1", 1))], "192.168.5.15:80", "127.0.0.1:80"),
            // A rule for one address takes what listens everywhere as well.
            (vec![rule("192.168.5.15", ALL, ("127.0.0.2", 1))], "0.0.0.0:80", "127.0.0.2:80"),
        ] {
            assert_eq!(tcp(&with(rules), guest), wanted, "{guest}");
        }
    }

    /// lima-vm/lima#4403: one rule does not turn everything off.
    #[test]
    fn what_listens_everywhere_is_ignored_by_a_rule_for_everywhere() {
        let loopback = || ignore(rule("127.0.0.1", ALL, ("127.0.0.1", 1)));
        let everywhere = || ignore(zero(rule("0.0.0.0", ALL, ("127.0.0.1", 1))));
        for (rules, guest, wanted) in [
            (vec![loopback()], "127.0.0.1:80", "ignored by 1"),
            (vec![loopback()], "0.0.0.0:80", "127.0.0.1:80"),
            (vec![everywhere()], "0.0.0.0:80", "ignored by 1"),
            (vec![everywhere()], "127.0.0.1:80", "127.0.0.1:80"),
            (vec![loopback(), everywhere()], "0.0.0.0:80", "ignored by 2"),
            (vec![rule("0.0.0.0", (80, 80), ("0.0.0.0", 80)), everywhere()], "0.0.0.0:80", "0.0.0.0:80"),
        ] {
            assert_eq!(tcp(&with(rules), guest), wanted, "{guest}");
        }
    }

    #[test]
    fn the_protocol_has_to_fit() {
        let only_tcp = Forward { protocol: "tcp".into(), ..rule("127.0.0.1", (53, 53), ("127.0.0.1", 5353)) };
        let instance = with(vec![only_tcp]);
        assert_eq!(tcp(&instance, "0.0.0.0:53"), "127.0.0.1:5353");
        let udp = decide(&instance, "0.0.0.0:53".parse().unwrap(), "udp");
        assert_eq!(udp, Decision::Out("127.0.0.1:53".parse().unwrap()));
    }

    #[test]
    fn static_rules_need_no_agent() {
        let fixed = Forward { is_static: true, ..rule("127.0.0.1", (30080, 30080), ("127.0.0.1", 8080)) };
        let range = Forward { is_static: true, ..rule("127.0.0.1", (31000, 31010), ("127.0.0.1", 31000)) };
        let mut instance = with(vec![ignore(rule("0.0.0.0", ALL, ("127.0.0.1", 1))), fixed, range]);
        assert_eq!(tcp(&instance, "0.0.0.0:30080"), "127.0.0.1:8080");
        assert_eq!(tcp(&instance, "0.0.0.0:30081"), "ignored by 1");
        instance.plain = true;
        assert_eq!(tcp(&instance, "0.0.0.0:30080"), "127.0.0.1:8080");
        assert_eq!(tcp(&instance, "0.0.0.0:30081"), "unreported");
        assert_eq!(tcp(&instance, "0.0.0.0:31000"), "unreported", "no range is static");
        assert_eq!(decide(&instance, "0.0.0.0:30080".parse().unwrap(), "udp"), Decision::Unreported);
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        let all = ["0.0.0.0", "::", "127.0.0.1", "::1", "192.168.5.15", "10.42.0.7", "127.0.0.53"];
        select(all.map(ip).to_vec())
    }

    fn any_rule() -> impl Strategy<Value = Forward> {
        let words = select(vec!["any", "tcp", "udp"]);
        let ports = (1..=100u16, 0..=100u16, 1..=1000u16);
        (address(), any::<bool>(), words, ports, any::<bool>(), select(vec!["127.0.0.1", "0.0.0.0"])).prop_map(
            |(guest_ip, must_be_zero, protocol, (first, more, host), ignore, host_ip)| Forward {
                number: 0,
                guest_ip,
                must_be_zero: must_be_zero && guest_ip.is_unspecified(),
                protocol: protocol.into(),
                guest_ports: (first, first + more),
                host_ip: ip(host_ip),
                host_ports: (host, host + more),
                ignore,
                is_static: false,
            },
        )
    }

    proptest! {
        /// Whatever stands behind the rule that decides changes nothing.
        #[test]
        fn later_rules_change_nothing(
            rules in vec(any_rule(), 0..5), more in vec(any_rule(), 1..3), guest in address(), port in 1..=200u16,
        ) {
            let at = SocketAddr::new(guest, port);
            let short = decide(&with(rules.clone()), at, "tcp");
            let by_rule = match short {
                Decision::Ignored(rule) => rule.is_some(),
                Decision::Out(_) => rules.iter().any(|rule| fits(rule, guest, port, "tcp") && !rule.ignore),
                _ => false,
            };
            if by_rule {
                prop_assert_eq!(decide(&with([rules, more].concat()), at, "tcp"), short);
            }
        }

        /// A rule that comes out does so at the distance from the range's first port, whatever
        /// stands behind it.
        #[test]
        fn the_first_rule_that_fits_wins(
            first in any_rule(), rest in vec(any_rule(), 0..5), everywhere in any::<bool>(), more in any::<u16>(),
        ) {
            let first = Forward { ignore: false, protocol: "any".into(), ..first };
            let guest = if everywhere { ip("0.0.0.0") } else { first.guest_ip };
            let distance = more % (first.guest_ports.1 - first.guest_ports.0 + 1);
            let port = first.guest_ports.0 + distance;
            prop_assume!(port != SSH);
            let wanted = SocketAddr::new(first.host_ip, first.host_ports.0 + distance);
            let all = [vec![first], rest].concat();
            prop_assert_eq!(decide(&with(all), SocketAddr::new(guest, port), "tcp"), Decision::Out(wanted));
        }

        /// Rules that ignore open nothing: what comes out does so by the last rule.
        #[test]
        fn ignoring_never_opens(rules in vec(any_rule(), 0..5), guest in address(), port in 1..=200u16) {
            let rules = rules.into_iter().map(ignore).collect();
            let at = SocketAddr::new(guest, port);
            if let Decision::Out(out) = decide(&with(rules), at, "tcp") {
                prop_assert_eq!(out, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
                prop_assert_eq!(decide(&with(Vec::new()), at, "tcp"), Decision::Out(out));
            }
        }

        /// The last rule is for loopback: no other address comes out by it.
        #[test]
        fn other_addresses_need_a_rule(guest in address(), port in 1..=u16::MAX) {
            prop_assume!(!guest.is_unspecified() && guest != ip("127.0.0.1") && guest != ip("::1"));
            let decision = decide(&with(Vec::new()), SocketAddr::new(guest, port), "tcp");
            prop_assert!(!matches!(decision, Decision::Out(_)), "{:?}", decision);
        }
    }
}
