//! The same random cluster in a distribution of WSL2, in some mode, with random sockets and
//! random words of Windows' tools.

use netpath::ask::{Ask, Observed, Raw, Why};
use netpath::fact::host::{Host, Interface};
use netpath::fact::wsl::Traces;
use proptest::prelude::*;
use serde_json::json;

use super::cluster::oracle;
use super::minikube::minikube;
use super::oracle::{Oracle, value};

/// The distribution's own address.
const OWN: [u8; 4] = [172, 25, 1, 5];

/// kind or minikube in a distribution.
pub fn in_wsl() -> BoxedStrategy<Oracle> {
    // Boxed: a tree of both is more than a test's stack holds.
    prop_oneof![oracle().boxed(), minikube().boxed()].prop_map(|oracle| Oracle { wsl: true, ..oracle }).boxed()
}

/// What is different from any other Linux.
pub fn observe(dice: u8, interfaces: &[Interface], ask: &Ask) -> Option<Observed> {
    Some(match ask {
        Ask::Host => {
            let own = Interface { name: "eth0".into(), ip: OWN.into(), prefix: 20 };
            value(&Host { os: "linux".into(), interfaces: interfaces.iter().cloned().chain([own]).collect() })
        }
        Ask::Wsl => value(&Traces {
            kernel: "6.6.87.2-microsoft-standard-WSL2".into(),
            run: true,
            container: false,
            distro: Some("Ubuntu".into()),
            loopback: dice.is_multiple_of(2),
        }),
        Ask::WslMode => match dice % 9 {
            0 => Err(Why::ToolNotFound { tool: "wslinfo".into() }),
            1 => Err(Why::TimedOut),
            2 => text("none"),
            3 => text("mirrored"),
            4 => text("consomme"),
            5 => text("bridged"),
            6 => text("sideways"),
            _ => text("nat"),
        },
        Ask::WslSettings => match dice % 3 {
            0 => text("[wsl2]\nlocalhostForwarding=false\n"),
            1 => text("[wsl2]\nnetworkingMode=mirrored\n"),
            _ => Err(Why::TimedOut),
        },
        Ask::Sockets(port) => {
            let rows = ["00000000", "0100007F", "050119AC", "010012AC", "00000000000000000000000000000000"];
            let some = rows.iter().enumerate().filter(|(at, _)| dice >> at & 1 == 1);
            let table: String = some.map(|(_, ip)| format!("0: {ip}:{port:04X} 00000000:0000 0A 0:0\n")).collect();
            text(&table)
        }
        Ask::FromWindows(_) => {
            let (code, out) = match dice % 9 {
                0..=2 => (0, "200 0.001 0.012"),
                3 => (0, "404 0.001 0.012"),
                4 => (7, "000 0.0 2.03"),
                5 => (28, "000 0.0 3.0"),
                6 => (52, "000 0.001 0.002"),
                7 => (35, "000 0.001 0.1"),
                _ => return Some(Err(Why::ToolNotFound { tool: "curl.exe".into() })),
            };
            value(&json!({ "code": code, "out": out }))
        }
        Ask::WindowsReserved if dice.is_multiple_of(2) => text("30000 32767\n1 1024\n"),
        _ => return None,
    })
}

fn text(text: &str) -> Observed {
    Ok(Some(Raw::Text(text.into())))
}
